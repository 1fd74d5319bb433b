# %% [markdown]
# # 03 · Activity C: a sweep that survives a closed laptop
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/representation-learning-course/notebooks/blob/main/notebooks/03_activity_c_sweeps.ipynb)
#
# **What you will learn**
#
# - how to lay out a sweep (the same training with many settings) so that nothing finished is ever lost or done twice;
# - how to tell the effect of a setting from the luck of a seed;
# - whether a score that needs no labels, the inertia, can choose among networks, and how sure we are;
# - which knob of deep clustering is worth turning.
#
# **What you need to know**: notebook 02 (the joint loss, accuracy of a clustering, `DeepClustering`). [GLOSSARY.md](../GLOSSARY.md) explains
# every term, with the Portuguese word. "The report" is [report 1](../REPORTS.md): a student note on deep clustering.
#
# **Run time** on two CPU cores: one to six minutes, offline. The stored runs behind it took longer, and are read.

# %%
# @title Setup: run this cell first. In Colab it fetches the course; elsewhere it only finds it.
import pathlib
import subprocess
import sys
import tempfile

REPOSITORY = "https://github.com/representation-learning-course/notebooks"
COMMIT = "main"  # the state of the course that this notebook belongs to: `make links` writes it
here = pathlib.Path.cwd()
places = [here, *here.parents, here / f"course-{COMMIT[:7]}"]
found = [place for place in places if (place / "helpers" / "course.py").exists()]
if not found and "google.colab" in sys.modules:
    print("Fetching the course: up to a minute.")
    strictly = {"check": True, "capture_output": True, "text": True, "timeout": 300}
    try:
        with tempfile.TemporaryDirectory(dir=here) as half:  # so what is interrupted begins again
            for words in ("init", f"fetch --depth 1 {REPOSITORY} {COMMIT}", "checkout FETCH_HEAD"):
                subprocess.run(["git", *words.split()], cwd=half, **strictly)
            pathlib.Path(half).rename(places[-1])
    except (OSError, subprocess.SubprocessError) as error:
        why = " ".join(str(getattr(error, "stderr", "") or error).split())
        raise ConnectionError(f"no course from {REPOSITORY}: {why}. Online? Try again.") from None
    found = places[-1:]
if not found:
    raise FileNotFoundError(f"helpers/ is not here: clone {REPOSITORY}, open this notebook in it")
root = found[0]
sys.path.insert(0, str(root))

from helpers import course, plots
from helpers.course import claim, guess

course.start()
plots.set_style()

# %% [markdown]
# ## 1. The report's table, with its empty rows
#
# *15 minutes.* **Question.** The report's table has nine rows, and five of them have numbers. What would the whole table have said?
#
# Its Activity C tried nine **settings**: a code of $L$ = 2, 16 or 64 units, each with three pairs of weights, $\alpha$ for the reconstruction and
# $\beta$ for the clustering. It took several days and several sessions.
#
# The loop is that of notebook 02, section 2. The network is that of its section 3, the report's second one:

# %%
from helpers import data
from lessons import activity_c as lesson
from lessons import dcn

mnist = data.load("mnist")
x, digits = mnist.x_train, mnist.y_train
seven = mnist.x_test[mnist.y_test == 7][0]
plots.show(dcn.draw_network([784, 512, 256, 64], seven, bypass=True), "03_network")

# %% [markdown]
# *The network of the report's listing, here with $L$ = 64. The decoder begins at the layer before the code $z$; the centroids μ pull at the code.*
#
# Nothing leads from the code to the output. The loop has up to five **iterations**: K-Means finds ten centroids, then five epochs pull each code to the centroid that is nearest at that moment.
#
# **Predict.** We run all nine settings on all training images, from three seeds each, and take the mean accuracy of each setting. How good is the best of the nine?
# Ten clusters by chance have about 0.1.

# %%
guess("03.report.acc_best", ...)

# %% [markdown]
# First one run of one setting, here and now, on a tenth of the images:

# %%
course.seed(0)
network = dcn.adjusted_network(latent_dim=64)
dcn.compile_jointly(network, alpha=0.7, beta=0.3)
rounds, _ = dcn.joint_loop(network, x[:6000], digits[:6000], rounds=5, epochs=5, seed=0)
rounds[["live", "shift", "reconstruction", "clustering", "inertia", "acc"]].round(4)

