# %% [markdown]
# # 03 · Activity C: a sweep that survives a closed laptop
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/representation-learning-course/notebooks/blob/main/notebooks/03_activity_c_sweeps.ipynb)
#
# **What you will learn**
#
# - how to lay out a sweep (the same training with many settings) so that nothing finished is ever lost or done twice;
# - how to tell the effect of a setting from the luck of a seed;
# - whether a score that needs no labels, the inertia, can choose among networks;
# - which knob of deep clustering is worth turning.
#
# **What you need to know**: notebook 02 (the joint loss, accuracy of a clustering, `DeepClustering`).
#
# **Run time** on two CPU cores: two minutes on a quick machine, four on a busy one, offline; the stored runs behind it took longer, and are read. README has the
# minutes of the last full run.

# %%
# Setup: the same cell in every notebook. In Colab it fetches the course; elsewhere it only finds it.
import pathlib
import subprocess
import sys

REPOSITORY = "https://github.com/representation-learning-course/notebooks"
here = pathlib.Path.cwd()
places = [here, *here.parents, here / "course"]
if "google.colab" in sys.modules and not any((place / "helpers" / "course.py").exists() for place in places):
    subprocess.run(["git", "clone", "--quiet", "--depth", "1", REPOSITORY, "course"], check=True)
root = next((place for place in places if (place / "helpers" / "course.py").exists()), None)
if root is None:
    raise FileNotFoundError(f"the folder helpers/ is not here: clone {REPOSITORY} and open this notebook inside it")
sys.path.insert(0, str(root))

from helpers import course, plots
from helpers.course import claim, guess

course.start()
plots.set_style()

# %% [markdown]
# ## 1. The report's table, with its empty rows
#
# **Question.** The report's Activity C tried nine settings of the joint optimisation: a code of $L$ = 2, 16 or 64 units, and three pairs of weights
# $(\alpha, \beta)$ of reconstruction and clustering. It took several days of sessions that kept disconnecting. Five of the nine rows got numbers, one
# of them a single number. What would the whole table have said?
#
# Here is the report's loop again (notebook 02, section 1), with the network of its first activity and the settings of this one: up to five rounds of five epochs each. We run all nine, once each, as the
# report did; all from seed 0, so that the three runs of one $L$ start from the same weights. (It is a seed from which the loop did not collapse in notebook 02: do not read the number
# of live clusters below as a rate.)

# %%
import os
import signal
import subprocess
import tempfile
import time

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from helpers import data, scores, sweeps
from lessons import activity_c as lesson
from lessons import autoencoder, dcn

mnist = data.load("mnist")
mean_image = float(scores.reconstruction_error(mnist.x_test, mnist.x_train.mean(axis=0)).mean())
course.show_source(lesson.report_sweep)

# %% [markdown]
# **Predict.** In how many of the nine runs do all ten clusters still have an image at the end? How good is the best accuracy?

# %%
theirs = lesson.report_sweep.table()


def named(runs):
    """A column `setting` that names latent size and weights; in the order of both, largest α first."""
    weights = runs.weights.map(lambda pair: f"{pair[0]} / {pair[1]}")
    runs = runs.assign(weights=weights, setting="L = " + runs.latent_dim.astype(str) + ",  α / β = " + weights)
    return runs.sort_values(["latent_dim", "weights", "seed"], ascending=[True, False, True])


theirs = named(theirs)
reported = {
    "L = 2,  α / β = 0.5 / 0.5": (0.0026, 0.0023, 0.0302),
    "L = 2,  α / β = 0.7 / 0.3": (0.0117, 0.0111, 0.0000),
    "L = 16,  α / β = 0.5 / 0.5": (0.0045, 0.0039, 0.0210),
    "L = 16,  α / β = 0.3 / 0.7": (np.nan, np.nan, 0.0234),
    "L = 64,  α / β = 0.7 / 0.3": (0.0124, 0.0128, 0.3532),
}
reported = pd.DataFrame(reported, index=["loss", "loss_test", "inertia"]).T.add_suffix(" (report)")
columns = ["loss", "loss_test", "reconstruction", "inertia", "acc", "live", "rounds"]
theirs.groupby("setting", sort=False)[columns].mean().join(reported).round(4).astype(object).fillna("–")

