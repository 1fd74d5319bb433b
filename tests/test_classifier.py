"""Lesson 06: scores of classifiers by hand and as scikit-learn's; maps of networks with a known gradient; recipes."""

import jupytext
import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, softmax
from sklearn.metrics import confusion_matrix, roc_auc_score, roc_curve

from helpers import course, data, networks
from lessons import classifier
from tests.conftest import ROOT

CLOTHING = classifier.CLOTHING
TOPS = np.array([1, 0, 1, 0, 1, 0, 1, 0, 0, 0])


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_clothing_is_what_the_class_names_say():
    names = np.array(data.CLASS_NAMES["fashion_mnist"])
    assert set(names[CLOTHING == 0]) == {"Sandal", "Sneaker", "Bag", "Ankle boot"} and set(CLOTHING) == {0, 1}


@pytest.fixture(scope="module")
def page():
    """What these cells of the notebook define, as a student reads them: network, blocks, maps."""
    cells = jupytext.read(next((ROOT / "notebooks").glob("06*.py"))).cells
    found = {"course": course, "np": np}
    for text in ("network = keras.Model(", "def blocks(", "def gradient("):
        (cell,) = [cell.source for cell in cells if cell.cell_type == "code" and text in cell.source]
        exec(cell, found)
    return found


def test_the_network_on_the_page_is_the_helpers_network(page):
    course.seed(0)
    helper = networks.classifier()
    for ours, theirs in zip(page["network"].get_weights(), helper.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    dropped = [[layer.rate for layer in each.layers if hasattr(layer, "rate")] for each in (page["network"], helper)]
    assert dropped == [[0.2], [0.2]]
    x = np.random.default_rng(0).random((5, 784), dtype="float32")
    np.testing.assert_allclose(networks.predict(page["network"], x), networks.predict(helper, x), atol=1e-6)


@pytest.mark.parametrize("positive", [CLOTHING, TOPS], ids=["clothing", "tops"])
def test_grouping_then_counting_is_counting_then_grouping(rng, positive, page):
    truth, answers = rng.integers(0, 10, (2, 500))
    matrix, expected = confusion_matrix(truth, answers), confusion_matrix(positive[truth], positive[answers])
    np.testing.assert_array_equal(page["blocks"](matrix, positive), expected)
    np.testing.assert_array_equal(classifier.right_table(matrix, positive), expected)


def test_blocks_by_hand(page):
    matrix = np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9]])
    for table in (page["blocks"], classifier.right_table):
        assert table(matrix, np.array([0, 1, 1])).tolist() == [[1, 5], [11, 28]]
    assert classifier.right_table(matrix, np.array([2, 0, 1])).tolist() == [[5, 6, 4], [8, 9, 7], [2, 3, 1]]


def test_bad_shapes_and_lengths_are_named():
    with pytest.raises(ValueError, match=r"second must be whole numbers of shape \(2,\); got shape \(1,\)"):
        classifier.mcnemar([0, 1], [0, 1], [0])
    with pytest.raises(ValueError, match=r"confidence must be finite numbers .*got shape \(0,\)"):
        classifier.reliability([], [])
    with pytest.raises(ValueError, match="labels must be whole numbers from 0 to 2 .* from 0 to 3"):
        classifier.temperature(np.zeros((2, 3)), [0, 3])
    with pytest.raises(ValueError, match="confidence must be finite numbers from 0 to 1"):
        classifier.reliability([0.5, 3.0], [True, False])
    with pytest.raises(ValueError, match=r"truth must hold both classes, 0 and 1; it holds \[1\]"):
        classifier.auc_difference([1, 1], [0.2, 0.3], [0.2, 0.3])


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


def test_auc_is_scikit_learns_with_ties(rng):
    truth = rng.integers(0, 2, 200)
    first, second = rng.integers(0, 20, (2, 200)) / 20
    scores = np.concatenate([first[truth == 0], first[truth == 1]])
    assert classifier._auc(scores, np.sum(truth == 0)) == pytest.approx(roc_auc_score(truth, first), abs=1e-12)
    difference, _, _ = classifier.auc_difference(truth, first, second, draws=1)
    assert difference == pytest.approx(roc_auc_score(truth, first) - roc_auc_score(truth, second), abs=1e-12)


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