# %% [markdown]
# A row is an iteration; row 0 is the untrained network. `live` counts the clusters that have an image, `shift` is the mean way of a centroid since the row above.
# Read down the last two columns.
#
# The 27 runs of the table are stored in `data/results/`. Of its scores (inertia, adjusted accuracy, similarity with the labels) the report prints the first. It promises the two parts of the loss, and prints their sum.
# Here is all of it, beside the report. What it does not say, we had to choose:
#
# - its "validation loss" is ours of the 10,000 test images. It says that 15 % of the images were set aside, and prints no score of them;
# - the loop stops early only where no image changes its cluster;
# - the inertia is that of all 60,000 training codes, after the last iteration.

# %%
import numpy as np
import pandas as pd

theirs = lesson.named(lesson.report_sweep.table("nine settings"))
scores_of = theirs.groupby("setting", sort=False)
parts = ["reconstruction", "clustering", "loss", "loss_test", "live"]
middle = scores_of[[*parts, "inertia"]].median()
printed = lesson.reported()
beside = middle[parts].join(printed[["loss", "loss_test"]].add_suffix(" (report)"))
beside.round(4).astype(object).fillna("–")

# %%
from helpers import scores

pixels = dcn.k_means_on_pixels.table().acc.mean()
commonest = np.bincount(data.load("mnist", profile="full").y_train).max() / 60_000
baselines = {"one cluster": commonest, "K-Means on pixels": pixels}
plots.show(lesson.draw_report_runs(theirs, baselines), "03_report_loop")

# %% [markdown]
# *The report's own loop: a dot is one run, a hollow diamond what the report printed. Left, the inertia on a logarithmic axis that ends in 0. Right, the accuracy on the training images, and what needs no network.*

# %% [markdown]
# **Where do we differ?** Below, the median of our three seeds is divided by the number that the report printed.

# %%
ratio = (middle[printed.columns] / printed.replace(0, np.nan)).loc[printed.index]
ratio.round(1)

# %%
spans = theirs[theirs.latent_dim == 64].groupby("weights").inertia.agg(["min", "max"])
claim("03.report.within_two", int(ratio.stack().between(0.5, 2).sum()))
claim("03.report.inertia_l64", middle.inertia[lesson.setting(64, "0.7 / 0.3")])
claim("03.report.seeds_apart", (spans["max"] / spans["min"]).max())

# %% [markdown]
# Of the 12 printed numbers above 0, 8<!--03.report.within_two--> lie within a factor of two of ours. The others are these.
#
# - **Both losses of $L$ = 2 with 0.7 / 0.3.** In the report this run ended in one cluster, which ends the loop early.
# - **Two inertias, of $L$ = 16 with 0.5 / 0.5 and of $L$ = 64.** The latter is 1.4<!--03.report.inertia_l64-->, in place of 0.3532<!--03.report.inertia_l64:report-->. The report
#   does not say at which iteration it stopped. The seed alone can do it: with 64 units, inertias of the same setting differ by a factor of up to 120<!--03.report.seeds_apart-->. One run per row cannot show that.
#
# **One row of the report** has an inertia of 0.0000: $L$ = 2 with 0.7 / 0.3, all images in one cluster. If the output depended on such a code, it would be the same for every image,
# and its error at least that of the mean image. The loss is 0.7 times the error, and more. So how large is the error at most?

# %%
mean_image = scores.reconstruction_error(mnist.x_test, x.mean(axis=0)).mean()
at_most = printed.loss[lesson.setting(2, "0.7 / 0.3")] / 0.7
claim("03.report.collapsed_mse_over_mean_image", at_most / mean_image)

# %% [markdown]
# It is at most 25 %<!--03.report.collapsed_mse_over_mean_image--> of the mean image's error: so the outputs differ from image to image, although all codes are one point. The **bypass** explains it: the decoder never needed the code.
#
# **Its verdicts.** For each $L$ the report calls one pair of weights the best. It reads a *higher* score as better separation; but the inertia is a sum of squared distances, so lower is tighter.
# Here are its verdicts, and ours by both criteria (means of three seeds, which cannot settle small differences).

# %%
by_weights = theirs.groupby(["latent_dim", "weights"], sort=False)[["inertia", "acc"]]
each = by_weights.mean()
pd.DataFrame({
    "the report": lesson.VERDICTS,
    "lowest inertia": each.inertia.groupby("latent_dim").idxmin().str[1],
    "best accuracy": each.acc.groupby("latent_dim").idxmax().str[1],
})  # fmt: skip

