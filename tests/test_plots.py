"""The pictures that two lessons need: what they show is what they were given."""

import base64
import io
import time

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
    assert metadata["image/png"] == {"alt": "What it shows."} and metadata["course"]["picture"] == "98_loss"
    assert set(metadata["course"]) == {"picture", "letters", "panels"}, "what test_pictures.py measures"


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


def inches(figure):
    """Left, bottom, right, top of each picture of a grid, in inches, and the size of the figure."""
    boxes = [axis.get_position().extents * np.tile(figure.get_size_inches(), 2) for axis in figure.axes]
    return np.array(boxes), figure.get_size_inches()


def test_the_pictures_of_a_grid_stand_close_together_and_groups_apart():
    images = np.zeros((4, 3, 784))
    boxes, _ = inches(plots.image_grid(images, list("abcd"), list("xyz"), row_gaps=[1, 3], column_gaps=[2]))
    left, bottom, right, top = boxes.reshape(4, 3, 4).transpose(2, 0, 1)
    np.testing.assert_allclose(right - left, 0.9)
    np.testing.assert_allclose(top - bottom, 0.9)
    np.testing.assert_allclose(left[:, 1:] - right[:, :-1], [[0.05, 0.21]] * 4, atol=1e-6)
    np.testing.assert_allclose(bottom[:-1, 0] - top[1:, 0], [0.21, 0.05, 0.21], atol=1e-6)


@pytest.mark.parametrize(("rows", "columns", "size"), [(12, 3, 0.9), (2, 20, 0.9), (9, 10, 1.5), (1, 1, 9)])
def test_a_large_grid_becomes_small_pictures_not_a_large_page(rows, columns, size):
    boxes, (width, height) = inches(plots.image_grid(np.zeros((rows, columns, 784)), ["two\nlines"] * rows, size=size))
    assert width <= plots.WIDEST + 1e-6 and height <= plots.HIGHEST + 1e-6
    assert boxes.min() >= 0 and (boxes[:, 2] <= width).all() and (boxes[:, 3] <= height).all()


def test_words_that_break_leave_the_page_its_height():
    figure = plots.image_grid(np.zeros((12, 5, 784)), column_labels=["five words that will break"] * 5)
    assert figure.get_size_inches()[1] <= plots.HIGHEST + 1e-6
    assert figure.axes[0].get_title() == "five \nwords \nthat \nwill \nbreak"


def test_words_above_a_grid_break_where_they_would_touch():
    figure = plots.image_grid(np.zeros((1, 3, 784)), column_labels=["T-shirt/top with a word\n7", "a b", "c"], size=0.6)
    assert [axis.get_title() for axis in figure.axes] == ["T-shirt/\ntop \nwith \na \nword\n7", "a b", "c"]


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
    assert list(baseline.get_ydata()) == [1.5, 1.5] and texts(first) == ["a baseline\n1.5"]
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


@pytest.fixture
def explored(monkeypatch, shown):
    """The explorer of a plane whose images are all grey, and the places that it asked its decoder for."""
    pytest.importorskip("ipywidgets")
    asked = []

    def decode(points):
        asked.append(points)
        return np.full((len(points), 784), np.abs(points[:, :1]) / 10)

    def explore(headless, **given):
        monkeypatch.setenv("COURSE_HEADLESS", str(int(headless)))
        plots.latent_explorer(decode, (-3, 10), (3, 20), **given)
        return shown[-1], asked

    return explore


