"""The variational autoencoder: closed forms, hand-made cases, bad input."""

import keras
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from helpers import course, data, training, vae
from helpers.vae import VariationalAutoencoder
from lessons import vae_mnist

FORMS = [{}, {"kind": "convolutional"}, {"classes": 10}, {"kind": "convolutional", "classes": 10}]


@pytest.fixture(scope="module")
def images():
    mnist = data.load("mnist", profile="fast")
    return mnist.x_train[:200], mnist.y_train[:200]


def fitted(images, epochs=2, learning_rate=1e-3, **settings):
    x, digits = images
    course.seed(0)
    model = VariationalAutoencoder(hidden=(32, 16), seed=0, **settings)
    model.compile(keras.optimizers.Adam(learning_rate))
    inputs = [x, digits[:, None]] if settings.get("classes") else x
    history = model.fit(inputs, x, epochs=epochs, batch_size=100, verbose=0, validation_data=(inputs, x))
    return model, history.history


@pytest.mark.parametrize(("mean", "deviation"), [(0.0, 1.0), (1.5, 0.5), (-0.3, 2.0)])
def test_kl_is_the_integral(mean, deviation):
    density, prior = norm(mean, deviation), norm(0, 1)
    expected, _ = quad(
        lambda z: density.pdf(z) * (density.logpdf(z) - prior.logpdf(z)), mean - 9 * deviation, mean + 9 * deviation
    )
    log_var = 2 * np.log(deviation)
    found = vae.kl_divergence(np.array([[mean, mean]], "float32"), np.array([[log_var, log_var]], "float32"))
    assert np.asarray(found) == pytest.approx([2 * expected], rel=1e-4)


def test_cross_entropy_is_784_times_keras_mean_and_finite_at_the_ends(images):
    x = images[0][:5]
    logits = np.random.default_rng(0).normal(size=x.shape).astype("float32")
    expected = 784 * keras.losses.binary_crossentropy(x, logits, from_logits=True)
    assert np.asarray(vae.reconstruction_loss(x, logits)) == pytest.approx(np.asarray(expected), rel=1e-5)
    assert np.isfinite(vae.reconstruction_loss(np.ones((1, 4), "float32"), np.full((1, 4), -200.0, "float32"))).all()


def test_sampling_has_the_mean_and_deviation_it_is_asked_for_and_its_own_seed():
    mean, log_var = np.full((20_000, 2), 3.0, "float32"), np.full((20_000, 2), np.log(0.25), "float32")
    z = np.asarray(vae.Sampling(seed=1)([mean, log_var]))
    assert z.mean(axis=0) == pytest.approx([3, 3], abs=0.02) and z.std(axis=0) == pytest.approx([0.5, 0.5], abs=0.02)
    keras.utils.set_random_seed(5)
    assert (np.asarray(vae.Sampling(seed=1)([mean, log_var])) == z).all()
    assert not (np.asarray(vae.Sampling(seed=2)([mean, log_var])) == z).all()


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_both_terms_are_logged_and_add_up_to_the_loss(images, form):
    model, history = fitted(images, **form)
    for prefix in ("", "val_"):
        total = np.add(history[f"{prefix}reconstruction"], history[f"{prefix}kl"])
        assert history[f"{prefix}loss"] == pytest.approx(total, rel=1e-4)
    assert history["loss"][1] < history["loss"][0]


def test_the_logged_terms_are_those_written_by_hand(images):
    model, _ = fitted(images)
    x = images[0]
    found = model.evaluate(x, x, batch_size=128, verbose=0, return_dict=True)
    mean, log_var = model.encode(x)
    assert found["kl"] == pytest.approx(0.5 * np.sum(np.exp(log_var) + mean**2 - 1 - log_var, axis=1).mean(), rel=1e-4)
    pixels = np.clip(model.decode(mean + 0 * log_var), 1e-7, 1 - 1e-7)  # without noise: a little better than with it
    by_hand = -np.sum(x * np.log(pixels) + (1 - x) * np.log(1 - pixels), axis=1).mean()
    assert by_hand == pytest.approx(found["reconstruction"], rel=0.05)


def test_beta_weighs_the_divergence_and_warm_up_begins_without_it(images):
    for settings, weight in (({"beta": 3.0}, 3.0), ({"beta": 0.0}, 0.0), ({"kl_warmup": 10**9}, 0.0)):
        _, history = fitted(images, epochs=1, **settings)
        expected = history["reconstruction"][0] + weight * history["kl"][0]
        assert history["loss"][0] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_saved_and_loaded_it_answers_the_same(images, form, tmp_path):
    model, _ = fitted(images, epochs=1, **form)
    model.save(tmp_path / "vae.keras")
    again = keras.saving.load_model(tmp_path / "vae.keras", safe_mode=True)
    classes = images[1][:20] if form.get("classes") else None
    assert all(
        (a == b).all()
        for a, b in zip(model.encode(images[0][:20], classes), again.encode(images[0][:20], classes), strict=True)
    )
    assert (model.generate(20, seed=3, classes=classes) == again.generate(20, seed=3, classes=classes)).all()
    assert again.settings == model.settings


