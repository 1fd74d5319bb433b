"""How lesson 06 fits its classifiers: on the training images, stopped by the validation images."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from helpers import networks, training
from lessons import classifier

X = np.eye(2, 20, dtype="float32").repeat(32, axis=0)  # two images, 32 times each
Y = np.repeat([0, 1], 32)


def fit(y_validation, patience=2, epochs=6, classes=2):
    """A network fitted to X and Y, and what was recorded; the validation images are X, too, with labels of their own.

    With 1 - Y these contradict the training labels: the better what is learnt, the worse it is there.
    """
    keras.utils.set_random_seed(0)
    network = networks.classifier(classes, hidden=(16,), dropout=0.0, features=20)
    settings = {"learning_rate": 0.02, "epochs": epochs, "patience": patience}
    return network, classifier.fit_classifier(network, X, Y, X, y_validation, **settings).history


def test_it_stops_while_the_training_loss_still_falls_if_the_validation_loss_rises():
    network, history = fit(1 - Y)
    assert (np.diff(history["loss"]) < 0).all() and (np.diff(history["val_loss"]) > 0).all()
    assert len(history["loss"]) == 3, "two epochs after the best one, the first"
    kept = network.evaluate(X, 1 - Y, verbose=0)[0]
    assert kept == pytest.approx(history["val_loss"][0], rel=1e-4), "the weights of the best epoch"


def test_without_patience_it_goes_to_the_end_and_keeps_the_last_weights():
    network, history = fit(1 - Y, patience=None)
    assert len(history["loss"]) == 6
    assert network.evaluate(X, 1 - Y, verbose=0)[0] == pytest.approx(history["val_loss"][-1], rel=1e-4)


def test_while_the_validation_loss_falls_it_goes_on_and_learns():
    for classes in (2, 10):
        network, history = fit(Y, classes=classes, epochs=12)
        assert len(history["val_loss"]) == 12 and history["val_accuracy"][-1] == 1
        answers = networks.predict(network, X)
        np.testing.assert_array_equal(answers[:, 0] > 0.5 if classes == 2 else answers.argmax(axis=1), Y)


def test_validation_images_are_not_trained_on():
    (one, _), (other, _) = (fit(labels, patience=None, epochs=3) for labels in (Y, 1 - Y))
    for weight, same in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, same)


def test_logits_are_those_before_the_probabilities_in_double_precision():
    network, x = networks.classifier(3, features=20), np.random.default_rng(0).random((5, 20), dtype="float32")
    logits = classifier.logits_of(network, x)
    assert logits.dtype == "float64" and logits.shape == (5, 3)
    shares = np.exp(logits)
    np.testing.assert_allclose(networks.predict(network, x), shares / shares.sum(axis=1, keepdims=True), rtol=1e-5)


def test_mirrored_holds_each_image_as_it_is_or_mirrored_anew_in_each_epoch():
    image = np.random.default_rng(0).random((28, 28), dtype="float32")
    x = np.repeat(image.reshape(1, 784), 200, axis=0)
    dataset = classifier.mirrored(training.batches(x, np.arange(200), shuffle=False))
    first, second = ([np.asarray(part) for part in next(iter(dataset))] for _ in range(2))
    turned = [(pictures == image[:, ::-1].ravel()).all(axis=1) for pictures in (first[0], second[0])]
    assert (first[0][~turned[0]] == image.ravel()).all() and 70 < turned[0].sum() < 130
    assert np.array_equal(first[1], np.arange(200)) and (turned[0] != turned[1]).any()


# Its optimizer


def test_fused_adam_by_hand():
    """Three steps of Kingma and Ba's algorithm 1 in NumPy."""
    w, m, v = np.array([1.0, 2.0]), 0, 0
    optimizer, weight = (
        classifier.FusedAdam(0.1, beta_1=0.8, beta_2=0.9, epsilon=1e-7),
        keras.Variable(w, dtype="float32"),
    )
    for step, g in enumerate(np.array([[1, -2], [0.5, 3], [-4, 0.1]]), start=1):
        m, v = 0.8 * m + 0.2 * g, 0.9 * v + 0.1 * g**2
        w = w - 0.1 * (m / (1 - 0.8**step)) / (np.sqrt(v / (1 - 0.9**step)) + 1e-7)
        optimizer.apply([tf.constant(g, "float32")], [weight])
        np.testing.assert_allclose(weight.numpy(), w, rtol=1e-5)
