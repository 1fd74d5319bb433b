"""The pictures that two lessons need: what they show is what they were given."""

import base64
import io

import IPython.display
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from helpers import course, plots


@pytest.fixture(autouse=True)
def closed():
    """Figures do not gather from test to test."""
    yield
    plt.close("all")


@pytest.fixture
def shown(monkeypatch):
    """What `show` displays, in order: (data, metadata)."""
    parts = []
    monkeypatch.setattr(
        IPython.display, "display", lambda part, raw=False, metadata=None: parts.append((part, metadata))
    )
    return parts


def groups(n=60):
    """Points (3 n, 2) about three far places, and their labels."""
    labels = np.repeat([0, 1, 2], n)
    places = np.array([[0.0, 0.0], [40.0, 0.0], [0.0, 40.0]])
    return places[labels] + np.random.default_rng(0).normal(size=(3 * n, 2)), labels


def texts(axis):
    return [text.get_text() for text in axis.texts]


def test_a_picture_is_displayed_with_its_alternative_text_and_name_and_closed(monkeypatch, shown):
    monkeypatch.setattr(course, "texts", lambda number: {"pictures": {"98_loss": "What it shows."}})
    figure, _ = plt.subplots(figsize=(3, 2))
    plots.show(figure, "98_loss")
    ((picture, metadata),) = shown
    assert Image.open(io.BytesIO(base64.b64decode(picture["image/png"]))).size == (300, 200)
    assert picture["text/plain"] == "What it shows." and plt.get_fignums() == []
    assert metadata == {"image/png": {"alt": "What it shows."}, "course": {"picture": "98_loss"}}


def test_a_network_is_drawn_with_its_units_from_left_to_right():
    figure = plots.network([784, 128, 2, 128, 784], image=np.zeros(784))
    (axis,) = figure.axes
    heights = [bar.get_height() for bar in axis.patches]
    assert len(heights) == 5 and min(heights) == heights[2] and heights[0] == heights[4] == max(heights)
    assert [text for text in texts(axis) if text.strip().isdigit()] == ["784", "128", "2", "128", "784"]
    assert {"$x$", "$z$", r"$\hat{x}$"} < set(texts(axis)) and len(axis.images) == 1


def test_a_network_with_two_heads_is_drawn_from_places_and_arrows():
    places = {"$x$": (0, 0.5, 784), "mean": (1, 1, 2), "log var": (1, 0, 2), "ε": (2, 0.5, None)}
    figure = plots.network(places, [("$x$", "mean"), ("$x$", "log var"), ("mean", "ε"), ("log var", "ε")])
    arrows = [text for text in figure.axes[0].texts if getattr(text, "arrow_patch", None) is not None]
    assert len(arrows) == 4 and sum(isinstance(patch, plt.Circle) for patch in figure.axes[0].patches) == 1


def test_a_grid_shows_each_image_in_its_place_on_one_scale():
    images = np.random.default_rng(0).random((2, 3, 784))
    rows = [[*images[0]], [images[1, 0], None, images[1, 2]]]
    figure = plots.image_grid(rows, row_labels=["a", "b"], column_labels="xyz")
    axes = np.reshape(figure.axes, (2, 3))
    assert len(axes[1, 1].images) == 0, "None leaves a place empty"
    np.testing.assert_array_equal(axes[1, 2].images[0].get_array(), images[1, 2].reshape(28, 28))
    assert axes[1, 2].images[0].get_clim() == (0, 1)
    assert [axis.get_title() for axis in axes[0]] == ["x", "y", "z"] and axes[1, 0].get_ylabel() == "b"


def test_a_map_with_a_sign_has_a_scale_of_its_own_about_0():
    signed = np.linspace(-3, 1, 784)
    figure = plots.image_grid([[np.zeros(784)], [signed], [np.zeros(784)]], maps_from=1)
    picture, with_sign, nothing = (axis.images[0] for axis in figure.axes)
    low, high = with_sign.get_clim()
    assert low == -high and high == pytest.approx(3, rel=0.02) and with_sign.get_cmap().name == "RdBu_r"
    assert picture.get_clim() == (0, 1) and nothing.get_clim() == (-1, 1)


def test_loss_curves_count_epochs_from_1_and_draw_baselines():
    history = {"loss": [3.0, 2.0], "val_loss": [2.5, 2.25]}
    panels = {"one": (history, "loss", {"a baseline": 1.5}), "two": (history, "loss", {})}
    figure = plots.loss_curves(panels, ["nats", "bits"])
    first, second = figure.axes
    training, test, baseline = first.lines
    assert training.get_xdata().tolist() == test.get_xdata().tolist() == [1, 2]
    assert (list(training.get_ydata()), list(test.get_ydata())) == (history["loss"], history["val_loss"])
    assert list(baseline.get_ydata()) == [1.5, 1.5] and texts(first) == ["a baseline 1.5"]
    assert [axis.get_ylabel() for axis in figure.axes] == ["nats", "bits"] and len(second.lines) == 2


