"""Lesson 02: the report's loop step by step, on small data, and the recipes."""

import base64
import re

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from sklearn.datasets import make_blobs

from helpers import clustering, course, networks, training
from lessons import dcn
from tests.conftest import SOURCES
from tools import execute

SETTINGS = {"latent_dim": 3, "hidden": (16,), "features": 20}


@pytest.fixture(scope="module")
def blobs():
    x, digits = make_blobs(200, 20, centers=10, cluster_std=0.5, random_state=0)
    return ((x - x.min()) / np.ptp(x)).astype("float32"), digits


@pytest.fixture
def network():
    keras.utils.set_random_seed(0)
    return dcn.first_network(**SETTINGS)


def test_two_outputs_are_those_of_the_autoencoder_and_its_encoder(blobs):
    autoencoder, network = networks.autoencoder(**SETTINGS), dcn.first_network(**SETTINGS)
    network.set_weights(autoencoder.get_weights())
    answers = network(blobs[0])
    encoder, _ = networks.encoder_and_decoder(autoencoder)
    np.testing.assert_array_equal(answers["Output"], autoencoder(blobs[0]))
    np.testing.assert_array_equal(answers["Latent_Code"], encoder(blobs[0]))


def cell_with(text):
    """The one code cell of notebook 02 that has this text."""
    cells = execute.unexecuted(next(path for path in SOURCES if path.stem.startswith("02"))).cells
    (found,) = [cell.source for cell in cells if cell.cell_type == "code" and text in cell.source]
    return found


def code_of(network, images):
    return networks.predict(networks.up_to(network, "Latent_Code"), images)


def test_the_page_in_plain_keras_and_the_lesson_do_the_same():
    """One batch, so that the order of the images does not matter."""
    page = {"course": course, "x": np.random.default_rng(0).random((200, 784), "float32")}
    for text in ("network = keras.Model(pixels", "def to_nearest", "fit = network.fit("):
        exec(cell_with(text), page)
    course.seed(0)
    network = dcn.first_network(2)
    dcn.compile_jointly(network, 0.5, 0.5)
    losses = dcn.step_c(network, page["x"], dcn.ten_means(code_of(network, page["x"])), course.epochs(10))
    for name, values in losses.items():
        assert page["fit"].history[name] == pytest.approx(values, rel=1e-4), name
    for plain, ours in zip(page["network"].get_weights(), network.get_weights(), strict=True):
        np.testing.assert_allclose(plain, ours, atol=1e-4)


def test_the_listing_of_the_adjusted_network_and_the_lesson_are_the_same_network():
    page = {"keras": keras, "Dense": keras.layers.Dense}
    exec(cell_with("listed = keras.Model("), page)
    ours, x = dcn.adjusted_network(32), np.random.default_rng(0).random((5, 784), "float32")
    ours.set_weights(page["listed"].get_weights())
    for name, answer in ours(x).items():
        np.testing.assert_allclose(answer, page["listed"](x)[name], rtol=1e-5)
    starts = [
        [type(layer.kernel_initializer).__name__ for layer in model.layers[1:]] for model in (ours, page["listed"])
    ]
    assert starts[0] == starts[1] and starts[0].count("HeNormal") == 5


@pytest.mark.parametrize("bypass", [True, False])
def test_the_adjusted_network_draws_from_the_code_only_without_its_bypass(bypass):
    keras.utils.set_random_seed(0)
    from_code = dcn.from_image_and_code(dcn.adjusted_network(8, bypass=bypass))
    x, z = np.random.default_rng(0).random((20, 784), "float32"), np.random.default_rng(1).random((20, 8), "float32")
    assert np.allclose(from_code(x, z), from_code(x, z[::-1])) == bypass
    assert np.allclose(from_code(x, z), from_code(x[::-1], z)) == (not bypass)


def test_the_reports_distance_is_to_the_nearest_centroid_and_its_target_is_ignored():
    loss = dcn.NearestDistance(3, 2)
    loss.centroids.assign([[0.0, 0], [3, 4], [100, 100]])
    codes = np.array([[0.6, 0.8], [3, 3.5], [3, 4]], "float32")
    for target in (np.zeros((3, 2)), np.full((3, 2), 100.0)):
        assert np.asarray(loss.call(target, codes)) == pytest.approx([1, 0.5, keras.config.epsilon()], rel=1e-3)


