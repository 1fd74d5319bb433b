"""The committed table tools/bench/results.csv: a row per measurement, with the machine that it was made on."""

import os
import pathlib
import platform
import subprocess
from importlib import metadata

import numpy as np
import pandas as pd

from tools.bench import turns

MEASURED = ["benchmark", "contestant", "median", "unit", "lowest", "highest"]
COLUMNS = [*MEASURED, "ratio", "ratio_to", "repetitions", "machine"]
SIZE, MEMORY = "cost against size", "peak memory against size"
OURS = ("tensorflow", "keras", "numpy", "scikit-learn")
PEERS = ("torch", "clustpy")


def rows(benchmark, measured, base=None, unit="s"):
    """A table of one benchmark.

    Parameters
    ----------
    benchmark : str
    measured : dict of str to list of float
        Contestant and its values.
    base : str, optional
        The contestant by whose median all are divided.
    unit : str, default "s"
    """
    table = pd.DataFrame(
        {
            "benchmark": benchmark,
            "contestant": list(measured),
            "median": [np.median(values) for values in measured.values()],
            "unit": unit,
            "lowest": [min(values) for values in measured.values()],
            "highest": [max(values) for values in measured.values()],
            "repetitions": [len(values) for values in measured.values()],
        }
    )
    if base is not None:
        table["ratio"] = table["median"] / np.median(measured[base])
        table["ratio_to"] = base
    return table


def straight_line(sizes, seconds):
    """The straight line (n,) through points (n,), by least squares of the relative errors."""
    sizes, seconds = np.asarray(sizes, dtype=float), np.asarray(seconds, dtype=float)
    return np.polyval(np.polyfit(sizes, seconds, 1, w=1 / seconds), sizes)


def store(new, path):
    """Write the rows to `path`; benchmarks that it holds and that were not measured now stay. Returns all rows."""
    path = pathlib.Path(path)
    new = new.assign(machine=machine()).reindex(columns=COLUMNS)
    if path.exists():
        old = pd.read_csv(path)
        order = dict.fromkeys([*old.benchmark, *new.benchmark])
        both = pd.concat([old[~old.benchmark.isin(new.benchmark)], new])
        new = pd.concat([both[both.benchmark == name] for name in order], ignore_index=True)
    new.to_csv(path, index=False, float_format="%.4g", lineterminator="\n")
    return new


def machine():
    """Cores, processor, memory and versions in one line."""
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = [f"{name} {metadata.version(name)}" for name in OURS]
    ask = f"from importlib.metadata import version; print(*(n + ' ' + version(n) for n in {PEERS}), sep=', ')"
    if turns.PEERS_PYTHON.exists():
        answer = subprocess.run([turns.PEERS_PYTHON, "-c", ask], capture_output=True, text=True, check=True)
        versions.append(answer.stdout.strip())
    return (
        f"{os.cpu_count()} cores, {_processor()}, {gigabytes:.0f} GB, Python {platform.python_version()}, "
        f"{', '.join(versions)}; {turns.THREADS} threads per contestant"
    )


def _processor():
    """The processor's name."""
    information = pathlib.Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":")[1].strip()
    return platform.processor() or platform.machine()
