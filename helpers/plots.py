"""Every figure of the course. A function returns a matplotlib figure; `show` puts it on the page and into figures/."""

import base64
import io
import re
import textwrap

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from matplotlib.collections import QuadMesh
from matplotlib.colors import PowerNorm, to_hex, to_rgba_array
from matplotlib.ticker import LogLocator
from PIL import Image, ImageDraw, ImageOps
from sklearn.metrics import euclidean_distances

from helpers import course

# The ten classes, in every notebook: dark enough for white paper, and apart also for eyes without a sense of green.
CLASS_COLOURS = sns.color_palette(
    ["#0173b2", "#d55e00", "#029e73", "#cf5fb8", "#664411", "#3322aa", "#ff3366", "#004444", "#7788ff", "#553377"]
)
BLUE, ORANGE, GREEN, PINK, BROWN, INDIGO, ROSE, TEAL, PERIWINKLE, PURPLE = CLASS_COLOURS
REFERENCE = "0.35"  # baselines and lines of comparison
COLOURS = {  # one colour for each model, size and role, found by `colour`; the first name that fits counts
    "real": TEAL, "conditional VAE": ROSE, "VAE-GAN": PURPLE, "VAE": ORANGE, "AE": BLUE, "ReLU": BLUE, "linear": GREEN,
    "DCN": PINK, "report": "black", "K-Means": GREEN, "autoencoder": BLUE, "classifier": BROWN, "judge": BROWN,
    "PCA": REFERENCE, "mean image": REFERENCE, "pixels": REFERENCE, "brightness": BROWN, "digits": BLUE,
    "clothes": ORANGE, "training images": INDIGO, "test images": ROSE, "validation images": ROSE,
    "image": "0.55", "hidden": PERIWINKLE, "code": ORANGE,  # layers in a drawing of a network
}  # fmt: skip
SIZES = 2, 4, 5, 8, 10, 16, 20, 32, 50, 64  # of the code, from dark to light
COLOURS |= {f"L = {n}": c for n, c in zip(SIZES, sns.color_palette("magma", 16), strict=False)}
TRAIN, TEST, VALIDATION = (COLOURS[f"{role} images"] for role in ("training", "test", "validation"))
WIDEST, HIGHEST = 9, 6.2  # inches of a figure: what a page of 848 pixels shows without scrolling
DOTS_PER_INCH = 100
NEAREST = "nearest"  # of small images: a pixel stays a square, and the file a quarter of its size
DASHES = "--", ":", "-."


def set_style():
    """Letters and lines that the back row can read."""
    sns.set_theme(context="notebook", style="ticks", palette=CLASS_COLOURS, font_scale=1.1)
    plt.rcParams.update({"axes.spines.top": False, "axes.spines.right": False, "figure.constrained_layout.use": True})


def colour(name, otherwise=BLUE):
    """The colour in COLOURS of the first model, size or role that stands in `name` as a word; or `otherwise`."""
    found = (value for key, value in COLOURS.items() if re.search(rf"(?<!\w){re.escape(key)}(?!\w)", str(name)))
    return next(found, otherwise)


def show(figure, name):
    """Display and close `figure`; `name`, "notebook_what", is that of its file below figures/.

    Its alternative text stands under that name in lessons/claims/<notebook>.toml. The output's metadata holds the
    figure's `facts`, which a test compares with the rule for pictures.
    """
    from IPython.display import display

    drawn, alt = io.BytesIO(), course.texts(name[:2])["pictures"][name]
    figure.savefig(drawn, format="png", dpi=DOTS_PER_INCH)
    about = {"image/png": {"alt": alt}, "course": {"picture": name, **facts(figure)}}
    plt.close(figure)
    picture = base64.b64encode(drawn.getvalue()).decode()
    display({"image/png": picture, "text/plain": alt}, raw=True, metadata=about)


