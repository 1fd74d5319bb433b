"""Importable runs for the tests of helpers.sweeps; each writes its `x` to the file `log` when it starts."""

import os
import pathlib
import sys
import time

import numpy as np

from helpers import sweeps


def note(x, log):
    with open(pathlib.Path(log), "a") as file:
        file.write(f"{x}\n")


def square(x, log):
    note(x, log)
    if x < 0 and not os.path.exists(log + ".mended"):
        raise ValueError("negative")
    return {"square": x**2, "process": os.getpid()}


def threads(x):
    import sklearn.cluster  # noqa: F401  (brings OpenMP, as in the runs of the course)
    from threadpoolctl import threadpool_info

    return {"most_threads": max(pool["num_threads"] for pool in threadpool_info())}


def tensorflow_threads(x):
    return {kind: os.environ.get(f"TF_NUM_{kind.upper()}OP_THREADS", "all") for kind in ("intra", "inter")}


def slow_square(x, log, wait=0.4):
    note(x, log)
    time.sleep(wait)
    return {"square": x**2, "process": os.getpid()}


def quits(x, log):
    """Ends Python for x = 1."""
    note(x, log)
    if x == 1:
        sys.exit(3)
    return {"square": x**2}


def dies(x, log):
    """Takes its process with it for x = 1, as the kernel does where memory ends."""
    note(x, log)
    time.sleep(0.2)  # the runs beside it are under way
    if x == 1:
        os._exit(1)
    time.sleep(0.2)
    return {"square": x**2}


def greedy(hidden):
    """Uses its list up."""
    layers = 0
    while hidden:
        hidden.pop()
        layers += 1
    return {"layers": layers}


def wanderer(x):
    os.chdir(os.sep)
    return {"double": 2 * x}


class Speechless(Exception):
    def __str__(self):
        raise ValueError


def speechless():
    raise Speechless


def sized(size):
    return {f"number_{i}": float(i) for i in range(size)}


BAD_RESULTS = {  # what a run may not return, and what the message must name
    "no dict": ([1, 2], "dict"),
    "nothing": (None, "dict"),
    "empty": ({}, "dict"),
    "nan": ({"good": 1, "loss": float("nan")}, "'loss'.*nan"),
    "infinite": ({"loss": np.float32("inf")}, "'loss'.*inf"),
    "nan in a curve": ({"curve": [1.0, np.nan]}, "'curve'.*nan"),
    "none": ({"loss": None}, "'loss'.*None"),
    "nested": ({"scores": {"acc": 1}}, "'scores'.*acc"),
    "a matrix": ({"matrix": np.eye(2)}, "'matrix'"),
    "texts in a list": ({"words": ["a"]}, "'words'.*a"),
    "an object": ({"thing": object()}, "'thing'.*object"),
    "number as name": ({1: 2}, "1"),
    "a key of the configuration": ({"kind": 1}, "'kind'"),
    "seconds": ({"seconds": 1}, "'seconds'"),
    "error": ({"error": "x"}, "'error'"),
}


def bad(kind):
    return BAD_RESULTS[kind][0]


def rich():
    return {
        "count": np.int64(3),
        "loss": np.float32(0.5),
        "yes": np.bool_(True),
        "text": "ab\u00e9",
        "curve": np.array([1.0, 2.0]),
        "pair": (1, 2),
        "empty": [],
    }


@sweeps.repeated("7", sweeps.grid(x=[1, 2]), workers=1)
def one_table(x):
    return {"double": 2 * x}


@sweeps.repeated("1", {"small": sweeps.grid(x=[1, 2]), "large": sweeps.grid(x=[3], y=[5])})
def two_tables(x, y=0):
    return {"sum": x + y}
