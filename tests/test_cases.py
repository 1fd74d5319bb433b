"""What went wrong, and damage of the same kinds: Keras's global state (D), what networks are given (E), scores (F).

A case is kind, name, what must come of it, and an action. What must come is a regular expression of the message (a
clear refusal), or None: the action survives, and returns pairs of what it found and what is right.
"""

import contextlib
import copy
import functools
import inspect
import os
import pickle
import re
import subprocess
import sys

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from sklearn.decomposition import PCA

from helpers import clustering, course, networks, scores, training, vae
from lessons import classifier, vae_fashion

RNG = np.random.default_rng(0)
X, Y = RNG.random((40, 64), dtype="float32"), np.arange(40) % 10  # images of 8 by 8 pixels, and classes
TINY = {"hidden": (8,), "latent_dim": 2, "pretrain_epochs": 1, "max_iter": 1, "batch_size": 20, "n_init": 1}
TRUTH, FIRST, SECOND = (np.array(list(word)).astype(int) for word in ("0110110101", "0110010111", "1110110100"))
TEXTS = np.array(["trouser", "coat"])
OTHER = {"policy": "mixed_float16"}
CASES = []


def case(kind, name, said=None):
    """Add a function, or a lambda, to CASES."""
    return lambda action: CASES.append((kind, name, said, action))


def outcome(action, said):
    """survived, clear, raw (another error) or silent (a wrong result, or none of the errors), and why."""
    try:
        with np.errstate(all="ignore"):
            pairs = action()
    except Exception as error:
        return "clear" if said and re.search(said, str(error)) else "raw", f"{type(error).__name__}: {error}"
    if said:
        return "silent", pairs
    for found, right in pairs if isinstance(pairs, list) else [pairs]:
        try:
            np.testing.assert_allclose(found, right, rtol=2e-3, atol=1e-4)
        except AssertionError as error:
            return "silent", error
    return "survived", None


def wants_a_folder(action):
    return "tmp" in inspect.signature(action).parameters


@contextlib.contextmanager
def globally(policy=None, floatx="float32", images="channels_last"):
    """Keras with another dtype policy, float type or data format, until the end of the block."""
    before = keras.config.dtype_policy()
    try:
        keras.config.set_floatx(floatx)
        keras.config.set_dtype_policy(policy or floatx)
        keras.config.set_image_data_format(images)
        yield
    finally:
        keras.config.set_floatx("float32")
        keras.config.set_dtype_policy(before)
        keras.config.set_image_data_format("channels_last")


def same(function, *given, **other):
    """What a function returns while Keras is set otherwise, and what it returns without that."""
    with globally(**other):
        found = function(*given)
    return found, function(*given)


def model(built=None, **settings):
    """A small VAE, always the same, compiled."""
    keras.utils.set_random_seed(0)
    made = (built or functools.partial(vae.VariationalAutoencoder, hidden=(8,)))(features=64, seed=0, **settings)
    made.compile(keras.optimizers.Adam(0.01), run_eagerly=True)
    return made


def losses(*feed, settings=(), built=None, **fit):
    """The losses of two epochs on what feeds `fit`."""
    steps = {"epochs": 2, "verbose": 0, "shuffle": False} | fit
    return model(built, **dict(settings)).fit(*feed, **steps).history["loss"]


def refused(*feed, settings=(), **fit):
    return lambda: losses(*feed, settings=settings, **fit)


def of_kind(**settings):
    """A function of the losses of a VAE with these settings."""
    feed = [[X, Y[:, None]], X] if "classes" in settings else [X, X]
    return functools.partial(losses, *feed, settings=settings)


def clustered(**parameters):
    """Codes and labels of a small DeepClustering; a code that is not float32 is an error."""
    found = clustering.DeepClustering(**TINY | {"n_clusters": 3, "random_state": 0} | parameters).fit(X)
    codes = found.transform(X)
    assert codes.dtype == np.float32 == found.cluster_centers_.dtype
    return np.concatenate([codes, found.labels_[:, None], found.predict(X)[:, None]], axis=1)


def python(code, closed=False, **environment):
    """What a fresh Python prints; where it fails, a RuntimeError with the last line of its errors."""
    if closed:  # no error stream, as under pythonw
        code = f"import os; os.close(2); {code}"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=course.ROOT, env=os.environ | environment
    )
    if done.returncode:
        raise RuntimeError((done.stderr.strip() or f"exit code {done.returncode}").splitlines()[-1])
    return done.stdout.strip()