# %%
on_pixels = dcn.k_means_on_pixels.table().acc.mean()  # notebook 02's baseline
commonest = np.bincount(data.load("mnist", profile="full").y_train).max() / 60_000
figure = plots.scoreboard(
    theirs.rename(columns={"setting": "method"}),
    "acc",
    "accuracy on the training images",
    {"always the same digit": round(commonest, 3), "K-Means on pixels": round(on_pixels, 3)},
    xlim=(0, 0.6),
)
plots.show(figure, "03_report_loop")

# %% [markdown]
# *The report's own loop: accuracy of each of its nine settings, one run each, beside two baselines that need no network.*

# %%
all_alive = int((theirs.live == 10).sum())
claim("03.report.runs", len(theirs))
claim("03.report.best_acc", theirs.acc.max())
claim("03.report.mse_over_mean_image", theirs.reconstruction.median() / mean_image)
claim("03.report.behind_pixels", on_pixels - theirs.acc.max())
course.say(
    f"**Conclusion.** All ten clusters live in {all_alive} of 9 runs. The best accuracy is {theirs.acc.max():.2f}; K-Means on the raw pixels, without any network, reaches {on_pixels:.2f}. "
    f"The median reconstruction error is {theirs.reconstruction.median() / mean_image:.0%} of what the mean image has. One of the report's own runs ended with everything in one cluster; whether "
    "this loop collapses is a matter of the seed (notebook 02 counts it), so a table with one run per row cannot say which setting is to blame. And whatever the empty rows "
    "would have said, none of these nine runs groups as well as K-Means on the pixels."
)

# %% [markdown]
# A second look at one row of the report: L = 2, 0.7 / 0.3, with an inertia of 0.0000: all codes are one point, or so near to it that four decimals do not show it. If they are one point, a decoder that sees nothing but the code can give one
# picture only. **Predict** the smallest error that it can have.

# %%
at_most = 0.0117 / 0.7  # the report's loss is α · MSE plus a term that is not negative
of_notebook_01 = autoencoder.trained_autoencoder.table()
best_of_two_units = of_notebook_01[of_notebook_01.latent_dim == 2].mse_test.min()
claim("03.report.collapsed_mse_over_mean_image", at_most / mean_image)
claim("03.report.collapsed_over_two_units", at_most / best_of_two_units)
course.say(
    f"**Conclusion.** One picture for all costs at least the mean image's error, {mean_image:.4f}. The report's loss of 0.0117 leaves at most 0.0117 / 0.7 = {at_most:.4f}, so its decoder drew more than one picture. Two explanations: the codes only shrank, and the decoder "
    f"magnifies them (notebook 02, 2.2). Or the decoder does not need them: the bypass of notebook 02 (2.5). The second fits better, since {at_most:.4f} is {at_most / best_of_two_units:.0%} of the smallest error that any two-unit autoencoder of notebook 01 has. Either way, the report's losses cannot be compared with ours."
)

# %% [markdown]
# ## 2. Cut off in the middle, and continued
#
# **Question.** Can a sweep be stopped at any moment, by a closed laptop or a lost session, without losing what is finished?
#
# Three decisions make it so. A run is an ordinary function: a *configuration* (a dict) goes in, a dict of numbers comes out. Each finished run is **one small
# file**. Its name is a **hash** of the configuration and of a version of the code: a short text that is the same for the same
# configuration and, for all purposes, different for any other.

# %%
course.show_source(sweeps.grid)
course.show_source(sweeps.key)

# %% [markdown]
# We start a small sweep of six runs (3,000 images, few epochs) in a process of its own. When two are finished, we kill it: no warning, no chance to tidy up.
# **Predict.** How many runs will the second call compute? What if the kill hits while a file is being written?

# %%
few = {"pretrain_epochs": 2, "overcluster": 0, "max_iter": 2, "augmentation": None}
small = lesson.nine_settings(seeds=[0], latent_dim=[2, 16], images=[3000], changes=[few])
folder = os.path.join(tempfile.mkdtemp(), "small_sweep")
program = f"""
from helpers import sweeps
from lessons import activity_c
sweeps.run(activity_c.repaired_sweep, {small!r}, {folder!r}, version="demo", workers=1)
"""


