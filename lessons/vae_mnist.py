"""Lesson 04: training and scoring a VAE, and the runs of notebook 04."""

import functools
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.collections import EllipseCollection
from matplotlib.patches import Ellipse
from scipy.stats import norm
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

from helpers import course, data, exercises, networks, plots, scores, sweeps, training, vae

with course.quiet_imports():
    import keras


def fitted_vae(settings, x, classes=None, epochs=20, seed=0, **fit):
    """Build and fit a VariationalAutoencoder with batches of 128 and Adam, whose rate falls from 0.002 to 0.

    The weight of KL grows from 0 to beta in the first quarter of the training, which leaves more units active (notebook
    04 measures what that is worth). `settings` are arguments of VariationalAutoencoder, x is (n, 784), `classes` (n,)
    are for a conditional model, and `fit` are more arguments of `fit`, for example callbacks. Returns the model and
    Keras's History.
    """
    course.seed(seed)
    batches = training.batches(x, batch_size=128, seed=seed)
    steps = epochs * len(batches)
    model = vae.VariationalAutoencoder(**{"kl_warmup": steps // 4} | settings, seed=seed)
    model.check(x, classes)
    dense = model.kind == "dense"  # XLA makes convolutions on a CPU slower
    rate = keras.optimizers.schedules.CosineDecay(2e-3, steps)  # falls along half a cosine
    model.compile(keras.optimizers.Adam(rate), **training.compile_options(xla=dense))
    if model.classes:
        batches = training.batches(x, classes[:, None], batch_size=128, seed=seed).map(lambda x, c: ((x, c), x))
    return model, model.fit(batches, epochs=epochs, shuffle=False, verbose=0, **fit)


def drawn_images(model, n, seed=0, like=None):
    """n new images (n, 784) and, from a conditional model, their classes (else None).

    The latent points come from N(0, I), or from the normal distribution fitted to the codes `like` (m, L).
    """
    generator = np.random.default_rng(seed)
    classes = generator.permutation(np.arange(n) % model.classes) if model.classes else None
    if like is None:
        return model.generate(n, seed, classes), classes
    covariance = np.atleast_2d(np.cov(like, rowvar=False))
    return model.decode(generator.multivariate_normal(like.mean(axis=0), covariance, size=n), classes), classes


def graded(model, images, seed=0, of_drawn=lambda drawn, asked, suffix: {}):
    """All scores of a trained VariationalAutoencoder on a data.Dataset; the seed is that of the draws.

    `of_drawn` gives further scores, a dict, of 20,000 drawn images (n, 784), the classes that were asked for (n,) or
    None, and "" for draws from N(0, I), "_fitted" for those from the normal distribution fitted to the training codes.

    Returns a dict, of the test images: reconstruction, kl and loss (nats an image, one sample each; loss is their sum,
    whatever beta), cross_entropy (of the reconstruction from the mean), mse, ssim; active_units; neighbours (accuracy
    of 5 nearest neighbours on the means); parameters. Of seed 0: `reconstructed`, `drawn` (from N(0, I)) and
    `drawn_fitted`, ten images each, as hexadecimal bytes; of a conditional model also `by_class`, ten rows of eight: a
    row is a class, a column a latent point. And what `of_drawn` gives.
    """
    x, classes = images.x_test, images.y_test if model.classes else None
    inputs = (x, classes[:, None]) if model.classes else x
    test = model.evaluate(inputs, x, batch_size=1000, verbose=0, return_dict=True)
    codes, test_codes = model.encode(images.x_train, images.y_train)[0], model.encode(x, classes)[0]
    reconstructed = model.decode(test_codes, classes)
    result = {
        "reconstruction": test["reconstruction"],
        "kl": test["kl"],
        "loss": test["reconstruction"] + test["kl"],
        "cross_entropy": scores.cross_entropy(x, reconstructed).mean(),
        "mse": scores.reconstruction_error(x, reconstructed).mean(),
        "ssim": scores.structural_similarity(x, reconstructed).mean(),
        "active_units": scores.active_units(codes),
        "neighbours": KNeighborsClassifier(5).fit(codes, images.y_train).score(test_codes, images.y_test),
        "parameters": model.count_params(),
    }
    if seed == 0:
        result["reconstructed"] = sweeps.as_text(reconstructed[:10])
    for suffix, like in (("", None), ("_fitted", codes)):
        drawn, asked = drawn_images(model, 20_000, seed, like)
        if seed == 0:
            result[f"drawn{suffix}"] = sweeps.as_text(drawn[:10])
        result |= of_drawn(drawn, asked, suffix)
    if model.classes and seed == 0:
        points = np.tile(np.random.default_rng(seed).normal(size=(8, model.latent_dim)), (model.classes, 1))
        result["by_class"] = sweeps.as_text(model.decode(points, np.repeat(np.arange(model.classes), 8)))
    return result


PRIOR_RADIUS = 2.448  # of the circle that holds 95 % of N(0, I) in two dimensions: the root of chi-squared's quantile

TWO, TWENTY = {"latent_dim": [2]}, {"latent_dim": [20]}
VARIANTS = [TWO, TWENTY, TWENTY | {"kl_warmup": [0]}, TWO | {"beta": [0.0, 10.0, 784.0]}, TWENTY | {"beta": [1 / 20]}]


@sweeps.repeated(
    version="4",
    runs=[run for axes in VARIANTS for run in sweeps.grid(dataset=["mnist"], epochs=[20], **axes, seed=range(5))],
)
def scored_vae(dataset, epochs, seed, **settings):
    """Train a VAE on the whole of a data set, whatever the profile of this run: its `graded`.

    Two sizes of the code, the larger one also without warm-up, and the wrong weights of KL. `settings` are those of
    VariationalAutoencoder.
    """
    images = data.load(dataset, profile="full")
    return graded(fitted_vae(settings, images.x_train, images.y_train, epochs, seed)[0], images, seed)


@functools.cache
def digit_judge(profile=None):
    """The judge of generated digits: the classifier of notebook 06, 784-128-10, after five epochs on real ones."""
    course.seed(0)
    mnist, judge = data.load("mnist", profile=profile), networks.classifier()
    judge.compile("adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"], **training.compile_options())
    feed = training.batches(mnist.x_train, mnist.y_train, batch_size=64)
    judge.fit(feed, epochs=5, shuffle=False, verbose=0)
    return judge


def judged(judge, drawn, images):
    """What a judge of digits, as `digit_judge`, says of drawn images (n, 784), in random order, beside the real ones.

    Returns a dict. greyness: nats an image, the cross-entropy of an image with itself, 0 for black and white. sure: the
    judge's largest probability, mean. rarest: the share of images that it takes for the rarest digit. evenness: how
    many equally common digits would be as mixed (exponential of the entropy of the ten shares), 10 at most. copies: of
    the first 1,000 images, the share nearer to a training image than 99 % of the first 1,000 test images are.
    """
    probabilities = networks.predict(judge, drawn)
    shares = np.bincount(probabilities.argmax(axis=1), minlength=10) / len(drawn)
    nearest = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(images.x_train)
    real, generated = (nearest.kneighbors(part[:1000])[0] for part in (images.x_test, drawn))
    return {
        "greyness": scores.cross_entropy_floor(drawn).mean(),
        "sure": probabilities.max(axis=1).mean(),
        "rarest": shares.min(),
        "evenness": np.exp(-np.sum(shares[shares > 0] * np.log(shares[shares > 0]))),
        "copies": np.mean(generated < np.quantile(real, 0.01)),
    }


@sweeps.repeated(
    version="1", runs=sweeps.grid(dataset=["mnist"], epochs=[20], beta=[0.1, 0.3, 1.0, 3.0, 10.0], seed=range(5))
)
def judged_vae(dataset, epochs, beta, seed):
    """Train a VAE with two units on the whole of MNIST, whatever the profile: `judged`, of 10,000 draws from N(0, I).

    Of seed 0 also `drawn`: the first ten, as hexadecimal bytes.
    """
    images = data.load(dataset, profile="full")
    drawn = drawn_images(fitted_vae({"beta": beta}, images.x_train, None, epochs, seed)[0], 10_000, seed)[0]
    result = judged(digit_judge("full"), drawn, images)
    return result | ({"drawn": sweeps.as_text(drawn[:10])} if seed == 0 else {})


def draw_points_and_clouds(images):
    """A drawing of the idea: three images (3, 784) as points, and as clouds inside the circle of the prior."""
    figure, axes = plt.subplots(1, 2, figsize=(9, 4.4), sharex=True, sharey=True)
    far, near = [(-2.6, 1.6), (2.4, 2.2), (0.8, -2.6)], [(-1.1, 0.5), (0.9, 0.8), (0.2, -1.0)]
    for axis, centres, title in zip(axes, (far, near), ("autoencoder: points", "VAE: clouds"), strict=True):
        for (x, y), image, label in zip(centres, images, (4, 7, 9), strict=True):
            colour = plots.CLASS_COLOURS[label]
            axis.plot(x, y, "o", color=colour, markersize=8)
            if axis is axes[1]:
                axis.add_patch(Ellipse((x, y), 2.0, 1.7, facecolor=(*colour, 0.35), edgecolor=colour, linewidth=2))
            place = (x - 0.45, x + 0.45, y + 0.25, y + 1.15)
            axis.imshow(np.reshape(image, (28, 28)), cmap="gray", extent=place, interpolation=plots.NEAREST, zorder=3)
        axis.set(title=title, xlim=(-3.6, 3.6), ylim=(-3.4, 3.6), aspect="equal", xlabel="unit 1")
    axes[0].set_ylabel("unit 2")
    axes[1].add_patch(plots.dashed_circle(PRIOR_RADIUS))
    return figure


def draw_network(image):
    """The VAE of notebook 04: two heads, the noise beside the network, the code, the decoder; `image` is (784,)."""
    mean, width, noise, last = r"$\mu$", r"$\log\sigma^2$", r"$\varepsilon$", r"$\hat{x}$"
    layers = {"$x$": (0, 0, 784), " ": (1, 0, 512), "  ": (2, 0, 256), mean: (3, 0.7, 2), width: (3, -0.7, 2)}
    layers |= {noise: (4.5, -0.9, None), "$z$": (4, 0, 2), "   ": (5, 0, 256), "    ": (6, 0, 512), last: (7, 0, 784)}
    arrows = [("  ", mean), ("  ", width), (mean, "$z$"), (width, "$z$"), (noise, "$z$")]
    arrows += [*pairwise(["$x$", " ", "  "]), *pairwise(["$z$", "   ", "    ", last])]
    return plots.network(layers, arrows, image)


def draw_normals(clouds, prices):
    """The densities of normal distributions of one unit, (mean, standard deviation) each, beside the prior's."""
    figure, axes = plt.subplots(1, len(clouds), figsize=(9, 3.2), sharex=True, sharey=True)
    z = np.linspace(-4, 4, 801)
    for axis, (mean, std), price in zip(axes, clouds, prices, strict=True):
        axis.fill_between(z, norm.pdf(z, mean, std), color=plots.COLOURS["code"], linewidth=0)
        axis.plot(z, norm.pdf(z), "--", color="black", linewidth=2)
        axis.set(title=f"N({mean}, {std}²)\n{price:.2f} nats", xlabel="z")
    axes[0].set_ylabel("density")
    return figure


def draw_clouds(means, widths, digits):
    """Clouds of images as ellipses of one standard deviation, coloured and named by digit, and the prior's circle.

    `means` and `widths` (standard deviations) are (n, 2), `digits` (n,).
    """
    figure, axis = plt.subplots(figsize=(7, 6))
    colours = np.array(plots.CLASS_COLOURS)[digits]
    style = {"units": "xy", "offset_transform": axis.transData, "offsets": means, "linewidths": 0.8}
    ellipses = EllipseCollection(*2 * widths.T, np.zeros(len(means)), **style)
    ellipses.set(edgecolor=colours, facecolor=np.insert(colours, 3, 0.3, axis=1))
    axis.add_collection(ellipses)
    most = 1.05 * np.abs(means).max()
    axis.set(xlabel="unit 1", ylabel="unit 2", xlim=(-most, most), ylim=(-most, most), aspect="equal")
    axis.add_patch(plots.dashed_circle(PRIOR_RADIUS))
    plots.name_classes(axis, means, digits, {digit: str(digit) for digit in np.unique(digits)})
    return figure


def draw_by_beta(runs, real):
    """Greyness and evenness of samples against beta: a dot per run of `judged_vae`, the means joined, `real` dashed.

    `real` is what `judged` says of test images.
    """
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.8))
    labels = {"greyness": "greyness of a sample (nats)", "evenness": "evenness (10 at most)"}
    for axis, (score, label) in zip(axes, labels.items(), strict=True):
        axis.plot(runs.beta, runs[score], "o", color=plots.COLOURS["VAE"], markersize=7)
        axis.plot(runs.groupby("beta")[score].mean(), "-", color=plots.COLOURS["VAE"], linewidth=2)
        axis.axhline(real[score], color="black", linestyle="--")
        axis.text(0.98, real[score], "test images ", transform=axis.get_yaxis_transform(), ha="right", va="bottom")
        axis.set(xscale="log", xlabel="weight β of the KL term", ylabel=label)
        plots.log_ticks(axis, runs.beta.unique())
    return figure


