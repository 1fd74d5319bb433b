"""Lesson 06: ten classes and two, how sure, which pixels, and the best dense network."""

import io
import math

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.special import expit, log_softmax, softmax
from scipy.stats import binom, binomtest, chi2, rankdata
from sklearn.calibration import calibration_curve
from sklearn.metrics import accuracy_score, f1_score, roc_auc_score, roc_curve

from helpers import course, data, exercises, networks, plots, sweeps, training

with course.quiet_imports():
    import keras
    import tensorflow as tf

CLOTHING = np.array([1, 1, 1, 1, 1, 0, 1, 0, 0, 0])  # by class: 1 for clothing, 0 for footwear and bags
BEST_DENSE = {  # the second adds something to the first; both: peak learning rate 2e-3, cosine decay to 0, batch 256
    "wide": {"hidden": (1024, 1024), "dropout": 0.4, "epochs": 40, "mirrored": False},
    "wide, mirrored": {"hidden": (1024, 1024), "dropout": 0.4, "epochs": 40, "mirrored": True},
}
JUDGE = data.FOLDER / "fashion_classifier.npz"


@keras.saving.register_keras_serializable("course")
class FusedAdam(keras.optimizers.Adam):
    """Keras's Adam with one operation of TensorFlow per variable instead of a dozen; the same numbers to rounding.

    That saves time where the steps are many and small (a classifier at batch 64). Where XLA compiles the step, XLA does
    the same by itself. Arguments as Keras's; `amsgrad` is a ValueError, the operation lacks it.
    Adam: Kingma and Ba, ICLR 2015. The operation: `tf.raw_ops.ResourceApplyAdam`; the name is PyTorch's.
    """

    def update_step(self, gradient, variable, learning_rate):
        """Renew the two moments and the variable, in place."""
        if self.amsgrad:
            raise ValueError("FusedAdam cannot do amsgrad: take keras.optimizers.Adam")
        iterations = tf.convert_to_tensor(self.iterations)  # a variable, or a quotient where gradients are accumulated
        index, step = self._get_variable_index(variable), tf.cast(iterations + 1, variable.dtype)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            beta1_power=self.beta_1**step,
            beta2_power=self.beta_2**step,
            lr=tf.cast(learning_rate, variable.dtype),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=gradient,
        )


def fit_classifier(
    network, x, y, x_validation, y_validation, learning_rate=1e-3, seed=0, epochs=50, patience=5, callbacks=()
):
    """Compile and fit a `networks.classifier` as the report did: batch 64, the weights of the best validation loss.

    Training stops `patience` epochs after the best one, or after `epochs`. With `patience=None` it does all `epochs`,
    and keeps the weights of the last. x is (n, 784), y (n,) of int. Returns Keras's History.
    """
    loss = "binary_crossentropy" if network.output_shape[-1] == 1 else "sparse_categorical_crossentropy"
    optimizer = FusedAdam(learning_rate)
    network.compile(optimizer=optimizer, loss=loss, metrics=["accuracy"], **training.compile_options())
    callbacks = list(callbacks)
    if patience is not None:
        callbacks.append(keras.callbacks.EarlyStopping("val_loss", patience=patience, restore_best_weights=True))
    return network.fit(
        training.batches(x, y, batch_size=64, seed=seed),
        validation_data=training.batches(x_validation, y_validation, batch_size=1000, shuffle=False),
        epochs=epochs,
        shuffle=False,
        verbose=0,
        callbacks=callbacks,
    )


def fashion_judge():
    """The course's own Fashion-MNIST classifier, by which notebook 05 judges generated images.

    The report's network with ten classes, trained once on 50,000 images with seed 0; its weights are stored in data/.
    Where that file is missing, it is trained and written again (about a minute).
    """
    network = networks.classifier()
    if JUDGE.exists():
        with np.load(JUDGE, allow_pickle=False) as file:
            network.set_weights([file[name] for name in file.files])
        return network
    train, validation, _ = split_images(0)
    course.seed(0)
    network = networks.classifier()
    fit_classifier(network, *train, *validation)
    buffer = io.BytesIO()
    np.savez(buffer, *network.get_weights())
    course.write_atomically(JUDGE, buffer.getvalue())
    return network


