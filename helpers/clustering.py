"""Deep clustering as a scikit-learn estimator, and the scores of a clustering."""

import collections
import gc
import json
import time
import warnings
import zipfile

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment
from sklearn.base import BaseEstimator, ClusterMixin, TransformerMixin
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import (
    adjusted_rand_score,
    euclidean_distances,
    normalized_mutual_info_score,
    pairwise_distances_argmin,
    silhouette_score,
)
from sklearn.metrics.cluster import contingency_matrix
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, check_memory, validate_data

from helpers import course, models

with course.quiet_imports():
    import keras
    import tensorflow as tf

JointStep = collections.namedtuple("JointStep", "network n_clusters dataset targets weights")
PRETRAINING = ("latent_dim", "hidden", "pretrain_epochs", "batch_size", "learning_rate", "augmentation")
FIRST_COUNT = 100  # how many images a fresh centroid stands for (the DCN authors' code)


class CollapseWarning(UserWarning):
    """The clustering has degenerated: its loss is low because it says nothing any more."""


def clustering_scores(labels_true, labels_pred, X=None):
    """Compare clusters with classes; both are arrays (n,) of any labels.

    Parameters
    ----------
    labels_true, labels_pred : array (n,)
    X : array (n, features), optional
        Where given, the silhouette of 2,000 points is computed in this space; its cost grows with their square.

    Returns
    -------
    dict
        acc : share of points whose cluster is the one matched to their class, one to one (Kuhn, 1955: the Hungarian
        method); a class without a cluster counts as wrong. nmi, ari : normalised mutual information and adjusted Rand
        index. silhouette : -1 to 1, nan for a single cluster or without X. sizes : list, largest cluster first.

    Raises
    ------
    ValueError
        If the arrays differ in length or are empty.
    """
    labels_true, labels_pred = np.asarray(labels_true), np.asarray(labels_pred)
    matched = match_labels(labels_true, labels_pred)
    sizes = np.unique(labels_pred, return_counts=True)[1]
    silhouette = np.nan
    if X is not None:
        chosen = np.random.default_rng(0).choice(len(labels_pred), min(2000, len(labels_pred)), replace=False)
        if 1 < len(np.unique(labels_pred[chosen])) < len(chosen):
            silhouette = float(silhouette_score(np.asarray(X)[chosen], labels_pred[chosen]))
    return {
        "acc": float(np.mean(matched == labels_true)),
        "nmi": float(normalized_mutual_info_score(labels_true, labels_pred)),
        "ari": float(adjusted_rand_score(labels_true, labels_pred)),
        "silhouette": silhouette,
        "sizes": sorted(sizes.tolist(), reverse=True),
    }


def match_labels(labels_true, labels_pred):
    """Rename clusters (n,) to the classes (n,) that they match best, one to one.

    With more clusters than classes, a cluster that finds no partner keeps a name that is no class: the first free
    integers above the largest class, so that nothing is counted as right by accident.
    """
    labels_true, labels_pred = np.asarray(labels_true), np.asarray(labels_pred)
    if len(labels_true) != len(labels_pred) or len(labels_true) == 0:
        raise ValueError(f"two label arrays of equal length above 0 are needed: {len(labels_true)}, {len(labels_pred)}")
    classes, clusters = np.unique(labels_true), np.unique(labels_pred)
    size = max(len(classes), len(clusters))
    table = np.zeros((size, size), dtype=np.int64)  # square: where one side is shorter, its partners are nobody
    table[: len(classes), : len(clusters)] = contingency_matrix(labels_true, labels_pred)
    partner = np.empty(size, dtype=np.int64)
    rows, columns = linear_sum_assignment(-table)
    partner[columns] = rows
    names = np.concatenate([classes, classes.max() + 1 + np.arange(size - len(classes))])
    return names[partner[np.searchsorted(clusters, labels_pred)]]