# D: Keras's global state


def turned():
    return np.asarray(next(iter(training.distorted(training.batches(X, batch_size=40, shuffle=False))))[0])


CONVOLUTIONAL = {"kind": "convolutional"}
for name, function, other in [
    ("channels first, augmentation", turned, {"images": "channels_first"}),
    ("channels first, convolutional VAE", of_kind(**CONVOLUTIONAL), {"images": "channels_first"}),
    ("mixed_float16, VAE", of_kind(), OTHER),
    ("float64 policy, DeepClustering", clustered, {"policy": "float64"}),
    ("float64 policy, VAE-GAN", functools.partial(losses, X, X, built=vae_fashion.VaeGan), {"policy": "float64"}),
    # of our own
    ("mixed_bfloat16, convolutional VAE", of_kind(**CONVOLUTIONAL), {"policy": "mixed_bfloat16"}),
    ("mixed_float16, VAE-GAN", functools.partial(losses, X, X, built=vae_fashion.VaeGan), OTHER),
    ("floatx float64, VAE", of_kind(), {"floatx": "float64"}),
    ("floatx float16, conditional VAE", of_kind(classes=10), {"floatx": "float16"}),
    ("channels first and floatx float64", of_kind(**CONVOLUTIONAL), {"images": "channels_first", "floatx": "float64"}),
    ("channels first, conditional convolutional VAE", of_kind(classes=10, **CONVOLUTIONAL), {"images": "channels_first"}),
    ("mixed_float16, DeepClustering", clustered, OTHER),
    ("floatx float64, DeepClustering", clustered, {"floatx": "float64"}),
    ("channels first, SSIM", lambda: scores.structural_similarity(np.tile(X, 13)[:, :784], np.tile(X, 13)[:, 1:785]),
     {"images": "channels_first"}),
]:  # fmt: skip
    case("D", name)(functools.partial(same, function, **other))


@case("D", "mixed_float16, soft and balanced clustering with augmentation and information epochs")
def _():
    more = {"assignments": "balanced", "augmentation": {"degrees": 10}, "information_epochs": 1}
    return same(lambda: clustered(**more), **OTHER)


@case("D", "the policy changes between building and fitting")
def _():
    made, other = model(), model()
    with globally(**OTHER):
        found = made.fit(X, X, epochs=2, verbose=0, shuffle=False).history["loss"]
    return found, other.fit(X, X, epochs=2, verbose=0, shuffle=False).history["loss"]


def saved_and_loaded(tmp, saving, loading, **settings):
    """An encoding before and after a file, saved and loaded under two global settings."""
    path = os.path.join(tmp, "vae.keras")
    with globally(**saving):
        made = model(**settings)
        before = made.reconstruct(X)
        made.save(path)
    with globally(**loading):
        return keras.saving.load_model(path).reconstruct(X), before


@case("D", "saved under mixed_float16, loaded without")
def _(tmp):
    return saved_and_loaded(tmp, OTHER, {})


@case("D", "saved with channels last, loaded with channels first and float64")
def _(tmp):
    return saved_and_loaded(tmp, {}, {"images": "channels_first", "floatx": "float64"}, **CONVOLUTIONAL)


@case("D", "a DeepClustering pickled under one policy predicts under another")
def _():
    found = clustering.DeepClustering(3, random_state=0, **TINY).fit(X)
    with globally(policy="float64"):
        return pickle.loads(pickle.dumps(found)).transform(X), found.transform(X)


@case("D", "a failed build leaves the policy as it was")
def _():
    with globally(**OTHER):
        with contextlib.suppress(ValueError):
            networks.autoencoder(0)
        networks.autoencoder(2, hidden=(3,), features=4)
        return keras.config.dtype_policy().name == "mixed_float16", True


@case("D", "a network that is float32 whatever the policy")
def _():
    with globally(**OTHER):
        made = networks.classifier(features=64)
    return {layer.compute_dtype for layer in made.layers} == {"float32"}, True


CASES += [
    ("D", "another type asked for", "dtype must be float32.*leave it out", lambda: model(dtype="mixed_float16")),
]  # fmt: skip
SAID = "Keras is set to the backend {}, and this course needs TensorFlow: set KERAS_BACKEND=tensorflow"
START = "from helpers import course; course.start()"
CASES += [
    ("D", "the backend NumPy", SAID.format("(numpy|jax)"), lambda: python(START, KERAS_BACKEND="numpy")),
    ("D", "the backend torch, not installed", SAID.format("torch"), lambda: python(START, KERAS_BACKEND="torch")),
    ("D", "the backend jax, a helper without start", SAID.format("jax"),
     lambda: python("from helpers import networks", KERAS_BACKEND="jax")),
]  # fmt: skip


