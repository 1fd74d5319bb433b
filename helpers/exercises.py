"""Checks of the exercises: they say what is wrong and where to look, not only that something is.

Each takes the reader's answer, prints a line, and returns True (right), False (not right) or None (not done yet).
"""

import numpy as np

from helpers import clustering, evaluation, models


def _verdict(problem):
    """Print the one line of a check; `problem` is None where the answer is right."""
    print("Right." if problem is None else f"Not yet: {problem}")
    return problem is None


def _not_done():
    print("Nothing to check yet: write your answer in the cell above and run both again.")


def parameters(count):
    """01, exercise 1: `count(latent_dim)` must give the number of parameters of the report's autoencoder."""
    if count(3) is None:
        return _not_done()
    for size in (3, 10, 50):
        difference = count(size) - models.autoencoder(size).count_params()
        weights_only = -(256 + 128 + size + 128 + 256 + 784)
        if difference == weights_only:
            return _verdict("these are the weights alone; each unit of each layer also has a bias.")
        if difference != 0:
            side = "too many" if difference > 0 else "too few"
            return _verdict(
                f"for L = {size} that is {abs(difference):,} {side}. Write one line per layer: (inputs + 1) × units. "
                "The code's own layer has L units, and the layer after it has L inputs."
            )
    return _verdict(None)


def error_by_class(answer, x_test, y_test, reconstructed):
    """01, exercise 2: `answer` is (ten errors, ten shares of variance); both by digit, on the test images."""
    if answer is None:
        return _not_done()
    errors, shares = (np.asarray(part, dtype=float) for part in answer)
    if errors.shape != (10,) or shares.shape != (10,):
        return _verdict(
            f"two arrays of ten numbers are wanted, one per digit; these are {errors.shape} and {shares.shape}."
        )
    per_image = evaluation.reconstruction_error(x_test, reconstructed)
    right_errors = np.array([per_image[y_test == digit].mean() for digit in range(10)])
    if np.allclose(errors, right_errors * 784, rtol=1e-3):
        return _verdict("the errors are summed over the 784 pixels; take the mean, so that they compare with the loss.")
    if not np.allclose(errors, right_errors, rtol=1e-3):
        worst = int(np.argmax(np.abs(errors - right_errors)))
        return _verdict(
            f"the error of digit {worst} should be {right_errors[worst]:.5f}, yours is {errors[worst]:.5f}."
        )
    variances = np.array([x_test[y_test == digit].var(axis=0).mean() for digit in range(10)])
    if np.allclose(shares, right_errors / x_test.var(axis=0).mean(), rtol=1e-3):
        return _verdict("the shares are of the variance of all images; take that of the digit's own images.")
    if not np.allclose(shares, right_errors / variances, rtol=1e-3):
        return _verdict(
            "the errors are right. The share is the error over the variance of the pixels *within* that digit."
        )
    return _verdict(None)


def linear_autoencoder(model, x_test, pca_mse):
    """01, exercise 3: `model` must be linear with a code of 32 units, and come within 5 % of PCA's test error."""
    if model is None:
        return _not_done()
    bent = [layer.name for layer in model.layers if getattr(layer, "activation", None) not in (None, _linear())]
    if bent:
        return _verdict(f"these layers are not linear: {', '.join(bent)}. Leave `activation` out.")
    narrowest = min(layer.units for layer in model.layers if hasattr(layer, "units"))
    if narrowest != 32:
        return _verdict(f"the narrowest layer has {narrowest} units; the code must have 32.")
    answers = np.clip(model.predict(x_test, batch_size=1000, verbose=0), 0, 1)  # as the baseline is clipped
    error = float(evaluation.reconstruction_error(x_test, answers).mean())
    if error > 1.05 * pca_mse:
        return _verdict(f"its test MSE is {error:.5f}, PCA's is {pca_mse:.5f}. It is still learning: train it longer.")
    print(f"Linear autoencoder {error:.5f}, PCA {pca_mse:.5f}.")
    return _verdict(None)


def cluster_accuracy(accuracy):
    """02, exercise 1: `accuracy(labels_true, labels_pred)` must be the one of `clustering.clustering_scores`."""
    truth = np.repeat(np.arange(4), 25)
    if accuracy(truth, truth) is None:
        return _not_done()
    renamed = (truth + 1) % 4
    if not np.isclose(accuracy(truth, renamed), 1):
        return _verdict("a perfect clustering with other names must score 1: match clusters to digits first.")
    merged = np.where(truth == 3, 2, truth)  # two classes in one cluster, one cluster missing
    if np.isclose(accuracy(truth, np.array([0, 1])[truth % 2]), 0.5) and not np.isclose(accuracy(truth, merged), 0.75):
        return _verdict("with two classes in one cluster, one of them is wrong: the answer there is 0.75.")
    split = np.where((truth == 0) & (np.arange(100) < 10), 4, truth)  # one class in two clusters
    for labels, case in ((merged, "two classes share a cluster"), (split, "one class is split in two clusters")):
        right = clustering.clustering_scores(truth, labels)["acc"]
        if not np.isclose(accuracy(truth, labels), right):
            return _verdict(
                f"where {case} it must be {right:.2f}, yours is {accuracy(truth, labels):.2f}. Each cluster stands for "
                "one digit, each digit for one cluster; taking the commonest digit of each cluster is purity, not this."
            )
    return _verdict(None)


def decoder_hangs_on_the_code(network):
    """02, exercise 2: the reconstruction of `network(latent_dim)` must depend on its code, and on nothing else."""
    import keras

    model = network(8)
    if model is None:
        return _not_done()
    if not isinstance(model.output, dict) or {"Output", "Latent_Code"} - set(model.output):
        return _verdict("the model needs a dict of two outputs, `Output` and `Latent_Code`.")
    code = model.output["Latent_Code"]
    if code.shape[-1] != 8:
        return _verdict(f"asked for a code of 8 units, it has {code.shape[-1]}.")
    x, z = np.random.default_rng(0).random((20, 784), "float32"), np.random.default_rng(1).normal(size=(20, 8))
    from_code = keras.Model([model.input, code], model.output["Output"])
    own = from_code([x, z])
    if np.allclose(own, from_code([x, z[::-1]])):
        return _verdict(
            "a stranger's code changes nothing: the decoder begins before the code. What is its first input?"
        )
    if not np.allclose(own, from_code([x[::-1], z]), atol=1e-6):
        return _verdict("with the same code, another image changes the answer: something passes beside the code.")
    return _verdict(None)


def worthless_inertia(parameters, x, digits):
    """02, exercise 3: DeepClustering with `parameters` must lose nine tenths of its inertia and gain no accuracy."""
    if parameters is None:
        return _not_done()
    settings = {"latent_dim": 2, "hidden": (64,), "track": len(x), "random_state": 0} | parameters
    model = clustering.DeepClustering(**settings).fit(x)
    ends = [clustering.pairwise_distances_argmin(model.tracked_codes_[i], model.tracked_centers_[i]) for i in (0, -1)]
    start, end = (clustering.clustering_scores(digits, labels)["acc"] for labels in ends)
    left = model.history_.inertia.iloc[-1] / model.history_.inertia.iloc[0]
    print(f"inertia {left:.1%} of its first value; accuracy {start:.2f} at the start, {end:.2f} at the end")
    if end > start + 0.05:
        return _verdict("the accuracy grew: these codes still have to draw the digits. Which weight says so?")
    if left > 0.1:
        return _verdict(
            "the inertia is not down to a tenth yet. Train longer or faster, and let nothing oppose the pull."
        )
    return _verdict(None)


def _linear():
    import keras

    return keras.activations.linear