def logits_of(network, x):
    """The logits (n, classes) of a `classifier`, in double precision: there, probabilities near 1 remain different."""
    return networks.predict(networks.up_to(network, "Logits"), x).astype("float64")


def mirrored(dataset, seed=0):
    """The same batches (x, anything), each image of x (n, side * side) mirrored with probability one half.

    Anew in each epoch. For garments: a mirrored digit would be another digit, or none.
    """

    def mirror(batch, batch_seed):
        flat, rest = batch
        side = math.isqrt(flat.shape[-1])
        turned = tf.random.stateless_uniform((tf.shape(flat)[0], 1), [seed, tf.cast(batch_seed, tf.int32)]) < 0.5
        images = tf.reshape(tf.reverse(tf.reshape(flat, (-1, side, side)), axis=[2]), tf.shape(flat))
        return tf.where(turned, images, flat), rest

    seeds = tf.data.Dataset.random(seed=seed, rerandomize_each_iteration=True)
    return tf.data.Dataset.zip(dataset, seeds).map(mirror).prefetch(2)


def split_images(seed):
    """Fashion-MNIST as in the report: 50,000 training and 10,000 validation images (two pairs), and the whole set."""
    images = data.load("fashion_mnist", profile="full")
    x, x_validation, y, y_validation = data.split(images.x_train, images.y_train, size=10_000, seed=seed)
    return (x, y), (x_validation, y_validation), images


def calibration(logits_validation, y_validation, logits_test, y_test):
    """What a temperature, chosen on validation images, does to the confidence on test images.

    Returns a dict: temperature; ece_before and ece_after (expected calibration error); the columns of `reliability`, as
    lists: confidence_before, accuracy_before, answers_before, and the same with `_after`.
    """
    result = {"temperature": temperature(logits_validation, y_validation)}
    right = logits_test.argmax(axis=1) == y_test
    for name, by in {"before": 1.0, "after": result["temperature"]}.items():
        confidence = softmax(logits_test / by, axis=1).max(axis=1)
        result[f"ece_{name}"] = calibration_error(confidence, right)
        for column, values in reliability(confidence, right).round(5).items():
            result[f"{column}_{name}"] = values.tolist()
    return result


@sweeps.repeated(version="2", runs=sweeps.grid(epochs=[50], seed=range(5)))
def ten_and_two(epochs, seed):
    """The report's two networks, and the three ways to two classes; the seed is that of split, weights and order.

    Returns a dict. Ten classes: acc_multi, f1_0 to f1_9, temperature, ece_before, ece_after. Two classes, for
    `_argmax`, `_sum` (of probabilities) and `_binary` (the direct network): acc, f1; auc of the scores of the last two,
    auc_difference (direct minus sum) with auc_low and auc_high. Paired errors of direct and arg-max: n10 (direct alone
    right), n01, p. All on the test images.
    """
    train, validation, images = split_images(seed)
    course.seed(seed)
    multi = networks.classifier()
    fit_classifier(multi, *train, *validation, seed=seed, epochs=epochs)
    course.seed(seed)
    binary = networks.classifier(2)
    two = [part for x, y in (train, validation) for part in (x, CLOTHING[y])]
    fit_classifier(binary, *two, seed=seed, epochs=epochs)

    logits, y_test = logits_of(multi, images.x_test), images.y_test
    result = {"acc_multi": accuracy_score(y_test, logits.argmax(axis=1))}
    result |= {f"f1_{i}": f1 for i, f1 in enumerate(f1_score(y_test, logits.argmax(axis=1), average=None))}
    measured = calibration(logits_of(multi, validation[0]), validation[1], logits, y_test)
    result |= {name: measured[name] for name in ("temperature", "ece_before", "ece_after")}
    return result | compare(y_test, logits, logits_of(binary, images.x_test)[:, 0])


