"""Lesson 03: the report's sweep, its own loop and the repaired one."""

import hashlib
import json
import tempfile
import time

import joblib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from sklearn.metrics import euclidean_distances

from helpers import clustering, course, data, exercises, plots, scores, sweeps
from lessons import dcn

# Notebook 03's parameters of DeepClustering: the report's first network, about an hour for 45 runs
REPAIRED = {"hidden": (256, 128), "assignments": "soft", "pretrain_epochs": 10, "overcluster": 40}
REPAIRED |= {"overcluster_iter": 6, "max_iter": 6, "ramp": 1, "n_init": 3, "learning_rate": 3e-3, "tol": 0.0}
REPAIRED |= {"augmentation": dcn.SLANTED}
GREY = {"brightness": 0.2, "contrast": 0.3}  # a fifth of the way from black to white; three quarters to four thirds


def nine_settings(seeds=range(5), **axes):
    """Configurations on MNIST: the report's nine times `seeds`, or other `axes` in place of theirs."""
    nine = {"weights": [[0.5, 0.5], [0.7, 0.3], [0.3, 0.7]], "latent_dim": [2, 16, 64]}
    return sweeps.grid(dataset=["mnist"], **(nine | axes), seed=seeds)


def one_knob(**axes):
    """Configurations of `repaired_sweep` with one knob turned: L = 16, weights 0.3 and 0.7, or what `axes` say."""
    return nine_settings(**({"changes": [{}], "weights": [[0.3, 0.7]], "latent_dim": [16]} | axes))


REPORTED = {  # Activity C's table, a row per L and weights: loss, validation loss, inertia; four rows are empty
    (2, "0.5 / 0.5"): (0.0026, 0.0023, 0.0302),
    (2, "0.7 / 0.3"): (0.0117, 0.0111, 0.0000),
    (16, "0.5 / 0.5"): (0.0045, 0.0039, 0.0210),
    (16, "0.3 / 0.7"): (np.nan, np.nan, 0.0234),
    (64, "0.7 / 0.3"): (0.0124, 0.0128, 0.3532),
}
VERDICTS = {2: "0.5 / 0.5", 16: "0.3 / 0.7", 64: "0.7 / 0.3"}  # the weights that the report calls best, by L


def _numbers(weights):
    return [float(number) for number in weights.split(" / ")]


@sweeps.repeated(
    version="2",
    workers=1,
    runs={
        "nine settings": nine_settings(range(3), pretrain_epochs=[0]),
        "pretrained": [
            row
            for size, weights in VERDICTS.items()
            for row in nine_settings([0], weights=[_numbers(weights)], latent_dim=[size], pretrain_epochs=[20])
        ],
    },
)
def report_sweep(dataset, weights, latent_dim, pretrain_epochs, seed):
    """The report's Activity C: its adjusted network, five rounds of five epochs of its loop, whatever the profile.

    The report prints neither its training function nor how it measured. Our choices: the loss is Keras's mean over the
    last epoch; the validation images are the 10,000 test images, their distances those to the last round's centroids;
    the shift is that of `dcn.shift`; the loop stops early only if no image changes its cluster. `weights` are alpha and
    beta; `pretrain_epochs` are those of the reconstruction alone, before the first K-Means: the report's method section
    prescribes it, its activities leave it out (0).

    Returns a dict: reconstruction (mean squared error per pixel), clustering (mean distance to the nearest centroid)
    and loss (alpha and beta times these), of training images, and with `_test` of test images; inertia, acc, live
    (clusters), rounds, spread (of the codes), shift_first and shift_last (mean move of a centroid in the first and the
    last round); inertias and accs, lists: of the first K-Means, and after each round.
    """
    images = data.load(dataset, profile="full")
    alpha, beta = weights
    course.seed(seed)
    network = dcn.adjusted_network(latent_dim)
    if pretrain_epochs:
        dcn.train_reconstruction(network, images.x_train, pretrain_epochs, seed)
    dcn.compile_jointly(network, alpha, beta)
    rounds, _ = dcn.joint_loop(network, images.x_train, images.y_train, 5, 5, seed)
    answers = network.predict(images.x_test, batch_size=1000, verbose=0)
    error = scores.reconstruction_error(images.x_test, answers["Output"]).mean()
    centroids = np.asarray(network.loss["Latent_Code"].centroids)
    away = euclidean_distances(answers["Latent_Code"], centroids).min(axis=1).mean()
    last, result = rounds.iloc[-1], {"loss_test": alpha * error + beta * away}
    result |= {"reconstruction_test": error, "clustering_test": away}
    result |= {name: last[name] for name in ("loss", "reconstruction", "clustering", "inertia", "acc", "spread")}
    result |= {"shift_first": rounds["shift"].iloc[1], "shift_last": last["shift"]}
    result = {name: float(value) for name, value in result.items()}
    result |= {"live": int(last.live), "rounds": int(last["round"])}
    return result | {"inertias": rounds.inertia.tolist(), "accs": rounds.acc.tolist()}


