"""Which pixels an answer depends on: three maps from gradients, all of a network's output for a batch of images.

A map has a sign: positive where more brightness would raise the output. Ask for them on the logit (`models.up_to`), not
on the probability: the slope of a sigmoid is p (1 - p), next to nothing where the network is sure.
"""

import numpy as np

from helpers import course

with course.quiet_imports():
    import tensorflow as tf


def gradient(network, x, unit=0):
    """The slope of output `unit` in each pixel, (n, pixels), at the images x (n, pixels)."""
    x = tf.convert_to_tensor(x, "float32")
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_sum(network(x, training=False)[:, unit])  # an image's output depends on that image alone
    return tape.gradient(total, x).numpy()


def smooth_gradient(network, x, unit=0, noise=0.15, draws=50, seed=0):
    """SmoothGrad (2017): the mean `gradient` at `draws` noisy copies of each image; noise is a standard deviation."""
    rng = np.random.default_rng(seed)
    return np.mean([gradient(network, x + rng.normal(0, noise, np.shape(x)), unit) for _ in range(draws)], axis=0)


def integrated_gradients(network, x, unit=0, baseline=None, steps=100):
    """Integrated gradients (2017): pixel change times the mean `gradient` on the straight way from baseline to image.

    Its defining property, completeness: the map (n, pixels) of images x (n, pixels) sums to their output `unit` minus
    that of the baseline (pixels,), by default black. `steps` points lie on the way, in the middle of equal parts; more
    make the sum more exact.
    """
    way = np.asarray(x) - (0 if baseline is None else baseline)
    slopes = [gradient(network, x - way * (1 - (step + 0.5) / steps), unit) for step in range(steps)]
    return way * np.mean(slopes, axis=0)
