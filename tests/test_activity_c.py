"""Lesson 03: the settings of the sweeps, their scores, their time, and the heat maps."""

import pathlib
import types

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from helpers import clustering, course, data, sweeps
from lessons import activity_c, dcn


@pytest.fixture
def few(monkeypatch):
    """200 training and 100 test images, and fits of one epoch."""
    images = data.load("mnist", profile="fast")
    parts = images.x_train[:200], images.y_train[:200], images.x_test[:100], images.y_test[:100]
    few = data.Dataset("mnist", *parts, images.class_names)
    monkeypatch.setattr(data, "load", lambda *_, **__: few)
    for name, value in {"pretrain_epochs": 1, "overcluster": 0, "max_iter": 1, "hidden": (16,)}.items():
        monkeypatch.setitem(activity_c.REPAIRED, name, value)
    return few


def test_nine_settings_are_three_weights_and_three_sizes_each_with_five_seeds():
    nine = activity_c.nine_settings()
    settings = {(tuple(row["weights"]), row["latent_dim"]) for row in nine}
    assert len(nine) == 45 and len(settings) == 9 and {row["seed"] for row in nine} == set(range(5))
    assert all(sum(row["weights"]) == 1 for row in nine)


def test_one_knob_turns_one_knob_alone():
    (middle,) = activity_c.one_knob(seeds=[0])
    assert middle == {"dataset": "mnist", "weights": [0.3, 0.7], "latent_dim": 16, "changes": {}, "seed": 0}
    assert [middle | {"latent_dim": 10}] == activity_c.one_knob(seeds=[0], latent_dim=[10])
    assert middle in activity_c.nine_settings(changes=[{}])
    for name, runs in activity_c.repaired_sweep.runs.items():
        turned = {(str(run["weights"]), run["latent_dim"], str(run["changes"])) for run in runs}
        assert len(turned) == (9 if name == "nine settings" else 1) and len(runs) == 5 * len(turned)


@pytest.mark.parametrize("pretrain_epochs", [0, 3])
def test_the_report_sweep_runs_its_loop_on_its_network_and_scores_what_its_loss_says(pretrain_epochs, few, monkeypatch):
    kept, loop = {}, dcn.joint_loop

    def short(network, x, digits, rounds, epochs, seed):
        kept.update(network=network, asked=(rounds, epochs), start=network.get_weights())
        return loop(network, x, digits, 2, 1, seed)

    monkeypatch.setattr(dcn, "joint_loop", short)
    monkeypatch.setattr(dcn, "train_reconstruction", lambda *given: kept.update(pretrained=given[2:]))
    found, network = activity_c.report_sweep("mnist", [0.7, 0.3], 4, pretrain_epochs, 0), kept["network"]
    assert kept["asked"] == (5, 5) and found["rounds"] == 2 and 1 <= found["live"] <= 10
    assert kept.get("pretrained") == ((3, 0) if pretrain_epochs else None)
    course.seed(0)
    fresh = dcn.adjusted_network(4)
    assert [w.shape for w in kept["start"]] == [w.shape for w in fresh.get_weights()]
    assert all(map(np.array_equal, kept["start"], fresh.get_weights())), "the seed's adjusted network"
    answers = {name: np.asarray(part) for name, part in network(few.x_test).items()}
    error = np.mean((answers["Output"] - few.x_test) ** 2)
    centroids = np.asarray(network.loss["Latent_Code"].centroids)
    away = np.linalg.norm(answers["Latent_Code"][:, None] - centroids, axis=-1).min(axis=1).mean()
    assert found["reconstruction_test"] == pytest.approx(error, rel=1e-4)
    assert found["clustering_test"] == pytest.approx(away, rel=1e-3, abs=1e-6)
    assert found["loss_test"] == pytest.approx(0.7 * error + 0.3 * away, rel=1e-4)
    assert found["loss"] == pytest.approx(0.7 * found["reconstruction"] + 0.3 * found["clustering"], rel=1e-4)
    train = np.asarray(network(few.x_train)["Latent_Code"])
    assert found["inertia"] == pytest.approx(dcn.ten_means(train).inertia_, rel=1e-4)
    assert len(found["inertias"]) == len(found["accs"]) == 3
    assert (found["inertias"][-1], found["accs"][-1]) == (found["inertia"], found["acc"])


