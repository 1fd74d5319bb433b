"""Scores of networks that reconstruct or generate, and the baselines that they must beat."""

import numpy as np
import scipy.linalg
from scipy.special import xlogy

from helpers import models


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


def cross_entropy(x, probabilities):
    """Binary cross-entropy of each image in nats, summed over its pixels: x and probabilities are (n, pixels) to (n,).

    Probabilities are kept 1e-7 away from 0 and 1, as in Keras.
    """
    p = np.clip(np.asarray(probabilities, "float64"), 1e-7, 1 - 1e-7)
    return -np.sum(xlogy(x, p) + xlogy(1 - np.asarray(x), 1 - p), axis=1)


def cross_entropy_floor(x):
    """The least cross-entropy that any answer to each image of x (n, pixels) can have, that of the image itself: (n,).

    It is not 0: a grey pixel x costs -x log x - (1 - x) log(1 - x) even where the answer is x.
    """
    x = np.asarray(x, "float64")
    return -np.sum(xlogy(x, x) + xlogy(1 - x, 1 - x), axis=1)


def structural_similarity(x, reconstructed):
    """SSIM of each pair of images (Wang et al., 2004; `tf.image.ssim`): two arrays (n, 784) to (n,), 1 if equal."""
    import tensorflow as tf

    pairs = [np.reshape(images, (-1, 28, 28, 1)).astype("float32") for images in (x, reconstructed)]
    return np.asarray(tf.image.ssim(*pairs, max_val=1.0))


def frechet_distance(features, other_features):
    """Frechet distance of the normal distributions fitted to two sets of features, (n, d) and (m, d): a float.

    |m1 - m2|^2 + trace(S1 + S2 - 2 (S1 S2)^(1/2)) for means m and covariances S (Dowson and Landau, 1982). The
    root's trace comes from the eigenvalues of S1^(1/2) S2 S1^(1/2), which are real also for singular S.

    Raises
    ------
    ValueError
        If the widths differ, or one set has fewer than two rows.
    """
    first, second = np.asarray(features, "float64"), np.asarray(other_features, "float64")
    if first.shape[1:] != second.shape[1:] or min(len(first), len(second)) < 2:
        raise ValueError(f"features must be (n, d) and (m, d), n and m at least 2; got {first.shape}, {second.shape}")
    covariances = [np.atleast_2d(np.cov(part, rowvar=False)) for part in (first, second)]
    values, vectors = scipy.linalg.eigh(covariances[0])
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    product = scipy.linalg.eigvalsh(root @ covariances[1] @ root)
    apart = np.sum((first.mean(axis=0) - second.mean(axis=0)) ** 2)
    return float(apart + sum(np.trace(part) for part in covariances) - 2 * np.sqrt(np.maximum(product, 0)).sum())


def fd_classifier(classifier, images, other_images):
    """Frechet distance of two sets of images (n, 784) in the last hidden layer of a `models.classifier`.

    The same formula as FID, in a small network of the course's own: its values compare with each other only.
    """
    last_hidden = models.up_to(classifier, classifier.layers[-4].name)
    return frechet_distance(models.answers(last_hidden, images), models.answers(last_hidden, other_images))


def active_units(means):
    """How many latent units depend on the image: variance of their means (n, L) above 0.01 (Burda et al., 2016)."""
    return int(np.sum(np.var(means, axis=0) > 0.01))
