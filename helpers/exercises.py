"""Checks of the exercises: they say what is wrong and where to look, not only that something is.

Each takes the reader's answer, prints a line, and returns True (right), False (not right) or None (not done yet).
"""

import functools
import inspect

import joblib
import numpy as np
from scipy.stats import binomtest, chi2
from sklearn.metrics import roc_curve
from sklearn.neighbors import NearestNeighbors

from helpers import clustering, evaluation, models


class _NotDone(Exception):
    """The answer is still None, or a function that returns None."""


def _exercise(problems):
    """Make a check of a generator that yields what is wrong with its first argument; only the first counts."""

    @functools.wraps(problems)
    def check(answer, *others, **settings):
        try:
            problem = next(problems(_asked(answer), *others, **settings), None)
        except _NotDone:
            print("Nothing to check yet: write your answer in the cell above and run both again.")
            return None
        print("Right." if problem is None else f"Not yet: {problem}")
        return problem is None

    return check


def _asked(answer):
    """The answer, never None; a function also raises _NotDone where it returns None."""
    if answer is None:
        raise _NotDone
    return functools.wraps(answer)(lambda *given: _asked(answer(*given))) if inspect.isfunction(answer) else answer


@_exercise
def parameters(count):
    """01, exercise 1: `count(latent_dim)` must give the number of parameters of the report's autoencoder."""
    for size in (3, 10, 50):
        difference = count(size) - models.autoencoder(size).count_params()
        weights_only = -(256 + 128 + size + 128 + 256 + 784)
        if difference == weights_only:
            yield "these are the weights alone; each unit of each layer also has a bias."
        if difference != 0:
            side = "too many" if difference > 0 else "too few"
            yield (
                f"for L = {size} that is {abs(difference):,} {side}. Write one line per layer: (inputs + 1) × units. "
                "The code's own layer has L units, and the layer after it has L inputs."
            )


@_exercise
def error_by_class(answer, x_test, y_test, reconstructed):
    """01, exercise 2: `answer` is (ten errors, ten shares of variance); both by digit, on the test images."""
    errors, shares = (np.asarray(part, dtype=float) for part in answer)
    if errors.shape != (10,) or shares.shape != (10,):
        yield f"two arrays of ten numbers are wanted, one per digit; these are {errors.shape} and {shares.shape}."
    per_image = evaluation.reconstruction_error(x_test, reconstructed)
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


@_exercise
def linear_autoencoder(model, x_test, pca_mse):
    """01, exercise 3: `model` must be linear with a code of 32 units, and come within 5 % of PCA's test error."""
    a, b = x_test[:25], x_test[25:50]
    one, other, both, nothing = (model.predict(x, verbose=0) for x in (a, b, a + b, 0 * a))
    if not np.allclose(one + other, both + nothing, atol=1e-2):  # linear, or affine: a bias is allowed
        yield "it is not linear: f(a) + f(b) is not f(a + b) + f(0). Leave every activation out."
    narrowest = min((layer.units for layer in _single_layers(model) if hasattr(layer, "units")), default=0)
    if narrowest != 32:
        yield f"the narrowest layer has {narrowest} units; the code must have 32."
    answers = np.clip(model.predict(x_test, batch_size=1000, verbose=0), 0, 1)  # as the baseline is clipped
    error = float(evaluation.reconstruction_error(x_test, answers).mean())
    if error > 1.05 * pca_mse:
        yield f"its test MSE is {error:.5f}, PCA's is {pca_mse:.5f}. It is still learning: train it longer."
    print(f"Linear autoencoder {error:.5f}, PCA {pca_mse:.5f}.")