# %% [markdown]
# **Pretraining.** Its method section prescribes it, its activities leave it out. Here is the same loop after 20 epochs of reconstruction alone, one run for
# each of the report's best settings. Nothing leads from the code to the output, so pretraining moves the layers before the code, never the code's own weights.

# %%
pretrained = lesson.named(lesson.report_sweep.table("pretrained"))
both = theirs.merge(pretrained, on=["setting", "seed"], suffixes=("", ", pretrained"))
names = ("reconstruction", "inertia", "acc")
shown = [name + end for name in names for end in ("", ", pretrained")]
both.groupby("setting", sort=False)[shown].mean().round(4)

# %%
claim("03.report.acc_best", each.acc.max())
claim("03.report.behind_pixels", pixels - each.acc.max())
claim("03.report.acc_lost", theirs.accs.map(lambda values: values[0] - values[-1]).mean())

# %% [markdown]
# <details><summary><b>Conclusion</b> (open it after your run)</summary>
#
# **Nothing about digits: the best setting's mean accuracy is 0.23<!--03.report.acc_best-->, and K-Means on raw pixels has 0.30<!--03.report.behind_pixels--> more.** The loop makes
# the inertia tiny, and takes 0.09<!--03.report.acc_lost--> of the untrained code's accuracy. With 64 units
# the seed alone changes the inertia by a factor of up to 120<!--03.report.seeds_apart-->: one run per row ranks nothing.
#
# </details>

# %% [markdown]
# **Change it.** In the live run above, build `dcn.adjusted_network(64, bypass=False)`: the decoder then sees the code alone. What happens to inertia and accuracy?
#
# ## 2. Cut off in the middle, and continued
#
# *15 minutes.* **Question.** Can a sweep be stopped at any moment, by a closed laptop or a lost session, without losing what is finished?
#
# A **sweep** is the same training with many settings. Three decisions make it safe:
#
# - a run is an ordinary function: a **configuration** (a dict) goes in, a dict of numbers comes out;
# - each finished run is **one small file**;
# - the file's name is a **hash** of the configuration and of the code's version: a short text, the same for the same configuration everywhere, and another for any other.

# %%
from helpers import sweeps

course.show_source(sweeps.key)

# %% [markdown]
# Here are the configurations of a small sweep: six runs on 3,000 images, a few epochs each.

# %%
short = {"pretrain_epochs": 2, "overcluster": 0, "max_iter": 2, "augmentation": None}
small = lesson.nine_settings(seeds=[0], latent_dim=[2, 16], images=[3000], changes=[short])
for run in small:
    print(sweeps.key(lesson.repaired_sweep, run, version="demo"), run["weights"], run["latent_dim"])

# %% [markdown]
# We start it in a process of its own. When two runs are finished, we kill it: no warning, no chance to tidy up.
#
# **Predict.** Then the sweep is started again. How many of the finished files will it write once more? And what if the kill hits while a file is being written?

# %%
guess("03.resume.rewritten", ...)

# %%
import tempfile
import time

folder = pathlib.Path(tempfile.mkdtemp()) / "small_sweep"
program = [
    "from helpers import sweeps",
    "from lessons import activity_c as lesson",
    f"sweeps.run(lesson.repaired_sweep, {small}, {str(folder)!r}, version='demo', workers=1)",
]
command = [sys.executable, "-c", "\n".join(program)]
process = subprocess.Popen(command, cwd=root, stdout=subprocess.DEVNULL)
while len(list(folder.glob("*.json"))) < 2 and process.poll() is None:
    time.sleep(0.05)
process.kill()
print("killed, exit code", process.wait())

# %%
survivors = {path: path.stat().st_mtime_ns for path in folder.glob("*.json")}
print("on disk:", *sorted(path.name for path in survivors))

# %% [markdown]
# The same call again, now with two workers. Then a third time.

# %%
table = sweeps.run(lesson.repaired_sweep, small, folder, version="demo", workers=2)
table = sweeps.run(lesson.repaired_sweep, small, folder, version="demo")
table[["latent_dim", "weights", "loss", "acc", "inertia"]].round(3)

# %%
written_again = sum(path.stat().st_mtime_ns != written for path, written in survivors.items())
claim("03.resume.survivors", len(survivors))
claim("03.resume.rewritten", written_again)
claim("03.resume.rows", int(table.acc.notna().sum()))

