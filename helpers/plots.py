"""Every figure of the course. A function returns a matplotlib figure; `show` puts it on the page and into figures/."""

import base64
import io

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from matplotlib.colors import PowerNorm
from matplotlib.ticker import LogLocator
from sklearn.metrics import euclidean_distances

from helpers import course

CLASS_COLOURS = sns.color_palette("colorblind", 10)  # the same colour for the same class in every notebook
HIDDEN, CODE = CLASS_COLOURS[9], CLASS_COLOURS[1]  # layers in a drawing of a network
TRAIN, TEST, VALIDATION, REFERENCE = CLASS_COLOURS[0], CLASS_COLOURS[1], CLASS_COLOURS[2], "0.35"
DOTS_PER_INCH = 100
NEAREST = "nearest"  # of small images: a pixel stays a square, and the file a quarter of its size


def set_style():
    """Letters and lines that the back row can read."""
    sns.set_theme(context="notebook", style="ticks", palette="colorblind", font_scale=1.1)
    plt.rcParams.update({"axes.spines.top": False, "axes.spines.right": False, "figure.constrained_layout.use": True})


def show(figure, name):
    """Display `figure` (it is closed afterwards); `name`, "notebook_what", is that of its file below figures/.

    The alternative text, for readers who cannot see it, stands under that name in lessons/claims/<notebook>.toml.
    """
    from IPython.display import display

    drawn, alt = io.BytesIO(), course.texts(name[:2])["pictures"][name]
    figure.savefig(drawn, format="png", dpi=DOTS_PER_INCH)
    plt.close(figure)
    picture = base64.b64encode(drawn.getvalue()).decode()
    about = {"image/png": {"alt": alt}, "course": {"picture": name}}
    display({"image/png": picture, "text/plain": alt}, raw=True, metadata=about)


def network(layers, arrows=None, image=None):
    """A drawing of a network: a bar for each layer, its height by the logarithm of its units, arrows between them.

    Parameters
    ----------
    layers : list of int, or dict of str to (column, row, units)
        Units of an autoencoder's layers, from x to the reconstruction. Or the places of named layers, rows counted
        from 0 upwards; one without units (None) is an operation and becomes a circle.
    arrows : list of (str, str), optional
        Pairs of names; by default each layer leads to the next.
    image : array (784,), optional
        Drawn on the left.
    """
    if not isinstance(layers, dict):
        code = int(np.argmin(layers))
        names = {0: "$x$", code: "$z$", len(layers) - 1: r"$\hat{x}$"}
        layers = {names.get(i, " " * i): (i, 0, units) for i, units in enumerate(layers)}
    names = list(layers)
    rows = [row for _, row, _ in layers.values()]
    tall = max(rows) - min(rows)
    figure, axis = plt.subplots(figsize=(9, 2.6 + 1.7 * tall))
    half = {
        name: 0.16 if units is None else 0.1 + 0.34 * np.log(units) / np.log(784)
        for name, (_, _, units) in layers.items()
    }
    for name, (column, row, units) in layers.items():
        colour = CODE if name.startswith("$z") else "0.8" if name.startswith(("$x", r"$\hat{x")) else HIDDEN
        if units is None:
            axis.add_patch(plt.Circle((column, row), 0.16, facecolor="white", edgecolor="black", linewidth=1.5))
            axis.text(column, row, name, ha="center", va="center", fontsize=15)
            continue
        axis.add_patch(plt.Rectangle((column - 0.13, row - half[name]), 0.26, 2 * half[name], color=colour))
        axis.text(column, row - half[name] - 0.05, f"{units:,}", ha="center", va="top", fontsize=14)
        axis.text(column, row + half[name] + 0.04, name, ha="center", va="bottom", fontsize=16)
    for start, end in arrows or zip(names, names[1:], strict=False):
        (x0, y0, _), (x1, y1, _) = layers[start], layers[end]
        length = np.hypot(x1 - x0, y1 - y0)
        dx, dy = 0.19 * (x1 - x0) / length, 0.19 * (y1 - y0) / length
        style = {"arrowstyle": "-|>", "color": "0.3", "linewidth": 1.6}
        axis.annotate("", (x1 - dx, y1 - dy), (x0 + dx, y0 + dy), arrowprops=style)
    if image is not None:
        axis.imshow(np.reshape(image, (28, 28)), cmap="gray", extent=(-1.2, -0.4, -0.4, 0.4), interpolation=NEAREST)
    columns = [column for column, _, _ in layers.values()]
    axis.set(xlim=(min(columns) - (1.3 if image is not None else 0.5), max(columns) + 0.5), aspect="equal")
    axis.set_ylim(min(rows) - 0.75, max(rows) + 0.75)
    axis.axis("off")
    return figure