def test_reliability_and_calibration_error_by_hand():
    confidence, right = np.array([0.92, 0.94, 0.98, 0.55, 1.0]), np.array([1, 0, 1, 1, 1], bool)
    table = classifier.reliability(confidence, right, bins=10)
    assert table.answers.tolist() == [1, 4]
    np.testing.assert_allclose(table.confidence, [0.55, 0.96])
    np.testing.assert_allclose(table.accuracy, [1, 0.75])
    assert classifier.calibration_error(confidence, right, bins=10) == pytest.approx((0.45 + 4 * 0.21) / 5)
    assert classifier.calibration_error(np.ones(4), np.ones(4, bool)) == 0
    assert classifier.calibration_error(np.ones(4), np.zeros(4, bool)) == 1


def test_no_answer_is_lost_from_the_bins(rng):
    confidence = np.concatenate([rng.random(300), np.linspace(0, 1, 31)])  # edges of bins, too
    table = classifier.reliability(confidence, rng.random(331) < 0.5)
    assert table.answers.sum() == 331
    assert np.average(table.confidence, weights=table.answers) == pytest.approx(confidence.mean())


def test_temperature_is_found_again(rng):
    logits = 2 * rng.normal(size=(20_000, 5))
    labels = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)  # drawn from softmax(logits)
    for factor in (0.5, 1.0, 3.0):
        assert classifier.temperature(factor * logits, labels) == pytest.approx(factor, rel=0.05)
    confidence = softmax(logits, axis=1).max(axis=1)
    right = logits.argmax(axis=1) == labels
    sharper = softmax(3 * logits, axis=1).max(axis=1)
    assert classifier.calibration_error(confidence, right) < 0.02 < classifier.calibration_error(sharper, right)


def test_saliency_of_a_linear_network_is_its_weights(rng, page):
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(1)])
    weights, x = rng.normal(size=(6, 1)).astype("float32"), rng.random((3, 6), dtype="float32")
    model.set_weights([weights, np.array([0.5], "float32")])
    own = np.repeat(weights.T, 3, axis=0)
    np.testing.assert_allclose(page["gradient"](model, x), own, rtol=1e-5)
    np.testing.assert_allclose(page["integrated"](model, x, steps=2), x * own, rtol=1e-5)


def test_integrated_gradients_are_complete(rng, page):
    keras.utils.set_random_seed(0)
    model, x = networks.up_to(networks.classifier(2, features=30), "Logits"), rng.random((5, 30), dtype="float32")
    found = page["integrated"](model, x, steps=300).sum(axis=1)
    expected = networks.predict(model, x) - networks.predict(model, np.zeros((1, 30), "float32"))
    np.testing.assert_allclose(found, expected[:, 0], atol=0.01)


def test_the_three_ways_are_compared_on_the_same_images(rng):
    labels = rng.integers(0, 10, 300)
    logits = 3 * np.eye(10)[labels] + rng.normal(size=(300, 10))
    truth = CLOTHING[labels]
    direct = 4.0 * truth - 2 + rng.normal(size=300)
    result = classifier.compare(labels, logits, direct)
    total = softmax(logits, axis=1)[:, CLOTHING == 1].sum(axis=1)
    assert result["acc_argmax"] == np.mean(CLOTHING[logits.argmax(axis=1)] == truth)
    assert result["acc_sum"] == np.mean((total >= 0.5) == truth)
    assert result["acc_binary"] == np.mean((direct >= 0) == truth)
    assert (result["n10"] - result["n01"]) / 300 == pytest.approx(result["acc_binary"] - result["acc_argmax"])
    assert result["auc_difference"] == pytest.approx(result["auc_binary"] - result["auc_sum"])
    assert result["auc_binary"] == pytest.approx(roc_auc_score(truth, expit(direct)))
    assert result["auc_sum"] == pytest.approx(roc_auc_score(truth, total))
    assert all(np.isfinite(value) for value in result.values())


def test_calibration_of_a_network_that_is_too_sure(rng):
    logits = 2 * rng.normal(size=(4000, 10))
    labels = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)
    result = classifier.calibration(3 * logits[:2000], labels[:2000], 3 * logits[2000:], labels[2000:])
    assert result["temperature"] == pytest.approx(3, rel=0.1) and result["ece_after"] < result["ece_before"] / 3
    confidence, right = softmax(3 * logits[2000:], axis=1).max(axis=1), logits[2000:].argmax(axis=1) == labels[2000:]
    assert result["ece_before"] == classifier.calibration_error(confidence, right)


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
    network = classifier.fit_best_dense(recipe, x, y)
    assert np.mean(classifier.logits_of(network, x).argmax(axis=1) == y) > 0.9
    assert float(network.optimizer.learning_rate.numpy()) < 1e-4, "the cosine ends at 0"


