"""The picture tools/bench/results.png, drawn from the table."""

import textwrap

import matplotlib.pyplot as plt

from helpers import plots
from tools.bench import table

COURSE, OTHERS = plots.TRAIN, "0.65"


def draw(results):
    """All benchmarks of a table as one figure: bars of seconds, the course's in blue, and cost against size.

    Parameters
    ----------
    results : pandas.DataFrame
        As `table.store` returns it; a benchmark that is missing leaves its panel out.
    """
    plots.set_style()
    plt.rcParams.update({"font.size": 15, "axes.labelsize": 15, "xtick.labelsize": 13, "ytick.labelsize": 15})
    memory = results[results.benchmark == table.MEMORY]
    panels = [part for name, part in results.groupby("benchmark", sort=False) if name != table.MEMORY]
    lines = -(-len(panels) // 2)
    figure, axes = plt.subplots(lines, 2, figsize=(16, 4.4 * lines), squeeze=False)
    for axis, part in zip(axes.flat, panels, strict=False):
        if part.benchmark.iloc[0] == table.SIZE:
            _cost(axis, part, memory)
        else:
            _bars(axis, part)
        axis.set_title(textwrap.fill(part.benchmark.iloc[0], 34), loc="left", fontsize=17)
    for axis in axes.flat[len(panels) :]:
        axis.set_axis_off()
    return figure


def _bars(axis, part):
    """A bar per contestant with its seconds and ratio; a thin line from the fastest to the slowest repetition."""
    colours = [COURSE if name.startswith("course") else OTHERS for name in part.contestant]
    reach = [part["median"] - part.lowest, part.highest - part["median"]]
    axis.barh(part.contestant, part["median"], color=colours, xerr=reach, error_kw={"elinewidth": 1.5, "capsize": 3})
    for place, (_, row) in enumerate(part.iterrows()):
        text = f"{row['median']:.3g} s" + (f" ({row.ratio:.2f})" if row.ratio == row.ratio else "")
        axis.text(row.highest + part.highest.max() * 0.02, place, text, va="center", fontsize=15)
    axis.invert_yaxis()
    axis.set(xlim=(0, part.highest.max() * 1.45), xlabel=f"seconds (ratio to: {part.ratio_to.iloc[0]})")


def _cost(axis, part, memory):
    """Seconds of a fit against the number of samples, the straight line through them, and the peak memory."""
    sizes = [int(name.split()[0].replace(",", "")) for name in part.contestant]
    axis.plot(sizes, table.straight_line(sizes, part["median"]), color=OTHERS, lw=3, label="straight line")
    axis.plot(sizes, part["median"], "o", color=COURSE, ms=11, label="a fit (peak memory)")
    for size, seconds, megabytes in zip(sizes, part["median"], memory["median"], strict=False):
        axis.annotate(f"{megabytes / 1000:.1f} GB", (size, seconds), xytext=(10, -18), textcoords="offset points")
    axis.set(xlim=(0, max(sizes) * 1.2), ylim=(0, part["median"].max() * 1.15), xlabel="samples", ylabel="seconds")
    axis.locator_params(axis="x", nbins=4)
    axis.xaxis.set_major_formatter("{x:,.0f}")
    axis.legend(frameon=False, loc="upper left")
