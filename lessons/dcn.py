"""Lesson 02: the report's joint optimisation as its author wrote it, and the recipes that repair it."""

import collections

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.ticker import LogLocator
from sklearn.cluster import KMeans

from helpers import clustering, course, data, exercises, networks, plots, scores, sweeps, training

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


def right_accuracy(labels_true, labels_pred):
    """The table counts images by digit and cluster; the matching gives each cluster a digit, for the largest sum.

    With all images in one cluster, it is the share of the commonest digit: about 0.11.
    """
    from scipy.optimize import linear_sum_assignment

    size = int(max(labels_true.max(), labels_pred.max())) + 1
    table = np.zeros((size, size), int)
    np.add.at(table, (labels_true, labels_pred), 1)
    rows, columns = linear_sum_assignment(-table)
    return table[rows, columns].sum() / len(labels_true)


def _purity(labels_true, labels_pred):
    groups = [labels_true[labels_pred == cluster] for cluster in np.unique(labels_pred)]
    return sum(np.bincount(group).max() for group in groups) / len(labels_true)


@exercises.exercise(
    "02.1",
    right=right_accuracy,
    wrong={
        "match clusters to digits first": lambda labels_true, labels_pred: np.mean(labels_true == labels_pred),
        "the commonest digit of each cluster is purity, not this": _purity,
    },
)
def check_accuracy(accuracy):
    """`accuracy(labels_true, labels_pred)` must be the one of `scores.clustering_scores`."""
    truth = np.repeat(np.arange(4), 25)
    if not np.isclose(accuracy(truth, (truth + 1) % 4), 1):
        yield "a perfect clustering with other names must score 1: match clusters to digits first."
    merged = np.where(truth == 3, 2, truth)  # two classes in one cluster, one cluster missing
    split = np.where((truth == 0) & (np.arange(100) < 10), 4, truth)  # one class in two clusters
    crossed = [np.repeat(labels, [30, 29, 29, 2]) for labels in ([0, 0, 1, 1], [0, 1, 0, 1])]  # the largest first: 32
    for classes, labels, case in (
        (truth, merged, "two classes share a cluster"),
        (truth, split, "one class is split in two clusters"),
        (*crossed, "the largest number of the table belongs to no best matching"),
    ):
        if not np.isclose(accuracy(classes, labels), scores.clustering_scores(classes, labels)["acc"]):
            yield (
                f"here {case}. A cluster stands for one digit, a digit for one cluster; "
                "the commonest digit of each cluster is purity, not this."
            )


def right_network(latent_dim):
    """The decoder's first layer takes the code. In the report's listing it took the layer before it, `hidden`."""
    Dense = keras.layers.Dense
    inputs = keras.Input((784,))
    hidden = Dense(256, activation="relu")(Dense(512, activation="relu")(inputs))
    code = Dense(latent_dim, name="Latent_Code")(hidden)
    decoded = Dense(512, activation="relu")(Dense(256, activation="relu")(code))
    return keras.Model(inputs, {"Output": Dense(784, activation="sigmoid")(decoded), "Latent_Code": code})


def _hung(*decoder_sees):
    """A network whose decoder hangs on these two layers, or on one of them: "hidden", "code"."""

    def build(latent_dim):
        inputs = keras.Input((784,))
        hidden = keras.layers.Dense(16, "relu")(inputs)
        parts = {"hidden": hidden, "code": keras.layers.Dense(latent_dim)(hidden)}
        seen = [parts[name] for name in decoder_sees]
        seen = keras.layers.Concatenate()(seen) if len(seen) > 1 else seen[0]
        return keras.Model(inputs, {"Output": keras.layers.Dense(784)(seen), "Latent_Code": parts["code"]})

    return build


@exercises.exercise(
    "02.2",
    right=right_network,
    wrong={
        "a dict of two outputs": lambda latent_dim: networks.autoencoder(latent_dim),
        "the code has another size than was asked for": lambda latent_dim: _hung("code")(2),
        "the decoder begins before the code": _hung("hidden"),
        "something passes beside the code": _hung("code", "hidden"),
    },
    wanted='keras.Model(inputs, {"Output": ..., "Latent_Code": ...})',
)
def check_network(network):
    """The reconstruction of `network(latent_dim)` must depend on its code, and on nothing else."""
    model = network(8)
    if not isinstance(model.output, dict) or {"Output", "Latent_Code"} - set(model.output):
        yield "the model needs a dict of two outputs, `Output` and `Latent_Code`."
    size = model.output["Latent_Code"].shape[-1]
    if size != 8:
        yield "the code has another size than was asked for.", f"{size} units", "8 units"
    x, z = np.random.default_rng(0).random((20, 784), "float32"), np.random.default_rng(1).normal(size=(20, 8))
    from_code = from_image_and_code(model)
    own = from_code(x, z)
    if np.allclose(own, from_code(x, z[::-1])):
        beside = "the same output", "another one"
        yield "a stranger's code changes nothing: the decoder begins before the code. What is its first input?", *beside
    if not np.allclose(own, from_code(x[::-1], z), atol=1e-6):
        beside = "another output", "the same"
        yield "with the same code, another image changes the output: something passes beside the code.", *beside


def right_worthless():
    """Without the reconstruction (alpha 0) nothing ties the code to the image.

    The network then only has to learn, by heart, which centroid K-Means gave to each image.
    """
    parameters = {"pretrain_epochs": 0, "alpha": 0.0, "beta": 1.0, "ramp": 1, "centroid_update": "fixed"}
    return parameters | {"max_iter": 2, "epochs": 60, "learning_rate": 3e-3}


@exercises.exercise(
    "02.3",
    right=right_worthless,
    wrong={
        "the accuracy grew: these codes still have to draw the digits": lambda: (
            {"pretrain_epochs": 0, "beta": 0.01, "latent_dim": 10, "max_iter": 2, "epochs": 15, "learning_rate": 0.005}
            | {"centroid_update": "kmeans"}
        ),
        "the inertia is not down to a tenth yet": lambda: {"pretrain_epochs": 0, "alpha": 0.0, "max_iter": 1},
        "nothing is changed yet": lambda: {},
    },
    wanted="a dict of parameters of DeepClustering",
)
def check_worthless(parameters, x, digits):
    """DeepClustering with `parameters()` must lose nine tenths of its inertia and gain no accuracy."""
    chosen = parameters()
    if not chosen:
        yield "nothing is changed yet."
    settings = {"latent_dim": 2, "hidden": (64,), "track": len(x), "random_state": 0} | chosen
    model = clustering.DeepClustering(**settings).fit(x)
    ends = [clustering.pairwise_distances_argmin(model.tracked_codes_[i], model.tracked_centers_[i]) for i in (0, -1)]
    start, end = (scores.clustering_scores(digits, labels)["acc"] for labels in ends)
    left = model.history_.inertia.iloc[-1] / model.history_.inertia.iloc[0]
    found = f"inertia {left:.1%} of its first value, accuracy {start:.2f} at the start and {end:.2f} at the end"
    if end > start + 0.05:
        hint = "the accuracy grew: these codes still have to draw the digits. Which weight says so?"
        yield hint, found, "accuracy at most 0.05 higher"
    if left > 0.1:
        hint = "the inertia is not down to a tenth yet. Train longer or faster, and let nothing oppose the pull."
        yield hint, found, "inertia at most 10 %"
    return found + "."
