"""The data sets: whole, the known ones, and every kind of bad file named with its mend."""

import hashlib
import shutil

import numpy as np
import pytest

from helpers import data

PARTS = ("x_train", "y_train", "x_test", "y_test")
ARRAYS = {  # the first digits of the SHA-256 of each array's bytes, the same for everybody who has them from Keras
    "mnist": ("741c988805d008ac", "1feba77c54802fa5", "6d87418db22cc802", "ddeff807876a9661"),
    "fashion_mnist": ("2e487a6c89124f78", "657fbd221bfc9f41", "c867c93ff9536059", "3d0e6c6ea990b53b"),
}


@pytest.fixture(scope="module", params=sorted(ARRAYS))
def whole(request):
    return data.load(request.param, profile="full")


def test_every_image_and_label_is_the_known_one_and_in_its_place(whole):
    for part, shape, known in zip(
        PARTS, [(60000, 784), (60000,), (10000, 784), (10000,)], ARRAYS[whole.name], strict=True
    ):
        array = getattr(whole, part)
        assert array.shape == shape and array.dtype == (np.float32 if part.startswith("x") else np.int64)
        original = np.rint(array * 255) if part.startswith("x") else array
        assert hashlib.sha256(original.astype("uint8")).hexdigest()[:16] == known, part
        assert (array.min(), array.max()) == ((0, 1) if part.startswith("x") else (0, 9))


def test_class_names_are_those_of_the_authors_in_their_order():
    assert data.CLASS_NAMES["mnist"] == ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")
    assert " ".join(data.CLASS_NAMES["fashion_mnist"]) == (
        "T-shirt/top Trouser Pullover Dress Coat Sandal Shirt Sneaker Bag Ankle boot"
    )


def test_the_fast_profile_is_a_stratified_part_of_each_and_always_the_same(whole):
    fast, again = (data.load(whole.name, profile="fast") for _ in range(2))
    assert fast.class_names == whole.class_names == data.CLASS_NAMES[whole.name]
    for part, size in (("train", 6000), ("test", 2000)):
        x, y = (getattr(fast, f"{axis}_{part}") for axis in "xy")
        assert x.shape == (size, 784) and np.array_equal(x, getattr(again, f"x_{part}"))
        everything, labels = (getattr(whole, f"{axis}_{part}") for axis in "xy")
        assert np.abs(np.bincount(y) / size - np.bincount(labels) / len(labels)).max() < 1e-3
        known = {(image.tobytes(), label) for image, label in zip(everything, labels, strict=True)}
        assert all((image.tobytes(), label) in known for image, label in zip(x, y, strict=True)), part


def test_the_profile_of_the_run_counts_where_none_is_given(monkeypatch):
    monkeypatch.setenv("COURSE_PROFILE", "fast")
    assert len(data.load("mnist").y_test) == 2000
    monkeypatch.setenv("COURSE_PROFILE", "full")
    assert len(data.load("mnist").y_test) == 10000


def test_split_is_stratified_seeded_and_loses_nothing():
    labels = np.repeat(np.arange(10), [100, 200] * 5)
    x = np.arange(len(labels))
    train, validation, y_train, y_validation = data.split(x, labels, size=0.15, seed=3)
    assert np.array_equal(np.sort(np.concatenate([train, validation])), x)
    assert np.array_equal(np.bincount(y_validation), [15, 30] * 5)
    assert np.array_equal(labels[train], y_train) and np.array_equal(labels[validation], y_validation)
    assert np.array_equal(validation, data.split(x, labels, size=0.15, seed=3)[1])
    assert not np.array_equal(validation, data.split(x, labels, size=0.15, seed=4)[1])


def test_an_unknown_profile_is_an_error_and_not_the_whole_data_set():
    with pytest.raises(ValueError, match="'quick'.*full, fast"):
        data.load("mnist", profile="quick")


@pytest.mark.parametrize("name", ["cifar", "MNIST", "../mnist", None])
def test_an_unknown_name_lists_the_known_ones(name):
    with pytest.raises(ValueError, match=f"unknown data set {name!r}.*fashion_mnist, mnist"):
        data.load(name)


def truncated(path):
    path.write_bytes(path.read_bytes()[:-1])


def one_bit(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def rewritten(path):  # a whole, readable archive with one label changed: only the hash can tell
    with np.load(path) as file:
        arrays = dict(file)
    arrays["y_test"][0] ^= 1
    np.savez(path, **arrays)


def of_another_set(path):
    shutil.copy(data.FOLDER / "fashion_mnist.npz", path)


def a_folder(path):  # as root every file can be read: a folder stands for one that cannot be
    path.unlink()
    path.mkdir()


DAMAGES = {
    truncated: "is damaged: its SHA-256",
    one_bit: "is damaged: its SHA-256",
    rewritten: "is damaged: its SHA-256",
    of_another_set: "is damaged: its SHA-256",
    lambda path: path.write_bytes(b""): "is damaged: its SHA-256",
    lambda path: path.write_text("<html>404 not found</html>"): "is damaged: its SHA-256",
    lambda path: path.unlink(): r"cannot be read \(No such file",
    a_folder: r"cannot be read \(Is a directory",
}


@pytest.mark.parametrize("damage", DAMAGES, ids=range(len(DAMAGES)))
def test_a_bad_file_is_named_with_both_mends_and_not_touched(damage, tmp_path, monkeypatch):
    path = tmp_path / "mnist.npz"
    shutil.copy(data.FOLDER / "mnist.npz", path)
    damage(path)
    before = path.read_bytes() if path.is_file() else path.exists()
    monkeypatch.setattr(data.np, "load", lambda *_, **__: pytest.fail("it was parsed"))
    with pytest.raises(data.DataError, match=DAMAGES[damage]) as caught:
        data.load("mnist", folder=tmp_path)
    said = str(caught.value)
    assert str(path) in said and "git checkout -- data/mnist.npz" in said
    assert "without git, download the course again and copy that file" in said
    assert (path.read_bytes() if path.is_file() else path.exists()) == before
    assert {other.name for other in tmp_path.iterdir()} <= {"mnist.npz"}


def test_no_pickle_is_ever_read(tmp_path, monkeypatch):
    path = tmp_path / "mnist.npz"
    np.savez(path, **dict.fromkeys(PARTS, np.array([print], dtype=object)))
    monkeypatch.setitem(data.HASHES, "mnist", hashlib.sha256(path.read_bytes()).hexdigest())
    with pytest.raises(ValueError, match="allow_pickle=False"):
        data.load("mnist", folder=tmp_path)