def compare(y_test, logits_multi, logits_binary):
    """The three ways to two classes on the same images: what `ten_and_two` returns of them."""
    truth, total, direct = CLOTHING[y_test], softmax(logits_multi, axis=1) @ CLOTHING, expit(logits_binary)
    answers = {"argmax": CLOTHING[logits_multi.argmax(axis=1)]}
    answers |= {"sum": (total >= 0.5).astype(int), "binary": (direct >= 0.5).astype(int)}
    result = {}
    for name, answer in answers.items():
        result |= {f"acc_{name}": accuracy_score(truth, answer), f"f1_{name}": f1_score(truth, answer)}
    result |= {"auc_binary": roc_auc_score(truth, direct), "auc_sum": roc_auc_score(truth, total)}
    names = ("auc_difference", "auc_low", "auc_high")
    result |= dict(zip(names, auc_difference(truth, direct, total), strict=True))
    return result | dict(zip(("n10", "n01", "p"), mcnemar(truth, answers["binary"], answers["argmax"]), strict=True))


@sweeps.repeated(version="2", runs=sweeps.grid(learning_rate=[0.01, 0.001, 0.0001], epochs=[50], seed=range(5)))
def trained_at_a_rate(learning_rate, epochs, seed):
    """The ten-class network with another learning rate: acc_test, acc_validation, best_epoch, and Keras's history.

    The history is lists by epoch: loss, accuracy, val_loss and val_accuracy.
    """
    train, validation, images = split_images(seed)
    course.seed(seed)
    network = networks.classifier()
    history = fit_classifier(network, *train, *validation, learning_rate, seed, epochs).history
    sets = {"validation": validation, "test": (images.x_test, images.y_test)}
    result = {f"acc_{name}": accuracy_score(y, logits_of(network, x).argmax(axis=1)) for name, (x, y) in sets.items()}
    result |= {name: np.round(values, 5).tolist() for name, values in history.items()}
    return result | {"best_epoch": int(np.argmin(history["val_loss"])) + 1}


@sweeps.repeated(version="2", runs=sweeps.grid(epochs=[50], seed=range(5)))
def trained_to_the_end(epochs, seed):
    """The ten-class network after all its epochs, without stopping: acc_test, and its `calibration`."""
    train, validation, images = split_images(seed)
    course.seed(seed)
    network = networks.classifier()
    fit_classifier(network, *train, *validation, seed=seed, epochs=epochs, patience=None)
    logits = logits_of(network, images.x_test)
    result = {"acc_test": accuracy_score(images.y_test, logits.argmax(axis=1))}
    return result | calibration(logits_of(network, validation[0]), validation[1], logits, images.y_test)


def fit_best_dense(recipe, x, y, seed=0):
    """Fit a network by a recipe (a dict as in BEST_DENSE) to x (n, 784) and y (n,), and return it."""
    course.seed(seed)
    network = networks.classifier(hidden=recipe["hidden"], dropout=recipe["dropout"], normalise=True)
    batches = training.batches(x, keras.utils.to_categorical(y, 10), batch_size=256, seed=seed)
    warmup, steps = 2 * len(batches), recipe["epochs"] * len(batches)
    rate = keras.optimizers.schedules.CosineDecay(1e-4, steps - warmup, warmup_target=2e-3, warmup_steps=warmup)
    network.compile(
        optimizer=keras.optimizers.AdamW(rate, weight_decay=0.02),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=0.1),
        **training.compile_options(),
    )
    if recipe["mirrored"]:
        batches = mirrored(batches, seed=seed)
    network.fit(batches, epochs=recipe["epochs"], shuffle=False, verbose=0)
    return network


@sweeps.repeated(
    version="1",
    runs={
        "candidates": sweeps.grid(recipe=list(BEST_DENSE), refit=[False], seed=range(5)),
        "refitted": sweeps.grid(recipe=["wide, mirrored"], refit=[True], seed=range(5)),  # what `chosen` chooses
    },
)
def best_dense(recipe, refit, seed):
    """A dense network by a recipe of BEST_DENSE, on 50,000 images or, with `refit`, on all 60,000.

    Returns a dict: parameters; acc_test and, unless it was trained on them, acc_validation; the same with `_mirror`,
    where each image is answered by the mean of the probabilities of itself and its mirror image (test-time
    augmentation).
    """
    train, validation, images = split_images(seed)
    scored = {"validation": validation, "test": (images.x_test, images.y_test)}
    if refit:
        train = images.x_train, images.y_train
        del scored["validation"]
    network = fit_best_dense(BEST_DENSE[recipe], *train, seed)
    result = {"parameters": int(sum(np.prod(weight.shape) for weight in network.trainable_weights))}
    for name, (x, y) in scored.items():
        turned = x.reshape(-1, 28, 28)[:, :, ::-1].reshape(x.shape)
        once, twice = (softmax(logits_of(network, pixels), axis=1) for pixels in (x, turned))
        result[f"acc_{name}"] = accuracy_score(y, once.argmax(axis=1))
        result[f"acc_{name}_mirror"] = accuracy_score(y, (once + twice).argmax(axis=1))
    return result