def finished():
    """Name and time of writing of each finished run."""
    paths = [entry for entry in os.scandir(folder) if not entry.name.startswith(".")] if os.path.isdir(folder) else []
    return {entry.name: entry.stat().st_mtime_ns for entry in paths}


process = subprocess.Popen([sys.executable, "-c", program], cwd=root, stdout=subprocess.DEVNULL)
while len(finished()) < 2 and process.poll() is None:
    time.sleep(0.05)
process.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
process.wait()
survivors = finished()
print(f"killed (exit code {process.returncode}); {len(survivors)} of {len(small)} runs are on disk:", *survivors)

# %%
table = sweeps.run(lesson.repaired_sweep, small, folder, version="demo", workers=2)
again = sweeps.run(lesson.repaired_sweep, small, folder, version="demo")
table[["latent_dim", "weights", "loss", "acc", "inertia", "seconds"]].round(3)

# %%
rewritten = sum(finished()[name] != written for name, written in survivors.items())
claim("03.resume.survivors", len(survivors))
claim("03.resume.rewritten", rewritten)
claim("03.resume.rows", int(table.acc.notna().sum()))
course.say(
    f"**Conclusion.** {len(survivors)} runs survived the kill, the second call computed the other {len(small) - len(survivors)}, with two workers at once, "
    f"and rewrote {rewritten}. The third call computed nothing. A file is written under another name and then renamed, which the operating system does as "
    "a whole or not at all; so a kill leaves a finished file or none. A run that *fails* is stored too, with its error, and is tried again by the next call."
)

# %% [markdown]
# The same call uses a cluster: `sweeps.run(..., scheduler="tcp://host:8786")` sends the runs to the workers of a running Dask scheduler (on a laptop:
# `dask scheduler` in one terminal, `dask worker tcp://localhost:8786 --nthreads 1` in others). The files come out the same, because the caller writes them.
#
# ## 3. The nine settings, repaired
#
# **Question.** With the repaired loop of notebook 02, what do $L$ and the weights change?
#
# Same network (784-256-128-$L$, now with a linear code), pretrained with augmentation, with soft assignments (each image has a share of every cluster) and a phase of 40 clusters before the ten (notebook 02, section 4). In each joint phase, the two loss terms are divided by their values at its
# beginning, so that $\alpha$ and $\beta$ weigh two numbers that begin at 1. The three weights of one $(L, \text{seed})$ begin from one pretraining: it does not depend on them.

# %%
course.show_source(lesson.repaired_sweep)
pd.Series(lesson.REPAIRED, name="parameter of DeepClustering").to_frame()

# %% [markdown]
# The runs are stored, several seeds for each setting. One of them we do again, here and now. **Predict**: which cell of the table will have the best accuracy, and which the best reconstruction?

# %%
ours = named(lesson.repaired_sweep.table("nine settings"))
score_columns = [
    "loss",
    "loss_test",
    "reconstruction",
    "clustering",
    "inertia",
    "acc",
    "nmi",
    "ari",
    "silhouette",
    "live",
    "seconds",
]
ours.groupby("setting", sort=False)[score_columns].mean().round(3)

# %%
ours.groupby("setting", sort=False)[score_columns].std().round(3)

# %%
best = ours.groupby(["latent_dim", "weights"], sort=False).acc.mean().idxmax()
cell = ours[(ours.latent_dim == best[0]) & (ours.weights == best[1])]
configuration = lesson.nine_settings(
    changes=[{}], seeds=[0], latent_dim=[int(best[0])], weights=[[float(w) for w in best[1].split(" / ")]]
)[0]
if course.profile() == "fast":
    configuration |= {"images": 6000}
live = lesson.repaired_sweep(**configuration)
claim("03.live.acc", live["acc"])
course.say(
    f"L = {best[0]}, α / β = {best[1]}, seed 0: accuracy {live['acc']:.3f} here. Stored, by seed: {', '.join(f'{acc:.3f}' for acc in cell.acc)}. "
    "(The stored runs had one thread each. Another number of threads adds up in another order, and hundreds of steps later the same seed is another run.)"
)