def draw_gradients(estimates, size=100):
    """Estimates of one derivative: a row per method, a dot per mean of `size` samples; a line at the last one's mean.

    `estimates` is a dict of str to array (samples,).
    """
    figure, axis = plt.subplots(figsize=(9, 3.4))
    for row, each in enumerate(estimates.values()):
        means = each[: len(each) // size * size].reshape(-1, size).mean(axis=1)
        heights = row + np.random.default_rng(0).uniform(-0.25, 0.25, len(means))  # beside each other
        axis.plot(means, heights, "o", color=plots.CLASS_COLOURS[row], markersize=6)
    axis.axvline(each.mean(), color="black", linewidth=1.5)
    axis.set(xlabel="derivative of the cost by the mean of unit 1 (nats)", ylim=(len(estimates) - 0.5, -0.5))
    axis.set_yticks(range(len(estimates)), estimates)
    return figure


def draw_kl_by_unit(by_unit):
    """Bars for the KL (L,) of each latent unit, largest first: a panel for each name."""
    figure, axes = plt.subplots(1, len(by_unit), figsize=(9, 3.4), sharey=True)
    for axis, (name, kl) in zip(axes, by_unit.items(), strict=True):
        axis.bar(np.arange(1, len(kl) + 1), np.sort(kl)[::-1], color=plots.COLOURS["code"])
        axis.set(title=name, xlabel="unit, largest first")
        axis.set_xticks(range(5, len(kl) + 1, 5))
    axes[0].set_ylabel("KL (nats)")
    return figure


def right_samples(mean, log_var, k):
    """Half of the log variance is the logarithm of the standard deviation; each sample has noise of its own."""
    noise = np.random.default_rng().normal(size=(k, *mean.shape))
    return mean + np.exp(log_var / 2) * noise


def _same_noise(mean, log_var, k):
    return np.repeat((mean + np.exp(log_var / 2) * np.random.default_rng().normal(size=mean.shape))[None], k, axis=0)


def _one_noise_for_all_images(mean, log_var, k):
    return mean + np.exp(log_var / 2) * np.random.default_rng().normal(size=(k, 1, mean.shape[1]))


@exercises.exercise(
    "04.1",
    right=right_samples,
    wrong={
        "an array (k, n, L)": lambda mean, log_var, k: right_samples(mean, log_var, k)[0],
        "the width is not right": lambda mean, log_var, k: right_samples(mean, 2 * log_var, k),
        "the mean of the samples": lambda mean, log_var, k: right_samples(0 * mean, log_var, k),
        "are the same": _same_noise,
        "the images move together": _one_noise_for_all_images,
        "the units of an image move together": lambda mean, log_var, k: (
            mean + np.exp(log_var / 2) * np.random.default_rng().normal(size=(k, len(mean), 1))
        ),
        "not a normal distribution": lambda mean, log_var, k: (
            mean + np.exp(log_var / 2) * 12**0.5 * (np.random.default_rng().random((k, *mean.shape)) - 0.5)
        ),
    },
)
def check_samples(function):
    """`function(mean, log_var, k)`, the first two (n, L), gives k samples of each N(mean, exp(log_var)): (k, n, L)."""
    mean, log_var = np.array([[0.0, 2.0], [-3.0, 1.0]]), np.array([[0.0, -4.0], [2.0, -1.0]])
    found, shape = np.asarray(function(mean, log_var, 20_000)), (20_000, 2, 2)
    if found.shape != shape:
        yield "an array (k, n, L) is wanted.", f"shape {found.shape}", f"shape {shape}"
    if np.allclose(found[0], found[1]):
        yield "the samples of an image are the same: each needs noise of its own."
    std, right = found.std(axis=0), np.exp(log_var / 2)
    if np.any(np.abs(found.mean(axis=0) - mean) > 5 * std / len(found) ** 0.5):  # standard errors of these samples
        yield "the mean of the samples of an image must be its mean.", found.mean(axis=0).round(2), mean
    if not np.allclose(std, right, rtol=0.05):
        yield "the width is not right. Which power of e turns log σ² into σ?", std.round(2), right.round(2)
    noise = (found - mean) / right
    for other, what in ((noise[:, 1, 0], "images"), (noise[:, 0, 1], "units of an image")):
        if abs(np.corrcoef(noise[:, 0, 0], other)[0, 1]) > 0.1:
            yield f"the {what} move together: each needs noise of its own."
    beyond = np.mean(np.abs(noise) > 2)
    if not 0.03 < beyond < 0.06:
        hint = "this is not a normal distribution. Which share lies further than two standard deviations away?"
        yield hint, f"{beyond:.3f}", "about 0.046"


def right_loss(x, p, mean, log_var, beta):
    """Both terms are sums over what one image has, pixels or units; then comes the mean over the images."""
    reconstruction = -np.sum(x * np.log(p) + (1 - x) * np.log(1 - p), axis=1)
    kl = np.sum(np.exp(log_var) + mean**2 - 1 - log_var, axis=1) / 2
    return np.mean(reconstruction + beta * kl)


def _loss(x, p, mean, log_var, beta, pixels=np.sum, units=np.sum, sign=1, half=2):
    """`right_loss` with one thing wrong."""
    kl = units(np.exp(log_var) + mean**2 - 1 - log_var, axis=1) / half
    return np.mean(-pixels(x * np.log(p) + (1 - x) * np.log(1 - p), axis=1) + sign * beta * kl)


@exercises.exercise(
    "04.2",
    right=right_loss,
    wrong={
        "one number": lambda x, p, *code: right_loss(x, p, *code) * np.ones(len(x)),
        "averaged over the pixels": lambda *args: _loss(*args, pixels=np.mean),
        "averaged over the units": lambda *args: _loss(*args, units=np.mean),
        "the KL is twice": lambda *args: _loss(*args, half=1),
        "the KL has the wrong sign": lambda *args: _loss(*args, sign=-1),
        "the reconstruction has the wrong sign": lambda *args: -_loss(*args, sign=-1),
        "a sum over the images": lambda x, *rest: len(x) * right_loss(x, *rest),
        "β is not in it": lambda x, p, mean, log_var, beta: right_loss(x, p, mean, log_var, 1.0),
        "the reconstruction alone is not right": lambda x, p, mean, log_var, beta: (
            right_loss(x, p, 0 * mean, 0 * log_var, beta) + 0.1
        ),
    },
)
def check_loss(function):
    """`function(x, p, mean, log_var, beta)` gives reconstruction + beta * KL, the mean over images, in nats."""
    random = np.random.default_rng(0)
    x, p = random.random((5, 784)), random.uniform(0.05, 0.95, (5, 784))
    mean, log_var = random.normal(size=(2, 5, 3))
    args = x, p, mean, log_var, 2.0
    found, right = function(*args), right_loss(*args)
    if np.ndim(found) != 0:
        yield "one number is wanted: the mean over the images.", f"shape {np.shape(found)}", "a number"
    mistakes = {
        "the cross-entropy is averaged over the pixels: sum it.": _loss(*args, pixels=np.mean),
        "the KL is averaged over the units: sum it.": _loss(*args, units=np.mean),
        "the KL is twice too large: its formula begins with one half.": _loss(*args, half=1),
        "the KL has the wrong sign: it is a price, so it is added.": _loss(*args, sign=-1),
        "the reconstruction has the wrong sign: logarithms of probabilities are negative.": -_loss(*args, sign=-1),
        "this is a sum over the images: take the mean.": 5 * right,
        "β is not in it.": right_loss(*args[:4], 1.0),
    }
    for hint, wrong in mistakes.items():
        if np.isclose(found, wrong):
            yield hint, f"{found:.2f}", f"{right:.2f}"
    if not np.isclose(found, right):
        without = function(x, p, 0 * mean, 0 * log_var, 2.0)
        alone = np.isclose(without, right_loss(x, p, 0 * mean, 0 * log_var, 2.0))
        term = "the KL" if alone else "the reconstruction alone"
        yield f"{term} is not right yet.", f"{found:.2f}", f"{right:.2f}"


def right_betas():
    """Multiply the whole loss so that the cross-entropy is a sum; what then stands before the summed KL is beta.

    Multiplying a loss does not move its minimum.
    """
    return {"a": 32 * 32 * 3, "b": 1 / 128, "c": 784 / 8}


@exercises.exercise(
    "04.3",
    right=right_betas,
    wrong={
        "a is upside down": lambda: {"a": 1 / 3072, "b": 1 / 128, "c": 98},
        "b is upside down": lambda: {"a": 3072, "b": 128, "c": 98},
        "c is another number": lambda: {"a": 3072, "b": 1 / 128, "c": 784},
        "b is not a number yet": lambda: {"a": 3072, "b": None, "c": None},
    },
    wanted="a dict of three numbers, a, b and c",
)
def check_betas(answer):
    """`answer()` gives the weights of KL that three mistakes amount to, a dict with a, b and c."""
    found, right = answer(), right_betas()
    if set(found) != set(right):
        yield "a dict with the keys a, b and c is wanted."
    for name, beta in right.items():
        if not isinstance(found[name], (int, float, np.number)):
            yield f"{name} is not a number yet."
        side = "above 1" if beta > 1 else "below 1"
        if np.isclose(found[name], 1 / beta, rtol=0.01):
            hint = f"{name} is upside down. Is the KL weighed more than it should be, or less?"
            yield hint, f"{found[name]:g}", f"a number {side}"
        if not np.isclose(found[name], beta, rtol=0.01):
            hint = "Multiply the whole loss until the cross-entropy is a sum. What stands before the summed KL then?"
            yield f"{name} is another number. {hint}", f"{found[name]:g}", f"a number {side}"


def right_bound(log_weights):
    """Each row's largest log weight is taken out first, so that the largest weight is 1 and cannot become 0.

    Without that, every weight is 0 here and its logarithm minus infinity.
    """
    largest = log_weights.max(axis=1)
    return largest + np.log(np.mean(np.exp(log_weights - largest[:, None]), axis=1))


def _without_largest(log_weights):
    with np.errstate(divide="ignore"):
        return np.log(np.mean(np.exp(log_weights), axis=1))


@exercises.exercise(
    "04.4",
    right=right_bound,
    wrong={
        "one bound for each image is wanted": lambda log_weights: np.logaddexp.reduce(log_weights, axis=None),
        "look for 0/0, log(0)": _without_largest,
        "that is the mean of the logarithms": lambda log_weights: log_weights.mean(axis=1),
        "that is the logarithm of the sum": lambda log_weights: np.logaddexp.reduce(log_weights, axis=1),
        "compare one row with scipy.special.logsumexp minus log k": lambda log_weights: log_weights.max(axis=1),
    },
)
def check_bound(function):
    """`function(log_weights)` (n, k) gives the logarithm of the mean weight of each image, (n,)."""
    log_weights = np.random.default_rng(0).normal(-800, 5, size=(20, 50)) + np.linspace(-700, 700, 20)[:, None]
    found, right = function(log_weights), np.logaddexp.reduce(log_weights, axis=1) - np.log(50)
    if np.shape(found) != (20,):
        yield "one bound for each image is wanted, here an array (20,)."
    if np.allclose(found, log_weights.mean(axis=1)):
        yield "that is the mean of the logarithms, the bound of section 2; the logarithm of the mean is wanted."
    if np.allclose(found, right + np.log(50)):
        yield "that is the logarithm of the sum: divide by k."
    if not np.allclose(found, right):
        yield "compare one row with scipy.special.logsumexp minus log k: was the largest weight of the row added again?"
