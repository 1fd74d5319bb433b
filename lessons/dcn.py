"""Lesson 02: the report's joint optimisation as its author wrote it, and the recipes that repair it."""

import base64
import collections
import itertools
import time

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.ticker import LogLocator
from scipy.optimize import linear_sum_assignment
from sklearn.cluster import KMeans
from sklearn.manifold import TSNE
from sklearn.metrics import adjusted_rand_score, euclidean_distances
from threadpoolctl import threadpool_limits

from helpers import clustering, course, data, exercises, networks, plots, scores, sweeps, training

with course.quiet_imports():
    import keras

SLANTED = {"degrees": 10, "shift": 0.1, "shear": 0.25, "zoom": 0.15}
BASE = {"latent_dim": 10, "hidden": (512, 256), "pretrain_epochs": 20, "max_iter": 24}
BASE |= {"learning_rate": 2e-3, "tol": 0.0}
OVER_CLUSTERED = {"overcluster": 40, "overcluster_iter": 12, "max_iter": 12}
FIXED = {"centroid_update": "fixed", "alpha": 0.1, "beta": 1.0}
BALANCED = OVER_CLUSTERED | {"assignments": "balanced", "alpha": 0.01, "beta": 1.0, "ramp": 1, "augmentation": SLANTED}
RECIPES = {  # notebook 02's candidates: parameters of DeepClustering, written down before these runs
    name: BASE | chosen
    for name, chosen in {
        "DCN": {"centroid_update": "counts", "alpha": 1.0, "beta": 0.1},
        "DCN, augmented": FIXED | {"augmentation": SLANTED},
        "DCN, over-clustered": FIXED | OVER_CLUSTERED,
        "DCN, over-clustered, augmented": FIXED | OVER_CLUSTERED | {"augmentation": SLANTED},
        "balanced": BALANCED,
        "balanced, 36 of information": BALANCED | {"information_epochs": 36},
    }.items()
}
BEST = "balanced, 36 of information"


def first_network(latent_dim, latent_activation="relu", **settings):
    """The report's network of Activity A, 784-256-128-L and back, with two outputs: reconstruction and code."""
    autoencoder = networks.autoencoder(latent_dim, latent_activation, **settings)
    code = autoencoder.get_layer("Latent_Code").output
    return keras.Model(autoencoder.input, {"Output": autoencoder.output, "Latent_Code": code})


def adjusted_network(latent_dim, latent_activation="relu", bypass=True):
    """The report's second network with its two outputs: 784-512-256-L and back, ReLU on the code, He's initialisation.

    With `bypass` the decoder hangs on the 256-unit layer before the code, as in the report's listing, so that the
    reconstruction never sees the code; without it, on the code.
    """

    def dense(units, activation="relu", name=None):
        return keras.layers.Dense(units, activation, kernel_initializer="he_normal", name=name)

    inputs = keras.Input((784,))
    hidden = dense(256)(dense(512)(inputs))
    code = dense(latent_dim, latent_activation, "Latent_Code")(hidden)
    decoded = dense(512)(dense(256)(hidden if bypass else code))
    output = keras.layers.Dense(784, "sigmoid")(decoded)
    return keras.Model(inputs, {"Output": output, "Latent_Code": code})


class NearestDistance(keras.losses.Loss):
    """The report's clustering loss: the distance of a code to the nearest centroid at that moment, its target ignored.

    The variable `centroids` (n_clusters, latent_dim) is set before each round. In the report's listing the clamp comes
    after the root. The value is the same, and so is the slope in plain TensorFlow: 0 for a code that lies on a
    centroid. Compiled by XLA, the root's slope there would not be finite.
    """

    def __init__(self, n_clusters, latent_dim):
        super().__init__(name="nearest_distance")
        self.centroids = keras.Variable(np.zeros((n_clusters, latent_dim)), trainable=False, dtype="float32")

    def call(self, target, code):
        squares = keras.ops.sum((code[:, None] - self.centroids) ** 2, axis=-1)
        distances = keras.ops.sqrt(keras.ops.maximum(squares, keras.config.epsilon() ** 2))
        return keras.ops.min(distances, axis=-1)