def k_means(codes, n_clusters, **settings):
    """A KMeans fitted to codes (n, L), without its warning of fewer distinct points than clusters."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return KMeans(n_clusters, **settings).fit(codes)


def moved_centroids(centroids, counts, latents, assignments):
    """DCN's centroid update for many points at once: `c += 1; m = (1 - 1/c) m + z/c` for each point z of a cluster.

    Going through the points one by one gives the same: each centroid (K, L) is the mean of all it has ever seen, the
    first value counting as `counts` (K,) points. `latents` is (n, L), `assignments` (n,).

    Returns
    -------
    centroids (K, L), counts (K,)
    """
    chosen = np.eye(len(centroids))[assignments]
    new_counts = counts + chosen.sum(axis=0)
    return (counts[:, None] * centroids + chosen.T @ latents) / new_counts[:, None], new_counts


def reseeded(centroids, counts, latents):
    """Give each empty cluster a new centroid: the point of the largest cluster that lies furthest from its own.

    `centroids` is (K, L), `counts` (K,), `latents` (n, L); returns centroids and counts.
    """
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


class DeepClustering(TransformerMixin, ClusterMixin, BaseEstimator):
    """Deep Clustering Network: an autoencoder and K-Means on its latent codes, trained together.

    `fit` pretrains the autoencoder, runs K-Means on the codes, and then repeats: train the network for a while on
    `alpha * R / R0 + beta * C / C0`, embed the data, move the centroids, assign. R is the mean squared error of the
    reconstruction, C that of codes against the centroids of their clusters; R0 and C0 are their values at the end
    of pretraining, so that alpha and beta weigh two numbers that both begin at 1. The centroids are data to the
    network: no gradient reaches them. Features should have similar scales (pixels in [0, 1], or standardised).

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
    max_iter : int, default 20
    epochs : int, default 1
        Of the joint step in each iteration.
    ramp : int, default 5
        Iterations over which beta grows to its full size.
    tol : float, default 0.001
        Stop when a smaller share of the assignments changed and all K clusters live.
    batch_size : int, default 256
    learning_rate : float, default 0.001
        Of Adam. It falls to 0 along half a cosine, in pretraining and again in the joint phase.
    overcluster : int, default 0
        Number of clusters of a joint phase before the one with `n_clusters`, which then begins with K-Means on codes
        shaped by this one. 0: no such phase. Small clusters are purer, so the network learns from fewer mistakes.
    overcluster_iter : int, default 10
        Its iterations, at most.
    augmentation : dict, optional
        Arguments of `models.distorted`, for square images: the network is trained on distorted images, and
        assignments come from the undistorted ones.
    n_init : int, default 10
        Starts of the first K-Means.
    track : int, default 0
        Of how many rows of X, from the first on, to keep the codes of every iteration.
    memory : joblib.Memory or str, optional
        Where to keep pretrained weights: fits that differ only in what follows pretraining then share it. As in
        scikit-learn's Pipeline. Apart from rounding, the numbers do not depend on it.
    random_state : int, RandomState or None, default None
    verbose : int, default 0
        1 prints a line per iteration.

    Attributes
    ----------
    labels_ : int array (n,)
        Clusters of the training data, as `predict` gives them.
    cluster_centers_ : float32 array (K, L)
    n_iter_ : int
    history_ : pandas.DataFrame
        Of the last phase, by iteration, 0 being its beginning (the end of pretraining, or of the phase with
        `overcluster` clusters): reconstruction (R, on the images as trained on, from iteration 1 on), clustering (C,
        on undistorted images), loss, changed (share of assignments), shift (mean distance that the centroids
        moved), inertia (sum of squared distances to the own centroid), smallest and largest (cluster sizes), live
        (clusters that are not empty), spread (standard deviation of the codes, root mean square over units), seconds.
    pretrain_loss_ : float array (pretrain_epochs,)
        R by epoch.
    pretrain_labels_ : int array (n,)
        The first K-Means, on the codes after pretraining: "autoencoder, then K-Means".
    tracked_codes_, tracked_centers_ : arrays (n_iter_ + 1, track, L) and (n_iter_ + 1, K, L)
        From the beginning of the last phase to its last iteration.
    n_features_in_ : int

    Warns
    -----
    CollapseWarning
        If a cluster is empty or holds half of the data and more than three times its share, or the spread has fallen
        below a hundredth of what it was.

    References
    ----------
    Yang, Fu, Sidiropoulos, Hong, ICML 2017 (DCN). Xie, Girshick, Farhadi, ICML 2016 (DEC). Guo et al., IJCAI 2017
    (IDEC) and ACML 2018 (augmentation). The interface follows scikit-learn's K-Means and ClustPy's DCN.
    """

    def __init__(
        self,
        n_clusters=10,
        *,
        latent_dim=10,
        hidden=(512, 256),
        alpha=1.0,
        beta=0.1,
        assignments="hard",
        centroid_update="counts",
        pretrain_epochs=20,
        max_iter=20,
        epochs=1,
        ramp=5,
        tol=0.001,
        batch_size=256,
        learning_rate=1e-3,
        overcluster=0,
        overcluster_iter=10,
        augmentation=None,
        n_init=10,
        track=0,
        memory=None,
        random_state=None,
        verbose=0,
    ):
        self.n_clusters = n_clusters
        self.latent_dim = latent_dim
        self.hidden = hidden
        self.alpha = alpha
        self.beta = beta
        self.assignments = assignments
        self.centroid_update = centroid_update
        self.pretrain_epochs = pretrain_epochs
        self.max_iter = max_iter
        self.epochs = epochs
        self.ramp = ramp
        self.tol = tol
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.overcluster = overcluster
        self.overcluster_iter = overcluster_iter
        self.augmentation = augmentation
        self.n_init = n_init
        self.track = track
        self.memory = memory
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X, y=None):
        """Cluster X, an array (n, features) of finite numbers; y is ignored, labels are never needed.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If a parameter is out of its range, X holds NaN or infinity, or n is below `n_clusters`.
        """
        X = validate_data(self, X, dtype="float32", ensure_min_samples=2)
        gc.collect()  # Keras's networks hold each other in circles: an earlier fit's copy of its data may still be here
        self._check_parameters(X)
        random = check_random_state(self.random_state)
        self._begin(X, int(random.randint(2**30)))
        joint = self._joint_step(X, self.overcluster or self.n_clusters)
        if self.memory is None:
            self.pretrain_loss_ = self._pretrain(joint)
            joint = self._restarted(joint, X)
        else:
            only = {name: getattr(self, name) for name in PRETRAINING}
            weights, self.pretrain_loss_ = check_memory(self.memory).cache(_pretrained)(X, only, self._seed)
            self._autoencoder.set_weights(weights)
        codes, starts = models.answers(self._halves[0], X), {"n_init": self.n_init, "random_state": random}
        self.pretrain_labels_ = k_means(codes, self.n_clusters, **starts).labels_
        if self.overcluster:
            self._join(X, joint, self.overcluster_iter, random)
            joint = self._joint_step(X, self.n_clusters)
        self._join(X, joint, self.max_iter, random)
        self._warn_of_collapse()
        return self

    def predict(self, X):
        """The cluster of each row of X (n, features): its nearest centroid; int array (n,)."""
        return pairwise_distances_argmin(self.transform(X), self.cluster_centers_)

    def transform(self, X):
        """The latent code of each row of X (n, features): float32 array (n, latent_dim)."""
        X = self._validated(X)
        return models.answers(self._halves[0], X)

    def inverse_transform(self, codes):
        """The reconstruction of each latent code (n, latent_dim): float32 array (n, features)."""
        check_is_fitted(self, "labels_")
        return models.answers(self._halves[1], np.asarray(codes, dtype="float32"))

    def losses(self, X):
        """The two terms of the loss on X (n, features), network and centroids frozen: a dict of reconstruction (R) and
        clustering (C), neither weighted nor divided by its first value."""
        latents = self.transform(X)
        clustering = self._target(latents, pairwise_distances_argmin(latents, self.cluster_centers_))[1]
        return {"reconstruction": self._error(self._validated(X)), "clustering": clustering}

    def save(self, path):
        """Write the fitted estimator to `path`, a .npz file of plain arrays (no pickle)."""
        check_is_fitted(self, "labels_")
        state = self.__getstate__()
        weights = {f"weight_{index:03d}": weight for index, weight in enumerate(state.pop("_weights"))}
        parameters = self.get_params()
        if not isinstance(self.random_state, (int, type(None))):
            parameters["random_state"] = None  # a generator has no plain form, and nothing fitted needs it
        if not isinstance(self.memory, (str, type(None))):
            parameters["memory"] = None
        learned = {name: value for name, value in state.items() if name not in parameters}
        arrays = {name: value for name, value in learned.items() if isinstance(value, np.ndarray)}
        tables = {name: value for name, value in learned.items() if isinstance(value, pd.DataFrame)}
        if "feature_names_in_" in arrays:
            arrays["feature_names_in_"] = arrays["feature_names_in_"].astype(str)  # objects would need pickle
        plain = {
            "parameters": parameters,
            "tables": {name: table.to_dict("list") for name, table in tables.items()},
            "learned": {name: value for name, value in learned.items() if name not in arrays and name not in tables},
        }
        text = json.dumps(plain, default=lambda number: number.item())
        with open(path, "wb") as file:
            np.savez(file, state=text, **arrays, **weights)

    @classmethod
    def load(cls, path):
        """Read an estimator that `save` wrote.

        Raises
        ------
        ValueError
            If the file is not one, or is damaged.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = dict(file)
            plain = json.loads(str(arrays.pop("state")))
        except (KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise ValueError(f"{path} does not hold a saved DeepClustering ({error})") from error
        weights = [arrays.pop(name) for name in sorted(arrays) if name.startswith("weight_")]
        tables = {name: pd.DataFrame(table).rename_axis("iteration") for name, table in plain["tables"].items()}
        model = cls(**(plain["parameters"] | {"hidden": tuple(plain["parameters"]["hidden"])}))
        model.__setstate__(vars(model) | plain["learned"] | arrays | tables | {"_weights": weights})
        return model

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]  # codes are float32, whatever X is
        return tags

    def _check_parameters(self, X):
        whole = dict.fromkeys(("n_clusters", "latent_dim", "max_iter", "epochs", "ramp", "batch_size", "n_init"), 1)
        whole |= {"overcluster_iter": 1, "pretrain_epochs": 0, "track": 0, "overcluster": 0}
        for name, least in whole.items():
            value = getattr(self, name)
            if not isinstance(value, (int, np.integer)) or value < least:
                raise ValueError(f"{name} must be a whole number of at least {least}, got {value!r}")
        if not self.hidden or any(not isinstance(units, (int, np.integer)) or units < 1 for units in self.hidden):
            raise ValueError(f"hidden must be whole numbers of at least 1, got {self.hidden!r}")
        for name in ("alpha", "beta", "tol", "learning_rate"):
            if not 0 <= getattr(self, name) < np.inf:
                raise ValueError(f"{name} must be a finite number of at least 0, got {getattr(self, name)!r}")
        choices = {"assignments": ("hard", "soft", "balanced"), "centroid_update": ("counts", "kmeans", "fixed")}
        for name, allowed in choices.items():
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} must be one of {', '.join(allowed)}, got {getattr(self, name)!r}")
        for name in ("n_clusters", "overcluster"):
            if len(X) < getattr(self, name):
                raise ValueError(f"n_samples={len(X)} should be >= {name}={getattr(self, name)}")
        if self.augmentation is not None and int(X.shape[1] ** 0.5) ** 2 != X.shape[1]:
            raise ValueError(f"augmentation is for square images; {X.shape[1]} features are not one")

    def _begin(self, X, seed):
        """Everything that is random in TensorFlow depends on this seed; the network is built."""
        self._seed = seed
        tf.random.set_seed(seed)  # the order of batches and the distortions depend on TensorFlow's own seed, too
        self._output_activation = "sigmoid" if X.min() >= 0 and X.max() <= 1 else "linear"
        self._build()

    def _build(self):
        """Encoder and decoder, with starting weights that depend on the seed alone."""
        self._autoencoder = models.autoencoder(
            self.latent_dim, "linear", self.hidden, self.n_features_in_, self._output_activation, self._seed
        )
        self._halves = models.encoder_and_decoder(self._autoencoder)

    def _joint_step(self, X, n_clusters):
        """The network with two outputs, compiled, and the one dataset that every fit of a phase goes through.

        Targets and the weights of R and C are variables, so that an iteration renews them without building anything.
        """
        soft, clustering = self.assignments != "hard", self._halves[0].output
        if soft:
            clustering = models.SoftAssignment(n_clusters, name="Soft_Assignment")(clustering)
        outputs = {"reconstruction": self._autoencoder.output, "clustering": clustering}
        network = keras.Model(self._autoencoder.input, outputs)
        network.compile(
            keras.optimizers.Adam(self.learning_rate),
            loss={"reconstruction": "mse", "clustering": "kl_divergence" if soft else "mse"},
            metrics={"reconstruction": ["mse"]},  # R without its weight
            **(models.fast(xla=True) if len(X) >= 10_000 else {}),  # compiling must pay for itself
        )
        targets = tf.Variable(tf.zeros((len(X), clustering.shape[-1])), trainable=False)
        weights = tf.Variable([1.0, 0.0], trainable=False)
        return JointStep(network, n_clusters, self._dataset(X, targets, weights), targets, weights)

    def _restarted(self, joint, X):
        """The same step and weights, but optimizer and order of the images as if nothing had been trained yet."""
        for variable in joint.network.optimizer.variables:
            variable.assign(keras.ops.zeros_like(variable))
        return joint._replace(dataset=self._dataset(X, joint.targets, joint.weights))

    def _dataset(self, X, targets, weights):
        """Batches of images, distorted or not, with targets and weights of both losses."""
        images = models.batches(X, np.arange(len(X)), self.batch_size, seed=self._seed)
        if self.augmentation is not None:
            images = models.distorted(images, seed=self._seed, **self.augmentation)

        def both(x, rows):
            ones = tf.ones_like(rows, tf.float32)
            answers = {"reconstruction": x, "clustering": tf.gather(targets, rows)}
            return x, answers, {"reconstruction": weights[0] * ones, "clustering": weights[1] * ones}

        return images.map(both)

    def _pretrain(self, joint):
        """Fit to the reconstruction alone; returns R by epoch."""
        rates = self._rates(self.pretrain_epochs)
        return self._train(joint, rates) if len(rates) else np.array([])

    @staticmethod
    def _train(joint, rates):
        """Fit for an epoch at each of the learning rates; returns R by epoch."""
        schedule = keras.callbacks.LearningRateScheduler(lambda epoch: float(rates[epoch]))
        history = joint.network.fit(joint.dataset, epochs=len(rates), shuffle=False, verbose=0, callbacks=[schedule])
        return np.array(history.history["reconstruction_mse"])

    def _join(self, X, joint, max_iter, random):
        """A joint phase. Assignments and centroids change between the fits, never within one."""
        n_clusters = joint.n_clusters
        latents = models.answers(self._halves[0], X)
        found = k_means(latents, n_clusters, n_init=self.n_init, random_state=random)
        self.cluster_centers_, self.labels_ = found.cluster_centers_, found.labels_
        if self.assignments != "hard":
            joint.network.get_layer("Soft_Assignment").centroids.assign(self.cluster_centers_)
        target, cluster_loss = self._target(latents, self.labels_)
        error = self._error(X)
        scales = np.maximum([error, cluster_loss], 1e-12)  # R0, C0
        rows = [self._row(latents, error, cluster_loss, self.alpha, 1.0, 0.0, 0.0)]
        counts, tracked = np.full(n_clusters, FIRST_COUNT), [(latents[: self.track], self.cluster_centers_)]
        rates = np.repeat(self._rates(max_iter), self.epochs).reshape(max_iter, self.epochs)
        for self.n_iter_ in range(1, max_iter + 1):
            started, old_labels, old_centers = time.perf_counter(), self.labels_, self.cluster_centers_
            joint.targets.assign(target)
            term_weights = np.array([self.alpha, self.beta * min(1, self.n_iter_ / self.ramp)]) / scales
            joint.weights.assign(term_weights)
            error = self._train(joint, rates[self.n_iter_ - 1])[-1]
            latents = models.answers(self._halves[0], X)
            counts = self._move_centroids(latents, counts, joint)
            target, cluster_loss = self._target(latents, self.labels_)
            changed = float(np.mean(self.labels_ != old_labels))
            shift = float(np.linalg.norm(self.cluster_centers_ - old_centers, axis=1).mean())
            loss = float(np.dot(term_weights, [error, cluster_loss]))
            rows.append(self._row(latents, error, cluster_loss, loss, changed, shift, time.perf_counter() - started))
            tracked.append((latents[: self.track], self.cluster_centers_))
            if self.verbose:
                print(f"iteration {self.n_iter_:2d}  " + "  ".join(f"{k} {v:.4g}" for k, v in rows[-1].items()))
            if changed < self.tol and rows[-1]["live"] == n_clusters:
                break
        self.history_ = pd.DataFrame(rows).rename_axis("iteration")
        self.tracked_codes_, self.tracked_centers_ = (np.stack(parts) for parts in zip(*tracked, strict=True))

    def _move_centroids(self, latents, counts, joint):
        """After training: centroids follow the codes, empty clusters begin again, labels are renewed."""
        centers = self.cluster_centers_
        if self.assignments != "hard":
            centers = joint.network.get_layer("Soft_Assignment").centroids.numpy()
        elif self.centroid_update == "counts":
            labels = pairwise_distances_argmin(latents, centers)
            centers, counts = moved_centroids(centers, counts, latents, labels)
        elif self.centroid_update == "kmeans":
            centers = k_means(latents, len(centers), init=centers, n_init=1).cluster_centers_
        if self.assignments == "hard":
            centers, counts = reseeded(centers, counts, latents)
        self.cluster_centers_ = centers.astype("float32")
        self.labels_ = pairwise_distances_argmin(latents, self.cluster_centers_)
        return counts

    def _target(self, latents, labels):
        """What the clustering output is asked to answer, (n, L) or (n, K), and C: how far it is from that now."""
        if self.assignments == "hard":
            target = self.cluster_centers_[labels]
            return target, float(np.mean((latents - target) ** 2))
        shares = student_t(latents, self.cluster_centers_)
        target = sharpened(shares, balanced=self.assignments == "balanced")
        return target.astype("float32"), float(np.mean(np.sum(target * np.log(target / shares), axis=1)))

    def _row(self, latents, error, cluster_loss, loss, changed, shift, seconds):
        sizes = np.bincount(self.labels_, minlength=len(self.cluster_centers_))
        row = {"reconstruction": float(error), "clustering": cluster_loss, "loss": loss, "changed": changed}
        row |= {"shift": shift, "inertia": float(np.sum((latents - self.cluster_centers_[self.labels_]) ** 2))}
        row |= {"smallest": int(sizes.min()), "largest": int(sizes.max()), "live": int(np.sum(sizes > 0))}
        return row | {"spread": spread(latents), "seconds": seconds}

    def _warn_of_collapse(self):
        first, last, n, k = self.history_.iloc[0], self.history_.iloc[-1], len(self.labels_), len(self.cluster_centers_)
        symptoms = []
        if last.live < k:
            symptoms.append(f"{k - last.live:.0f} of {k} clusters are empty")
        if last.largest > max(n / 2, 3 * n / k):
            symptoms.append(f"one cluster holds {last.largest / n:.0%} of the data")
        if last.spread < 0.01 * first.spread:
            symptoms.append(f"the spread of the codes fell from {first.spread:.3g} to {last.spread:.3g}")
        if symptoms:
            advice = "lower beta or raise alpha, make the ramp longer"
            advice += ", pretrain (pretrain_epochs)" if self.pretrain_epochs == 0 else ""
            warnings.warn(f"the clustering collapsed: {'; '.join(symptoms)}. To mend it: {advice}.", CollapseWarning, 3)

    def _rates(self, steps):
        """The learning rate at each step, half a cosine."""
        return self.learning_rate * (1 + np.cos(np.pi * np.arange(steps) / steps)) / 2

    def _validated(self, X):
        check_is_fitted(self, "labels_")
        return validate_data(self, X, dtype="float32", reset=False)

    def _error(self, X):
        """R of X, part by part: the reconstructions of all of it would fill the memory."""
        parts = [X[start : start + 10_000] for start in range(0, len(X), 10_000)]
        sums = [np.sum((np.asarray(self._autoencoder(part, training=False)) - part) ** 2) for part in parts]
        return float(np.sum(sums, dtype="float64") / X.size)

    def __getstate__(self):
        state = super().__getstate__().copy()
        state.pop("_halves", None)
        if "_autoencoder" in state:  # the network as arrays, so that the estimator can be pickled and copied
            state["_weights"] = state.pop("_autoencoder").get_weights()
        return state

    def __setstate__(self, state):
        weights = state.pop("_weights", None)
        super().__setstate__(state)
        if weights is not None:
            self._build()
            self._autoencoder.set_weights(weights)


def _pretrained(X, parameters, seed):
    """Weights and loss by epoch of an autoencoder pretrained on X: these depend on the arguments alone."""
    model = DeepClustering(**parameters)
    model.n_features_in_ = X.shape[1]
    model._begin(X, seed)
    loss = model._pretrain(model._joint_step(X, n_clusters=1))
    return model._autoencoder.get_weights(), loss


def spread(latents):
    """Standard deviation of the codes (n, L), root mean square over the units."""
    return float(np.sqrt(np.mean(np.var(latents, axis=0))))
