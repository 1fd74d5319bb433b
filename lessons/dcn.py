"""Lesson 02: the report's joint optimisation as its author wrote it, and the recipes that repair it."""

import collections

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.ticker import LogLocator
from sklearn.cluster import KMeans

from helpers import clustering, course, data, networks, plots, scores, sweeps, training

with course.quiet_imports():
    import keras

SLANTED = {"degrees": 10, "shift": 0.1, "shear": 0.25, "zoom": 0.15}
BASE = {
    "latent_dim": 10,
    "hidden": (512, 256),
    "pretrain_epochs": 20,
    "max_iter": 24,
    "learning_rate": 2e-3,
    "tol": 0.0,
}
OVER_CLUSTERED = {"overcluster": 40, "overcluster_iter": 12, "max_iter": 12}
FIXED = BASE | OVER_CLUSTERED | {"centroid_update": "fixed", "alpha": 0.1, "beta": 1.0}
SOFT = BASE | OVER_CLUSTERED | {"assignments": "soft", "alpha": 0.01, "beta": 1.0, "ramp": 1}
RECIPES = {  # notebook 02's parameters of DeepClustering, by name
    "DCN, over-clustered": FIXED | {"pretrain_epochs": 60, "overcluster_iter": 16, "max_iter": 16},
    "DCN, over-clustered, augmented": FIXED | {"augmentation": SLANTED},
    "over-clustered, augmented": SOFT | {"augmentation": SLANTED},
    "balanced, over-clustered, augmented": SOFT | {"augmentation": SLANTED, "assignments": "balanced"},
}


def two_outputs(autoencoder):
    """An autoencoder that answers with its reconstruction and with its latent code."""
    code = autoencoder.get_layer("Latent_Code").output
    return keras.Model(autoencoder.input, {"Output": autoencoder.output, "Latent_Code": code})


def distance(centroid, code):
    """The report's clustering loss: the distance, not squared (the tiny number keeps its slope finite at 0)."""
    return keras.ops.sqrt(keras.ops.sum((code - centroid) ** 2, axis=-1) + 1e-12)


def compile_jointly(network, alpha=0.5, beta=0.5):
    """Adam on alpha * mean squared error + beta * distance."""
    network.compile(
        optimizer="adam",
        loss={"Output": "mse", "Latent_Code": distance},
        loss_weights={"Output": alpha, "Latent_Code": beta},
        **training.compile_options(xla=True),
    )


def ten_means(codes):
    """K-Means with ten clusters, fitted to codes (n, L)."""
    return clustering.k_means(codes, 10, n_init=3, random_state=0)


def towards(images, found, seed=0):
    """Batches for step (c): each image (n, 784) with its two targets, itself and the centroid of its cluster."""
    targets = found.cluster_centers_[found.labels_].astype("float32")
    pairs = training.batches(images, targets, seed=seed)
    return pairs.map(lambda image, centroid: (image, {"Output": image, "Latent_Code": centroid}))


def joint_loop(network, images, digits, rounds, epochs, seed):
    """Steps (b), (c), (d): K-Means, train towards the centroids, again, until no image changes its cluster.

    Parameters
    ----------
    network : keras.Model
        Of `two_outputs`, compiled.
    images : array (n, 784)
    digits : int array (n,)
        Used to score, never to train.
    rounds : int
        At most; `epochs` each.
    seed : int
        Of the order of the images.

    Returns
    -------
    pandas.DataFrame, list of array (n, L)
        A row per round, 0 being the untrained network: live (clusters with an image), changed (share of images that
        changed cluster), inertia, acc, spread (standard deviation of the codes, root mean square over units); and the
        codes of each round.
    """
    rows, all_codes, previous = [], [], None
    for round_ in range(rounds + 1):
        all_codes.append(networks.predict(networks.up_to(network, "Latent_Code"), images))
        found = ten_means(all_codes[-1])
        graded = scores.clustering_scores(digits, found.labels_)
        changed = 1.0 if previous is None else np.mean(found.labels_ != previous)
        rows.append({"round": round_, "live": len(graded["sizes"]), "changed": changed, "inertia": found.inertia_}
                    | {"acc": graded["acc"], "spread": clustering.spread(all_codes[-1])})  # fmt: skip
        if changed == 0 or round_ == rounds:
            return pd.DataFrame(rows), all_codes
        network.fit(towards(images, found, 100 * seed + round_), epochs=epochs, shuffle=False, verbose=0)
        previous = found.labels_


def from_seeds(seeds, images, digits, rounds, epochs, **settings):
    """`joint_loop` from the starting weights of each seed; `settings` are those of `networks.autoencoder`.

    One network is compiled and restarted: compiling takes longer than a short loop.

    Returns
    -------
    dict of seed to DataFrame, dict of seed to list of array (n, L)
    """
    network, tables, codes = two_outputs(networks.autoencoder(**settings)), {}, {}
    compile_jointly(network)
    for seed in seeds:
        keras.utils.set_random_seed(seed)
        network.set_weights(networks.autoencoder(**settings).get_weights())
        for variable in network.optimizer.variables:
            if variable.name != "learning_rate":
                variable.assign(keras.ops.zeros_like(variable))
        tables[seed], codes[seed] = joint_loop(network, images, digits, rounds, epochs, seed)
    return tables, codes


