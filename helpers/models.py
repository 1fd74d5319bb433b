"""The Keras networks of the course, and the one shared way to compile and feed `fit`."""

import itertools
import math

import numpy as np

from helpers import course

with course.quiet_imports():
    import keras
    import tensorflow as tf
    from keras import layers


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


def from_image_and_code(network):
    """A function of images (n, 784) and codes (n, L), both given: the `Output` of a network with a `Latent_Code`, too.

    All that follows the code in the network sees the given codes, all that passes beside it the images.
    """
    code = network.output["Latent_Code"]
    both = keras.ops.mean(network.input) + keras.ops.mean(code)  # Keras 3.13 refuses an input that nothing depends on
    given = keras.Model([network.input, code], [network.output["Output"], both])
    return lambda images, codes: np.asarray(given([images, codes])[0])


def up_to(network, layer):
    """The part of a network from its input to the layer of that name, sharing its weights."""
    return keras.Model(network.input, network.get_layer(layer).output)


def logits(network, x):
    """The logits (n, classes) of a `classifier`, in double precision: there, probabilities near 1 remain different."""
    return answers(up_to(network, "Logits"), x).astype("float64")


def answers(network, x, size=10_000):
    """The answers (n, ...) of a network to x (n, ...) as an array, in large batches and without compiling anything."""
    parts = [network(x[start : start + size], training=False) for start in range(0, len(x), size)]
    return np.concatenate([np.asarray(part) for part in parts])


def fast(xla=False):
    """Arguments of `compile` that make `fit` fast on two CPU cores: `model.compile(..., **models.fast())`.

    64 steps run inside TensorFlow before Python is asked again. `xla=True` also compiles the step with XLA. That pays
    for large layers and many epochs (the autoencoder); it makes a small classifier with dropout several times slower,
    and costs seconds before the first epoch, so the fast profile leaves it out.
    """
    return {"steps_per_execution": 64, "jit_compile": xla and course.profile() == "full"}


@keras.saving.register_keras_serializable("course")
class FusedAdam(keras.optimizers.Adam):
    """Keras's Adam with one operation of TensorFlow per variable instead of a dozen; the same numbers to rounding.

    That saves time where the steps are many and small (a classifier at batch 64). Where XLA compiles the step, XLA does
    the same by itself. Arguments as Keras's; `amsgrad` is a ValueError, the operation lacks it.

    References
    ----------
    Kingma and Ba, ICLR 2015. The operation: `tf.raw_ops.ResourceApplyAdam`; the name is PyTorch's.
    """

    def update_step(self, gradient, variable, learning_rate):
        """Renew the two moments and the variable, in place."""
        if self.amsgrad:
            raise ValueError("FusedAdam cannot do amsgrad: take keras.optimizers.Adam")
        index, step = self._get_variable_index(variable), tf.cast(self.iterations.value + 1, variable.dtype)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            beta1_power=self.beta_1**step,
            beta2_power=self.beta_2**step,
            lr=tf.cast(learning_rate, variable.dtype),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=gradient,
        )


