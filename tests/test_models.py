"""The networks, and the shared way to feed them."""

import keras
import numpy as np
import pytest
from sklearn.decomposition import PCA

from helpers import networks, scores, training
from lessons import autoencoder, classifier


@pytest.mark.parametrize(("latent_dim", "parameters"), [(32, 476720), (2, 469010)])
def test_the_autoencoder_is_the_reports(latent_dim, parameters):
    model = networks.autoencoder(latent_dim)
    assert model.count_params() == parameters
    assert [layer.name for layer in model.layers] == [
        "Input", "Encoder_Layer1", "Encoder_Layer2", "Latent_Code", "Decoder_Layer1", "Decoder_Layer2", "Output",
    ]  # fmt: skip
    assert {layer.activation.__name__ for layer in model.layers[1:-1]} == {"relu"}
    assert model.layers[-1].activation.__name__ == "sigmoid"


def test_encoder_and_decoder_are_the_halves_of_the_model():
    model = networks.autoencoder(3, latent_activation="linear", hidden=(16, 8))
    encoder, decoder = networks.encoder_and_decoder(model)
    x = np.random.default_rng(0).random((5, 784), dtype="float32")
    assert encoder.predict(x, verbose=0).shape == (5, 3)
    np.testing.assert_allclose(decoder(encoder(x)), model(x), rtol=1e-6)


def rows(dataset):
    return [batch[0].numpy().ravel().astype(int).tolist() for batch in dataset]


def test_batches_hold_every_sample_once_in_a_new_order_each_epoch():
    x = np.arange(10, dtype="float32")[:, None]
    dataset = training.batches(x, batch_size=4)
    first, second = rows(dataset), rows(dataset)
    assert [len(batch) for batch in first] == [4, 4, 2] and len(dataset) == 3
    assert sorted(sum(first, [])) == sorted(sum(second, [])) == list(range(10))
    assert first != second
    assert [first, second] == [rows(again) for again in [training.batches(x, batch_size=4)] * 2], (
        "same seed, same orders"
    )
    assert rows(training.batches(x, batch_size=4, shuffle=False)) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


@pytest.mark.parametrize("batch_size", [1, 5, 10, 11])
def test_batches_of_any_size_lose_nothing(batch_size):
    x = np.arange(10, dtype="float32")[:, None]
    assert sorted(sum(rows(training.batches(x, batch_size=batch_size)), [])) == list(range(10))


def test_targets_stay_with_their_images():
    x = np.arange(100, dtype="float32")[:, None]
    for x_batch, y_batch in training.batches(x, (x[:, 0] * 2).astype("int64"), batch_size=7):
        assert np.array_equal(x_batch[:, 0] * 2, y_batch)


def test_batches_refuse_what_does_not_fit():
    with pytest.raises(ValueError, match="same length"):
        training.batches(np.zeros((3, 2)), np.zeros(4))
    with pytest.raises(ValueError, match="above 0"):
        training.batches(np.zeros((0, 2)))


def test_fit_evaluate_and_callbacks_see_the_numbers_of_a_plain_fit():
    """Without shuffling, the fast ways must be Keras's default fit to rounding: same loss, epoch after epoch."""
    x = np.random.default_rng(1).random((100, 20), dtype="float32")
    losses = []
    for settings in (None, training.compile_options(), {"steps_per_execution": 16, "jit_compile": True}):
        keras.utils.set_random_seed(5)
        model = keras.Sequential([keras.Input((20,)), keras.layers.Dense(4), keras.layers.Dense(20)])
        model.compile(optimizer="adam", loss="mse", **settings or {})
        stop = keras.callbacks.EarlyStopping(monitor="val_loss", patience=2)
        feed, validation = {"x": x, "y": x, "batch_size": 32}, (x[:50], x[:50])
        if settings:
            feed = {"x": training.batches(x, batch_size=32, shuffle=False)}
            validation = training.batches(x[:50], batch_size=32, shuffle=False)
        history = model.fit(**feed, validation_data=validation, epochs=3, shuffle=False, verbose=0, callbacks=[stop])
        losses.append(history.history["loss"] + history.history["val_loss"])
        if settings:
            assert np.isclose(model.evaluate(validation, verbose=0), losses[-1][-1])
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-4)
    np.testing.assert_allclose(losses[2], losses[0], rtol=1e-4)