@sweeps.repeated(
    version="1",
    runs={
        "nine settings": nine_settings(changes=[{}]),
        "learning rate 0.001": one_knob(changes=[{"learning_rate": 0.001}]),
        "learning rate 0.01": one_knob(changes=[{"learning_rate": 0.01}]),
        "L = 10": one_knob(latent_dim=[10]),
        "L = 50": one_knob(latent_dim=[50]),
        "not augmented": one_knob(changes=[{"augmentation": None}]),
        "brightness and contrast": one_knob(changes=[{"augmentation": dcn.SLANTED | GREY}]),
    },
)
def repaired_sweep(dataset, weights, latent_dim, seed, changes, images=None):
    """Activity C with the repaired loop: fit DeepClustering with the parameters REPAIRED, and score it.

    `weights` are alpha and beta, `changes` other parameters of DeepClustering, in place of those in REPAIRED. `images`
    is how many of the training images, from the first on; by default all.

    Returns a dict: loss, loss_test (alpha * R / R0 + beta * C / C0, of training images as distorted, and of test
    images), clustering (C) and inertia of the training codes, reconstruction (R of the test images), acc, nmi, ari,
    silhouette, live (clusters); of seed 0 also `pictures`: the first ten test images, reconstructed, as hexadecimal
    bytes.
    """
    whole = data.load(dataset, profile="full")
    x, digits = whole.x_train[:images], whole.y_train[:images]
    alpha, beta = weights
    settings = {"alpha": alpha, "beta": beta, "latent_dim": latent_dim, "random_state": seed}
    model = clustering.DeepClustering(**settings | REPAIRED | changes).fit(x)
    graded = scores.clustering_scores(digits, model.labels_, model.transform(x))
    first, last, test = model.history_.iloc[0], model.history_.iloc[-1], model.losses(whole.x_test)
    test_loss = alpha * test["reconstruction"] / first.reconstruction + beta * test["clustering"] / first.clustering
    result = {name: graded[name] for name in ("acc", "nmi", "ari", "silhouette")}
    result |= {"loss": last.loss, "loss_test": test_loss, "reconstruction": test["reconstruction"]}
    result |= {name: float(last[name]) for name in ("clustering", "inertia", "live")}
    if seed == 0:
        result["pictures"] = sweeps.as_text(model.inverse_transform(model.transform(whole.x_test[:10])))
    return result


@sweeps.repeated(version="1", workers=1, runs=sweeps.grid(repetition=range(5), workers=[1, 2]))
def sweep_seconds(repetition, workers, images=None):
    """Seconds (`wall`) of a sweep over four short runs, in a folder of its own: `workers` processes at once.

    One process has all threads, two have one each. `images` is how many of MNIST, from the first on; by default all.
    """
    short = {"pretrain_epochs": 3, "overcluster": 0, "max_iter": 3}
    part = {} if images is None else {"images": [images]}
    runs = one_knob(seeds=range(4), changes=[short], **part)
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        table = sweeps.run(repaired_sweep, runs, folder, version="", workers=workers, progress=False)
        wall = time.perf_counter() - started
    if table.error.notna().any():
        raise RuntimeError(f"a run failed, so its time means nothing: {table.error.dropna().iloc[0]}")
    return {"wall": wall}


def setting(latent_dim, weights):
    """The name of a setting, as `named` writes it."""
    return f"L = {latent_dim},  α / β = {weights}"


def reported():
    """The report's table as a DataFrame: loss, loss_test and inertia by setting."""
    rows = {setting(*place): numbers for place, numbers in REPORTED.items()}
    return pd.DataFrame(rows, index=["loss", "loss_test", "inertia"]).T


