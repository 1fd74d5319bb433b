"""The Keras networks of the course, their parts, and what they answer."""

import itertools

import numpy as np

from helpers import course

with course.quiet_imports():
    import keras
    from keras import layers

CHANNELS = (32, 64)  # of the convolutional VAE; each halves the side of the image


def autoencoder(
    latent_dim=32, latent_activation="relu", hidden=(256, 128), features=784, output_activation="sigmoid", seed=None
):
    """A dense autoencoder; the defaults are the report's network (Activity A).

    With a `seed` the starting weights are He's (kaiming) and depend on it alone; without one they are Keras's default
    and come from the global seed.
    """
    seeds = itertools.count(seed or 0, 1000)

    def dense(units, activation, name):
        start = "glorot_uniform" if seed is None else keras.initializers.HeNormal(seed=next(seeds))
        return layers.Dense(units, activation=activation, kernel_initializer=start, name=name)

    inputs = keras.Input((features,), name="Input")
    x = inputs
    for number, units in enumerate(hidden, start=1):
        x = dense(units, "relu", f"Encoder_Layer{number}")(x)
    x = dense(latent_dim, latent_activation, "Latent_Code")(x)
    for number, units in enumerate(reversed(hidden), start=1):
        x = dense(units, "relu", f"Decoder_Layer{number}")(x)
    outputs = dense(features, output_activation, "Output")(x)
    return keras.Model(inputs, outputs, name="autoencoder")


def encoder_and_decoder(model):
    """The two halves of an `autoencoder`, sharing its weights: pixels to latent code, latent code to pixels."""
    latent = model.get_layer("Latent_Code").output
    code = keras.Input((latent.shape[-1],), name="Code")
    x, past_latent = code, False
    for layer in model.layers:
        if past_latent:
            x = layer(x)
        past_latent = past_latent or layer.name == "Latent_Code"
    return keras.Model(model.input, latent, name="encoder"), keras.Model(code, x, name="decoder")


def classifier(classes=10, hidden=(128,), dropout=0.2, features=784, normalise=False):
    """A dense classifier; the defaults are the report's network for ten classes.

    Two classes have one output, the probability of class 1; more have one each. The layers Hidden_Layer1, ..., Logits
    and Probabilities can be asked for by `up_to`. `normalise` puts a batch normalisation before each ReLU.
    """
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
    return keras.Model(inputs, outputs, name="classifier")


def up_to(network, layer):
    """The part of a network from its input to the layer of that name, sharing its weights."""
    return keras.Model(network.input, network.get_layer(layer).output)


def predict(network, x, size=10_000):
    """The answers (n, ...) of a network to x (n, ...) as an array, in large batches and without compiling anything."""
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


def vae_encoder(latent_dim, hidden, kind, variational, classes, features):
    x = images = keras.Input((features,), name="images")
    if kind == "convolutional":
        x = layers.Reshape((int(features**0.5), int(features**0.5), 1))(x)
        for channels in CHANNELS:
            x = layers.Conv2D(channels, 3, strides=2, padding="same", activation="relu")(x)
        x = layers.Flatten()(x)
    x, inputs = _with_class(x, images, classes)
    for units in hidden:
        x = layers.Dense(units, "relu")(x)
    mean = layers.Dense(latent_dim, name="mean")(x)
    return keras.Model(inputs, [mean, layers.Dense(latent_dim, name="log_var")(x)] if variational else mean)


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
        x = layers.Conv2DTranspose(channels, 3, 2, padding="same", activation="relu" if channels > 1 else None)(x)
    return keras.Model(inputs, layers.Reshape((features,), name="logits")(x))