def from_image_and_code(network):
    """A function of images (n, 784) and codes (n, L), both given: the `Output` of a network with a `Latent_Code`, too.

    All that follows the code in the network sees the given codes, all that passes beside it the images.
    """
    code = network.output["Latent_Code"]
    both = keras.ops.mean(network.input) + keras.ops.mean(code)  # Keras 3.13 refuses an input that nothing depends on
    given = keras.Model([network.input, code], [network.output["Output"], both])
    return lambda images, codes: np.asarray(given([images, codes])[0])


@sweeps.repeated(version="2", runs=sweeps.grid(dataset=["mnist"], recipe=list(RECIPES), seed=range(5)))
def fitted_recipe(dataset, recipe, seed):
    """Fit DeepClustering with a recipe of RECIPES on the whole of a data set, whatever the profile, and score it.

    Returns
    -------
    dict
        acc, nmi, ari, silhouette and inertia of the training images and their codes; acc, nmi, ari with `_start` of
        K-Means after pretraining, with `_test` of the test images under frozen centroids.
    """
    images = data.load(dataset, profile="full")
    model = clustering.DeepClustering(random_state=seed, track=len(images.x_train), **RECIPES[recipe])
    model.fit(images.x_train)
    graded = scores.clustering_scores(images.y_train, model.labels_, model.tracked_codes_[-1])
    start = scores.clustering_scores(images.y_train, model.pretrain_labels_)
    test = scores.clustering_scores(images.y_test, model.predict(images.x_test))
    result = {name: graded[name] for name in ("acc", "nmi", "ari", "silhouette")}
    for name in ("acc", "nmi", "ari"):
        result |= {f"{name}_start": start[name], f"{name}_test": test[name]}
    return result | {"inertia": float(model.history_.inertia.iloc[-1])}


@sweeps.repeated(version="2", workers=1, runs=sweeps.grid(dataset=["mnist"], seed=range(5)))
def k_means_on_pixels(dataset, seed):
    """K-Means on the pixels of a whole data set: the scores of the training images, and acc_test."""
    images = data.load(dataset, profile="full")
    found = KMeans(10, n_init=4, random_state=seed).fit(images.x_train)
    graded = scores.clustering_scores(images.y_train, found.labels_, images.x_train)
    test = scores.clustering_scores(images.y_test, found.predict(images.x_test))
    result = {name: graded[name] for name in ("acc", "nmi", "ari", "silhouette")}
    return result | {"inertia": float(found.inertia_), "acc_test": test["acc"]}


def draw_joint_traces(histories):
    """Two panels by iteration, logarithmic: how far centroids moved, and the share of images that changed cluster.

    `histories` is a dict of str to DeepClustering.history_.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(13, 4.6))
    for (name, history), colour, marker in zip(histories.items(), plots.CLASS_COLOURS, "os^D", strict=False):
        later = history.iloc[1:]
        left.plot(later.index, later["shift"] / history.spread.iloc[0], color=colour, marker=marker, label=name)
        right.plot(later.index, later.changed, color=colour, marker=marker, label=name)
    left.set(xlabel="iteration", ylabel="mean shift of a centroid / first spread", yscale="log")
    right.set(xlabel="iteration", ylabel="share of images that changed cluster", yscale="log")
    for axis in (left, right):
        axis.xaxis.set_major_locator(plt.MaxNLocator(integer=True))
        axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.yaxis.set_major_formatter("{x:g}")
        axis.yaxis.set_minor_formatter(plt.NullFormatter())
    left.legend(frameon=False)
    return figure


def draw_two_colourings(points, digits, clusters):
    """The same points (n, 2) twice: coloured by digit, and by the digit that their cluster stands for."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(13, 5.8))
    for axis, labels, title in ((left, digits, "coloured by digit"), (right, clusters, "coloured by cluster")):
        colours = np.array([plots.CLASS_COLOURS[label % 10] for label in labels])
        axis.scatter(*points.T, c=colours, s=9, alpha=0.7, linewidths=0)
        axis.set(title=title, xticks=[], yticks=[], xlabel="t-SNE axis 1 (no unit)")
        plots.name_classes(axis, points, labels, {name: str(name) for name in np.unique(labels)})
    left.set_ylabel("t-SNE axis 2 (no unit)")
    return figure


