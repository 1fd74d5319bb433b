"""Scores of classifiers against hand-made cases and scikit-learn; saliency against a network whose gradient is known."""

import keras
import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, softmax
from sklearn.metrics import confusion_matrix, roc_auc_score

from helpers import networks
from lessons import classifier

GROUPS = classifier.CLOTHING
TOPS = {"rest": (1, 3, 5, 7, 8, 9), "tops": (0, 2, 4, 6)}


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("groups", [GROUPS, TOPS])
def test_grouping_then_counting_is_counting_then_grouping(rng, groups):
    truth, answers = rng.integers(0, 10, (2, 500))
    blocks = classifier.binarised_confusion(confusion_matrix(truth, answers), groups)
    direct = confusion_matrix(classifier.grouped(truth, groups), classifier.grouped(answers, groups))
    np.testing.assert_array_equal(blocks, direct)


def test_grouped_and_binarised_probabilities(rng):
    assert classifier.grouped(range(10), TOPS).tolist() == [1, 0, 1, 0, 1, 0, 1, 0, 0, 0]
    probabilities = softmax(rng.normal(size=(6, 10)), axis=1)
    np.testing.assert_allclose(
        classifier.binarised_probabilities(probabilities, TOPS), probabilities[:, [0, 2, 4, 6]].sum(axis=1)
    )
    three = {"a": (0,), "b": (1, 2)}
    assert classifier.binarised_confusion([[1, 2, 3], [4, 5, 6], [7, 8, 9]], three).tolist() == [[1, 5], [11, 28]]


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        ({"a": (0, 1, 2, 3, 4), "b": (5, 6, 7, 9)}, "8 is in none of its groups"),
        ({"a": (0, 1, 2, 3, 4), "b": (4, 5, 6, 7, 8, 9)}, "4 is in more than one place"),
        ({"a": (0, 1, 2, 3, 4), "b": (5, 6, 7, 8, 9, 10)}, "10 is in it, but not one of the 10 classes"),
        ({"a": range(10)}, "must be two"),
    ],
)
def test_a_bad_grouping_is_named(groups, said):
    for call in (
        lambda: classifier.grouped([1, 2], groups),
        lambda: classifier.binarised_confusion(np.eye(10), groups),
        lambda: classifier.binarised_probabilities(np.ones((2, 10)) / 10, groups),
    ):
        with pytest.raises(ValueError, match=f"groups .*{said}"):
            call()


@pytest.mark.parametrize("label", [-1, 10, 2.5, np.nan])
def test_a_label_that_is_no_class_is_named(label):
    with pytest.raises(ValueError, match=rf"labels must be whole numbers from 0 to 9; there is a {label}"):
        classifier.grouped([1, label], GROUPS)


def test_bad_shapes_and_lengths_are_named():
    with pytest.raises(ValueError, match=r"matrix must be square.*\(2, 3\)"):
        classifier.binarised_confusion(np.ones((2, 3)), GROUPS)
    with pytest.raises(ValueError, match=r"probabilities must be \(n, classes\)"):
        classifier.binarised_probabilities([0.1, 0.9], GROUPS)
    with pytest.raises(ValueError, match="truth and first and second .* second 1"):
        classifier.mcnemar([0, 1], [0, 1], [0])
    with pytest.raises(ValueError, match="truth and scores .*above 0"):
        classifier.best_threshold([], [])
    with pytest.raises(ValueError, match="confidence must lie between 0 and 1"):
        classifier.reliability([0.5, 3.0], [True, False])
    with pytest.raises(ValueError, match="labels classes; .* from 0 to 3"):
        classifier.temperature(np.zeros((2, 3)), [0, 3])
    for call in (classifier.best_threshold, lambda t, s: classifier.auc_difference(t, s, s)):
        with pytest.raises(ValueError, match=r"truth must hold both classes, 0 and 1; it holds \[1\]"):
            call([1, 1], [0.2, 0.3])


def answers_with(both, first, second, neither):
    """Truth and two answers with that many images right by both, by one alone, and by neither."""
    truth = np.zeros(both + first + second + neither, dtype=int)
    right = np.repeat([[1, 1], [1, 0], [0, 1], [0, 0]], [both, first, second, neither], axis=0)
    return truth, *(1 - right.T)