def chosen(runs):
    """The recipe, and "_mirror" or "" for how to answer, with the highest mean accuracy on the validation images."""
    means = runs.groupby("recipe")[["acc_validation", "acc_validation_mirror"]].mean()
    score, recipe = means.unstack().idxmax()
    return recipe, score.removeprefix("acc_validation")


def mcnemar(truth, first, second):
    """McNemar's exact test of two classifiers on the same images: are their error rates equal?

    Only **discordant** images, which one of them has right and the other wrong, can tell them apart. If both err
    equally often, each discordant image is a coin toss.

    `truth`, `first` and `second` are labels (n,), whole numbers or texts: the true ones and the two answers. Returns
    n10, n01 and p: images that only the first, and only the second, has right; the two-sided exact p-value, 1 where
    there is none.
    """
    truth, first, second = data.labels(alike=True, truth=truth, first=first, second=second)
    n10 = int(np.sum((first == truth) & (second != truth)))
    n01 = int(np.sum((first != truth) & (second == truth)))
    return n10, n01, float(binomtest(n10, n10 + n01).pvalue) if n10 + n01 else 1.0


def auc_difference(truth, first, second, draws=1000, level=0.95, seed=0):
    """AUC of the first score minus that of the second, with a paired bootstrap interval.

    Each draw takes as many images of either class as there are, with replacement, and both scores on the same images.

    `truth` is (n,) of 0 and 1, `first` and `second` are scores (n,), higher for class 1; other lengths, or one class
    alone, are a ValueError. `level` is the share of the draws within the interval; equal shares lie above and below it.
    Returns difference, low and high.
    """
    truth, first, second = data.numbers("n", truth=truth, first=first, second=second)
    networks.whole_numbers(draws=draws)
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level!r}")
    if set(np.unique(truth)) != {0, 1}:
        raise ValueError(f"truth must hold both classes, 0 and 1; it holds {np.unique(truth)[:5].tolist()}")
    rng, differences = np.random.default_rng(seed), []
    negative, positive = (np.flatnonzero(truth == label) for label in (0, 1))
    once = np.concatenate([negative, positive])
    for start in range(0, draws, 50):  # blocks, for the memory
        size = min(50, draws - start)
        blocks = [rng.multinomial(len(own), np.full(len(own), 1 / len(own)), size) for own in (negative, positive)]
        for times in np.hstack(blocks):  # how often each image is drawn
            rows = np.repeat(once, times)
            differences.append(_auc(first[rows], len(negative)) - _auc(second[rows], len(negative)))
    low, high = np.quantile(differences, [(1 - level) / 2, (1 + level) / 2])
    difference = _auc(first[once], len(negative)) - _auc(second[once], len(negative))
    return float(difference), float(low), float(high)


def _auc(scores, negatives):
    """Area under the ROC curve of scores (n,), the first `negatives` of class 0, by Mann and Whitney's sum of ranks."""
    positives = len(scores) - negatives
    return (rankdata(scores)[negatives:].sum() - positives * (positives + 1) / 2) / (negatives * positives)


def reliability(confidence, right, bins=15):
    """Answers by their confidence: a row per bin that holds an answer, `confidence` and `accuracy` (means), `answers`.

    `confidence` (n,) is the probability, 0 to 1, that a network gives its own answer, `right` (n,) of bool says whether
    it is right; the `bins` are of equal width. Returns a DataFrame. The means are scikit-learn's `calibration_curve`.
    """
    confidence, right = data.numbers("n", low=0, high=1, confidence=confidence, right=right)
    data.numbers("n", whole=True, right=right)
    networks.whole_numbers(bins=bins)
    accuracy, mean = calibration_curve(right, confidence, n_bins=bins)
    answers = np.bincount(np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], confidence))  # its bins
    return pd.DataFrame({"confidence": mean, "accuracy": accuracy, "answers": answers[answers > 0]})