def image_grid(images, row_labels=None, column_labels=None, size=0.9, label_row=0, maps_from=None):
    """Pictures in rows and columns.

    Parameters
    ----------
    images : array (rows, columns, 784)
        Pixels in [0, 1], 0 is drawn black; None leaves a place empty.
    row_labels, column_labels : sequence of str, optional
    size : float, default 0.9
        Inches per picture.
    label_row : int, default 0
        Of the row below the column labels.
    maps_from : int, optional
        The first row of maps with a sign: red above 0, blue below, each on its own scale.
    """
    rows, columns = len(images), len(images[0])
    figure, axes = plt.subplots(rows, columns, figsize=(size * columns + 1, size * rows + 0.5), squeeze=False)
    for row in range(rows):
        for column in range(columns):
            axis = axes[row, column]
            if images[row][column] is not None:
                pixels, style = np.reshape(images[row][column], (28, 28)), {"cmap": "gray", "vmin": 0, "vmax": 1}
                if maps_from is not None and row >= maps_from:
                    most = np.quantile(np.abs(pixels), 0.995) or 1
                    style = {"cmap": "RdBu_r", "vmin": -most, "vmax": most}
                axis.imshow(pixels, interpolation=NEAREST, **style)
            axis.set(xticks=[], yticks=[])
            sns.despine(ax=axis, left=True, bottom=True)
        if row_labels is not None:
            axes[row, 0].set_ylabel(row_labels[row], rotation=0, ha="right", va="center")
    for column, label in enumerate(column_labels if column_labels is not None else []):
        axes[label_row, column].set_title(label, fontsize=11)
    return figure


def by_epoch(axis, history, name, labels, colour):
    """history[name] and history["val_" + name], lists, as two lines by epoch, with their labels."""
    for key, label, style in zip((name, f"val_{name}"), labels, ((TRAIN, "o"), (colour, "s")), strict=True):
        epochs = np.arange(1, len(history[key]) + 1)
        axis.plot(epochs, history[key], color=style[0], marker=style[1], markersize=4, label=label)
    axis.set_xlabel("epoch")
    axis.xaxis.set_major_locator(plt.MaxNLocator(integer=True))


def loss_curves(panels, ylabel, scale="linear"):
    """A loss of training and test images by epoch, one panel each, with baselines as labelled horizontal lines.

    Parameters
    ----------
    panels : dict of str to (dict of str to list of float, str, dict of str to float)
        Title: what `fit` recorded, the name of the loss in it (also there with val_), and the lines: label and height.
    ylabel : str or list of str
        One for all panels, or one each.
    scale : {"linear", "log"}, default "linear"
        The ticks of "log" are those of a mean squared error.
    """
    figure, axes = plt.subplots(1, len(panels), figsize=(6.5 * len(panels), 4.5), squeeze=False)
    ylabels = [ylabel] * len(panels) if isinstance(ylabel, str) else ylabel
    for axis, ylabel, (title, (history, loss, lines)) in zip(axes[0], ylabels, panels.items(), strict=True):
        by_epoch(axis, history, loss, ("training (during the epoch)", "test (after it)"), TEST)
        axis.set(ylabel=ylabel, title=title, yscale=scale)
        axis.yaxis.set_major_formatter("{x:g}")
        if scale == "log":
            axis.yaxis.set_minor_formatter(plt.NullFormatter())
            axis.set_yticks([0.005, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1])
        for style, (label, height) in zip(("--", ":", "-."), lines.items(), strict=False):
            axis.axhline(height, color=REFERENCE, linestyle=style, linewidth=1.6)
            above = height > history[loss][len(history[loss]) // 2]  # of the curve, where the label stands
            place = {"transform": axis.get_yaxis_transform(), "va": "bottom" if above else "top", "fontsize": 12}
            axis.text(0.5, height, f"{label} {height:.4g}", **place)
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=2, frameon=False)
    return figure


