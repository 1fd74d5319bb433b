"""The two data sets of the course, read from the repository and checked against their known hashes."""

import dataclasses
import hashlib
import io
import pathlib

import numpy as np
from sklearn.model_selection import train_test_split

from helpers import course

FOLDER = course.ROOT / "data"
HASHES = {  # SHA-256 of each file; data/README.md has those of the arrays in it
    "mnist": "06af5dfe73b70e3bc1c36439982b18a8d76803db9b544f6fdf838a37fbb01b64",
    "fashion_mnist": "5b6d2c4c694a91887af8ab7d039c04f80af3c29378d731c93a538d2e831aa469",
}
CLASS_NAMES = {
    "mnist": tuple("0123456789"),
    "fashion_mnist": (
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    ),
}  # fmt: skip
FAST_SIZES = (6000, 2000)  # training and test images in the fast profile


class DataError(Exception):
    """A data file is missing or damaged. The message names the file, what is wrong, and how to mend it."""


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

    Raises
    ------
    ValueError
        If the name or the profile is unknown.
    DataError
        If the file is missing or is not, byte for byte, the known one.
    """
    if name not in HASHES:
        raise ValueError(f"unknown data set {name!r}; the course has {', '.join(sorted(HASHES))}")
    if profile not in (None, *course.PROFILES):
        raise ValueError(f"unknown profile {profile!r}; the course has {', '.join(course.PROFILES)}")
    arrays = _read(name, pathlib.Path(folder or FOLDER) / f"{name}.npz")
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
    """The four arrays of a file whose hash is the known one: nothing else is parsed."""
    mend = f"To mend it: `git checkout -- data/{path.name}`; without git, download the course again and copy that file"
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}). {mend}.") from error
    if hashlib.sha256(content).hexdigest() != HASHES[name]:
        raise DataError(f"{path} is damaged: its SHA-256 is not the known one. {mend}.")
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        return dict(file)
