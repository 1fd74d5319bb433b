"""Scores of networks that reconstruct, generate or classify; baselines that they must beat; tests of a difference."""

import numpy as np
import pandas as pd
import scipy.linalg
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, xlogy
from scipy.stats import binomtest
from sklearn.metrics import roc_curve

from helpers import models


def reconstruction_error(x, reconstructed):
    """Mean squared error of each image: x and reconstructed are (n, pixels); the result is (n,)."""
    return np.mean((np.asarray(x) - np.asarray(reconstructed)) ** 2, axis=1)


def pca_reconstruction(pca, x, components):
    """x (n, pixels) from its first `components` of a fitted PCA, clipped to [0, 1] as pixels are: (n, pixels)."""
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


def grouped(labels, groups, classes=10):
    """The group (n,) of each label (n,), a whole number below `classes`: 0 in the first group, 1 in the second.

    `groups` is a dict of two names, the negative group first, each with its classes.

    Raises
    ------
    ValueError
        If a label is not a class, there are not two groups, or a class is in none of them or in more than one.
    """
    labels = np.asarray(labels)
    wrong = labels[~np.isin(labels, np.arange(classes))]
    if len(wrong):
        raise ValueError(f"labels must be whole numbers from 0 to {classes - 1}; there is a {wrong[0]}")
    return _group_of_class(groups, classes)[labels.astype(int)]


def _group_of_class(groups, classes):
    """The group, 0 or 1, of each class; a ValueError says what is wrong with the grouping."""
    if len(groups) != 2:
        raise ValueError(f"groups must be two, the negative one first; got {len(groups)}: {', '.join(groups)}")
    members = [member for group in groups.values() for member in group]
    for problem, found in {
        "in more than one place of it": sorted({member for member in members if members.count(member) > 1}),
        "in none of its groups": sorted(set(range(classes)) - set(members)),
        f"in it, but not one of the {classes} classes": sorted(set(members) - set(range(classes))),
    }.items():
        if found:
            raise ValueError(f"groups must name each class from 0 to {classes - 1} once: {found[0]} is {problem}")
    return np.isin(np.arange(classes), list(groups.values())[1]).astype(int)


def binarised_confusion(matrix, groups):
    """The four blocks of a confusion matrix (classes, classes), rows the truth, each summed: [[TN, FP], [FN, TP]].

    `groups` is a dict of two names, the negative group first, each with its classes.
    """
    matrix = np.asarray(matrix)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"matrix must be square, a row and a column per class; its shape is {matrix.shape}")
    members = np.eye(2, dtype=int)[_group_of_class(groups, len(matrix))]  # (classes, 2), 1 where a class is in a group
    return members.T @ matrix @ members


def binarised_probabilities(probabilities, groups):
    """The probability of the second of two groups, (n,): the sum over its classes of `probabilities` (n, classes)."""
    probabilities = np.asarray(probabilities)
    if probabilities.ndim != 2:
        raise ValueError(f"probabilities must be (n, classes); their shape is {probabilities.shape}")
    return probabilities @ _group_of_class(groups, probabilities.shape[1])


def _arrays(**arrays):
    """The arguments as arrays; a ValueError names them where their lengths differ or are 0."""
    arrays = {name: np.asarray(values) for name, values in arrays.items()}
    lengths = {name: len(values) for name, values in arrays.items()}
    if len(set(lengths.values())) > 1 or 0 in lengths.values():
        found = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise ValueError(f"{' and '.join(lengths)} must have the same length, above 0; got {found}")
    return arrays.values()


def _two_classes(truth):
    if set(np.unique(truth)) != {0, 1}:
        raise ValueError(f"truth must hold both classes, 0 and 1; it holds {np.unique(truth)[:5].tolist()}")


def mcnemar(truth, first, second):
    """McNemar's exact test of two classifiers on the same images: are their error rates equal?

    Only **discordant** images, which one of them has right and the other wrong, can tell them apart. If both err
    equally often, each discordant image is a coin toss.

    `truth`, `first` and `second` are labels (n,): the true ones and the two answers.

    Returns
    -------
    n10, n01, p
        Images that only the first, and only the second, has right; the two-sided exact p-value, 1 where there is none.
    """
    truth, first, second = _arrays(truth=truth, first=first, second=second)
    n10 = int(np.sum((first == truth) & (second != truth)))
    n01 = int(np.sum((first != truth) & (second == truth)))
    return n10, n01, float(binomtest(n10, n10 + n01).pvalue) if n10 + n01 else 1.0


