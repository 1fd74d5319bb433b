"""The variational autoencoder: closed forms, hand-made cases, bad input."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.integrate import quad
from scipy.stats import norm

from helpers import course, data, networks, training, vae
from helpers.vae import VariationalAutoencoder

FORMS = [{}, {"kind": "convolutional"}, {"classes": 10}, {"kind": "convolutional", "classes": 10}]


@pytest.fixture(scope="module")
def images():
    mnist = data.load("mnist", profile="fast")
    return mnist.x_train[:200], mnist.y_train[:200]


def fitted(images, epochs=1, **settings):
    x, digits = images
    course.seed(0)
    model = VariationalAutoencoder(hidden=(32, 16), seed=0, **settings)
    model.compile(keras.optimizers.Adam(1e-3), run_eagerly=True)  # tracing would take longer than the steps
    inputs = [x, digits[:, None]] if settings.get("classes") else x
    history = model.fit(inputs, x, epochs=epochs, batch_size=100, verbose=0, validation_data=(inputs, x))
    return model, history.history


@pytest.fixture(scope="module", params=FORMS, ids=str)
def form(request, images):
    """A model of each form after two epochs, what `fit` recorded, and the classes that it asks for."""
    return *fitted(images, epochs=2, **request.param), images[1][:20] if "classes" in request.param else None


@pytest.fixture(scope="module")
def dense(images):
    return fitted(images)[0]


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


def test_the_gradient_reaches_mean_and_log_variance_past_the_noise():
    mean, log_var = tf.constant([[0.5, -1.0]]), tf.constant([[0.2, -0.4]])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([mean, log_var])
        z = vae.Sampling(seed=1)([mean, log_var])
    assert np.asarray(tape.gradient(z, mean)) == pytest.approx(np.ones((1, 2)))
    assert np.asarray(tape.gradient(z, log_var)) == pytest.approx(np.asarray(z - mean) / 2)


def test_both_terms_are_logged_and_add_up_to_the_loss(form):
    _, history, _ = form
    for prefix in ("", "val_"):
        total = np.add(history[f"{prefix}reconstruction"], history[f"{prefix}kl"])
        assert history[f"{prefix}loss"] == pytest.approx(total, rel=1e-4)
    assert history["loss"][1] < history["loss"][0]


def test_the_logged_terms_are_those_written_by_hand(images, dense, eagerly):
    x = images[0]
    found = dense.evaluate(x, x, batch_size=128, verbose=0, return_dict=True)
    mean, log_var = dense.encode(x)
    assert found["kl"] == pytest.approx(0.5 * np.sum(np.exp(log_var) + mean**2 - 1 - log_var, axis=1).mean(), rel=1e-4)
    pixels = np.clip(dense.decode(mean + 0 * log_var), 1e-7, 1 - 1e-7)  # without noise: a little better than with it
    by_hand = -np.sum(x * np.log(pixels) + (1 - x) * np.log(1 - pixels), axis=1).mean()
    assert by_hand == pytest.approx(found["reconstruction"], rel=0.05)


@pytest.mark.parametrize(
    ("settings", "steps_before", "weight"),
    [
        ({}, 0, 1),
        ({"beta": 3.0}, 0, 3),
        ({"beta": 0.0}, 7, 0),
        ({"beta": 3.0, "kl_warmup": 10}, 0, 0.3),
        ({"beta": 3.0, "kl_warmup": 10}, 4, 1.5),
        ({"beta": 3.0, "kl_warmup": 10}, 9, 3),
        ({"beta": 3.0, "kl_warmup": 10}, 10, 3),
        ({"beta": 3.0, "kl_warmup": 10}, 5000, 3),
    ],
)
def test_the_weight_of_the_divergence_is_beta_after_a_warm_up_from_0(settings, steps_before, weight):
    """The loss of two images of three pixels, by hand: log 2 a pixel, and the divergence of N(1, 1) and N(0, e)."""
    model = VariationalAutoencoder(hidden=(4,), features=3, **settings)
    model.compile("adam")
    model.optimizer.iterations.assign(steps_before)
    code = {"mean": np.array([[1, 0], [0, 0]], "float32"), "log_var": np.array([[0, 0], [0, 1]], "float32")}
    pixels = np.array([[0, 0.5, 1], [1, 1, 1]], "float32")
    answer = {"logits": np.zeros((2, 3), "float32")} | code
    reconstruction, kl = 3 * np.log(2), (0.5 + (np.e - 2) / 2) / 2
    loss = model.compute_loss(pixels, pixels, answer, training=True)
    assert float(loss) == pytest.approx(reconstruction + weight * kl, rel=1e-5)
    judged = model.compute_loss(pixels, pixels, answer, training=False)
    assert float(judged) == pytest.approx(reconstruction + settings.get("beta", 1) * kl, rel=1e-5), (
        "validation: all of it"
    )
    assert float(model.reconstruction_tracker.result()) == pytest.approx(reconstruction, rel=1e-5)
    assert float(model.kl_tracker.result()) == pytest.approx(kl, rel=1e-5), "logged without its weight"


def test_saved_and_loaded_it_answers_the_same(images, form, tmp_path, eagerly):
    model, _, classes = form
    model.save(tmp_path / "vae.keras")
    again = keras.saving.load_model(tmp_path / "vae.keras", safe_mode=True)
    for old, new in zip(model.encode(images[0][:20], classes), again.encode(images[0][:20], classes), strict=True):
        assert (old == new).all()
    assert (model.generate(20, seed=3, classes=classes) == again.generate(20, seed=3, classes=classes)).all()
    assert again.settings == model.settings


def test_the_code_of_an_image_is_the_answer_of_the_layers_of_that_name(images, dense, eagerly):
    x = images[0]
    for found, name in zip(dense.encode(x), ("mean", "log_var"), strict=True):
        np.testing.assert_allclose(found, networks.predict(networks.up_to(dense.encoder, name), x), atol=1e-5)
        assert np.ptp(found, axis=0).min() > 0, "it depends on the image"
    answer = dense(x)
    np.testing.assert_allclose(answer["mean"], dense.encode(x)[0], atol=1e-5)
    np.testing.assert_allclose(answer["log_var"], dense.encode(x)[1], atol=1e-5)
    assert not np.allclose(dense(x)["logits"], answer["logits"]), "another sample each time"


def test_new_images_are_decoded_from_draws_of_the_normal_distribution(dense, eagerly, monkeypatch):
    first = dense.generate(7, seed=3)
    assert first.shape == (7, 784) and 0 < first.min() and first.max() < 1
    assert (dense.generate(7, seed=3) == first).all() and not np.allclose(dense.generate(7, seed=4), first)
    monkeypatch.setattr(VariationalAutoencoder, "decode", lambda self, z, classes=None: z)
    drawn = dense.generate(20_000)
    assert drawn.mean(axis=0) == pytest.approx([0, 0], abs=0.03)
    assert np.cov(drawn, rowvar=False) == pytest.approx(np.eye(2), abs=0.03)


def test_reconstructions_are_decoded_means(images, dense, eagerly):
    x = images[0]
    reconstructed = dense.reconstruct(x[:3])
    np.testing.assert_allclose(reconstructed, dense.decode(dense.encode(x[:3])[0]), atol=1e-6)


def test_without_noise_it_is_an_ordinary_autoencoder(images, eagerly):
    model, history = fitted(images, variational=False)
    mean, log_var = model.encode(images[0][:4])
    assert mean.shape == (4, 2) and (log_var == -np.inf).all()
    assert history["kl"] == [0] and history["loss"] == pytest.approx(history["reconstruction"], rel=1e-5)
    answer = model(images[0][:4])
    assert set(answer) == {"logits", "mean"}
    np.testing.assert_array_equal(answer["logits"], model(images[0][:4])["logits"])


def test_a_class_is_used(images, eagerly):
    model, _ = fitted(images, classes=10)
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
        (
            lambda model, x: model.encode(x * 255),
            r"from 0 to 1 of shape \(n, 784\); got shape .* to 255: divide pixels",
        ),
        (lambda model, x: model.encode(x * np.nan), "images must be finite numbers from 0 to 1 .* not all finite"),
        (lambda model, x: model.encode(x[:, :100]), r"of shape \(n, 784\); got shape \(200, 100\)"),
        (lambda model, x: model.encode(x[:0]), r"images must be .*got shape \(0, 784\)"),
        (
            lambda model, x: model.decode(np.zeros((3, 5))),
            r"z must be finite numbers of shape \(n, 2\); got shape \(3, 5\)",
        ),
        (lambda model, x: model.generate(0), "n must be a whole number of at least 1, got 0"),
    ],
)
def test_bad_input_is_named(images, call, message):
    with pytest.raises(ValueError, match=message):
        call(VariationalAutoencoder(hidden=(8,)), images[0])


@pytest.mark.parametrize("classes", [None, [10, 0], [-1, 0], [1, 2, 3]])
def test_a_class_outside_the_range_is_named(images, classes):
    with pytest.raises(ValueError, match=r"classes must be whole numbers from 0 to 9 of shape \(2,\)"):
        VariationalAutoencoder(hidden=(8,), classes=10).encode(images[0][:2], classes)


def test_a_loss_that_is_no_number_stops_training_and_says_when(images):
    model = VariationalAutoencoder(hidden=(8,))
    model.compile(keras.optimizers.SGD(1e30), run_eagerly=True)
    with pytest.raises(FloatingPointError, match="after epoch 1: lower the learning rate"):
        model.fit(training.batches(images[0], batch_size=100), shuffle=False, verbose=0)


def test_fit_refuses_bad_arrays_before_it_trains(images):
    x, classes = images
    plain, conditional = VariationalAutoencoder(hidden=(8,)), VariationalAutoencoder(hidden=(8,), classes=10)
    for model in (plain, conditional):
        model.compile("adam")
    for call, message in [
        (lambda: plain.fit(x * 255, x), "images must be finite numbers from 0 to 1"),
        (lambda: plain.fit(x[:, :100], x), r"images must be .* of shape \(n, 784\)"),
        (lambda: plain.fit(x[:0], x[:0]), r"images must be .*got shape \(0, 784\)"),
        (lambda: plain.check(x * np.nan), "from 0 to 1 .*got .* not all finite"),
        (lambda: conditional.check(x), r"classes must be whole numbers from 0 to 9 of shape \(200,\)"),
        (lambda: conditional.fit((x, classes[:, None] + 1), x), "classes must be whole numbers from 0 to 9"),
    ]:
        with pytest.raises(ValueError, match=message):
            call()


def test_it_learns_through_the_shared_way_of_fitting(images):
    course.seed(0)
    model = VariationalAutoencoder(hidden=(32, 16), seed=0)
    model.compile("adam", **training.compile_options())
    history = model.fit(training.batches(images[0], batch_size=20), epochs=5, shuffle=False, verbose=0).history
    assert history["loss"][-1] < 0.9 * history["loss"][0]
