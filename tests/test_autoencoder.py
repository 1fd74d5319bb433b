"""Lesson 01: dead units, and what its drawings show."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA

from lessons import autoencoder


def test_dead_units_are_those_that_never_leave_zero():
    assert autoencoder.count_dead_units([[0, 1, 0], [0, 0, 0], [0, 2, 0.1]]) == 1
    assert autoencoder.count_dead_units(np.zeros((5, 3))) == 3 and autoencoder.count_dead_units(np.ones((5, 3))) == 0


def test_dead_networks_are_counted_left_and_left_out_right():
    sizes = [2, 4, 8, 16, 32, 32]
    runs = pd.DataFrame({"latent_dim": sizes, "dead_units": [0, 1, 2, 3, 4, 32], "mse_test": 0.01})  # the last is dead
    left, right = autoencoder.draw_dead_units(runs, pd.Series({2: 0.04, 32: 0.02})).axes
    dots, means = left.lines[::2], left.lines[1::2]
    assert [sorted(line.get_ydata()) for line in dots] == [[0], [1], [2], [3], [4, 32]]
    assert [line.get_ydata()[0] for line in means] == [0, 1, 2, 3, 18]
    line, alive = right.lines
    assert line.get_ydata().tolist() == [0.04, 0.02] and alive.get_xdata().tolist() == [2, 3, 6, 13, 28]


def test_equal_numbers_of_dead_units_stand_side_by_side_about_their_size():
    runs = pd.DataFrame({"latent_dim": [4] * 6, "dead_units": [0, 1, 0, 1, 0, 3], "mse_test": 0.01})
    left, _ = autoencoder.draw_dead_units(runs, pd.Series({2: 0.04, 32: 0.02})).axes
    places = sorted(zip(left.lines[0].get_ydata(), np.round(left.lines[0].get_xdata(), 2), strict=True))
    assert places == [(0, -0.16), (0, 0), (0, 0.16), (1, -0.08), (1, 0.08), (3, 0)]
    plt.close("all")


def test_anomaly_scores_have_a_histogram_per_group_and_a_curve_per_score():
    familiar, unfamiliar = np.array([0.01, 0.02]), np.array([0.03, 0.1, 0.2])
    figure, area = autoencoder.draw_anomaly_scores(
        {"error": (familiar, unfamiliar), "other": (familiar, unfamiliar - 0.15)}
    )
    left, right = figure.axes
    for (outline, text), values in zip(zip(left.patches, left.texts, strict=True), (familiar, unfamiliar), strict=True):
        full = outline.get_xy()[outline.get_xy()[:, 1] > 0, 0]
        assert full.min() <= values.min() and values.max() <= full.max() * 1.0001, text
    assert [text.get_text() for text in left.texts] == ["digits", "clothes"]
    assert right.get_legend_handles_labels()[1] == ["error", "other"]
    assert area == {"error": 1.0, "other": pytest.approx(1 / 3)}
    plt.close(figure)


def test_errors_of_pca_fall_with_the_components():
    x = np.random.default_rng(0).random((50, 6)) @ np.diag([1, 0.5, 0.1, 0.1, 0.1, 0.1])
    error = autoencoder.errors_of_pca(PCA(6).fit(x), x, [1, 2, 6])
    assert error[1] > error[2] > error[6] == pytest.approx(0, abs=1e-12)
