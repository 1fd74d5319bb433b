"""The Keras networks of the course, their parts, and what they answer."""

import contextlib
import itertools
import types
from numbers import Integral

import numpy as np

from helpers import course, data

with course.quiet_imports():
    import keras
    import tensorflow as tf
    from keras import layers

CHANNELS = (32, 64)  # of the convolutional VAE; each halves the side of the image
LAST = "channels_last"  # of image operations, whatever keras.json says


@contextlib.contextmanager
def float32():
    """What is built in here, or by a function that this decorates, is float32, whatever Keras's global policy is."""
    before = keras.config.floatx(), keras.config.dtype_policy()
    try:
        keras.config.set_floatx("float32")
        keras.config.set_dtype_policy("float32")
        yield
    finally:
        keras.config.set_floatx(before[0])
        keras.config.set_dtype_policy(before[1])


def whole_numbers(least=1, **given):
    """Raise a ValueError that names an argument that is no whole number of at least `least`; `hidden` holds several."""
    for name, value in given.items():
        several = name == "hidden"
        ones = value if several and isinstance(value, (tuple, list)) else [None if several else value]
        if any(not isinstance(one, Integral) or isinstance(one, bool) or one < least for one in ones):
            kind = "a tuple or list of whole numbers" if several else "a whole number"
            raise ValueError(f"{name} must be {kind} of at least {least}, got {value!r}")


def checked_fit(fit, check, x=None, y=None, *args, sample_weight=None, validation_data=None, **kwargs):
    """Keras's `fit` of a model, once `check(x, y, sample_weight)` has looked at what it is given, whatever feeds it.

    Arrays are looked at as a whole, of a dataset or a generator the first batch; a ValueError of `check` reaches
    whoever called. No batch is drawn twice, so that the random numbers of the feed are those of Keras's own `fit`.
    """
    faults = []

    def ask(batch):
        try:
            check(*keras.utils.unpack_x_y_sample_weight(batch))
        except ValueError as fault:
            faults.append(fault)  # inside a dataset, TensorFlow would bury its words
            raise

    def looked_at(number, batch):
        def look(*given):
            parts = iter(given)
            ask(tf.nest.map_structure(lambda part: None if part is None else next(parts), batch))
            return np.int64(0)

        given = [part for part in tf.nest.flatten(batch) if part is not None]
        look_once = tf.cond(number == 0, lambda: tf.numpy_function(look, given, tf.int64), lambda: number)
        with tf.control_dependencies([look_once]):
            return tf.nest.map_structure(lambda part: None if part is None else tf.identity(part), batch)

    def asked(feed):
        if isinstance(feed, tf.data.Dataset) and not hasattr(feed, "arrays"):
            return feed.enumerate().map(looked_at)
        if isinstance(feed, types.GeneratorType):
            first = next(feed, None)
            if first is None:
                raise ValueError("the generator is empty: it must yield batches")
            ask(first)
            return (batch for part in ([first], feed) for batch in part)
        if isinstance(feed, keras.utils.PyDataset):
            ask(feed[0])
        elif isinstance(feed, (tuple, list, tf.data.Dataset)):
            ask(getattr(feed, "arrays", feed))
        return feed

    whole = (x, y, sample_weight)
    found = asked(whole if hasattr(x, "__array__") or isinstance(x, (tuple, list)) else x)
    x = x if found is whole else found
    more = {"sample_weight": sample_weight, "validation_data": asked(validation_data)}
    try:
        return fit(x, y, *args, **more, **kwargs)
    except tf.errors.OpError:
        if faults:
            raise faults[0] from None
        raise


@keras.saving.register_keras_serializable("course")
class Network(keras.Model):
    """A functional keras.Model whose `fit` refuses, by a ValueError, what no network of its form can learn from."""

    def fit(self, x=None, y=None, *args, **kwargs):
        """As in Keras, after `check_batch`."""
        return checked_fit(super().fit, self.check_batch, x, y, *args, **kwargs)

    def check_batch(self, x, y=None, sample_weight=None):
        """Features (n, d), finite; targets (n, outputs) in the range of the output, or classes (n,); weights (n,)."""
        if y is None:
            raise ValueError("y is missing: give `fit` the targets, too; those of an autoencoder are x itself")
        outputs, last = self.output_shape[-1], self.layers[-1].activation.__name__
        limits = {"low": 0, "high": 1} if last in ("sigmoid", "softmax") else {}
        mend = "divide pixels by 255, or build it with output_activation='linear'"
        labels = outputs == 1 or (last == "softmax" and np.shape(y)[1:] in ((), (1,)))
        if labels or last == "softmax":
            mend = f"the network is for {max(outputs, 2)} classes, from 0 on; build it with `classes` for others"
        if labels and last == "softmax":
            limits = {"low": 0, "high": outputs - 1, "whole": True}
        count, _ = data.numbers("n", self.input_shape[-1], x=x).shape
        if y is not x or limits:
            data.numbers(*[count] if labels else [count, outputs], y=y, mend=mend, **limits)
        if sample_weight is not None:
            data.numbers(count, low=0, sample_weight=sample_weight)