def picture_of(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def reds(picture):
    """The middle of the red cross: x, y in pixels."""
    return np.argwhere((picture[..., 0] > 200) & (picture[..., 1:].max(axis=-1) < 60)).mean(axis=0)[::-1]


def test_the_explorer_moves_a_cross_and_shows_the_image_decoded_there(explored):
    (box, _), asked = explored(headless=False)
    first, second, shown = box.children
    assert [first.min, first.max, second.min, second.max] == [-3, 3, 10, 20] and len(asked[0]) == 100
    assert (first.layout.width, first.value, second.value) == ("520px", 0, 15)
    before = picture_of(shown.value)
    first.value = 3
    assert asked[-1].tolist() == [[3, 15]] and asked[-1].dtype == np.float32
    right = picture_of(shown.value)
    second.value = 20
    above = picture_of(shown.value)
    assert right[right.shape[0] // 2, -100].tolist() == [76] * 3, "0.3 of 255: the image of unit 1 = 3"
    assert before[before.shape[0] // 2, -100].tolist() == [0] * 3
    (x0, y0), (x1, y1), (x2, y2) = map(reds, (before, right, above))
    assert x1 > x0 + 100 and y1 == pytest.approx(y0, abs=1) and x2 == pytest.approx(x1, abs=1) and y2 < y1 - 100
    assert before.shape[1] <= 848


def test_a_move_of_the_explorer_is_quick(explored):
    (box, _), _ = explored(headless=False)
    seconds = []
    for place in np.linspace(-3, 3, 21):
        start = time.perf_counter()
        box.children[0].value = place
        seconds.append(time.perf_counter() - start)
    assert np.median(seconds) < 0.06, "on a busy machine: 60 ms, decoder aside"


def test_where_nobody_looks_on_the_explorer_is_one_picture_that_reads(explored):
    plane = np.zeros((2, 3, 784))
    (data, metadata), asked = explored(headless=True, plane=plane)
    assert [points.tolist() for points in asked] == [[[0, 15]]], "the middle; the plane was given"
    assert picture_of(base64.b64decode(data["image/png"])).shape[1] <= 848
    assert data["text/plain"].endswith(".") and metadata["image/png"]["alt"] == data["text/plain"]
    assert plt.get_fignums() == []


def test_small_maps_name_classes_draw_centroids_share_limits_and_say_where_all_images_are_one_point():
    points, labels = groups()
    together = np.zeros_like(points)
    figure = plots.code_maps(
        [points, together], labels, [[[1, 2]], np.empty((0, 2))], ["a", "b"], columns=3, same_limits=True
    )
    first, second, empty = figure.axes
    assert first.collections[1].get_offsets().tolist() == [[1, 2]] and len(second.collections) == 1
    assert first.get_xlim() == second.get_xlim() and not empty.axison
    assert texts(first) == ["0", "1", "2"], "the classes that are there"
    assert texts(second) == ["all 180 images"] and figure.legends == []
    np.testing.assert_allclose(first.collections[0].get_facecolors()[[0, -1], :3], plots.CLASS_COLOURS[0:3:2])


def test_a_confusion_is_coloured_by_shares_of_its_rows_and_shows_counts():
    table = np.array([[8, 2], [0, 0]])
    axis = plots.confusions({"title": table}, ["a", "b"]).axes[0]
    np.testing.assert_allclose(axis.collections[0].get_array().ravel(), [0.8, 0.2, 0, 0])
    assert texts(axis) == ["8", "2", "0", "0"] and axis.get_ylabel() == "truth"


def test_tables_side_by_side_fit_the_page():
    for number, size in ((3, 3.8), (1, 9)):
        figure = plots.confusions({str(i): np.eye(2, dtype=int) for i in range(number)}, ["a", "b"], size=size)
        assert (figure.get_size_inches() <= (plots.WIDEST, plots.HIGHEST)).all()


def test_a_scoreboard_has_a_dot_a_run_and_writes_mean_deviation_and_number():
    methods = ["VAE", "VAE", "VAE", "the report's"]
    runs = pd.DataFrame({"method": methods, "acc": [0.5, 0.7, 0.6, 0.4]})
    axis = plots.scoreboard(runs, "acc", "accuracy", {"published": 0.9}).axes[0]
    dots, mean, single, reference = axis.lines
    assert list(dots.get_xdata()) == [0.5, 0.7, 0.6] and list(mean.get_xdata()) == pytest.approx([0.6, 0.6])
    assert texts(axis) == ["0.600 ± 0.100 (3)", "0.400", "published: 0.9"] and axis.get_legend() is None
    assert single.get_markerfacecolor() == "none" and dots.get_color() == plots.COLOURS["VAE"]
    assert list(reference.get_xdata()) == [0.9, 0.9] and axis.yaxis_inverted()
    assert [tick.get_text() for tick in axis.get_yticklabels()] == ["VAE", "the report's"]


def test_errors_by_size_have_a_dot_a_run_and_a_named_line_a_kind():
    runs = pd.DataFrame({"latent_dim": [2, 2, 2, 32], "kind": "VAE", "mse": [0.04, 0.05, 0.02, 0.01]})
    axis = plots.by_size(runs, "kind", "mse", "error", {"PCA": {2: 0.05, 32: 0.02}}, reported={2: 0.04}).axes[0]
    dots, medians, pca, reported = axis.lines
    assert list(dots.get_ydata()) == [0.04, 0.05, 0.02, 0.01] and list(medians.get_ydata()) == [0.04, 0.01]
    assert list(pca.get_ydata()) == [0.05, 0.02] and texts(axis) == ["VAE", "PCA", "report"]
    assert reported.get_markerfacecolor() == "none" and medians.get_color() == plots.COLOURS["VAE"]


def test_a_curve_of_runs_has_a_point_a_run_joins_the_means_and_names_each():
    runs = pd.DataFrame({"beta": [0.1, 0.1, 1.0, 1.0], "kl": [1.0, 3.0, 4.0, 6.0], "loss": [8.0, 6.0, 1.0, 3.0]})
    figure = plots.runs_scatter(runs, {"kl": ("KL", "linear")}, ("beta", "β"), ("loss", "loss"), curve="VAE")
    (axis,) = figure.axes
    assert sorted(map(tuple, axis.lines[0].get_xydata())) == sorted(zip(runs.kl, runs.loss, strict=True))
    assert texts(axis) == ["β = 0.1", "β = 1"] and figure.legends == []
    np.testing.assert_array_equal(axis.lines[-1].get_xydata(), [[2, 7], [5, 2]])
    assert {line.get_color() for line in axis.lines} == {plots.COLOURS["VAE"]}