@pytest.mark.parametrize("xla", [False, True])
def test_a_code_on_a_centroid_has_slope_0_as_in_the_listing_and_others_slope_1(xla):
    """In the listing the clamp comes after the root; XLA has no finite slope for that."""
    loss, codes = dcn.NearestDistance(3, 2), np.array([[1.0, 1], [1, 0.3]], "float32")
    loss.centroids.assign([[1.0, 1], [0, 0], [9, 9]])

    def listed(codes):
        squares = keras.ops.sum((codes[:, None] - loss.centroids) ** 2, axis=-1)
        return keras.ops.min(keras.ops.maximum(keras.ops.sqrt(squares), keras.config.epsilon()), axis=-1)

    def slopes(distance, xla):
        @tf.function(jit_compile=xla)
        def slope(codes):
            with tf.GradientTape() as tape:
                tape.watch(codes)
                total = tf.reduce_sum(distance(codes))
            return tape.gradient(total, codes)

        return np.asarray(slope(tf.constant(codes)))

    ours = slopes(lambda codes: loss.call(None, codes), xla)
    np.testing.assert_allclose(ours, slopes(listed, False), atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(ours, axis=1), [0, 1], atol=1e-6)


def test_the_assigned_distance_is_not_squared_and_has_a_slope_at_0():
    centroids, codes = np.array([[0.0, 0], [1, 1]], "float32"), np.array([[3.0, 4], [1, 1]], "float32")
    assert np.asarray(dcn.assigned_distance(centroids, codes)) == pytest.approx([5, 0], abs=1e-5)
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, kernel_initializer="zeros")])
    network.compile("sgd", loss=dcn.assigned_distance)
    network.fit(codes, np.zeros((2, 2), "float32"), verbose=0)  # the answers are 0, too
    assert all(np.isfinite(weight).all() for weight in network.get_weights())


@pytest.mark.parametrize("pull", ["nearest", "assigned"])
def test_the_joint_loss_is_alpha_times_error_plus_beta_times_distance(pull, blobs, network):
    dcn.compile_jointly(network, 0.7, 0.3, pull)
    network.optimizer.learning_rate = 0.0
    found = dcn.ten_means(code_of(network, blobs[0]))
    found.labels_ = (found.labels_ + 1) % 10  # a cluster that is not the nearest
    losses = dcn.step_c(network, blobs[0], found, 1)
    answers = network(blobs[0])
    error = np.mean((answers["Output"] - blobs[0]) ** 2)
    away = found.transform(np.asarray(answers["Latent_Code"]))
    away = away.min(axis=1) if pull == "nearest" else away[np.arange(200), found.labels_]
    assert losses["loss"][-1] == pytest.approx(0.7 * error + 0.3 * away.mean(), rel=1e-4)
    assert losses["Output_loss"][-1] == pytest.approx(error, rel=1e-4)
    assert losses["Latent_Code_loss"][-1] == pytest.approx(away.mean(), rel=1e-4)


def test_pretraining_lowers_the_error_and_keeps_the_two_outputs(blobs, network):
    def error():
        return np.mean((network(blobs[0])["Output"] - blobs[0]) ** 2)

    before = error()
    dcn.train_reconstruction(network, blobs[0], 3, seed=0)
    assert error() < before and set(network.output) == {"Output", "Latent_Code"}


def test_ten_means_have_ten_centroids_and_are_the_same_each_time(blobs):
    first, second = dcn.ten_means(blobs[0]), dcn.ten_means(blobs[0])
    assert first.cluster_centers_.shape == (10, 20)
    np.testing.assert_array_equal(first.labels_, second.labels_)


def test_the_shift_is_that_of_matched_centroids(blobs):
    found, moved = dcn.ten_means(blobs[0]), dcn.ten_means(blobs[0])
    moved.cluster_centers_ = found.cluster_centers_[::-1] + 3 * np.eye(20)[0]  # numbered anew, and each 3 further
    assert np.isnan(dcn.shift(None, found)) and dcn.shift(found, found) == 0
    assert dcn.shift(found, moved) == pytest.approx(3)


def test_the_loop_has_a_row_and_codes_per_round_and_begins_untrained(blobs, network):
    dcn.compile_jointly(network)
    before = networks.predict(networks.up_to(network, "Latent_Code"), blobs[0])
    rounds, codes = dcn.joint_loop(network, *blobs, 2, 3, seed=0)
    np.testing.assert_array_equal(codes[0], before)
    after = networks.predict(networks.up_to(network, "Latent_Code"), blobs[0])
    np.testing.assert_array_equal(codes[len(rounds) - 1], after)
    assert len(codes) == len(rounds) <= 3 and rounds["round"].tolist() == list(range(len(rounds)))
    assert rounds.changed[0] == 1 and (rounds.live <= 10).all() and rounds.acc.between(0, 1).all()
    found = dcn.ten_means(after)
    assert rounds.inertia.iloc[-1] == found.inertia_ and rounds.spread.iloc[-1] == clustering.spread(after)
    assert rounds["shift"].isna().tolist() == [True] + [False] * (len(rounds) - 1)
    weighted = 0.5 * rounds.reconstruction + 0.5 * rounds.clustering
    np.testing.assert_allclose(rounds.loss[1:], weighted[1:], rtol=1e-4)


