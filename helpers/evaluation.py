"""Scores of networks that reconstruct, and the baselines that they must beat."""

import numpy as np
from sklearn.decomposition import PCA


def reconstruction_error(x, reconstructed):
    """Mean squared error of each image: x and reconstructed are (n, pixels); the result is (n,)."""
    return np.mean((np.asarray(x) - np.asarray(reconstructed)) ** 2, axis=1)


def mean_image_mse(x_train, x_test):
    """Test MSE of a model that answers every image with the average training image; x_* are (n, pixels)."""
    return float(reconstruction_error(x_test, x_train.mean(axis=0)).mean())


def pca_mse(x_train, x_test, components):
    """Test MSE of principal component analysis with each number of `components`, from one scikit-learn fit.

    Parameters
    ----------
    x_train, x_test : arrays (n, pixels)
    components : sequence of int

    Returns
    -------
    dict of int to float
    """
    pca = PCA(n_components=max(components), svd_solver="covariance_eigh").fit(x_train)
    scores = pca.transform(x_test)
    return {
        size: float(reconstruction_error(x_test, pca.mean_ + scores[:, :size] @ pca.components_[:size]).mean())
        for size in components
    }


def dead_units(latents):
    """How many latent units never leave zero: `latents` is (n, units), the codes of many images after ReLU."""
    return int(np.sum(np.all(np.asarray(latents) == 0, axis=0)))
