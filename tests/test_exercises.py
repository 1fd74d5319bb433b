"""The checks of the exercises say what is wrong."""

import hashlib
import json

import keras
import numpy as np
import pandas as pd
import pytest
from scipy.special import logsumexp
from scipy.stats import binom, chi2
from sklearn.datasets import make_blobs
from sklearn.metrics import silhouette_score
from sklearn.mixture import GaussianMixture
from sklearn.preprocessing import StandardScaler

from helpers import networks, scores
from lessons import activity_c, autoencoder, classifier, dcn, vae_fashion, vae_mnist


def total(latent_dim, bias=1):
    sizes = [784, 256, 128, latent_dim, 128, 256, 784]
    return sum((a + bias) * b for a, b in zip(sizes, sizes[1:], strict=False))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda size: None, "Nothing to check"),
        (total, "Right"),
        (lambda size: total(size, bias=0), "also has a bias"),
        (lambda size: total(size) - 256 * size, "too few"),
        (lambda size: total(32), "too many"),
    ],
)
def test_parameters(answer, said, capsys):
    autoencoder.check_parameters(answer)
    assert said in capsys.readouterr().out


def test_error_by_class(capsys):
    rng = np.random.default_rng(0)
    y = np.repeat(np.arange(10), 20)
    x = rng.random((200, 784)) * (1 + y[:, None]) / 10
    decoded = x + 0.1 * rng.random((200, 1))
    errors = np.array([((x - decoded)[y == k] ** 2).mean() for k in range(10)])
    variances = np.array([x[y == k].var(axis=0).mean() for k in range(10)])
    wrong = errors.copy()
    wrong[7] *= 2
    for answer, said in [
        (None, "Nothing to check"),
        ((errors, errors / variances), "Right"),
        ((errors[:9], errors), "two arrays of ten"),
        ((errors * 784, errors / variances), "take the mean"),
        ((wrong, errors / variances), "digit 7"),
        ((errors, errors / x.var(axis=0).mean()), "digit's own"),
        ((errors, errors), "*within*"),
    ]:
        autoencoder.check_error_by_class(answer, x, y, decoded)
        assert said in capsys.readouterr().out


def test_linear_autoencoder(capsys):
    x = np.random.default_rng(0).random((50, 784), dtype="float32")

    def network(units, activation=None):
        return keras.Sequential([keras.Input((784,)), keras.layers.Dense(units, activation), keras.layers.Dense(784)])

    for model, said in [
        (None, "Nothing to check"),
        (network(32, "relu"), "not linear"),
        (network(16), "has 16 units"),
        (network(32), "train it longer"),
    ]:
        assert not autoencoder.check_linear_autoencoder(model, x, pca_mse=0.01)
        assert said in capsys.readouterr().out
    assert autoencoder.check_linear_autoencoder(network(32), x, pca_mse=1e6)
    halves = [keras.Sequential([keras.Input((a,)), keras.layers.Dense(b)]) for a, b in ((784, 32), (32, 784))]
    assert autoencoder.check_linear_autoencoder(keras.Sequential(halves), x, pca_mse=1e6), "a model made of models"


def test_cluster_accuracy(capsys):
    def purity(truth, found):
        return sum(np.bincount(truth[found == k]).max() for k in np.unique(found)) / len(truth)

    for answer, said in [
        (lambda truth, found: None, "Nothing to check"),
        (lambda truth, found: np.mean(truth == found), "other names must score 1"),
        (purity, "is purity, not this"),
        (lambda truth, found: scores.clustering_scores(truth, found)["acc"], "Right"),
    ]:
        dcn.check_cluster_accuracy(answer)
        assert said in capsys.readouterr().out


def two_outputs(latent_dim, decoder_sees):
    inputs = keras.Input((784,))
    hidden = keras.layers.Dense(16, "relu")(inputs)
    code = keras.layers.Dense(latent_dim)(hidden)
    seen = {"code": code, "hidden": hidden, "both": keras.layers.Concatenate()([code, hidden])}[decoder_sees]
    return keras.Model(inputs, {"Output": keras.layers.Dense(784)(seen), "Latent_Code": code})


def test_decoder_hangs_on_the_code(capsys):
    for answer, said in [
        (lambda size: None, "Nothing to check"),
        (lambda size: networks.autoencoder(size), "dict of two outputs"),
        (lambda size: two_outputs(2, "code"), "asked for a code of 8 units, it has 2"),
        (lambda size: two_outputs(size, "hidden"), "begins before the code"),
        (lambda size: two_outputs(size, "both"), "passes beside the code"),
        (lambda size: two_outputs(size, "code"), "Right"),
    ]:
        dcn.check_decoder_hangs_on_the_code(answer)
        assert said in capsys.readouterr().out


def test_worthless_inertia(capsys):
    x, digits = make_blobs(120, 30, centers=4, cluster_std=3.0, random_state=0)
    x = StandardScaler().fit_transform(x).astype("float32")
    quick = {"n_clusters": 4, "hidden": (128,), "learning_rate": 0.01, "max_iter": 2}
    for answer, said in [
        (None, "Nothing to check"),
        (quick | {"pretrain_epochs": 10}, "Not yet"),
        (quick | {"pretrain_epochs": 0, "alpha": 0.0, "beta": 1.0, "ramp": 1, "epochs": 200}, "Right"),
    ]:
        dcn.check_worthless_inertia(answer, x, digits)
        assert said in capsys.readouterr().out


