"""The rule for pictures (rule 7 of the design), measured on every committed picture: can the back row read it?

Width and height are those of the file. Letters and marks cannot be measured there: `plots.show` writes what the figure
knew of them (`plots.facts`) into the output's metadata.
"""

import base64
import io
import json

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from helpers import plots
from tests.conftest import SOURCES
from tools import execute

PAGE = 848  # pixels that a picture gets at most in JupyterLab
DEUTERANOPIA = np.array(  # of linear red, green, blue: Machado, Oliveira, Fernandes (2009), severity 1
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
)
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])  # of sRGB, white D65


def linear(colours):
    """Linear red, green, blue (n, 3) of colours as texts."""
    encoded = np.array([to_rgb(colour) for colour in colours])
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def contrasts(colours):
    """Contrast of each colour to white (WCAG): 1 for white itself, 21 for black."""
    return 1.05 / (linear(colours) @ XYZ[1] + 0.05)


def nearest(colours, eye):
    """The smallest distance (CIE 1976) of two of the colours, as seen by that eye, a matrix (3, 3)."""
    x, y, z = ((linear(colours) @ eye.T).clip(0, 1) @ (XYZ / XYZ.sum(axis=1, keepdims=True)).T).T
    x, y, z = (np.where(t > 0.008856, np.cbrt(t), 7.787 * t + 16 / 116) for t in (x, y, z))
    seen = np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)
    distances = np.linalg.norm(seen[:, None] - seen[None], axis=-1)
    return distances[np.triu_indices(len(colours), 1)].min(initial=np.inf)


def faults(size, letters, panels):
    """What breaks the rule: size in pixels (width, height), letters in points, panels as `plots.facts` gives them."""
    width, height = size
    scale = min(1, PAGE / width)
    if width > 100 * 9:
        yield f"{width / 100:g} inches wide"
    if height * scale > 620:
        yield f"{height * scale:.0f} pixels high"
    if letters * scale * 100 / 72 < 13:
        yield f"a letter of {letters * scale * 100 / 72:.1f} pixels"
    for marks, names in panels:
        pale = [mark for mark, contrast in zip(marks, contrasts(marks), strict=True) if contrast < 3]
        if pale:
            yield f"pale marks: {', '.join(pale)}"
        if names < len(marks) and nearest(marks, DEUTERANOPIA) < 10:
            yield f"two colours without names, nearly the same to an eye without a sense of green: {', '.join(marks)}"


def drawn(figure):
    """`faults` of a figure, as a list."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=plots.DOTS_PER_INCH)
    known = json.loads(json.dumps(plots.facts(figure)))  # metadata are JSON
    plt.close(figure)
    return list(faults(Image.open(stream).size, **known))


def committed():
    """Name and faults of every picture in the notebooks."""
    for source in SOURCES:
        for name, output in execute.outputs_about(nbformat.read(source.with_suffix(".ipynb"), 4), "picture"):
            about = {key: value for key, value in output.metadata.course.items() if key != "picture"}
            size = Image.open(io.BytesIO(base64.b64decode(output.data["image/png"]))).size
            yield name, list(faults(size, **about)) if about else ["not measured: run its notebook"]


def test_the_back_row_can_read_every_committed_picture():
    found = dict(committed())
    assert len(found) == len(list(execute.FIGURES.glob("[0-9]*.png")))
    assert not {name: broken for name, broken in found.items() if broken}


def test_class_colours_differ_for_every_eye_and_stand_out_from_white():
    assert len(plots.CLASS_COLOURS) == 10 and contrasts(plots.CLASS_COLOURS).min() >= 3
    assert nearest(plots.CLASS_COLOURS, np.eye(3)) > 35 and nearest(plots.CLASS_COLOURS, DEUTERANOPIA) > 18
    assert contrasts(plots.COLOURS.values()).min() >= 3


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("AE, L = 2", "AE"),
        ("VAE, L = 20", "VAE"),
        ("conditional VAE, L = 20", "conditional VAE"),
        ("VAE-GAN, drawn", "VAE-GAN"),
        ("L = 20", "L = 20"),
        ("the report's loop", "report"),
        ("784 pixels", "pixels"),
        ("real training images", "real"),
    ],
)
def test_a_name_has_the_colour_of_its_model_size_or_role(name, key):
    assert plots.colour(name) is plots.COLOURS[key]
    assert plots.colour("something else", "red") == "red" and plots.colour("MAE", "red") == "red"


def panel(size=(6, 4), **style):
    """A figure with ten points and their line, one word of which is in letters of the usual size."""
    figure, axis = plt.subplots(figsize=size)
    axis.plot(range(10), range(10), **({"color": "black", "marker": "o"} | style))
    axis.set_xlabel("a word", fontsize=12)
    return figure, axis


@pytest.fixture(autouse=True)
def styled():
    with plt.rc_context():
        plots.set_style()
        yield
    plt.close("all")


def test_a_figure_in_order_has_no_fault():
    figure, axis = panel((9, 6))
    axis.scatter([1, 2], [2, 1], c=["C0", "C1"], linewidths=0)
    axis.bar([1, 2], [1, 2], color="0.8", edgecolor="black")
    assert drawn(figure) == []


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        (lambda: panel((9.3, 4))[0], "9.3 inches wide"),
        (lambda: panel((6, 6.4))[0], "640 pixels high"),
        (lambda: panel((9, 6.7))[0], "631 pixels high"),
        (lambda: panel(color="yellow")[0], "pale marks: #ffff00"),
        (lambda: panel(alpha=0.3)[0], "pale marks: #b2b2b2"),
        (lambda: panel(linestyle="", markerfacecolor="none", markeredgecolor="0.8")[0], "pale marks: #cccccc"),
    ],
)
def test_a_damaged_figure_is_found(damage, fault):
    assert drawn(damage()) == [fault]


def test_small_letters_are_found_wherever_they_stand():
    for size, text in ((9, "a word"), (12, "$10^{-3}$")):
        figure, axis = panel((9, 4))
        axis.text(3, 3, text, fontsize=size)
        (fault,) = drawn(figure)
        assert fault.startswith("a letter of 1"), fault
    figure, axis = panel((9, 4))
    axis.tick_params(labelsize=9)
    assert drawn(figure) == ["a letter of 11.8 pixels"]
    axis.axis("off")  # then nobody sees them
    assert drawn(figure) == []


def test_points_and_bars_are_measured_each():
    figure, axis = panel()
    axis.scatter([1, 2], [2, 1], color=["0.9", "black"], linewidths=0)
    axis.bar([1], [2], color="0.7", linewidth=0)
    assert drawn(figure) == ["pale marks: #b2b2b2, #e6e6e6"]
    figure, axis = panel()
    axis.scatter([1, 2], [2, 1], color="0.9", edgecolors="black", linewidths=1)
    axis.scatter([1, 2], [2, 1], color="black", edgecolors="white", linewidths=1)
    assert drawn(figure) == []


def test_colours_that_some_eyes_mistake_need_names():
    figure, axis = plt.subplots()
    axis.scatter([1, 2], [2, 1], c=["#d55e00", "#8f7a00"], linewidths=0)
    (fault,) = drawn(figure)
    assert fault.startswith("two colours without names")
    for text in "ab":
        axis.text(1, 1, text)
    assert drawn(figure) == []


def test_a_small_panel_inside_another_is_measured_too():
    figure, axis = panel()
    axis.inset_axes((0.6, 0.1, 0.3, 0.3)).plot([1, 2], [1, 2], color="0.9")
    assert drawn(figure) == ["pale marks: #e6e6e6"]