@case("D", "the backend torch, installed", SAID.format("torch"))
def _():
    kept, keras.config.backend = keras.config.backend, lambda: "torch"
    try:
        course.start()
    finally:
        keras.config.backend = kept


@case("D", "a keras.json with other types: start sets the text's")
def _(tmp):
    with open(os.path.join(tmp, "keras.json"), "w") as file:
        file.write('{"floatx": "float64", "backend": "tensorflow", "image_data_format": "channels_first"}')
    ask = "import keras; print(keras.layers.Dense(1).dtype, keras.config.image_data_format())"
    return python(f"{START}; {ask}", KERAS_HOME=tmp).endswith("float32 channels_last"), True


@case("D", "no sys.stderr")
def _():
    kept, sys.stderr = sys.stderr, None
    try:
        with course.quiet_imports():
            return True, True
    finally:
        sys.stderr = kept


@case("D", "sys.stderr is closed")
def _():
    kept, sys.stderr = sys.stderr, open(os.devnull, "w")
    sys.stderr.close()
    try:
        with course.quiet_imports():
            return True, True
    finally:
        sys.stderr = kept


@case("D", "a process without an error stream")
def _():
    code = "from helpers import course\nwith course.quiet_imports(): print('in')"
    return python(f"exec({code!r})", closed=True) == "in", True


# E: what networks and the estimator are given

PIXELS = r"images must be finite numbers from 0 to 1 of shape \(n, 64\); got .*divide pixels by 255"
STANDARD, BYTES, HOLED = (X - X.mean()) / X.std(), X * 255, np.where(X > 0.99, np.nan, X)


class Sequence(keras.utils.PyDataset):
    """Two batches of x."""

    def __init__(self, x):
        super().__init__()
        self.x = x

    def __len__(self):
        return 2

    def __getitem__(self, index):
        part = self.x[20 * index : 20 * index + 20]
        return part, part


def generator(*arrays):
    """Two epochs of two batches."""
    for start in (0, 20, 0, 20):
        yield tuple(array[start : start + 20] for array in arrays)


def batches(*arrays, **settings):
    return training.batches(*arrays, batch_size=20, **settings)


CONDITIONAL = {"classes": 10}
WEIGHTS = np.linspace(0, 3, 40)
for name, x in {"standardised": STANDARD, "0 to 255": BYTES, "NaN": HOLED, "infinite": np.full_like(X, np.inf)}.items():
    case("E", f"VAE, {name} pixels in batches", PIXELS)(refused(batches(x)))
for name, classes in {"NaN": Y * np.nan, "1.5": Y + 0.5, "10": Y + 1, "text": Y.astype(str)}.items():
    case("E", f"VAE, a class {name}", r"classes must be whole numbers from 0 to 9 of shape \(40,\); got")(
        refused([X, classes[:, None]], X, settings=CONDITIONAL)
    )
CASES += [
    ("E", "sample_weight is the weighted loss", None, lambda: weighted(X, X, sample_weight=WEIGHTS)),
    ("E", "fit(x), an array", None, lambda: (losses(X), losses(X, X))),
]  # fmt: skip


def weighted(*feed, **fit):
    """The loss of a first step that weighs images, and the same from the terms of each image."""
    found = losses(*feed, epochs=1, batch_size=40, **fit)
    made = model()
    answer = made(X)
    each = vae.reconstruction_loss(X, answer["logits"]) + vae.kl_divergence(answer["mean"], answer["log_var"])
    return found, [np.mean(np.asarray(each) * WEIGHTS)]


@case("E", "a VAE is exported")
def _(tmp):
    pairs = []
    for settings, feed in (({}, X), (CONDITIONAL, [X, Y[:, None]])):
        made = model(**settings)
        made.fit(feed, X, verbose=0)
        made.export(os.path.join(tmp, "exported"), verbose=False)
        given = [tf.constant(X), tf.constant(Y[:, None], "int32")] if settings else tf.constant(X)
        loaded = tf.saved_model.load(os.path.join(tmp, "exported"))
        pairs.append((loaded.serve(given)["mean"], made.encode(X, Y if settings else None)[0]))
    return pairs