# %% [markdown]
# A file is written under another name and renamed when it is whole. The operating system renames as a whole or not at all, so a kill leaves a finished file or none.
# A run that *fails* is stored too, with its error, and the next call tries it again.
#
# A cluster takes the same call: `sweeps.run(..., scheduler="tcp://host:8786")` sends the runs to the workers of a Dask scheduler. On a laptop that is
# `dask scheduler` in one terminal and `dask worker tcp://localhost:8786 --nthreads 1` in others. The caller still writes the files.

# %% [markdown]
# <details><summary><b>Conclusion</b> (open it after your run)</summary>
#
# **Yes: the finished runs<!--03.resume.survivors in 2..5--> survived the kill, and 0<!--03.resume.rewritten--> of them were written again.** The second call computed what was missing, so that all 6<!--03.resume.rows-->
# have their numbers. The third computed nothing. What costs days can be cut off every evening.
#
# </details>

# %% [markdown]
# **Change it.** Set `version="demo 2"` in the second call. How many runs does it compute now, and why?
#
# ## 3. The nine settings, repaired
#
# *20 minutes.* **Question.** With the repaired loop of notebook 02, what do $L$ and the weights change?
#
# The repairs are those of notebook 02, sections 5 and 6: a linear code, pretraining with augmentation, **soft assignments** (each image has a share of every
# cluster), and 40 clusters before the ten. The network is the report's first one, 784-256-128-$L$, and its decoder sees only the code. Each of the two loss terms is divided by its value at the beginning
# of a joint phase, so $\alpha$ and $\beta$ weigh two numbers that begin at 1.

# %%
pd.Series(lesson.REPAIRED, name="parameter of DeepClustering").to_frame()

# %% [markdown]
# The 45<!--03.runs--> runs are stored, five seeds for each setting. One of them we do again, here and now.
#
# **Predict.** Which of the nine settings will group best, which will draw best? And how good is the best one's accuracy, the mean of its five seeds?

# %%
guess("03.best.acc", ...)

# %%
from helpers import clustering, scores

settings = lesson.REPAIRED | {"latent_dim": 16, "alpha": 0.3, "beta": 0.7, "random_state": 0}
model = clustering.DeepClustering(**settings).fit(x)
claim("03.live.acc", scores.clustering_scores(digits, model.labels_)["acc"])

# %%
ours = lesson.named(lesson.repaired_sweep.table("nine settings"))
columns = ["loss", "loss_test", "clustering", "inertia", "nmi", "ari", "silhouette", "live"]
claim("03.runs", int(ours.acc.notna().sum()))
ours.groupby("setting", sort=False)[columns].mean().round(3)

# %% [markdown]
# Means of five seeds: `nmi` and `ari` compare with the digits as the accuracy does, `silhouette` needs no labels. Accuracy and reconstruction error are in the maps.
# The run that we did again, seed 0 of one setting, ended with an accuracy of 0.85<!--03.live.acc-->.

# %%
maps = {
    "acc": ("accuracy (more is better)", "{:.2f}", "Blues"),
    "reconstruction": ("test MSE (less is better)", "{:.4f}", "Blues_r"),
}
rows, columns = ("latent_dim", "size of the code L"), ("weights", "α / β")
plots.show(lesson.draw_heat_maps(ours, maps, rows, columns), "03_heat_maps")

# %% [markdown]
# *Mean ± standard deviation of five seeds. Dark is good in both. Is the best setting of the left map that of the right one?*

# %%
figure = lesson.draw_reconstructions(ours, mnist.x_test, shown=[1, 7, 8])
plots.show(figure, "03_reconstructions")

# %% [markdown]
# *Three test images and what the nine settings make of them, seed 0. Down a column the code grows; from block to block the weights change.*

# %%
best_first = ours.groupby(["latent_dim", "weights"], sort=False)
means = best_first[["acc", "reconstruction"]].mean()
best, draws_best = means.acc.idxmax(), means.reconstruction.idxmin()
between_weights = means.acc.groupby("latent_dim").agg(np.ptp)
between_sizes = means.acc.groupby("weights").agg(np.ptp)
seed_spread = float(best_first.acc.var().mean() ** 0.5)
print("groups best:", *best, "  draws best:", *draws_best)

