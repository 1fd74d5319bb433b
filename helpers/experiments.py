"""One function per run that is repeated over seeds and sizes: a configuration in, a flat dict of numbers out.

`helpers.sweeps` calls them and stores what they return below data/results/. Each has a version: raise it when a change
alters the numbers, then `make results` computes the runs again.
"""

import io
import tempfile
import time

import joblib
import numpy as np
import pandas as pd
from sklearn.cluster import KMeans

from helpers import clustering, course, data, evaluation, models, report_loop, sweeps

with course.quiet_imports():
    import keras

RESULTS = course.ROOT / "data" / "results"
DCN_FOLDER, SWEEPS_FOLDER = "02_dcn_joint_optimisation", "03_activity_c_sweeps"
AUTOENCODER_VERSION = "1"
CLUSTERING_VERSION = "2"
ACTIVITY_C_VERSION = "1"

SLANTED = {"degrees": 10, "shift": 0.1, "shear": 0.25, "zoom": 0.15}
BASE = {
    "latent_dim": 10,
    "hidden": (512, 256),
    "pretrain_epochs": 20,
    "max_iter": 24,
    "learning_rate": 2e-3,
    "tol": 0.0,
}
OVER_CLUSTERED = {"overcluster": 40, "overcluster_iter": 12, "max_iter": 12}
FIXED = BASE | OVER_CLUSTERED | {"centroid_update": "fixed", "alpha": 0.1, "beta": 1.0}
SOFT = BASE | OVER_CLUSTERED | {"assignments": "soft", "alpha": 0.01, "beta": 1.0, "ramp": 1}
RECIPES = {  # notebook 02's parameters of DeepClustering, by name
    "DCN, over-clustered": FIXED | {"pretrain_epochs": 60, "overcluster_iter": 16, "max_iter": 16},
    "DCN, over-clustered, augmented": FIXED | {"augmentation": SLANTED},
    "over-clustered, augmented": SOFT | {"augmentation": SLANTED},
    "balanced, over-clustered, augmented": SOFT | {"augmentation": SLANTED, "assignments": "balanced"},
}
ACTIVITY_C = {  # notebook 03's parameters of DeepClustering: the report's first network, about an hour for 45 runs
    "hidden": (256, 128),
    "assignments": "soft",
    "pretrain_epochs": 10,
    "overcluster": 40,
    "overcluster_iter": 6,
    "max_iter": 6,
    "ramp": 1,
    "n_init": 3,
    "learning_rate": 3e-3,
    "tol": 0.0,
    "augmentation": SLANTED,
}
NINE = {"weights": [[0.5, 0.5], [0.7, 0.3], [0.3, 0.7]], "latent_dim": [2, 16, 64]}  # the report's grid


def stored(function, folder, version, workers=2, **axes):
    """Runs of `function` on the grid of `axes` as a table, stored below data/results/; what is missing is computed."""
    return sweeps.run(function, sweeps.grid(**axes), RESULTS / folder, version=version, workers=workers)


def autoencoder(configuration):
    """Train the report's autoencoder on the whole of a data set, whatever the profile of this run.

    Parameters
    ----------
    configuration : dict
        dataset (a name for `data.load`), latent_dim, latent_activation ("relu" or "linear"), epochs, seed.

    Returns
    -------
    dict
        mse_test (mean squared error per pixel), dead_units (latent units that are 0 on all training images).
    """
    images = data.load(configuration["dataset"], profile="full")
    course.seed(configuration["seed"])
    model = models.autoencoder(configuration["latent_dim"], configuration["latent_activation"])
    model.compile(optimizer="adam", loss="mse", **models.fast(xla=True))
    training = models.batches(images.x_train, seed=configuration["seed"])
    model.fit(training, epochs=configuration["epochs"], shuffle=False, verbose=0)
    codes = models.encoder_and_decoder(model)[0].predict(images.x_train, batch_size=1000, verbose=0)
    error = model.evaluate(models.batches(images.x_test, shuffle=False), verbose=0)
    return {"mse_test": error, "dead_units": evaluation.dead_units(codes)}


