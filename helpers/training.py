"""How every network of the course is compiled and fed: options, an optimizer, batches, distortions, callbacks."""

import math
import time
from numbers import Real

import numpy as np

from helpers import course, networks

with course.quiet_imports():
    import keras
    import tensorflow as tf


def compile_options(xla=False):
    """Arguments of `compile` that make `fit` fast on two CPU cores: `model.compile(..., **training.compile_options())`.

    64 steps run inside TensorFlow before Python is asked again. `xla=True` also compiles the step with XLA. That pays
    for large layers and many epochs (the autoencoder); it makes a small classifier with dropout several times slower,
    and costs seconds before the first epoch, so the fast profile leaves it out.
    """
    return {"steps_per_execution": 64, "jit_compile": xla and course.profile() == "full"}


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
        If x is empty, x and y differ in length, or batch_size is no whole number above 0.
    """
    networks.whole_numbers(batch_size=batch_size)
    if len(x) == 0 or (y is not None and len(y) != len(x)):
        raise ValueError(f"x and y must have the same length, above 0; got {len(x)} and {len(x if y is None else y)}")
    images = tf.constant(x)
    targets = images if y is None or y is x else tf.constant(y)
    whole = len(x) // batch_size

    def epoch(epoch_seed):
        order = tf.range(len(x))
        if shuffle:
            order = tf.random.experimental.stateless_shuffle(order, seed=[seed, tf.cast(epoch_seed, tf.int32)])
        full = tf.data.Dataset.from_tensor_slices(tf.reshape(order[: whole * batch_size], (whole, batch_size)))
        rest = tf.data.Dataset.from_tensors(order[whole * batch_size :])
        return full.concatenate(rest) if len(x) % batch_size else full

    def gather(rows):
        x_batch = tf.gather(images, rows)
        return x_batch, (x_batch if targets is images else tf.gather(targets, rows))

    # `random` gives one number per pass, another in each epoch, and the same sequence in each run of the program.
    dataset = tf.data.Dataset.random(seed=seed, rerandomize_each_iteration=True).take(1).flat_map(epoch).map(gather)
    options = tf.data.Options()
    options.threading.private_threadpool_size = 1  # two cores: leave them to the matrix products
    options.autotune.enabled = False
    steps = -(-len(x) // batch_size)
    dataset = dataset.prefetch(2).apply(tf.data.experimental.assert_cardinality(steps)).with_options(options)
    dataset.arrays = x, x if y is None else y  # for `networks.checked_fit`, which then need not look at batches
    return dataset


def distorted(dataset, degrees=10, shift=0.1, shear=0.0, zoom=0.0, brightness=0.0, contrast=0.0, seed=0):
    """The same batches, each image turned, moved, slanted and stretched a little, anew in each epoch; never flipped.

    Parameters
    ----------
    dataset : tf.data.Dataset
        Of batches (x, anything), x of shape (n, side * side).
    degrees, shift, shear, zoom : float, default 10, 0.1, 0 and 0
        Each is drawn evenly between minus and plus its value: the angle in degrees; two shifts as shares of the side;
        the slant as sideways movement per pixel of height; the logarithm of two scales, of width and of height.
        What comes in from outside is 0.
    brightness, contrast : float, default 0 and 0
        Drawn in the same way, once for each image: what is added to every pixel; the logarithm of the factor that
        multiplies a pixel's distance from the image's mean. The contrast comes first, and pixels are then clipped to
        [0, 1]. They change nothing about what the other four draw; with both 0 nothing is clipped.
    seed : int, default 0

    Returns
    -------
    tf.data.Dataset
        Of batches (distorted x, anything).

    Raises
    ------
    ValueError
        If a setting is no finite number, or the images are not square.
    """
    settings = {"degrees": degrees, "shift": shift, "shear": shear, "zoom": zoom}
    for name, value in (settings | {"brightness": brightness, "contrast": contrast}).items():
        if not isinstance(value, Real) or not math.isfinite(value):
            raise ValueError(f"{name} must be a finite number, got {value!r}")

    def distort(batch, batch_seed):
        flat, rest = batch
        side = math.isqrt(flat.shape[-1])
        if side**2 != flat.shape[-1]:
            raise ValueError(f"x must hold square images as rows of side * side pixels; got rows of {flat.shape[-1]}")
        drawn = tf.random.stateless_uniform((6, tf.shape(flat)[0]), [seed, tf.cast(batch_seed, tf.int32)], -1, 1)
        angle, slant = drawn[0] * math.radians(degrees), drawn[1] * shear
        right, down = drawn[2] * shift * side, drawn[3] * shift * side
        width, height = tf.exp(drawn[4] * zoom), tf.exp(drawn[5] * zoom)
        # One matrix, rotation times slant and scale about the middle, so that the image is interpolated once.
        cos, sin, middle = tf.cos(angle), tf.sin(angle), (side - 1) / 2
        a, b = cos * width, cos * slant - sin * height
        c, d = sin * width, sin * slant + cos * height
        rows = [a, b, middle * (1 - a - b) + right, c, d, middle * (1 - c - d) + down, 0 * a, 0 * a]
        images, how = tf.reshape(flat, (-1, side, side, 1)), {"fill_mode": "constant", "data_format": "channels_last"}
        moved = keras.ops.image.affine_transform(images, tf.stack(rows, axis=1), **how)
        moved = tf.reshape(moved, tf.shape(flat))
        if brightness or contrast:
            own = tf.random.experimental.stateless_fold_in([seed, tf.cast(batch_seed, tf.int32)], 1)
            light, sharp = tf.unstack(tf.random.stateless_uniform((2, tf.shape(flat)[0], 1), own, -1, 1))
            mean = tf.reduce_mean(moved, axis=1, keepdims=True)
            moved = mean + (moved - mean) * tf.exp(sharp * contrast) + light * brightness
            moved = tf.clip_by_value(moved, 0, 1)
        return moved, rest

    seeds = tf.data.Dataset.random(seed=seed, rerandomize_each_iteration=True)
    return tf.data.Dataset.zip(dataset, seeds).map(distort).prefetch(2)


class EpochLine(keras.callbacks.Callback):
    """Prints progress and seconds left, a plain line (also in Colab and a log) each `every`-th epoch, and the last."""

    def __init__(self, every=1):
        super().__init__()
        networks.whole_numbers(every=every)
        self.every = every

    def on_train_begin(self, logs=None):
        self.started = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        last, done = self.params["epochs"], epoch + 1
        if done % self.every == 0 or done == last:
            numbers = "  ".join(f"{name} {value:.4f}" for name, value in (logs or {}).items())
            left = (time.monotonic() - self.started) / done * (last - done)
            print(f"epoch {done:2d}/{last}  {numbers}" + (f"  about {left:.0f} s left" if left >= 0.5 else ""))


class TimeLeft(keras.callbacks.Callback):
    """Prints a plain line per epoch, with the seconds left, over several fits with `epochs` epochs in all."""

    def __init__(self, epochs):
        super().__init__()
        self.epochs, self.done, self.started = epochs, 0, time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        self.done += 1
        left = (time.monotonic() - self.started) / self.done * (self.epochs - self.done)
        print(f"epoch {self.done} of {self.epochs}, about {left:.0f} s left")


class StopAtNan(keras.callbacks.Callback):
    """Stops training at the first epoch whose loss is not a finite number, and says which and what to turn."""

    def on_epoch_end(self, epoch, logs=None):
        if not np.isfinite((logs or {}).get("loss", 0.0)):
            advice = "lower the learning rate, or look for pixels outside 0 to 1"
            raise FloatingPointError(f"the loss is no finite number after epoch {epoch + 1}: {advice}")