def batches(x, y=None, batch_size=256, shuffle=True, seed=0):
    """Batches for `fit` and `evaluate`, gathered inside TensorFlow: a fifth faster or more than handing over arrays.

    Parameters
    ----------
    x : array (n, ...)
    y : array (n, ...), optional
        The targets; `x` itself where not given, which is what an autoencoder is fitted to.
    batch_size : int, default 256
        The last batch holds what is left, as in Keras.
    shuffle : bool, default True
        A new order in each epoch. `fit` then needs `shuffle=False`, or it warns that it leaves the order alone.
    seed : int, default 0
        Of the orders.

    Returns
    -------
    tf.data.Dataset
        Of pairs (x batch, y batch).

    Raises
    ------
    ValueError
        If x is empty, or x and y differ in length.
    """
    if len(x) == 0 or (y is not None and len(y) != len(x)):
        raise ValueError(f"x and y must have the same length, above 0; got {len(x)} and {len(x if y is None else y)}")
    images = tf.constant(x)
    targets = images if y is None or y is x else tf.constant(y)
    whole = len(x) // batch_size

    def epoch(epoch_seed):
        order = tf.range(len(x))
        if shuffle:
            order = tf.random.experimental.stateless_shuffle(order, seed=[seed, tf.cast(epoch_seed, tf.int32)])
        whole_batches = tf.data.Dataset.from_tensor_slices(tf.reshape(order[: whole * batch_size], (whole, batch_size)))
        if len(x) % batch_size:
            return whole_batches.concatenate(tf.data.Dataset.from_tensors(order[whole * batch_size :]))
        return whole_batches

    def gather(rows):
        x_batch = tf.gather(images, rows)
        return x_batch, (x_batch if targets is images else tf.gather(targets, rows))

    # `random` gives one number per pass, another in each epoch, and the same sequence in each run of the program.
    dataset = tf.data.Dataset.random(seed=seed, rerandomize_each_iteration=True).take(1).flat_map(epoch).map(gather)
    options = tf.data.Options()
    options.threading.private_threadpool_size = 1  # two cores: leave them to the matrix products
    options.autotune.enabled = False
    steps = -(-len(x) // batch_size)
    return dataset.prefetch(2).apply(tf.data.experimental.assert_cardinality(steps)).with_options(options)


def distorted(dataset, degrees=10, shift=0.1, shear=0.0, zoom=0.0, seed=0):
    """The same batches, each image turned, moved, slanted and stretched a little, anew in each epoch; never flipped.

    Parameters
    ----------
    dataset : tf.data.Dataset
        Of batches (x, anything), x of shape (n, side * side).
    degrees, shift, shear, zoom : float, default 10, 0.1, 0 and 0
        Each is drawn evenly between minus and plus its value: the angle in degrees; two shifts as shares of the side;
        the slant as sideways movement per pixel of height; the logarithm of two scales, of width and of height.
        What comes in from outside is 0.
    seed : int, default 0

    Returns
    -------
    tf.data.Dataset
        Of batches (distorted x, anything).
    """

    def distort(batch, batch_seed):
        flat, rest = batch
        side = math.isqrt(flat.shape[-1])
        drawn = tf.random.stateless_uniform((6, tf.shape(flat)[0]), [seed, tf.cast(batch_seed, tf.int32)], -1, 1)
        angle, slant = drawn[0] * math.radians(degrees), drawn[1] * shear
        right, down = drawn[2] * shift * side, drawn[3] * shift * side
        width, height = tf.exp(drawn[4] * zoom), tf.exp(drawn[5] * zoom)
        # One matrix, rotation times slant and scale about the middle, so that the image is interpolated once.
        cos, sin, middle = tf.cos(angle), tf.sin(angle), (side - 1) / 2
        a, b = cos * width, cos * slant - sin * height
        c, d = sin * width, sin * slant + cos * height
        rows = [a, b, middle * (1 - a - b) + right, c, d, middle * (1 - c - d) + down, 0 * a, 0 * a]
        images = tf.reshape(flat, (-1, side, side, 1))
        moved = keras.ops.image.affine_transform(images, tf.stack(rows, axis=1), fill_mode="constant")
        return tf.reshape(moved, tf.shape(flat)), rest

    seeds = tf.data.Dataset.random(seed=seed, rerandomize_each_iteration=True)
    return tf.data.Dataset.zip(dataset, seeds).map(distort).prefetch(2)


def mirrored(dataset, seed=0):
    """The same batches, each image mirrored left to right with probability one half, anew in each epoch.

    For garments: a mirrored digit would be another digit, or none.

    Parameters
    ----------
    dataset : tf.data.Dataset
        Of batches (x, anything), x of shape (n, side * side).
    seed : int, default 0

    Returns
    -------
    tf.data.Dataset
        Of batches (mirrored x, anything).
    """

    def mirror(batch, batch_seed):
        flat, rest = batch
        side = math.isqrt(flat.shape[-1])
        turned = tf.random.stateless_uniform((tf.shape(flat)[0], 1), [seed, tf.cast(batch_seed, tf.int32)]) < 0.5
        images = tf.reshape(tf.reverse(tf.reshape(flat, (-1, side, side)), axis=[2]), tf.shape(flat))
        return tf.where(turned, images, flat), rest

    seeds = tf.data.Dataset.random(seed=seed, rerandomize_each_iteration=True)
    return tf.data.Dataset.zip(dataset, seeds).map(mirror).prefetch(2)


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


class EpochLine(keras.callbacks.Callback):
    """Shows progress as one plain line per epoch, the same in Jupyter, Colab, nbval and a log file.

    Parameters
    ----------
    every : int, default 1
        Print only each `every`-th epoch, and the last.
    """

    def __init__(self, every=1):
        super().__init__()
        self.every = every

    def on_epoch_end(self, epoch, logs=None):
        last = self.params["epochs"]
        if (epoch + 1) % self.every == 0 or epoch + 1 == last:
            numbers = "  ".join(f"{name} {value:.4f}" for name, value in (logs or {}).items())
            print(f"epoch {epoch + 1:2d}/{last}  {numbers}")