def dashed_circle(radius):
    return plt.Circle((0, 0), radius, fill=False, linestyle="--", linewidth=1.5, color="black", zorder=3)


def name_classes(axis, points, labels, names):
    """Write each name (a dict of label to str) at the densest place of its points (n, 2), away from the others.

    That is the member whose nearest half of the class is nearest: a median may lie between two islands.
    """
    places = []
    for label in names:
        members = points[labels == label][:2000]
        radius = np.median(euclidean_distances(members), axis=1)
        places.append(members[radius.argmin()])
    axis.figure.draw_without_rendering()  # settles the limits, which the transformations need
    words = max(len(str(name)) for name in names.values()) > 1
    box = axis.get_window_extent()
    room = np.array((1.3, 0.38) if words else (0.4, 0.36)) * axis.figure.dpi / (box.width, box.height)  # of a name
    places = _apart(axis.transAxes.inverted().transform(axis.transData.transform(places)) / room, 1) * room
    for place, (label, name) in zip(places, names.items(), strict=True):
        shape, size = ("circle,pad=0.2", 14) if len(str(name)) == 1 else ("round,pad=0.2", 11)
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
    left, bottom = low - half
    right, top = high + half
    figure, axis = plt.subplots(figsize=(8.5, 8.5 * rows / columns))
    extent = (left, right, bottom, top)
    axis.imshow(mosaic, cmap="gray", vmin=0, vmax=1, extent=extent, aspect="auto", interpolation=NEAREST)
    axis.set(xlabel="latent unit 1", ylabel="latent unit 2")
    return figure


def latent_explorer(decode, low, high):
    """Two sliders that move a point in a two-dimensional latent, and the image decoded there (needs ipywidgets).

    `decode` takes an array (1, 2) to an array (1, 784); `low` and `high` (2,) are the range of each slider.
    """
    import ipywidgets as widgets

    def draw(unit_1, unit_2):
        image = np.asarray(decode(np.array([[unit_1, unit_2]], "float32"))).reshape(28, 28)
        plt.figure(figsize=(3.5, 3.5))
        plt.imshow(image, cmap="gray", vmin=0, vmax=1)
        plt.axis("off")
        plt.show()

    sliders = [
        widgets.FloatSlider(value=(a + b) / 2, min=a, max=b, step=(b - a) / 60, description=f"unit {unit}")
        for unit, (a, b) in enumerate(zip(low, high, strict=True), start=1)
    ]
    widgets.interact(draw, unit_1=sliders[0], unit_2=sliders[1])