def calibration_error(confidence, right, bins=15):
    """Expected calibration error: the mean gap between confidence and accuracy of `reliability`, by number of answers.

    With few answers per bin it is above 0 even for a perfect network, because accuracies of small groups scatter.
    """
    table = reliability(confidence, right, bins)
    return float(np.average((table.confidence - table.accuracy).abs(), weights=table.answers))


def temperature(logits, labels):
    """The temperature T that makes the cross-entropy of softmax(logits / T) smallest; above 1 where too confident.

    Choose it on validation images. It changes no answer, since it keeps the order of the logits (n, classes); `labels`
    are (n,) of int. It lies between 0.05 and 20.
    """
    logits = data.numbers("n", "classes", logits=logits).astype("float64")
    labels = data.numbers(len(logits), whole=True, low=0, high=logits.shape[1] - 1, labels=labels).astype(int)
    rows = np.arange(len(labels))

    def cost(log_t):
        return -log_softmax(logits / np.exp(log_t), axis=1)[rows, labels].mean()

    return float(np.exp(minimize_scalar(cost, bounds=np.log([0.05, 20]), method="bounded").x))


def stored_reliability(runs, seed=0):
    """The `reliability` of one run of `trained_to_the_end`, as trained and scaled by its temperature: a dict."""
    run, names = runs.iloc[seed], {"as trained": "before", "scaled": "after"}
    columns = ("confidence", "accuracy", "answers")
    return {name: pd.DataFrame({c: run[f"{c}_{key}"] for c in columns}) for name, key in names.items()}


def draw_curves(history):
    """Loss and accuracy by epoch of training and validation, with the epoch of the lowest validation loss marked.

    `history` is a keras History with loss, val_loss, accuracy and val_accuracy.
    """
    figure, axes = plt.subplots(1, 2, figsize=(9, 4.2))
    best = int(np.argmin(history.history["val_loss"]))
    for axis, name, label in zip(axes, ("loss", "accuracy"), ("cross-entropy (nats)", "accuracy"), strict=True):
        plots.by_epoch(axis, history.history, name, ("training (with dropout)", "validation"), plots.VALIDATION)
        axis.axvline(best + 1, color=plots.REFERENCE, linestyle="--", linewidth=1.4)
        kept = history.history[f"val_{name}"][best]
        axis.plot(best + 1, kept, "*", markersize=20, color="black", label=f"kept: epoch {best + 1}")
        axis.set_ylabel(label)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=3, frameon=False)
    return figure


def draw_reliability(panels):
    """Accuracy against confidence; below the diagonal a network is too sure of itself. The size of a dot is its share.

    `panels` is a dict of title to a dict of label to table (columns confidence, accuracy, answers). Bins of fewer
    than 20 answers are left out: their share of right answers is mostly chance.
    """
    figure, axes = plt.subplots(1, len(panels), figsize=(9, 4.6), squeeze=False, sharey=True)
    for axis, (title, tables) in zip(axes[0], panels.items(), strict=True):
        axis.plot([0, 1], [0, 1], color="0.5", linewidth=1.4)
        for (label, table), tint, marker in zip(tables.items(), plots.CLASS_COLOURS[3:5], "so", strict=False):
            table = table[table.answers >= 20]
            axis.plot(table.confidence, table.accuracy, marker, linestyle="-", color=tint, linewidth=1.4, label=label)
            style = {"s": 60 + 400 * table.answers / table.answers.sum(), "edgecolor": "white", "zorder": 3}
            axis.scatter(table.confidence, table.accuracy, color=tint, marker=marker, **style)
        axis.set(title=title, xlabel="probability of the answer", xlim=(0, 1.02), ylim=(0, 1.02))
        axis.legend(frameon=False, loc="upper left")
    axes[0, 0].set_ylabel("share of right answers")
    return figure