def test_names_are_pushed_apart_until_none_is_too_near():
    places = np.array([[0.0, 0], [0.1, 0], [0.05, 0.05], [9, 9]])
    apart = plots._apart(places, 1)
    distances = np.linalg.norm(apart[:, None] - apart[None], axis=-1) + 9 * np.eye(4)
    assert distances.min() > 0.99 and apart[3].tolist() == [9, 9]


def test_a_latent_plane_puts_each_picture_where_it_comes_from():
    pictures = np.arange(6).repeat(784).reshape(2, 3, 784) / 5
    axis = plots.latent_plane(pictures, np.array([-1.0, 10.0]), np.array([1.0, 20.0])).axes[0]
    image = axis.images[0]
    assert image.get_extent() == [-1.5, 1.5, 5, 25] and image.origin == "upper", "centred on the ends"
    mosaic = image.get_array()
    assert mosaic.shape == (56, 84) and [mosaic[0, 0], mosaic[0, -1], mosaic[-1, 0]] == pytest.approx([0, 0.4, 0.6])


def test_small_maps_draw_centroids_share_limits_and_say_where_all_images_are_one_point():
    points, labels = groups()
    together = np.zeros_like(points)
    figure = plots.code_maps(
        [points, together], labels, [[[1, 2]], np.empty((0, 2))], ["a", "b"], columns=3, same_limits=True
    )
    first, second, empty = figure.axes
    assert first.collections[1].get_offsets().tolist() == [[1, 2]] and len(second.collections) == 1
    assert first.get_xlim() == second.get_xlim() and not empty.axison
    assert texts(first) == [] and texts(second) == ["all 180 images"]


def test_a_confusion_is_coloured_by_shares_of_its_rows_and_shows_counts():
    table = np.array([[8, 2], [0, 0]])
    axis = plots.confusions({"title": table}, ["a", "b"]).axes[0]
    np.testing.assert_allclose(axis.collections[0].get_array().ravel(), [0.8, 0.2, 0, 0])
    assert texts(axis) == ["8", "2", "0", "0"] and axis.get_ylabel() == "truth"


def test_a_scoreboard_has_a_dot_a_run_and_writes_mean_deviation_and_number():
    runs = pd.DataFrame({"method": ["b", "b", "b", "the report's"], "acc": [0.5, 0.7, 0.6, 0.4]})
    axis = plots.scoreboard(runs, "acc", "accuracy", {"published": 0.9}).axes[0]
    dots, mean, single, reference = axis.lines
    assert list(dots.get_xdata()) == [0.5, 0.7, 0.6] and list(mean.get_xdata()) == pytest.approx([0.6, 0.6])
    assert texts(axis) == ["0.600 ± 0.100 (3)", "0.400"] and single.get_markerfacecolor() == "none"
    assert list(reference.get_xdata()) == [0.9, 0.9] and axis.yaxis_inverted()
    assert [tick.get_text() for tick in axis.get_yticklabels()] == ["b", "the report's"]


def test_a_scatter_of_runs_has_a_panel_an_axis_and_a_point_a_run():
    runs = pd.DataFrame({"size": [2, 16, 2, 16], "rate": [0.1, 0.1, 1, 1], "acc": [0.1, 0.2, 0.3, 0.4]})
    runs["weights"] = ["a", "b", "a", "b"]
    panels = {"size": ("size L", "log"), "rate": ("rate", "linear")}
    figure = plots.runs_scatter(runs, panels, ("weights", "w"), ("acc", "accuracy"), references={"line": 0.5})
    for axis, column in zip(figure.axes, panels, strict=True):
        points = [(x, y) for line in axis.lines[:2] for x, y in zip(*line.get_data(), strict=True)]
        assert sorted(points) == sorted(zip(runs[column], runs.acc, strict=True))
        assert [line.get_label() for line in axis.lines] == ["w = a", "w = b", "line"]
    filled = plots.runs_scatter(
        runs.assign(fill=[1, 2, 3, 1]), panels, ("weights", "w"), ("acc", "accuracy"), fill=("fill", "f")
    )
    assert {line.get_fillstyle() for line in filled.axes[0].lines} == {"full", "bottom", "none"}