def test_pictures_have_their_shapes_and_the_ends_of_a_walk_are_the_reconstructions(images):
    model, _ = fitted(images, epochs=1)
    x = images[0]
    assert model.generate(7).shape == (7, 784) and model.reconstruct(x[:3]).shape == (3, 784)
    walk = model.interpolate(x[0], x[1], steps=5)
    assert walk[[0, -1]] == pytest.approx(model.reconstruct(x[:2]), abs=1e-5)


def test_a_class_is_used(images):
    model, _ = fitted(images, epochs=1, classes=10)
    z = np.zeros((10, 2))
    assert np.ptp(model.decode(z, np.arange(10)), axis=0).max() > 0.01


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"latent_dim": 0}, "latent_dim must be a whole number of at least 1, got 0"),
        ({"beta": -1.0}, "beta must be a finite number of at least 0, got -1.0"),
        ({"beta": float("nan")}, "beta must be"),
        ({"kl_warmup": -1}, "kl_warmup must be"),
        ({"kind": "deep"}, "kind must be one of dense, convolutional, got 'deep'"),
        ({"hidden": ()}, "hidden must be"),
        ({"kind": "convolutional", "features": 100 - 1}, "square images"),
    ],
)
def test_wrong_parameters_are_named(settings, message):
    with pytest.raises(ValueError, match=message):
        VariationalAutoencoder(**settings)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda model, x: model.encode(x * 255), "pixels from 0 to 1, got shape .* to 255"),
        (lambda model, x: model.encode(x * np.nan), "pixels from 0 to 1, got .* not all finite"),
        (lambda model, x: model.encode(x[:, :100]), r"images must have the shape \(n > 0, 784\), got \(200, 100\)"),
        (lambda model, x: model.encode(x[:0]), "images must have the shape"),
        (
            lambda model, x: model.decode(np.zeros((3, 5))),
            r"z must be finite numbers of shape \(n > 0, 2\), got shape \(3, 5\)",
        ),
        (lambda model, x: model.generate(0), "n must be a whole number of at least 1, got 0"),
    ],
)
def test_bad_input_is_named(images, call, message):
    with pytest.raises(ValueError, match=message):
        call(VariationalAutoencoder(hidden=(8,)), images[0])


@pytest.mark.parametrize("classes", [None, [10, 0], [-1, 0], [1, 2, 3]])
def test_a_class_outside_the_range_is_named(images, classes):
    with pytest.raises(ValueError, match="classes must be 2 whole numbers from 0 to 9"):
        VariationalAutoencoder(hidden=(8,), classes=10).encode(images[0][:2], classes)


def test_a_loss_that_is_no_number_stops_training_and_says_when(images):
    model = VariationalAutoencoder(hidden=(8,))
    model.compile("adam")
    with pytest.raises(FloatingPointError, match="after epoch 1: lower the learning rate"):
        model.fit(training.batches(images[0] * np.nan, batch_size=20), shuffle=False, verbose=0)


def test_fit_refuses_bad_arrays_before_it_trains(images):
    x, classes = images
    plain, conditional = VariationalAutoencoder(hidden=(8,)), VariationalAutoencoder(hidden=(8,), classes=10)
    for model in (plain, conditional):
        model.compile("adam")
    for call, message in [
        (lambda: plain.fit(x * 255, x), "images must hold pixels from 0 to 1"),
        (lambda: plain.fit(x[:, :100], x), r"images must have the shape \(n > 0, 784\)"),
        (lambda: plain.fit(x[:0], x[:0]), "images must have the shape"),
        (lambda: conditional.fit((x, classes[:, None] + 1), x), "classes must be 200 whole numbers from 0 to 9"),
        (lambda: vae_mnist.fitted_vae({}, x * np.nan), "pixels from 0 to 1, got .* not all finite"),
        (lambda: vae_mnist.fitted_vae({"classes": 10}, x), "classes must be 200 whole numbers"),
    ]:
        with pytest.raises(ValueError, match=message):
            call()


def test_it_learns_through_the_shared_way_of_fitting(images):
    course.seed(0)
    model = VariationalAutoencoder(hidden=(32, 16), seed=0)
    model.compile("adam", **training.compile_options())
    history = model.fit(training.batches(images[0], batch_size=20), epochs=5, shuffle=False, verbose=0).history
    assert history["loss"][-1] < 0.9 * history["loss"][0]