def draw_ways(image):
    """The three ways from an image (784,) to clothing or not: two of them share a network, the third has its own."""
    layers = {"$x$": (0, 0.6, 784), "hidden": (1.2, 0.6, 128), "ten classes": (2.4, 0.6, 10)}
    layers |= {"↑": (3.5, 1.05, None), "Σ": (3.5, 0.15, None)}
    layers |= {"$x$ ": (0, -0.85, 784), "hidden ": (1.2, -0.85, 128), "one": (2.4, -0.85, 1), "½": (3.5, -0.85, None)}
    ways = {"↑": "arg-max: the group of\nthe likeliest class", "Σ": "sum over clothing:\nat least one half?"}
    arrows = [("$x$", "hidden"), ("hidden", "ten classes"), ("ten classes", "↑"), ("ten classes", "Σ")]
    arrows += [("$x$ ", "hidden "), ("hidden ", "one"), ("one", "½")]
    figure = plots.network(layers, arrows, image)
    (axis,) = figure.axes
    for name, text in (ways | {"½": "direct: clothing,\nat least one half?"}).items():
        axis.text(3.75, layers[name][1], text, va="center", fontsize=14)
    axis.set(xlim=(-1.3, 6), ylim=(-1.55, 1.4))
    figure.set_size_inches(9, 3.9)
    return figure


def draw_spread(redrawn, seeds, reported):
    """Accuracies on redrawn test images as a histogram, those of other `seeds` as dots, and what rounds to `reported`.

    `reported` has two digits, so it stands for all values less than half a hundredth away.
    """
    figure, axis = plt.subplots(figsize=(9, 3.6))
    top = axis.hist(redrawn, bins=20, color=plots.COLOURS["classifier"])[0].max()
    axis.plot(seeds, np.full(len(seeds), -0.14 * top), "o", color=plots.COLOURS["test images"], markersize=10)
    style = {"marker": "D", "markersize": 11, "markerfacecolor": "white", "capsize": 8, "linewidth": 2}
    axis.errorbar(reported, -0.36 * top, xerr=0.005, color="black", **style)
    names = {0.5: "other test images,\nthe same network", -0.14: "other seeds,\nthe same test images", -0.36: "report"}
    for height, name in names.items():
        axis.text(1.01, height * top, name, transform=axis.get_yaxis_transform(), va="center", fontsize=13)
    axis.set(xlabel="test accuracy", yticks=[], ylim=(-0.5 * top, 1.05 * top))
    axis.spines["left"].set_visible(False)
    return figure


def draw_confusions(matrix, names):
    """A confusion matrix (10, 10) of Fashion-MNIST with clothing first, and lines between the groups.

    Only mistakes are coloured, and a 0 is not written: so the back row sees where they are. `names` are the classes'.
    """
    order = np.argsort(1 - CLOTHING, kind="stable")
    table, labels = np.asarray(matrix)[np.ix_(order, order)], [names[number] for number in order]
    figure, axis = plt.subplots(figsize=(9, 6.2))
    mistakes = np.where(np.eye(10, dtype=bool) | (table == 0), np.nan, table)
    axis.imshow(mistakes, cmap="Oranges", vmin=0, vmax=200, aspect="auto")
    for row, column in np.argwhere(table):
        style = {"color": "0.4"} if row == column else {"weight": "bold"} if table[row, column] >= 20 else {}
        axis.text(column, row, table[row, column], ha="center", va="center", fontsize=16, **style)
    for line in (axis.axvline, axis.axhline):
        line(CLOTHING.sum() - 0.5, color="black", linewidth=2.5)
    axis.set_xticks(range(10), labels, rotation=35, ha="right", rotation_mode="anchor")
    axis.set_yticks(range(10), labels)
    axis.tick_params(length=0, labelsize=14)
    axis.set(xlabel="answer", ylabel="true class")
    return figure