def facts(figure):
    """What the file does not tell of a drawn figure: its smallest letter, and the marks of each panel.

    Returns a dict: letters, in points (indices and exponents are smaller); panels, a list of (colours of its lines,
    points and bars as they look on white, number of texts in it). Of a mark with an outline the darker part counts.
    """
    panels, words = figure.findobj(plt.Axes), figure.findobj(plt.Text)
    sides = [side for panel in panels if not panel.axison for side in (panel.xaxis, panel.yaxis)]
    unseen = [text for side in sides for text in side.findobj(plt.Text)]
    words = [text for text in words if text.get_visible() and text.get_text().strip() and text not in unseen]
    sizes = [text.get_fontsize() * (0.7 if re.search(r"\$.*[\^_]", text.get_text()) else 1) for text in words]
    marks = [(_marks([*panel.lines, *panel.patches, *panel.collections]), len(panel.texts)) for panel in panels]
    return {"letters": float(min(sizes, default=99)), "panels": [pair for pair in marks if pair[0]]}


def _marks(marks):
    """The colours on white of lines, points and bars, as texts; a heat map has none."""
    seen = set()
    for mark in (mark for mark in marks if not isinstance(mark, QuadMesh)):
        if isinstance(mark, plt.Line2D):
            line = mark.get_linestyle() != "None"
            parts = [mark.get_color()] if line else [mark.get_markerfacecolor(), mark.get_markeredgecolor()]
        else:
            parts = [mark.get_facecolor(), *([mark.get_edgecolor()] if np.any(mark.get_linewidth()) else [])]
        rows = [to_rgba_array(part, mark.get_alpha()) for part in parts if len(part)]
        on_white = [1 - row[:, 3:] * (1 - row[:, :3]) for row in rows if len(row)]
        darkest = min(on_white, key=lambda colours: (colours @ (0.21, 0.72, 0.07)).max())
        seen |= {to_hex(tuple(rgb)) for rgb in np.unique(darkest, axis=0)}
    return sorted(seen)


def network(layers, arrows=None, image=None):
    """A drawing of a network: a bar for each layer, its height by the logarithm of its units, arrows between them.

    `layers` are a list of an autoencoder's units, from x to the reconstruction, or a dict of name to (column, row,
    units), rows counted from 0 upwards; one without units (None) is an operation and becomes a circle. `arrows` are
    pairs of names; by default each layer leads to the next. An `image` (784,) is drawn on the left.
    """
    if not isinstance(layers, dict):
        code = int(np.argmin(layers))
        names = {0: "$x$", code: "$z$", len(layers) - 1: r"$\hat{x}$"}
        layers = {names.get(i, " " * i): (i, 0, units) for i, units in enumerate(layers)}
    names, (columns, rows, units) = list(layers), zip(*layers.values(), strict=True)
    half = [0.16 if n is None else 0.1 + 0.34 * np.log(n) / np.log(784) for n in units]
    left, right = min(columns) - (1.3 if image is not None else 0.5), max(columns) + 0.5
    letters = 0.35 * (right - left) / WIDEST + 0.05  # the room of a label: so many inches
    low, high = min(np.subtract(rows, half)) - letters, max(np.add(rows, half)) + letters
    figure = plt.figure(figsize=(WIDEST, WIDEST * (high - low) / (right - left)), layout="none")
    axis = figure.add_axes([0, 0, 1, 1])
    for (name, (column, row, units)), size in zip(layers.items(), half, strict=True):
        role = "code" if name.startswith("$z") else "image" if name.startswith(("$x", r"$\hat{x")) else "hidden"
        if units is None:
            axis.add_patch(plt.Circle((column, row), 0.16, facecolor="white", edgecolor="black", linewidth=1.5))
            axis.text(column, row, name, ha="center", va="center", fontsize=15)
            continue
        axis.add_patch(plt.Rectangle((column - 0.13, row - size), 0.26, 2 * size, color=COLOURS[role]))
        above, below = (name, f"{units:,}") if row >= 0 else (f"{units:,}", name)  # arrows come from the middle row
        axis.text(column, row - size - 0.05, below, ha="center", va="top", fontsize=15)
        axis.text(column, row + size + 0.04, above, ha="center", va="bottom", fontsize=15)
    for start, end in arrows or zip(names, names[1:], strict=False):
        first, last = np.array(layers[start][:2], float), np.array(layers[end][:2], float)
        gap = 0.19 * (last - first) / np.hypot(*(last - first))
        style = {"arrowstyle": "-|>", "color": "0.3", "linewidth": 1.6}
        axis.annotate("", last - gap, first + gap, arrowprops=style)
    if image is not None:
        axis.imshow(np.reshape(image, (28, 28)), cmap="gray", extent=(-1.2, -0.4, -0.4, 0.4), interpolation=NEAREST)
    axis.set(xlim=(left, right), ylim=(low, high), aspect="equal")
    axis.axis("off")
    return figure