@_exercise
def cluster_accuracy(accuracy):
    """02, exercise 1: `accuracy(labels_true, labels_pred)` must be the one of `clustering.clustering_scores`."""
    truth = np.repeat(np.arange(4), 25)
    renamed = (truth + 1) % 4
    if not np.isclose(accuracy(truth, renamed), 1):
        yield "a perfect clustering with other names must score 1: match clusters to digits first."
    merged = np.where(truth == 3, 2, truth)  # two classes in one cluster, one cluster missing
    if np.isclose(accuracy(truth, np.array([0, 1])[truth % 2]), 0.5) and not np.isclose(accuracy(truth, merged), 0.75):
        yield "with two classes in one cluster, one of them is wrong: the answer there is 0.75."
    split = np.where((truth == 0) & (np.arange(100) < 10), 4, truth)  # one class in two clusters
    crossed = [np.repeat(labels, [30, 29, 29, 2]) for labels in ([0, 0, 1, 1], [0, 1, 0, 1])]  # the largest first: 32
    for classes, labels, case in (
        (truth, merged, "two classes share a cluster"),
        (truth, split, "one class is split in two clusters"),
        (*crossed, "the largest number of the table belongs to no best matching"),
    ):
        right = clustering.clustering_scores(classes, labels)["acc"]
        if not np.isclose(accuracy(classes, labels), right):
            yield (
                f"where {case} it must be {right:.2f}, yours is {accuracy(classes, labels):.2f}. Each cluster stands "
                "for one digit, each digit for one cluster; the commonest digit of each cluster is purity, not this."
            )


@_exercise
def decoder_hangs_on_the_code(network):
    """02, exercise 2: the reconstruction of `network(latent_dim)` must depend on its code, and on nothing else."""
    model = network(8)
    if not isinstance(model.output, dict) or {"Output", "Latent_Code"} - set(model.output):
        yield "the model needs a dict of two outputs, `Output` and `Latent_Code`."
    code = model.output["Latent_Code"]
    if code.shape[-1] != 8:
        yield f"asked for a code of 8 units, it has {code.shape[-1]}."
    x, z = np.random.default_rng(0).random((20, 784), "float32"), np.random.default_rng(1).normal(size=(20, 8))
    from_code = models.from_image_and_code(model)
    own = from_code(x, z)
    if np.allclose(own, from_code(x, z[::-1])):
        yield "a stranger's code changes nothing: the decoder begins before the code. What is its first input?"
    if not np.allclose(own, from_code(x[::-1], z), atol=1e-6):
        yield "with the same code, another image changes the answer: something passes beside the code."


@_exercise
def worthless_inertia(parameters, x, digits):
    """02, exercise 3: DeepClustering with `parameters` must lose nine tenths of its inertia and gain no accuracy."""
    settings = {"latent_dim": 2, "hidden": (64,), "track": len(x), "random_state": 0} | parameters
    model = clustering.DeepClustering(**settings).fit(x)
    ends = [clustering.pairwise_distances_argmin(model.tracked_codes_[i], model.tracked_centers_[i]) for i in (0, -1)]
    start, end = (clustering.clustering_scores(digits, labels)["acc"] for labels in ends)
    left = model.history_.inertia.iloc[-1] / model.history_.inertia.iloc[0]
    print(f"inertia {left:.1%} of its first value; accuracy {start:.2f} at the start, {end:.2f} at the end")
    if end > start + 0.05:
        yield "the accuracy grew: these codes still have to draw the digits. Which weight says so?"
    if left > 0.1:
        yield "the inertia is not down to a tenth yet. Train longer or faster, and let nothing oppose the pull."


@_exercise
def run_name(name):
    """03, exercise 1: `name(configuration, version)` must be the same for the same run everywhere, and for no other."""
    configuration = {"latent_dim": 16, "weights": [0.3, 0.7], "changes": {"tol": 0, "ramp": 1}, "seed": 0}
    first = name(configuration, "1")
    if not isinstance(first, str) or not 4 <= len(first) <= 64:
        yield f"a text of 4 to 64 letters is wanted, this is {first!r}."
    turned = configuration | {"changes": {"ramp": 1, "tol": 0}}
    if name(dict(reversed(configuration.items())), "1") != first or name(turned, "1") != first:
        yield "the same configuration with keys in another order got another name. Sort the keys, inner ones, too."
    for other in (configuration | {"seed": 1}, configuration | {"weights": [0.7, 0.3]}, configuration | {"extra": 1}):
        if name(other, "1") == first:
            yield f"{other} got the same name as {configuration}: one would overwrite the other."
    if name(configuration, "2") == first:
        yield "another version of the code got the same name: old results would be taken for new ones."
    with joblib.parallel_config(backend="loky", inner_max_num_threads=1):  # a fresh Python has another seed of hash()
        run = joblib.delayed(inspect.unwrap(name))(configuration, "1")
        elsewhere = joblib.Parallel(n_jobs=2)([run, run])
    if set(elsewhere) != {first}:
        yield (
            "in another process the same run has another name, so nothing would ever be found again. Python's `hash()` "
            "of a text changes with each start; take a hash that depends on the text alone, from `hashlib`."
        )


