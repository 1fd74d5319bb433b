"""The two data sets of the course, read from the repository and checked against their known hashes."""

import dataclasses
import hashlib
import io
import pathlib
import socket
import zipfile
import zlib

import numpy as np
from sklearn.model_selection import train_test_split

from helpers import course

FOLDER = course.ROOT / "data"
SHAPES = {"x_train": (60000, 28, 28), "y_train": (60000,), "x_test": (10000, 28, 28), "y_test": (10000,)}
HASHES = {  # SHA-256 over each array's bytes
    "mnist": {
        "x_train": "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
        "y_train": "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
        "x_test": "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
        "y_test": "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
    },
    "fashion_mnist": {
        "x_train": "2e487a6c89124f78f2d7521542223cafe96f7123c3ca13d447772ac6ecbb3012",
        "y_train": "657fbd221bfc9f4198cc14b5619cc33ec57c58dd0e47af4d99d6650759e869a7",
        "x_test": "c867c93ff95360594e8ec3287995350b824dd110b11595c0e13d5423f621867a",
        "y_test": "3d0e6c6ea990b53b6f8f500a41cac93881d981b315f84578b7d915342ade01e9",
    },
}
CLASS_NAMES = {
    "mnist": tuple("0123456789"),
    "fashion_mnist": (
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    ),
}  # fmt: skip
FAST_SIZES = (6000, 2000)  # training and test images in the fast profile
DOWNLOAD_TIMEOUT = 30  # seconds without a byte: a class with bad wifi gets an error, not a hanging cell


class DataError(Exception):
    """A data file is missing or damaged. The message names the file, what is wrong, and the command that mends it."""


@dataclasses.dataclass(frozen=True)
class Dataset:
    """A data set: pixels as float32 in [0, 1], (n, 784) or (n, 28, 28); labels as int64, (n,); ten class names."""

    name: str
    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    class_names: tuple


def load(name, *, flat=True, profile=None, folder=None):
    """Load "mnist" or "fashion_mnist".

    Parameters
    ----------
    name : {"mnist", "fashion_mnist"}
    flat : bool, default True
        True gives images as rows of 784 pixels, False as (28, 28).
    profile : {"full", "fast"}, optional
        "full": 60,000 training and 10,000 test images. "fast": a stratified part of both, the same one each time.
        By default the profile of this run.
    folder : path, optional
        Where the .npz files are; by default the repository's data/.

    Returns
    -------
    Dataset

    Raises
    ------
    ValueError
        If the name or the profile is unknown.
    DataError
        If the file is damaged, or is missing and cannot be fetched.
    """
    if name not in HASHES:
        raise ValueError(f"unknown data set {name!r}; the course has {', '.join(sorted(HASHES))}")
    if profile not in (None, *course.PROFILES):
        raise ValueError(f"unknown profile {profile!r}; the course has {', '.join(course.PROFILES)}")
    path = pathlib.Path(folder or FOLDER) / f"{name}.npz"
    arrays = _read(name, path) if path.exists() else _fetch(name, path)
    if (profile or course.profile()) == "fast":
        for part, size in zip(("train", "test"), FAST_SIZES, strict=True):
            _, arrays[f"x_{part}"], _, arrays[f"y_{part}"] = split(arrays[f"x_{part}"], arrays[f"y_{part}"], size=size)
    shape = (-1, 784) if flat else (-1, 28, 28)
    pixels = {key: arrays[key].reshape(shape).astype("float32") / 255 for key in ("x_train", "x_test")}
    labels = {key: arrays[key].astype("int64") for key in ("y_train", "y_test")}
    return Dataset(name=name, class_names=CLASS_NAMES[name], **pixels, **labels)


def split(x, y, *, size, seed=0):
    """Set a stratified validation part of x (n, ...) and labels y (n,) aside: every class keeps its share.

    `size` is the share (0 to 1) or the number of samples to set aside. Returns x_train, x_validation, y_train,
    y_validation, as scikit-learn's `train_test_split`, which raises ValueError for sizes that cannot be.
    """
    return train_test_split(x, y, test_size=size, stratify=y, random_state=seed)


def _read(name, path):
    """The four arrays of a file that must be whole: every way in which it can be bad ends in a DataError."""
    try:
        with path.open("rb") as opened:  # np.load alone leaves a damaged file open
            file = np.load(opened, allow_pickle=False)
            if not isinstance(file, np.lib.npyio.NpzFile):
                raise ValueError("it holds a single array, not four")
            arrays = {key: file[key] for key in SHAPES if key in file.files}
        problem = _problem(name, arrays)
    except (
        OSError,
        EOFError,
        ValueError,
        zipfile.BadZipFile,
        zlib.error,
        NotImplementedError,
        AttributeError,
    ) as error:
        problem = f"it cannot be read ({_plain(error)})"
    if problem:
        mend = f"delete it, then `git checkout -- data/{path.name}`, or load it again with a network to fetch it anew"
        raise DataError(f"{path} is damaged: {problem}. Mend: {mend}.")
    return arrays


def _plain(error):
    """What went wrong, in words that help a student; NumPy calls everything that it cannot parse a pickle."""
    if "ickle" in str(error):
        return "it is not a .npz archive of plain arrays: another kind of file, or one that holds pickled objects"
    return f"{type(error).__name__}: {error}"


def _problem(name, arrays):
    """What is wrong with the arrays, in words; None where nothing is."""
    for key, shape in SHAPES.items():
        if key not in arrays:
            return f"the array {key} is missing"
        if arrays[key].shape != shape or arrays[key].dtype != np.uint8:
            return f"{key} is {arrays[key].dtype} {arrays[key].shape}, it must be uint8 {shape}"
        if hashlib.sha256(arrays[key].tobytes()).hexdigest() != HASHES[name][key]:
            return f"the SHA-256 of {key} is not the known one, so at least one value has changed"
    return None


def _fetch(name, path):
    """Get a missing file through keras.datasets, verify it and put it in place."""
    import keras

    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(DOWNLOAD_TIMEOUT)
    try:
        (x_train, y_train), (x_test, y_test) = getattr(keras.datasets, name).load_data()
    except Exception as error:  # what a download raises differs between Keras versions
        raise DataError(
            f"{path} is missing and could not be fetched ({type(error).__name__}: {error}). Two ways out: without a "
            f"network, `git checkout -- data/{path.name}` brings back the repository's copy; with one, load it again."
        ) from error
    finally:
        socket.setdefaulttimeout(before)
    arrays = {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}
    save_verified(name, arrays, path)
    return arrays


def save_verified(name, arrays, path=None):
    """Write the four arrays to data/<name>.npz (or `path`) in one step, if they are the known ones; return the path.

    Raises
    ------
    DataError
        If an array is missing or is not the known one. Nothing is written then.
    """
    path = pathlib.Path(path or FOLDER / f"{name}.npz")
    problem = _problem(name, arrays)
    if problem:
        raise DataError(f"what was to become {path} is not {name}: {problem}. Nothing was written.")
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    course.write_atomically(path, buffer.getvalue())
    return path
