"""DeepClustering and the scores, on small synthetic data with known clusters."""

import copy
import pickle
import warnings

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from sklearn.base import clone
from sklearn.datasets import make_blobs
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from helpers import clustering, data, networks, training
from helpers.clustering import CollapseWarning, DeepClustering, clustering_scores, match_labels

SMALL = {
    "hidden": (32, 16),
    "latent_dim": 4,
    "pretrain_epochs": 10,
    "max_iter": 6,
    "batch_size": 64,
    "n_init": 3,
    "learning_rate": 0.01,
}


@pytest.fixture(scope="module")
def blobs():
    X, y = make_blobs(400, 20, centers=5, cluster_std=2.0, random_state=0)
    return StandardScaler().fit_transform(X).astype("float32"), y


@pytest.fixture(scope="module")
def fitted(blobs):
    return DeepClustering(5, **SMALL, tol=0, random_state=0).fit(blobs[0])


@pytest.fixture
def eagerly():
    """Fits of a few steps are faster without tracing their functions first."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@parametrize_with_checks(
    [DeepClustering(3, hidden=(8,), latent_dim=3, pretrain_epochs=2, max_iter=1, n_init=1, learning_rate=0.01)]
)
def test_it_follows_the_contract_of_scikit_learn(estimator, check, eagerly):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CollapseWarning)  # some checks cluster noise
        warnings.filterwarnings("ignore", message="Even though the `tf.config")
        check(estimator)


def test_it_finds_the_clusters_and_says_how_it_went(blobs, fitted):
    X, y = blobs
    assert clustering_scores(y, fitted.labels_)["acc"] > 0.95
    assert fitted.cluster_centers_.shape == (5, 4) and fitted.transform(X).shape == (400, 4)
    assert fitted.inverse_transform(fitted.cluster_centers_).shape == (5, 20)
    np.testing.assert_array_equal(fitted.predict(X), fitted.labels_)
    history = fitted.history_
    assert len(history) == fitted.n_iter_ + 1 == 7 and history.index.name == "iteration"
    assert {"reconstruction", "clustering", "loss", "changed", "shift", "inertia", "smallest", "spread"} < set(history)
    last = history.iloc[-1]
    residual = fitted.transform(X) - fitted.cluster_centers_[fitted.labels_]
    assert last.inertia == pytest.approx(np.sum(residual**2), rel=1e-4)
    assert last.clustering == pytest.approx(np.mean(residual**2), rel=1e-4)
    assert last.smallest == np.bincount(fitted.labels_).min() and last.live == 5
    first = history.iloc[0]
    expected = last.reconstruction / first.reconstruction + 0.1 * last.clustering / first.clustering
    assert last.loss == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize(
    "parameters",
    [
        {"assignments": "soft"},
        {"assignments": "balanced"},
        {"centroid_update": "kmeans"},
        {"overcluster": 12, "overcluster_iter": 3},
    ],
)
def test_the_other_ways_find_them_too(blobs, parameters):
    X, y = blobs
    model = DeepClustering(5, **SMALL, random_state=0, **parameters)
    assert clustering_scores(y, model.fit_predict(X))["acc"] > 0.95
    np.testing.assert_array_equal(model.predict(X), model.labels_)


def test_same_seed_same_result_whatever_was_drawn_before(blobs, fitted):
    keras.utils.set_random_seed(98)
    again = DeepClustering(5, **SMALL, tol=0, random_state=0).fit(blobs[0].astype("float64"))
    np.testing.assert_array_equal(again.labels_, fitted.labels_)
    other = clone(again).set_params(random_state=1).fit(blobs[0])
    assert not np.allclose(other.cluster_centers_, fitted.cluster_centers_)


def test_it_stops_when_assignments_rest_and_all_clusters_live(blobs):
    model = DeepClustering(5, **(SMALL | {"max_iter": 30}), tol=0.01, random_state=0).fit(blobs[0])
    assert model.n_iter_ < 30 and model.history_.changed.iloc[-1] < 0.01 and model.history_.live.iloc[-1] == 5


def test_losses_of_the_training_data_are_the_last_row_of_the_history(blobs):
    for parameters in ({}, {"assignments": "soft"}):
        model = DeepClustering(5, **SMALL | parameters, random_state=0).fit(blobs[0])
        found = model.losses(blobs[0])
        assert found["clustering"] == pytest.approx(model.history_.clustering.iloc[-1], rel=1e-4)
        answers = model.inverse_transform(model.transform(blobs[0]))
        assert found["reconstruction"] == pytest.approx(float(np.mean((answers - blobs[0]) ** 2)), rel=1e-6)
        assert model.losses(blobs[0] * 3)["reconstruction"] > found["reconstruction"]


def test_fits_that_differ_after_pretraining_share_it(blobs, tmp_path, monkeypatch):
    pretrained = []
    monkeypatch.setattr(DeepClustering, "_pretrain", lambda self, joint, real=DeepClustering._pretrain: (
        pretrained.append(self.latent_dim), real(self, joint))[1])  # fmt: skip
    remembering = DeepClustering(5, **SMALL, memory=str(tmp_path), random_state=0)
    computed, read = clone(remembering).fit(blobs[0]), clone(remembering).fit(blobs[0])
    assert pretrained == [4] and len(read.pretrain_loss_) == 10
    pd.testing.assert_frame_equal(computed.history_.drop(columns="seconds"), read.history_.drop(columns="seconds"))
    assert (computed.labels_ == read.labels_).all()
    forgetful = clone(remembering).set_params(memory=None).fit(blobs[0])
    pd.testing.assert_frame_equal(computed.history_.drop(columns="seconds"), forgetful.history_.drop(columns="seconds"))
    other = clone(remembering).set_params(beta=0.9).fit(blobs[0])
    assert pretrained == [4, 4] and (other.pretrain_labels_ == read.pretrain_labels_).all()
    monkeypatch.setattr(DeepClustering, "_join", lambda *_: None)  # the rest is about pretraining alone
    monkeypatch.setattr(DeepClustering, "_warn_of_collapse", lambda _: None)
    for changed in ({"random_state": 1}, {"pretrain_epochs": 5}, {"learning_rate": 0.02}):
        clone(remembering).set_params(**changed).fit(blobs[0])
    clone(remembering).fit(blobs[0] + 1)
    assert pretrained == [4] * 6, "another seed, other parameters or other data: pretrained anew"


def test_it_works_in_a_pipeline(blobs):
    pipeline = make_pipeline(StandardScaler(), DeepClustering(5, **SMALL, random_state=0))
    assert pipeline.fit_predict(blobs[0] * 100 + 7).shape == (400,)
    assert pipeline.transform(blobs[0] * 100 + 7).shape == (400, 4)


def test_saved_loaded_pickled_and_copied_it_predicts_the_same(blobs, fitted, tmp_path):
    X = blobs[0]
    fitted.save(tmp_path / "model.npz")
    loaded = DeepClustering.load(tmp_path / "model.npz")
    for other in (loaded, pickle.loads(pickle.dumps(fitted)), copy.deepcopy(fitted)):
        np.testing.assert_array_equal(other.predict(X), fitted.predict(X))
        np.testing.assert_array_equal(other.transform(X), fitted.transform(X))
        np.testing.assert_array_equal(
            other.inverse_transform(other.cluster_centers_), fitted.inverse_transform(fitted.cluster_centers_)
        )
        assert other.get_params() == fitted.get_params()
    pd.testing.assert_frame_equal(loaded.history_, fitted.history_)
    with np.load(tmp_path / "model.npz", allow_pickle=False) as file:
        assert all(file[name].dtype != object for name in file)


def test_a_table_with_names_survives_saving(blobs, tmp_path):
    table = pd.DataFrame(blobs[0], columns=[f"f{i}" for i in range(20)])
    model = DeepClustering(5, **SMALL, random_state=np.random.RandomState(3)).fit(table)
    model.save(tmp_path / "model.npz")
    np.testing.assert_array_equal(DeepClustering.load(tmp_path / "model.npz").predict(table), model.labels_)


def test_a_damaged_file_is_a_clear_error(fitted, tmp_path):
    path = tmp_path / "model.npz"
    fitted.save(path)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(ValueError, match="does not hold a saved DeepClustering"):
        DeepClustering.load(path)
    np.savez(path, weights=np.zeros(3))
    with pytest.raises(ValueError, match="does not hold a saved DeepClustering"):
        DeepClustering.load(path)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_clusters": 0}, "n_clusters must be a whole number of at least 1"),
        ({"alpha": -1}, "alpha must be a finite number of at least 0"),
        ({"beta": -0.1}, "beta must be"),
        ({"beta": np.nan}, "beta must be"),
        ({"epochs": 0}, "epochs must be"),
        ({"batch_size": 2.5}, "batch_size must be"),
        ({"hidden": (32, 0)}, "hidden must be"),
        ({"assignments": "fuzzy"}, "assignments must be one of hard, soft, balanced"),
        ({"centroid_update": "mean"}, "centroid_update must be one of"),
        ({"augmentation": {}}, "20 features"),
        ({"n_clusters": 401}, "n_samples=400 should be >= n_clusters=401"),
        ({"overcluster": 401}, "n_samples=400 should be >= overcluster=401"),
    ],
)
def test_wrong_parameters_are_named(blobs, parameters, message):
    with pytest.raises(ValueError, match=message):
        DeepClustering(**(SMALL | parameters)).fit(blobs[0])


def test_the_joint_step_is_the_one_written_by_hand(blobs):
    """One step of gradient descent on both terms, in NumPy, moves the weights where `fit` moves them."""
    X = blobs[0][:64]
    model = DeepClustering(5, hidden=(6,), latent_dim=3, pretrain_epochs=0, alpha=0.7, beta=0.3, batch_size=64)
    model.n_features_in_, model._output_activation, model._seed = 20, "linear", 0
    model._build()
    joint = model._joint_step(X, 5)
    joint.network.compile(keras.optimizers.SGD(0.1), loss="mse", metrics={"reconstruction": ["mse"]})
    centroids = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    assigned = clustering.pairwise_distances_argmin(networks.predict(model._halves[0], X), centroids)
    joint.targets.assign(centroids[assigned])
    joint.weights.assign([0.7, 0.3])
    W1, b1, W2, b2, W3, b3, W4, b4 = (w.astype("float64") for w in model._autoencoder.get_weights())
    model._train(joint, [0.1])

    h = np.maximum(X @ W1 + b1, 0)
    z = h @ W2 + b2
    g = np.maximum(z @ W3 + b3, 0)
    out = g @ W4 + b4
    d_out = 0.7 * 2 * (out - X) / X.size
    d_g = (d_out @ W4.T) * (g > 0)
    d_z = d_g @ W3.T + 0.3 * 2 * (z - centroids[assigned]) / z.size  # the centroid is a constant: no gradient there
    d_h = (d_z @ W2.T) * (h > 0)
    steps = [X.T @ d_h, d_h.sum(0), h.T @ d_z, d_z.sum(0), z.T @ d_g, d_g.sum(0), g.T @ d_out, d_out.sum(0)]
    expected = [w - 0.1 * step for w, step in zip((W1, b1, W2, b2, W3, b3, W4, b4), steps, strict=True)]
    for weight, by_hand in zip(model._autoencoder.get_weights(), expected, strict=True):
        np.testing.assert_allclose(weight, by_hand, atol=1e-6)


def test_the_centroid_update_is_the_loop_over_points():
    rng = np.random.default_rng(0)
    centroids, latents, labels = rng.normal(size=(4, 3)), rng.normal(size=(200, 3)), rng.integers(0, 3, 200)
    counts = np.full(4, 100)
    moved, new_counts = clustering.moved_centroids(centroids, counts, latents, labels)
    looped, loop_counts = centroids.copy(), counts.copy()
    for z, k in zip(latents, labels, strict=True):
        loop_counts[k] += 1
        looped[k] = (1 - 1 / loop_counts[k]) * looped[k] + z / loop_counts[k]
    np.testing.assert_allclose(moved, looped)
    np.testing.assert_array_equal(new_counts, loop_counts)
    np.testing.assert_array_equal(moved[3], centroids[3])  # an empty cluster stays where it is


def test_an_empty_cluster_begins_again_in_the_largest():
    latents = np.concatenate([np.random.default_rng(0).normal(size=(90, 2)), np.full((10, 2), 20.0)])
    centroids = np.array([[0.0, 0.0], [20.0, 20.0], [500.0, 500.0], [-500.0, 0.0]])
    mended, counts = clustering.reseeded(centroids, np.full(4, 900), latents)
    sizes = np.bincount(clustering.pairwise_distances_argmin(latents, mended), minlength=4)
    assert sizes.min() > 0 and sizes[1] == 10
    np.testing.assert_array_equal(mended[:2], centroids[:2])
    np.testing.assert_array_equal(counts, [900, 900, 100, 100])


def test_targets_are_shares_sharper_than_before_and_balanced_where_asked():
    shares = np.random.default_rng(0).dirichlet([3, 1, 1], 300)
    sharp, balanced = clustering.sharpened(shares), clustering.sharpened(shares, balanced=True)
    np.testing.assert_allclose(sharp.sum(axis=1), 1)
    assert sharp.max(axis=1).mean() > shares.max(axis=1).mean()
    np.testing.assert_allclose(balanced.sum(axis=0), 100, rtol=0.01)
    assert np.ptp(sharp.sum(axis=0)) > 20


# Each remedy against the failure that it cures.


def test_a_network_that_dies_warns_with_symptom_and_remedy_and_a_careful_one_does_not(blobs):
    bad = SMALL | {"pretrain_epochs": 0, "alpha": 0.0, "beta": 1.0, "learning_rate": 3.0, "max_iter": 3}
    with pytest.warns(CollapseWarning, match=r"clusters are empty.*lower beta or raise alpha.*pretrain_epochs"):
        DeepClustering(5, **bad, random_state=0).fit(blobs[0])
    with warnings.catch_warnings():
        warnings.simplefilter("error", CollapseWarning)
        DeepClustering(5, **SMALL, random_state=0).fit(blobs[0])


def test_without_reconstruction_the_codes_shrink_while_the_accuracy_does_not_grow(blobs):
    X, y = blobs
    settings = SMALL | {"pretrain_epochs": 0, "beta": 1.0, "ramp": 1, "epochs": 20, "max_iter": 4}
    free = DeepClustering(5, **settings, alpha=0.0, centroid_update="kmeans", tol=0, random_state=0).fit(X)
    held = DeepClustering(5, **settings, alpha=1.0, centroid_update="fixed", tol=0, random_state=0).fit(X)
    before, after = (clustering_scores(y, labels)["acc"] for labels in (free.pretrain_labels_, free.labels_))
    assert free.history_.inertia.iloc[-1] < 0.1 * free.history_.inertia.iloc[0] and after < before + 0.1
    assert held.history_.reconstruction.iloc[-1] < 0.8 * free.history_.reconstruction.iloc[-1]


def test_identical_points_do_not_pass_for_convergence():
    X = np.ones((100, 8), "float32")
    with pytest.warns(CollapseWarning, match="4 of 5 clusters are empty"):
        model = DeepClustering(5, **(SMALL | {"max_iter": 3}), random_state=0).fit(X)
    assert model.n_iter_ == 3  # no assignment ever changed, and it went on


def test_augmentation_keeps_the_image_and_moves_it():
    images = data.load("mnist", profile="fast").x_train[:512]
    still = next(iter(training.distorted(training.batches(images, batch_size=512, shuffle=False), degrees=0, shift=0)))
    np.testing.assert_allclose(still[0], images, atol=1e-5)
    dataset = training.distorted(training.batches(images, batch_size=512, shuffle=False), shear=0.25, zoom=0.15, seed=1)
    (first, target), (second, _) = next(iter(dataset)), next(iter(dataset))
    np.testing.assert_array_equal(target, images)
    assert not np.allclose(first, second) and not np.allclose(first, images)
    np.testing.assert_allclose(np.mean(first), images.mean(), rtol=0.05)  # turned, moved, and hardly anything lost
    assert np.min(first) >= 0 and np.max(first) <= 1
    turned = next(
        iter(training.distorted(training.batches(images, batch_size=512, shuffle=False), degrees=0, shift=0.1))
    )[0]
    middle = np.arange(28) - 13.5
    moved = [np.average(middle, weights=image.reshape(28, 28).sum(axis=0)) for image in np.asarray(turned)]
    before = [np.average(middle, weights=image.reshape(28, 28).sum(axis=0)) for image in images]
    difference = np.array(moved) - before
    assert 2 < np.abs(difference).max() < 2.9 and abs(difference.mean()) < 0.3  # 10 % of 28 pixels, either way


def test_augmentation_works_in_fit():
    images = data.load("mnist", profile="fast").x_train[:600]
    model = DeepClustering(
        10, **(SMALL | {"max_iter": 2, "pretrain_epochs": 2}), augmentation={"degrees": 10}, random_state=0
    )
    model.fit(images)
    np.testing.assert_array_equal(model.predict(images), model.labels_)


# Scores


def test_scores_do_not_depend_on_names():
    rng = np.random.default_rng(0)
    truth, found = rng.integers(0, 10, 500), rng.integers(0, 10, 500)
    renamed = np.array(list("qwertyuiop"))[found]
    first, second = clustering_scores(truth, found), clustering_scores(truth, renamed)
    perfect = clustering_scores(truth, (truth + 3) % 10)
    for name in ("acc", "nmi", "ari"):
        assert first[name] == pytest.approx(second[name]) and perfect[name] == pytest.approx(1)
    assert first["sizes"] == second["sizes"]


def test_a_missing_cluster_counts_as_wrong():
    truth = np.repeat([0, 1, 2], 100)
    found = np.repeat([7, 7, 4], 100)  # two classes in one cluster
    assert clustering_scores(truth, found)["acc"] == pytest.approx(2 / 3)
    one = clustering_scores(truth, np.zeros(300), X=np.random.default_rng(0).normal(size=(300, 2)))
    assert one["acc"] == pytest.approx(1 / 3) and np.isnan(one["silhouette"]) and one["sizes"] == [300]


def test_more_clusters_than_classes():
    truth = np.repeat([0, 1], 100)
    found = np.concatenate([np.repeat([5, 6], [70, 30]), np.full(100, 2)])
    assert clustering_scores(truth, found)["acc"] == pytest.approx(170 / 200)
    matched = match_labels(truth, found)
    np.testing.assert_array_equal(np.unique(matched), [0, 1, 2])
    assert (matched[:70] == 0).all() and (matched[70:100] == 2).all() and (matched[100:] == 1).all()


def test_silhouette_is_of_a_sample_and_repeatable(blobs):
    X, y = (np.tile(part, (3000 // len(blobs[1]) + 1, *[1] * (part.ndim - 1))) for part in blobs)  # above the sample
    silhouette = clustering_scores(y, y, X=X)["silhouette"]
    assert 0 < silhouette < 1 and silhouette == clustering_scores(y, y, X=X)["silhouette"]


@pytest.mark.parametrize("pair", [([0, 1], [0]), ([], [])])
def test_scores_refuse_unequal_and_empty_arrays(pair):
    with pytest.raises(ValueError, match="equal length"):
        clustering_scores(*pair)
