"""One function per run that is repeated over seeds and sizes: a configuration in, a flat dict of numbers out.

`helpers.sweeps` calls them and stores what they return below data/results/. Each has a version: raise it when a change
alters the numbers, then `make results` computes the runs again.
"""

from helpers import course, data, evaluation, models, sweeps

RESULTS = course.ROOT / "data" / "results"
AUTOENCODER_VERSION = "1"


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


ALL_RUNS = (autoencoder_runs,)


def main():
    """`make results`: compute every run that is not stored yet."""
    for runs in ALL_RUNS:
        print(runs.__doc__)
        runs()


if __name__ == "__main__":
    main()
