"""Lesson 01: what only notebook 01 needs."""

import itertools

import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import roc_auc_score, roc_curve

from helpers import course, data, exercises, networks, plots, scores, sweeps, training

with course.quiet_imports():
    import keras

OFFSET = {"textcoords": "offset points", "fontsize": 13}


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

    Returns a dict: mse_test (mean squared error per pixel), dead_units (those that are 0 on all training images).
    """
    images = data.load(dataset, profile="full")
    course.seed(seed)
    model = networks.autoencoder(latent_dim, latent_activation)
    model.compile(optimizer="adam", loss="mse", **training.compile_options(xla=True))
    model.fit(training.batches(images.x_train, seed=seed), epochs=epochs, shuffle=False, verbose=0)
    codes = networks.encoder_and_decoder(model)[0].predict(images.x_train, batch_size=1000, verbose=0)
    error = model.evaluate(training.batches(images.x_test, shuffle=False), verbose=0)
    return {"mse_test": error, "dead_units": count_dead_units(codes)}


def errors_of_pca(pca, x, sizes):
    """Mean squared error of x (n, pixels) by number of components of a fitted PCA: a float for each of `sizes`."""
    return {size: scores.reconstruction_error(x, scores.pca_reconstruction(pca, x, size)).mean() for size in sizes}


def draw_dead_units(table, linear_means):
    """Two panels: dead units of the ReLU networks by latent size, and test error against the units that are alive.

    `table` is a DataFrame, a row per ReLU run: latent_dim, dead_units, mse_test; `linear_means` a Series: mean test
    error of the networks with a linear latent, by latent size.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4.4))
    linear, dots = plots.colour("linear"), {"color": plots.colour("ReLU"), "markersize": 8, "markeredgecolor": "white"}
    for place, (_, group) in enumerate(table.groupby("latent_dim")):
        dead = group.dead_units.sort_values()
        left.plot(place + 0.16 * plots.side_by_side(dead), dead, "o", clip_on=False, **dots)
        left.plot([place - 0.35, place + 0.35], [dead.mean()] * 2, color="black", linewidth=2.5, zorder=0)
    sizes = sorted(table.latent_dim.unique())
    left.set(xlabel="size of the code L", ylabel="dead units", ylim=(-0.4, None))
    left.set_xticks(range(len(sizes)), sizes)
    right.plot(linear_means.index, linear_means, color=linear, marker="s", linewidth=2)
    places = list(linear_means.items())
    right.annotate("linear code, mean", places[-2], (-12, -8), ha="right", color=linear, **OFFSET)
    alive = table[table.dead_units < table.latent_dim]
    right.plot(alive.latent_dim - alive.dead_units, alive.mse_test, "o", **dots)
    right.annotate("ReLU code, a run", places[1], (12, 12), color=dots["color"], **OFFSET)
    right.set(xscale="log", yscale="log", xlabel="units that are alive", ylabel="test MSE per pixel")
    plots.log_ticks(right, sizes, [0.005, 0.01, 0.02, 0.05])
    return figure


