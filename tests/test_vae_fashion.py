"""Lesson 05: distances of sets of images, the judge, the VAE-GAN, and the methods of its tables."""

import keras
import numpy as np
import pandas as pd
import pytest

from helpers import course, data, networks, training
from helpers.vae import VariationalAutoencoder
from lessons import classifier, vae_fashion


@pytest.fixture(scope="module")
def images():
    """600 training and 200 test images."""
    whole = data.load("fashion_mnist", profile="fast")
    parts = whole.x_train[:600], whole.y_train[:600], whole.x_test[:200], whole.y_test[:200]
    return data.Dataset("fashion_mnist", *parts, whole.class_names)


def normal_sample(n, mean, covariance, seed=0):
    """A sample (n, d) whose mean and covariance are exactly the given ones."""
    z = np.random.default_rng(seed).normal(size=(n, len(mean)))
    z = (z - z.mean(axis=0)) @ np.linalg.inv(np.linalg.cholesky(np.atleast_2d(np.cov(z, rowvar=False)))).T
    return z @ np.linalg.cholesky(np.atleast_2d(covariance)).T + mean


@pytest.mark.parametrize(("mean", "deviation"), [(0.0, 1.0), (2.0, 1.0), (0.0, 3.0), (-1.0, 0.5)])
def test_frechet_distance_in_one_dimension(mean, deviation):
    first, second = normal_sample(50, [0.0], [[1.0]]), normal_sample(80, [mean], [[deviation**2]], seed=1)
    assert vae_fashion.frechet_distance(first, second) == pytest.approx(mean**2 + (deviation - 1) ** 2, abs=1e-9)


def test_frechet_distance_in_more_dimensions():
    generator = np.random.default_rng(0)
    first = generator.normal(size=(200, 6)) @ generator.normal(size=(6, 6))
    assert vae_fashion.frechet_distance(first, first) == pytest.approx(0, abs=1e-9)
    assert vae_fashion.frechet_distance(first, first + 0.5) == pytest.approx(6 * 0.25)
    variances, others = np.array([1.0, 4.0, 9.0]), np.array([4.0, 4.0, 1.0])  # of axes that do not correlate
    pair = [normal_sample(100, np.zeros(3), np.diag(each), seed) for seed, each in enumerate((variances, others))]
    assert vae_fashion.frechet_distance(*pair) == pytest.approx(np.sum((variances**0.5 - others**0.5) ** 2))
    second = generator.normal(size=(150, 6))
    assert vae_fashion.frechet_distance(first, second) == pytest.approx(vae_fashion.frechet_distance(second, first))
    turn, _ = np.linalg.qr(generator.normal(size=(6, 6)))
    assert vae_fashion.frechet_distance(first @ turn, second @ turn) == pytest.approx(
        vae_fashion.frechet_distance(first, second)
    )


def test_frechet_distance_of_singular_sets_is_finite():
    line = np.linspace(0, 1, 30)[:, None] * np.ones((1, 5))
    point = np.ones((10, 5))
    assert vae_fashion.frechet_distance(point, point) == 0
    assert vae_fashion.frechet_distance(line, point) == pytest.approx(5 * 0.25 + 5 * line[:, 0].var(ddof=1))


def test_the_picture_of_two_sets_shows_both_means_and_widths():
    first, second = normal_sample(50, [0.3], [[0.01]])[:, 0], normal_sample(80, [0.4], [[0.04]])[:, 0]
    figure = vae_fashion.draw_frechet({"pixels": (first, second), "VAE-2": (first, first)})
    assert [len(axis.lines) for axis in figure.axes] == [2, 2]
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert texts == ["real: m = 0.300, s = 0.099", "pixels: m = 0.400, s = 0.199"]


@pytest.mark.parametrize("second", [np.zeros((9, 3)), np.zeros((1, 2)), np.zeros((0, 2))])
def test_frechet_distance_names_sets_that_do_not_fit(second):
    with pytest.raises(ValueError, match=r"features must be \(n, d\) and \(m, d\).*got \(5, 2\)"):
        vae_fashion.frechet_distance(np.zeros((5, 2)), second)


def test_fd_classifier_is_the_distance_in_the_last_hidden_layer():
    course.seed(0)
    network = networks.classifier(hidden=(16, 8), features=784)
    x = np.random.default_rng(0).random((2, 60, 784), dtype="float32")
    hidden = keras.Model(network.input, network.get_layer("Hidden_Layer2").output)
    expected = vae_fashion.frechet_distance(*(np.asarray(hidden(part, training=False)) for part in x))
    assert vae_fashion.fd_classifier(network, *x) == pytest.approx(expected, rel=1e-4)
    assert vae_fashion.fd_classifier(network, x[0], x[0]) == pytest.approx(0, abs=1e-6)