@pytest.mark.parametrize(
    ("first", "second", "p"),
    [(0, 0, 1.0), (5, 5, 1.0), (0, 5, 2 / 2**5), (1, 9, 2 * 11 / 2**10), (9, 1, 2 * 11 / 2**10)],
)
def test_mcnemar_is_the_exact_binomial_test(first, second, p):
    found = classifier.mcnemar(*answers_with(40, first, second, 7))
    assert found[:2] == (first, second) and found[2] == pytest.approx(p)


def test_weighted_auc_is_scikit_learns_with_ties(rng):
    truth, scores = rng.integers(0, 2, 200), rng.integers(0, 20, 200) / 20
    weights = rng.integers(0, 4, (5, 200)).astype(float)
    expected = [roc_auc_score(truth, scores, sample_weight=row) for row in weights]
    np.testing.assert_allclose(classifier._weighted_auc(truth, scores, weights), expected)


def test_auc_difference_is_paired_and_covers(rng):
    truth = rng.integers(0, 2, 400)
    score = rng.normal(truth)
    assert classifier.auc_difference(truth, score, 3 * score + 1) == (0, 0, 0), (
        "the same order: no difference in any draw"
    )
    worse = score + rng.normal(size=400)
    difference, low, high = classifier.auc_difference(truth, score, worse, draws=300)
    assert difference == pytest.approx(roc_auc_score(truth, score) - roc_auc_score(truth, worse))
    assert low < difference < high and low > 0
    assert classifier.auc_difference(truth, score, worse, draws=300) == (difference, low, high), "the seed decides"
    narrower = classifier.auc_difference(truth, score, worse, draws=300, level=0.5)
    assert narrower[2] - narrower[1] < high - low
    # Two scores that are equally good in truth: 95 % intervals leave out 0 in about one of twenty samples.
    left_out = 0
    for _ in range(100):
        truth = np.repeat([0, 1], 60)
        _, low, high = classifier.auc_difference(truth, rng.normal(truth), rng.normal(truth), draws=200)
        left_out += low > 0 or high < 0
    assert left_out <= 14


def test_best_threshold(rng):
    assert classifier.best_threshold([0, 0, 1, 1], [0.1, 0.3, 0.6, 0.9]) == 0.6
    assert classifier.best_threshold([0, 1, 0, 1, 1], [0.1, 0.2, 0.4, 0.5, 0.6]) in (0.2, 0.5)
    truth = rng.integers(0, 2, 300)
    scores = rng.normal(truth)
    right = {t: np.sum((scores >= t) == truth) for t in scores}
    assert right[classifier.best_threshold(truth, scores)] == max(right.values())


def test_reliability_and_calibration_error_by_hand():
    confidence, right = np.array([0.92, 0.94, 0.98, 0.55, 1.0]), np.array([1, 0, 1, 1, 1], bool)
    table = classifier.reliability(confidence, right, bins=10)
    assert table.answers.tolist() == [1, 4]
    np.testing.assert_allclose(table.confidence, [0.55, 0.96])
    np.testing.assert_allclose(table.accuracy, [1, 0.75])
    assert classifier.calibration_error(confidence, right, bins=10) == pytest.approx((0.45 + 4 * 0.21) / 5)
    assert classifier.calibration_error(np.ones(4), np.ones(4, bool)) == 0


def test_temperature_is_found_again(rng):
    logits = 2 * rng.normal(size=(20_000, 5))
    labels = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)  # drawn from softmax(logits)
    for factor in (0.5, 1.0, 3.0):
        assert classifier.temperature(factor * logits, labels) == pytest.approx(factor, rel=0.05)
    confidence = softmax(logits, axis=1).max(axis=1)
    right = logits.argmax(axis=1) == labels
    sharper = softmax(3 * logits, axis=1).max(axis=1)
    assert classifier.calibration_error(confidence, right) < 0.02 < classifier.calibration_error(sharper, right)


def linear(weights):
    model = keras.Sequential([keras.Input((len(weights),)), keras.layers.Dense(len(weights[0]))])
    model.set_weights([np.array(weights, "float32"), np.array([0.5] * len(weights[0]), "float32")])
    return model


