"""The networks: their layers, their parts, and what they answer."""

import keras
import numpy as np
import pytest

from helpers import networks


@pytest.fixture
def x():
    return np.random.default_rng(0).random((7, 784), dtype="float32")


def kinds(model):
    return [type(layer).__name__ for layer in model.layers]


@pytest.mark.parametrize(("latent_dim", "parameters"), [(32, 476720), (2, 469010)])
def test_the_autoencoder_is_the_reports(latent_dim, parameters):
    model = networks.autoencoder(latent_dim)
    assert model.count_params() == parameters
    assert [layer.name for layer in model.layers] == [
        "Input", "Encoder_Layer1", "Encoder_Layer2", "Latent_Code", "Decoder_Layer1", "Decoder_Layer2", "Output",
    ]  # fmt: skip
    assert {layer.activation.__name__ for layer in model.layers[1:-1]} == {"relu"}
    assert model.layers[-1].activation.__name__ == "sigmoid"


def test_the_activations_of_code_and_output_can_be_chosen():
    model = networks.autoencoder(3, "linear", (6,), features=20, output_activation="linear")
    assert [layer.activation.__name__ for layer in model.layers[1:]] == ["relu", "linear", "relu", "linear"]
    assert model.output_shape == (None, 20)


def test_with_a_seed_the_starting_weights_are_hes_and_depend_on_it_alone():
    weights = []
    for global_seed, seed in ((1, 5), (2, 5), (2, 6)):
        keras.utils.set_random_seed(global_seed)
        weights.append(networks.autoencoder(200, seed=seed).get_weights())
    assert all((a == b).all() for a, b in zip(*weights[:2], strict=True))
    assert not (weights[1][0] == weights[2][0]).any()
    for kernel in weights[0][::2]:
        assert kernel.std() == pytest.approx((2 / len(kernel)) ** 0.5, rel=0.05)
    encoder, decoder = weights[0][2], weights[0][8]
    alike = np.corrcoef(encoder.ravel(), decoder.ravel())[0, 1]  # both draw 256 * 128 numbers
    assert abs(alike) < 0.05, "each layer has its own"


def test_without_a_seed_they_come_from_the_global_one():
    weights = []
    for seed in (1, 1, 2):
        keras.utils.set_random_seed(seed)
        weights.append(networks.autoencoder(2, hidden=(4,), features=9).get_weights()[0])
    assert (weights[0] == weights[1]).all() and not (weights[1] == weights[2]).any()


def test_encoder_and_decoder_are_the_halves_of_the_model_and_share_its_weights(x):
    model = networks.autoencoder(3, latent_activation="linear", hidden=(16, 8))
    encoder, decoder = networks.encoder_and_decoder(model)
    codes = np.asarray(encoder(x))
    assert codes.shape == (7, 3) and np.ptp(codes, axis=0).min() > 0, "the code depends on the image"
    np.testing.assert_allclose(decoder(codes), model(x), rtol=1e-6)
    model.set_weights([2 * weight for weight in model.get_weights()])
    assert not np.allclose(encoder(x), codes)
    np.testing.assert_allclose(decoder(encoder(x)), model(x), rtol=1e-5)


@pytest.mark.parametrize(("classes", "parameters", "outputs"), [(10, 101770, 10), (2, 100609, 1)])
def test_the_classifier_is_the_reports(x, classes, parameters, outputs):
    model = networks.classifier(classes)
    assert model.count_params() == parameters and model.output_shape == (None, outputs)
    assert kinds(model) == ["InputLayer", "Dense", "Dropout", "Dense", "Activation"] and model.layers[2].rate == 0.2
    assert networks.up_to(model, "Hidden_Layer1").output_shape == (None, 128)
    odds = np.exp(networks.predict(networks.up_to(model, "Logits"), x))
    expected = odds / (1 + odds) if outputs == 1 else odds / odds.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(networks.predict(model, x), expected, rtol=1e-5)


def test_a_normalised_classifier_has_relu_after_the_normalisation():
    model = networks.classifier(hidden=(16, 8), features=20, normalise=True)
    assert kinds(model)[1:5] == ["Dense", "BatchNormalization", "Activation", "Dropout"]
    answers = networks.predict(networks.up_to(model, "Hidden_Layer2"), np.ones((3, 20), "float32"))
    assert answers.shape == (3, 8) and answers.min() >= 0


