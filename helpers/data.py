"""The two data sets of the course, checked against their known hashes; and the one check of arrays that are given."""

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
    """A data set: pixels (n, 784) as float32 in [0, 1]; labels (n,) as int64; ten class names."""

    name: str
    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    class_names: tuple


def load(name, *, profile=None, folder=None):
    """Load "mnist" or "fashion_mnist".

    Parameters
    ----------
    name : {"mnist", "fashion_mnist"}
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
    if name not in tuple(HASHES):
        raise ValueError(f"unknown data set {name!r}; the course has {', '.join(sorted(HASHES))}")
    if profile not in (None, *course.PROFILES):
        raise ValueError(f"unknown profile {profile!r}; the course has {', '.join(course.PROFILES)}")
    arrays = _read(name, pathlib.Path(folder or FOLDER) / f"{name}.npz")
    if (profile or course.profile()) == "fast":
        for part, size in zip(("train", "test"), FAST_SIZES, strict=True):
            _, arrays[f"x_{part}"], _, arrays[f"y_{part}"] = split(arrays[f"x_{part}"], arrays[f"y_{part}"], size=size)
    pixels = {key: arrays[key].reshape(-1, 784).astype("float32") / 255 for key in ("x_train", "x_test")}
    labels = {key: arrays[key].astype("int64") for key in ("y_train", "y_test")}
    return Dataset(name=name, class_names=CLASS_NAMES[name], **pixels, **labels)


def split(x, y, *, size, seed=0):
    """Set a stratified validation part of x (n, ...) and labels y (n,) aside: every class keeps its share.

    `size` is the share (0 to 1) or the number of samples to set aside. Returns x_train, x_validation, y_train,
    y_validation, as scikit-learn's `train_test_split`, which raises ValueError for sizes that cannot be.
    """
    return train_test_split(x, y, test_size=size, stratify=y, random_state=seed)


def numbers(*shape, low=-np.inf, high=np.inf, whole=False, mend="", **arrays):
    """The arrays, if all hold finite numbers of one shape in one range: the check of every score and every `fit`.

    `shape` are the lengths. A text such as "n" is any length above 0, the same in all arrays. Where one length is asked
    for, (n, 1) is taken as (n,): so Keras answers. `low` and `high` belong to the range; a rounding of 1e-5 is let
    through. With `whole` fractions are refused. `arrays` are arrays, or what NumPy makes one of, by the name that the
    message says; `mend` is what to do, for its end.

    Returns an array, or a list of several. A ValueError names the first that is none of this, what it must be, and what
    it is.
    """
    lengths, checked = {}, []
    for name, values in arrays.items():
        array = as_array(values)
        array = array[:, 0] if len(shape) == 1 and array.ndim == 2 and array.shape[1] == 1 else array
        wanted = [lengths.get(length, length) for length in shape]
        fits = array.dtype.kind in "biuf" and array.size > 0 and array.ndim == len(wanted)
        fits = fits and all(isinstance(one, str) or one == n for one, n in zip(wanted, array.shape, strict=True))
        least, most = (array.min(), array.max()) if fits else (np.nan, np.nan)  # NaN where one is NaN
        inside = low - 1e-5 <= least and most <= high + 1e-5 and np.isfinite([least, most]).all()
        if not inside or (whole and array.dtype.kind == "f" and np.any(array != np.rint(array))):
            kind = f"{'whole' if whole else 'finite'} numbers{_range(low, high)}"
            dims = f"({', '.join(map(str, wanted))}{',' if len(wanted) == 1 else ''})"
            raise ValueError(
                f"{name} must be {kind} of shape {dims}; got {described(array, whole)}{mend and f': {mend}'}"
            )
        lengths |= dict(zip(shape, array.shape, strict=True))
        checked.append(array)
    return checked if len(checked) > 1 else checked[0]


def labels(alike=False, **arrays):
    """The arrays, if all are (n,) of whole numbers or of texts; with `alike`, all of them of the same of these two.

    Arguments, result and error are otherwise those of `numbers`.
    """
    arrays = {name: as_array(values) for name, values in arrays.items()}
    texts = {name: array.dtype.kind == "U" for name, array in arrays.items()}
    if alike and len(set(texts.values())) > 1:
        told = ", ".join(f"{name} {described(array)}" for name, array in arrays.items())
        raise ValueError(f"{', '.join(arrays)} must be labels of one kind, all whole numbers or all texts; got {told}")
    codes = {name: np.unique(array, return_inverse=True)[1] if texts[name] else array for name, array in arrays.items()}
    numbers("n", whole=True, **{name: np.reshape(code, arrays[name].shape) for name, code in codes.items()})
    return [array.ravel() for array in arrays.values()]


def _range(low, high):
    return f" from {low:g} to {high:g}" if high < np.inf else f" of at least {low:g}" if low > -np.inf else ""


def described(values, whole=False):
    """Shape and content of an array in a few words; with `whole`, a fraction that it holds."""
    array = as_array(values)
    if array.dtype.kind not in "biufU":
        return f"shape {array.shape} of {type(array.flat[0] if array.size else values).__name__}"
    told = f"shape {array.shape}"
    if array.size == 0 or array.dtype.kind == "U":
        return told + (f", texts such as {str(array.flat[0])!r}" if array.size else "")
    if not np.isfinite(array).all():
        return f"{told}, not all finite"
    fractions = array[array != np.rint(array)] if whole else []
    return f"{told}, from {array.min():g} to {array.max():g}" + (f", with {fractions[0]:g}" if len(fractions) else "")


def as_array(values):
    """`values` as an array; one of objects where its rows differ in length. Texts of pandas become NumPy's."""
    try:
        array = np.asarray(values)
    except ValueError:
        array = np.array(values, dtype=object)
    texts = array.dtype == object and array.size > 0 and all(isinstance(value, str) for value in array.flat)
    return array.astype(str) if texts else array


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
