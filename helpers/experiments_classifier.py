"""Notebook 06's repeated runs: ten classes against two, learning rates, calibration, the best dense network.

As in `helpers.experiments`: a configuration in, a flat dict of numbers out, stored below data/results/ by `sweeps`.
Every run uses the whole of Fashion-MNIST, whatever the profile.
"""

import json

import numpy as np
from scipy.special import expit, softmax
from sklearn.metrics import accuracy_score, f1_score, roc_auc_score

from helpers import course, data, evaluation, models
from helpers.experiments import stored, train_classifier

with course.quiet_imports():
    import keras

CLASSIFIER_VERSION = "2"  # of what `train_classifier` trains
BEST_DENSE_VERSION = "1"
FOLDER = "06_mlp_classifier_binarization"
GROUPS = {"footwear and bags": (5, 7, 8, 9), "clothing": (0, 1, 2, 3, 4, 6)}  # the second is the positive one
BEST_DENSE = {  # the second adds something to the first; both: peak learning rate 2e-3, cosine decay to 0, batch 256
    "wide": {"hidden": (1024, 1024), "dropout": 0.4, "epochs": 40, "mirrored": False},
    "wide, mirrored": {"hidden": (1024, 1024), "dropout": 0.4, "epochs": 40, "mirrored": True},
}


def split_images(seed):
    """Fashion-MNIST as in the report: 50,000 training and 10,000 validation images (two pairs), and the whole set."""
    images = data.load("fashion_mnist", profile="full")
    x, x_validation, y, y_validation = data.split(images.x_train, images.y_train, size=10_000, seed=seed)
    return (x, y), (x_validation, y_validation), images


def calibration(logits_validation, y_validation, logits_test, y_test):
    """Temperature from validation, calibration error on test before and after it (`ece_before`, `ece_after`)."""
    result = {"temperature": evaluation.temperature(logits_validation, y_validation)}
    right = logits_test.argmax(axis=1) == y_test
    for name, by in {"before": 1.0, "after": result["temperature"]}.items():
        confidence = softmax(logits_test / by, axis=1).max(axis=1)
        result[f"ece_{name}"] = evaluation.calibration_error(confidence, right)
        result[f"reliability_{name}"] = json.dumps(evaluation.reliability(confidence, right).round(5).values.tolist())
    return result


def ten_and_two(configuration):
    """The report's two networks on one split with one seed, and the three ways to two classes.

    Parameters
    ----------
    configuration : dict
        seed (of split, weights and order), epochs.

    Returns
    -------
    dict
        Ten classes: acc_multi, f1_0 to f1_9, temperature, ece_before, ece_after. Two classes, for `_argmax`, `_sum` (of
        probabilities) and `_binary` (the direct network): acc, f1; auc of the
        scores of the last two, auc_difference (direct minus sum) with auc_low and auc_high. Paired errors of direct
        and arg-max: n10 (direct alone right), n01, p. All on the test images.
    """
    seed, epochs = configuration["seed"], configuration["epochs"]
    training, validation, images = split_images(seed)
    course.seed(seed)
    multi = models.classifier()
    train_classifier(multi, *training, *validation, seed=seed, epochs=epochs)
    course.seed(seed)
    binary = models.classifier(2)
    two = [(x, evaluation.grouped(y, GROUPS)) for x, y in (training, validation)]
    train_classifier(binary, *two[0], *two[1], seed=seed, epochs=epochs)

    logits, y_test = models.logits(multi, images.x_test), images.y_test
    result = {"acc_multi": accuracy_score(y_test, logits.argmax(axis=1))}
    for number, f1 in enumerate(f1_score(y_test, logits.argmax(axis=1), average=None)):
        result[f"f1_{number}"] = f1
    measured = calibration(models.logits(multi, validation[0]), validation[1], logits, y_test)
    result |= {name: value for name, value in measured.items() if not name.startswith("reliability")}
    return result | compare(y_test, logits, models.logits(binary, images.x_test)[:, 0])


def compare(y_test, logits_multi, logits_binary):
    """The three ways to two classes on the same images: what `ten_and_two` returns of them."""
    truth = evaluation.grouped(y_test, GROUPS)
    total = evaluation.binarised_probabilities(softmax(logits_multi, axis=1), GROUPS)
    direct = expit(logits_binary)
    answers = {
        "argmax": evaluation.grouped(logits_multi.argmax(axis=1), GROUPS),
        "sum": (total >= 0.5).astype(int),
        "binary": (direct >= 0.5).astype(int),
    }
    result = {}
    for name, answer in answers.items():
        result |= {f"acc_{name}": accuracy_score(truth, answer), f"f1_{name}": f1_score(truth, answer)}
    result |= {"auc_binary": roc_auc_score(truth, direct), "auc_sum": roc_auc_score(truth, total)}
    names = ("auc_difference", "auc_low", "auc_high")
    result |= dict(zip(names, evaluation.auc_difference(truth, direct, total), strict=True))
    return result | dict(
        zip(("n10", "n01", "p"), evaluation.mcnemar(truth, answers["binary"], answers["argmax"]), strict=True)
    )


def classifier_runs():
    """Notebook 06's two networks, ten classes and two: a row per seed."""
    return stored(ten_and_two, FOLDER, CLASSIFIER_VERSION, method=["ten and two"], epochs=[50], seed=range(5))