@float32()
def autoencoder(
    latent_dim=32, latent_activation="relu", hidden=(256, 128), features=784, output_activation="sigmoid", seed=None
):
    """A dense autoencoder; the defaults are the report's network (Activity A).

    With a `seed` the starting weights are He's (kaiming) and depend on it alone; without one they are Keras's default
    and come from the global seed.
    """
    whole_numbers(latent_dim=latent_dim, hidden=hidden, features=features)
    seeds = itertools.count(seed or 0, 1000)

    def dense(units, activation, name):
        start = "glorot_uniform" if seed is None else keras.initializers.HeNormal(seed=next(seeds))
        return layers.Dense(units, activation=activation, kernel_initializer=start, name=name)

    x = inputs = keras.Input((features,), name="Input")
    for number, units in enumerate(hidden, start=1):
        x = dense(units, "relu", f"Encoder_Layer{number}")(x)
    x = dense(latent_dim, latent_activation, "Latent_Code")(x)
    for number, units in enumerate(reversed(hidden), start=1):
        x = dense(units, "relu", f"Decoder_Layer{number}")(x)
    outputs = dense(features, output_activation, "Output")(x)
    return Network(inputs, outputs, name="autoencoder")


def encoder_and_decoder(model):
    """The two halves of an `autoencoder`, sharing its weights: pixels to latent code, latent code to pixels."""
    latent = model.get_layer("Latent_Code")
    x = code = keras.Input((latent.units,), name="Code")
    for layer in model.layers[model.layers.index(latent) + 1 :]:
        x = layer(x)
    return keras.Model(model.input, latent.output, name="encoder"), keras.Model(code, x, name="decoder")


@float32()
def classifier(classes=10, hidden=(128,), dropout=0.2, features=784, normalise=False):
    """A dense classifier; the defaults are the report's network for ten classes.

    Two classes have one output, the probability of class 1; more have one each. The layers Hidden_Layer1, ..., Logits
    and Probabilities can be asked for by `up_to`. `normalise` puts a batch normalisation before each ReLU.
    """
    whole_numbers(least=2, classes=classes)
    whole_numbers(hidden=hidden, features=features)
    x = inputs = keras.Input((features,), name="Input")
    for number, units in enumerate(hidden, start=1):
        if normalise:
            x = layers.BatchNormalization()(layers.Dense(units, use_bias=False)(x))
            x = layers.Activation("relu", name=f"Hidden_Layer{number}")(x)
        else:
            x = layers.Dense(units, "relu", name=f"Hidden_Layer{number}")(x)
        x = layers.Dropout(dropout)(x)
    logits = layers.Dense(1 if classes == 2 else classes, name="Logits")(x)
    outputs = layers.Activation("sigmoid" if classes == 2 else "softmax", name="Probabilities")(logits)
    return Network(inputs, outputs, name="classifier")


def up_to(network, layer):
    """The part of a network from its input to the layer of that name, sharing its weights."""
    return keras.Model(network.input, network.get_layer(layer).output)


def predict(network, x, size=10_000):
    """The answers (n, ...) of a network to x (n, ...) as an array, in large batches and without compiling anything."""
    whole_numbers(size=size)
    if len(x) == 0:
        raise ValueError("x must hold at least one row; it is empty")
    parts = [network(x[start : start + size], training=False) for start in range(0, len(x), size)]
    return np.concatenate([np.asarray(part) for part in parts])


class SoftAssignment(layers.Layer):
    """Latent codes (n, L) to shares of K clusters (n, K): Student's t kernel around trainable centroids (DEC, 2016)."""

    def __init__(self, n_clusters, **kwargs):
        super().__init__(**kwargs)
        self.n_clusters = n_clusters

    def build(self, shape):
        self.centroids = self.add_weight(shape=(self.n_clusters, shape[-1]), initializer="zeros", name="centroids")

    def call(self, latents):
        squared = (
            keras.ops.sum(latents**2, axis=1, keepdims=True)
            - 2 * keras.ops.matmul(latents, keras.ops.transpose(self.centroids))
            + keras.ops.sum(self.centroids**2, axis=1)
        )
        nearness = 1 / (1 + keras.ops.maximum(squared, 0))
        return nearness / keras.ops.sum(nearness, axis=1, keepdims=True)


def _with_class(x, inputs, classes):
    """x beside a one-hot class, and the inputs of the network; both as they were where there is no class."""
    if not classes:
        return x, inputs
    label = keras.Input((1,), dtype="int32", name="class")
    return layers.Concatenate()([x, layers.CategoryEncoding(classes, "one_hot")(label)]), [inputs, label]


@float32()
def vae_encoder(latent_dim, hidden, kind, variational, classes, features):
    x = images = keras.Input((features,), name="images")
    if kind == "convolutional":
        x = layers.Reshape((int(features**0.5), int(features**0.5), 1))(x)
        for channels in CHANNELS:
            x = layers.Conv2D(channels, 3, strides=2, padding="same", activation="relu", data_format=LAST)(x)
        x = layers.Flatten(data_format=LAST)(x)
    x, inputs = _with_class(x, images, classes)
    for units in hidden:
        x = layers.Dense(units, "relu")(x)
    mean = layers.Dense(latent_dim, name="mean")(x)
    return keras.Model(inputs, [mean, layers.Dense(latent_dim, name="log_var")(x)] if variational else mean)


@float32()
def vae_decoder(latent_dim, hidden, kind, classes, features):
    z = keras.Input((latent_dim,), name="z")
    x, inputs = _with_class(z, z, classes)
    for units in reversed(hidden):
        x = layers.Dense(units, "relu")(x)
    if kind == "dense":
        return keras.Model(inputs, layers.Dense(features, name="logits")(x))
    side = -(-int(features**0.5) // 4)
    x = layers.Reshape((side, side, CHANNELS[-1]))(layers.Dense(side * side * CHANNELS[-1], "relu")(x))
    for channels in (*reversed(CHANNELS[:-1]), 1):
        activation = "relu" if channels > 1 else None
        x = layers.Conv2DTranspose(channels, 3, 2, padding="same", activation=activation, data_format=LAST)(x)
    return keras.Model(inputs, layers.Reshape((features,), name="logits")(x))
