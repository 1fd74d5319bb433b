"""Importable runs for the tests of helpers.sweeps."""

import os
import pathlib
import time


def square(configuration):
    with open(pathlib.Path(configuration["log"]), "a") as log:
        log.write(f"{configuration['x']}\n")
    if configuration["x"] < 0 and not os.path.exists(configuration["log"] + ".mended"):
        raise ValueError("negative")
    return {"square": configuration["x"] ** 2, "process": os.getpid(), "threads": os.environ.get("OMP_NUM_THREADS", "")}


def not_finite(configuration):
    return {"loss": float("nan")}


def slow_square(configuration):
    time.sleep(0.4)
    return square(configuration)


def sized(configuration):
    return {f"number_{i}": float(i) for i in range(configuration["size"])}
