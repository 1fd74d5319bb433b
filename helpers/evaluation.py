"""Scores of networks that reconstruct, and the baselines that they must beat."""

import numpy as np


def reconstruction_error(x, reconstructed):
    """Mean squared error of each image: x and reconstructed are (n, pixels); the result is (n,)."""
    return np.mean((np.asarray(x) - np.asarray(reconstructed)) ** 2, axis=1)


def mean_image_mse(x_train, x_test):
    """Test MSE of a model that answers every image with the average training image; x_* are (n, pixels)."""
    return float(reconstruction_error(x_test, x_train.mean(axis=0)).mean())


def pca_reconstruction(pca, x, components):
    """Reconstruction of x from its first `components` principal components, clipped to [0, 1] as pixels are.

    Parameters
    ----------
    pca : fitted sklearn.decomposition.PCA
        With at least that many components.
    x : array (n, pixels)
    components : int

    Returns
    -------
    array (n, pixels)
    """
    scores = pca.transform(x)[:, :components]
    return np.clip(pca.mean_ + scores @ pca.components_[:components], 0, 1)


def dead_units(latents):
    """How many latent units never leave zero: `latents` is (n, units), the codes of many images after ReLU."""
    return int(np.sum(np.all(np.asarray(latents) == 0, axis=0)))