@pytest.mark.parametrize("size", [1, 3, 7, 100])
def test_predict_answers_every_row_in_order_whatever_the_size_of_a_part(x, size):
    model = networks.autoencoder(2, hidden=(4,))
    np.testing.assert_allclose(networks.predict(model, x, size), model(x), rtol=1e-6)


def test_predict_leaves_dropout_and_normalisation_as_they_are_after_training(x):
    dropout = networks.classifier(hidden=(64,), dropout=0.9)
    np.testing.assert_array_equal(networks.predict(dropout, x), networks.predict(dropout, x))
    kernel, bias, last, last_bias = dropout.get_weights()
    by_hand = np.maximum(x @ kernel + bias, 0) @ last + last_bias
    np.testing.assert_allclose(networks.predict(networks.up_to(dropout, "Logits"), x), by_hand, atol=1e-5)
    normalised = networks.up_to(networks.classifier(hidden=(8,), normalise=True), "Hidden_Layer1")
    alone = [networks.predict(normalised, x[i : i + 1])[0] for i in range(len(x))]
    np.testing.assert_allclose(networks.predict(normalised, x), alone, rtol=1e-5)


def test_soft_assignments_by_hand():
    layer = networks.SoftAssignment(3)
    layer.build((None, 2))
    layer.centroids.assign([[0, 0], [3, 4], [0, 1]])
    nearness = np.array([[1, 1 / 26, 1 / 2], [1 / 26, 1, 1 / 19]])  # 1 / (1 + squared distance)
    shares = layer(np.array([[0, 0], [3, 4]], "float32"))
    np.testing.assert_allclose(shares, nearness / nearness.sum(axis=1, keepdims=True), rtol=1e-5)
    assert [weight.name for weight in layer.trainable_weights] == ["centroids"]


@pytest.mark.parametrize("classes", [0, 10])
@pytest.mark.parametrize("variational", [True, False])
@pytest.mark.parametrize(
    ("kind", "layers_of_both"),
    [
        ("dense", [["Dense"] * 2, ["Dense"] * 3]),
        (
            "convolutional",
            [
                ["Reshape", "Conv2D", "Conv2D", "Flatten", "Dense", "Dense"],
                ["Dense"] * 3 + ["Reshape", "Conv2DTranspose", "Conv2DTranspose", "Reshape"],
            ],
        ),
    ],
)
def test_the_halves_of_the_vae(x, kind, layers_of_both, variational, classes):
    encoder = networks.vae_encoder(3, (16, 8), kind, variational, classes, 784)
    decoder = networks.vae_decoder(3, (16, 8), kind, classes, 784)
    around = {"InputLayer", "CategoryEncoding", "Concatenate"}
    bodies = [[name for name in kinds(model) if name not in around] for model in (encoder, decoder)]
    assert bodies == [layers_of_both[0] + ["Dense"] * (1 + variational), layers_of_both[1]]
    x, label = keras.ops.array(x), keras.ops.array(np.arange(7)[:, None])
    code = encoder([x, label] if classes else x)
    assert [part.shape for part in (code if variational else [code])] == [(7, 3)] * (1 + variational)
    mean = code[0] if variational else code
    assert decoder([mean, label] if classes else mean).shape == (7, 784)
    if variational:
        assert encoder.output_names == ["mean", "log_var"]
    if classes:
        other = encoder([x, label + 1])
        assert not np.allclose(other[0] if variational else other, mean), "the class is used"
        assert not np.allclose(decoder([mean, label]), decoder([mean, label + 1]))


def test_the_convolutional_vae_halves_the_side_twice_and_doubles_it_again():
    encoder = networks.vae_encoder(2, (), "convolutional", True, 0, 64)
    decoder = networks.vae_decoder(2, (), "convolutional", 0, 64)
    sizes = [layer.output.shape[1:] for layer in encoder.layers + decoder.layers if "Conv" in type(layer).__name__]
    assert sizes == [(4, 4, 32), (2, 2, 64), (4, 4, 32), (8, 8, 1)]