def image_grid(images, row_labels=None, column_labels=None, size=0.9, maps_from=None, row_gaps=(), column_gaps=()):
    """Pictures in rows and columns.

    Parameters
    ----------
    images : array (rows, columns, 784)
        Pixels in [0, 1], 0 is drawn black; None leaves a place empty.
    row_labels, column_labels : sequence of str, optional
    size : float, default 0.9
        Inches per picture; less where a page is not wide or high enough for so many.
    maps_from : int, optional
        The first row of maps with a sign: red above 0, blue below, each on its own scale.
    row_gaps, column_gaps : sequence of int, optional
        Rows and columns that begin a new group: a wider gap stands before them.
    """
    rows, columns = len(images), len(images[0])
    figure = plt.figure(layout="none")
    left, _ = _inches(figure, row_labels, 13)
    gaps = [np.isin(range(n), groups) * 0.16 + 0.05 for n, groups in ((rows, row_gaps), (columns, column_gaps))]
    heads = list(map(str, column_labels)) if column_labels is not None else []
    for _ in range(3):  # words that break need more height, so that pictures may become smaller, and more words break
        room = HIGHEST - 0.05 - gaps[0].sum() - _inches(figure, heads, 11)[1]
        size = min(size, room / rows, (WIDEST - left - 0.15 - gaps[1].sum()) / columns)
        wide = [[line for line in head.split("\n") if _inches(figure, [line], 11)[0] > size] for head in heads]
        for number, line in ((number, line) for number, lines in enumerate(wide) for line in lines):
            heads[number] = heads[number].replace(line, re.sub("([ /])(?=.)", r"\1\n", line))
    gaps[0][0] += _inches(figure, heads, 11)[1]
    tops, lefts = (np.cumsum(gap) + size * np.arange(len(gap)) for gap in gaps)
    lefts += left + 0.1 * (row_labels is not None)
    width, height = lefts[-1] + size + 0.05, tops[-1] + size + 0.05
    figure.set_size_inches(width, height)
    for row, column in np.ndindex(rows, columns):
        place = lefts[column] / width, 1 - (tops[row] + size) / height, size / width, size / height
        axis = figure.add_axes(place, frameon=False, xticks=[], yticks=[])
        if column == 0 and row_labels is not None:
            axis.set_ylabel(row_labels[row], rotation=0, ha="right", va="center", fontsize=13)
        if row == 0 and heads:
            axis.set_title(heads[column], fontsize=11, pad=4)
        if images[row][column] is None:
            continue
        pixels, style = np.reshape(images[row][column], (28, 28)), {"cmap": "gray", "vmin": 0, "vmax": 1}
        if maps_from is not None and row >= maps_from:
            most = np.quantile(np.abs(pixels), 0.995) or 1
            style = {"cmap": "RdBu_r", "vmin": -most, "vmax": most}
        axis.imshow(pixels, interpolation=NEAREST, **style)
    return figure