def auc_difference(truth, first, second, draws=1000, level=0.95, seed=0):
    """AUC of the first score minus that of the second, with a paired bootstrap interval.

    Each draw takes as many images of either class as there are, with replacement, and both scores on the same images.

    `truth` is (n,) of 0 and 1, `first` and `second` are scores (n,), higher for class 1. `level` is the share of the
    draws within the interval; equal shares lie above and below it. Returns difference, low and high.

    Raises
    ------
    ValueError
        If the lengths differ, or `truth` does not hold both classes.
    """
    truth, first, second = _arrays(truth=truth, first=first, second=second)
    _two_classes(truth)
    rng, differences = np.random.default_rng(seed), []
    for start in range(0, draws, 50):  # blocks, for the memory
        weights = np.zeros((min(50, draws - start), len(truth)))
        for label in (0, 1):
            own = np.flatnonzero(truth == label)
            weights[:, own] = rng.multinomial(len(own), np.full(len(own), 1 / len(own)), size=len(weights))
        differences.append(_weighted_auc(truth, first, weights) - _weighted_auc(truth, second, weights))
    low, high = np.quantile(np.concatenate(differences), [(1 - level) / 2, (1 + level) / 2])
    once = np.ones((1, len(truth)))
    difference = _weighted_auc(truth, first, once) - _weighted_auc(truth, second, once)
    return float(difference[0]), float(low), float(high)


def _weighted_auc(truth, scores, weights):
    """`roc_auc_score(truth, scores, sample_weight=row)` for each row of weights (draws, n), with one sort for all."""
    order = np.argsort(scores)
    starts = np.flatnonzero(np.diff(scores[order], prepend=-np.inf))  # where another score begins; equal ones are ties
    positive = np.add.reduceat((weights * truth)[:, order], starts, axis=1)
    negative = np.add.reduceat((weights * (1 - truth))[:, order], starts, axis=1)
    below = np.cumsum(negative, axis=1) - negative / 2  # a tie counts one half
    return (positive * below).sum(axis=1) / (positive.sum(axis=1) * negative.sum(axis=1))


def best_threshold(truth, scores):
    """The threshold on `scores` (n,) with the most right answers, where `score >= threshold` means class 1.

    Choose it on validation images: on the test images it would be fitted to them.
    """
    truth, scores = _arrays(truth=truth, scores=scores)
    _two_classes(truth)
    false_rate, true_rate, thresholds = roc_curve(truth, scores)
    return float(thresholds[np.argmax(true_rate * truth.sum() - false_rate * (1 - truth).sum())])


def reliability(confidence, right, bins=15):
    """Answers by their confidence: a row per bin that holds an answer, `confidence` and `accuracy` (means), `answers`.

    `confidence` (n,) is the probability, 0 to 1, that a network gives its own answer, `right` (n,) of bool says whether
    it is right; the `bins` are of equal width. Returns a DataFrame.
    """
    confidence, right = _arrays(confidence=confidence, right=right)
    if confidence.min() < 0 or confidence.max() > 1 + 1e-6:
        raise ValueError(
            f"confidence must lie between 0 and 1; it goes from {confidence.min():g} to {confidence.max():g}"
        )
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    table = pd.DataFrame({"confidence": confidence, "accuracy": right.astype(float), "answers": 1})
    return table.groupby(place).agg({"confidence": "mean", "accuracy": "mean", "answers": "sum"})


def calibration_error(confidence, right, bins=15):
    """Expected calibration error: the mean gap between confidence and accuracy of `reliability`, by number of answers.

    With few answers per bin it is above 0 even for a perfect network, because accuracies of small groups scatter.
    """
    table = reliability(confidence, right, bins)
    return float(np.average((table.confidence - table.accuracy).abs(), weights=table.answers))


def temperature(logits, labels):
    """The temperature T that makes the cross-entropy of softmax(logits / T) smallest; above 1 where too confident.

    Choose it on validation images. It changes no answer, since it keeps the order of the logits (n, classes); `labels`
    are (n,) of int. It lies between 0.05 and 20.
    """
    logits, labels = _arrays(logits=np.asarray(logits, dtype="float64"), labels=labels)
    if logits.ndim != 2 or not np.isin(labels, np.arange(logits.shape[-1])).all():
        raise ValueError(
            f"logits must be (n, classes) and labels classes; got shape {logits.shape} and labels from "
            f"{labels.min()} to {labels.max()}"
        )
    rows = np.arange(len(labels))
    found = minimize_scalar(
        lambda log_t: -log_softmax(logits / np.exp(log_t), axis=1)[rows, labels].mean(),
        bounds=(np.log(0.05), np.log(20)),
        method="bounded",
    )
    return float(np.exp(found.x))