def test_the_loop_stops_where_no_image_changes_its_cluster(blobs, network, monkeypatch):
    fits, idle = [], dict.fromkeys(("loss", "Output_loss", "Latent_Code_loss"), [1.0])
    monkeypatch.setattr(dcn, "step_c", lambda *_: fits.append(1) or idle)  # nothing is learnt, so nothing changes
    dcn.compile_jointly(network)
    rounds, codes = dcn.joint_loop(network, *blobs, 5, 5, seed=0)
    assert rounds.changed.tolist() == [1, 0] and len(codes) == 2 and fits == [1]


def test_from_seeds_are_separate_fits(blobs):
    def build():
        return dcn.first_network(**SETTINGS)

    tables, codes = dcn.from_seeds([4, 7], *blobs, 1, 3, build, weights=(0.7, 0.3))
    assert not np.array_equal(codes[4][0], codes[7][0])
    for seed in (4, 7):
        keras.utils.set_random_seed(seed)
        alone = build()
        dcn.compile_jointly(alone, 0.7, 0.3)
        table, own_codes = dcn.joint_loop(alone, *blobs, 1, 3, seed)
        pd.testing.assert_frame_equal(tables[seed], table, rtol=1e-4)
        np.testing.assert_allclose(codes[seed][-1], own_codes[-1], rtol=1e-3, atol=1e-5)


def test_image_and_code_are_told_apart(blobs, network):
    x, z = blobs[0][:5], np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    from_code = dcn.from_image_and_code(network)
    own = np.asarray(network(x)["Latent_Code"])
    np.testing.assert_allclose(from_code(x, own), network(x)["Output"], rtol=1e-5)
    np.testing.assert_array_equal(from_code(x, z), from_code(0 * x, z))
    assert not np.allclose(from_code(x, z), from_code(x, 2 * z))


@pytest.mark.parametrize("name", dcn.RECIPES)
def test_a_recipe_says_in_its_name_what_it_does(name):
    model = clustering.DeepClustering(**dcn.RECIPES[name])
    model._validate_params()
    hard = name.startswith("DCN")
    assert (model.overcluster == 40) == ("over-clustered" in name or not hard)
    assert (model.augmentation is not None) == ("augmented" in name or not hard)
    assert model.assignments == ("hard" if hard else "balanced")
    assert model.information_epochs == int(re.search(r"\d+|$", name).group() or 0)
    epochs = model.pretrain_epochs + model.max_iter + (model.overcluster and model.overcluster_iter)
    assert epochs == 44, "the recipes differ in ideas, not in time; information comes on top"
    next(iter(training.distorted(training.batches(np.ones((2, 784), "float32")), **(model.augmentation or {}))))


def test_the_rule_picks_the_recipe_whose_seeds_agree():
    clusters = {"same": ["0011", "1100", "2233"], "other": ["0011", "0101", "0110"]}
    runs = pd.DataFrame([{"recipe": name, "clusters_test": text} for name, texts in clusters.items() for text in texts])
    agreement = dcn.seeds_agree(runs.sample(frac=1, random_state=0))
    agreement = agreement.sort_index()
    assert agreement[:3].eq(1).all(), "names of clusters do not count"
    assert agreement[3:].max() < 0 and dcn.picked(runs) == "same"


def test_stored_codes_are_read_as_they_were_written():
    codes = np.random.default_rng(0).normal(size=(3000, 10)).astype("float16")
    read = dcn.codes_in(base64.b64encode(codes.tobytes()).decode())
    assert read.dtype == "float32" and np.array_equal(read, codes)


def test_each_criterion_picks_its_own_k():
    inertia = [100, 90, 80, 40, 36, 33, 30]  # falls by a half at K = 6, hardly after it
    scores = {"silhouette": [0.9, 0.1, 0.5, 0.2, 0.1, 0.1, 0.9], "stability": [1, 0.2, 0.3, 0.4, 0.9, 0.2, 1]}
    table = pd.DataFrame({"inertia": inertia, **scores}, index=range(3, 10))
    assert dcn.k_by_criterion(table).to_dict() == {"elbow": 6, "silhouette": 5, "stability": 7}, "the ends do not count"
    axes = dcn.draw_criteria({"a": table}).axes
    assert [axis.lines[0].get_xdata()[[0, -1]].tolist() for axis in axes] == [[4, 8]] * 3
    plt.close("all")