def autoencoder_runs():
    """Notebook 01's runs as a table, a row per run: five latent sizes, ReLU and linear latent, five seeds."""
    axes = {"latent_activation": ["relu", "linear"], "latent_dim": [2, 4, 8, 16, 32], "epochs": [20], "seed": range(5)}
    return stored(autoencoder, "01_autoencoder_mnist", AUTOENCODER_VERSION, dataset=["mnist"], **axes)


def deep_clustering(configuration):
    """Fit DeepClustering on the whole of a data set, whatever the profile of this run, and score it.

    Parameters
    ----------
    configuration : dict
        dataset (a name for `data.load`), recipe (a name in RECIPES), seed.

    Returns
    -------
    dict
        acc, nmi, ari, silhouette and inertia of the training images and their codes; acc, nmi, ari with `_start` of
        K-Means after pretraining, with `_test` of the test images under frozen centroids.
    """
    images = data.load(configuration["dataset"], profile="full")
    recipe = RECIPES[configuration["recipe"]]
    model = clustering.DeepClustering(random_state=configuration["seed"], track=len(images.x_train), **recipe)
    model.fit(images.x_train)
    scores = clustering.clustering_scores(images.y_train, model.labels_, model.tracked_codes_[-1])
    start = clustering.clustering_scores(images.y_train, model.pretrain_labels_)
    test = clustering.clustering_scores(images.y_test, model.predict(images.x_test))
    result = {name: scores[name] for name in ("acc", "nmi", "ari", "silhouette")}
    for name in ("acc", "nmi", "ari"):
        result |= {f"{name}_start": start[name], f"{name}_test": test[name]}
    return result | {"inertia": float(model.history_.inertia.iloc[-1])}


def k_means_on_pixels(configuration):
    """K-Means on the pixels of a whole data set: dataset and seed in, the scores out (training images, acc_test)."""
    images = data.load(configuration["dataset"], profile="full")
    found = KMeans(10, n_init=4, random_state=configuration["seed"]).fit(images.x_train)
    scores = clustering.clustering_scores(images.y_train, found.labels_, images.x_train)
    test = clustering.clustering_scores(images.y_test, found.predict(images.x_test))
    result = {name: scores[name] for name in ("acc", "nmi", "ari", "silhouette")}
    return result | {"inertia": float(found.inertia_), "acc_test": test["acc"]}


def k_means_runs():
    """Notebook 02's baseline: K-Means on pixels, a row per seed."""
    axes = {"dataset": ["mnist"], "method": ["k-means"], "seed": range(5)}
    return stored(k_means_on_pixels, DCN_FOLDER, CLUSTERING_VERSION, workers=1, **axes).drop(columns="method")


def deep_clustering_runs():
    """Notebook 02's runs of all recipes as a table, a row per recipe and seed; each has one core."""
    axes = {"dataset": ["mnist"], "recipe": list(RECIPES), "seed": range(5)}
    return stored(deep_clustering, DCN_FOLDER, CLUSTERING_VERSION, **axes)


def report_activity_c(configuration):
    """The report's Activity C: its network and its loop, five rounds of five epochs, whatever the profile of this run.

    Parameters
    ----------
    configuration : dict
        dataset (a name for `data.load`), weights (alpha, beta), latent_dim, seed.

    Returns
    -------
    dict
        loss, loss_test (alpha * mean squared error + beta * mean distance to the nearest centroid), reconstruction (its
        first term on the test images, without alpha), inertia, acc, live (clusters), rounds.
    """
    images = data.load(configuration["dataset"], profile="full")
    alpha, beta = configuration["weights"]
    course.seed(configuration["seed"])
    network = report_loop.two_outputs(models.autoencoder(configuration["latent_dim"]))
    report_loop.compile_jointly(network, alpha, beta)
    rounds, codes = report_loop.joint_loop(network, images.x_train, images.y_train, 5, 5, configuration["seed"])
    found = report_loop.k_means(codes[-1])
    result = {}
    for name, pixels in {"loss": images.x_train, "loss_test": images.x_test}.items():
        answers, latents = (models.answers(models.up_to(network, part), pixels) for part in ("Output", "Latent_Code"))
        error = evaluation.reconstruction_error(pixels, answers).mean()
        away = found.transform(latents).min(axis=1)
        result[name] = float(alpha * error + beta * away.mean())
    last = rounds.iloc[-1]
    result |= {"reconstruction": float(error), "inertia": float(last.inertia), "acc": float(last.acc)}
    return result | {"live": int(last.live), "rounds": int(last["round"])}