@case("E", "a fitted VAE is saved, loaded and fitted further")
def _(tmp):
    made = model()
    made.fit(X, X, verbose=0)
    made.save(os.path.join(tmp, "vae.keras"))
    again = keras.saving.load_model(os.path.join(tmp, "vae.keras"))
    return [(again.encode(X), made.encode(X)), (again.fit(X, verbose=0).history["kl"][0] > 0, True)]


DIVERGED = "the fit diverged in .*: lower learning_rate, or scale X"
for name, scale, parameters in [
    ("a learning rate of 1e6", 1, {"learning_rate": 1e6, "pretrain_epochs": 3, "max_iter": 3}),
    ("values of 1e20", 1e20, {}),
    # of our own
    ("values of 1e18", 1e18, {}),
    ("values of 1e25 without pretraining", 1e25, {"pretrain_epochs": 0}),
    ("values of 1e19, soft assignments", 1e19, {"assignments": "soft", "pretrain_epochs": 0}),
    ("a learning rate of 1e12, soft, over-clustering", 1,
     {"learning_rate": 1e12, "assignments": "soft", "overcluster": 6, "pretrain_epochs": 0}),
]:  # fmt: skip
    case("E", f"DeepClustering, {name}", DIVERGED)(
        lambda scale=scale, parameters=parameters: clustering.DeepClustering(
            3, random_state=0, **TINY | parameters
        ).fit((X - 0.5) * np.float32(scale))
    )


def classified(y, classes=10, x=X, **fit):
    """Losses of the lesson's way to fit a classifier."""
    keras.utils.set_random_seed(0)
    made = networks.classifier(classes, hidden=(8,), features=64)
    return classifier.fit_classifier(made, x, y, X, Y % 2, epochs=1, patience=None).history["loss"]


def plain(network, *feed, loss="mse", **fit):
    network.compile("adam", loss=loss)
    return network.fit(*feed, verbose=0, **fit).history["loss"]


CASES += [
    ("E", "a classifier for one class", "classes must be a whole number of at least 2, got 1",
     lambda: networks.classifier(1)),
    ("E", "ten labels for two classes", "y must be finite numbers from 0 to 1 .*to 9: the network is for 2 classes",
     lambda: classified(Y, 2)),
    ("E", "labels 1 to 10", "y must be whole numbers from 0 to 9 .*1 to 10: the network is for 10 classes",
     lambda: classified(Y + 1)),
]  # fmt: skip


def stepped(optimizer, **settings):
    """Weights after four steps, of which two are accumulated at a time."""
    keras.utils.set_random_seed(0)
    made = keras.Sequential([keras.Input((64,)), keras.layers.Dense(3)])
    made.compile(optimizer(0.01, gradient_accumulation_steps=2, **settings), loss="mse")
    made.fit(X, X[:, :3], batch_size=10, epochs=2, shuffle=False, verbose=0)
    return made.get_weights()[0]


for settings in ({}, {"clipnorm": 0.1}, {"use_ema": True, "weight_decay": 0.1}):
    case("E", f"FusedAdam under gradient accumulation {settings}")(
        lambda settings=settings: (
            stepped(classifier.FusedAdam, **settings),
            stepped(keras.optimizers.Adam, **settings),
        )
    )

# of our own: other feeds
CASES += [
    ("E", "VAE, NaN from a generator", PIXELS, lambda: losses(generator(HOLED, HOLED), steps_per_epoch=2)),
    ("E", "VAE, 0 to 255 from a PyDataset", PIXELS, refused(Sequence(BYTES))),
    ("E", "VAE, bytes in a dataset", PIXELS,
     refused(tf.data.Dataset.from_tensor_slices(BYTES.astype("uint8")).batch(20))),
    ("E", "VAE, standardised validation arrays", PIXELS, refused(X, validation_data=(STANDARD, STANDARD))),
    ("E", "VAE, a validation dataset of 0 to 255", PIXELS, refused(X, validation_data=batches(BYTES))),
    ("E", "VAE, targets outside", "y must be finite numbers from 0 to 1 of shape", refused(X, BYTES)),
    ("E", "VAE, targets outside in a dataset", "y must be finite numbers from 0 to 1", refused(batches(X, STANDARD))),
    ("E", "VAE, square images", PIXELS, refused(X.reshape(-1, 8, 8))),
    ("E", "VAE, texts", PIXELS, refused(X.astype(str))),
    ("E", "VAE, a conditional one without classes", "classes must be whole numbers from 0 to 9",
     refused(X, X, settings=CONDITIONAL)),
    ("E", "VAE, classes that nobody asked for", "x must be images alone", refused([X, Y[:, None]], X)),
    ("E", "VAE, weights of another length", "sample_weight must be finite numbers of at least 0 of shape",
     refused(X, X, sample_weight=WEIGHTS[:7])),
]  # fmt: skip
for name, weights in {"NaN": WEIGHTS * np.nan, "negative": -WEIGHTS}.items():
    case("E", f"VAE, {name} weights", "sample_weight must be finite numbers of at least 0")(
        refused(X, X, sample_weight=weights)
    )