@pytest.mark.parametrize(("settings", "sizes"), [({"renewed": False}, [40, 40]), ({"sure": 0.5}, [20, 40])])
def test_self_training_fits_the_labels_of_the_images_that_count(settings, sizes, monkeypatch):
    x = np.random.default_rng(0).random((40, 64), "float32")
    feeding = {"learning_rate": 1e-3, "batch_size": 20, "augmentation": {"degrees": 1}, "seed": 0}
    network = clustering.JointNetwork(networks.autoencoder(3, "linear", (8,), 64), x, 4, soft=True, **feeding)
    network.assigner.centroids.assign(np.random.default_rng(1).normal(size=(4, 3)))
    targets = []
    monkeypatch.setattr(network, "fit", lambda rates: targets.append(network.targets.numpy()))
    dcn.self_trained(network, epochs=2, **settings)
    assert [int(target.sum()) for target in targets] == sizes and set(np.unique(targets)) <= {0, 1}
    labels = clustering.pairwise_distances_argmin(network.codes(), network.assigner.centroids.numpy())
    assert np.array_equal(targets[-1].argmax(axis=1), labels)


@pytest.mark.parametrize(("bypass", "bars"), [(False, 7), (True, 7)])
def test_the_drawing_has_a_bar_for_each_layer_and_the_code_pulled_by_the_centroids(bypass, bars):
    (axis,) = dcn.draw_network([784, 512, 256, 32], np.zeros(784), bypass).axes
    words = [text.get_text() for text in axis.texts]
    assert sum(isinstance(patch, plt.Rectangle) for patch in axis.patches) == bars
    assert [words.count(word) for word in ("784", "512", "256", "32", "$z$", "μ")] == [2, 2, 2, 1, 1, 1]
    heights = {text.get_text(): text.get_position()[1] for text in axis.texts}
    assert (heights["$z$"] > heights[r"$\hat{x}$"]) == bypass, "beside the way, or on it"
    plt.close("all")


def test_spreads_are_relative_and_a_run_on_one_point_stands_at_the_edge_and_is_counted():
    runs = {
        s: pd.DataFrame({"live": [10, live], "spread": [2.0, end]}) for s, (live, end) in enumerate([(1, 0), (10, 0.5)])
    }
    (axis,) = dcn.draw_spreads({"the report's loop": runs, "another": runs}).axes
    assert axis.lines[0].get_xdata().tolist() == [1e-4, 0.25] and axis.lines[0].get_markerfacecolor() == "none"
    assert [text.get_text() for text in axis.texts][:2] == ["1 of 2", "1 of 2"]
    plt.close("all")


def test_shifts_have_a_line_per_run_and_the_reports_are_hollow():
    runs = pd.DataFrame({"latent_dim": [2, 32, 32], "shift_by_round": [[0.5, 0.0], [1.0, 0.1], [2.0, 0.2]]})
    (axis,) = dcn.draw_shifts(runs, {2: {8: 0.007}, 32: {1: 0.2, 10: 0.004}}).axes
    drawn = [line.get_ydata() for line in axis.lines if line.get_marker() == "o" and len(line.get_ydata())]
    assert [line[0] for line in drawn] == [0.5, 1, 2] and np.isnan(drawn[0][1])
    hollow = [line for line in axis.lines if line.get_markerfacecolor() == "none"]
    assert [list(line.get_xdata()) for line in hollow] == [[8], [1, 10]]
    plt.close("all")


def test_accuracy_is_drawn_against_relative_inertia_with_a_star_at_the_end_and_equal_ends_are_counted():
    traces = {"report, seed 0": ([4.0, 2, 1], [0.1, 0.2, 0.3]), "report, seed 1": ([8.0, 2], [0.5, 0.3])}
    (axis,) = dcn.draw_inertia_and_accuracy(traces).axes
    assert axis.lines[0].get_xdata().tolist() == [1, 0.5, 0.25] and axis.lines[1].get_marker() == "*"
    assert axis.get_legend_handles_labels()[1] == ["report (2 runs)"]
    assert [note.get_text() for note in axis.texts] == ["2 runs"]
    plt.close("all")


def test_two_colourings_are_of_the_same_points():
    points, digits, clusters = np.random.default_rng(0).normal(size=(30, 2)), np.arange(30) % 3, np.arange(30) % 2
    axes = dcn.draw_two_colourings(points, digits, clusters).axes
    for axis, labels in zip(axes, (digits, clusters), strict=True):
        np.testing.assert_array_equal(axis.collections[0].get_offsets(), points)
        assert len(np.unique(axis.collections[0].get_facecolors(), axis=0)) == len(set(labels))
    plt.close("all")