def draw_mcnemar(discordant, visible, shared, p):
    """Left, how chance splits `discordant` images; right, the p-value (k,) by the number of errors `shared` (k,).

    Differences of at least `visible`, either way, are coloured: they have p < 0.05.
    """
    figure, axes = plt.subplots(1, 2, figsize=(9, 4))
    heads = np.arange(discordant + 1)
    difference, chance = 2 * heads - discordant, binom.pmf(heads, discordant, 0.5)
    far, seen = np.abs(difference) >= visible, chance > 1e-6
    for chosen, tint in ((~far, plots.COLOURS["hidden"]), (far, plots.ORANGE)):
        axes[0].bar(difference[chosen & seen], chance[chosen & seen], width=1.6, color=tint)
    axes[0].text(0.98, 0.75, "coloured:\np < 0.05", transform=axes[0].transAxes, ha="right", fontsize=13)
    axes[0].set(xlabel="difference in errors", ylabel="chance", title=f"{discordant} discordant images")
    axes[1].plot(shared, p, "o", fillstyle="none", color=plots.COLOURS["report"])
    axes[1].axhline(0.05, color=plots.REFERENCE, linestyle="--")
    axes[1].text(0, 0.04, "p = 0.05", va="top", fontsize=13)
    axes[1].set(xlabel="errors that both networks share", ylabel="p-value", yscale="log", title="54 against 72 errors")
    plots.log_ticks(axes[1], y=[0.1, 0.01, 0.001, 0.0001])
    return figure


def draw_roc(truth, scores, points):
    """ROC curves on two logarithmic axes, which spread the corner where a good classifier lies.

    `truth` is (n,) of 0 and 1, `scores` a dict of str to array (n,), higher for class 1. `points` is a dict of str to
    (false, true positive rate) of decisions without a score; those of the report are hollow.
    """
    figure, axis = plt.subplots(figsize=(9, 5))
    lowest, ticks = 0.5 / len(truth), [0.1, 0.01, 0.001, 0.0001]  # the first stands for 0, which has no logarithm
    for (name, score), tint, style in zip(scores.items(), plots.CLASS_COLOURS, ("-", "--", ":"), strict=False):
        false_rate, true_rate, _ = roc_curve(truth, score)
        axis.plot(false_rate.clip(lowest), (1 - true_rate).clip(lowest), style, color=tint, linewidth=2.5, label=name)
    for (name, (false_rate, true_rate)), marker in zip(points.items(), "XDs", strict=False):
        style = {"markersize": 11, "markeredgewidth": 2, "fillstyle": "none" if "report" in name else "full"}
        axis.plot(max(false_rate, lowest), max(1 - true_rate, lowest), marker, color="black", label=name, **style)
    axis.set(xscale="log", yscale="log", xlim=(0.9 * lowest, 1), ylim=(1, 0.9 * lowest))
    plots.log_ticks(axis, ticks)
    axis.set_yticks(ticks, [f"{1 - tick:g}" for tick in ticks])
    axis.grid(color="0.9")
    axis.set(xlabel="footwear and bags called clothing (false positive rate)")
    axis.set(ylabel="clothing found (true positive rate)")
    axis.legend(loc="lower right", fontsize=13)
    return figure


def right_table(matrix, groups):
    """Each number is the sum of a block of the matrix: true group by row, answered group by column.

    A grouping forgives what happens inside a group. The fewer mistakes cross a border, the higher its accuracy.
    """
    numbers = range(max(groups) + 1)
    return np.array([[matrix[groups == row][:, groups == column].sum() for column in numbers] for row in numbers])


