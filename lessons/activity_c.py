"""Lesson 03: the report's sweep, its own loop and the repaired one."""

import hashlib
import json
import tempfile
import time

import joblib
import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns

from helpers import clustering, course, data, exercises, networks, scores, sweeps
from lessons import dcn

REPAIRED = {  # notebook 03's parameters of DeepClustering: the report's first network, about an hour for 45 runs
    "hidden": (256, 128),
    "assignments": "soft",
    "pretrain_epochs": 10,
    "overcluster": 40,
    "overcluster_iter": 6,
    "max_iter": 6,
    "ramp": 1,
    "n_init": 3,
    "learning_rate": 3e-3,
    "tol": 0.0,
    "augmentation": dcn.SLANTED,
}


def nine_settings(seeds=range(5), **axes):
    """Configurations on MNIST: the report's nine times `seeds`, or other `axes` in place of theirs."""
    nine = {"weights": [[0.5, 0.5], [0.7, 0.3], [0.3, 0.7]], "latent_dim": [2, 16, 64]}
    return sweeps.grid(dataset=["mnist"], **(nine | axes), seed=seeds)


def one_knob(**axes):
    """Configurations of `repaired_sweep` with one knob turned: L = 16, weights 0.3 and 0.7, or what `axes` say."""
    return nine_settings(**({"changes": [{}], "weights": [[0.3, 0.7]], "latent_dim": [16]} | axes))


@sweeps.repeated(version="1", runs=nine_settings(seeds=[0]))
def report_sweep(dataset, weights, latent_dim, seed):
    """The report's Activity C: five rounds of five epochs of a joint loop, whatever the profile of this run.

    `weights` are alpha and beta.

    Returns
    -------
    dict
        loss, loss_test (alpha * mean squared error + beta * mean distance to the nearest centroid), reconstruction (its
        first term on the test images, without alpha), inertia, acc, live (clusters), rounds.
    """
    images = data.load(dataset, profile="full")
    alpha, beta = weights
    course.seed(seed)
    network = dcn.two_outputs(networks.autoencoder(latent_dim))
    dcn.compile_jointly(network, alpha, beta)
    rounds, codes = dcn.joint_loop(network, images.x_train, images.y_train, 5, 5, seed)
    found = dcn.ten_means(codes[-1])
    result = {}
    for name, pixels in {"loss": images.x_train, "loss_test": images.x_test}.items():
        answers, latents = (
            networks.predict(networks.up_to(network, part), pixels) for part in ("Output", "Latent_Code")
        )
        error = scores.reconstruction_error(pixels, answers).mean()
        away = found.transform(latents).min(axis=1)
        result[name] = float(alpha * error + beta * away.mean())
    last = rounds.iloc[-1]
    result |= {"reconstruction": float(error), "inertia": float(last.inertia), "acc": float(last.acc)}
    return result | {"live": int(last.live), "rounds": int(last["round"])}


@sweeps.repeated(
    version="1",
    runs={
        "nine settings": nine_settings(changes=[{}]),
        "learning rate 0.001": one_knob(changes=[{"learning_rate": 0.001}]),
        "learning rate 0.01": one_knob(changes=[{"learning_rate": 0.01}]),
        "L = 10": one_knob(latent_dim=[10]),
        "L = 50": one_knob(latent_dim=[50]),
        "not augmented": one_knob(changes=[{"augmentation": None}]),
    },
)
def repaired_sweep(dataset, weights, latent_dim, seed, changes, images=None):
    """Activity C with the repaired loop: fit DeepClustering with the parameters REPAIRED, and score it.

    Parameters
    ----------
    dataset : str
        A name for `data.load`.
    weights : (float, float)
        alpha and beta.
    latent_dim, seed : int
    changes : dict
        Other parameters of DeepClustering, in place of those in REPAIRED.
    images : int, optional
        How many of the training images, from the first on; by default all.

    Returns
    -------
    dict
        loss, loss_test (alpha * R / R0 + beta * C / C0, of training images as distorted, and of test images),
        clustering (C) and inertia of the training codes, reconstruction (R of the test images), acc, nmi, ari,
        silhouette, live (clusters); of seed 0 also `pictures`: the first ten test images,
        reconstructed, as hexadecimal bytes.
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


def draw_heat_maps(runs, shown, rows, columns):
    """One heat map per score: the mean of the runs in each cell, with the standard deviation written below it.

    `shown` takes a column of the DataFrame `runs` to its title, its number format, for example "{:.2f}", and a colour
    map in which dark is good; `rows` and `columns` are (column of `runs`, label).
    """
    figure, axes = plt.subplots(1, len(shown), figsize=(5.6 * len(shown), 4.2), squeeze=False)
    for axis, (score, (title, form, colours)) in zip(axes[0], shown.items(), strict=True):
        cells = runs.groupby([rows[0], columns[0]], sort=False)[score].agg(["mean", "std"])
        written = cells.apply(lambda cell: f"{form.format(cell['mean'])}\n± {form.format(cell['std'])}", axis=1)  # noqa: B023
        sns.heatmap(
            cells["mean"].unstack(), annot=written.unstack(), fmt="", cmap=colours, ax=axis, annot_kws={"fontsize": 13}
        )  # fmt: skip
        axis.set(title=title, xlabel=columns[1], ylabel=rows[1])
        axis.tick_params(axis="y", rotation=0)
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
        "old results would be taken for new ones": lambda configuration, version: _hashed(
            configuration, sort_keys=True
        ),
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
        hint = (
            "another process gives the same run another name, so nothing is found again. Python's `hash()` of a text "
        )
        yield hint + "changes with each start: take one from `hashlib`.", elsewhere[0], first


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
        yield (
            "with all codes multiplied by 10 it is another number: divide by a spread.",
            f"{scaled:.4g}",
            f"{true:.4g}",
        )
    for shuffled in (score(codes, generator.permutation(truth)), score(generator.permutation(codes), truth)):
        if not true > shuffled:
            hint = "a random grouping scores as high as the true one, or higher; more must be better."
            yield hint, f"{true:.4g} for the true groups", f"more than {shuffled:.4g}"
