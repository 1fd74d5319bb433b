"""Lesson 01: what only notebook 01 needs."""

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns

from helpers import course, data, networks, plots, scores, sweeps, training


def count_dead_units(latents):
    """How many latent units never leave zero: `latents` is (n, units), the codes of many images after ReLU."""
    return int(np.sum(np.all(np.asarray(latents) == 0, axis=0)))


@sweeps.repeated(
    version="1",
    runs=sweeps.grid(
        dataset=["mnist"],
        latent_activation=["relu", "linear"],
        latent_dim=[2, 4, 8, 16, 32],
        epochs=[20],
        seed=range(5),
    ),
)
def trained_autoencoder(dataset, latent_activation, latent_dim, epochs, seed):
    """Train the report's autoencoder on the whole of a data set, whatever the profile of this run.

    `dataset` is a name for `data.load`, `latent_activation` "relu" or "linear".

    Returns
    -------
    dict
        mse_test (mean squared error per pixel), dead_units (latent units that are 0 on all training images).
    """
    images = data.load(dataset, profile="full")
    course.seed(seed)
    model = networks.autoencoder(latent_dim, latent_activation)
    model.compile(optimizer="adam", loss="mse", **training.compile_options(xla=True))
    model.fit(training.batches(images.x_train, seed=seed), epochs=epochs, shuffle=False, verbose=0)
    codes = networks.encoder_and_decoder(model)[0].predict(images.x_train, batch_size=1000, verbose=0)
    error = model.evaluate(training.batches(images.x_test, shuffle=False), verbose=0)
    return {"mse_test": error, "dead_units": count_dead_units(codes)}


def draw_error_by_size(table, pca, reported):
    """Test error against the size of the latent: a dot per run, a line through the medians, PCA beside them.

    `table` is a DataFrame, a row per run: latent_dim, latent_activation, mse_test. `pca` has the test error by number
    of components, `reported` the report's values by size, drawn as crosses.
    """
    figure, axis = plt.subplots(figsize=(8, 5))
    styles = {
        "relu": ("ReLU latent", plots.CLASS_COLOURS[0], "o", 0.97),
        "linear": ("linear latent", plots.CLASS_COLOURS[1], "s", 1.03),
    }
    for activation, (label, colour, marker, shift) in styles.items():
        runs = table[table.latent_activation == activation]
        medians = runs.groupby("latent_dim").mse_test.median()
        axis.scatter(runs.latent_dim * shift, runs.mse_test, color=colour, marker=marker, s=28, alpha=0.6, linewidths=0)
        axis.plot(medians.index * shift, medians, color=colour, label=f"{label} (dots: seeds, line: median)")
    axis.plot(list(pca), list(pca.values()), color=plots.REFERENCE, linestyle="--", marker="^", label="PCA")
    axis.scatter(
        list(reported),
        list(reported.values()),
        marker="x",
        s=90,
        linewidths=2.5,
        color="black",
        label="report",
        zorder=3,
    )
    axis.set(xscale="log", yscale="log", xlabel="size of the latent code L", ylabel="test MSE per pixel")
    axis.set_xticks(list(pca), [str(size) for size in pca])
    axis.set_yticks([0.005, 0.01, 0.02, 0.05, 0.07], ["0.005", "0.01", "0.02", "0.05", "0.07"])
    axis.minorticks_off()
    axis.legend(frameon=False)
    return figure


def draw_dead_units(table, linear_means):
    """Two panels: dead units of the ReLU networks by latent size, and test error against the units that are alive.

    `table` is a DataFrame, a row per ReLU run: latent_dim, dead_units, mse_test; `linear_means` a Series: mean test
    error of the networks with a linear latent, by latent size.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(13, 4.8))
    sns.barplot(table, x="latent_dim", y="dead_units", color="0.8", errorbar=None, ax=left, width=0.6)
    sns.stripplot(table, x="latent_dim", y="dead_units", color="black", size=7, alpha=0.7, jitter=0.15, ax=left)
    left.set(xlabel="size of the latent code L", ylabel="dead latent units")
    right.plot(linear_means.index, linear_means, color=plots.CLASS_COLOURS[1], marker="s", label="linear latent, mean")
    alive = table[table.dead_units < table.latent_dim]
    for (size, runs), colour, area in zip(
        alive.groupby("latent_dim"), (0, 2, 3, 4, 7), (240, 110, 70, 70, 70), strict=True
    ):  # the runs of 2 and of 4 units lie on each other
        live_units = runs.latent_dim - runs.dead_units
        ring = {
            "facecolors": "none",
            "edgecolors": [plots.CLASS_COLOURS[colour]],
            "linewidths": 2.5,
        }
        right.scatter(live_units, runs.mse_test, s=area, label=f"ReLU, L = {size}", zorder=3, **ring)
    right.set(xscale="log", yscale="log", xlabel="latent units that are alive", ylabel="test MSE per pixel")
    right.set_xticks([1, 2, 4, 8, 16, 32], ["1", "2", "4", "8", "16", "32"])
    right.set_yticks([0.005, 0.01, 0.02, 0.05], ["0.005", "0.01", "0.02", "0.05"])
    right.minorticks_off()
    right.legend(frameon=False, markerscale=0.6)
    return figure


def draw_anomaly_scores(scores, curves):
    """Two panels: the scores (n,) of familiar and unfamiliar images, by group, as histograms, and ROC curves.

    `curves` is a dict of str to (false positive rate, true positive rate, area).
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(13, 4.8))
    bins = np.geomspace(min(map(np.min, scores.values())), max(map(np.max, scores.values())), 60)
    for (name, values), colour in zip(scores.items(), (plots.TRAIN, plots.TEST), strict=True):
        left.hist(values, bins=bins, alpha=0.65, label=name, color=colour)
    left.set(xscale="log", xlabel="reconstruction error (MSE of the image)", ylabel="number of images")
    left.set_xticks([0.001, 0.01, 0.1], ["0.001", "0.01", "0.1"])
    left.legend(frameon=False)
    for (name, (false_rate, true_rate, area)), style in zip(curves.items(), ("-", "--", ":", "-."), strict=False):
        right.plot(false_rate, true_rate, linestyle=style, linewidth=2.5, label=f"{name}: AUC {area:.3f}")
    right.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    right.set(xlabel="share of digits called unfamiliar", ylabel="share of clothes called unfamiliar", aspect="equal")
    right.legend(frameon=False, loc="lower right")
    return figure