# %%
figure = lesson.draw_heat_maps(
    ours,
    {
        "acc": ("accuracy (more is better)", "{:.2f}", "Blues"),
        "reconstruction": ("test MSE per pixel (less is better)", "{:.4f}", "Blues_r"),
    },
    ("latent_dim", "size of the code L"),
    ("weights", "α / β"),
)
plots.show(figure, "03_heat_maps")

# %% [markdown]
# *Mean ± standard deviation of the seeds; in both, dark is good. Is the best cell of the left map that of the right one?*

# %%
rows = [mnist.x_test[:10]]
labels = ["original"]
for row in ours[ours.seed == 0].itertuples():
    rows.append(sweeps.as_pictures(row.pictures))
    labels.append(row.setting)
figure = plots.image_grid(rows, row_labels=labels, size=0.75)
plots.show(figure, "03_reconstructions")

# %% [markdown]
# *Ten test digits and their reconstructions by the nine settings, seed 0. Follow one digit down: the size of the code changes it most; what the weights change (right map above) is hard to see.*

# %%
means = ours.groupby(["latent_dim", "weights"], sort=False)[["acc", "reconstruction"]].mean()
between_weights = means.acc.groupby("latent_dim").agg(lambda values: values.max() - values.min())
between_sizes = means.acc.groupby("weights").agg(lambda values: values.max() - values.min())
seed_spread = float(ours.groupby("setting").acc.std().pow(2).mean() ** 0.5)
claim("03.runs", int(ours.acc.notna().sum()))
claim("03.failed", int(ours.error.notna().sum()))
claim("03.live_clusters", ours.live.min())
claim("03.best.acc", means.acc.max())
claim("03.spread.seeds", seed_spread)
claim("03.effect.weights", between_weights.median())
claim("03.effect.latent_dim", between_sizes.median())
pairs = ours.pivot(index=["latent_dim", "seed"], columns="weights", values="acc")
gain = pairs["0.3 / 0.7"] - pairs["0.7 / 0.3"]  # same pretraining, same seed: only the weights differ
claim("03.effect.paired", gain.mean())
draws_best = means.reconstruction.idxmin()
claim("03.trade.acc_lost", means.acc.max() - means.acc[draws_best])
course.say(
    f"**Conclusion.** The best cell is L = {best[0]}, α / β = {best[1]}: {cell.acc.mean():.3f} ± {cell.acc.std():.3f}. Within one L, the weights change the mean accuracy "
    f"by {between_weights.median():.3f} (median over L); within one pair of weights, L changes it by {between_sizes.median():.3f}. Runs that differ in "
    f"the seed alone scatter about their mean with a standard deviation of {seed_spread:.3f} (pooled over the nine cells). Because the weights share their pretraining, they can be compared in pairs: "
    f"0.3 / 0.7 gains {gain.mean():+.3f} ± {gain.sem():.3f} (standard error of {len(gain)} pairs) over 0.7 / 0.3. The cell that draws best (L = {draws_best[0]}, α / β = {draws_best[1]}) "
    f"groups {means.acc[draws_best]:.0%} right. With 16 and 64 units the report's guidance holds: a larger α for drawing, a larger β for grouping. With two units the weights change the mean accuracy by {between_weights[2]:.2f} only."
)

# %% [markdown]
# ## 4. Is the report's score worth anything?
#
# **Question.** The report ranked its networks by a "clustering score", the inertia, and read a *higher* value as better separation. K-Means makes it small: *lower* is tighter. Which
# reading, if either, goes with a better accuracy?
#
# **Predict** how the points will lie.

# %%
figure = plots.runs_scatter(
    ours,
    {"inertia": ("inertia of the codes", "log"), "reconstruction": ("test MSE per pixel", "log")},
    ("latent_dim", "L"), ("acc", "accuracy"), fill=("weights", "α / β"),
)  # fmt: skip
plots.show(figure, "03_scores")

# %% [markdown]
# *Each point is one run; the shape is the size of the code, the filling the weights. Left: the report's score against accuracy. Right: reconstruction against accuracy.*
#
# **Spearman's rank correlation** compares two orders: 1, the same order; −1, the reverse; 0, no relation. These runs are a small sample, and the three that share a
# pretraining are not independent. So the interval comes from a **bootstrap** over the pretrainings: draw, for each L, as many as there are, with replacement (each with its three runs), compute the correlation again, 2,000 times.
# L is not drawn: the design fixed it.