def assigned_distance(centroid, code):
    """Another loss: the distance (n,) of codes (n, L) to the centroid (n, L) that K-Means assigned at the start."""
    return keras.ops.sqrt(keras.ops.sum((code - centroid) ** 2, axis=-1) + 1e-12)  # a finite slope at 0


def compile_jointly(network, alpha=0.5, beta=0.5, pull="nearest"):
    """Adam on alpha * mean squared error + beta * distance to the "nearest" (the report's) or "assigned" centroid."""
    losses = {"nearest": NearestDistance(10, network.output["Latent_Code"].shape[-1]), "assigned": assigned_distance}
    network.compile(
        optimizer="adam",
        loss={"Output": "mse", "Latent_Code": losses[pull]},
        loss_weights={"Output": alpha, "Latent_Code": beta},
        **training.compile_options(xla=True),
    )


def ten_means(codes):
    """K-Means with ten clusters, fitted to codes (n, L)."""
    return clustering.k_means(codes, 10, n_init=3, random_state=0)


def step_c(network, images, found, epochs, seed=0):
    """Step (c): train towards the centroids of `found`, K-Means fitted to the images' codes, which stay where they are.

    The network is one with two outputs, compiled by `compile_jointly`; images are (n, 784), in an order by `seed`.
    Returns a dict of lists by epoch: loss (weighted), and without their weights Output_loss (mean squared error) and
    Latent_Code_loss (mean distance).
    """
    clustering_loss = network.loss["Latent_Code"]
    if isinstance(clustering_loss, NearestDistance):
        clustering_loss.centroids.assign(found.cluster_centers_)
    targets = found.cluster_centers_[found.labels_].astype("float32")
    pairs = training.batches(images, targets, seed=seed)
    pairs = pairs.map(lambda image, centroid: (image, {"Output": image, "Latent_Code": centroid}))
    return network.fit(pairs, epochs=epochs, shuffle=False, verbose=0).history


def joint_loop(network, images, digits, rounds, epochs, seed):
    """Steps (b), (c), (d): K-Means, train towards the centroids, again, until no image changes its cluster.

    Network and images are those of `step_c`, the `digits` (n,) are used to score, never to train. There are at most so
    many `rounds`, of `epochs` each.

    Returns a DataFrame with a row per round, 0 being the untrained network, and a list of the codes (n, L) of each. Its
    columns: live (clusters with an image), changed (share of images that changed cluster), shift (mean distance from a
    centroid to the one of the round before, each matched to one), inertia, acc, spread (standard deviation of the
    codes, root mean square over units), and of the last epoch before it loss, reconstruction and clustering, the latter
    two without weights.
    """
    rows, all_codes, previous, trained = [], [], None, {}
    for round_ in range(rounds + 1):
        all_codes.append(networks.predict(networks.up_to(network, "Latent_Code"), images))
        found = ten_means(all_codes[-1])
        graded = scores.clustering_scores(digits, found.labels_)
        changed = 1.0 if previous is None else np.mean(found.labels_ != previous.labels_)
        rows.append(
            {"round": round_, "live": len(graded["sizes"]), "changed": changed, "shift": shift(previous, found)}
            | {"inertia": found.inertia_, "acc": graded["acc"], "spread": clustering.spread(all_codes[-1])}
            | trained
        )
        if changed == 0 or round_ == rounds:
            return pd.DataFrame(rows), all_codes
        losses = step_c(network, images, found, epochs, 100 * seed + round_)
        names = {"loss": "loss", "reconstruction": "Output_loss", "clustering": "Latent_Code_loss"}
        trained = {name: losses[key][-1] for name, key in names.items()}
        previous = found


def shift(previous, found):
    """Mean distance from each centroid of K-Means `found` to its partner in `previous`, matched for the least sum.

    The report prints a centroid shift, not how it is measured; K-Means numbers its clusters anew in each round, so
    they must be matched. NaN if there is no `previous`.
    """
    if previous is None:
        return np.nan
    away = euclidean_distances(previous.cluster_centers_, found.cluster_centers_)
    return float(away[linear_sum_assignment(away)].mean())