def test_the_judge_scores_what_was_drawn_by_what_it_sees_or_what_was_asked_for(images, monkeypatch):
    taught = []
    monkeypatch.setattr(vae_fashion, "accuracy_after_training_on", lambda *given: (taught.append(given), 0.5)[1])
    of_drawn = vae_fashion.judged(images, seed=3)
    found = of_drawn(images.x_train, None, "_fitted")
    assert set(found) == {"fd_fitted", "taught_fitted"} and found["fd_fitted"] > 0
    seen = networks.predict(classifier.fashion_judge(), images.x_train).argmax(axis=1)
    np.testing.assert_array_equal(taught[0][1], seen)
    asked = of_drawn(images.x_train, images.y_train, "")
    np.testing.assert_array_equal(taught[1][1], images.y_train)
    assert asked["obeyed"] == np.mean(seen == images.y_train) > 0.8 and taught[1][4] == 3
    assert set(of_drawn(images.x_train, images.y_train, "_fitted")) == {"fd_fitted", "taught_fitted"}
    assert of_drawn(images.x_test, None, "")["fd"] == pytest.approx(0, abs=1e-6)


def test_right_labels_teach_and_wrong_ones_do_not(images):
    x, y = images.x_train, images.y_train
    right = vae_fashion.accuracy_after_training_on(x, y, images.x_test, images.y_test)
    wrong = vae_fashion.accuracy_after_training_on(x, (y + 1) % 10, images.x_test, images.y_test)
    assert right > 0.6 and wrong < 0.2


@pytest.mark.parametrize("name", [*vae_fashion.METHODS, "VAE-GAN"])
def test_a_table_names_each_method_beside_its_five_seeds(name, monkeypatch):
    function = vae_fashion.judged_gan if name == "VAE-GAN" else vae_fashion.judged_model
    methods = vae_fashion.GAN_METHODS if name == "VAE-GAN" else vae_fashion.METHODS[name]
    monkeypatch.setattr(function, "table", lambda of="": pd.DataFrame(function.runs[of]))
    table = vae_fashion.judged_table(name)
    assert table.groupby("method").seed.apply(list).tolist() == [list(range(5))] * len(methods)
    for method, settings in methods.items():
        rows = table[table.method == method]
        assert all((rows[key].map(str) == str(value)).all() for key, value in settings.items())


def test_the_pairs_of_dense_and_convolutional_have_about_as_many_parameters():
    settings = vae_fashion.METHODS["convolutional"]
    counts = {
        name: VariationalAutoencoder(**{key: value for key, value in each.items() if key != "epochs"}).count_params()
        for name, each in settings.items()
    }
    for kind in ("AE", "VAE"):
        assert counts[f"dense {kind}"] == pytest.approx(counts[f"convolutional {kind}"], rel=0.02)


def test_the_vae_gan_trains_both_parts(images):
    x = images.x_train
    course.seed(0)
    model = vae_fashion.VaeGan(latent_dim=3, hidden=(32,), seed=0)
    model.compile(keras.optimizers.Adam(1e-3), **training.compile_options(xla=True))
    before = [np.array(weight) for weight in model.weights]
    history = model.fit(training.batches(x, batch_size=100), epochs=3, shuffle=False, verbose=0).history
    changed = [not np.array_equal(old, new) for old, new in zip(before, model.weights, strict=True)]
    kernels = [i for i, weight in enumerate(model.weights) if weight.path.endswith("kernel")]
    assert all(changed[i] for i in kernels), "encoder, decoder and discriminator"
    assert history["reconstruction"][-1] < history["reconstruction"][0] and np.isfinite(history["fooling"]).all()
    beside = np.array(history["loss"]) - history["reconstruction"] - history["kl"]
    assert (beside >= 19.99 * np.array(history["fooling"])).all(), "the rest of it is the feature distance"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"weight": -1.0}, "weight must be a finite number of at least 0, got -1.0"),
        ({"weight": float("inf")}, "weight must be"),
        ({"classes": 10}, "neither conditional nor an AE"),
        ({"latent_dim": 0}, "latent_dim must be"),
    ],
)
def test_wrong_parameters_of_the_vae_gan_are_named(settings, message):
    with pytest.raises(ValueError, match=message):
        vae_fashion.VaeGan(**settings)


def test_weight_0_trains_as_the_vae_does():
    x = np.random.default_rng(0).random((200, 784), dtype="float32")
    losses = []
    for form in (VariationalAutoencoder, lambda **settings: vae_fashion.VaeGan(0.0, **settings)):
        course.seed(0)
        model = form(latent_dim=2, hidden=(16,), seed=0)
        model.compile(keras.optimizers.Adam(1e-3), run_eagerly=True)
        losses.append(model.fit(x, x, epochs=1, batch_size=100, shuffle=False, verbose=0).history["reconstruction"][0])
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
