"""The scores of reconstructions, codes and clusterings: closed forms and hand-made cases."""

import keras
import numpy as np
import pytest
from sklearn.datasets import make_blobs
from sklearn.decomposition import PCA
from sklearn.metrics import silhouette_score

from helpers import data, scores, vae

# Reconstructions


def test_reconstruction_error_is_the_mean_of_squares_of_each_image():
    x = np.array([[0.5, 0.5], [1.0, 0.0]])
    np.testing.assert_allclose(scores.reconstruction_error(x, np.zeros((2, 2))), [0.25, 0.5])
    np.testing.assert_allclose(scores.reconstruction_error(x, [0.5, 0.5]), [0, 0.25])  # one for all


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float32", "float64"])
def test_reconstruction_error_of_bytes_does_not_wrap_round(dtype):
    dark, bright = np.array([[0, 10]], dtype), np.array([[200, 0]], dtype)
    for pair in ((dark, bright), (bright, dark)):
        assert scores.reconstruction_error(*pair) == pytest.approx([(200**2 + 10**2) / 2])


def test_pca_reconstruction_projects_on_the_first_components_and_clips():
    pca = PCA(2).fit([[0.0, 0.0], [1.0, 1.0], [0.6, 0.4], [0.4, 0.6]])  # the first component is the diagonal
    x = np.array([[0.5, 0.5], [1.0, 0.0], [1.4, 1.4]])
    np.testing.assert_allclose(scores.pca_reconstruction(pca, x, 1), [[0.5, 0.5], [0.5, 0.5], [1, 1]], atol=1e-7)
    np.testing.assert_allclose(scores.pca_reconstruction(pca, x, 2), [[0.5, 0.5], [1, 0], [1, 1]], atol=1e-7)


def test_cross_entropy_by_hand_and_as_keras():
    assert scores.cross_entropy([[1.0, 0.0]], [[0.5, 0.75]]) == pytest.approx([np.log(2) + np.log(4)])
    assert scores.cross_entropy([[0.25]], [[0.5]]) == pytest.approx([np.log(2)]), "any pixel, answered 0.5"
    x, p = np.random.default_rng(0).random((2, 5, 784), dtype="float32")
    expected = 784 * np.asarray(keras.losses.binary_crossentropy(x, p))
    assert scores.cross_entropy(x, p) == pytest.approx(expected, rel=1e-4)
    logits = np.log(p / (1 - p))
    assert scores.cross_entropy(x, p) == pytest.approx(np.asarray(vae.reconstruction_loss(x, logits)), rel=1e-4)
    assert np.isfinite(scores.cross_entropy([[1.0, 0.0]], [[0.0, 1.0]])).all()


def test_the_floor_is_the_cross_entropy_of_the_image_itself_and_nothing_is_below_it():
    x = np.random.default_rng(1).random((20, 30))
    floor = scores.cross_entropy_floor(x)
    assert floor == pytest.approx(scores.cross_entropy(x, x), rel=1e-6)
    for answer in (x * 0.99, np.clip(x + 0.01, 0, 1), np.full_like(x, x.mean())):
        assert (scores.cross_entropy(x, answer) >= floor).all()
    assert scores.cross_entropy_floor([[0.0, 1.0]]) == 0 and scores.cross_entropy_floor([[0.5]]) == np.log(2)


@pytest.mark.parametrize(("name", "floor"), [("fashion_mnist", 189.86), ("mnist", 45.53)])
def test_the_floor_of_the_test_images(name, floor):
    assert scores.cross_entropy_floor(data.load(name, profile="full").x_test).mean() == pytest.approx(floor, abs=5e-3)


def test_ssim_is_1_for_equal_images_and_its_formula_for_constant_ones():
    x = data.load("fashion_mnist", profile="fast").x_test[:5]
    assert scores.structural_similarity(x, x) == pytest.approx(np.ones(5), abs=1e-5)
    for a, b in ((0.2, 0.8), (0.0, 1.0), (0.5, 0.5)):  # no variance: what is left is the factor of the means
        constant = [np.full((1, 784), value) for value in (a, b)]
        expected = (2 * a * b + 0.01**2) / (a**2 + b**2 + 0.01**2)
        assert scores.structural_similarity(*constant) == pytest.approx([expected], abs=1e-3)  # float32
    noisy = np.clip(x + np.random.default_rng(0).normal(size=x.shape, scale=0.1), 0, 1)
    noisier = np.clip(x + np.random.default_rng(0).normal(size=x.shape, scale=0.3), 0, 1)
    assert (scores.structural_similarity(x, noisy) > scores.structural_similarity(x, noisier)).all()


