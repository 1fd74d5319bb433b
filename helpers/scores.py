"""Numbers about a result that two lessons or more need: of reconstructions, codes and clusterings."""

from numbers import Integral

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.special import xlogy
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score, silhouette_score
from sklearn.metrics.cluster import contingency_matrix
from sklearn.utils.validation import check_is_fitted

from helpers import data


def _pair(name, x, answer, shape=("n", "pixels"), **limits):
    """x (n, pixels) and the answer to it, of that name, both checked; an answer (pixels,) stands for that to each x."""
    x, answer = data.numbers(*shape, x=x, **limits), data.as_array(answer)
    answer = np.broadcast_to(answer, x.shape) if answer.shape in ((), x.shape[1:]) else answer
    return x, data.numbers(*x.shape, **{name: answer}, **limits)


def reconstruction_error(x, reconstructed):
    """Mean squared error of each image: x and reconstructed are (n, pixels); the result is (n,)."""
    x, reconstructed = _pair("reconstructed", x, reconstructed)
    kind = np.result_type(x, reconstructed, np.float32)  # bytes would wrap round at 256
    return np.mean(np.subtract(x, reconstructed, dtype=kind) ** 2, axis=1)


def pca_reconstruction(pca, x, components):
    """x (n, pixels) from its first `components` of a fitted PCA, clipped to [0, 1] as pixels are: (n, pixels)."""
    check_is_fitted(pca)
    if pca.whiten or not isinstance(components, Integral) or not 1 <= components <= len(pca.components_):
        asked = f"a PCA without whitening and components from 1 to {len(pca.components_)}"
        raise ValueError(f"{asked} are needed; got whiten={pca.whiten}, components={components!r}")
    scores = pca.transform(x)[:, :components]
    return np.clip(pca.mean_ + scores @ pca.components_[:components], 0, 1)


def cross_entropy(x, probabilities):
    """Binary cross-entropy of each image in nats, summed over its pixels: two arrays (n, pixels) in [0, 1] to (n,)."""
    x, probabilities = _pair("probabilities", x, probabilities, low=0, high=1)
    p = np.clip(np.asarray(probabilities, "float64"), 1e-7, 1 - 1e-7)  # as in Keras
    return -np.sum(xlogy(x, p) + xlogy(1 - x, 1 - p), axis=1)


def cross_entropy_floor(x):
    """The least cross-entropy that any answer to each image of x (n, pixels) can have, that of the image itself: (n,).

    It is not 0: a grey pixel x costs -x log x - (1 - x) log(1 - x) even where the answer is x.
    """
    x = np.clip(data.numbers("n", "pixels", x=x, low=0, high=1).astype("float64"), 0, 1)
    return -np.sum(xlogy(x, x) + xlogy(1 - x, 1 - x), axis=1)


def structural_similarity(x, reconstructed):
    """SSIM of each pair of images (Wang et al., 2004; `tf.image.ssim`): two arrays (n, 784) to (n,), 1 if equal."""
    import tensorflow as tf

    pairs = _pair("reconstructed", x, reconstructed, shape=("n", 784), low=0, high=1)
    pairs = [np.reshape(images, (-1, 28, 28, 1)).astype("float32") for images in pairs]
    return np.asarray(tf.image.ssim(*pairs, max_val=1.0))


def active_units(means):
    """How many latent units depend on the image: variance of their means (n, L) above 0.01 (Burda et al., 2016)."""
    return int(np.sum(np.var(data.numbers("n", "units", means=means), axis=0) > 0.01))


def clustering_scores(labels_true, labels_pred, X=None):
    """Compare clusters with classes; both are arrays (n,) of any labels, whole numbers or texts.

    Parameters
    ----------
    labels_true, labels_pred : array (n,)
    X : array (n, features), optional
        Where given, the silhouette of 2,000 points is computed in this space; its cost grows with their square.

    Returns
    -------
    dict
        acc : share of points whose cluster is the one matched to their class, one to one (Kuhn, 1955: the Hungarian
        method); a class without a cluster counts as wrong. nmi, ari : normalised mutual information and adjusted Rand
        index. silhouette : -1 to 1, nan for a single cluster or without X. sizes : list, largest cluster first.

    Raises
    ------
    ValueError
        If the arrays differ in length, are empty, or hold anything else.
    """
    labels_true, labels_pred = data.labels(labels_true=labels_true, labels_pred=labels_pred)
    numbers = np.unique(labels_true, return_inverse=True)[1]
    sizes = np.unique(labels_pred, return_counts=True)[1]
    silhouette = np.nan
    if X is not None:
        X = data.numbers(len(labels_pred), "features", X=X)
        chosen = np.random.default_rng(0).choice(len(labels_pred), min(2000, len(labels_pred)), replace=False)
        if 1 < len(np.unique(labels_pred[chosen])) < len(chosen):
            silhouette = float(silhouette_score(X[chosen], labels_pred[chosen]))
    return {
        "acc": float(np.mean(match_labels(numbers, labels_pred) == numbers)),
        "nmi": float(normalized_mutual_info_score(labels_true, labels_pred)),
        "ari": float(adjusted_rand_score(labels_true, labels_pred)),
        "silhouette": silhouette,
        "sizes": sorted(sizes.tolist(), reverse=True),
    }


def match_labels(labels_true, labels_pred):
    """Rename clusters (n,) of any labels to the classes (n,), whole numbers, that they match best, one to one.

    With more clusters than classes, a cluster that finds no partner keeps a name that is no class: the first free
    integers above the largest class, so that nothing is counted as right by accident.
    """
    labels_true, labels_pred = data.labels(labels_true=labels_true, labels_pred=labels_pred)
    data.numbers("n", labels_true=labels_true)  # no texts
    classes, clusters = np.unique(labels_true), np.unique(labels_pred)
    size = max(len(classes), len(clusters))
    table = np.zeros((size, size), dtype=np.int64)  # square: where one side is shorter, its partners are nobody
    table[: len(classes), : len(clusters)] = contingency_matrix(labels_true, labels_pred)
    partner = np.argsort(linear_sum_assignment(-table)[1])  # of each cluster its class: the classes are in order
    names = np.concatenate([classes, classes.max() + 1 + np.arange(size - len(classes))])
    return names[partner[np.searchsorted(clusters, labels_pred)]]