# %%
def rank_correlation(runs, score):
    """Spearman's correlation of minus the score and the accuracy: 1 means that a lower score is always better."""
    return spearmanr(-runs[score], runs.acc).statistic


def interval(runs, score, draws=2000):
    """95 % interval of it, from drawing whole pretrainings, as many of each latent size as there are."""
    generator, runs = np.random.default_rng(0), runs.reset_index(drop=True)
    families = [list(part.groupby("seed").groups.values()) for _, part in runs.groupby("latent_dim")]
    found = []
    for _ in range(draws):
        rows = [part[i] for part in families for i in generator.integers(len(part), size=len(part))]
        found.append(rank_correlation(runs.loc[np.concatenate(rows)], score))
    return np.nanpercentile(found, [2.5, 97.5])


# %%
columns = ["inertia", "reconstruction", "silhouette"]
better = ours.assign(silhouette=-ours.silhouette)  # of the silhouette, more is better
cells = better.assign(inertia=np.log(ours.inertia)).groupby("setting")
within = better.assign(
    **{name: cells[name].transform(lambda values: values - values.mean()) for name in [*columns, "acc"]}
)
groups = {"all runs": better} | {f"L = {size} alone": runs for size, runs in better.groupby("latent_dim")}
groups |= {"same L and weights": within}
correlations = pd.DataFrame(
    {name: {score: rank_correlation(runs, score) for score in columns} for name, runs in groups.items()}
)
intervals = {name: interval(runs, "inertia") for name, runs in groups.items()}
low, high = intervals["all runs"]
between = {name: f"{ends[0]:.2f} to {ends[1]:.2f}" for name, ends in intervals.items()}
correlations.transpose().round(2).assign(**{"inertia, 95 % interval": between})

# %% [markdown]
# The last row removes the mean of each cell from score and accuracy, so that what is left differs in the seed alone.

# %%
inertia = correlations.loc["inertia"]
claim("03.rank.inertia_vs_acc", inertia["all runs"])
claim("03.rank.low", low)
claim("03.rank.high", high)
claim("03.rank.latent2", inertia["L = 2 alone"])
claim("03.rank.latent16", inertia["L = 16 alone"])
claim("03.rank.latent64", inertia["L = 64 alone"])
claim("03.rank.same_cell", inertia["same L and weights"])
claim("03.rank.silhouette", correlations.loc["silhouette", "all runs"])
course.say(
    f"**Conclusion.** Over all {len(ours)} runs the rank correlation of −inertia and accuracy is {inertia.iloc[0]:.2f} (95 % interval {low:.2f} to {high:.2f}): read as *lower is better*, an order by inertia {'says little, and that the wrong way round' if high < 0 else 'says little' if low > 0 else 'cannot be told from a random one'}. "
    f"Yet within L = 16 it is {inertia['L = 16 alone']:.2f}, and within L = 64 {inertia['L = 64 alone']:.2f}: there lower *is* better, and the report's reading ranks backwards. (L = 2, where the weights change little: {inertia['L = 2 alone']:.2f}, with an interval of {between['L = 2 alone']}: nothing can be said.) Both are true at once; statisticians call it **Simpson's paradox**. Distances grow with the number of units, so L moves the inertia "
    "whatever the grouping is worth; within one L the weights move both numbers, since a larger β pulls codes together and, here, also groups better. Where only the seed differs, "
    f"the correlation is {inertia['same L and weights']:.2f} ({len(ours)} runs in nine cells). For the silhouette, which has no scale, the correlation over all runs is {correlations.loc['silhouette', 'all runs']:.2f}."
)

# %% [markdown]
# ## 5. Which knob matters?
#
# **Question.** The report announced learning rates between 0.001 and 0.01, codes of 10 to 50 units, and augmentation. Each is one knob; all others stay as in section 3
# (L = 16, α / β = 0.3 / 0.7, learning rate 0.003, augmented). Five seeds each. **Predict** which knob has the longest range.