def test_the_report_has_five_rows_and_a_verdict_for_each_size():
    printed, nine = activity_c.reported(), activity_c.named(pd.DataFrame(activity_c.nine_settings(range(2))))
    assert list(nine.setting.unique()[:2]) == ["L = 2,  α / β = 0.7 / 0.3", "L = 2,  α / β = 0.5 / 0.5"]
    assert list(nine.seed[:2]) == [0, 1] and set(nine.weights) == {"0.7 / 0.3", "0.5 / 0.5", "0.3 / 0.7"}
    assert len(printed) == 5 and set(printed.index) < set(nine.setting)
    assert printed.loc["L = 64,  α / β = 0.7 / 0.3"].to_list() == [0.0124, 0.0128, 0.3532]
    settings = {activity_c.setting(*verdict) for verdict in activity_c.VERDICTS.items()}
    again = activity_c.named(pd.DataFrame(activity_c.report_sweep.runs["pretrained"]))
    assert set(again.setting) == settings <= set(printed.index)


def test_the_repaired_sweep_takes_its_settings_its_changes_and_its_part_of_the_images(few, monkeypatch):
    seen, fit = [], clustering.DeepClustering.fit
    monkeypatch.setattr(clustering.DeepClustering, "fit", lambda self, x: (seen.append((self, x)), fit(self, x))[1])
    found = activity_c.repaired_sweep("mnist", [0.3, 0.7], 4, 2, {"tol": 0.5, "assignments": "hard"}, images=150)
    ((model, x),) = seen
    assert len(x) == 150 and (model.alpha, model.beta, model.latent_dim, model.random_state) == (0.3, 0.7, 4, 2)
    assert (model.tol, model.assignments, model.learning_rate) == (0.5, "hard", 3e-3) and "pictures" not in found
    first, test = model.history_.iloc[0], model.losses(few.x_test)
    expected = 0.3 * test["reconstruction"] / first.reconstruction + 0.7 * test["clustering"] / first.clustering
    assert found["loss_test"] == pytest.approx(expected) and found["inertia"] == model.history_.inertia.iloc[-1]
    with_pictures = activity_c.repaired_sweep("mnist", [0.3, 0.7], 4, 0, {"assignments": "hard"}, images=150)
    pictures = sweeps.as_pictures(with_pictures["pictures"])
    assert pictures.shape == (10, 784)
    np.testing.assert_allclose(
        pictures, seen[1][0].inverse_transform(seen[1][0].transform(few.x_test[:10])), atol=0.002
    )


def test_seconds_are_those_of_four_runs_in_a_folder_of_their_own(monkeypatch):
    asked = {}

    def run(function, configurations, folder, **settings):
        asked.update(function=function, runs=configurations, folder=folder, **settings)
        return pd.DataFrame({"error": [None] * 4})

    monkeypatch.setattr(sweeps, "run", run)
    monkeypatch.setattr(activity_c, "time", types.SimpleNamespace(perf_counter=iter([10.0, 12.5]).__next__))
    assert activity_c.sweep_seconds(0, 2, images=100) == {"wall": 2.5}
    assert asked["function"] is activity_c.repaired_sweep and asked["workers"] == 2
    assert [row["seed"] for row in asked["runs"]] == [0, 1, 2, 3] and asked["runs"][0]["images"] == 100
    assert not pathlib.Path(asked["folder"]).is_relative_to(sweeps.RESULTS)


def test_the_time_of_a_failed_run_means_nothing(monkeypatch):
    failed = pd.DataFrame({"error": [None, "ValueError: no", None, None]})
    monkeypatch.setattr(sweeps, "run", lambda *_, **__: failed)
    with pytest.raises(RuntimeError, match="a run failed, so its time means nothing: ValueError: no"):
        activity_c.sweep_seconds(0, 1)


def test_heat_maps_show_the_mean_of_each_cell_and_its_deviation():
    runs = pd.DataFrame({"w": ["a", "a", "b", "b"], "size": [2, 2, 2, 2], "acc": [0.5, 0.7, 0.9, 0.9]})
    figure = activity_c.draw_heat_maps(runs, {"acc": ("accuracy", "{:.2f}", "Greens")}, ("w", "weights"), ("size", "L"))
    assert [text.get_text() for text in figure.axes[0].texts] == ["0.60\n± 0.14", "0.90\n± 0.00"]
    assert figure.axes[0].get_title() == "accuracy"
    plt.close(figure)