CASES += [
    ("E", "VAE, an empty generator", "the generator is empty: it must yield batches", refused(i for i in ())),
    ("E", "VAE, an empty array", PIXELS, refused(X[:0])),
    ("E", "VAE, weights in a dataset", None,
     lambda: weighted(tf.data.Dataset.from_tensor_slices((X, X, WEIGHTS)).batch(40))),
    ("E", "VAE, weights in evaluate", None,
     lambda: (model().evaluate(X, X, sample_weight=WEIGHTS, batch_size=40, verbose=0, return_dict=True)["loss"],
              weighted(X, X, sample_weight=WEIGHTS)[1][0])),
    ("E", "VAE, fit(x) from a dataset and a generator", None,
     lambda: [(losses(tf.data.Dataset.from_tensor_slices(X).batch(20)), losses(X, batch_size=20)),
              (losses(generator(X, X), steps_per_epoch=2), losses(X, batch_size=20))]),
    ("E", "VAE, the first batch is neither lost nor drawn twice", None,
     lambda: (losses(batches(X)), losses(batches(X).map(lambda x, y: (x, y))))),
    ("E", "VAE, classes of shape (n,), as floats, in a dataset", None,
     lambda: (losses(tf.data.Dataset.from_tensor_slices(((X, Y.astype("float64")), X)).batch(20), settings=CONDITIONAL),
              losses([X, Y[:, None]], X, settings=CONDITIONAL, batch_size=20))),
    ("E", "VAE-GAN, fit(x) and weights of 1", None,
     lambda: (losses(X, built=vae_fashion.VaeGan, sample_weight=np.ones(40)), losses(X, X, built=vae_fashion.VaeGan))),
]  # fmt: skip
SETTINGS = {
    "beta": ("1", None, 1j), "hidden": (5, "64", (2.5,), None), "features": (0, "784"), "variational": ("no",),
    "seed": (1.5, "x"), "classes": (True, 2.5), "latent_dim": ([2], None), "kl_warmup": ("10",), "kind": (None, ["dense"]),
}  # fmt: skip
for name, values in SETTINGS.items():
    for value in values:
        case("E", f"VAE, {name}={value!r}", f"{name} must be")(
            lambda setting={name: value}: vae.VariationalAutoencoder(**setting)
        )
small = functools.partial(networks.autoencoder, 2, hidden=(4,), features=64)
CASES += [
    ("E", "autoencoder, 0 to 255", "y must be finite numbers from 0 to 1 .*divide pixels by 255",
     lambda: plain(small(), BYTES, BYTES)),
    ("E", "autoencoder, NaN in batches", "x must be finite numbers", lambda: plain(small(), batches(HOLED))),
    ("E", "autoencoder, fit(x)", "y is missing", lambda: plain(small(), X)),
    ("E", "autoencoder, standardised features and a linear output", None,
     lambda: (np.isfinite(plain(small(output_activation="linear"), STANDARD, STANDARD)), [True])),
    ("E", "classifier, labels with a hole", "y must be whole numbers from 0 to 9",
     lambda: classified(np.where(Y == 3, np.nan, Y))),
    ("E", "classifier, labels of shape (n, 1) as floats", None,
     lambda: (classified(Y[:, None].astype("float32")), classified(Y))),
    ("E", "classifier, standardised features", None, lambda: (np.isfinite(classified(Y, x=STANDARD)), [True])),
    ("E", "a copied network answers the same", None,
     lambda: [(networks.predict(copied(first := small()), X), networks.predict(first, X))
              for copied in (copy.deepcopy, lambda network: pickle.loads(pickle.dumps(network)))]),
]  # fmt: skip
for arguments, said in {
    ("latent_dim", 0): "latent_dim must be", ("hidden", 5): "hidden must be", ("features", "784"): "features must be",
    ("hidden", (0,)): "hidden must be",
}.items():  # fmt: skip
    case("E", f"autoencoder, {arguments}", said)(lambda setting=(arguments,): networks.autoencoder(**dict(setting)))