# Codes


def test_active_units_are_those_whose_means_vary():
    wide, narrow, constant = np.array([-1.0, 1.0]), np.array([-0.09, 0.09]), np.array([3.0, 3.0])
    assert scores.active_units(np.stack([wide, narrow, constant], axis=1)) == 1  # variances 1, 0.0081, 0
    assert scores.active_units(np.stack([wide, narrow * 1.2], axis=1)) == 2  # 0.0117


# Clusterings


def test_clustering_scores_by_hand():
    """Six points, two classes of three, one of them in the wrong cluster."""
    found = scores.clustering_scores([0, 0, 0, 1, 1, 1], [5, 5, 3, 3, 3, 3])
    assert found["acc"] == pytest.approx(5 / 6) and found["sizes"] == [4, 2]
    classes, clusters = np.log(2), -(2 / 3 * np.log(2 / 3) + 1 / 3 * np.log(1 / 3))  # entropies
    mutual = sum(n / 6 * np.log(n * 6 / (3 * size)) for n, size in ((2, 2), (1, 4), (3, 4)))
    assert found["nmi"] == pytest.approx(mutual / ((classes + clusters) / 2))
    together, expected = 1 + 3, (3 + 3) * (1 + 6) / 15  # pairs of points: in both; by chance
    assert found["ari"] == pytest.approx((together - expected) / ((6 + 7) / 2 - expected))


def test_scores_do_not_depend_on_names():
    rng = np.random.default_rng(0)
    truth, found = rng.integers(0, 10, 500), rng.integers(0, 10, 500)
    letters = np.array(list("qwertyuiop"))
    first = scores.clustering_scores(truth, found)
    perfect = scores.clustering_scores(truth, (truth + 3) % 10)
    for names in ((truth, letters[found]), (letters[truth], found), (10 * truth, -found)):
        renamed = scores.clustering_scores(*names)
        for name in ("acc", "nmi", "ari"):
            assert first[name] == pytest.approx(renamed[name]) and perfect[name] == pytest.approx(1)
        assert first["sizes"] == renamed["sizes"]


def test_a_missing_cluster_counts_as_wrong():
    truth = np.repeat([0, 1, 2], 100)
    found = np.repeat([7, 7, 4], 100)  # two classes in one cluster
    assert scores.clustering_scores(truth, found)["acc"] == pytest.approx(2 / 3)
    one = scores.clustering_scores(truth, np.zeros(300), X=np.random.default_rng(0).normal(size=(300, 2)))
    assert one["acc"] == pytest.approx(1 / 3) and np.isnan(one["silhouette"]) and one["sizes"] == [300]


def test_more_clusters_than_classes():
    truth = np.repeat([0, 1], 100)
    found = np.concatenate([np.repeat([5, 6], [70, 30]), np.full(100, 2)])
    assert scores.clustering_scores(truth, found)["acc"] == pytest.approx(170 / 200)
    matched = scores.match_labels(truth, found)
    np.testing.assert_array_equal(np.unique(matched), [0, 1, 2])
    assert (matched[:70] == 0).all() and (matched[70:100] == 2).all() and (matched[100:] == 1).all()


def test_the_matching_is_the_best_of_all_and_not_the_largest_first():
    truth = np.repeat([0, 0, 1, 1], [30, 29, 29, 2])
    found = np.repeat([0, 1, 0, 1], [30, 29, 29, 2])  # 30 belongs to no best matching: 29 + 29 is more than 30 + 2
    assert scores.clustering_scores(truth, found)["acc"] == pytest.approx(58 / 90)
    np.testing.assert_array_equal(scores.match_labels(truth, found), 1 - found)


def test_silhouette_is_of_a_sample_and_repeatable():
    X, y = make_blobs(3000, 3, centers=4, random_state=0)
    silhouette = scores.clustering_scores(y, y, X=X)["silhouette"]
    assert silhouette == scores.clustering_scores(y, y, X=X)["silhouette"]
    assert silhouette == pytest.approx(silhouette_score(X, y), abs=0.02)
    few = scores.clustering_scores(y[:500], y[:500], X=X[:500])["silhouette"]
    assert few == pytest.approx(silhouette_score(X[:500], y[:500])), "of all, where there are no more than 2,000"


@pytest.mark.parametrize("pair", [([0, 1], [0]), ([], [])])
def test_scores_refuse_unequal_and_empty_arrays(pair):
    with pytest.raises(ValueError, match=r"must be whole numbers of shape"):
        scores.clustering_scores(*pair)
