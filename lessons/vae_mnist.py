"""Lesson 04: training and scoring a VAE, and the runs of notebook 04."""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.neighbors import KNeighborsClassifier

from helpers import course, data, exercises, plots, scores, sweeps, training, vae

with course.quiet_imports():
    import keras


def fitted_vae(settings, x, classes=None, epochs=20, seed=0, **fit):
    """Build and fit a VariationalAutoencoder with batches of 128 and Adam, whose rate falls from 0.002 to 0.

    The weight of KL grows from 0 to beta in the first quarter of the training, which leaves more units active (notebook
    04 measures what that is worth).

    Parameters
    ----------
    settings : dict
        Arguments of VariationalAutoencoder.
    x : array (n, 784)
    classes : array (n,), optional
        For a conditional model.
    epochs, seed : int, default 20 and 0
    fit : more arguments of `fit`, for example callbacks.

    Returns
    -------
    VariationalAutoencoder, keras.callbacks.History
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
    """All scores of a trained VariationalAutoencoder.

    Parameters
    ----------
    model : VariationalAutoencoder
    images : data.Dataset
    seed : int, default 0
        Of the draws.
    of_drawn : function, optional
        Further scores of 20,000 drawn images (n, 784), the classes that were asked for (n,) or None, and "" for draws
        from N(0, I), "_fitted" for those from the normal distribution fitted to the training codes: a dict.

    Returns
    -------
    dict
        Of the test images: reconstruction, kl and loss (nats an image, one sample each; loss is their sum,
        whatever beta), cross_entropy (of the reconstruction from the mean), mse, ssim; active_units; neighbours
        (accuracy of 5 nearest neighbours on the means); parameters. Of seed 0: `reconstructed`, `drawn` (from
        N(0, I)) and `drawn_fitted`, ten images each, as hexadecimal bytes; of a conditional model also `by_class`,
        ten rows of eight: a row is a class, a column a latent point. And what `of_drawn` gives.
    """
    x, classes = images.x_test, images.y_test if model.classes else None
    inputs = (x, classes[:, None]) if model.classes else x
    test = model.evaluate(inputs, x, batch_size=1000, verbose=0, return_dict=True)
    codes, test_codes = (
        model.encode(part, labels if model.classes else None)[0]
        for part, labels in ((images.x_train, images.y_train), (x, images.y_test))
    )
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


def draw_latent_map(codes, labels, class_names, radius):
    """Points of two-dimensional codes (n, 2), coloured by class, each class named where it is densest.

    `labels` is (n,) of int, `radius` that of a dashed circle about zero.
    """
    figure, axis = plt.subplots(figsize=(8, 6.5))
    mixed = np.random.default_rng(0).permutation(len(codes))  # by class, the last would hide the others
    colours = np.array(plots.CLASS_COLOURS[: len(class_names)])[labels[mixed]]
    axis.scatter(*codes[mixed].T, s=5, alpha=0.45, linewidths=0, color=colours)
    axis.add_patch(plots.dashed_circle(radius))
    axis.set(xlabel="latent unit 1", ylabel="latent unit 2", aspect="equal")
    plots.name_classes(axis, codes, labels, dict(enumerate(class_names)))
    return figure


def right_betas():
    """Multiply the whole loss so that the cross-entropy is a sum; what then stands before the summed KL is beta.

    Multiplying a loss does not move its minimum.
    """
    return {"a": 32 * 32 * 3, "b": 1 / 128, "c": 784 / 8}


@exercises.exercise(
    "04.1",
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
        if np.isclose(found[name], 1 / beta):
            hint = f"{name} is upside down. Is the KL weighed more than it should be, or less?"
            yield hint, f"{found[name]:g}", f"a number {side}"
        if not np.isclose(found[name], beta):
            hint = "Multiply the whole loss until the cross-entropy is a sum. What stands before the summed KL then?"
            yield f"{name} is another number. {hint}", f"{found[name]:g}", f"a number {side}"


def right_kl_by_unit(mean, log_var):
    """The KL of a normal distribution against N(0, 1), in nats, averaged over the images (rows).

    A unit that always answers mean 0 and variance 1 is the prior: it costs 0 nats and says nothing.
    """
    return np.mean(np.exp(log_var) + mean**2 - 1 - log_var, axis=0) / 2


@exercises.exercise(
    "04.2",
    right=right_kl_by_unit,
    wrong={
        "one number for each unit is wanted": lambda mean, log_var: right_kl_by_unit(mean, log_var).sum(),
        "the formula begins with one half": lambda mean, log_var: 2 * right_kl_by_unit(mean, log_var),
        "these are sums over the images": lambda mean, log_var: len(mean) * right_kl_by_unit(mean, log_var),
        "a unit with mean 0 and log variance 0 is the prior": lambda mean, log_var: right_kl_by_unit(mean, -log_var),
    },
)
def check_kl_by_unit(function):
    """`function(mean, log_var)`, each (n, L), gives the KL of each unit, averaged over images: (L,)."""
    random = np.random.default_rng(0)
    mean, log_var = random.normal(size=(2, 500, 3)) * (1.5, 0.5, 0.0) - (0, 1, 0)
    found, right = function(mean, log_var), right_kl_by_unit(mean, log_var)
    if np.shape(found) != (3,):
        yield "one number for each unit is wanted, here an array (3,)."
    if np.allclose(found, 2 * right):
        yield "each is twice too large: the formula begins with one half."
    if np.allclose(found, 500 * right):
        yield "these are sums over the images: take the mean."
    if not np.allclose(found, right):
        yield "a unit with mean 0 and log variance 0 is the prior: its KL is 0. With log variance -1 it is 0.184."


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
    "04.3",
    right=right_bound,
    wrong={
        "one bound for each image is wanted": lambda log_weights: np.logaddexp.reduce(log_weights, axis=None),
        "look for 0/0 or log(0)": _without_largest,
        "that is the mean of the logarithms": lambda log_weights: log_weights.mean(axis=1),
        "that is the logarithm of the sum": lambda log_weights: np.logaddexp.reduce(log_weights, axis=1),
        "compare one row with scipy.special.logsumexp": lambda log_weights: log_weights.max(axis=1),
    },
)
def check_bound(function):
    """`function(log_weights)` (n, k) gives the logarithm of the mean weight of each image, (n,)."""
    log_weights = np.random.default_rng(0).normal(-800, 5, size=(20, 50)) + np.linspace(-700, 700, 20)[:, None]
    found, right = function(log_weights), np.logaddexp.reduce(log_weights, axis=1) - np.log(50)
    if np.shape(found) != (20,):
        yield "one bound for each image is wanted, here an array (20,)."
    if np.allclose(found, log_weights.mean(axis=1)):
        yield "that is the mean of the logarithms, the bound of section 1; the logarithm of the mean is wanted."
    if np.allclose(found, right + np.log(50)):
        yield "that is the logarithm of the sum: divide by k."
    if not np.allclose(found, right):
        yield "compare one row with scipy.special.logsumexp."