# %% [markdown]
# Runs of one $L$ and one seed begin from the same pretraining, which does not depend on the weights. So their weights can be compared in pairs.

# %%
pairs = ours.pivot(index=["latent_dim", "seed"], columns="weights", values="acc")
gain = pairs["0.3 / 0.7"] - pairs["0.7 / 0.3"]
claim("03.best.acc", means.acc.max())
claim("03.spread.seeds", seed_spread)
claim("03.effect.weights", between_weights.median())
claim("03.effect.latent_dim", between_sizes.median())
claim("03.effect.paired", gain.mean())
claim("03.trade.acc_lost", means.acc.max() - means.acc[draws_best])

# %% [markdown]
# <details><summary><b>Conclusion</b> (open it after your run)</summary>
#
# **Both matter: the size of the code changes the accuracy by 0.26<!--03.effect.latent_dim-->, the weights by 0.15<!--03.effect.weights-->, the seed alone by 0.05<!--03.spread.seeds-->.** The best setting,
# 16 units with the larger $\beta$, has 0.85<!--03.best.acc-->. A larger $\beta$ groups better, by 0.12<!--03.effect.paired--> in pairs; what draws best groups 0.31<!--03.trade.acc_lost--> worse.
#
# </details>

# %% [markdown]
# **Change it.** Fit once more with `"random_state": 1`, or with `"latent_dim": 2`. Which of the two changes the accuracy more?
#
# ## 4. Is the report's score worth anything?
#
# *20 minutes.* **Question.** The inertia needs no labels. Can it choose among networks?
#
# The report ranks its networks by it. A score can choose if a better score goes with a better accuracy. **Spearman's rank correlation** compares two
# orders: 1, the same order; −1, the reverse; 0, no relation. Less inertia is tighter, so we compare accuracy with *minus* the inertia: at 1 the tighter run would always
# be the better one.

# %%
from scipy.stats import spearmanr


def agreement(inertia, acc):
    return spearmanr(-inertia, acc, axis=None).statistic


# %% [markdown]
# **Predict.** Take all 45 runs, whatever their $L$ and weights. Which rank correlation will they have?

# %%
guess("03.rank.inertia_vs_acc", ...)

# %%
plots.show(lesson.draw_scores(ours), "03_scores")

# %% [markdown]
# *Each point is one run: its colour is the size of the code, a darker shade a larger β. Left, the report's score against accuracy. Right, the reconstruction error against accuracy.*
#
# Look at the shades within one colour: is the order by inertia anything but an order by $\beta$? We know $\beta$ without any score, and it moves
# inertia and accuracy at once. So compare with $\beta$ itself. Then hold the settings fixed: subtract from each run the mean of its own setting. What is left differs by its seed alone.
# (Of the inertia we take the logarithm first, because it differs between settings by factors.)


# %%
def centred(values):
    return values - values.mean(axis=-2, keepdims=True)


in_order = ours.sort_values(["latent_dim", "seed", "weights"])
arrays = [in_order[name].to_numpy().reshape(3, 5, 3) for name in ("inertia", "acc")]
inertia, acc = np.log(arrays[0]), arrays[1]  # axes: size, pretraining, weights
beta = np.broadcast_to([0.7, 0.5, 0.3], acc.shape)

# %%
table = {}
for name, part in {"all sizes": slice(3), "L = 2": 0, "L = 16": 1, "L = 64": 2}.items():
    table[name] = {
        "inertia": agreement(inertia[part], acc[part]),
        "β alone": agreement(-beta[part], acc[part]),
        "inertia, means removed": agreement(centred(inertia[part]), centred(acc[part])),
    }
pd.DataFrame(table).T.round(2)

# %%
plots.show(lesson.draw_within(ours), "03_within")

# %% [markdown]
# *What the seed alone changes: each run, without the mean of its setting. A line joins the three runs of one pretraining.*
#
# In the first column the two larger sizes have a close relation that all sizes together lack. This is called **Simpson's paradox**: distances grow with the
# number of units, so $L$ moves the inertia, whatever the grouping is worth. Does $\beta$ do better or worse than the inertia? And do the sizes agree in the last column, at least in the sign?
#
# **Is the last column's first number luck?** Two answers, by the same tool. The three runs of one pretraining have much in common, so they stay together.
#
# - **Bootstrap**: draw, for each $L$, five of its five pretrainings, *with* replacement. Remove the means of what was drawn, and compute again. The middle 95 % of 5,000 such
#   numbers are an **interval**: how far the number moves with the seeds.
# - **Permutation test**: give, within each $L$, the accuracies of one pretraining to the inertias of another, at random. If inertia said nothing, any such exchange would do as well. The **p-value** is the
#   share of 5,000 exchanges with a correlation at least as far from 0 as ours.