def from_seeds(
    seeds, images, digits, rounds, epochs, build=first_network, pull="nearest", weights=(0.5, 0.5), **settings
):
    """`joint_loop` from the starting weights of each seed, of the network `build(**settings)`; `weights`: alpha, beta.

    One network is compiled and restarted: compiling takes longer than a short loop. Some lines tell the time left.
    Returns two dicts by seed: the DataFrame, and the codes.
    """
    network, tables, codes = build(**settings), {}, {}
    compile_jointly(network, *weights, pull)
    seeds, started = list(seeds), time.monotonic()
    for done, seed in enumerate(seeds, start=1):
        keras.utils.set_random_seed(seed)
        network.set_weights(build(**settings).get_weights())
        for variable in network.optimizer.variables:
            if variable.name != "learning_rate":
                variable.assign(keras.ops.zeros_like(variable))
        tables[seed], codes[seed] = joint_loop(network, images, digits, rounds, epochs, seed)
        if done % max(1, len(seeds) // 4) == 0:
            left = (time.monotonic() - started) / done * (len(seeds) - done)
            print(f"start {done} of {len(seeds)}, about {left:.0f} s left")
    return tables, codes


def t_sne(codes):
    """Codes (n, L) in a plane, (n, 2), by t-SNE; one thread, since on a busy machine two can be ten times slower."""
    with threadpool_limits(1):
        return TSNE(init="pca", max_iter=500, random_state=0).fit_transform(codes)


def train_reconstruction(network, images, epochs, seed):
    """Train the reconstruction alone, before the first K-Means, as the report's method section prescribes.

    The network (with two outputs) is compiled anew for that, so `compile_jointly` comes afterwards.
    """
    autoencoder = keras.Model(network.input, network.output["Output"])
    autoencoder.compile("adam", loss="mse", **training.compile_options(xla=True))
    autoencoder.fit(training.batches(images, seed=seed), epochs=epochs, shuffle=False, verbose=0)


LOOPS = {  # what is built, and for how many epochs it is pretrained
    "first network": (first_network, 0),
    "first network, pretrained": (first_network, 20),
    "adjusted network": (adjusted_network, 0),
}


@sweeps.repeated(
    version="1",
    workers=1,
    runs={
        name: sweeps.grid(dataset=["mnist"], kind=[kind], latent_dim=sizes, rounds=[n], epochs=[epochs], seed=seeds)
        for name, kind, sizes, n, epochs, seeds in (
            ("adjusted", "adjusted network", [32, 2], 10, 1, range(5)),
            ("collapse", "first network", [2], 2, 10, range(12)),
            ("pretrained", "first network, pretrained", [2], 2, 10, range(5)),
            ("16 units", "first network", [16], 1, 50, range(5)),
        )
    },
)
def report_loop(dataset, kind, latent_dim, rounds, epochs, seed):
    """The report's loop on the whole of a data set, whatever the profile of this run: `kind` is one of LOOPS.

    Returns a dict. Of the end: live, changed, inertia, acc and spread as in `joint_loop`, mse_test (of the test images'
    output), and rounds_done. With `_start`: acc and spread before the first round. With `_first`: reconstruction,
    clustering, spread and live after it. By round, as lists: shift and clustering. With seed 0, pictures (of the first
    ten test images' output, for `sweeps.as_pictures`).
    """
    images = data.load(dataset, profile="full")
    build, pretrain_epochs = LOOPS[kind]
    course.seed(seed)
    network = build(latent_dim)
    if pretrain_epochs:
        train_reconstruction(network, images.x_train, pretrain_epochs, seed)
    compile_jointly(network)
    table, _ = joint_loop(network, images.x_train, images.y_train, rounds, epochs, seed)
    output = networks.predict(keras.Model(network.input, network.output["Output"]), images.x_test)
    result = table.iloc[-1][["live", "changed", "inertia", "acc", "spread"]].to_dict()
    error = scores.reconstruction_error(images.x_test, output).mean()
    result |= {"mse_test": float(error), "rounds_done": len(table) - 1}
    result |= {f"{name}_start": float(table[name].iloc[0]) for name in ("acc", "spread")}
    early = ("reconstruction", "clustering", "spread", "live")
    result |= {f"{name}_first": float(table[name].iloc[1]) for name in early}
    result |= {f"{name}_by_round": table[name].iloc[1:].tolist() for name in ("shift", "clustering")}
    return result | ({"pictures": sweeps.as_text(output[:10])} if seed == 0 else {})


def from_image_and_code(network):
    """A function of images (n, 784) and codes (n, L), both given: the `Output` of a network with a `Latent_Code`, too.

    All that follows the code in the network sees the given codes, all that passes beside it the images.
    """
    code = network.output["Latent_Code"]
    both = keras.ops.mean(network.input) + keras.ops.mean(code)  # Keras 3.13 refuses an input that nothing depends on
    given = keras.Model([network.input, code], [network.output["Output"], both])
    return lambda images, codes: np.asarray(given([images, codes])[0])


@sweeps.repeated(
    version="3",
    runs={
        "": sweeps.grid(dataset=["mnist"], recipe=list(RECIPES), seed=range(5), held_out=[0.0]),
        "51,000 images": sweeps.grid(dataset=["mnist"], recipe=[BEST], seed=range(5), held_out=[0.15]),
    },
)
def fitted_recipe(dataset, recipe, seed, held_out):
    """Fit DeepClustering with a recipe of RECIPES on a whole data set, whatever the profile, and score it.

    `held_out` is the share of the training images that the fit does not see, as of `data.split` with seed 0.

    Returns a dict: acc, nmi and ari of the fit's images; with `_start` of K-Means after pretraining, with `_test` of
    the test images under frozen centroids. Without labels, of 10,000 of the fit's images: silhouette (of their codes),
    kept (adjusted Rand index of their clusters and those of one distorted copy of each), and of the test images
    clusters_test, a text of one figure each. inertia; epochs, of all phases together. With seed 0, codes_test: of 3,000
    test images, for `codes_in`.
    """
    images, parameters = data.load(dataset, profile="full"), RECIPES[recipe]
    x, digits = images.x_train, images.y_train
    if held_out:
        x, _, digits, _ = data.split(x, digits, size=held_out, seed=0)
    model = clustering.DeepClustering(random_state=seed, **parameters).fit(x)
    clusters, result = model.predict(images.x_test), {}
    for part, labels in {"": model.labels_, "_start": model.pretrain_labels_, "_test": clusters}.items():
        graded = scores.clustering_scores(images.y_test if part == "_test" else digits, labels)
        result |= {name + part: graded[name] for name in ("acc", "nmi", "ari")}
    result |= label_free(model, x[:10_000]) | {"clusters_test": "".join(map(str, clusters))}
    phases = ("pretrain_epochs", "overcluster_iter", "max_iter", "information_epochs")  # an epoch for each iteration
    result["epochs"] = sum(int(parameters.get(name, 0)) for name in phases)
    if seed == 0:
        codes = model.transform(images.x_test[:3000]).astype("float16")
        result["codes_test"] = base64.b64encode(codes.tobytes()).decode()
    return result | {"inertia": float(model.history_.inertia.iloc[-1])}


def picked(runs):
    """The label-free rule, fixed before these runs: the recipe whose seeds agree best, by `seeds_agree`.

    Chosen among three scores without labels (with `silhouette` and `kept`) because no recipe is trained for it:
    "information" is trained for `kept`, and every recipe for tight clusters. Stability: Lange et al., 2004.
    """
    return seeds_agree(runs).groupby(runs.recipe).mean().idxmax()


def codes_in(text):
    """The codes (3000, 10) that `fitted_recipe` stored."""
    return np.frombuffer(base64.b64decode(text), "float16").reshape(-1, 10).astype("float32")


def label_free(model, x):
    """Scores of a fitted DeepClustering that need no labels: silhouette and kept, as in `fitted_recipe`."""
    clusters = model.predict(x)
    silhouette = scores.clustering_scores(clusters, clusters, model.transform(x))["silhouette"]
    one_batch = training.batches(x, clusters, len(x), shuffle=False)
    ((copies, _),) = training.distorted(one_batch, seed=0, **SLANTED)
    return {"silhouette": silhouette, "kept": float(adjusted_rand_score(clusters, model.predict(copies.numpy())))}


def seeds_agree(runs):
    """The stability of each run of `fitted_recipe` (a table): its mean adjusted Rand index with the other seeds' runs.

    Both runs' clusters of the test images are compared, within a recipe; a run that stands there twice counts once.
    Returns a Series with the table's index.
    """
    agreement = {}
    for _, same in runs.groupby("recipe"):
        texts = same.clusters_test.map(list)
        for row in same.index:
            others = [other for other in texts if other != texts[row]]
            agreement[row] = float(np.mean([adjusted_rand_score(texts[row], other) for other in others]))
    return pd.Series(agreement).reindex(runs.index)


STRONGER = {"degrees": 15, "shift": 0.1, "shear": 0.35, "zoom": 0.25}
IDEAS = {  # what might raise the recipe "balanced": how its network is trained on, and what changes in its feeding
    "its own labels, once": (lambda network: self_trained(network, renewed=False), {}),
    "its own labels, renewed": (lambda network: self_trained(network), {}),
    "renewed, the surest first": (lambda network: self_trained(network, sure=0.6), {}),
    "renewed by a vote of copies": (lambda network: self_trained(network, copies=2), {}),
    "information": (lambda network: clustering.inform(network, 12, 2e-3), {}),
    "information, 36 epochs": (lambda network: clustering.inform(network, 36, 2e-3), {}),
    "information, stronger distortion": (
        lambda network: clustering.inform(network, 12, 2e-3), {"augmentation": STRONGER}),
}  # fmt: skip


def self_trained(network, epochs=12, renewed=True, sure=1.0, copies=0):
    """Train a JointNetwork with soft assignments on its own hard labels of the undistorted images.

    By its augmentation it learns to give the label to distorted images. If `renewed`, the labels are those of the
    present network in every epoch, else of the first. `sure` is the share of images that take part in the first epoch,
    those with the largest share of a cluster; it is 1 in the last. `copies` is how many distorted copies vote for an
    image's label; 0: the image itself has the say.
    """
    shares_of = keras.Model(network.encoder.input, network.assigner(network.encoder.output))
    batch_size, augmentation, seed = network.feeding
    network.weights.assign([0, 1])
    for epoch, rate in enumerate(clustering.cosine(2e-3, epochs)):
        if renewed or epoch == 0:
            shares = networks.predict(shares_of, network.X) if copies == 0 else 0
            for copy in range(copies):
                images = training.batches(network.X, np.arange(len(network.X)), 2000, shuffle=False)
                images = training.distorted(images, seed=seed + 1 + copies * epoch + copy, **augmentation)
                shares = shares + np.concatenate([networks.predict(shares_of, part.numpy()) for part, _ in images])
        among = sure + (1 - sure) * epoch / max(1, epochs - 1)
        surest = np.zeros(len(shares), bool)
        surest[np.argsort(-shares.max(axis=1))[: int(among * len(shares))]] = True
        target = np.eye(network.n_clusters, dtype="float32")[shares.argmax(axis=1)]
        network.targets.assign(target * surest[:, None])  # no target, no divergence
        network.fit([rate])


@sweeps.repeated(version="1", runs=sweeps.grid(dataset=["mnist"], seed=range(2)))
def ideas(dataset, seed):
    """Every one of IDEAS after the same fit of the recipe "balanced", on 50,000 images, scored on the other 10,000.

    The test images take no part. Returns the accuracy on the 10,000 training images set aside (`data.split` with seed
    0), by idea; also of the start ("none"), of "information" after one iteration instead of the clustering phases, and
    from a fresh network.
    """
    images = data.load(dataset, profile="full")
    x, aside, _, digits = data.split(images.x_train, images.y_train, size=1 / 6, seed=0)
    model = clustering.DeepClustering(random_state=seed, **RECIPES["balanced"]).fit(x)
    found = {"none": scores.clustering_scores(digits, model.predict(aside))["acc"]}
    early = RECIPES["balanced"] | {"overcluster": 0, "max_iter": 1, "information_epochs": 12}
    starts = {"information, no clustering phases": early, "information, fresh network": early | {"pretrain_epochs": 0}}
    for name, parameters in starts.items():
        early = clustering.DeepClustering(random_state=seed, **parameters).fit(x)
        found[name] = scores.clustering_scores(digits, early.predict(aside))["acc"]
    for name, (train, changes) in IDEAS.items():
        copy = keras.models.clone_model(model.autoencoder_)
        copy.set_weights(model.autoencoder_.get_weights())
        feeding = {"learning_rate": 2e-3, "batch_size": 256, "augmentation": SLANTED, "seed": seed} | changes
        network = clustering.JointNetwork(copy, x, 10, soft=True, **feeding)
        network.assigner.centroids.assign(model.cluster_centers_)
        train(network)
        codes, centroids = networks.predict(network.encoder, aside), network.assigner.centroids.numpy()
        clusters = clustering.pairwise_distances_argmin(codes, centroids)
        found[name] = scores.clustering_scores(digits, clusters)["acc"]
    return found


@sweeps.repeated(version="2", workers=1, runs=sweeps.grid(dataset=["mnist"], seed=range(5)))
def k_means_on_pixels(dataset, seed):
    """K-Means on the pixels of a whole data set: the scores of the training images, and acc_test."""
    images = data.load(dataset, profile="full")
    found = KMeans(10, n_init=4, random_state=seed).fit(images.x_train)
    graded = scores.clustering_scores(images.y_train, found.labels_, images.x_train)
    test = scores.clustering_scores(images.y_test, found.predict(images.x_test))
    result = {name: graded[name] for name in ("acc", "nmi", "ari", "silhouette")}
    return result | {"inertia": float(found.inertia_), "acc_test": test["acc"]}


def draw_network(units, image, bypass=False):
    """A drawing of the report's networks: the image, the layers, the code z, and the centroids μ that pull at it.

    `units` are those of the input, the encoder's layers and the code; `image` is (784,). With `bypass` the decoder
    hangs on the layer before the code.
    """
    *widths, code = units
    row = [("$x$", widths[0]), *((" " * place, size) for place, size in enumerate(widths[1:], start=1))]
    back = [("  " * len(widths) + name, size) for name, size in row[:0:-1]] + [(r"$\hat{x}$", widths[0])]
    chain = row + ([] if bypass else [("$z$", code)]) + back
    layers = {name: (column, 0, size) for column, (name, size) in enumerate(chain)}
    arrows = list(itertools.pairwise(layers))
    if bypass:
        layers["$z$"] = (len(widths), 1, code)
        arrows.append((row[-1][0], "$z$"))
    layers["μ"] = (len(widths) + 1, 1, None) if bypass else (len(widths) + 0.7, 0.8, None)
    return plots.network(layers, [*arrows, ("$z$", "μ")], image)


def draw_spreads(kinds):
    """How much of their spread the codes keep: a row for each variant of the loop, a dot per seed; log scale.

    `kinds` is a dict of str to the tables of `from_seeds`. A run with one live cluster stands at the left edge, and
    the right margin counts those. Dots of a variant whose name begins with "the report's" are hollow.
    """
    figure, axis = plt.subplots(figsize=(9, 0.55 * len(kinds) + 1.2))
    edge = 1e-4
    for place, (name, tables) in enumerate(kinds.items()):
        ends = [(table.iloc[-1], table.spread.iloc[0]) for table in tables.values()]
        kept = [edge if last.live == 1 else max(last.spread / first, edge) for last, first in ends]
        heights = place + np.linspace(-0.25, 0.25, len(kept))  # so that equal ones can be counted
        fill = {"markerfacecolor": "none"} if name.startswith("the report's") else {"alpha": 0.7}
        axis.plot(kept, heights, "o", color=plots.CLASS_COLOURS[0], markersize=9, markeredgewidth=1.8, **fill)
        plots.beside(axis, place, f"{sum(last.live == 1 for last, _ in ends)} of {len(ends)}", fontsize=13)
    plots.beside(axis, -0.75, "on one point", fontsize=13)
    axis.set(xscale="log", xlim=(edge / 1.5, 20), xlabel="spread of the codes at the end / at the start")
    axis.set_xticks([edge, 1e-3, 1e-2, 0.1, 1, 10], ["one point", "0.001", "0.01", "0.1", "1", "10"])
    axis.minorticks_off()
    axis.set_yticks(range(len(kinds)), list(kinds))
    axis.set_ylim(len(kinds) - 0.4, -0.6)
    axis.grid(axis="x", color="0.9")
    return figure


def draw_shifts(runs, reported):
    """How far the centroids move, by iteration, on a logarithmic scale: a line per run, a colour per size of the code.

    `runs` is a table of `report_loop`, `reported` a dict of latent_dim to {iteration: shift}, drawn as hollow squares.
    A shift of 0 is left out.
    """
    figure, axis = plt.subplots(figsize=(9, 4.6))
    hollow = {"markerfacecolor": "none", "markeredgewidth": 2.2, "markersize": 11, "linestyle": ""}
    for size, dashes in zip(sorted(set(runs.latent_dim)), ("-", "--"), strict=False):
        colour = plots.colour(f"L = {size}")
        style = {"color": colour, "linestyle": dashes, "marker": "o", "markersize": 5}
        for shifts in runs[runs.latent_dim == size].shift_by_round:
            axis.plot(range(1, len(shifts) + 1), [value if value > 0 else np.nan for value in shifts], **style)
        axis.plot([], [], label=f"L = {size}, a run", **style)
        axis.plot(*zip(*reported[size].items(), strict=True), "s", color=colour, label=f"L = {size}, report", **hollow)
    axis.set(xlabel="iteration", ylabel="mean shift of a centroid", yscale="log")
    axis.xaxis.set_major_locator(plt.MaxNLocator(integer=True))
    axis.yaxis.set_major_formatter("{x:g}")
    axis.yaxis.set_minor_formatter(plt.NullFormatter())
    axis.legend(frameon=False, ncols=2)
    return figure


def draw_rule(runs):
    """Accuracy on the test images against the agreement of seeds, a point per run of `fitted_recipe`.

    `runs` is its table with a column agreement, of `seeds_agree`.
    """
    figure, axis = plt.subplots(figsize=(9, 4.8))
    kinds = runs.groupby("recipe", sort=False)
    for (recipe, part), colour, marker in zip(kinds, plots.CLASS_COLOURS, "os^Dv*", strict=False):
        style = {"color": colour, "marker": marker, "markersize": 10, "markeredgecolor": "white"}
        axis.plot(part.agreement, part.acc_test, linestyle="", label=recipe, **style)
    axis.set(xlabel="agreement with the other seeds (adjusted Rand index)", ylabel="accuracy on the test images")
    axis.legend(frameon=False, loc="lower right", fontsize=12)
    return figure


def k_by_criterion(table):
    """Which K each criterion picks: a Series of elbow, silhouette and stability, the second and third by the maximum.

    `table` has columns inertia, silhouette and stability and an index of consecutive K; the smallest and the largest
    are no candidates. The elbow is where the fall of the logarithm of the inertia slows down most.
    """
    inner = table.iloc[1:-1]
    elbow = inner.index[np.diff(np.log(table.inertia), 2).argmax()]
    return pd.Series({"elbow": elbow, "silhouette": inner.silhouette.idxmax(), "stability": inner.stability.idxmax()})


def draw_criteria(tables):
    """Three panels by the number of clusters K: inertia (over its first value, logarithmic), silhouette, stability.

    `tables` is a dict of the name of a code to a table as for `k_by_criterion`.
    """
    figure, axes = plt.subplots(1, 3, figsize=(9, 3.9))
    for (name, table), shade, marker in zip(tables.items(), plots.CLASS_COLOURS, "os^", strict=False):
        shown = table.assign(inertia=table.inertia / table.inertia.iloc[0]).iloc[1:-1]
        for axis, column in zip(axes, shown, strict=True):
            axis.plot(shown.index, shown[column], color=shade, marker=marker, markersize=6, label=name)
    axes[0].set_yscale("log")
    axes[0].yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes[0].yaxis.set_major_formatter("{x:g}")
    axes[0].yaxis.set_minor_formatter(plt.NullFormatter())
    for axis, title in zip(axes, ("inertia / that of K = 3", "silhouette", "stability"), strict=True):
        axis.axvline(10, color=plots.REFERENCE, linestyle="--")
        axis.set(title=title, xlabel="K", xticks=range(4, 21, 4))
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=3, frameon=False)
    return figure