def activity_c(configuration):
    """Activity C with the repaired loop: fit DeepClustering with the parameters ACTIVITY_C, and score it.

    Pretraining does not depend on the weights, so runs that differ only in them share it (data/results/scratch).

    Parameters
    ----------
    configuration : dict
        dataset (a name for `data.load`), weights (alpha, beta), latent_dim, seed; optional: images (how many of the
        training images, from the first on), and changes, a dict of other parameters of DeepClustering.

    Returns
    -------
    dict
        loss, loss_test (alpha * R / R0 + beta * C / C0, of training images as distorted, and of test images),
        clustering (C) and inertia of the training codes, reconstruction (R of the test images), acc, nmi, ari,
        silhouette, live (clusters); of seed 0 also `pictures`: the first ten test images,
        reconstructed, as hexadecimal bytes.
    """
    images = data.load(configuration["dataset"], profile="full")
    x, digits = (part[: configuration.get("images")] for part in (images.x_train, images.y_train))
    (alpha, beta), seed = configuration["weights"], configuration["seed"]
    settings = {"alpha": alpha, "beta": beta, "latent_dim": configuration["latent_dim"], "random_state": seed}
    memory = joblib.Memory(RESULTS / "scratch" / ACTIVITY_C_VERSION, verbose=0)
    settings |= ACTIVITY_C | {"memory": memory} | configuration.get("changes", {})
    model = clustering.DeepClustering(**settings).fit(x)
    scores = clustering.clustering_scores(digits, model.labels_, model.transform(x))
    first, last, test = model.history_.iloc[0], model.history_.iloc[-1], model.losses(images.x_test)
    test_loss = alpha * test["reconstruction"] / first.reconstruction + beta * test["clustering"] / first.clustering
    result = {name: scores[name] for name in ("acc", "nmi", "ari", "silhouette")}
    result |= {"loss": last.loss, "loss_test": test_loss, "reconstruction": test["reconstruction"]}
    result |= {name: float(last[name]) for name in ("clustering", "inertia", "live")}
    if seed == 0:
        answers = model.inverse_transform(model.transform(images.x_test[:10]))
        result["pictures"] = as_text(answers)
    return result


def as_text(pictures):
    """Pixels in [0, 1] as hexadecimal bytes, for a result that is stored; `as_pictures` reads them."""
    return (np.asarray(pictures) * 255).round().astype("uint8").tobytes().hex()


def as_pictures(text):
    """Images (n, 784) in [0, 1] from a text that `as_text` wrote."""
    return np.frombuffer(bytes.fromhex(text), "uint8").reshape(-1, 784) / 255


def activity_c_grid(seeds=range(5), **axes):
    """Configurations of `activity_c` on MNIST: the report's nine times `seeds`, or other `axes` in their place."""
    # The weights come first: runs that share a pretraining are far apart, so that no two workers do it at once.
    return sweeps.grid(dataset=["mnist"], **({"changes": [{}]} | NINE | axes), seed=seeds)


def activity_c_runs(**axes):
    """Notebook 03's runs with the repaired loop as a table: `axes` in place of those of the report."""
    return sweeps.run(activity_c, activity_c_grid(**axes), RESULTS / SWEEPS_FOLDER, version=ACTIVITY_C_VERSION)


def report_activity_c_runs():
    """Notebook 03's runs of the report's own loop, as a table: its nine configurations, one seed as there."""
    axes = {"dataset": ["mnist"], "method": ["report"], **NINE, "seed": [0]}
    return stored(report_activity_c, SWEEPS_FOLDER, ACTIVITY_C_VERSION, **axes).drop(columns="method")