def _inches(figure, texts, size):
    """Width and height of the largest of some texts, in inches; 0 without any."""
    drawn = [figure.text(0, 0, text, fontsize=size) for text in (texts if texts is not None else ())]
    boxes = [text.get_window_extent() for text in drawn]
    for text in drawn:
        text.remove()
    return tuple(max((getattr(box, side) for box in boxes), default=0) / figure.dpi for side in ("width", "height"))


def by_epoch(axis, history, name, labels, colour=TEST):
    """history[name] and history["val_" + name], lists, as two lines by epoch, with their labels."""
    for key, label, style in zip((name, f"val_{name}"), labels, ((TRAIN, "o"), (colour, "s")), strict=True):
        epochs = np.arange(1, len(history[key]) + 1)
        axis.plot(epochs, history[key], color=style[0], marker=style[1], markersize=4, label=label)
    axis.set_xlabel("epoch")
    axis.xaxis.set_major_locator(plt.MaxNLocator(integer=True))


def loss_curves(panels, ylabel, scale="linear"):
    """A loss of training and test images by epoch, one panel each, with baselines as named horizontal lines.

    `panels` is a dict of title to (what `fit` recorded, the name of the loss in it, lines); the name is also there with
    val_, and the lines are a dict of label to height. `ylabel` is one text for all panels, or a list. `scale` is
    "linear" or "log", whose ticks are those of a mean squared error.
    """
    figure, axes = plt.subplots(1, len(panels), figsize=(7.5 if len(panels) == 1 else WIDEST, 4.2), squeeze=False)
    ylabels = [ylabel] * len(panels) if isinstance(ylabel, str) else ylabel
    for axis, ylabel, (title, (history, loss, lines)) in zip(axes[0], ylabels, panels.items(), strict=True):
        by_epoch(axis, history, loss, ("training (during the epoch)", "test (after it)"))
        axis.set(ylabel=ylabel, title=title, yscale=scale)
        axis.yaxis.set_major_formatter("{x:g}")
        if scale == "log":
            axis.yaxis.set_minor_formatter(plt.NullFormatter())
            axis.set_yticks([0.005, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1])
        for style, (label, height) in zip(DASHES, lines.items(), strict=False):
            axis.axhline(height, color=colour(label, REFERENCE), linestyle=style, linewidth=1.6)
            beside(axis, height, f"{label}\n{height:.4g}", linespacing=1)
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=2, frameon=False)
    return figure


def beside(axis, height, text, **style):
    """Write a text at the right of a panel, at this height of its y axis."""
    axis.text(1.02, height, text, transform=axis.get_yaxis_transform(), va="center", **{"fontsize": 12} | style)


def log_ticks(axis, x=(), y=()):
    """Ticks at these values of logarithmic axes, written as the numbers they are, and none between them."""
    for set_ticks, values in ((axis.set_xticks, x), (axis.set_yticks, y)):
        if len(values):
            set_ticks(values, [f"{value:,g}" for value in values])
    axis.minorticks_off()


def side_by_side(values):
    """Places about 0 of equal values (a Series), one apart, so that their dots can be counted."""
    return values.groupby(values).cumcount() - (values.groupby(values).transform("size") - 1) / 2