# %%
random = np.random.default_rng(0)
sizes = np.arange(3)[:, None]


def five(replace):
    """Places (size, pretraining): five pretrainings for each size."""
    return sizes, np.array([random.choice(5, 5, replace=replace) for _ in range(3)])


def same_setting(inertia, acc):
    return agreement(centred(inertia), centred(acc))


# %%
measured = same_setting(inertia, acc)
draws = [five(replace=True) for _ in range(5000)]
redrawn = [same_setting(inertia[drawn], acc[drawn]) for drawn in draws]
exchanged = [same_setting(inertia, acc[five(replace=False)]) for _ in range(5000)]
low, high = np.percentile(redrawn, [2.5, 97.5])
claim("03.rank.inertia_vs_acc", agreement(inertia, acc))
claim("03.rank.latent16", agreement(inertia[1], acc[1]))
claim("03.rank.same_cell", measured)
claim("03.rank.same_cell_low", low)
claim("03.rank.same_cell_high", high)
claim("03.rank.same_cell_p", np.mean(np.abs(exchanged) >= abs(measured)))

# %% [markdown]
# <details><summary><b>Conclusion</b> (open it after your run)</summary>
#
# **Not across sizes (−0.18<!--03.rank.inertia_vs_acc-->); within 16 units less inertia is better (0.79<!--03.rank.latent16-->), but there it ranks the weights.** With size and weights
# the same, 0.34<!--03.rank.same_cell--> is left, with a wide interval, −0.08<!--03.rank.same_cell_low--> to 0.67<!--03.rank.same_cell_high--> (p = 0.12<!--03.rank.same_cell_p-->). The
# report's reading, more is better, ranks backwards.
#
# </details>

# %% [markdown]
# **Change it.** Ask the reconstruction error: `error = in_order.reconstruction.to_numpy().reshape(3, 5, 3)`, then `agreement(error, acc)` and `agreement(error[1], acc[1])`. Would you choose by it?
#
# ## 5. Which knob matters?
#
# *10 minutes.* **Question.** The report announced learning rates, codes of 10 to 50 units, and augmentation. Which of them is worth turning?
#
# Each is one knob; all others stay as in the **base**, the best setting of section 3: $L$ = 16, $\alpha$ / $\beta$ = 0.3 / 0.7, learning rate 0.003, augmented.
#
# Our augmentation turns, moves, slants and stretches. The report names flips, brightness and contrast. A flip can change what a digit is (2, 5), so we leave it out. The others change
# the grey levels: the **contrast** multiplies each pixel's distance from the image's mean by a factor between $e^{-0.3}$ and $e^{0.3}$, the **brightness** adds between −0.2 and 0.2. Each image draws its own two
# numbers; then pixels are clipped to 0 to 1.

# %%
from helpers import training

batch = training.batches(mnist.x_test[:10], batch_size=10, shuffle=False)
rows = {"image": mnist.x_test[:10]}
for name, more in {"base": {}, "and grey levels": lesson.GREY}.items():
    ((rows[name], _),) = training.distorted(batch, **dcn.SLANTED | more)
plots.show(plots.image_grid(list(rows.values()), list(rows)), "03_augmented")

# %% [markdown]
# *Ten test images, one distorted copy of each as in the base, and the same copy with another brightness and contrast.*
#
# **Predict.** How much accuracy do brightness and contrast gain on top of the base? (A negative number is a loss.)

# %%
guess("03.knob.brightness", ...)

# %%
base = ours[ours.setting == lesson.setting(16, "0.3 / 0.7")]
turned = list(lesson.repaired_sweep.runs)[1:]  # the first are the nine settings
tables = {"base": base} | {name: lesson.repaired_sweep.table(name) for name in turned}
knobs = pd.concat(tables, names=["method", None]).reset_index(level=0)
figure = plots.scoreboard(knobs, "acc", "accuracy on the training images", {}, xlim=(0.5, 1))
plots.show(figure, "03_knobs")