@pytest.fixture
def runs():
    """Two seeds of each of the nine settings, with made-up scores; seed 0 has pictures."""
    runs = pd.DataFrame(activity_c.nine_settings(range(2)))
    pictures = [sweeps.as_text(np.full((10, 784), size / 64)) for size in runs.latent_dim]
    runs = runs.assign(inertia=np.geomspace(3e4, 3e6, 18), reconstruction=0.02, acc=np.linspace(0.5, 0.9, 18))
    return activity_c.named(runs.assign(pictures=np.where(runs.seed == 0, pictures, None)))


def test_the_report_runs_are_drawn_a_line_per_setting_and_the_five_inertias_hollow(runs):
    figure = activity_c.draw_report_runs(runs, {"K-Means": 0.53})
    left, right = figure.axes
    hollow = [line for line in left.lines if line.get_marker() == "D"]
    assert {float(line.get_xdata()[0]) for line in hollow} == {row[2] for row in activity_c.REPORTED.values()}
    assert all(line.get_markerfacecolor() == "none" for line in hollow)
    names = [text.get_text() for text in left.get_yticklabels()]
    assert names[0] == "L = 2,  0.7 / 0.3" and len(names) == 9
    for place, (_, part) in enumerate(runs.groupby("setting", sort=False)):
        drawn = [line.get_xdata() for line in right.lines if abs(np.mean(line.get_ydata()) - place) < 0.01]
        assert any(np.array_equal(xs, part.acc) for xs in drawn)
    assert [text.get_text() for text in right.texts] == ["K-Means"]
    plt.close(figure)


def test_scores_are_drawn_in_two_panels_with_direct_labels(runs):
    figure = activity_c.draw_scores(runs)
    for axis, score in zip(figure.axes, ("inertia", "reconstruction"), strict=True):
        drawn = np.concatenate([points.get_offsets() for points in axis.collections])
        assert sorted(map(tuple, drawn)) == sorted(zip(runs[score], runs.acc, strict=True))
        words = {"L = 2", "L = 16", "L = 64", "β = 0.3", "β = 0.5", "β = 0.7"}
        assert {text.get_text() for text in axis.texts} == words
    plt.close(figure)


def test_within_shows_what_is_left_without_the_means_of_the_settings(runs):
    runs = runs.assign(inertia=np.where(runs.seed == 0, 2.0, 8.0), acc=np.where(runs.seed == 0, 0.7, 0.5))
    figure = activity_c.draw_within(runs)
    assert [axis.get_title() for axis in figure.axes] == ["L = 2", "L = 16", "L = 64"]
    for axis in figure.axes:
        pretrainings = [line for line in axis.lines if line.get_marker() == "o"]
        for line, inertia, acc in zip(pretrainings, (0.5, 2), (0.1, -0.1), strict=True):
            np.testing.assert_allclose(line.get_xdata(), [inertia] * 3)
            np.testing.assert_allclose(line.get_ydata(), [acc] * 3)
    plt.close(figure)


def test_grey_levels_are_a_knob_beside_the_base_augmentation():
    for run in activity_c.repaired_sweep.runs["brightness and contrast"]:
        assert run["changes"]["augmentation"] == activity_c.REPAIRED["augmentation"] | activity_c.GREY


def test_reconstructions_are_those_of_seed_0_a_row_per_size_and_a_block_per_weights(runs):
    figure = activity_c.draw_reconstructions(runs, np.zeros((10, 784)), shown=[1, 7, 8])
    axes = np.reshape(figure.axes, (4, 9))
    assert [axis.get_ylabel() for axis in axes[:, 0]] == ["original", "L = 2", "L = 16", "L = 64"]
    heads = [axes[0, column].get_title().split() for column in (0, 1, 3, 4, 6, 7)]
    assert heads == [words.split() for pair in ("0.7 / 0.3", "0.5 / 0.5", "0.3 / 0.7") for words in ("α / β", pair)]
    for row, grey in enumerate((0, 2 / 64, 16 / 64, 1)):
        for axis in axes[row]:
            assert np.allclose(axis.images[0].get_array(), grey, atol=0.002)
    plt.close(figure)