def test_run_name(capsys):
    digest = lambda text: hashlib.sha256(text.encode()).hexdigest()[:16]  # noqa: E731
    for answer, said in [
        (lambda c, v: None, "Nothing to check"),
        (lambda c, v: 7, "a text of 4 to 64"),
        (lambda c, v: digest(json.dumps([c, v])), "Sort the keys"),
        (lambda c, v: digest(str(c["latent_dim"]) + v), "one would overwrite the other"),
        (lambda c, v: digest(json.dumps(c, sort_keys=True)), "another version"),
        (lambda c, v: f"{hash(json.dumps(c, sort_keys=True) + v):x}", "hashlib"),
        (lambda c, v: digest(json.dumps([c, v], sort_keys=True)), "Right"),
    ]:
        activity_c.check_run_name(answer)
        assert said in capsys.readouterr().out


def test_cells_like_the_best(capsys):
    accuracies = {"a": [0.90, 0.92, 0.94], "b": [0.88, 0.90, 0.92], "c": [0.70, 0.72, 0.74]}
    runs = pd.DataFrame([{"setting": name, "acc": acc} for name, values in accuracies.items() for acc in values])
    for answer, said in [
        (None, "Nothing to check"),
        ({"b"}, "the best setting itself is missing"),
        ({"a"}, "b belongs to them"),
        ({"a", "b", "c"}, "c does not belong to them"),
        ({"a", "b"}, "Right"),
    ]:
        activity_c.check_cells_like_the_best(lambda runs, answer=answer: answer, runs)
        assert said in capsys.readouterr().out


def test_scale_free_score(capsys):
    for answer, said in [
        (lambda codes, labels: None, "Nothing to check"),
        (lambda codes, labels: -codes[labels == 0].var(), "divide by a spread"),
        (lambda codes, labels: -silhouette_score(codes, labels), "more must be better"),
        (silhouette_score, "Right"),
    ]:
        activity_c.check_scale_free_score(answer)
        assert said in capsys.readouterr().out


def test_nats_above_floor(capsys):
    images = np.random.default_rng(0).random((20, 784))
    floor = scores.cross_entropy_floor(images).mean()
    for answer, said in [
        (lambda loss, x: None, "Nothing to check"),
        (lambda loss, x: loss * 784, "but from zero"),
        (lambda loss, x: loss - floor / 784, "still per pixel"),
        (lambda loss, x: loss - floor, "same unit first"),
        (lambda loss, x: loss * 28 - floor, "yours is"),
        (lambda loss, x: loss * 784 - scores.cross_entropy_floor(x), "take the mean over the images"),
        (lambda loss, x: loss * 784 - floor, "and 10 images it must be"),
        (lambda loss, x: loss * 784 - scores.cross_entropy_floor(x).mean(), "Right"),
    ]:
        vae_fashion.check_nats_above_floor(answer, images)
        assert said in capsys.readouterr().out


def test_frechet_in_one_dimension(capsys):
    means = lambda a, b: (a.mean() - b.mean()) ** 2  # noqa: E731
    for answer, said in [
        (lambda a, b: None, "Nothing to check"),
        (lambda a, b: means(a, b) + a.var() + b.var(), "no distance to itself"),
        (lambda a, b: abs(a.mean() - b.mean()), "0.5² = 0.25"),
        (means, "stretched by 1.5"),
        (lambda a, b: means(a, b) + (a.var() - b.var()) ** 2, "S is a variance"),
        (lambda a, b: np.mean((a - b) ** 2), "two unrelated sets"),
        (lambda a, b: means(a, b) + (a.std() - b.std()) ** 2, "Right"),
    ]:
        vae_fashion.check_frechet_in_one_dimension(answer)
        assert said in capsys.readouterr().out


def test_sampler_of_codes(capsys):
    codes, _ = make_blobs(600, 2, centers=5, cluster_std=0.3, random_state=0)
    # A stand-in for the judge: how the codes spread over a grid, against how the true ones do.
    bins = [np.linspace(-15, 15, 40)] * 2
    counts = lambda z: np.histogram2d(*np.asarray(z).T, bins=bins)[0] / len(z)  # noqa: E731
    distance_of = lambda z: float(np.abs(counts(z) - counts(codes)).sum())  # noqa: E731
    normal = lambda seed: np.random.default_rng(seed).normal(size=(500, 2))  # noqa: E731
    mixture = GaussianMixture(5, random_state=0).fit(codes)

    def mixed(codes, n, seed):
        mixture.random_state = seed
        return mixture.sample(n)[0]

    for answer, said in [
        (lambda codes, n, seed: None, "Nothing to check"),
        (lambda codes, n, seed: codes[:7], "finite numbers of shape (500, 2)"),
        (lambda codes, n, seed: codes[:n], "training codes"),
        (lambda codes, n, seed: codes[:n] + 1e-4 * normal(seed), "training codes"),
        (lambda codes, n, seed: np.zeros((n, 2)), "many are equal"),
        (lambda codes, n, seed: normal(0), "hand the seed"),
        (lambda codes, n, seed: normal(seed), "how many hills"),
        (mixed, "Right"),
    ]:
        vae_fashion.check_sampler_of_codes(answer, codes, 500, distance_of)
        assert said in capsys.readouterr().out