def test_the_recipe_is_chosen_on_the_validation_images():
    runs = pd.DataFrame({"recipe": ["a", "a", "b", "b"], "acc_test": [1.0, 1.0, 0.0, 0.0], "acc_test_mirror": 1.0})
    runs["acc_validation"], runs["acc_validation_mirror"] = [0.5, 0.5, 0.8, 0.4], [0.1, 0.2, 0.7, 0.6]
    assert classifier.chosen(runs) == ("b", "_mirror")
    assert classifier.chosen(runs.assign(acc_validation=0.9)) == ("a", "")


def test_the_judge_is_read_from_its_file_and_sees_garments(monkeypatch):
    monkeypatch.setattr(classifier, "fit_classifier", lambda *_, **__: pytest.fail("it is trained again"))
    images = data.load("fashion_mnist", profile="fast")
    answers = networks.predict(classifier.fashion_judge(), images.x_test).argmax(axis=1)
    assert np.mean(answers == images.y_test) > 0.85


def test_a_missing_judge_is_trained_and_written_once(tmp_path, monkeypatch, rng):
    images = data.Dataset("fashion_mnist", *few_images(rng, 100), *few_images(rng, 20), ())
    monkeypatch.setattr(classifier, "JUDGE", tmp_path / "judge.npz")
    monkeypatch.setattr(data, "load", lambda *_, **__: images)
    monkeypatch.setattr(data, "split", lambda x, y, **_: (x, x, y, y))
    monkeypatch.setattr(classifier, "fit_classifier", lambda network, *_: network)
    first, again = classifier.fashion_judge(), classifier.fashion_judge()
    for ours, read in zip(first.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, read)


def few_images(rng, n):
    return rng.random((n, 784), dtype="float32"), np.arange(n) % 10


def test_the_split_is_the_reports(monkeypatch, rng):
    images = data.Dataset("fashion_mnist", *few_images(rng, 12_000), *few_images(rng, 20), ())
    monkeypatch.setattr(data, "load", lambda *_, **__: images)
    train, validation, whole = classifier.split_images(3)
    assert (len(train[0]), len(validation[0])) == (2000, 10_000) and whole is images
    assert np.bincount(validation[1]).tolist() == [1000] * 10, "every class keeps its share"
    assert not np.array_equal(classifier.split_images(4)[1][0], validation[0])


def test_curves_mark_the_epoch_whose_weights_are_kept():
    values = {
        "loss": [3, 2, 1],
        "val_loss": [3.0, 1.0, 2.0],
        "accuracy": [0.1, 0.5, 0.9],
        "val_accuracy": [0, 0.7, 0.6],
    }
    figure = classifier.draw_curves(type("History", (), {"history": values}))
    stars = [line for axis in figure.axes for line in axis.lines if line.get_marker() == "*"]
    assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in stars] == [(2, 1.0), (2, 0.7)]
    plt.close("all")


def test_roc_curves_keep_what_is_zero_on_their_logarithmic_axes(rng):
    truth = rng.integers(0, 2, 500)
    scores = {"good": rng.normal(3 * truth), "perfect": truth.astype(float)}
    (axis,) = classifier.draw_roc(truth, scores, {"one": (0.1, 0.9), "the report's": (0, 1)}).axes
    good, perfect, one, report = axis.lines
    false_rate, true_rate, _ = roc_curve(truth, scores["good"])
    np.testing.assert_allclose(good.get_xdata(), np.maximum(false_rate, 1e-3))
    np.testing.assert_allclose(good.get_ydata(), np.maximum(1 - true_rate, 1e-3))
    assert min(perfect.get_xdata()) == min(perfect.get_ydata()) == 1e-3 > axis.get_xlim()[0]
    assert [point.get_markerfacecolor() for point in (one, report)] == ["black", "none"]
    assert axis.get_ylim()[0] > axis.get_ylim()[1], "few missed are above, as in a ROC curve"
    plt.close("all")


