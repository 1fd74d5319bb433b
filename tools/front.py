"""README's first picture, made of two pictures of the last full run: `make front` writes figures/front.png.

Left the plane of digits of notebook 04, right the collapse of notebook 02, before and after.
"""

import io

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

from helpers import course, plots
from tools import execute

PATH = execute.FIGURES / "front.png"
PLANE, COLLAPSE = "04_plane", "02_report_loop"
HEADS = "Two numbers draw a digit …", "… or all fall on one point."
ALMOST = 3  # of 255: fonts of another Matplotlib move some pixels, another picture moves many more


def without_axes(picture):
    """The dark square of a picture (height, width, 3) of images on black: axes and words around it are left out."""
    dark = picture.mean(axis=2) < 128
    rows, columns = (np.flatnonzero(dark.mean(axis=axis) > 0.5) for axis in (1, 0))
    return picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def compose():
    """The picture as an array (height, width, 3) of 0 to 255, from the pictures PLANE and COLLAPSE in figures/."""
    opened = (Image.open(execute.FIGURES / f"{name}.png").convert("RGB") for name in (PLANE, COLLAPSE))
    plane, collapse = map(np.asarray, opened)
    before, after = np.split(collapse[:, : collapse.shape[1] // 2 * 2], 2, axis=1)
    with plt.rc_context():
        plots.set_style()
        figure = plt.figure(figsize=(9, 5.8), layout="none")
        places = (0.01, 0.01, 0.57, 0.89), (0.60, 0.46, 0.39, 0.44), (0.60, 0.01, 0.39, 0.44)
        for place, part in zip(places, (without_axes(plane), before, after), strict=True):
            axis = figure.add_axes(place)
            axis.imshow(part, interpolation="lanczos")
            axis.axis("off")
        for x, head in zip((0.01, 0.6), HEADS, strict=True):
            figure.text(x, 0.935, head, fontsize=18, weight="bold")
        stream = io.BytesIO()
        figure.savefig(stream, format="png", dpi=plots.DOTS_PER_INCH, bbox_inches=None)
        plt.close(figure)
    return np.asarray(Image.open(stream).convert("RGB"))


def is_current():
    """True if the committed picture is what `compose` makes of the committed figures, up to the fonts."""
    if not PATH.exists():
        return False
    kept, made = np.asarray(Image.open(PATH).convert("RGB"), dtype=float), compose()
    return kept.shape == made.shape and np.abs(kept - made).mean() < ALMOST


def main():
    """Write the picture, unless it is there already."""
    if not is_current():
        stream = io.BytesIO()
        execute.with_palette(Image.fromarray(compose()), 256).save(stream, format="png", optimize=True)
        course.write_atomically(PATH, stream.getvalue())
    print(f"{PATH.relative_to(course.ROOT)} is what the figures show")


if __name__ == "__main__":
    main()