def by_size(runs, kind, y, ylabel, lines, reported=None):
    """A score against the size of the code, logarithmic: a dot per run, a named line through the medians of each kind.

    `runs` is a DataFrame with the columns latent_dim, `kind` (a name that `colour` knows) and `y`, a row per run.
    `lines` are baselines, a dict of name to scores by size, dashed; `reported` are the report's, hollow diamonds.
    """
    figure, axis = plt.subplots(figsize=(WIDEST, 4.6))
    kinds = runs.groupby(kind, sort=False)
    ends = {}
    for (name, group), shift, marker in zip(kinds, np.geomspace(0.93, 1.075, len(kinds)), "os", strict=False):
        ends[name] = medians = group.groupby("latent_dim")[y].median()
        style = {"color": colour(name), "marker": marker, "markeredgecolor": "white", "markersize": 7}
        places = group.latent_dim * shift * 1.03 ** side_by_side(group.latent_dim)
        axis.plot(places, group[y], linestyle="", **style)
        axis.plot(medians.index * shift, medians, color=colour(name), linewidth=2, zorder=1)
    for name, heights in lines.items():
        axis.plot(list(heights), list(heights.values()), color=colour(name), linestyle="--", marker="^")
        ends[name] = heights
    for name, heights in ends.items():
        last = max(heights.keys())
        axis.annotate(name, (last, heights[last]), (36, 0), textcoords="offset points", va="center", fontsize=13)
    if reported:
        hollow = {"markerfacecolor": "none", "markeredgewidth": 2.5, "color": COLOURS["report"], "zorder": 3}
        axis.plot(list(reported), list(reported.values()), "D", markersize=13, **hollow)
        first = min(reported)
        axis.annotate("report", (first, reported[first]), (16, 6), textcoords="offset points", fontsize=13)
    axis.set(xscale="log", yscale="log", xlabel="size of the code L", ylabel=ylabel)
    log_ticks(axis, sorted(runs.latent_dim.unique()), [0.005, 0.01, 0.02, 0.05, 0.07])
    return figure


def dashed_circle(radius):
    return plt.Circle((0, 0), radius, fill=False, linestyle="--", linewidth=2, color="black", zorder=6)


def name_classes(axis, points, labels, names):
    """Write each name (a dict of label to str) at the densest place of its points (n, 2), away from the others.

    That is the member whose nearest half of the class is nearest: a median may lie between two islands. A class
    without a point has no name.
    """
    names = {label: name for label, name in names.items() if np.any(labels == label)}
    members = [points[labels == label][:2000] for label in names]
    places = [own[np.median(euclidean_distances(own), axis=1).argmin()] for own in members]
    axis.figure.draw_without_rendering()  # settles the limits, which the transformations need
    single, box = max(len(str(name)) for name in names.values()) == 1, axis.get_window_extent()
    inches = np.array((box.width, box.height)) / axis.figure.dpi
    size = 11 if not single or inches[0] < 3 else 14
    room = np.array((1.3, 0.38) if not single else (0.028 * size, 0.026 * size)) / inches  # of a name
    places = _apart(axis.transAxes.inverted().transform(axis.transData.transform(places)) / room, 1) * room
    places = np.clip(places, room / 2, 1 - room / 2)
    for place, (label, name) in zip(places, names.items(), strict=True):
        shape = "circle,pad=0.15" if len(str(name)) == 1 else "round,pad=0.2"
        box = {"boxstyle": shape, "facecolor": "white", "edgecolor": CLASS_COLOURS[label % 10], "linewidth": 2.5}
        style = {"ha": "center", "va": "center", "fontsize": size, "weight": "bold", "bbox": box}
        axis.text(*place, name, transform=axis.transAxes, **style)


def _apart(places, distance):
    """Push points (n, 2) away from each other until none is closer than `distance`, or 100 rounds are over."""
    places = np.array(places)
    for _ in range(100):
        away = places[:, None] - places[None]
        length = np.linalg.norm(away, axis=-1) + np.eye(len(places))
        push = np.where(length < distance, distance - length, 0) / 2
        if not push.any():
            break
        places += (away / np.maximum(length, 1e-6)[..., None] * push[..., None]).sum(axis=1)
    return places