def test_betas(capsys):
    for answer, said in [
        (None, "Nothing to check"),
        ({"a": 3072}, "keys a, b and c"),
        (784, "keys a, b and c"),
        ({"a": 3072, "b": None, "c": None}, "b is not a number yet"),
        ({"a": 1 / 3072, "b": 1 / 128, "c": 98}, "a is upside down"),
        ({"a": 3072, "b": 1 / 128, "c": 784}, "c is not 784"),
        ({"a": 3072, "b": 1 / 128, "c": 98}, "Right"),
    ]:
        vae_mnist.check_betas(lambda answer=answer: answer)
        assert said in capsys.readouterr().out


def test_kl_by_unit(capsys):
    right = lambda mean, log_var: np.mean(np.exp(log_var) + mean**2 - 1 - log_var, axis=0) / 2  # noqa: E731
    for answer, said in [
        (lambda mean, log_var: None, "Nothing to check"),
        (lambda mean, log_var: right(mean, log_var).sum(), "one number per unit"),
        (lambda mean, log_var: 2 * right(mean, log_var), "one half"),
        (lambda mean, log_var: len(mean) * right(mean, log_var), "take the mean"),
        (lambda mean, log_var: right(mean, -log_var), "its KL is 0"),
        (right, "Right"),
    ]:
        vae_mnist.check_kl_by_unit(answer)
        assert said in capsys.readouterr().out


def test_importance_bound(capsys):
    def in_place(w):
        largest = w.max(axis=1)
        w -= largest[:, None]
        return largest + np.log(np.exp(w).mean(axis=1))

    for answer, said in [
        (lambda w: None, "Nothing to check"),
        (lambda w: logsumexp(w), "one bound per image"),
        (lambda w: np.log(np.exp(w).mean(axis=1)), "minus infinity"),
        (lambda w: w.mean(axis=1), "mean of the logarithms"),
        (lambda w: logsumexp(w, axis=1), "divide by k"),
        (lambda w: w.max(axis=1), "compare with scipy"),
        (lambda w: logsumexp(w, axis=1) - np.log(w.shape[1]), "Right"),
        (in_place, "Right"),
    ]:
        vae_mnist.check_importance_bound(answer)
        assert said in capsys.readouterr().out


def test_tops_against_the_rest(capsys):
    matrix = np.random.default_rng(0).integers(0, 9, (10, 10)) + 90 * np.eye(10, dtype=int)
    right = classifier.binarised_confusion(matrix, {"rest": (1, 3, 5, 7, 8, 9), "tops": (0, 2, 4, 6)})
    with_dress = classifier.binarised_confusion(matrix, {"rest": (1, 5, 7, 8, 9), "tops": (0, 2, 3, 4, 6)})
    for answer, said in [
        (None, "Nothing to check"),
        (right, "Right"),
        (right.ravel(), "two rows and two columns"),
        (right - [[5, 0], [0, 0]], "a class is lost"),
        ([[1, 2], [3]], "two rows of two"),
        (right[:, ::-1], "Look at the columns"),
        (right.T, "rows and columns are exchanged"),
        (right[::-1, ::-1], "tops must be the positive group"),
        (with_dress, "a dress is not one here"),
    ]:
        classifier.check_tops_against_the_rest(answer, matrix)
        assert said in capsys.readouterr().out


def test_mcnemar_p(capsys):
    tail = lambda a, b: binom.cdf(min(a, b), a + b, 0.5)  # noqa: E731
    for answer, said in [
        (lambda a, b: None, "Nothing to check"),
        (lambda a, b: min(1, 2 * tail(a, b)), "Right"),
        (tail, "one-sided"),
        (lambda a, b: 2 * tail(a, b), "cut at 1"),
        (lambda a, b: chi2.sf((a - b) ** 2 / (a + b), 1), "chi-squared"),
        (lambda a, b: 0.5, "it must be"),
    ]:
        classifier.check_mcnemar_p(answer)
        assert said in capsys.readouterr().out


def test_careful_threshold(capsys):
    generator = np.random.default_rng(0)
    truth = np.repeat([0, 1], 2000)
    validation, test = ((truth, generator.normal(truth * 3.0)) for _ in range(2))
    # Two of 2,000 negatives may be called, so the threshold is just above the third.
    right, wrong = (np.nextafter(np.sort(scores[:2000])[-3], 9) for _, scores in (validation, test))
    for answer, said in [
        (None, "Nothing to check"),
        (right, "Right"),
        (wrong, "chosen on the test images"),
        (0.0, "of the negatives are called positive"),
        (10.0, "can be had"),
    ]:
        classifier.check_careful_threshold(answer, validation, test)
        assert said in capsys.readouterr().out
