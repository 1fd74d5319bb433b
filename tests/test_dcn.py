"""Lesson 02: the report's loop step by step, on small data, and the recipes."""

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_blobs

from helpers import clustering, networks, training
from lessons import dcn

SETTINGS = {"latent_dim": 3, "hidden": (16,), "features": 20}


@pytest.fixture(scope="module")
def blobs():
    x, digits = make_blobs(200, 20, centers=10, cluster_std=0.5, random_state=0)
    return ((x - x.min()) / np.ptp(x)).astype("float32"), digits


@pytest.fixture
def network():
    keras.utils.set_random_seed(0)
    return dcn.two_outputs(networks.autoencoder(**SETTINGS))


def test_two_outputs_are_those_of_the_autoencoder_and_its_encoder(blobs):
    autoencoder = networks.autoencoder(**SETTINGS)
    answers = dcn.two_outputs(autoencoder)(blobs[0])
    encoder, _ = networks.encoder_and_decoder(autoencoder)
    np.testing.assert_array_equal(answers["Output"], autoencoder(blobs[0]))
    np.testing.assert_array_equal(answers["Latent_Code"], encoder(blobs[0]))


def test_the_distance_is_not_squared_and_has_a_slope_at_0():
    centroids, codes = np.array([[0.0, 0], [1, 1]], "float32"), np.array([[3.0, 4], [1, 1]], "float32")
    assert np.asarray(dcn.distance(centroids, codes)) == pytest.approx([5, 0], abs=1e-5)
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, kernel_initializer="zeros")])
    network.compile("sgd", loss=dcn.distance)
    network.fit(codes, np.zeros((2, 2), "float32"), verbose=0)  # the answers are 0, too
    assert all(np.isfinite(weight).all() for weight in network.get_weights())


def test_the_joint_loss_is_alpha_times_error_plus_beta_times_distance(blobs, network):
    dcn.compile_jointly(network, 0.7, 0.3)
    found = dcn.ten_means(networks.predict(networks.up_to(network, "Latent_Code"), blobs[0]))
    loss = network.evaluate(dcn.towards(blobs[0], found), verbose=0, return_dict=True)["loss"]
    answers = network(blobs[0])
    error = np.mean((answers["Output"] - blobs[0]) ** 2)
    away = np.linalg.norm(answers["Latent_Code"] - found.cluster_centers_[found.labels_], axis=1).mean()
    assert loss == pytest.approx(0.7 * error + 0.3 * away, rel=1e-4)


def test_ten_means_have_ten_centroids_and_are_the_same_each_time(blobs):
    first, second = dcn.ten_means(blobs[0]), dcn.ten_means(blobs[0])
    assert first.cluster_centers_.shape == (10, 20)
    np.testing.assert_array_equal(first.labels_, second.labels_)


def test_each_image_goes_towards_the_centroid_of_its_own_cluster(blobs):
    found = dcn.ten_means(blobs[0])
    seen = 0
    for images, targets in dcn.towards(blobs[0], found, seed=3):
        np.testing.assert_array_equal(targets["Output"], images)
        np.testing.assert_allclose(
            targets["Latent_Code"], found.cluster_centers_[found.predict(np.asarray(images))], rtol=1e-5
        )
        seen += len(images)
    assert seen == 200


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


def test_the_loop_stops_where_no_image_changes_its_cluster(blobs, network, monkeypatch):
    fits = []
    monkeypatch.setattr(network, "fit", lambda *_, **__: fits.append(1))  # nothing is learnt, so nothing changes
    rounds, codes = dcn.joint_loop(network, *blobs, 5, 5, seed=0)
    assert rounds.changed.tolist() == [1, 0] and len(codes) == 2 and fits == [1]


def test_from_seeds_are_separate_fits(blobs):
    tables, codes = dcn.from_seeds([4, 7], *blobs, 1, 3, **SETTINGS)
    assert not np.array_equal(codes[4][0], codes[7][0])
    for seed in (4, 7):
        keras.utils.set_random_seed(seed)
        alone = dcn.two_outputs(networks.autoencoder(**SETTINGS))
        dcn.compile_jointly(alone)
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
    assert model.overcluster == 40 and (model.augmentation is not None) == ("augmented" in name)
    assert model.assignments == ("hard" if "DCN" in name else "balanced" if "balanced" in name else "soft")
    next(iter(training.distorted(training.batches(np.ones((2, 784), "float32")), **(model.augmentation or {}))))


def test_traces_begin_after_the_first_row_and_are_relative():
    rows = {"shift": [0.0, 4, 2], "changed": [1.0, 0.2, 0.1], "spread": [2.0, 3, 3]}
    left, right = dcn.draw_joint_traces({"a": pd.DataFrame(rows)}).axes
    assert left.lines[0].get_ydata().tolist() == [2, 1] and right.lines[0].get_ydata().tolist() == [0.2, 0.1]
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
