"""Every registered run is executed once per kind, on 600 images with few epochs: it works and returns what is stored."""

import functools
import inspect
import json
import re

import numpy as np
import pytest
import tensorflow as tf

from helpers import clustering, data, sweeps
from lessons import activity_c, classifier, dcn, vae_fashion, vae_mnist
from tools import results

CHEAP = {
    "pretrain_epochs": 1,
    "max_iter": 1,
    "overcluster_iter": 1,
    "information_epochs": 1,
    "hidden": (16,),
    "n_init": 1,
}
BRANCHES = (
    "variational",
    "classes",
    "kind",
    "weight",
    "refit",
    "recipe",
    "pretrain_epochs",
)  # settings that lead to other code
RANGES = {  # by the beginning of a result's name
    "changed|acc|nmi|auc_(binary|sum)|f1|p$|ece|taught|neighbours|obeyed|confidence|val_acc|sure|rarest|copies"
    "|none|its own|renewed|the vote|information": (0, 1),
    "ari|silhouette|kept|ssim|auc_": (-1, 1),
    "loss|val_loss|spread|shift|mse|reconstruction|clustering|inertia|kl|cross_entropy|fd": (0, 1e6),
    "temperature": (0.05, 20),
    "live|rounds|dead_units|active_units": (0, 64),
    "n10|n01|answers": (0, 200),
    "greyness": (0, 784 * np.log(2)),
    "evenness": (1, 10),
    "parameters|best_epoch|epochs": (1, 1e7),
    "wall": (0, 60),
}


def stored(function, configuration):
    """The result in the committed file of a run."""
    path = function.folder / f"{sweeps.key(function, configuration, function.version)}.json"
    return json.loads(path.read_text(encoding="utf-8"))["result"]


def kinds():
    """By name, a function and one of its registered configurations: one per branch, with seed 0; in plain cases another.

    The other one is that of the first seed whose stored result has other keys: the pictures are of seed 0 alone.
    """
    found, returned = {}, set()
    for function in results.registered():
        for configuration in (c for configurations in function.runs.values() for c in configurations):
            branch = [f"{name}={configuration[name]}" for name in BRANCHES if name in configuration][:1]
            name = "-".join([function.__name__, *branch])
            keys = function.__name__, frozenset(stored(function, configuration))
            if name in found and not branch and keys not in returned:
                name += "-without pictures"
            if name not in found:
                found[name] = function, configuration
                returned.add(keys)
    return found


KINDS = kinds()


@functools.cache
def few(name):
    """600 training and 200 test images of a data set."""
    images = data.load(name, profile="fast")
    parts = images.x_train[:600], images.y_train[:600], images.x_test[:200], images.y_test[:200]
    return data.Dataset(name, *parts, images.class_names)


@pytest.fixture
def small(monkeypatch):
    """Few images, recipes of one epoch, 64 drawn images; and no function is traced, which takes longer than to run."""
    images, split = {name: few(name) for name in data.HASHES}, data.split
    draw, loop, taught = vae_mnist.drawn_images, dcn.joint_loop, vae_fashion.accuracy_after_training_on
    inform, self_trained = clustering.inform, dcn.self_trained
    monkeypatch.setattr(data, "load", lambda name, profile: images[name])
    monkeypatch.setattr(data, "split", lambda x, y, size, seed=0: split(x, y, size=100, seed=seed))
    monkeypatch.setattr(vae_mnist, "drawn_images", lambda model, n, *rest: draw(model, 64, *rest))
    monkeypatch.setattr(dcn, "joint_loop", lambda network, x, y, rounds, epochs, seed: loop(network, x, y, 2, 1, seed))
    monkeypatch.setattr(vae_fashion, "accuracy_after_training_on", lambda x, y, *rest: taught(x[:64], y[:64], *rest))
    monkeypatch.setattr(clustering, "inform", lambda network, epochs, rate: inform(network, 1, rate))
    monkeypatch.setattr(dcn, "self_trained", lambda network, **how: self_trained(network, epochs=2, **how))
    for recipe in (*dcn.RECIPES.values(), activity_c.REPAIRED):
        for name in CHEAP.keys() & recipe.keys():
            monkeypatch.setitem(recipe, name, CHEAP[name])
    for recipe in classifier.BEST_DENSE.values():
        monkeypatch.setitem(recipe, "hidden", (16,))
        monkeypatch.setitem(recipe, "epochs", 3)
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.filterwarnings("ignore")
def test_a_run_works_and_returns_what_is_stored(kind, small):
    function, configuration = KINDS[kind]
    expected = stored(function, configuration)
    fewer = {name: 1 if name == "epochs" else value for name, value in configuration.items()}
    if "images" in inspect.signature(function).parameters:
        fewer["images"] = 100
    record = sweeps._one(function, fewer, function.version)
    assert "result" in record, record["traceback"]
    assert set(record["result"]) == set(expected)
    for name, value in record["result"].items():
        if isinstance(value, str):
            assert isinstance(expected[name], str), name
            assert len(value) == len(expected[name]) or name.endswith("_test"), "all texts but those of test images"
            continue
        low, high = next(ends for names, ends in RANGES.items() if re.match(names, name))
        assert low <= np.min(value) and np.max(value) <= high, (name, value)