@_exercise
def cells_like_the_best(candidates, runs):
    """03, exercise 2: `candidates(runs)` must name the settings less than two standard errors below the best mean."""
    answer = candidates(runs)
    cells = runs.groupby("setting").acc
    error = (cells.var().mean() * 2 / cells.size().iloc[0]) ** 0.5
    behind = cells.mean().max() - cells.mean()
    right = set(behind[behind < 2 * error].index)
    if behind.idxmin() not in answer:
        yield "the best setting itself is missing; it lies 0 below the best."
    for setting in sorted(right ^ set(answer)):
        side = "belongs to them" if setting in right else "does not belong to them"
        yield (
            f"{setting} {side}: it lies {behind[setting]:.4f} below the best; two standard errors are {2 * error:.4f} "
            "(pool the *variances* of the cells by their mean, then take the root)."
        )


@_exercise
def scale_free_score(score):
    """03, exercise 3: `score(codes, labels)` must not depend on the scale of the codes, and must prefer true groups."""
    generator = np.random.default_rng(0)
    truth = generator.permutation(np.repeat(np.arange(4), 50))
    codes = generator.normal(size=(4, 3))[truth] * 3 + generator.normal(size=(200, 3))
    true, scaled, shuffled = score(codes, truth), score(codes * 10, truth), score(codes, generator.permutation(truth))
    if not np.isclose(true, scaled):
        yield f"with all codes multiplied by 10 it goes from {true:.4g} to {scaled:.4g}: divide by a spread."
    if not true > max(shuffled, score(generator.permutation(codes), truth)):
        yield f"a random grouping gets {shuffled:.4g}, the true one {true:.4g}; more must be better."