def latent_plane(pictures, low, high):
    """Pictures (rows, columns, 784) decoded on a grid of a two-dimensional latent, drawn where they come from.

    Row 0 belongs to the highest value of unit 2, column 0 to the lowest of unit 1; `low` and `high` (2,) are the ends.
    """
    rows, columns, _ = pictures.shape
    mosaic = pictures.reshape(rows, columns, 28, 28).swapaxes(1, 2).reshape(rows * 28, columns * 28)
    # The pictures at the ends are centred on low and high.
    half = (np.asarray(high) - low) / (columns - 1, rows - 1) / 2
    extent = np.stack([low - half, high + half], axis=1).ravel()  # left, right, bottom, top
    width = min(8.5, HIGHEST * columns / rows)
    figure, axis = plt.subplots(figsize=(width, width * rows / columns))
    axis.imshow(mosaic, cmap="gray", vmin=0, vmax=1, extent=extent, aspect="auto", interpolation=NEAREST)
    axis.set(xlabel="latent unit 1", ylabel="latent unit 2")
    return figure


def latent_explorer(decode, low, high, plane=None):
    """Two sliders that move a cross on a plane of decoded images; beside the plane, the image decoded at the cross.

    Where nobody looks on, or without ipywidgets, one such picture is shown: the middle of the plane.

    `decode` takes an array (n, 2), in the units of the plane, to n images (n, 784). For each move it is called with
    n = 1: call a network itself, its `predict` takes longer to start. `low` and `high` (2,) are the ends of the plane
    and of the sliders, `plane` its images as for `latent_plane`; by default `decode` makes 10 by 10.
    """
    from IPython.display import display

    low, high = np.array(low, float), np.array(high, float)
    if plane is None:
        ticks = np.linspace(low, high, 10)
        points = np.stack(np.meshgrid(ticks[:, 0], ticks[::-1, 1]), axis=-1).reshape(-1, 2)
        plane = np.asarray(decode(points.astype("float32"))).reshape(10, 10, 784)
    figure, drawn = latent_plane(plane, low, high), io.BytesIO()
    figure.set(dpi=DOTS_PER_INCH, size_inches=(5.2, 5.2 * min(1, len(plane) / len(plane[0]) + 0.1)))
    figure.savefig(drawn, format="png", dpi=DOTS_PER_INCH)
    place_of = figure.axes[0].transData.frozen()
    plt.close(figure)
    paper = ImageOps.expand(Image.open(drawn).convert("RGB"), (0, 0, 300, 0), "white")

    def frame(point):
        picture, stream = paper.copy(), io.BytesIO()
        pixels = np.asarray(decode(np.array([point], "float32"))).reshape(28, 28).clip(0, 1)
        image = Image.fromarray((255 * pixels).astype("uint8")).resize((280, 280), Image.Resampling.NEAREST)
        picture.paste(image, (paper.width - 290, (paper.height - 280) // 2))
        x, y = place_of.transform(point) * (1, -1) + (0, paper.height)
        for width, ink in ((9, "white"), (5, "red")):
            for dx, dy in ((14, 0), (0, 14)):
                ImageDraw.Draw(picture).line((x - dx, y - dy, x + dx, y + dy), ink, width)
        picture.save(stream, format="png", compress_level=1)
        return stream.getvalue()

    middle = (low + high) / 2
    try:
        import ipywidgets as widgets
    except ModuleNotFoundError:
        widgets = None
    if widgets is None or course.headless():
        text = "A plane of decoded images with a cross in its middle; at the right, the image decoded there."
        data = {"image/png": base64.b64encode(frame(middle)).decode(), "text/plain": text}
        return display(data, raw=True, metadata={"image/png": {"alt": text}})
    layout = widgets.Layout(width="520px")
    sliders = [
        widgets.FloatSlider(value=c, min=a, max=b, step=(b - a) / 100, description=f"unit {unit}", layout=layout)
        for unit, a, b, c in zip((1, 2), low, high, middle, strict=True)
    ]
    shown = widgets.Image(value=frame(middle), format="png")
    for slider in sliders:
        slider.observe(lambda _: setattr(shown, "value", frame([slider.value for slider in sliders])), "value")
    display(widgets.VBox([*sliders, shown]))


def code_maps(
    codes, labels, centroids=None, titles=None, columns=3, same_limits=False, class_names=None, radius=None, width=9
):
    """Small maps of two-dimensional codes, coloured by class, with the centroids, if any, as crosses.

    Parameters
    ----------
    codes : list of array (n, 2)
    labels : array (n,) of int
    centroids : list of array (K, 2), optional
    titles : list of str, optional
    columns : int, default 3
    same_limits : bool, default False
        One scale for all panels, so that shrinking can be seen.
    class_names : sequence of str, by default the ten digits
        Written where each class is densest.
    radius : float, optional
        Of a dashed circle about zero (an ellipse where the axes have other scales).
    width : float, default 9
        Inches of the whole figure.
    """
    codes, rows = list(map(np.asarray, codes)), -(-len(codes) // columns)
    size = (width, min(HIGHEST, 0.82 * width / columns * rows))
    figure, axes = plt.subplots(rows, columns, figsize=size, squeeze=False, sharex=same_limits, sharey=same_limits)
    for number, (axis, points) in enumerate(zip(axes.flat, codes, strict=False)):
        axis.set_title(titles[number] if titles is not None else "")
        if number >= len(codes) - columns:
            axis.set_xlabel("latent unit 1")
        axis.scatter(*points.T, c=[CLASS_COLOURS[label] for label in labels], s=24 / columns, linewidths=0)
        if centroids is not None and len(centroids[number]):
            cross = {"marker": "X", "s": 110, "color": "black", "edgecolor": "white", "linewidth": 1.2, "zorder": 3}
            axis.scatter(*np.asarray(centroids[number]).T, **cross)
        if radius is not None:
            axis.add_patch(dashed_circle(radius))
    for axis in axes.flat[len(codes) :]:
        axis.axis("off")
    plt.setp(axes[:, 0], ylabel="latent unit 2")
    for axis, points in zip(axes.flat, codes, strict=False):  # after all limits are settled
        if np.ptp(points, axis=0).max() < 1e-6:
            place = {"textcoords": "offset points", "ha": "center", "fontsize": 14}
            axis.annotate(f"all {len(points):,} images", points[0], (0, 14), **place)
        else:
            name_classes(axis, points, labels, dict(enumerate(class_names if class_names is not None else range(10))))
    return figure


def confusions(tables, names, row_label="truth", column_label="answer", size=3.8):
    """Square tables of counts (rows: truth) side by side as heat maps: dict of title to table, class names.

    Colours are shares of the row, in steps that tell small shares, the mistakes, apart. `size` is the height in inches,
    less where a page is not wide or high enough.
    """
    size = min(size, HIGHEST, WIDEST / len(tables) + 0.2)
    width = min(WIDEST, 1.2 * size * len(tables))
    figure, axes = plt.subplots(1, len(tables), figsize=(width, size), squeeze=False, sharey=True)
    for axis, (title, table) in zip(axes[0], tables.items(), strict=True):
        style = {"cmap": "Blues", "norm": PowerNorm(0.5, 0, 1), "cbar": len(tables) == 1, "annot_kws": {"fontsize": 13}}
        style["cbar_kws"] = {"label": "share of the row (square-root colours)"}
        shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
        sns.heatmap(shares, annot=table, fmt="d", xticklabels=names, yticklabels=names, ax=axis, **style)
        axis.set(title=title, xlabel=column_label)
        axis.tick_params(axis="y", rotation=0)
    axes[0, 0].set_ylabel(row_label)
    return figure


def scoreboard(runs, score, xlabel, references, scale="linear", xlim=(0, 1), form="{:.3f}"):
    """One line per method: a dot per seed, a tick at the mean, beside it mean ± standard deviation and number of runs.

    Dots have the `colour` of the method's name; those of "the report's …" are hollow. Published values are dashed
    lines, named above the panel.

    `runs` is a DataFrame with the columns method and `score`, a row per run; methods are drawn from top to bottom in
    their order. `references` is a dict of name to value. A `scale` "log" takes the limits from the scores, "linear"
    has those of `xlim`; `form` is that of the numbers at the right.
    """
    methods = list(dict.fromkeys(runs.method))
    height = 0.5 * len(methods) + 1.1 + 0.25 * len(references)
    figure, axis = plt.subplots(figsize=(WIDEST, min(height, HIGHEST)))
    for place, method in enumerate(methods):
        values = runs[runs.method == method][score]
        written = form.format(values.mean())
        style = {"color": colour(method), "markersize": 9, "markeredgecolor": "white"}
        if method.startswith("the report's"):
            style |= {"markerfacecolor": "none", "markeredgewidth": 2, "markeredgecolor": colour(method)}
        heights = place + (np.linspace(-0.2, 0.2, len(values)) if len(values) > 1 else np.zeros(1))  # can be counted
        axis.plot(values, heights, "o", **style)
        if len(values) > 1:
            axis.plot([values.mean()] * 2, [place - 0.35, place + 0.35], color="black", linewidth=2.5)
            written += f" ± {form.format(values.std())} ({len(values)})"
        beside(axis, place, written)
    axis.set(xlabel=xlabel, xscale=scale)
    if scale == "linear":
        axis.set_xlim(*xlim)
    else:
        axis.xaxis.set_major_locator(LogLocator(subs=(1, 3)))
        axis.xaxis.set_major_formatter("{x:g}")
    left, level = -1, 0
    for (name, value), style in zip(sorted(references.items(), key=lambda pair: pair[1]), DASHES, strict=False):
        axis.axvline(value, color=REFERENCE, linestyle=style)
        place = axis.transAxes.inverted().transform(axis.transData.transform((value, 0)))[0]
        left, level = place, level + 1 if place - left < 0.4 else 0  # names that would touch stand one above the other
        line = {"arrowstyle": "-", "linestyle": style, "color": REFERENCE}
        line |= {"shrinkA": 0, "shrinkB": 0, "relpos": (0.5, 0)}
        above = {"xycoords": axis.get_xaxis_transform(), "textcoords": "offset points", "arrowprops": line}
        axis.annotate(f"{name}: {value:g}", (value, 1), (0, 4 + 18 * level), ha="center", fontsize=12, **above)
    axis.set_yticks(range(len(methods)), [textwrap.fill(method, 27) for method in methods])
    axis.invert_yaxis()
    axis.grid(axis="x", color="0.9")
    return figure


def runs_scatter(runs, panels, hue, y, curve):
    """One panel per x: a point per run, a line through the means of the runs with one setting, each of them named.

    `runs` is a DataFrame. `panels` takes a column for the x axis to its label and scale ("linear" or "log"), `hue` and
    `y` are (column, label) of the setting and of the y axis, and `curve` is the model, known to `colour`.
    """
    size = (min(WIDEST, 6.4 * len(panels)), 4.2)
    figure, axes = plt.subplots(1, len(panels), figsize=size, squeeze=False, sharey=True)
    groups = runs.groupby(hue[0], sort=False)
    for axis, (x, (label, scale)) in zip(axes[0], panels.items(), strict=True):
        means = groups[[x, y[0]]].mean()
        axis.plot(runs[x], runs[y[0]], "o", color=colour(curve), markersize=8, markeredgecolor="white")
        axis.plot(*means.to_numpy().T, color=colour(curve), linewidth=1.6, zorder=0)
        for value, place in zip(means.index, means.to_numpy(), strict=True):
            name = f"{hue[1]} = {value:g}".lstrip(" =")
            axis.annotate(name, place, (7, 5), textcoords="offset points", fontsize=12)
        axis.set(xlabel=label, xscale=scale)
        if runs[x].dtype.kind == "i":
            axis.xaxis.set_major_locator(plt.MaxNLocator(6, integer=True))
    axes[0, 0].set_ylabel(y[1])
    return figure
