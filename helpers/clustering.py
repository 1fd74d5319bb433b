"""Deep clustering: an autoencoder and K-Means trained together, as two functions and a scikit-learn estimator."""

import gc
import inspect
import time
import warnings
from numbers import Integral, Real

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, ClusterMixin, TransformerMixin
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import euclidean_distances, pairwise_distances_argmin
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted, validate_data

from helpers import course, data, networks, training

with course.quiet_imports():
    import keras
    import tensorflow as tf

FIRST_COUNT = 100  # how many images a fresh centroid stands for (the DCN authors' code)
WARM_UP = 20  # steps of gradient descent; Adam, begun anew, moves each weight by the whole rate in its first ones


class CollapseWarning(UserWarning):
    """The clustering has degenerated: its loss is low because it says nothing any more."""


def k_means(codes, n_clusters, **settings):
    """A KMeans fitted to codes (n, L), without its warning of fewer distinct points than clusters."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return KMeans(n_clusters, **settings).fit(codes)


def moved_centroids(centroids, counts, latents, assignments):
    """DCN's centroid update for many points at once: `c += 1; m = (1 - 1/c) m + z/c` for each point z of a cluster.

    Each centroid (K, L) is the mean of all that it has ever seen, the first value counting as `counts` (K,) points.
    `latents` is (n, L), `assignments` (n,). Returns centroids and counts.
    """
    chosen = np.eye(len(centroids))[assignments]
    new_counts = counts + chosen.sum(axis=0)
    return (counts[:, None] * centroids + chosen.T @ latents) / new_counts[:, None], new_counts


def reseeded(centroids, counts, latents):
    """Centroids (K, L) and counts (K,) in which each empty cluster begins again: at the code, of those (n, L) of the
    largest cluster, that lies furthest from its centroid."""
    centroids, counts = centroids.copy(), counts.copy()
    for _ in range(len(centroids)):
        labels = pairwise_distances_argmin(latents, centroids)
        sizes = np.bincount(labels, minlength=len(centroids))
        if sizes.min() > 0:
            break
        members = np.flatnonzero(labels == sizes.argmax())
        furthest = members[np.linalg.norm(latents[members] - centroids[sizes.argmax()], axis=1).argmax()]
        centroids[sizes.argmin()], counts[sizes.argmin()] = latents[furthest], FIRST_COUNT
    return centroids, counts


def student_t(latents, centroids):
    """Shares (n, K) of the centroids (K, L) in each code (n, L): 1 / (1 + squared distance), divided by their sum."""
    nearness = 1 / (1 + euclidean_distances(latents, centroids, squared=True))
    return nearness / nearness.sum(axis=1, keepdims=True)


def sharpened(shares, balanced=False):
    """DEC's target for soft assignments (n, K): squared, so that the sure become surer, and divided by cluster size.

    With `balanced`, rows and columns are rescaled in turn (Sinkhorn-Knopp, 50 rounds) until each cluster gets n / K.
    """
    target = shares**2 / shares.sum(axis=0)
    for _ in range(50 if balanced else 1):
        if balanced:
            target /= target.sum(axis=0)
        target /= target.sum(axis=1, keepdims=True)
    return target


def clustering_target(latents, centers, labels, assignments):
    """What the clustering output is asked to answer for codes (n, L), (n, L) or (n, K), and C: how far it is from that.

    `assignments` "hard": the centroid (of `centers`, (K, L)) of each code's label (n,), and the mean squared
    distance. "soft" and "balanced": the `sharpened` shares, and their Kullback-Leibler divergence.
    """
    if assignments == "hard":
        target = centers[labels]
        return target, float(np.mean((latents - target) ** 2))
    shares = student_t(latents, centers)
    target = sharpened(shares, balanced=assignments == "balanced")
    return target.astype("float32"), float(np.mean(np.sum(target * np.log(target / shares), axis=1)))


def spread(latents):
    """Standard deviation of the codes (n, L), root mean square over the units."""
    return float(np.sqrt(np.mean(np.var(latents, axis=0))))


class JointNetwork:
    """An autoencoder with a second output (its code, or its shares of K clusters), compiled, and the data it learns.

    Targets and the weights of R and C are variables, so that an iteration renews them without building anything. The
    autoencoder, of `networks.autoencoder`, is trained in place on X, float32 (n, features); `callbacks` are of every
    fit. With `soft` the second output is shares, of `networks.SoftAssignment`, whose centroids are weights. The other
    parameters are those of DeepClustering; the seed is that of the order of X and of the distortions.
    """

    @networks.float32()
    def __init__(self, autoencoder, X, n_clusters, soft, learning_rate, batch_size, augmentation, seed, callbacks=()):
        self.X, self.n_clusters, self.autoencoder = X, n_clusters, autoencoder
        self.callbacks = [training.StopAtNan(), *callbacks]
        self.encoder, _ = networks.encoder_and_decoder(autoencoder)
        self.assigner = networks.SoftAssignment(n_clusters) if soft else None
        clustering = self.assigner(self.encoder.output) if soft else self.encoder.output
        outputs = {"reconstruction": autoencoder.output, "clustering": clustering}
        self.network = keras.Model(autoencoder.input, outputs)
        self.options = training.compile_options(xla=True) if len(X) >= 10_000 else {}  # compiling must pay for itself
        losses = {"reconstruction": "mse", "clustering": "kl_divergence" if soft else "mse"}
        metrics = {"reconstruction": ["mse"]}  # R without its weight
        self.network.compile(keras.optimizers.Adam(learning_rate), loss=losses, metrics=metrics, **self.options)
        self.targets = tf.Variable(tf.zeros((len(X), clustering.shape[-1])), trainable=False)
        self.weights = tf.Variable([1.0, 0.0], trainable=False)
        self.feeding, self.steps = (batch_size, augmentation, seed), -(-len(X) // batch_size)  # steps: of an epoch
        self.phase, self.where = "the joint phase", "pretraining"  # what is said if the fit diverges
        self._feed()

    def _feed(self):
        """Batches of images, distorted or not, with targets and weights of both losses, from the first order on."""
        batch_size, augmentation, seed = self.feeding
        images = training.batches(self.X, np.arange(len(self.X)), batch_size, seed=seed)
        if augmentation is not None:
            images = training.distorted(images, seed=seed, **augmentation)

        def both(x, rows):
            ones = tf.ones_like(rows, tf.float32)
            answers = {"reconstruction": x, "clustering": tf.gather(self.targets, rows)}
            return x, answers, {"reconstruction": self.weights[0] * ones, "clustering": self.weights[1] * ones}

        self.dataset = images.map(both)

    def fit(self, rates):
        """Train for an epoch at each of the learning rates; returns R by epoch."""
        return np.array(self.run(self.network, self.dataset, rates)["reconstruction_mse"])

    def run(self, network, dataset, rates):
        """Train a compiled network for an epoch at each rate; its history, or a FloatingPointError that says where."""
        callbacks = [keras.callbacks.LearningRateScheduler(lambda epoch: float(rates[epoch])), *self.callbacks]
        try:
            return network.fit(dataset, epochs=len(rates), shuffle=False, verbose=0, callbacks=callbacks).history
        except FloatingPointError as error:
            raise self.diverged(str(error).partition(":")[0]) from error

    def diverged(self, what):
        """The error of a fit whose numbers are no longer finite; `what` says which."""
        advice = "lower learning_rate, or scale X (pixels to [0, 1], other features standardised)"
        return FloatingPointError(f"the fit diverged in {self.where}, {what}: {advice}")

    def restart(self):
        """Keep the weights; optimizer and order of the images begin as if nothing had been trained yet."""
        for variable in self.network.optimizer.variables:
            variable.assign(keras.ops.zeros_like(variable))
        self._feed()

    def codes(self):
        """The codes of X: (n, L); a FloatingPointError where they are no finite numbers any more."""
        latents = networks.predict(self.encoder, self.X)
        if not np.isfinite(latents).all():
            raise self.diverged("the codes are no finite numbers")
        return latents


class InformationLoss(keras.losses.Loss):
    """An image and its distorted copy shall have the same cluster, a sure one, and all clusters shall be as large.

    `y_pred` is (n, 2, K): each image's shares, then its copy's; `y_true` is ignored. Of the image's shares p and the
    copy's q it is the cross-entropy of q against p, minus the mutual information of image and cluster: the entropy of
    the batch's mean share, less the mean entropy of a share. No gradient goes through p in the first part (IMSAT).
    """

    def call(self, y_true, y_pred):
        ops, shares = keras.ops, keras.ops.clip(y_pred, 1e-7, 1)
        image, copy = shares[:, 0], shares[:, 1]
        disagreement = -ops.sum(ops.stop_gradient(image) * ops.log(copy), axis=1)
        doubt = -ops.sum(image * ops.log(image), axis=1)
        mean = ops.mean(image, axis=0)
        return ops.mean(disagreement) + ops.mean(doubt) + ops.sum(mean * ops.log(mean))


@networks.float32()
def inform(network, epochs, learning_rate):
    """Train a JointNetwork's encoder and centroids on the InformationLoss; returns the loss by epoch, (epochs,).

    Hu et al., ICML 2017 (IMSAT), with distorted copies in place of adversarial ones and a trained network in place of
    a fresh one. The weights of both parts are 1. The decoder is left as it is.
    """
    batch_size, augmentation, seed = network.feeding
    shares = keras.Model(network.encoder.input, network.assigner(network.encoder.output))
    image, copy = (keras.Input(network.X.shape[1:]) for _ in range(2))
    pair = keras.Model([image, copy], keras.ops.stack([shares(image), shares(copy)], axis=1))
    pair.compile(keras.optimizers.Adam(learning_rate), loss=InformationLoss(), **network.options)
    X = tf.constant(network.X)
    images = training.batches(network.X, np.arange(len(X)), batch_size, seed=seed)
    copies = training.distorted(images, seed=seed, **augmentation)
    dataset = copies.map(lambda copy, rows: ((tf.gather(X, rows), copy), rows))
    network.where = "the information epochs"
    return np.array(network.run(pair, dataset, cosine(learning_rate, epochs))["loss"])


def cosine(rate, steps):
    """Learning rates (steps,) that fall from `rate` to 0 along half a cosine."""
    return rate * (1 + np.cos(np.pi * np.arange(steps) / steps)) / 2


def reconstruction_loss(autoencoder, X):
    """R, the mean squared error of X (n, features), part by part: all reconstructions at once would fill the memory."""
    parts = [X[start : start + 10_000] for start in range(0, len(X), 10_000)]
    sums = [np.sum((np.asarray(autoencoder(part, training=False)) - part) ** 2) for part in parts]
    return float(np.sum(sums, dtype="float64") / X.size)


def pretrain(network, epochs, learning_rate):
    """Train a JointNetwork on the reconstruction alone, then restart its optimizer; returns R by epoch, (epochs,)."""
    loss = network.fit(cosine(learning_rate, epochs)) if epochs else np.array([])
    network.restart()
    return loss


def join(network, max_iter, *, alpha, beta, assignments, centroid_update, epochs, ramp, tol, learning_rate, n_init,
         track, random_state):  # fmt: skip
    """The joint phase: train towards the centroids, move them, assign anew; K-Means gives the first ones.

    Assignments and centroids change between the fits of a JointNetwork, never within one. The parameters are those of
    DeepClustering; so are the results, a dict of cluster_centers_, labels_, n_iter_, history_, tracked_codes_ and
    tracked_centers_.
    """
    latents = network.codes()
    found = k_means(latents, network.n_clusters, n_init=n_init, random_state=random_state)
    centers, labels, counts = found.cluster_centers_, found.labels_, np.full(network.n_clusters, FIRST_COUNT)
    if assignments != "hard":
        network.assigner.centroids.assign(centers)
    target, cluster_loss = clustering_target(latents, centers, labels, assignments)
    error = reconstruction_loss(network.autoencoder, network.X)
    scales = np.maximum([error, cluster_loss], 1e-12)  # R0, C0
    rows = [_row(latents, centers, labels, error, cluster_loss, alpha, (-1, centers), 0.0)]  # no label is -1
    tracked = [(latents[:track], centers)]
    steps = network.steps * epochs * np.arange(1, max_iter + 1)  # of training, until the end of each iteration
    rates = np.repeat(cosine(learning_rate, max_iter) * np.minimum(1, steps / WARM_UP), epochs).reshape(-1, epochs)
    for iteration in range(1, max_iter + 1):
        network.where = f"iteration {iteration} of {network.phase}"
        started, before = time.perf_counter(), (labels, centers)
        network.targets.assign(target)
        weights = np.array([alpha, beta * min(1, iteration / ramp)]) / scales
        network.weights.assign(weights)
        error = network.fit(rates[iteration - 1])[-1]
        latents = network.codes()
        if assignments != "hard":
            centers = network.assigner.centroids.numpy()
        else:
            centers, counts = _followed(centers, counts, latents, centroid_update)
        labels = pairwise_distances_argmin(latents, centers)
        target, cluster_loss = clustering_target(latents, centers, labels, assignments)
        if not np.isfinite(target).all():
            raise network.diverged("the targets are no finite numbers")
        loss = float(np.dot(weights, [error, cluster_loss]))
        rows.append(_row(latents, centers, labels, error, cluster_loss, loss, before, time.perf_counter() - started))
        tracked.append((latents[:track], centers))
        if rows[-1]["changed"] < tol and rows[-1]["live"] == len(centers):
            break
    codes, centroids = (np.stack(parts) for parts in zip(*tracked, strict=True))
    return {"cluster_centers_": centers, "labels_": labels, "n_iter_": iteration, "tracked_codes_": codes,
            "tracked_centers_": centroids, "history_": pd.DataFrame(rows).rename_axis("iteration")}  # fmt: skip


def _followed(centers, counts, latents, centroid_update):
    """After training, with hard assignments: centroids follow the codes, empty clusters begin again."""
    if centroid_update == "counts":
        centers, counts = moved_centroids(centers, counts, latents, pairwise_distances_argmin(latents, centers))
    elif centroid_update == "kmeans":
        centers = k_means(latents, len(centers), init=centers, n_init=1).cluster_centers_
    centers, counts = reseeded(centers, counts, latents)
    return centers.astype("float32"), counts


def _row(latents, centers, labels, error, cluster_loss, loss, before, seconds):
    """A row of the history; `before` are the labels and centroids of the one above."""
    sizes, (old_labels, old_centers) = np.bincount(labels, minlength=len(centers)), before
    changed = float(np.mean(labels != old_labels))
    row = {"reconstruction": float(error), "clustering": cluster_loss, "loss": loss, "changed": changed}
    row |= {"shift": float(np.linalg.norm(centers - old_centers, axis=1).mean()), "seconds": seconds}
    row |= {"inertia": float(np.sum((latents - centers[labels]) ** 2)), "smallest": int(sizes.min())}
    return row | {"largest": int(sizes.max()), "live": int(np.sum(sizes > 0)), "spread": spread(latents)}


class DeepClustering(ClassNamePrefixFeaturesOutMixin, TransformerMixin, ClusterMixin, BaseEstimator):
    """Deep Clustering Network: an autoencoder and K-Means on its latent codes, trained together.

    `fit` pretrains the autoencoder, runs K-Means on the codes, and then repeats: train the network for a while on
    `alpha * R / R0 + beta * C / C0`, embed the data, move the centroids, assign. R is the mean squared error of the
    reconstruction, C that of codes against the centroids of their clusters; R0 and C0 are their values at the end
    of pretraining, so that alpha and beta weigh two numbers that both begin at 1. The centroids are data to the
    network: no gradient reaches them. Features should have similar scales (pixels in [0, 1], or standardised).

    For tables of a few hundred rows, or of few features, K-Means on the standardised features is the better choice: it
    is much faster and about as accurate, or more (tests/test_clustering.py). A network has too few steps to learn in.

    Parameters
    ----------
    n_clusters : int, default 10
        K.
    latent_dim : int, default 10
        L, the size of the code; it has no activation.
    hidden : tuple of int, default (512, 256)
        Units of the encoder's layers; the decoder mirrors them.
    alpha, beta : float, default 1.0 and 0.1
        Weights of reconstruction and clustering, each 0 or more.
    assignments : {"hard", "soft", "balanced"}, default "hard"
        "hard": the code is drawn to the nearest centroid (DCN). "soft": shares by Student's t kernel are drawn to
        their sharpened selves by the Kullback-Leibler divergence, and the centroids are weights (DEC, IDEC).
        "balanced": soft, with targets in which all clusters have the same size: only for data where that is
        known to be nearly true.
    centroid_update : {"counts", "kmeans", "fixed"}, default "counts"
        Of hard assignments: DCN's running mean, K-Means again from the present centroids, or never.
    pretrain_epochs : int, default 20
        0 leaves the network as it was initialised.
    max_iter, epochs : int, default 20 and 1
        Iterations of the joint phase, at most, and epochs of training in each.
    ramp : int, default 5
        Iterations over which beta grows to its full size.
    tol : float, default 0.001
        Stop when a smaller share of the assignments changed and all K clusters live.
    batch_size : int, default 256
    learning_rate : float, default 0.001
        Of Adam. It falls to 0 along half a cosine, in pretraining and again in the joint phase. There it begins lower
        where an iteration has fewer than 20 steps of training (small tables): full steps would undo the pretraining.
    overcluster, overcluster_iter : int, default 0 and 10
        Number of clusters of a joint phase before the one with `n_clusters`, which then begins with K-Means on codes
        shaped by this one, and its iterations. 0 clusters: no such phase. Small clusters are purer, so the network
        learns from fewer mistakes.
    augmentation : dict, optional
        Arguments of `training.distorted`, for square images: the network is trained on distorted images, and
        assignments come from the undistorted ones.
    information_epochs : int, default 0
        Epochs after the joint phase in which encoder and centroids learn the InformationLoss, counted as one more
        iteration (IMSAT). They need `augmentation` and assignments that are not hard. As "balanced", they ask for
        clusters of the same size. The decoder is not trained any more: `inverse_transform` then draws old codes.
    n_init : int, default 10
        Starts of the first K-Means.
    track : int, default 0
        Of how many rows of X, from the first on, to keep the codes of every iteration.
    random_state : int, RandomState or None, default None
    verbose : bool, default False
        Print a line per epoch, with the time left.

    Attributes
    ----------
    labels_ : int array (n,)
        Clusters of the training data, as `predict` gives them.
    cluster_centers_ : float32 array (K, L)
    n_iter_, n_features_in_ : int
    history_ : pandas.DataFrame
        Of the last phase, by iteration, 0 being its beginning (the end of pretraining, or of the phase with
        `overcluster` clusters): reconstruction (R, on the images as trained on, from iteration 1 on), clustering (C,
        on undistorted images), loss, changed (share of assignments), shift (mean distance that the centroids
        moved), inertia (sum of squared distances to the own centroid), smallest and largest (cluster sizes), live
        (clusters that are not empty), spread (standard deviation of the codes, root mean square over units), seconds.
    pretrain_loss_ : float array (pretrain_epochs,)
        R by epoch.
    autoencoder_ : keras.Model
        From features to their reconstruction, with the layer Latent_Code.
    information_loss_ : float array (information_epochs,)
        The InformationLoss by epoch, where there were such epochs.
    pretrain_labels_ : int array (n,)
        The first K-Means, on the codes after pretraining: "autoencoder, then K-Means".
    tracked_codes_, tracked_centers_ : arrays (n_iter_ + 1, track, L) and (n_iter_ + 1, K, L)
        From the beginning of the last phase to its last iteration.

    Warns
    -----
    CollapseWarning
        If a cluster is empty; if one holds more than half of the data and the rows outside the largest have become
        fewer by a third since pretraining (a large cluster may be honest, one that swallows the others is not); or if
        the spread has fallen below a hundredth of what it was.

    References
    ----------
    Yang, Fu, Sidiropoulos, Hong, ICML 2017 (DCN). Xie, Girshick, Farhadi, ICML 2016 (DEC). Guo et al., IJCAI 2017
    (IDEC) and ACML 2018 (augmentation). The interface follows scikit-learn's K-Means and ClustPy's DCN.
    """

    _parameter_constraints = (
        dict.fromkeys(
            ("n_clusters", "latent_dim", "max_iter", "epochs", "ramp", "batch_size", "n_init", "overcluster_iter"),
            [Interval(Integral, 1, None, closed="left")],
        )
        | dict.fromkeys(
            ("pretrain_epochs", "track", "overcluster", "information_epochs"),
            [Interval(Integral, 0, None, closed="left")],
        )
        | dict.fromkeys(("alpha", "beta", "tol", "learning_rate"), [Interval(Real, 0, None, closed="left")])
        | {"hidden": [tuple, list], "augmentation": [dict, None], "random_state": ["random_state"]}
        | {"verbose": ["boolean"]}
        | {"assignments": [StrOptions({"hard", "soft", "balanced"})]}
        | {"centroid_update": [StrOptions({"counts", "kmeans", "fixed"})]}
    )

    # fmt: off
    def __init__(
        self, n_clusters=10, *, latent_dim=10, hidden=(512, 256), alpha=1.0, beta=0.1, assignments="hard",
        centroid_update="counts", pretrain_epochs=20, max_iter=20, epochs=1, ramp=5, tol=0.001, batch_size=256,
        learning_rate=1e-3, overcluster=0, overcluster_iter=10, augmentation=None, information_epochs=0, n_init=10,
        track=0, random_state=None, verbose=False,
    ):
        self.n_clusters, self.latent_dim, self.hidden = n_clusters, latent_dim, hidden
        self.alpha, self.beta, self.track, self.random_state = alpha, beta, track, random_state
        self.assignments, self.centroid_update, self.pretrain_epochs = assignments, centroid_update, pretrain_epochs
        self.max_iter, self.epochs, self.ramp, self.tol, self.batch_size = max_iter, epochs, ramp, tol, batch_size
        self.learning_rate, self.overcluster, self.overcluster_iter = learning_rate, overcluster, overcluster_iter
        self.augmentation, self.information_epochs, self.n_init = augmentation, information_epochs, n_init
        self.verbose = verbose
    # fmt: on

    def fit(self, X, y=None):
        """Cluster X, an array (n, features) of finite numbers; y is ignored, labels are never needed.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If a parameter is out of its range, X holds NaN or infinity, or n is below `n_clusters`.
        FloatingPointError
            If the fit diverges. It says in which phase and iteration, and what to turn.
        """
        self._validate_params()
        X = validate_data(self, X, dtype="float32", ensure_min_samples=2)
        self._check_against(X)
        gc.collect()  # Keras's networks hold each other in circles: an earlier fit's copy of its data may still be here
        random = check_random_state(self.random_state)
        seed = int(random.randint(2**30))
        tf.random.set_seed(seed)  # the order of batches and the distortions depend on TensorFlow's own seed, too
        activation = "sigmoid" if X.min() >= 0 and X.max() <= 1 else "linear"
        self.autoencoder_ = networks.autoencoder(self.latent_dim, "linear", self.hidden, X.shape[1], activation, seed)
        self._halves = networks.encoder_and_decoder(self.autoencoder_)
        feeding = {name: getattr(self, name) for name in ("learning_rate", "batch_size", "augmentation")}
        feeding |= {"soft": self.assignments != "hard", "seed": seed}
        if self.verbose:
            joint = (self.max_iter + (self.overcluster_iter if self.overcluster else 0)) * self.epochs
            feeding["callbacks"] = [training.TimeLeft(self.pretrain_epochs + joint + self.information_epochs)]
        joining = ("alpha", "beta", "assignments", "centroid_update", "epochs", "ramp", "tol", "learning_rate")
        joining = {name: getattr(self, name) for name in (*joining, "n_init", "track")} | {"random_state": random}

        network = JointNetwork(self.autoencoder_, X, self.overcluster or self.n_clusters, **feeding)
        self.pretrain_loss_ = pretrain(network, self.pretrain_epochs, self.learning_rate)
        first = k_means(network.codes(), self.n_clusters, n_init=self.n_init, random_state=random)
        self.pretrain_labels_ = first.labels_
        if self.overcluster:
            network.phase = "over-clustering"
            join(network, self.overcluster_iter, **joining)
            network = JointNetwork(self.autoencoder_, X, self.n_clusters, **feeding)
        vars(self).update(join(network, self.max_iter, **joining))
        if self.information_epochs:
            self._inform(network)
        self._warn_of_collapse()
        return self

    def predict(self, X):
        """The cluster of each row of X (n, features): its nearest centroid; int array (n,)."""
        return pairwise_distances_argmin(self._codes(X), self.cluster_centers_)

    def transform(self, X):
        """The latent code of each row of X (n, features): float32 array (n, latent_dim)."""
        return self._codes(X)

    def inverse_transform(self, codes):
        """The reconstruction of each latent code (n, latent_dim): float32 array (n, features)."""
        check_is_fitted(self, "labels_")
        codes = data.numbers("n", self.cluster_centers_.shape[1], codes=codes)
        return networks.predict(self._halves[1], codes.astype("float32"))

    def losses(self, X):
        """R and C on X (n, features), unweighted and not divided: a dict of "reconstruction" and "clustering"."""
        latents, centers = self._codes(X), self.cluster_centers_
        labels = pairwise_distances_argmin(latents, centers)
        error = reconstruction_loss(self.autoencoder_, self._validated(X))
        return {"reconstruction": error, "clustering": clustering_target(latents, centers, labels, self.assignments)[1]}

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]  # codes are float32, whatever X is
        return tags

    @property
    def _n_features_out(self):  # for get_feature_names_out
        return self.cluster_centers_.shape[1]

    def _check_against(self, X):
        """What scikit-learn's declared constraints cannot say: parameters against each other and against X."""
        networks.whole_numbers(hidden=self.hidden or None)
        for name in ("n_clusters", "overcluster"):
            if len(X) < getattr(self, name):
                raise ValueError(f"n_samples={len(X)} should be >= {name}={getattr(self, name)}")
        if self.augmentation is not None and int(X.shape[1] ** 0.5) ** 2 != X.shape[1]:
            raise ValueError(f"augmentation is for square images; {X.shape[1]} features are not one")
        try:
            inspect.signature(training.distorted).bind(None, seed=0, **self.augmentation or {})
        except TypeError as error:
            raise ValueError(f"augmentation must be a dict of arguments of training.distorted: {error}") from None
        if self.information_epochs and (self.augmentation is None or self.assignments == "hard"):
            raise ValueError('information_epochs need augmentation, and assignments "soft" or "balanced"')

    def _inform(self, network):
        """Train on the InformationLoss, and add its end to the joint phase as one more iteration."""
        started, before = time.perf_counter(), (self.labels_, self.cluster_centers_)
        self.information_loss_ = inform(network, self.information_epochs, self.learning_rate)
        codes, centers = network.codes(), network.assigner.centroids.numpy()
        self.cluster_centers_, self.labels_ = centers, pairwise_distances_argmin(codes, centers)
        self.n_iter_ += 1
        self.history_.loc[self.n_iter_] = _row(
            codes, centers, self.labels_, reconstruction_loss(network.autoencoder, network.X),
            clustering_target(codes, centers, self.labels_, self.assignments)[1],
            self.information_loss_[-1], before, time.perf_counter() - started,
        )  # fmt: skip
        self.tracked_codes_ = np.concatenate([self.tracked_codes_, [codes[: self.track]]])
        self.tracked_centers_ = np.concatenate([self.tracked_centers_, [centers]])

    def _warn_of_collapse(self):
        first, last, n, k = self.history_.iloc[0], self.history_.iloc[-1], len(self.labels_), len(self.cluster_centers_)
        largest, symptoms = np.bincount(self.pretrain_labels_).max(), []
        if last.live < k:
            symptoms.append(f"{k - last.live:.0f} of {k} clusters are empty")
        if last.largest > n / 2 and n - last.largest < 2 / 3 * (n - largest):
            symptoms.append(f"one cluster holds {last.largest / n:.0%} of the data, {largest / n:.0%} at the start")
        if last.spread < 0.01 * first.spread:
            symptoms.append(f"the spread of the codes fell from {first.spread:.3g} to {last.spread:.3g}")
        if symptoms:
            advice = "lower beta or raise alpha, make the ramp longer"
            advice += ", pretrain (pretrain_epochs)" if self.pretrain_epochs == 0 else ""
            warnings.warn(f"the clustering collapsed: {'; '.join(symptoms)}. To mend it: {advice}.", CollapseWarning, 3)

    def _validated(self, X):
        check_is_fitted(self, "labels_")
        return validate_data(self, X, dtype="float32", reset=False)

    def _codes(self, X):
        X = self._validated(X)  # first: before `fit` there is no network to ask
        return networks.predict(self._halves[0], X)

    def __getstate__(self):
        return {name: value for name, value in super().__getstate__().items() if name != "_halves"}

    def __setstate__(self, state):
        super().__setstate__(state)
        if "autoencoder_" in state:  # Keras pickles a network by its own saving
            self._halves = networks.encoder_and_decoder(self.autoencoder_)