def test_saliency_of_a_linear_network_is_its_weights(rng):
    weights = rng.normal(size=(6, 2))
    model, x = linear(weights), rng.random((3, 6), dtype="float32")
    for unit in (0, 1):
        own = np.repeat(weights[None, :, unit], 3, axis=0)
        np.testing.assert_allclose(classifier.gradient(model, x, unit), own, rtol=1e-5)
        np.testing.assert_allclose(classifier.smooth_gradient(model, x, unit, draws=3), own, rtol=1e-5)
        np.testing.assert_allclose(classifier.integrated_gradients(model, x, unit, steps=2), x * own, rtol=1e-5)


def test_integrated_gradients_are_complete(rng):
    keras.utils.set_random_seed(0)
    model, x = networks.up_to(networks.classifier(features=30), "Logits"), rng.random((5, 30), dtype="float32")
    baseline = rng.random(30, dtype="float32")
    found = classifier.integrated_gradients(model, x, unit=3, baseline=baseline, steps=300).sum(axis=1)
    expected = networks.predict(model, x)[:, 3] - networks.predict(model, baseline[None])[0, 3]
    np.testing.assert_allclose(found, expected, atol=0.01)


def test_the_three_ways_are_compared_on_the_same_images(rng):
    labels = rng.integers(0, 10, 300)
    logits = 3 * np.eye(10)[labels] + rng.normal(size=(300, 10))
    truth = classifier.grouped(labels, GROUPS)
    direct = 4.0 * truth - 2 + rng.normal(size=300)
    result = classifier.compare(labels, logits, direct)
    answers = classifier.grouped(logits.argmax(axis=1), GROUPS)
    assert result["acc_argmax"] == np.mean(answers == truth)
    assert result["acc_binary"] == np.mean((direct >= 0) == truth)
    assert (result["n10"] - result["n01"]) / 300 == pytest.approx(result["acc_binary"] - result["acc_argmax"])
    assert result["auc_difference"] == pytest.approx(result["auc_binary"] - result["auc_sum"])
    assert result["auc_binary"] == pytest.approx(roc_auc_score(truth, expit(direct)))
    assert all(np.isfinite(value) for value in result.values())


def test_calibration_of_a_network_that_is_too_sure(rng):
    logits = 2 * rng.normal(size=(4000, 10))
    labels = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)
    result = classifier.calibration(3 * logits[:2000], labels[:2000], 3 * logits[2000:], labels[2000:])
    assert result["temperature"] == pytest.approx(3, rel=0.1) and result["ece_after"] < result["ece_before"] / 3


def test_training_stops_in_time_or_goes_to_the_end(rng):
    x, y = rng.random((320, 20), dtype="float32"), rng.integers(0, 10, 320)  # nothing to learn but noise
    kept = {}
    for patience in (1, None):
        keras.utils.set_random_seed(0)
        network = networks.classifier(features=20, dropout=0.0)
        history = classifier.fit_classifier(
            network, x, y, x[:50], 9 - y[:50], learning_rate=0.01, epochs=6, patience=patience
        )
        loss = network.evaluate(x[:50], 9 - y[:50], verbose=0)[0]
        kept[patience] = pd.Series(history.history["val_loss"]), loss
    losses, loss = kept[1]
    assert len(losses) < 6 and loss == pytest.approx(losses.min(), rel=1e-4)
    losses, loss = kept[None]
    assert len(losses) == 6 and loss == pytest.approx(losses.iloc[-1], rel=1e-4)


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_recipe_learns(rng, mirrored):
    y = rng.integers(0, 10, 600)
    x = (0.3 * rng.random((600, 784)) + np.repeat(np.eye(10)[y], 79, axis=1)[:, :784]).astype("float32")
    recipe = {"hidden": (32,), "dropout": 0.1, "epochs": 8, "mirrored": mirrored}
    network = classifier.fit_best_dense(recipe, (x, y))
    assert np.mean(networks.logits(network, x).argmax(axis=1) == y) > 0.9
    assert float(network.optimizer.learning_rate.numpy()) < 1e-4, "the cosine ends at 0"


def test_the_recipe_is_chosen_on_the_validation_images():
    runs = pd.DataFrame({"recipe": ["a", "a", "b", "b"], "acc_test": [1.0, 1.0, 0.0, 0.0], "acc_test_mirror": 1.0})
    runs["acc_validation"], runs["acc_validation_mirror"] = [0.5, 0.5, 0.8, 0.4], [0.1, 0.2, 0.7, 0.6]
    assert classifier.chosen(runs) == ("b", "_mirror")
    assert classifier.chosen(runs.assign(acc_validation=0.9)) == ("a", "")