def draw_two_colourings(points, digits, clusters):
    """The same points (n, 2) twice: coloured by digit, and by the digit that their cluster stands for."""
    figure, axes = plt.subplots(1, 2, figsize=(9, 4.6))
    for axis, labels, what in zip(axes, (digits, clusters), ("digit", "cluster"), strict=True):
        axis.scatter(*points.T, c=np.array(plots.CLASS_COLOURS)[labels % 10], s=6, linewidths=0)
        axis.set(title=f"coloured by {what}", xticks=[], yticks=[], xlabel="t-SNE axis 1 (no unit)")
        plots.name_classes(axis, points, labels, {name: str(name) for name in np.unique(labels)})
    axes[0].set_ylabel("t-SNE axis 2 (no unit)")
    return figure


def draw_inertia_and_accuracy(traces):
    """Accuracy against inertia, relative to its first value, a line per run from round to round; its end is a star.

    `traces` is a dict of str to (inertias, accuracies); names with equal words before the comma share a colour, a
    marker and a line of the legend, which counts them. Below 0.02 the logarithmic axis is even, so that 0 has a place.
    """
    figure, axis = plt.subplots(figsize=(9, 5))
    kinds, ends = {}, collections.Counter()
    for name, (inertias, accuracies) in traces.items():
        kinds.setdefault(name.split(",")[0], []).append((np.asarray(inertias) / inertias[0], np.asarray(accuracies)))
    for (kind, runs), colour, marker in zip(kinds.items(), plots.CLASS_COLOURS, "os^D", strict=False):
        label = f"{kind} ({len(runs)} run{'s' * (len(runs) > 1)})"
        for number, (relative, accuracies) in enumerate(runs):
            style = {"color": colour, "marker": marker, "linewidth": 1.6, "label": None if number else label}
            axis.plot(relative, accuracies, **style)
            axis.plot(relative[-1], accuracies[-1], marker="*", markersize=18, color=colour, zorder=3)
            ends[round(relative[-1], 3), round(accuracies[-1], 2)] += 1
    for place, count in ends.items():
        if count > 1:
            axis.annotate(f"{count} runs", place, (12, 8), textcoords="offset points", fontsize=12)
    axis.set_xscale("symlog", linthresh=0.02, linscale=0.3)
    plots.log_ticks(axis, [0, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2])
    axis.set(xlabel="inertia / inertia at the start", ylabel="accuracy", ylim=(0, 1))
    axis.legend(frameon=False, loc="upper left")
    return figure


def right_accuracy(labels_true, labels_pred):
    """The table counts images by digit and cluster; the matching gives each cluster a digit, for the largest sum.

    With all images in one cluster, it is the share of the commonest digit: about 0.11.
    """
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
            hint = "A cluster stands for one digit, a digit for one cluster"
            yield f"here {case}. {hint}; the commonest digit of each cluster is purity, not this."


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