CASES += [
    ("E", "classifier, classes='ten'", "classes must be a whole number of at least 2",
     lambda: networks.classifier("ten")),
    ("E", "predict, nothing", "x must hold at least one row", lambda: networks.predict(small(), X[:0])),
    ("E", "predict, size 0", "size must be a whole number of at least 1", lambda: networks.predict(small(), X, 0)),
]  # fmt: skip
for size in (0, 2.5, "20", None):
    case("E", f"batches, batch_size={size!r}", "batch_size must be a whole number of at least 1")(
        lambda size=size: training.batches(X, batch_size=size)
    )
CASES += [
    ("E", "distorted, rows that are no square image", "x must hold square images .*got rows of 60",
     lambda: training.distorted(training.batches(X[:, :60]))),
]  # fmt: skip
for name, value in {"degrees": "10", "zoom": np.nan, "shift": None, "contrast": np.inf}.items():
    case("E", f"distorted, {name}={value!r}", f"{name} must be a finite number")(
        lambda setting={name: value}: training.distorted(batches(X), **setting)
    )
CASES += [
    ("E", "a line every 0 epochs", "every must be a whole number of at least 1", lambda: training.EpochLine(every=0)),
]  # fmt: skip
for name, value, said in [
    ("augmentation", {"degree": 10}, "augmentation must be a dict of arguments of training.distorted: .*degree"),
    ("augmentation", {"degrees": "10"}, "degrees must be a finite number"),
    ("augmentation", {"seed": 3}, "augmentation must be a dict of arguments"),
    ("hidden", (True,), "hidden must be"),
    ("hidden", np.array([8]), "'hidden' parameter .* must be"),
    ("n_clusters", "3", "'n_clusters' parameter .* must be"),
    ("random_state", "a seed", "'random_state' parameter .* must be"),
]:
    case("E", f"DeepClustering, {name}={value!r}", said)(lambda setting={name: value}: clustered(**setting))


@functools.cache
def fitted():
    return clustering.DeepClustering(3, random_state=0, **TINY).fit(X)


for name, codes in {"width": np.ones((3, 5)), "NaN": np.full((3, 2), np.nan), "text": np.full((3, 2), "a")}.items():
    case("E", f"DeepClustering, codes to invert: {name}", r"codes must be finite numbers of shape \(n, 2\); got")(
        lambda codes=codes: fitted().inverse_transform(codes)
    )
CASES += [
    ("E", "DeepClustering names its features", None,
     lambda: (fitted().get_feature_names_out().tolist() == ["deepclustering0", "deepclustering1"], True)),
    ("E", "DeepClustering answers with a table", None,
     lambda: (copy.deepcopy(fitted()).set_output(transform="pandas").transform(pd.DataFrame(X).to_numpy()).to_numpy(),
              fitted().transform(X))),
]  # fmt: skip

# F: scores


def column(values):
    """As Keras answers: (n, 1)."""
    return np.reshape(values, (-1, 1))


CASES += [
    ("F", "mcnemar, Keras's shape (n, 1)", None,
     lambda: (classifier.mcnemar(TRUTH, column(FIRST), column(SECOND)), classifier.mcnemar(TRUTH, FIRST, SECOND))),
]  # fmt: skip
for name, answers, said in [
    ("probabilities", FIRST * 0.9, r"first must be whole numbers of shape \(10,\); got .*with 0.9"),
    ("texts", TEXTS[FIRST], "truth, first, second must be labels of one kind, all whole numbers or all texts"),
    ("NaN", FIRST * np.nan, "first must be whole numbers.*not all finite"),
    ("another length", FIRST[1:], r"first must be whole numbers of shape \(10,\); got shape \(9,\)"),
    ("one-hot", np.eye(2)[FIRST], r"first must be whole numbers of shape \(10,\); got shape \(10, 2\)"),
    ("None", [None] * 10, "first must be whole numbers"),
]:
    case("F", f"mcnemar, {name}", said)(lambda answers=answers: classifier.mcnemar(TRUTH, answers, SECOND))