def trained_at_a_rate(configuration):
    """The ten-class network with another learning rate: learning_rate, epochs, seed in, accuracy and curves out.

    Returns
    -------
    dict
        acc_test, acc_validation, best_epoch, and `curves`: a JSON text of Keras's history, lists by name.
    """
    seed = configuration["seed"]
    training, validation, images = split_images(seed)
    course.seed(seed)
    network, rate, epochs = models.classifier(), configuration["learning_rate"], configuration["epochs"]
    history = train_classifier(network, *training, *validation, learning_rate=rate, seed=seed, epochs=epochs).history
    result = {
        f"acc_{name}": accuracy_score(y, models.logits(network, x).argmax(axis=1))
        for name, (x, y) in {"validation": validation, "test": (images.x_test, images.y_test)}.items()
    }
    curves = {name: np.round(values, 5).tolist() for name, values in history.items()}
    return result | {"best_epoch": int(np.argmin(history["val_loss"])) + 1, "curves": json.dumps(curves)}


def learning_rate_runs():
    """Notebook 06's learning rates (the report's annex A): three rates, five seeds."""
    return stored(
        trained_at_a_rate, FOLDER, CLASSIFIER_VERSION, learning_rate=[0.01, 0.001, 0.0001], epochs=[50], seed=range(5)
    )


def trained_to_the_end(configuration):
    """The ten-class network after all its epochs, without stopping: epochs and seed in.

    Returns
    -------
    dict
        acc_test, temperature, ece_before, ece_after; reliability_before and _after (JSON texts: confidence, accuracy,
        answers of each bin).
    """
    seed = configuration["seed"]
    training, validation, images = split_images(seed)
    course.seed(seed)
    network = models.classifier()
    train_classifier(network, *training, *validation, seed=seed, epochs=configuration["epochs"], patience=None)
    logits = models.logits(network, images.x_test)
    result = {"acc_test": accuracy_score(images.y_test, logits.argmax(axis=1))}
    return result | calibration(models.logits(network, validation[0]), validation[1], logits, images.y_test)


def late_runs():
    """Notebook 06's networks that were not stopped: all 50 epochs, five seeds."""
    return stored(trained_to_the_end, FOLDER, CLASSIFIER_VERSION, method=["not stopped"], epochs=[50], seed=range(5))


def fit_best_dense(recipe, training, seed=0):
    """Fit a network by a recipe (a dict as in BEST_DENSE) and return it; x is (n, 784), y (n,)."""
    course.seed(seed)
    network = models.classifier(hidden=recipe["hidden"], dropout=recipe["dropout"], normalise=True)
    targets = keras.utils.to_categorical(training[1], 10)
    batches = models.batches(training[0], targets, batch_size=256, seed=seed)
    warmup, steps = 2 * len(batches), recipe["epochs"] * len(batches)
    rate = keras.optimizers.schedules.CosineDecay(
        1e-4, steps - warmup, alpha=0.0, warmup_target=2e-3, warmup_steps=warmup
    )
    network.compile(
        optimizer=keras.optimizers.AdamW(rate, weight_decay=0.02),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=0.1),
        **models.fast(),
    )
    if recipe["mirrored"]:
        batches = models.mirrored(batches, seed=seed)
    network.fit(batches, epochs=recipe["epochs"], shuffle=False, verbose=0)
    return network


def best_dense(configuration):
    """A dense network by a recipe of BEST_DENSE, on 50,000 images or, where `refit` is true, on all 60,000.

    Parameters
    ----------
    configuration : dict
        recipe (a name in BEST_DENSE), refit, seed.

    Returns
    -------
    dict
        parameters; acc_test and, unless it was trained on them, acc_validation; the same with `_mirror`, where each
        image is answered by the mean of the probabilities of itself and its mirror image (test-time augmentation).
    """
    recipe, seed = BEST_DENSE[configuration["recipe"]], configuration["seed"]
    training, validation, images = split_images(seed)
    scored = {"validation": validation, "test": (images.x_test, images.y_test)}
    if configuration["refit"]:
        training = images.x_train, images.y_train
        del scored["validation"]
    network = fit_best_dense(recipe, training, seed)
    result = {"parameters": int(sum(np.prod(weight.shape) for weight in network.trainable_weights))}
    for name, (x, y) in scored.items():
        mirrored = x.reshape(-1, 28, 28)[:, :, ::-1].reshape(x.shape)
        once, twice = (softmax(models.logits(network, pixels), axis=1) for pixels in (x, mirrored))
        result[f"acc_{name}"] = accuracy_score(y, once.argmax(axis=1))
        result[f"acc_{name}_mirror"] = accuracy_score(y, (once + twice).argmax(axis=1))
    return result


def best_dense_runs():
    """Notebook 06's dense networks that go further: every recipe, five seeds."""
    return stored(best_dense, FOLDER, BEST_DENSE_VERSION, recipe=list(BEST_DENSE), refit=[False], seed=range(5))


def chosen(runs):
    """The recipe, and "_mirror" or "" for how to answer, with the highest mean accuracy on the validation images."""
    means = runs.groupby("recipe")[["acc_validation", "acc_validation_mirror"]].mean()
    score, recipe = means.unstack().idxmax()
    return recipe, score.removeprefix("acc_validation")


def refitted_runs():
    """The chosen recipe, trained on training and validation images together: five seeds."""
    recipe, _ = chosen(best_dense_runs())
    return stored(best_dense, FOLDER, BEST_DENSE_VERSION, recipe=[recipe], refit=[True], seed=range(5))


ALL_RUNS = (classifier_runs, learning_rate_runs, late_runs, best_dense_runs, refitted_runs)
