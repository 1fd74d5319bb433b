"""Checks of the exercises: they say what is wrong and where to look, not only that something is.

Each takes the reader's answer, prints a line, and returns True (right), False (not right) or None (not done yet).
"""

import numpy as np

from helpers import evaluation, models


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


def _linear():
    import keras

    return keras.activations.linear