def named(runs):
    """`runs` with their weights as a text and a column `setting`, in the order of both, the largest alpha first."""
    runs = runs.assign(weights=runs.weights.map(lambda pair: f"{pair[0]} / {pair[1]}"))
    runs["setting"] = [setting(*place) for place in zip(runs.latent_dim, runs.weights, strict=True)]
    return runs.sort_values(["latent_dim", "weights", "seed"], ascending=[True, False, True])


def draw_report_runs(runs, baselines):
    """Inertia and accuracy of `named` runs, a line per setting: a dot per run, hollow diamonds the report's inertias.

    `baselines` is a dict of label to accuracy: vertical lines. The inertia axis is even below 0.001, to show 0.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 5.2), sharey=True)
    settings = runs.groupby(["latent_dim", "weights"], sort=False)
    for place, ((size, weights), part) in enumerate(settings):
        for axis, score in ((left, "inertia"), (right, "acc")):
            heights = place + np.linspace(-0.22, 0.22, len(part))
            axis.plot(part[score], heights, "o", color=plots.colour(f"L = {size}"), markersize=8)
            axis.grid(axis="x", color="0.9")
        if (size, weights) in REPORTED:
            style = {"markersize": 11, "markerfacecolor": "none", "markeredgewidth": 2, "color": "black"}
            left.plot(REPORTED[size, weights][2], place, "D", **style)
    left.set_xscale("symlog", linthresh=0.001, linscale=0.4)
    plots.log_ticks(left, [0, 0.01, 0.1, 1, 10])
    left.set_yticks(range(len(settings)), [f"L = {size},  {weights}" for size, weights in settings.groups])
    left.set(xlabel="inertia (hollow: the report)", ylim=(len(settings) - 0.5, -1.2))
    right.set(xlabel="accuracy", xlim=(0, 0.65))
    for label, accuracy in baselines.items():
        right.plot([accuracy] * 2, [-0.55, len(settings) - 0.5], "--", color=plots.REFERENCE)
        right.text(accuracy, -0.7, label, ha="center", va="bottom", fontsize=12)
    return figure


def draw_scores(runs):
    """Accuracy of `named` runs against inertia and against test error: colour is L, a darker shade more beta."""
    figure, axes = plt.subplots(1, 2, figsize=(9, 5), sharey=True)
    for axis, score, side, away in zip(axes, ("inertia", "reconstruction"), ("right", "left"), (-9, 9), strict=True):
        for (size, weights), part in runs.groupby(["latent_dim", "weights"], sort=False):
            beta, full = float(weights.split(" / ")[1]), plots.colour(f"L = {size}")
            shade = 1 - (1.75 * beta - 0.225) * (1 - np.array(full))
            axis.scatter(part[score], part.acc, s=100, color=[shade], edgecolors=[full], linewidths=1.2)
            if size == 16:  # the shades are the same in each cloud
                place = part[score].min() if side == "right" else part[score].max(), part.acc.mean()
                style = {"textcoords": "offset points", "ha": side, "va": "center", "fontsize": 13}
                axis.annotate(f"β = {beta}", place, (away, 0), **style)
        for size, part in runs.groupby("latent_dim"):
            style = {"textcoords": "offset points", "ha": "center", "fontsize": 15, "weight": "bold"}
            place, tint = (part[score].median(), part.acc.max()), plots.colour(f"L = {size}")
            axis.annotate(f"L = {size}", place, (0, 12), color=tint, **style)
        axis.set(xscale="log", ylim=(0.44, 0.97))
        axis.minorticks_off()
    axes[0].set_xticks([30_000, 100_000, 300_000, 1e6, 3e6], ["30", "100", "300", "1,000", "3,000"])
    axes[1].set_xticks([0.01, 0.02, 0.05], ["0.01", "0.02", "0.05"])
    axes[0].set(xlabel="inertia of the codes, thousands", ylabel="accuracy")
    axes[1].set(xlabel="test MSE per pixel", xlim=(0.0062, 0.08))
    return figure


def draw_within(runs):
    """Accuracy of `named` runs against inertia, without the mean of each setting: one panel per L.

    What is left differs by its seed. A thin line joins the runs of one pretraining, one per pair of weights. The
    inertia is a quotient: 2 is twice the (geometric) mean of its setting.
    """
    left = runs.assign(inertia=np.log(runs.inertia))
    means = left.groupby("setting")[["inertia", "acc"]].transform("mean")
    left = left.assign(inertia=np.exp(left.inertia - means.inertia), acc=left.acc - means.acc)
    sizes = left.groupby("latent_dim")
    figure, axes = plt.subplots(1, len(sizes), figsize=(9, 3.8), sharex=True, sharey=True)
    for axis, (size, part) in zip(axes, sizes, strict=True):
        axis.axhline(0, color="0.5")
        axis.axvline(1, color="0.5")
        for _, family in part.sort_values("inertia").groupby("seed"):
            style = {"color": plots.colour(f"L = {size}"), "markersize": 9, "markeredgecolor": "white"}
            axis.plot(family.inertia, family.acc, "o-", linewidth=1, **style)
        axis.set(title=f"L = {size}", xscale="log")
        plots.log_ticks(axis, [0.5, 1, 2])
    axes[0].set_ylabel("accuracy, minus its setting's mean")
    axes[len(axes) // 2].set_xlabel("inertia, divided by its setting's mean")
    return figure


def draw_reconstructions(runs, images, shown):
    """Some of the first ten test images, and below them what `named` runs of seed 0 made of them: a block per weights.

    `images` (n, 784) are the test images, `shown` the numbers of those drawn.
    """
    runs = runs[runs.seed == 0]
    weights, size = runs.weights.unique(), len(shown)
    rows = {"original": np.concatenate([images[shown]] * len(weights))}
    for latent_dim, part in runs.groupby("latent_dim"):
        rows[f"L = {latent_dim}"] = np.concatenate([sweeps.as_pictures(text)[shown] for text in part.pictures])
    heads = [word for pair in weights for word in ("α / β", pair, *[""] * (size - 2))]
    gaps = range(size, size * len(weights), size)  # a gap before each block
    return plots.image_grid(list(rows.values()), list(rows), heads, column_gaps=gaps)


def draw_heat_maps(runs, shown, rows, columns):
    """One heat map per score: the mean of the runs in each cell, with the standard deviation written below it.

    `shown` takes a column of the DataFrame `runs` to its title, its number format, for example "{:.2f}", and a colour
    map in which dark is good; `rows` and `columns` are (column of `runs`, label).
    """
    figure, axes = plt.subplots(1, len(shown), figsize=(4.5 * len(shown), 4), squeeze=False, sharey=True)
    for axis, (score, (title, form, colours)) in zip(axes[0], shown.items(), strict=True):
        cells = runs.groupby([rows[0], columns[0]], sort=False)[score].agg(["mean", "std"])
        written = cells.apply(lambda cell: f"{form.format(cell['mean'])}\n± {form.format(cell['std'])}", axis=1)  # noqa: B023
        style = {"fmt": "", "cmap": colours, "cbar": False, "annot_kws": {"fontsize": 13}}
        sns.heatmap(cells["mean"].unstack(), annot=written.unstack(), ax=axis, **style)
        axis.set(title=title, xlabel=columns[1], ylabel="")
        axis.tick_params(axis="y", rotation=0)
    axes[0, 0].set_ylabel(rows[1])
    return figure


def right_key(configuration, version):
    """With sorted keys, equal configurations are equal texts, and a hash of the text is the same in each process.

    Python's own `hash()` of a text is not: each start of Python draws another secret number for it.
    """
    import hashlib
    import json

    text = json.dumps([configuration, version], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _hashed(*parts, **settings):
    return hashlib.sha256(json.dumps(parts, **settings).encode()).hexdigest()[:16]


@exercises.exercise(
    "03.1",
    right=right_key,
    wrong={
        "Sort the keys": lambda configuration, version: _hashed(configuration, version),
        "one would overwrite the other": lambda configuration, version: _hashed(configuration["latent_dim"], version),
        "old results would be taken for new ones": lambda configuration, _: _hashed(configuration, sort_keys=True),
        "Python's `hash()` of a text changes with each start": lambda configuration, version: (
            f"{hash(json.dumps(configuration, sort_keys=True) + version):x}"
        ),
    },
    wanted="a text of 4 to 64 letters",
)
def check_key(name):
    """`name(configuration, version)` must be the same for the same run everywhere, and for no other."""
    configuration = {"latent_dim": 16, "weights": [0.3, 0.7], "changes": {"tol": 0, "ramp": 1}, "seed": 0}
    first = name(configuration, "1")
    if not isinstance(first, str) or not 4 <= len(first) <= 64:
        yield "a text of 4 to 64 letters is wanted."
    turned = configuration | {"changes": {"ramp": 1, "tol": 0}}
    for same in (dict(reversed(configuration.items())), turned):
        if name(same, "1") != first:
            hint = "the same configuration with keys in another order got another name. Sort the keys, inner ones, too."
            yield hint, name(same, "1"), first
    for other in ({"seed": 1}, {"weights": [0.7, 0.3]}, {"extra": 1}):
        if name(configuration | other, "1") == first:
            hint = f"another run, with {other}, got the same name: one would overwrite the other."
            yield hint, first, "another name"
    if name(configuration, "2") == first:
        hint = "another version of the code got the same name: old results would be taken for new ones."
        yield hint, first, "another name"
    with joblib.parallel_config(backend="loky", inner_max_num_threads=1):  # a fresh Python has another seed of hash()
        elsewhere = joblib.Parallel(n_jobs=2)([joblib.delayed(name.args[0])(configuration, "1")] * 2)  # not its wrapper
    if set(elsewhere) != {first}:
        hint = "another process gives the same run another name, so nothing is found again."
        why = "Python's `hash()` of a text changes with each start: take one from `hashlib`."
        yield f"{hint} {why}", elsewhere[0], first


def right_candidates(runs):
    """What lies closer to the best than two standard errors may have swapped places by its seeds alone.

    Variances are averaged, not deviations: the mean of the variances estimates the common variance without bias.
    """
    cells = runs.groupby("setting").acc
    error = (cells.var().mean() * 2 / cells.size().iloc[0]) ** 0.5
    return set(cells.mean()[cells.mean() > cells.mean().max() - 2 * error].index)


@exercises.exercise(
    "03.2",
    right=right_candidates,
    wrong={
        "the best setting itself is missing": lambda runs: {runs.groupby("setting").acc.mean().idxmin()},
        "belongs to them": lambda runs: {runs.groupby("setting").acc.mean().idxmax()},
        "does not belong to them": lambda runs: set(runs.setting),
    },
    wanted="a set of names",
)
def check_candidates(candidates, runs):
    """`candidates(runs)` must name the settings less than two standard errors below the best mean."""
    answer = set(candidates(runs))
    cells = runs.groupby("setting").acc
    error = (cells.var().mean() * 2 / cells.size().iloc[0]) ** 0.5
    behind, right = cells.mean().max() - cells.mean(), right_candidates(runs)
    if behind.idxmin() not in answer:
        yield "the best setting itself is missing: it lies 0 below the best."
    for setting in sorted(right ^ answer, key=str):
        if setting not in behind:
            yield f"{setting!r} is no name of the column `setting`."
        side = "belongs to them" if setting in right else "does not belong to them"
        hint = "Pool the *variances* of the cells by their mean, then take the root."
        beside = f"{behind[setting]:.4f} below the best", f"two standard errors are {2 * error:.4f}"
        yield f"{setting} {side}. {hint}", *beside


def right_score(codes, labels):
    """The share of the variance that lies between the clusters: a ratio, so the scale of the codes cancels."""
    within = sum(((codes[labels == k] - codes[labels == k].mean(axis=0)) ** 2).sum() for k in np.unique(labels))
    return 1 - within / ((codes - codes.mean(axis=0)) ** 2).sum()


@exercises.exercise(
    "03.3",
    right=right_score,
    wrong={
        "divide by a spread": lambda codes, labels: -codes[labels == 0].var(),
        "more must be better": lambda codes, labels: 1 - right_score(codes, labels),
    },
)
def check_score(score):
    """`score(codes, labels)` must not depend on the scale of the codes, and must prefer true groups."""
    generator = np.random.default_rng(0)
    truth = generator.permutation(np.repeat(np.arange(4), 50))
    codes = generator.normal(size=(4, 3))[truth] * 3 + generator.normal(size=(200, 3))
    true, scaled = score(codes, truth), score(codes * 10, truth)
    if not np.isclose(true, scaled):
        hint = "with all codes multiplied by 10 it is another number: divide by a spread."
        yield hint, f"{scaled:.4g}", f"{true:.4g}"
    for shuffled in (score(codes, generator.permutation(truth)), score(generator.permutation(codes), truth)):
        if not true > shuffled:
            hint = "a random grouping scores as high as the true one, or higher; more must be better."
            yield hint, f"{true:.4g} for the true groups", f"more than {shuffled:.4g}"