@course.exercise
def check_parameters(count):
    """01, exercise 1: `count(latent_dim)` must give the number of parameters of the report's autoencoder."""
    for size in (3, 10, 50):
        difference = count(size) - networks.autoencoder(size).count_params()
        weights_only = -(256 + 128 + size + 128 + 256 + 784)
        if difference == weights_only:
            yield "these are the weights alone; each unit of each layer also has a bias."
        if difference != 0:
            side = "too many" if difference > 0 else "too few"
            yield (
                f"for L = {size} that is {abs(difference):,} {side}. Write one line per layer: (inputs + 1) × units. "
                "The code's own layer has L units, and the layer after it has L inputs."
            )


@course.exercise
def check_error_by_class(answer, x_test, y_test, reconstructed):
    """01, exercise 2: `answer` is (ten errors, ten shares of variance); both by digit, on the test images."""
    errors, shares = (np.asarray(part, dtype=float) for part in answer)
    if errors.shape != (10,) or shares.shape != (10,):
        yield f"two arrays of ten numbers are wanted, one per digit; these are {errors.shape} and {shares.shape}."
    per_image = scores.reconstruction_error(x_test, reconstructed)
    right_errors = np.array([per_image[y_test == digit].mean() for digit in range(10)])
    if np.allclose(errors, right_errors * 784, rtol=1e-3):
        yield "the errors are summed over the 784 pixels; take the mean, so that they compare with the loss."
    if not np.allclose(errors, right_errors, rtol=1e-3):
        worst = int(np.argmax(np.abs(errors - right_errors)))
        yield f"the error of digit {worst} should be {right_errors[worst]:.5f}, yours is {errors[worst]:.5f}."
    variances = np.array([x_test[y_test == digit].var(axis=0).mean() for digit in range(10)])
    if np.allclose(shares, right_errors / x_test.var(axis=0).mean(), rtol=1e-3):
        yield "the shares are of the variance of all images; take that of the digit's own images."
    if not np.allclose(shares, right_errors / variances, rtol=1e-3):
        yield "the errors are right. The share is the error over the variance of the pixels *within* that digit."


def _single_layers(model):
    """The layers of a model, also those inside models that it is made of."""
    for layer in model.layers:
        yield from _single_layers(layer) if hasattr(layer, "layers") else [layer]


@course.exercise
def check_linear_autoencoder(model, x_test, pca_mse):
    """01, exercise 3: `model` must be linear with a code of 32 units, and come within 5 % of PCA's test error."""
    a, b = x_test[:25], x_test[25:50]
    one, other, both, nothing = (model.predict(x, verbose=0) for x in (a, b, a + b, 0 * a))
    if not np.allclose(one + other, both + nothing, atol=1e-2):  # linear, or affine: a bias is allowed
        yield "it is not linear: f(a) + f(b) is not f(a + b) + f(0). Leave every activation out."
    narrowest = min((layer.units for layer in _single_layers(model) if hasattr(layer, "units")), default=0)
    if narrowest != 32:
        yield f"the narrowest layer has {narrowest} units; the code must have 32."
    answers = np.clip(model.predict(x_test, batch_size=1000, verbose=0), 0, 1)  # as the baseline is clipped
    error = float(scores.reconstruction_error(x_test, answers).mean())
    if error > 1.05 * pca_mse:
        yield f"its test MSE is {error:.5f}, PCA's is {pca_mse:.5f}. It is still learning: train it longer."
    print(f"Linear autoencoder {error:.5f}, PCA {pca_mse:.5f}.")