def test_confusions_have_clothing_first_and_write_every_count_but_zeros():
    names = data.CLASS_NAMES["fashion_mnist"]
    matrix = np.zeros((10, 10), int)
    matrix[6, 0], matrix[5, 7], matrix[8, 8] = 41, 7, 900
    (axis,) = classifier.draw_confusions(matrix, names).axes
    written = {(text.get_position(), text.get_text()) for text in axis.texts}
    assert written == {((0, 5), "41"), ((7, 6), "7"), ((8, 8), "900")}
    assert [label.get_text() for label in axis.get_yticklabels()][5:7] == ["Shirt", "Sandal"]
    assert [line.get_xdata()[0] for line in axis.lines][0] == 5.5
    plt.close("all")


def test_coins_are_coloured_where_the_test_sees_a_difference():
    left, right = classifier.draw_mcnemar(10, 8, np.arange(3), np.array([0.1, 0.01, 0.001])).axes
    near, far = left.containers
    centres = [sorted(round(bar.get_x() + bar.get_width() / 2) for bar in bars) for bars in (near, far)]
    assert centres == [[-6, -4, -2, 0, 2, 4, 6], [-10, -8, 8, 10]]
    assert sum(bar.get_height() for bars in (near, far) for bar in bars) == pytest.approx(1)
    assert right.lines[0].get_ydata().tolist() == [0.1, 0.01, 0.001]
    plt.close("all")


def test_bins_with_few_answers_are_not_drawn_and_stored_ones_are_read_back():
    table = classifier.reliability(np.repeat([0.3, 0.7, 0.9], [30, 30, 5]), np.ones(65, bool))
    (axis,) = classifier.draw_reliability({"test": {"before": table}}).axes
    assert axis.lines[1].get_xdata().tolist() == pytest.approx([0.3, 0.7]), "five answers are mostly chance"
    plt.close("all")
    tables = classifier.stored_reliability(classifier.trained_to_the_end.table())
    assert list(tables) == ["as trained", "scaled"] and all(table.answers.sum() == 10_000 for table in tables.values())


@pytest.mark.parametrize("xla", [False, True])
def test_fused_adam_takes_the_steps_of_adam(xla):
    x = np.random.default_rng(1).random((64, 5), dtype="float32")
    weights = []
    for optimizer in (keras.optimizers.Adam(0.01, epsilon=1e-3), classifier.FusedAdam(0.01, epsilon=1e-3)):
        keras.utils.set_random_seed(5)
        model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(3, "relu"), keras.layers.Dense(5)])
        model.compile(optimizer, loss="mse", jit_compile=xla)
        model.fit(x, x, batch_size=8, epochs=4, shuffle=False, verbose=0)
        weights.append(model.get_weights() + [variable.numpy() for variable in optimizer.variables])
    for plain, fused in zip(*weights, strict=True):
        np.testing.assert_allclose(fused, plain, rtol=1e-3, atol=1e-6)


def test_fused_adam_is_saved_and_restored(tmp_path):
    x = np.random.default_rng(1).random((64, 5), dtype="float32")
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(5)])
    model.compile(classifier.FusedAdam(0.02), loss="mse")
    model.fit(x, x, verbose=0)
    model.save(tmp_path / "model.keras")
    restored = keras.models.load_model(tmp_path / "model.keras")
    assert isinstance(restored.optimizer, classifier.FusedAdam)
    losses = [network.fit(x, x, epochs=2, shuffle=False, verbose=0).history["loss"] for network in (model, restored)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


def test_fused_adam_refuses_what_its_operation_lacks():
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(5)])
    model.compile(classifier.FusedAdam(amsgrad=True), loss="mse", run_eagerly=True)
    with pytest.raises(ValueError, match="FusedAdam cannot do amsgrad"):
        model.fit(np.ones((8, 5)), np.ones((8, 5)), verbose=0)


@pytest.mark.parametrize("classes", [2, 10])
def test_logits_are_those_of_the_probabilities_in_double_precision(classes, rng):
    network, x = networks.classifier(classes, features=30), rng.random((4, 30), dtype="float32")
    logits = classifier.logits_of(network, x)
    expected = expit(logits) if classes == 2 else softmax(logits, axis=1)
    assert logits.dtype == "float64"
    np.testing.assert_allclose(networks.predict(network, x), expected, rtol=1e-5)