@pytest.mark.parametrize("xla", [False, True])
def test_fused_adam_takes_the_steps_of_adam(xla):
    x = np.random.default_rng(1).random((64, 5), dtype="float32")
    weights = []
    for optimizer in (keras.optimizers.Adam(0.01, epsilon=1e-3), training.FusedAdam(0.01, epsilon=1e-3)):
        keras.utils.set_random_seed(5)
        model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(3, "relu"), keras.layers.Dense(5)])
        model.compile(optimizer, loss="mse", jit_compile=xla)
        model.fit(x, x, batch_size=8, epochs=4, shuffle=False, verbose=0)
        weights.append(model.get_weights() + [variable.numpy() for variable in optimizer.variables])
    for plain, fused in zip(*weights, strict=True):
        np.testing.assert_allclose(fused, plain, rtol=1e-3, atol=1e-6)


def test_fused_adam_is_saved_and_restored(tmp_path):
    x = np.random.default_rng(1).random((64, 5), dtype="float32")
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(5)])
    model.compile(training.FusedAdam(0.02), loss="mse")
    model.fit(x, x, verbose=0)
    model.save(tmp_path / "model.keras")
    restored = keras.models.load_model(tmp_path / "model.keras")
    assert isinstance(restored.optimizer, training.FusedAdam)
    losses = [network.fit(x, x, epochs=2, shuffle=False, verbose=0).history["loss"] for network in (model, restored)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


def test_the_last_partial_batch_is_trained_on():
    x = np.zeros((5, 1), "float32")
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(optimizer="sgd", loss="mse", **training.compile_options())
    model.fit(training.batches(x, batch_size=4), epochs=3, shuffle=False, verbose=0)
    assert int(model.optimizer.iterations.numpy()) == 6


def test_reconstruction_error_and_baselines():
    x_train = np.array([[0.0, 0.0], [1.0, 1.0]])
    x_test = np.array([[0.5, 0.5], [1.0, 0.0]])
    np.testing.assert_allclose(scores.reconstruction_error(x_test, np.zeros((2, 2))), [0.25, 0.5])
    assert scores.reconstruction_error(x_test, x_train.mean(axis=0)).mean() == pytest.approx(0.125)


def test_pca_reconstruction_projects_on_the_first_components_and_clips():
    pca = PCA(2).fit([[0.0, 0.0], [1.0, 1.0], [0.6, 0.4], [0.4, 0.6]])  # the first component is the diagonal
    x = np.array([[0.5, 0.5], [1.0, 0.0], [1.4, 1.4]])
    np.testing.assert_allclose(scores.pca_reconstruction(pca, x, 1), [[0.5, 0.5], [0.5, 0.5], [1, 1]], atol=1e-7)
    np.testing.assert_allclose(scores.pca_reconstruction(pca, x, 2), [[0.5, 0.5], [1, 0], [1, 1]], atol=1e-7)


def test_dead_units_are_those_that_never_leave_zero():
    assert autoencoder.count_dead_units([[0, 1, 0], [0, 0, 0], [0, 2, 0.1]]) == 1


@pytest.mark.parametrize(("classes", "parameters", "outputs"), [(10, 101770, 10), (2, 100609, 1)])
def test_the_classifier_is_the_reports(classes, parameters, outputs):
    model = networks.classifier(classes)
    assert model.count_params() == parameters and model.output_shape == (None, outputs)
    assert networks.up_to(model, "Hidden_Layer1").output_shape == (None, 128)
    x = np.random.default_rng(0).random((4, 784), dtype="float32")
    logits = networks.logits(model, x)
    odds = np.exp(logits)
    expected = odds / (1 + odds) if outputs == 1 else odds / odds.sum(axis=1, keepdims=True)
    assert logits.dtype == "float64"
    np.testing.assert_allclose(networks.predict(model, x), expected, rtol=1e-5)


def test_a_normalised_classifier_has_relu_after_the_normalisation():
    model = networks.classifier(hidden=(16, 8), features=20, normalise=True)
    kinds = [type(layer).__name__ for layer in model.layers[1:5]]
    assert kinds == ["Dense", "BatchNormalization", "Activation", "Dropout"]
    assert networks.up_to(model, "Hidden_Layer2")(np.ones((3, 20))).numpy().min() >= 0


def test_mirrored_holds_each_image_as_it_is_or_mirrored_anew_in_each_epoch():
    image = np.random.default_rng(0).random((28, 28), dtype="float32")
    x = np.repeat(image.reshape(1, 784), 200, axis=0)
    dataset = classifier.mirrored(training.batches(x, np.arange(200), shuffle=False))
    first, second = ([np.asarray(part) for part in next(iter(dataset))] for _ in range(2))
    turned = [(pictures == image[:, ::-1].ravel()).all(axis=1) for pictures in (first[0], second[0])]
    assert (first[0][~turned[0]] == image.ravel()).all() and 70 < turned[0].sum() < 130
    assert np.array_equal(first[1], np.arange(200)) and (turned[0] != turned[1]).any()