# %%
base = ours[(ours.latent_dim == 16) & (ours.weights == "0.3 / 0.7")]
knobs = {
    "learning rate 0.001": lesson.repaired_sweep.table("learning rate 0.001"),
    "learning rate 0.003 *": base,
    "learning rate 0.01": lesson.repaired_sweep.table("learning rate 0.01"),
    "L = 10": lesson.repaired_sweep.table("L = 10"),
    "L = 16 *": base,
    "L = 50": lesson.repaired_sweep.table("L = 50"),
    "augmented *": base,
    "not augmented": lesson.repaired_sweep.table("not augmented"),
}
knobs = pd.concat(knobs, names=["method", None]).reset_index(level=0)
figure = plots.scoreboard(knobs, "acc", "accuracy on the training images", {}, xlim=(0.5, 1))
plots.show(figure, "03_knobs")

# %% [markdown]
# *One knob at a time: a dot is a seed, the bar their mean. Rows marked * are the same base runs. The axis begins at 0.5.*

# %%
mean = knobs.groupby("method").acc.mean()
ranges = pd.Series({
    "learning rate": np.ptp(mean[["learning rate 0.001", "learning rate 0.003 *", "learning rate 0.01"]]),
    "L from 10 to 50": np.ptp(mean[["L = 10", "L = 16 *", "L = 50"]]),
    "augmentation": mean["augmented *"] - mean["not augmented"],
    "weights, at L = 16": np.ptp(means.acc[16]),
}).sort_values(ascending=False)  # fmt: skip
claim("03.knob.augmentation", ranges["augmentation"])
claim("03.knob.learning_rate", ranges["learning rate"])
claim("03.knob.small_rate", mean["learning rate 0.003 *"] - mean["learning rate 0.001"])
claim("03.knob.latent_dim", ranges["L from 10 to 50"])
claim("03.knob.weights", ranges["weights, at L = 16"])
claim("03.knob.largest_over_spread", ranges.iloc[0] / seed_spread)
turned = knobs.groupby("method").size().min()
error = seed_spread * (1 / len(base) + 1 / turned) ** 0.5
course.say(
    f"**Conclusion.** The largest effect is {ranges.index[0]}: {ranges.iloc[0]:.3f} in accuracy, {ranges.iloc[0] / seed_spread:.0f} times the standard deviation between seeds. "
    f"Then come {', '.join(f'{name} ({value:.3f})' for name, value in ranges.iloc[1:].items())}. The difference of two means of {turned} and {len(base)} seeds has a standard error of about "
    f"{error:.3f}, so what lies below {2 * error:.2f} cannot be told from luck here; and the range of three means is positive by luck alone. The largest and the smallest of the four effects "
    f"differ by {np.ptp(ranges):.3f}: {'their order is not settled' if np.ptp(ranges) < 2 * error else 'more than luck'}. L = 10, 16 and 50 have {mean['L = 10']:.2f}, {mean['L = 16 *']:.2f} and {mean['L = 50']:.2f}: the report's range holds good sizes and bad ones. The rate of 0.001 is {mean['learning rate 0.003 *'] - mean['learning rate 0.001']:.2f} behind 0.003; the number of epochs is the "
    f"same for all, and with more of them it may catch up. And the base {'is the best of nine cells, chosen by these very runs: with fresh seeds its mean would probably be lower' if best == (16, '0.3 / 0.7') else 'is not the best of the nine cells'}."
)

# %% [markdown]
# ## 6. Days, or minutes?
#
# **Question.** What did it cost, and what do two workers buy on two cores? One process with two threads does one run at a time; two processes with one thread each do two runs at a time, each
# slower. **Predict**: which finishes a sweep of four runs first?