def knob_runs(**axes):
    """Notebook 03's runs with one knob turned: L = 16, weights 0.3 and 0.7, or what `axes` say; five seeds."""
    return activity_c_runs(**({"weights": [[0.3, 0.7]], "latent_dim": [16]} | axes))


def all_knob_runs():
    """Notebook 03's knobs: learning rate, size of the code, augmentation."""
    turned = knob_runs(changes=[{"learning_rate": 0.001}, {"learning_rate": 0.01}, {"augmentation": None}])
    return pd.concat([turned, knob_runs(latent_dim=[10, 50])], ignore_index=True)


def sweep_speed(configuration):
    """Seconds (`wall`) of a sweep over four short runs, in a folder of its own.

    `configuration` has workers and repetition; optional: images (how many of MNIST, from the first on; all).
    """
    short = {"pretrain_epochs": 3, "overcluster": 0, "max_iter": 3, "memory": None}
    part = {"images": [configuration["images"]]} if "images" in configuration else {}
    runs = activity_c_grid(seeds=range(4), weights=[[0.3, 0.7]], latent_dim=[16], changes=[short], **part)
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        table = sweeps.run(activity_c, runs, folder, version="", workers=configuration["workers"], progress=False)
        wall = time.perf_counter() - started
    if table.error.notna().any():
        raise RuntimeError(f"a run failed, so its time means nothing: {table.error.dropna().iloc[0]}")
    return {"wall": wall}


def sweep_speed_runs():
    """Notebook 03's race: one process with all threads against two workers of one thread, five times in turn."""
    configurations = sweeps.grid(repetition=range(5), workers=[1, 2])
    return sweeps.run(sweep_speed, configurations, RESULTS / SWEEPS_FOLDER, version=ACTIVITY_C_VERSION, workers=1)


FASHION_CLASSIFIER = data.FOLDER / "fashion_classifier.npz"


def train_classifier(network, x, y, x_validation, y_validation, learning_rate=1e-3, seed=0, epochs=50, patience=5):
    """Compile and fit a `models.classifier` as the report did: batch 64, the weights of the best validation loss.

    Training stops `patience` epochs after the best one, or after `epochs`. With `patience=None` it does all `epochs`,
    and keeps the weights of the last. x is (n, 784), y (n,) of int.

    Returns
    -------
    keras.callbacks.History
    """
    loss = "binary_crossentropy" if network.output_shape[-1] == 1 else "sparse_categorical_crossentropy"
    optimizer = models.FusedAdam(learning_rate)
    network.compile(optimizer=optimizer, loss=loss, metrics=["accuracy"], **models.fast())
    callbacks = []
    if patience is not None:
        callbacks.append(keras.callbacks.EarlyStopping("val_loss", patience=patience, restore_best_weights=True))
    return network.fit(
        models.batches(x, y, batch_size=64, seed=seed),
        validation_data=models.batches(x_validation, y_validation, batch_size=1000, shuffle=False),
        epochs=epochs,
        shuffle=False,
        verbose=0,
        callbacks=callbacks,
    )


def fashion_classifier():
    """The course's own Fashion-MNIST classifier, by which notebook 05 judges generated images.

    The report's network with ten classes, trained once on 50,000 images with seed 0; its weights are stored in data/.
    Where that file is missing, it is trained and written again (about a minute).
    """
    network = models.classifier()
    if FASHION_CLASSIFIER.exists():
        with np.load(FASHION_CLASSIFIER, allow_pickle=False) as file:
            network.set_weights([file[name] for name in file.files])
        return network
    images = data.load("fashion_mnist", profile="full")
    x, x_validation, y, y_validation = data.split(images.x_train, images.y_train, size=10_000)
    course.seed(0)
    network = models.classifier()
    train_classifier(network, x, y, x_validation, y_validation)
    buffer = io.BytesIO()
    np.savez(buffer, *network.get_weights())
    course.write_atomically(FASHION_CLASSIFIER, buffer.getvalue())
    return network