@exercises.exercise(
    "06.1",
    right=right_table,
    wrong={
        "a row and a column for each": lambda matrix, groups: right_table(matrix, groups).ravel(),
        "more than two groups": lambda matrix, groups: right_table(matrix, np.minimum(groups, 1)),
        "a class is lost": lambda matrix, groups: right_table(matrix, groups) - np.eye(max(groups) + 1),
        "rows and columns are exchanged": lambda matrix, groups: right_table(matrix, groups).T,
        "group 0 comes first": lambda matrix, groups: right_table(matrix, groups)[::-1, ::-1],
        "Look at the columns": lambda matrix, groups: right_table(matrix, groups)[:, ::-1],
    },
    wanted="a table, rows the true groups",
)
def check_table(table, matrix):
    """`table(matrix, groups)` must sum the blocks of `matrix` for any number of groups."""
    for groups in (CLOTHING, np.array([0, 1, 0, 2, 0, 3, 0, 3, 4, 3])):
        answer, right = np.asarray(table(matrix, groups), dtype=float), right_table(matrix, groups)
        if answer.shape != right.shape:
            yield "a row and a column for each group are wanted, and there can be more than two groups."
        if np.array_equal(answer, right):
            continue
        if np.array_equal(answer, right.T):
            yield "rows and columns are exchanged: a row is a true group, a column an answer."
        if np.allclose(answer.sum(axis=1), right.sum(axis=1)):
            yield "the rows have the right sums. Look at the columns: the answers, group 0 first."
        if answer.sum() < matrix.sum():
            yield "the numbers do not sum to all images: a class is lost.", f"{answer.sum():,.0f}", f"{matrix.sum():,}"
        yield "group 0 comes first, in rows and columns."
    tops = right_table(matrix, np.isin(np.arange(10), [0, 2, 4, 6]).astype(int))
    return f"With tops against the rest, {np.trace(tops) / tops.sum():.1%} are right."


def right_p_value(n10, n01):
    """Twice the smaller tail: a split that is as uneven in the other direction would surprise as much.

    A tie lies in both tails, so the sum is cut at 1; without a discordant image it is 1, too.
    """
    from scipy.stats import binom

    return min(1.0, 2 * binom.cdf(min(n10, n01), n10 + n01, 0.5))


@exercises.exercise(
    "06.2",
    right=right_p_value,
    wrong={
        "this is one-sided": lambda n10, n01: binom.cdf(min(n10, n01), n10 + n01, 0.5),
        "cut at 1": lambda n10, n01: 2 * binom.cdf(min(n10, n01), n10 + n01, 0.5),
        "this is the chi-squared approximation": lambda n10, n01: chi2.sf((n10 - n01) ** 2 / max(n10 + n01, 1), 1),
        "count the splits that are at least as uneven": lambda n10, n01: 0.5,
    },
)
def check_p_value(p_value):
    """`p_value(n10, n01)` must be the two-sided exact p-value of McNemar's test."""
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
            yield f"{case} it is no probability. A tie is in both tails: cut at 1."
        yield f"{case}, count the splits that are at least as uneven, in both directions."


def right_threshold(validation, test):
    """Choose on the validation images: nobody has the test images when a threshold is chosen.

    On the test images the share of false alarms need not stay below one in a thousand: it was estimated on few images.
    """
    truth, scores = validation
    false_rate, true_rate, thresholds = roc_curve(truth, scores, drop_intermediate=False)
    return thresholds[false_rate <= 0.001][-1]


@exercises.exercise(
    "06.3",
    right=right_threshold,
    wrong={
        "this threshold was chosen on the test images": lambda validation, test: right_threshold(test, validation),
        "too many of the negatives are called positive": lambda validation, test: np.median(validation[1]),
        "more of the positives can be found": lambda validation, test: np.max(validation[1]),
    },
    wanted="a number",
)
def check_threshold(choose, validation, test):
    """`choose(validation, test)` must be the lowest threshold with at most 0.001 false positives on validation images.

    `validation` and `test` are pairs (truth, scores), each (n,); an image is called positive where its score is not
    below the threshold.
    """
    threshold = float(choose(validation, test))
    truth, scores = validation
    called, best = scores >= threshold, scores >= right_threshold(validation, test)
    false, caught, possible = called[truth == 0].mean(), called[truth == 1].mean(), best[truth == 1].mean()
    if (false > 0.001 or caught < possible) and threshold == right_threshold(test, validation):
        yield "this threshold was chosen on the test images, which nobody has when a threshold is chosen."
    if false > 0.001:
        yield "too many of the negatives are called positive on the validation images.", f"{false:.2%}", "at most 0.10%"
    if caught < possible:
        yield "few enough false alarms, but more of the positives can be found.", f"{caught:.2%}", f"{possible:.2%}"
    false, caught = ((test[1] >= threshold)[test[0] == label].mean() for label in (0, 1))
    return f"On the test images it finds {caught:.2%} of the positives, with {false:.2%} false alarms."
