"""The contestants in Keras: the default `fit`, the course's way, DeepClustering, and the sweep of notebook 03.

Each function takes the number of training images and returns a function that does the work once and answers with a
list of seconds.
"""

import time

import tensorflow as tf

from helpers import clustering, course, data, training
from helpers import networks as keras_networks
from lessons import activity_c, classifier
from tools.bench import networks

*HIDDEN, LATENT = networks.JOINT_ENCODER[1:]
JOINT = {"latent_dim": LATENT, "hidden": tuple(HIDDEN), "centroid_update": "counts"}  # as `peers.joint_iteration`
ITERATIONS = 3  # that are timed in one fit


def _timed(work):
    """A function that does `work` and answers with its seconds."""

    def once():
        started = time.perf_counter()
        work()
        return [time.perf_counter() - started]

    return once


def _training(samples):
    images = data.load("mnist", profile="full")
    course.seed(0)
    return images.x_train[:samples], images.y_train[:samples]


def autoencoder_default(samples):
    """An epoch of 784-256-128-32 as everybody writes it first: `fit(x, x, batch_size=256)`."""
    x, _ = _training(samples)
    model = keras_networks.autoencoder()
    model.compile("adam", loss="mse")
    return _timed(lambda: model.fit(x, x, batch_size=256, verbose=0))


def autoencoder_course(samples):
    """The same epoch as in the notebooks."""
    x, _ = _training(samples)
    model = keras_networks.autoencoder()
    model.compile("adam", loss="mse", **training.compile_options(xla=True))
    batches = training.batches(x, batch_size=256)
    return _timed(lambda: model.fit(batches, shuffle=False, verbose=0))


def classifier_default(samples):
    """An epoch of 784-128-dropout-10 at batch 64: `fit(x, y, batch_size=64)`."""
    x, y = _training(samples)
    model = keras_networks.classifier()
    model.compile("adam", loss="sparse_categorical_crossentropy")
    return _timed(lambda: model.fit(x, y, batch_size=64, verbose=0))


def classifier_course(samples):
    """The same epoch as in the notebooks."""
    x, y = _training(samples)
    model = keras_networks.classifier()
    model.compile(classifier.FusedAdam(), loss="sparse_categorical_crossentropy", **training.compile_options())
    batches = training.batches(x, y, batch_size=64)
    return _timed(lambda: model.fit(batches, shuffle=False, verbose=0))


def _product():
    """TensorFlow's product of two large matrices."""
    left, right = tf.random.uniform((2, networks.SIZE, networks.SIZE))
    return lambda: tf.linalg.matmul(left, right)  # eager on the CPU: returns when it is done


autoencoder_limit, classifier_limit, joint_limit = networks.limits(_product)


def joint_iteration(samples):
    """Joint iterations of DeepClustering, all bookkeeping included, as its history times them."""
    x, _ = _training(samples)

    def once():
        parameters = {"pretrain_epochs": 1, "max_iter": ITERATIONS + 1, "tol": 0.0, "n_init": 1, "random_state": 0}
        history = clustering.DeepClustering(**parameters, **JOINT).fit(x).history_
        return history.seconds.iloc[2:].tolist()  # 0 is the start; in the first iteration things are compiled

    return once


def sweep_one_process(samples):
    """Notebook 03's four short runs, one after the other in a process with all threads."""
    return lambda: [activity_c.sweep_seconds(0, 1, images=samples)["wall"]]


def sweep_two_workers(samples):
    """The same four runs, two at a time in workers of one thread; the workers have been started before."""
    return lambda: [activity_c.sweep_seconds(0, 2, images=samples)["wall"]]