def code_maps(
    codes, labels, centroids=None, titles=None, columns=3, same_limits=False, class_names=None, radius=None, width=13
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
    class_names : sequence of str, optional
        Written where each class is densest, in place of a legend of the ten digits.
    radius : float, optional
        Of a dashed circle about zero (an ellipse where the axes have other scales).
    width : float, default 13
        Inches of the whole figure.
    """
    rows = -(-len(codes) // columns)
    size = (width, 0.82 * width / columns * rows)
    figure, axes = plt.subplots(rows, columns, figsize=size, squeeze=False, sharex=same_limits, sharey=same_limits)
    for number, (axis, points) in enumerate(zip(axes.flat, map(np.asarray, codes), strict=False)):
        axis.scatter(*points.T, c=[CLASS_COLOURS[label] for label in labels], s=12, alpha=0.6, linewidths=0)
        if np.ptp(points, axis=0).max() < 1e-6:
            axis.annotate(f"all {len(points):,} images", points[0], (14, 14), textcoords="offset points", fontsize=14)
        if centroids is not None and len(centroids[number]):
            cross = {"marker": "X", "s": 110, "color": "black", "edgecolor": "white", "linewidth": 1.2, "zorder": 3}
            axis.scatter(*np.asarray(centroids[number]).T, **cross)
        axis.set_title(titles[number] if titles is not None else "")
        if radius is not None:
            axis.add_patch(dashed_circle(radius))
        if class_names is not None:
            name_classes(axis, points, labels, dict(enumerate(class_names)))
    for axis in axes.flat[len(codes) :]:
        axis.axis("off")
    for axis in axes[-1]:
        axis.set_xlabel("latent unit 1")
    for axis in axes[:, 0]:
        axis.set_ylabel("latent unit 2")
    if class_names is None:
        handles = [
            plt.Line2D([], [], marker="o", linestyle="", color=colour, label=digit)
            for digit, colour in enumerate(CLASS_COLOURS)
        ]
        figure.legend(handles=handles, loc="outside right center", title="digit", frameon=False, markerscale=1.4)
    return figure


def confusions(tables, names, row_label="truth", column_label="answer", size=3.8):
    """Square tables of counts (rows: truth) side by side as heat maps: dict of title to table, class names.

    Colours are shares of the row, in steps that tell small shares, the mistakes, apart. `size` is the height in inches.
    """
    figure, axes = plt.subplots(1, len(tables), figsize=(1.2 * size * len(tables), size), squeeze=False, sharey=True)
    for axis, (title, table) in zip(axes[0], tables.items(), strict=True):
        style = {"cmap": "Blues", "norm": PowerNorm(0.5, 0, 1), "cbar": len(tables) == 1, "annot_kws": {"fontsize": 13}}
        style |= {"cbar_kws": {"label": "share of the row (square-root colours)"}} if len(tables) == 1 else {}
        shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
        sns.heatmap(shares, annot=table, fmt="d", xticklabels=names, yticklabels=names, ax=axis, **style)
        axis.set(title=title, xlabel=column_label)
        axis.tick_params(axis="y", rotation=0)
    axes[0, 0].set_ylabel(row_label)
    return figure


def scoreboard(runs, score, xlabel, references, scale="linear", xlim=(0, 1), form="{:.3f}"):
    """One line per method: a dot per seed, a tick at the mean, beside it mean ± standard deviation and number of runs.

    Dots of a method whose name begins with "the report's" are hollow. Published values are dashed lines.

    Parameters
    ----------
    runs : pandas.DataFrame
        Columns method and `score`, a row per run; methods are drawn from top to bottom in their order.
    references : dict of str to float
    scale : {"linear", "log"}, default "linear"
        "log" takes the limits from the scores.
    xlim : (float, float), default (0, 1)
        Of "linear".
    form : str, default "{:.3f}"
        Of the numbers at the right.
    """
    methods = list(dict.fromkeys(runs.method))
    figure, axis = plt.subplots(figsize=(10, 0.55 * len(methods) + 1.8))
    for place, method in enumerate(methods):
        values = runs[runs.method == method][score]
        written = form.format(values.mean())
        style = {"color": CLASS_COLOURS[0], "markersize": 9, "markeredgewidth": 1.8}
        style |= {"markerfacecolor": "none"} if method.startswith("the report's") else {"alpha": 0.7}
        heights = place + (np.linspace(-0.2, 0.2, len(values)) if len(values) > 1 else np.zeros(1))  # can be counted
        axis.plot(values, heights, "o", **style)
        if len(values) > 1:
            axis.plot([values.mean()] * 2, [place - 0.35, place + 0.35], color="black", linewidth=2.5)
            written += f" ± {form.format(values.std())} ({len(values)})"
        axis.text(1.03, place, written, va="center", fontsize=12, transform=axis.get_yaxis_transform())
    for (name, value), style in zip(references.items(), ("--", ":", "-."), strict=False):
        axis.axvline(value, color=REFERENCE, linestyle=style, label=f"{name}: {value:g}")
    if references:
        axis.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, frameon=False)  # above the dots
    axis.set(xlabel=xlabel, xscale=scale)
    if scale == "linear":
        axis.set_xlim(*xlim)
    else:
        axis.xaxis.set_major_locator(LogLocator(subs=(1, 3)))
        axis.xaxis.set_major_formatter("{x:g}")
    axis.set_yticks(range(len(methods)), methods)
    axis.invert_yaxis()
    axis.grid(axis="x", color="0.9")
    return figure


def runs_scatter(runs, panels, hue, y, references=None, fill=None):
    """One panel per x: a point per run, coloured by a setting.

    Parameters
    ----------
    runs : pandas.DataFrame
    panels : dict of str to (str, str)
        A column of `runs` for the x axis, its label, and its scale ("linear" or "log").
    hue, y : (str, str)
        A column of `runs` and its label.
    references : dict of str to float, optional
        Horizontal lines.
    fill : (str, str), optional
        A column of three values and its label: points are full, half full and empty.
    """
    width = min(6.4, 14 / len(panels))
    figure, axes = plt.subplots(1, len(panels), figsize=(width * len(panels), 4.6), squeeze=False, sharey=True)
    fills = dict(zip(runs[fill[0]].unique(), ("full", "bottom", "none"), strict=True)) if fill else {}
    for axis, (x, (label, scale)) in zip(axes[0], panels.items(), strict=True):
        for (value, group), colour, marker in zip(
            runs.groupby(hue[0], sort=False), CLASS_COLOURS, "os^DvP", strict=False
        ):
            name = f"{hue[1]} = {value}" if hue[1] else value
            style = {"color": colour, "marker": marker, "markersize": 9, "linestyle": "", "markeredgewidth": 1.6}
            if fill is None:
                axis.plot(group[x], group[y[0]], label=name, alpha=0.8, **style)
            for setting, fillstyle in fills.items():
                part, label_once = group[group[fill[0]] == setting], name if fillstyle == "full" else None
                style |= {"fillstyle": fillstyle, "markerfacecoloralt": "white"}
                axis.plot(part[x], part[y[0]], label=label_once, **style)
        for (name, height), style in zip((references or {}).items(), ("--", ":", "-."), strict=False):
            axis.axhline(height, color=REFERENCE, linestyle=style, linewidth=1.4, label=name)
        axis.set(xlabel=label, xscale=scale)
        if runs[x].dtype.kind == "i":
            axis.xaxis.set_major_locator(plt.MaxNLocator(integer=True))
        if scale == "log":
            wide = runs[x].max() > 20 * runs[x].min()  # long numbers, or many, would run into each other
            axis.xaxis.set_major_locator(LogLocator(subs=(1, 3) if wide else (1, 2, 5)))
            axis.xaxis.set_major_formatter("{x:,.7g}")
            axis.xaxis.set_minor_formatter(plt.NullFormatter())
    axes[0, 0].set_ylabel(y[1])
    for setting, fillstyle in fills.items():
        style = {"color": REFERENCE, "marker": "o", "linestyle": "", "markersize": 9, "markerfacecoloralt": "white"}
        axes[0, -1].plot([], [], label=f"{fill[1]} = {setting}", fillstyle=fillstyle, **style)
    axes[0, -1].legend(ncols=2 if fill else 1)
    return figure