SCORE = np.linspace(0, 1, 10)
LOGITS = np.random.default_rng(1).normal(size=(10, 2))
CASES += [
    ("F", "auc_difference, NaN", "second must be finite numbers",
     lambda: classifier.auc_difference(TRUTH, SCORE, SCORE * np.nan)),
    ("F", "temperature, NaN", "logits must be finite numbers", lambda: classifier.temperature(LOGITS * np.nan, TRUTH)),
    ("F", "reliability, labels as right", "right must be finite numbers from 0 to 1 .*from 0 to 9",
     lambda: classifier.reliability(SCORE, np.arange(10))),
    ("F", "reconstruction_error, bytes", None,
     lambda: (scores.reconstruction_error(np.uint8([[0, 10]]), np.uint8([[146, 10]])), [146**2 / 2])),
]  # fmt: skip


def graded(truth, found, *rest):
    result = scores.clustering_scores(truth, found, *rest)
    return [result[name] for name in ("acc", "nmi", "ari")]


CASES += [
    ("F", "clustering_scores, texts", None,
     lambda: [(graded(TEXTS[TRUTH], FIRST), graded(TRUTH, FIRST)), (graded(TRUTH,
              TEXTS[FIRST]), graded(TRUTH, FIRST))]),
    ("F", "cross_entropy, pixels above 1", "x must be finite numbers from 0 to 1 of shape \\(n, pixels\\); got",
     lambda: scores.cross_entropy(BYTES, X)),
    ("F", "SSIM, 0 to 255", "x must be finite numbers from 0 to 1 of shape \\(n, 784\\); got",
     lambda: scores.structural_similarity(np.full((2, 784), 255), np.full((2, 784), 200))),
    # of our own
    ("F", "mcnemar, texts on all sides", None,
     lambda: (classifier.mcnemar(TEXTS[TRUTH], pd.Series(TEXTS[FIRST]), list(TEXTS[SECOND])),
              classifier.mcnemar(TRUTH, FIRST, SECOND))),
    ("F", "mcnemar, truth values", None,
     lambda: (classifier.mcnemar(TRUTH == 1, FIRST == 1, SECOND == 1), classifier.mcnemar(TRUTH, FIRST, SECOND))),
    ("F", "auc_difference, scores in a column", None,
     lambda: (classifier.auc_difference(TRUTH, column(SCORE), column(SCORE[::-1]), draws=10),
              classifier.auc_difference(TRUTH, SCORE, SCORE[::-1], draws=10))),
]  # fmt: skip
for level in (95, 0, np.nan):
    case("F", f"auc_difference, level {level}", "level must lie between 0 and 1")(
        lambda level=level: classifier.auc_difference(TRUTH, SCORE, SCORE, level=level)
    )
CASES += [
    ("F", "auc_difference, no draws", "draws must be a whole number of at least 1",
     lambda: classifier.auc_difference(TRUTH, SCORE, SCORE, draws=0)),
    ("F", "temperature, one-hot labels", "labels must be whole numbers from 0 to 1 of shape \\(10,\\)",
     lambda: classifier.temperature(LOGITS, np.eye(2)[TRUTH])),
    ("F", "temperature, labels with a fraction", "labels must be whole numbers from 0 to 1",
     lambda: classifier.temperature(LOGITS, TRUTH * 0.5)),
    ("F", "temperature, labels as floats in a column", None,
     lambda: (classifier.temperature(LOGITS, column(TRUTH * 1.0)), classifier.temperature(LOGITS, TRUTH))),
]  # fmt: skip
for function in (classifier.reliability, classifier.calibration_error):
    name = function.__name__
    case("F", f"{name}, per cent", "confidence must be finite numbers from 0 to 1")(
        lambda function=function: function(SCORE * 100, TRUTH)
    )
    case("F", f"{name}, NaN", "confidence must be finite numbers from 0 to 1")(
        lambda function=function: function(SCORE * np.nan, TRUTH)
    )
    case("F", f"{name}, half right", "right must be whole numbers")(
        lambda function=function: function(SCORE, TRUTH / 2)
    )
    case("F", f"{name}, no bins", "bins must be a whole number of at least 1")(
        lambda function=function: function(SCORE, TRUTH, bins=0)
    )