# %%
speed = lesson.sweep_seconds.table()
times = speed.pivot(index="repetition", columns="workers", values="wall")
wall, ratios = times.median(), times[1] / times[2]
total = ours.seconds.sum() / 2
claim("03.seconds.total", total)
claim("03.seconds.report", theirs.seconds.sum() / 2)
claim("03.speedup.parallel", ratios.median())
course.say(
    f"**Conclusion.** Four short runs of whole MNIST take {wall[1]:.0f} s in one process of two threads and {wall[2]:.0f} s with two workers of one thread, the workers' start included: "
    f"a ratio of {ratios.median():.2f} (medians of {len(times)} alternating repetitions, whose ratios lie between {ratios.min():.2f} and {ratios.max():.2f}). The {len(ours)} runs of the main table took {total / 60:.0f} minutes from nothing (the sum of "
    "their seconds over two workers that are never idle). The nine runs of the report's own loop took "
    f"{theirs.seconds.sum() / 120:.0f} minutes, counted the same way. That is an hour and a quarter of an hour rather than days."
)

# %% [markdown]
# ## What the report said, what we found

# %%
course.claims_table()

# %% [markdown]
# - "A higher clustering score is better separation": the score was the inertia. Among networks of one size (16 or 64 units) *lower* went with a better accuracy; across latent sizes it says little (section 4).
# - "L between 10 and 50": section 5 has good sizes and bad ones in that range. "α > β where reconstruction matters": see the right heat map of section 3.
# - The report lists flips, brightness and contrast as augmentations. A flip changes what a digit is; brightness and contrast were not tried here.
#
# ## Your turn
#
# **Exercise 1 (explain by doing).** Write your own name for a run: a function of a configuration (a
# dict) and a version that returns a short text. The check shuffles the keys, changes a value,
# changes the version, and calls your function in another Python process. Predict first: why does
# Python's own `hash()` not do?


# %% tags=["exercise"]
def my_key(configuration, version):
    return None  # a text, for example of 16 letters


# %%
from helpers import exercises

exercises.check("03.1", my_key)

# %% [markdown]
# Stuck? Run `exercises.solution("03.1")` to see one solution.
#
# **Exercise 2 (decide under uncertainty).** Which cells of section 3 cannot be told from the best
# one? Return their names (column `setting`): those whose mean accuracy (column `acc`) is less than
# two standard errors of a difference below the best mean. Take the pooled standard deviation $s$ of
# all cells; with $n$ seeds for each cell the standard error of a difference is $s \sqrt{2 / n}$.


# %% tags=["exercise"]
def my_candidates(runs):
    return None  # a set of names


# %%
exercises.check("03.2", my_candidates, ours)

# %% [markdown]
# Stuck? Run `exercises.solution("03.2")` to see one solution.
#
# **Exercise 3 (change one thing).** The inertia depends on the scale of the codes. Find a score
# that does not: a function of codes and labels that stays the same when all codes are multiplied by
# 10, and that prefers the true digits to a random grouping. (The silhouette is one; find or write
# another.) The check tries both.


# %% tags=["exercise"]
def my_score(codes, labels):
    return None  # a number, more is better


# %%
exercises.check("03.3", my_score)

# %% [markdown]
# Stuck? Run `exercises.solution("03.3")` to see one solution.
#
# **Exercise 4 (open).** Add a knob of your own, for example `"batch_size": 1024`:
# `lesson.repaired_sweep.table(lesson.one_knob(changes=[{"batch_size": 1024}]))` (some minutes;
# close the laptop in the middle and call it again). Is its effect larger than the spread between
# seeds? How many seeds would you need to see an effect of 0.01? (Two standard errors of a
# difference, $2 s \sqrt{2 / n}$, must be smaller than 0.01: solve for $n$, with the $s$ of section
# 3.)
#
# ## Recap
#
# - One file per finished run, named by its configuration and the code's version: kill it, move it, share it, go on.
# - One run per setting cannot tell a setting from its seed. Report mean, spread and number of seeds.
# - Inertia depends on the scale and size of the code: it must not rank networks with codes of different sizes.
# - Turn one knob at a time, and compare its effect with the spread between seeds: an order of knobs that are nearly equal needs more seeds than we have.
#
# ## References
#
# - B. Efron, R. Tibshirani, *An Introduction to the Bootstrap*, Chapman and Hall, 1993.
# - C. Spearman, "The proof and measurement of association between two things", *American Journal of Psychology* 15, 1904.
# - joblib and dask.distributed: the documentation of `Parallel`, `Memory` and the Dask backend.
# - X. Guo et al., "Deep embedded clustering with data augmentation", *ACML* 2018.
