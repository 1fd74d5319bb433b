"""One function per run that is repeated over seeds and sizes: a configuration in, a flat dict of numbers out.

`helpers.sweeps` calls them and stores what they return below data/results/. Each has a version: raise it when a change
alters the numbers, then `make results` computes the runs again.
"""

import pandas as pd
from sklearn.cluster import KMeans

from helpers import clustering, course, data, evaluation, models, sweeps

RESULTS = course.ROOT / "data" / "results"
AUTOENCODER_VERSION = "1"
CLUSTERING_VERSION = "1"

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
RECIPES = {  # notebook 02's parameters of DeepClustering, by name; each trains for 44 epochs
    "DCN, over-clustered": FIXED,
    "DCN, over-clustered, augmented": FIXED | {"augmentation": SLANTED},
    "over-clustered, augmented": SOFT | {"augmentation": SLANTED},
    "balanced, over-clustered, augmented": SOFT | {"augmentation": SLANTED, "assignments": "balanced"},
}


def autoencoder(configuration):
    """Train the report's autoencoder on the whole of a data set, whatever the profile of this run.

    Parameters
    ----------
    configuration : dict
        dataset (a name for `data.load`), latent_dim, latent_activation ("relu" or "linear"), epochs, seed.

    Returns
    -------
    dict
        mse_train, mse_test (mean squared error per pixel), dead_units (latent units that are 0 on all training images).
    """
    images = data.load(configuration["dataset"], profile="full")
    course.seed(configuration["seed"])
    model = models.autoencoder(configuration["latent_dim"], configuration["latent_activation"])
    model.compile(optimizer="adam", loss="mse", **models.fast(xla=True))
    training = models.batches(images.x_train, seed=configuration["seed"])
    model.fit(training, epochs=configuration["epochs"], shuffle=False, verbose=0)
    encoder, _ = models.encoder_and_decoder(model)
    return {
        "mse_train": model.evaluate(models.batches(images.x_train, shuffle=False), verbose=0),
        "mse_test": model.evaluate(models.batches(images.x_test, shuffle=False), verbose=0),
        "dead_units": evaluation.dead_units(encoder.predict(images.x_train, batch_size=1000, verbose=0)),
    }


def autoencoder_runs():
    """Notebook 01's runs as a table, a row per run: five latent sizes, ReLU and linear latent, five seeds."""
    configurations = sweeps.grid(
        dataset=["mnist"],
        latent_activation=["relu", "linear"],
        latent_dim=[2, 4, 8, 16, 32],
        epochs=[20],
        seed=range(5),
    )
    return sweeps.run(autoencoder, configurations, RESULTS / "01_autoencoder_mnist", version=AUTOENCODER_VERSION)


def deep_clustering(configuration):
    """Fit DeepClustering on the whole of a data set, whatever the profile of this run, and score it.

    Parameters
    ----------
    configuration : dict
        dataset (a name for `data.load`), recipe (a name in RECIPES), seed.

    Returns
    -------
    dict
        acc, nmi, ari, silhouette and inertia of the training images and their codes; the same with `_start` for K-Means
        after pretraining; acc, nmi, ari with `_test` for the test images under frozen centroids; smallest (cluster),
        live (clusters), n_iter.
    """
    images = data.load(configuration["dataset"], profile="full")
    recipe = RECIPES[configuration["recipe"]]
    model = clustering.DeepClustering(random_state=configuration["seed"], track=len(images.x_train), **recipe)
    model.fit(images.x_train)
    scores = clustering.clustering_scores(images.y_train, model.labels_, model.tracked_codes_[-1])
    start = clustering.clustering_scores(images.y_train, model.pretrain_labels_, model.tracked_codes_[0])
    test = clustering.clustering_scores(images.y_test, model.predict(images.x_test))
    first, last = model.history_.iloc[0], model.history_.iloc[-1]
    return {
        **{name: scores[name] for name in ("acc", "nmi", "ari", "silhouette")},
        **{f"{name}_start": start[name] for name in ("acc", "nmi", "ari", "silhouette")},
        **{f"{name}_test": test[name] for name in ("acc", "nmi", "ari")},
        "inertia": float(last.inertia),
        "inertia_start": float(first.inertia),
        "smallest": int(last.smallest),
        "live": int(last.live),
        "n_iter": model.n_iter_,
    }


def k_means(configuration):
    """K-Means on the pixels of a whole data set: dataset and seed in, the scores out (training images, acc_test)."""
    images = data.load(configuration["dataset"], profile="full")
    found = KMeans(10, n_init=4, random_state=configuration["seed"]).fit(images.x_train)
    scores = clustering.clustering_scores(images.y_train, found.labels_, images.x_train)
    test = clustering.clustering_scores(images.y_test, found.predict(images.x_test))
    result = {name: scores[name] for name in ("acc", "nmi", "ari", "silhouette")}
    return result | {"inertia": float(found.inertia_), "acc_test": test["acc"]}


def k_means_runs():
    """Notebook 02's baseline: K-Means on pixels, a row per seed."""
    configurations = sweeps.grid(dataset=["mnist"], method=["k-means"], seed=range(3))
    folder = RESULTS / "02_dcn_joint_optimisation"
    return sweeps.run(k_means, configurations, folder, version=CLUSTERING_VERSION, workers=1)


def deep_clustering_runs(recipe):
    """Notebook 02's runs of one recipe as a table, a row per seed; each has both cores to itself."""
    configurations = sweeps.grid(dataset=["mnist"], recipe=[recipe], seed=range(3))
    folder = RESULTS / "02_dcn_joint_optimisation"
    return sweeps.run(deep_clustering, configurations, folder, version=CLUSTERING_VERSION, workers=1)


def all_deep_clustering_runs():
    """Notebook 02's runs: every recipe, as one table."""
    return pd.concat([deep_clustering_runs(recipe) for recipe in RECIPES], ignore_index=True)


ALL_RUNS = (autoencoder_runs, k_means_runs, all_deep_clustering_runs)


def main():
    """`make results`: compute every run that is not stored yet."""
    for runs in ALL_RUNS:
        print(runs.__doc__)
        runs()


if __name__ == "__main__":
    main()