for name, wrong in {
    "NaN": FIRST * np.nan,
    "probabilities": FIRST * 0.9,
    "None": [None] * 10,
    "one-hot": np.eye(2)[FIRST],
}.items():
    case("F", f"clustering_scores, {name}", "labels_pred must be whole numbers of shape")(
        lambda wrong=wrong: graded(TRUTH, wrong)
    )
CASES += [
    ("F", "clustering_scores, texts of pandas in a column", None,
     lambda: (graded(pd.Series(TEXTS[TRUTH]), column(TEXTS[FIRST])), graded(TRUTH, FIRST))),
    ("F", "clustering_scores, X of another length", "X must be finite numbers of shape \\(10, features\\); got",
     lambda: graded(TRUTH, FIRST, np.ones((9, 2)))),
    ("F", "clustering_scores, X with NaN", "X must be finite numbers of shape \\(10, features\\); got .*not all finite",
     lambda: graded(TRUTH, FIRST, np.full((10, 2), np.nan))),
    ("F", "match_labels, classes that are texts", "labels_true must be finite numbers",
     lambda: scores.match_labels(TEXTS[TRUTH], FIRST)),
    ("F", "match_labels, clusters that are texts", None,
     lambda: (scores.match_labels(TRUTH, TEXTS[FIRST]), scores.match_labels(TRUTH, FIRST))),
    ("F", "active_units, NaN", "means must be finite numbers", lambda: scores.active_units(HOLED)),
    ("F", "active_units, one number an image", "means must be finite numbers of shape \\(n, units\\)",
     lambda: scores.active_units(SCORE)),
]  # fmt: skip
for name, wrong in {
    "texts": X.astype(str),
    "NaN": HOLED,
    "another width": X[:, 1:],
    "one row": X[:1],
    "3 axes": X[None],
}.items():
    case("F", f"reconstruction_error, {name}", "reconstructed must be finite numbers of shape")(
        lambda wrong=wrong: scores.reconstruction_error(X, wrong)
    )
CASES += [
    ("F", "reconstruction_error, rows of unequal length", "x must be finite numbers of shape",
     lambda: scores.reconstruction_error([[1, 2], [3]], X)),
    ("F", "reconstruction_error, one answer for all, as bytes", None,
     lambda: (scores.reconstruction_error(np.uint8([[0, 250], [250, 0]]), np.uint8([250, 0])), [250**2, 0])),
    ("F", "cross_entropy, logits", "probabilities must be finite numbers from 0 to 1",
     lambda: scores.cross_entropy(X, 4 * X - 2)),
    ("F", "cross_entropy, rounding past 1", None,
     lambda: (scores.cross_entropy(X.round() * np.float32(1 + 1e-06), X), scores.cross_entropy(X.round(), X))),
    ("F", "cross_entropy_floor, standardised", "x must be finite numbers from 0 to 1",
     lambda: scores.cross_entropy_floor(STANDARD)),
    ("F", "cross_entropy_floor, rounding past 1", None,
     lambda: (scores.cross_entropy_floor([[1 + 1e-06, -1e-07]]), [0])),
    ("F", "SSIM, other sizes", "x must be finite numbers from 0 to 1 of shape \\(n, 784\\)",
     lambda: scores.structural_similarity(np.tile(X, 49), np.tile(X, 49))),
]  # fmt: skip
PCA_OF_X = {whiten: PCA(3, whiten=whiten, random_state=0).fit(X) for whiten in (False, True)}
for whiten, components in ((True, 2), (False, 0), (False, 4), (False, -1), (False, 2.0), (False, None)):
    case(
        "F",
        f"pca_reconstruction, whiten={whiten}, components={components}",
        "without whitening and components from 1 to 3",
    )(lambda whiten=whiten, components=components: scores.pca_reconstruction(PCA_OF_X[whiten], X, components))
CASES += [
    ("F", "pca_reconstruction, before its fit", "not fitted yet", lambda: scores.pca_reconstruction(PCA(3), X, 2)),
    ("F", "fd, NaN", "features must be finite numbers", lambda: vae_fashion.frechet_distance(HOLED, X)),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "name", "said", "action"), CASES, ids=[f"{kind}: {name}" for kind, name, *_ in CASES])
def test_nothing_passes_in_silence(kind, name, said, action, tmp_path, request):
    if "lustering" in name or "classifier" in name:
        request.getfixturevalue("eagerly")  # faster for a few steps
    came, why = outcome(functools.partial(action, str(tmp_path)) if wants_a_folder(action) else action, said)
    assert came == ("clear" if said else "survived"), why