@_exercise
def nats_above_floor(convert, images):
    """05, exercise 1: `convert(printed_loss, images)` must give nats per image above the floor of the images."""
    pixels = images.shape[1]
    for loss, some in ((0.3, images), (0.5, images), (0.3, images[: len(images) // 2])):
        answer = np.asarray(convert(loss, some.copy()), dtype=float)
        floor = evaluation.cross_entropy_floor(some).mean()
        if answer.size != 1:
            yield f"one number is wanted, yours has {answer.size}: take the mean over the images."
        answer = answer.item()
        if np.isclose(answer, loss * pixels):
            yield "these are nats per image, but from zero; an image costs something even where it is exact."
        if np.isclose(answer, loss - floor / pixels):
            yield f"this is still per pixel; an image has {pixels} of them."
        if np.isclose(answer, loss - floor):
            yield "a number per pixel minus a number per image: bring both to the same unit first."
        if not np.isclose(answer, loss * pixels - floor):
            yield (
                f"for a printed loss of {loss} and {len(some)} images it must be {loss * pixels - floor:.2f}, "
                f"yours is {answer:.2f}."
            )


@_exercise
def frechet_in_one_dimension(distance):
    """05, exercise 2: `distance(first, second)` must be the Frechet distance of the normals fitted to both."""
    first = np.random.default_rng(0).normal(2, 3, size=500)
    asked = lambda a, b: distance(a.copy(), b.copy())  # noqa: E731, it may change its arguments
    if not np.isclose(asked(first, first), 0):
        yield f"a set has no distance to itself; yours is {asked(first, first):.4g}."
    if not np.isclose(asked(first, first + 0.5), 0.25):
        yield f"moved by 0.5, the distance is 0.5² = 0.25; yours is {asked(first, first + 0.5):.4g}."
    wider = (first - first.mean()) * 1.5 + first.mean()
    right = evaluation.frechet_distance(first[:, None], wider[:, None])
    if not np.isclose(asked(first, wider), right, rtol=0.01):
        yield (
            f"stretched by 1.5 about its mean it must be {right:.3f}, yours is {asked(first, wider):.3f}. In one "
            "dimension S is a variance, s²: what is s1² + s2² - 2 (s1² s2²)^(1/2)?"
        )
    other = np.random.default_rng(1).exponential(2, size=500)  # another shape, not paired with the first
    right = evaluation.frechet_distance(first[:, None], other[:, None])
    if not np.isclose(asked(first, other), right, rtol=0.01):
        yield (
            f"for two unrelated sets it must be {right:.3f}, yours is {asked(first, other):.3f}. Only the two means "
            "and the two standard deviations may enter: the order of the numbers does not matter."
        )


@_exercise
def sampler_of_codes(sampler, codes, n, distance_of):
    """05, exercise 3: `sampler(codes, n, seed)` must give new codes whose images beat those of the fitted normal.

    distance_of takes codes (n, L) and gives the FD-classifier of their decodings.
    """
    z = sampler(codes.copy(), n, 0)
    z = np.asarray(z)
    if z.shape != (n, codes.shape[1]) or not np.isfinite(z).all():
        yield f"finite numbers of shape {(n, codes.shape[1])} are wanted, this has the shape {z.shape}."
    # A new code is about as far from its nearest training code as these are from each other.
    few = np.random.default_rng(0).permutation(min(n, len(codes)))[:1000]
    search = NearestNeighbors(n_neighbors=2).fit(codes)
    apart, usual = search.kneighbors(z[few])[0][:, 0], search.kneighbors(codes[few])[0][:, 1]
    copied = np.mean(apart < 0.2 * np.median(usual))
    if copied > 0.2 or len(np.unique(z, axis=0)) < 0.9 * n:
        yield f"{copied:.0%} of these codes are (nearly) training codes, or many are equal: draw new ones."
    if np.allclose(z, sampler(codes.copy(), n, 1)):
        yield "another seed gives the same codes: hand the seed to the generator."
    normal = np.random.default_rng(0).multivariate_normal(codes.mean(axis=0), np.cov(codes, rowvar=False), size=n)
    yours, fitted = distance_of(z), distance_of(normal)
    print(f"FD-classifier: yours {yours:.1f}, fitted normal {fitted:.1f}")
    if yours >= fitted:
        yield "one normal distribution is nearer. The codes of ten kinds of garment: how many hills?"


@_exercise
def tops_against_the_rest(answer, matrix):
    """06, exercise 1: `answer` is [[TN, FP], [FN, TP]] of tops (the positive group) against the rest, from `matrix`."""
    try:
        answer = np.asarray(answer, dtype=float)
    except (TypeError, ValueError):
        yield "four numbers are wanted, in two rows of two: [[TN, FP], [FN, TP]]."
    if answer.shape != (2, 2):
        yield f"a table of two rows and two columns is wanted, the shape of this is {answer.shape}."
    if answer.sum() != matrix.sum():
        yield f"the four numbers sum to {answer.sum():,.0f}, but there are {matrix.sum():,} images: a class is lost."
    right = evaluation.binarised_confusion(matrix, {"rest": (1, 3, 5, 7, 8, 9), "tops": (0, 2, 4, 6)})
    if np.array_equal(answer, right):
        return
    if np.array_equal(answer, right.T):
        yield "rows and columns are exchanged: a row is a true group, a column an answer."
    if np.array_equal(answer, right[::-1, ::-1]):
        yield "tops must be the positive group, the second of the two."
    if answer[1].sum() == right[1].sum():
        yield "the rows have the right sums. Look at the columns: the answers, the rest first, tops second."
    yield (
        f"{answer[1].sum():,.0f} images are in your positive group, not {right[1].sum():,}. Tops are T-shirt/top, "
        "Pullover, Coat and Shirt; a dress is not one here."
    )


@_exercise
def mcnemar_p(p_value):
    """06, exercise 2: `p_value(n10, n01)` must be the two-sided exact p-value of McNemar's test."""
    for n10, n01 in ((10, 3), (3, 10), (19, 12), (0, 5), (8, 8), (0, 0)):
        n = n10 + n01
        given, right = p_value(n10, n01), float(binomtest(n10, n).pvalue) if n else 1.0
        if np.isclose(given, right):
            continue
        case = f"for {n10} against {n01}"
        if n and np.isclose(given, right / 2):
            yield f"{case} this is one-sided; a difference in the other direction would surprise as much."
        if n and np.isclose(given, chi2.sf((n10 - n01) ** 2 / n, 1)):
            yield f"{case} this is the chi-squared approximation: use the binomial distribution itself."
        if given > 1:
            yield f"{case} the probability is {given:.3f}. A tie is in both tails: cut at 1."
        yield f"{case} it must be {right:.4f}, yours is {given:.4f}."


@_exercise
def careful_threshold(threshold, validation, test, allowed=0.001):
    """06, exercise 3: the lowest threshold with at most `allowed` false positives per negative *validation* image.

    `validation` and `test` are pairs (truth, scores); an image is called positive where its score is not below.
    """
    truth, scores = validation
    called, best = scores >= threshold, scores >= _lowest_threshold(truth, scores, allowed)
    false, caught, possible = called[truth == 0].mean(), called[truth == 1].mean(), best[truth == 1].mean()
    if false <= allowed and caught >= possible:
        return
    if np.array_equal(test[1] >= threshold, test[1] >= _lowest_threshold(*test, allowed)):
        yield "this threshold was chosen on the test images, which nobody has when a threshold is chosen."
    if false > allowed:
        yield f"on the validation images {false:.2%} of the negatives are called positive; {allowed:.2%} may be."
    yield f"few enough false alarms, but it finds {caught:.2%} of the positives; {possible:.2%} can be had."


def _lowest_threshold(truth, scores, allowed):
    false_rate, _, thresholds = roc_curve(truth, scores, drop_intermediate=False)
    return thresholds[false_rate <= allowed][-1]


@_exercise
def betas(answer):
    """04, exercise 1: the weights of KL that three mistakes amount to, a dict with a, b and c."""
    found = answer()
    right = {"a": 32 * 32 * 3, "b": 1 / 128, "c": 784 / 8}
    if not isinstance(found, dict) or set(found) != set(right):
        yield f"a dict with the keys a, b and c is wanted, not {found!r}."
    for name, beta in right.items():
        if not isinstance(found[name], (int, float, np.number)):
            yield f"{name} is not a number yet."
        if np.isclose(found[name], 1 / beta):
            yield f"{name} is upside down. Is the KL weighed more than it should be, or less?"
        if not np.isclose(found[name], beta):
            yield (
                f"{name} is not {found[name]:g}. Multiply the whole loss until the cross-entropy is a sum; where the "
                "minimum lies does not change. What stands before the summed KL then?"
            )


@_exercise
def kl_by_unit(function):
    """04, exercise 2: `function(mean, log_var)`, each (n, L), gives the KL of each unit, averaged over images."""
    random = np.random.default_rng(0)
    mean, log_var = random.normal(size=(2, 500, 3)) * (1.5, 0.5, 0.0) - (0, 1, 0)
    found = function(mean.copy(), log_var.copy())
    right = np.mean(np.exp(log_var) + mean**2 - 1 - log_var, axis=0) / 2
    if np.shape(found) != (3,):
        yield f"one number per unit is wanted, an array (3,) for three units; yours is {np.shape(found)}."
    if np.allclose(found, 2 * right):
        yield "each is twice too large: the formula begins with one half."
    if np.allclose(found, 500 * right):
        yield "these are sums over the 500 images; take the mean."
    if not np.allclose(found, right):
        yield (
            "check a unit whose mean is 0 and whose log variance is 0: it is the prior, so its KL is 0. Then one with "
            f"log variance -1 and mean 0: it must be 0.184. For the three test units the KL is {np.round(right, 3)}."
        )


@_exercise
def importance_bound(function):
    """04, exercise 3: `function(log_weights)` (n, k) gives the logarithm of the mean weight of each image, (n,)."""
    log_weights = np.random.default_rng(0).normal(-800, 5, size=(20, 50)) + np.linspace(-700, 700, 20)[:, None]
    with np.errstate(divide="ignore"):
        found = function(log_weights.copy())  # it may change its argument
    right = np.logaddexp.reduce(log_weights, axis=1) - np.log(50)
    if np.shape(found) != (20,):
        yield f"one bound per image is wanted: (20,), not {np.shape(found)}."
    if np.isinf(found).any():
        yield (
            "it is minus infinity: all weights of an image became 0. Take out of each row its own largest log weight."
        )
    if np.allclose(found, log_weights.mean(axis=1)):
        yield "that is the mean of the logarithms, the bound of section 1; the logarithm of the mean is wanted."
    if np.allclose(found, right + np.log(50)):
        yield "that is the logarithm of the sum; divide by k."
    if not np.allclose(found, right):
        yield "compare with scipy.special.logsumexp on one row."