# %% [markdown]
# *One knob at a time: a dot is a seed, the bar their mean. The axis begins at 0.5.*
#
# How far can the seeds alone move such a mean? The difference of two means of five has a **standard error** of $s \sqrt{2 / 5}$, with the deviation $s$ between seeds from section 3.
# What lies within two of them cannot be told from luck.

# %%
mean = knobs.groupby("method", sort=False).acc.mean()
effects = pd.DataFrame({"against the base": mean - mean["base"]}).drop("base")
error = seed_spread * (2 / 5) ** 0.5
effects.assign(**{"in standard errors": effects["against the base"] / error}).round(2)

# %%
claim("03.knob.augmentation", mean["base"] - mean["not augmented"])
claim("03.knob.latent_dim", np.ptp(mean[["L = 10", "base", "L = 50"]]))
claim("03.knob.brightness", mean["brightness and contrast"] - mean["base"])

# %% [markdown]
# The base is the best of nine settings, chosen by these very runs. With fresh seeds its mean would probably be lower. And three learning rates are few: with more epochs the smallest may catch up.

# %% [markdown]
# <details><summary><b>Conclusion</b> (open it after your run)</summary>
#
# **Augmentation and the size of the code: without the one the accuracy is 0.19<!--03.knob.augmentation--> lower, the other moves it by 0.15<!--03.knob.latent_dim-->.** Brightness
# and contrast on top gain +0.004<!--03.knob.brightness-->. Your table says how many standard errors that is.
#
# </details>

# %% [markdown]
# **Change it.** Put `"brightness": 0.5` into a copy of `lesson.GREY`, and draw the strip of digits again. From where on do *you* misread one?
#
# ## 6. Days, or minutes?
#
# *5 minutes.* **Question.** What does such a sweep cost, and what do two workers buy on two cores?
#
# One process with two threads does one run at a time. Two workers of one thread each do two runs at a time, each of them slower. Both did the same four short runs on all training images, in turn,
# five times.
#
# **Predict.** Divide the time of the one process by that of the two workers, their start included. What is the quotient? Below 1 the workers lose.

# %%
guess("03.speedup.parallel", ...)

# %%
speed = lesson.sweep_seconds.table()
times = speed.pivot(index="repetition", columns="workers", values="wall")
times.columns = ["one process", "two workers"]
times["quotient"] = times["one process"] / times["two workers"]
times.round(2)

# %%
claim("03.speedup.parallel", times.quotient.median())
claim("03.seconds.total", ours.seconds.sum() / 2)

# %% [markdown]
# <details><summary><b>Conclusion</b> (open it after your run)</summary>
#
# **About an hour<!--03.seconds.total in 3000..5000-->: the 45<!--03.runs--> runs of the nine settings took 3,821<!--03.seconds.total--> seconds, shared by two workers that are never idle.** One process of two threads takes
# 1.2<!--03.speedup.parallel--> times as long as two workers of one thread.
#
# </details>

# %% [markdown]
# **Change it.** Sum the seconds of the report's own loop: `theirs.seconds.sum() / 120` minutes. Then think: what made days of it?
#
# ## What the report said, what we found

# %%
course.claims_table()

# %% [markdown]
# - "A higher clustering score is better separation": the score is the inertia. Within 16 units *less* went with a better accuracy, and the weights explain it; across sizes it says little (section 4).
# - "$L$ between 10 and 50": the range holds good sizes and bad ones (section 5). "$\alpha$ above $\beta$ where the reconstruction matters": so it is, in the right map of section 3.
# - Brightness and contrast are an option, it says, as flips are. On top of our augmentation they gain +0.004<!--03.knob.brightness--> (section 5). A flip can change what a digit is.
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
# - The inertia depends on the scale and the size of the code. Before a score may choose, hold the settings fixed and ask whether it still says something.
# - Runs that share a pretraining are one draw, not three: draw and exchange them together.
# - Turn one knob at a time, and compare its effect with the spread between seeds.
#
# ## References
#
# - B. Efron, R. Tibshirani, *An Introduction to the Bootstrap*, Chapman and Hall, 1993.
# - C. Spearman, "The proof and measurement of association between two things", *American Journal of Psychology* 15, 1904.
# - joblib and dask.distributed: the documentation of `Parallel`, `Memory` and the Dask backend.
# - X. Guo et al., "Deep embedded clustering with data augmentation", *ACML* 2018.
