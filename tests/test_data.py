"""The data sets: whole, verified, and every kind of bad file named with its mend."""

import multiprocessing
import os
import shutil
import signal
import sys
import time
import types
import zipfile

import numpy as np
import pytest

from helpers import data


@pytest.fixture(scope="module")
def arrays():
    with np.load(data.FOLDER / "mnist.npz", allow_pickle=False) as file:
        return {key: file[key] for key in data.SHAPES}


@pytest.mark.parametrize("name", sorted(data.HASHES))
def test_the_whole_data_set(name):
    loaded = data.load(name, profile="full")
    assert loaded.x_train.shape == (60000, 784) and loaded.x_test.shape == (10000, 784)
    assert loaded.x_train.dtype == np.float32 and loaded.y_train.dtype == np.int64
    assert loaded.x_train.min() == 0 and loaded.x_train.max() == 1
    assert len(loaded.class_names) == 10 and set(loaded.y_test) == set(range(10))


def test_images_keep_their_rows():
    flat, images = data.load("mnist", profile="fast"), data.load("mnist", flat=False, profile="fast")
    assert images.x_train.shape == (6000, 28, 28)
    assert np.array_equal(images.x_test.reshape(-1, 784), flat.x_test)


def test_the_fast_subset_is_stratified_and_always_the_same():
    first, second = data.load("mnist", profile="fast"), data.load("mnist", profile="fast")
    whole = data.load("mnist", profile="full")
    assert np.array_equal(first.x_train, second.x_train)
    shares = np.bincount(first.y_train) / len(first.y_train) - np.bincount(whole.y_train) / len(whole.y_train)
    assert np.abs(shares).max() < 1e-4


def test_split_is_stratified_seeded_and_loses_nothing():
    labels = np.repeat(np.arange(10), [100, 200] * 5)
    x = np.arange(len(labels))
    train, validation, y_train, y_validation = data.split(x, labels, size=0.15, seed=3)
    assert np.array_equal(np.sort(np.concatenate([train, validation])), x)
    assert np.array_equal(np.bincount(y_validation), [15, 30] * 5)
    assert np.array_equal(labels[train], y_train)
    assert np.array_equal(validation, data.split(x, labels, size=0.15, seed=3)[1])
    assert not np.array_equal(validation, data.split(x, labels, size=0.15, seed=4)[1])


def test_an_unknown_profile_is_an_error_and_not_the_whole_data_set():
    with pytest.raises(ValueError, match="full, fast"):
        data.load("mnist", profile="quick")


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(ValueError, match="cifar.*fashion_mnist, mnist"):
        data.load("cifar")


def truncated(path, arrays):
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def one_bit(path, arrays):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def one_pixel(path, arrays):  # a whole, readable archive: only the hash can tell
    changed = arrays["x_test"].copy()
    changed[5000, 14, 14] ^= 1
    np.savez(path, **arrays | {"x_test": changed})


def pickled(path, arrays):
    np.savez(path, **arrays | {"y_test": arrays["y_test"].astype(object)})


def unreadable(path, arrays):  # as root every file can be read, so a folder stands for it
    path.unlink()
    path.mkdir()


DAMAGES = {
    truncated: "cannot be read",
    one_bit: "cannot be read|SHA-256",
    one_pixel: "SHA-256 of x_test",
    lambda path, arrays: path.write_bytes(b""): "cannot be read",
    lambda path, arrays: path.write_text("<html>404 not found</html>"): "cannot be read.*another kind of file",
    lambda path, arrays: zipfile.ZipFile(path, "w").close(): "x_train is missing",
    lambda path, arrays: np.savez(path, **{k: v for k, v in arrays.items() if k != "y_test"}): "y_test is missing",
    lambda path, arrays: np.savez(path, **arrays | {"y_test": arrays["y_test"][:-1]}): r"uint8 \(9999,\), it must be",
    lambda path, arrays: np.savez(path, **arrays | {"y_test": arrays["y_test"].astype("int32")}): "int32",
    lambda path, arrays: path.write_bytes(np.lib.format.magic(1, 0)): "cannot be read",
    pickled: "pickled",
    unreadable: "cannot be read",
}


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: DAMAGES[damage])
def test_a_bad_file_is_named_with_its_mend_and_not_touched(damage, arrays, tmp_path):
    path = tmp_path / "mnist.npz"
    shutil.copy(data.FOLDER / "mnist.npz", path)
    damage(path, arrays)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(data.DataError, match=DAMAGES[damage]) as caught:
        data.load("mnist", folder=tmp_path)
    assert str(path) in str(caught.value) and "git checkout -- data/mnist.npz" in str(caught.value)
    assert (path.read_bytes() if path.is_file() else None) == before
    assert [p.name for p in tmp_path.iterdir()] == ["mnist.npz"]


@pytest.fixture
def keras_datasets(monkeypatch, arrays):
    """A stand-in for keras.datasets whose answer a test can set: this machine has no data host."""
    answer = types.SimpleNamespace(arrays=dict(arrays), error=None)

    def load_data():
        if answer.error:
            raise answer.error
        a = answer.arrays
        return (a["x_train"], a["y_train"]), (a["x_test"], a["y_test"])

    stand_in = types.SimpleNamespace(datasets=types.SimpleNamespace(mnist=types.SimpleNamespace(load_data=load_data)))
    monkeypatch.setitem(sys.modules, "keras", stand_in)
    return answer


def test_a_missing_file_is_fetched_verified_and_kept(keras_datasets, tmp_path):
    fetched = data.load("mnist", folder=tmp_path, profile="full")
    keras_datasets.error = OSError("the second load must not ask again")
    assert np.array_equal(fetched.x_test, data.load("mnist", folder=tmp_path, profile="full").x_test)


def test_a_wrong_download_is_refused(keras_datasets, tmp_path):
    keras_datasets.arrays["y_train"] = keras_datasets.arrays["y_train"][::-1]
    with pytest.raises(data.DataError, match="SHA-256 of y_train"):
        data.load("mnist", folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_without_a_network_the_error_says_both_ways_out(keras_datasets, tmp_path):
    keras_datasets.error = OSError("Name or service not known")
    with pytest.raises(data.DataError, match="without a network, `git checkout.*with one, load it again"):
        data.load("mnist", folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def _save(folder, name):
    with np.load(data.FOLDER / f"{name}.npz") as file:
        loaded = {key: file[key] for key in data.SHAPES}
    np.savez_compressed = np.savez  # packing takes seconds; without it the kill meets the writing more often
    (folder / f"ready-{os.getpid()}").touch()
    while True:
        data.save_verified(name, loaded, folder / "data" / f"{name}.npz")


def test_two_writers_killed_in_the_middle_leave_nothing_or_a_whole_file(tmp_path):
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_save, args=(tmp_path, "mnist")) for _ in range(2)]
    for writer in writers:
        writer.start()
    while len(list(tmp_path.glob("ready-*"))) < 2:
        time.sleep(0.05)
    path = tmp_path / "data" / "mnist.npz"
    for delay in (0.1, 0.6):
        time.sleep(delay)
        os.kill(writers.pop().pid, signal.SIGKILL)
        assert not path.exists() or data.load("mnist", folder=path.parent, profile="full").x_test.shape == (10000, 784)