def draw_anomaly_scores(anomaly):
    """Two panels: the first score of familiar and unfamiliar images as histograms, and the ROC curve of each score.

    `anomaly` is a dict of str to (scores of familiar images (n,), of unfamiliar ones (m,)). Returns the figure and
    the area under each curve, by name.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4.4))
    name, pair = next(iter(anomaly.items()))
    bins = np.geomspace(min(map(np.min, pair)), max(map(np.max, pair)), 60)
    for values, label in zip(pair, ("digits", "clothes"), strict=True):
        # Lists of one colour: the Matplotlib of a Colab runtime takes a tuple for a colour per histogram.
        style = {"facecolor": [(*plots.colour(label), 0.3)], "edgecolor": [plots.colour(label)], "linewidth": 2}
        counts, _, _ = left.hist(values, bins=bins, histtype="stepfilled", **style)
        peak, place = counts.argmax(), {"color": plots.colour(label), "ha": "center", "weight": "bold"} | OFFSET
        left.annotate(label, (bins[peak], counts[peak]), (0, 5), **place)
    left.set(xscale="log", xlabel=f"{name} (MSE of the image)", ylabel="images")
    left.set_xticks([0.001, 0.01, 0.1], ["0.001", "0.01", "0.1"])
    area = {}
    for (name, pair), style in zip(anomaly.items(), ("-", "--", ":"), strict=False):
        unfamiliar, score = np.repeat([0, 1], [len(part) for part in pair]), np.concatenate(pair)
        false_rate, true_rate, _ = roc_curve(unfamiliar, score)
        area[name] = roc_auc_score(unfamiliar, score)
        right.plot(false_rate, true_rate, linestyle=style, linewidth=2.5, color=plots.colour(name), label=name)
    right.plot([0, 1], [0, 1], color="0.5", linewidth=1)
    right.set(xlabel="digits called unfamiliar", ylabel="clothes called unfamiliar", aspect="equal")
    right.legend(frameon=False, loc="lower right")
    return figure, area


def right_autoencoder(latent_dim):
    """The line to look at twice is the first of the decoder: its input is the code, and nothing else.

    A layer has (inputs + 1) × units parameters. Most are in the first and the last layer, whatever the code's size.
    """
    Dense = keras.layers.Dense
    pixels = keras.Input((784,))
    h = Dense(256, activation="relu")(pixels)
    h = Dense(128, activation="relu")(h)
    code = Dense(latent_dim, activation="relu")(h)
    h = Dense(128, activation="relu")(code)
    h = Dense(256, activation="relu")(h)
    return keras.Model(pixels, Dense(784, activation="sigmoid")(h))


def _stack(*widths, hidden="relu", last="sigmoid", bias=True):
    """Dense layers of these widths between 784 pixels and 784 pixels, one after the other."""
    layers = [keras.layers.Dense(units, hidden, use_bias=bias) for units in widths]
    return keras.Sequential([keras.Input((784,)), *layers, keras.layers.Dense(784, last, use_bias=bias)])


def _beside_the_code(latent_dim):
    """An `autoencoder` whose decoder adds what stood before the code, so that the image need not pass through it."""
    pixels = keras.Input((784,))
    before = keras.layers.Dense(128, "relu")(keras.layers.Dense(256, "relu")(pixels))
    h = keras.layers.Dense(128, "relu")(keras.layers.Dense(latent_dim, "relu")(before))
    h = keras.layers.Dense(256, "relu")(keras.layers.Add()([h, before]))
    return keras.Model(pixels, keras.layers.Dense(784, "sigmoid")(h))


def _single_layers(model):
    """The layers of a model, also those inside models that it is made of."""
    for layer in model.layers:
        yield from _single_layers(layer) if hasattr(layer, "layers") else [layer]


@exercises.exercise(
    "01.1",
    right=right_autoencoder,
    wrong={
        "nothing narrows: the image could pass whole": lambda latent_dim: _stack(256, 128, 784, 128, 256),
        "the code is not on the way: is its layer missing, or does the decoder begin before it?": (
            lambda latent_dim: _stack(256, 128, 128, 256)
        ),
        "six Dense layers are wanted": lambda latent_dim: _stack(256, latent_dim, 256),
        "each unit also has a bias": lambda latent_dim: _stack(256, 128, latent_dim, 128, 256, bias=False),
        "softmax lets the pixels share 1": lambda latent_dim: _stack(256, 128, latent_dim, 128, 256, last="softmax"),
        "ReLU at the end has no upper limit": lambda latent_dim: _stack(256, 128, latent_dim, 128, 256, last="relu"),
        "without ReLU six layers are one": lambda latent_dim: _stack(256, 128, latent_dim, 128, 256, hidden="linear"),
        "something passes beside the code": _beside_the_code,
    },
    wanted="a keras.Model 784-256-128-L-128-256-784",
)
def check_autoencoder(build):
    """`build(latent_dim)` must give the six layers of section 1; a code without ReLU is as good."""
    for size in (5, 32):
        model = build(size)
        dense = [layer for layer in _single_layers(model) if isinstance(layer, keras.layers.Dense)]
        widths, wanted = [784, *(layer.units for layer in dense)], [784, 256, 128, size, 128, 256, 784]
        beside = "-".join(map(str, widths)), "-".join(map(str, wanted))
        if size not in widths and len(widths) == 6:
            yield "the code is not on the way: is its layer missing, or does the decoder begin before it?", *beside
        if size not in widths:
            yield f"nothing narrows: the image could pass whole, {size} units were asked for.", *beside
        if widths != wanted:
            yield "six Dense layers are wanted, the last with one unit for each pixel.", *beside
        count = sum((inputs + 1) * units for inputs, units in itertools.pairwise(wanted))
        if model.count_params() != count:
            beside = f"{model.count_params():,} parameters", f"{count:,}"
            yield "a unit has one weight for each input, and each unit also has a bias.", *beside
        x = np.random.default_rng(0).random((10, 784), dtype="float32")
        output = networks.predict(model, x)
        if any(np.allclose(output, _by_hand(dense, x, relu), atol=1e-5) for relu in (range(5), (0, 1, 3, 4))):
            continue
        last, beside = dense[-1].activation.__name__, (exercises.short(output), "ReLU five times, then sigmoid")
        if last == "softmax":
            yield "softmax lets the pixels share 1; with a sigmoid each of them is between 0 and 1.", *beside
        if last == "relu":
            yield "ReLU at the end has no upper limit, and no slope below 0; a pixel is between 0 and 1.", *beside
        if all(layer.activation.__name__ == "linear" for layer in dense[:-1]):
            yield "without ReLU six layers are one: a product of matrices is a matrix.", *beside
        yield "something passes beside the code, or a layer has another activation.", *beside


def _by_hand(dense, x, relu):
    """The output (n, 784) of Dense layers for x (n, 784): ReLU after those numbered in `relu`, a sigmoid at the end."""
    for number, layer in enumerate(dense):
        weights, bias = layer.get_weights()
        x = x @ weights + bias
        x = np.maximum(x, 0) if number in relu else x
    return 1 / (1 + np.exp(-x))


WHY_ONES = {  # exercise 01.2: why each other reason for the low error of the ones does not hold
    "a": "there are nearly as many sevens, and twos are more frequent than fives: compare their errors.",
    "c": "then the share of 1 would be like that of the others: look at your second array.",
    "d": "no label enters this network: its target is the image.",
}


def right_errors(x, y, reconstructed):
    """1 has the lowest error and also the lowest share of its own variance.

    Ones differ little from each other, so there is little to lose. What differs is simple, slant and width, so even a
    smaller part of that is lost. Little ink alone would not lower the share.
    """
    error = np.mean((x - reconstructed) ** 2, axis=1)
    errors = np.array([error[y == digit].mean() for digit in range(10)])
    variances = np.array([x[y == digit].var(axis=0).mean() for digit in range(10)])
    return errors, errors / variances, "b"


def _with_choice(letter):
    return lambda *given: (*right_errors(*given)[:2], letter)


@exercises.exercise(
    "01.2",
    right=right_errors,
    wrong={
        "these are sums over the 784 pixels": lambda *given: (right_errors(*given)[0] * 784, *right_errors(*given)[1:]),
        "the variance of all images": lambda x, *given: (
            right_errors(x, *given)[0], right_errors(x, *given)[0] / x.var(axis=0).mean(), "b"
        ),
        "the variance of the pixels *within* that digit": lambda *given: (*2 * right_errors(*given)[:1], "b"),
        "there are nearly as many sevens": _with_choice("a"),
        "then the share of 1 would be like that of the others": _with_choice("c"),
        "no label enters this network": _with_choice("d"),
    },
    wanted="two arrays of ten numbers, and a letter",
)  # fmt: skip
def check_errors(errors_of, x, y, reconstructed):
    """`errors_of(x, y, reconstructed)` must give the error of each digit, its share of the variance, and the reason."""
    errors, shares, letter = errors_of(x, y, reconstructed)
    errors, shares = np.asarray(errors, dtype=float), np.asarray(shares, dtype=float)
    right, right_shares, _ = right_errors(x, y, reconstructed)
    if errors.shape != (10,) or shares.shape != (10,):
        yield "two arrays of ten numbers are wanted, one number for each digit."
    if np.allclose(errors, right * 784, rtol=1e-3):
        beside = exercises.short(errors), exercises.short(right)
        yield "these are sums over the 784 pixels: take the mean, as the loss does.", *beside
    if not np.allclose(errors, right, rtol=1e-3):
        worst = int(np.argmax(np.abs(errors - right)))
        yield f"the error of digit {worst} is another one.", f"{errors[worst]:.5f}", f"{right[worst]:.5f}"
    beside = exercises.short(shares), exercises.short(right_shares)
    if np.allclose(shares, right / x.var(axis=0).mean(), rtol=1e-3):
        yield "this is the share of the variance of all images: take that of the digit's own.", *beside
    if not np.allclose(shares, right_shares, rtol=1e-3):
        yield "a share is the error over the variance of the pixels *within* that digit.", *beside
    if letter != "b":
        yield WHY_ONES.get(letter, "the last part is one of the letters a, b, c, d."), repr(letter), "another letter"


WHY_LAYERS = {  # exercise 01.3: why each other belief about more linear layers does not hold
    "a": "depth helps only with a bend between the layers: without one, four matrices multiply to one matrix.",
    "c": "the best linear code of 32 numbers is PCA's: longer training comes near it from above.",
    "d": "not for that reason: it cannot fit the training images better either.",
}


def right_linear(x):
    """PCA is the best linear code, so a linear network comes near its error, from above.

    A product of matrices is one matrix: more linear layers can do nothing that these two cannot.
    """
    model = keras.Sequential([keras.Input((784,)), keras.layers.Dense(32), keras.layers.Dense(784)])
    model.compile(optimizer=keras.optimizers.Adam(0.002), loss="mse")
    model.fit(x, x, epochs=10, batch_size=256, verbose=0)
    return model, "b"


def _untrained(units, letter="b", hidden="linear"):
    return lambda x: (_stack(units, hidden=hidden, last="linear"), letter)


@exercises.exercise(
    "01.3",
    right=right_linear,
    wrong={
        "it is not linear": _untrained(32, hidden="relu"),
        "the code must have 32 units": _untrained(16),
        "depth helps only with a bend between the layers": _untrained(32, "a"),
        "longer training comes near it from above": _untrained(32, "c"),
        "it cannot fit the training images better either": _untrained(32, "d"),
        "it is still learning": _untrained(32),
    },
    wanted="a trained keras.Model, and a letter",
)
def check_linear(build, x_train, x_test, pca_mse):
    """`build(x_train)` must give a linear model with a code of 32 units, within 5 % of PCA's test error; and why."""
    model, letter = build(x_train)
    a, b = np.random.default_rng(0).normal(size=(2, 25, 784)).astype("float32")
    one, other, both, nothing = (networks.predict(model, x) for x in (a, b, a + b, 0 * a))
    if not np.allclose(one + other, both + nothing, atol=1e-2):  # linear, or affine: a bias is allowed
        beside = exercises.short((one + other)[0]), exercises.short((both + nothing)[0])
        yield "it is not linear: f(a) + f(b) is not f(a + b) + f(0). Leave every activation out.", *beside
    narrowest = min((layer.units for layer in _single_layers(model) if hasattr(layer, "units")), default=0)
    if narrowest != 32:
        yield "the code must have 32 units, as many as PCA has components.", f"{narrowest}", "32"
    if letter != "b":
        yield WHY_LAYERS.get(letter, "the last part is one of the letters a, b, c, d."), repr(letter), "another letter"
    output = np.clip(networks.predict(model, x_test), 0, 1)  # as the baseline is clipped
    error = float(np.mean((x_test - output) ** 2))
    if error > 1.05 * pca_mse:
        yield "it is still learning: train it longer.", f"test error {error:.5f}", f"at most 1.05 × {pca_mse:.5f}"
    return f"Linear autoencoder {error:.5f}, PCA {pca_mse:.5f}."
