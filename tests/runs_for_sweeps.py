"""Importable runs for the tests of helpers.sweeps."""

import os
import pathlib
import time

import sklearn.cluster  # noqa: F401  (brings OpenMP, as in the runs of the course)
from threadpoolctl import threadpool_info


def square(configuration):
    with open(pathlib.Path(configuration["log"]), "a") as log:
        log.write(f"{configuration['x']}\n")
    if configuration["x"] < 0 and not os.path.exists(configuration["log"] + ".mended"):
        raise ValueError("negative")
    threads = max(pool["num_threads"] for pool in threadpool_info())
    return {"square": configuration["x"] ** 2, "process": os.getpid(), "threads": threads}


def not_finite(configuration):
    return {"loss": float("nan")}


def slow_square(configuration):
    time.sleep(0.4)
    return square(configuration)


def sized(configuration):
    return {f"number_{i}": float(i) for i in range(configuration["size"])}
