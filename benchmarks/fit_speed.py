"""Seconds of one epoch, measured side by side in one run: Keras's default `fit` and the course's ways.

    python benchmarks/fit_speed.py [rounds]

Prints the median over alternating rounds (5 by default) and the ratio to the default, for the autoencoder (batch
256) and for a 128-unit classifier with dropout (batch 64). Then an iteration of DeepClustering, all its bookkeeping
included, beside an epoch of the plain autoencoder of the same size.
"""

import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import numpy as np  # noqa: E402

from helpers import clustering, course, data, models  # noqa: E402

with course.quiet_imports():
    import keras


def classifier():
    """The network of the Fashion-MNIST report: 784-128-dropout-10."""
    layers = [
        keras.Input((784,)),
        keras.layers.Dense(128, "relu"),
        keras.layers.Dropout(0.2),
        keras.layers.Dense(10, "softmax"),
    ]
    return keras.Sequential(layers)


def contestant(build, loss, x, y, batch_size, settings, gathered):
    """A function that trains one epoch; its model is compiled with `settings`, fed with arrays or batches."""
    course.seed(0)
    model = build()
    model.compile(optimizer="adam", loss=loss, **settings)
    if not gathered:
        return lambda: model.fit(x, y, batch_size=batch_size, verbose=0)
    batches = models.batches(x, y, batch_size)
    return lambda: model.fit(batches, shuffle=False, verbose=0)


def compare(title, build, loss, x, y, batch_size, rounds):
    """Print the median seconds of each way, after one epoch that compiles."""
    ways = {
        "default fit": ({}, False),
        "steps_per_execution=16": (models.fast(), False),
        "fast(), gathered batches": (models.fast(), True),
        "fast(xla=True), gathered batches": (models.fast(xla=True), True),
    }
    runs = {name: contestant(build, loss, x, y, batch_size, *way) for name, way in ways.items()}
    first, seconds = {}, {name: [] for name in runs}
    for number in range(rounds + 1):
        for name, run in runs.items():
            started = time.perf_counter()
            run()
            elapsed = time.perf_counter() - started
            first.setdefault(name, elapsed) if number == 0 else seconds[name].append(elapsed)
    print(f"\n{title}, {len(x):,} samples, batch {batch_size}, median of {rounds} epochs on {os.cpu_count()} cores")
    base = np.median(seconds["default fit"])
    for name, values in seconds.items():
        median = np.median(values)
        print(f"  {name:34s} {median:5.2f} s   {median / base:4.2f} of the default   first epoch {first[name]:5.2f} s")


def joint(x, rounds, **parameters):
    """Print the median seconds of a joint iteration beside those of a plain epoch; the two take turns."""
    course.seed(0)
    plain = models.autoencoder(parameters["latent_dim"], "linear", parameters["hidden"])
    plain.compile("adam", loss="mse", **models.fast(xla=True))
    batches = models.batches(x)
    plain.fit(batches, shuffle=False, verbose=0)
    seconds = {"plain epoch": [], "joint iteration": []}
    for _ in range(rounds):
        model = clustering.DeepClustering(pretrain_epochs=1, max_iter=4, tol=0, n_init=1, **parameters).fit(x)
        seconds["joint iteration"] += list(model.history_.seconds[1:])
        for _ in range(4):
            started = time.perf_counter()
            plain.fit(batches, shuffle=False, verbose=0)
            seconds["plain epoch"].append(time.perf_counter() - started)
    print(f"\nDeepClustering {parameters}, {len(x):,} samples, median of {4 * rounds}")
    for name, values in seconds.items():
        ratio = np.median(values) / np.median(seconds["plain epoch"])
        print(f"  {name:34s} {np.median(values):5.2f} s   {ratio:4.2f} of the plain epoch")


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    images = data.load("mnist", profile="full")
    compare("Autoencoder 784-256-128-32", models.autoencoder, "mse", images.x_train, images.x_train, 256, rounds)
    compare(
        "Classifier 784-128-10",
        classifier,
        "sparse_categorical_crossentropy",
        images.x_train,
        images.y_train,
        64,
        rounds,
    )
    for update in ("counts", "kmeans"):
        joint(images.x_train, rounds, latent_dim=10, hidden=(512, 256), centroid_update=update)
        joint(images.x_train, rounds, latent_dim=32, hidden=(256, 128), centroid_update=update)


if __name__ == "__main__":
    main()
