"""Lesson 03: the settings of the sweeps, their scores, their time, and the heat maps."""

import pathlib
import types

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from helpers import clustering, data, networks, sweeps
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


def test_the_report_sweep_scores_what_its_loss_says(few, monkeypatch):
    kept, loop = {}, dcn.joint_loop

    def short(network, x, digits, rounds, epochs, seed):
        kept["network"], kept["asked"] = network, (rounds, epochs)
        return loop(network, x, digits, 1, 1, seed)

    monkeypatch.setattr(dcn, "joint_loop", short)
    found = activity_c.report_sweep("mnist", [0.7, 0.3], 4, 0)
    assert kept["asked"] == (5, 5) and found["rounds"] == 1 and 1 <= found["live"] <= 10
    answers = {name: np.asarray(part) for name, part in kept["network"](few.x_test).items()}
    train = networks.predict(networks.up_to(kept["network"], "Latent_Code"), few.x_train)
    error = np.mean((answers["Output"] - few.x_test) ** 2)
    away = dcn.ten_means(train).transform(answers["Latent_Code"]).min(axis=1).mean()
    assert found["reconstruction"] == pytest.approx(error, rel=1e-4)
    assert found["loss_test"] == pytest.approx(0.7 * error + 0.3 * away, rel=1e-4)


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
