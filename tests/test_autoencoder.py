"""Lesson 01: dead units, and what its drawings show."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA

from lessons import autoencoder


@pytest.fixture
def table():
    """Runs of both activations, three sizes and two seeds."""
    rows = [(size, activation, 0.1 / size * (1 + seed)) for size in (2, 4, 8) for activation in ("relu", "linear") for seed in range(2)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["latent_dim", "latent_activation", "mse_test"])
    yield table.assign(dead_units=[0, 1] * 6)
    plt.close("all")


def test_dead_units_are_those_that_never_leave_zero():
    assert autoencoder.count_dead_units([[0, 1, 0], [0, 0, 0], [0, 2, 0.1]]) == 1
    assert autoencoder.count_dead_units(np.zeros((5, 3))) == 3 and autoencoder.count_dead_units(np.ones((5, 3))) == 0


def test_the_error_by_size_has_a_dot_per_run_and_a_line_through_the_medians(table):
    (axis,) = autoencoder.draw_error_by_size(table, {2: 0.06, 8: 0.02}, {2: 0.04}).axes
    assert [len(dots.get_offsets()) for dots in axis.collections] == [6, 6, 1]
    assert axis.lines[0].get_ydata().tolist() == pytest.approx([0.075, 0.0375, 0.01875])
    assert axis.lines[-1].get_ydata().tolist() == [0.06, 0.02]
    assert axis.get_legend_handles_labels()[1][-1] == "report"


def test_dead_networks_are_counted_left_and_left_out_right():
    sizes = [2, 4, 8, 16, 32, 32]
    runs = pd.DataFrame({"latent_dim": sizes, "dead_units": [0, 1, 2, 3, 4, 32], "mse_test": 0.01})  # the last is dead
    left, right = autoencoder.draw_dead_units(runs, pd.Series({2: 0.04, 32: 0.02})).axes
    assert sum(len(dots.get_offsets()) for dots in left.collections) == 6
    assert [dots.get_offsets()[:, 0].tolist() for dots in right.collections] == [[2, 3, 6, 13, 28]]
    assert right.lines[0].get_ydata().tolist() == [0.04, 0.02]
    plt.close("all")


def test_anomaly_scores_have_a_histogram_per_group_and_a_curve_per_score():
    familiar, unfamiliar = np.array([0.01, 0.02]), np.array([0.03, 0.1, 0.2])
    figure, area = autoencoder.draw_anomaly_scores(
        {"error": (familiar, unfamiliar), "other": (familiar, unfamiliar - 0.15)}
    )
    left, right = figure.axes
    counts = [sum(bar.get_height() for bar in bars) for bars in left.containers]
    assert counts == [2, 3] and right.get_legend_handles_labels()[1] == ["error", "other"]
    assert area == {"error": 1.0, "other": pytest.approx(1 / 3)}
    plt.close(figure)


def test_errors_of_pca_fall_with_the_components():
    x = np.random.default_rng(0).random((50, 6)) @ np.diag([1, 0.5, 0.1, 0.1, 0.1, 0.1])
    error = autoencoder.errors_of_pca(PCA(6).fit(x), x, [1, 2, 6])
    assert error[1] > error[2] > error[6] == pytest.approx(0, abs=1e-12)