def draw_inertia_and_accuracy(traces):
    """Accuracy against inertia, relative to its first value, a line per run from round to round; its end is a star.

    `traces` is a dict of str to (inertias, accuracies); names with equal words before the comma share a colour, a
    marker and a line of the legend, which counts them. Below 0.02 the logarithmic axis is even, so that 0 has a place.
    """
    figure, axis = plt.subplots(figsize=(9, 5))
    kinds = collections.Counter(name.split(",")[0] for name in traces)
    styles = dict(zip(kinds, zip(plots.CLASS_COLOURS, "os^D", strict=False), strict=False))
    ends = collections.Counter()
    for name, (inertias, accuracies) in traces.items():
        kind, relative, accuracies = name.split(",")[0], np.asarray(inertias) / inertias[0], np.asarray(accuracies)
        colour, marker = styles[kind]
        first = not any(drawn.get_color() == colour for drawn in axis.lines)
        label = f"{kind} ({kinds[kind]} run{'s' * (kinds[kind] > 1)})" if first else None
        axis.plot(relative, accuracies, color=colour, marker=marker, linewidth=1.6, label=label)
        axis.plot(relative[-1], accuracies[-1], marker="*", markersize=18, color=colour, zorder=3)
        ends[round(relative[-1], 3), round(accuracies[-1], 2)] += 1
    for place, count in ends.items():
        if count > 1:
            axis.annotate(f"{count} runs", place, (12, 8), textcoords="offset points", fontsize=12)
    axis.set_xscale("symlog", linthresh=0.02, linscale=0.3)
    axis.set_xticks([0, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2], ["0", "0.02", "0.05", "0.1", "0.2", "0.5", "1", "2"])
    axis.minorticks_off()
    axis.set(xlabel="inertia / inertia at the start", ylabel="accuracy", ylim=(0, 1))
    axis.legend(frameon=False, loc="upper left")
    return figure


@course.exercise
def check_cluster_accuracy(accuracy):
    """02, exercise 1: `accuracy(labels_true, labels_pred)` must be the one of `scores.clustering_scores`."""
    truth = np.repeat(np.arange(4), 25)
    renamed = (truth + 1) % 4
    if not np.isclose(accuracy(truth, renamed), 1):
        yield "a perfect clustering with other names must score 1: match clusters to digits first."
    merged = np.where(truth == 3, 2, truth)  # two classes in one cluster, one cluster missing
    if np.isclose(accuracy(truth, np.array([0, 1])[truth % 2]), 0.5) and not np.isclose(accuracy(truth, merged), 0.75):
        yield "with two classes in one cluster, one of them is wrong: the answer there is 0.75."
    split = np.where((truth == 0) & (np.arange(100) < 10), 4, truth)  # one class in two clusters
    crossed = [np.repeat(labels, [30, 29, 29, 2]) for labels in ([0, 0, 1, 1], [0, 1, 0, 1])]  # the largest first: 32
    for classes, labels, case in (
        (truth, merged, "two classes share a cluster"),
        (truth, split, "one class is split in two clusters"),
        (*crossed, "the largest number of the table belongs to no best matching"),
    ):
        right = scores.clustering_scores(classes, labels)["acc"]
        if not np.isclose(accuracy(classes, labels), right):
            yield (
                f"where {case} it must be {right:.2f}, yours is {accuracy(classes, labels):.2f}. Each cluster stands "
                "for one digit, each digit for one cluster; the commonest digit of each cluster is purity, not this."
            )


@course.exercise
def check_decoder_hangs_on_the_code(network):
    """02, exercise 2: the reconstruction of `network(latent_dim)` must depend on its code, and on nothing else."""
    model = network(8)
    if not isinstance(model.output, dict) or {"Output", "Latent_Code"} - set(model.output):
        yield "the model needs a dict of two outputs, `Output` and `Latent_Code`."
    code = model.output["Latent_Code"]
    if code.shape[-1] != 8:
        yield f"asked for a code of 8 units, it has {code.shape[-1]}."
    x, z = np.random.default_rng(0).random((20, 784), "float32"), np.random.default_rng(1).normal(size=(20, 8))
    from_code = from_image_and_code(model)
    own = from_code(x, z)
    if np.allclose(own, from_code(x, z[::-1])):
        yield "a stranger's code changes nothing: the decoder begins before the code. What is its first input?"
    if not np.allclose(own, from_code(x[::-1], z), atol=1e-6):
        yield "with the same code, another image changes the answer: something passes beside the code."


@course.exercise
def check_worthless_inertia(parameters, x, digits):
    """02, exercise 3: DeepClustering with `parameters` must lose nine tenths of its inertia and gain no accuracy."""
    settings = {"latent_dim": 2, "hidden": (64,), "track": len(x), "random_state": 0} | parameters
    model = clustering.DeepClustering(**settings).fit(x)
    ends = [clustering.pairwise_distances_argmin(model.tracked_codes_[i], model.tracked_centers_[i]) for i in (0, -1)]
    start, end = (scores.clustering_scores(digits, labels)["acc"] for labels in ends)
    left = model.history_.inertia.iloc[-1] / model.history_.inertia.iloc[0]
    print(f"inertia {left:.1%} of its first value; accuracy {start:.2f} at the start, {end:.2f} at the end")
    if end > start + 0.05:
        yield "the accuracy grew: these codes still have to draw the digits. Which weight says so?"
    if left > 0.1:
        yield "the inertia is not down to a tenth yet. Train longer or faster, and let nothing oppose the pull."
