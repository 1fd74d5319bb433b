"""A grid of runs: each finished run is one small JSON file, so that nothing finished is ever computed again.

It knows nothing of networks. A run is an importable function of a configuration (a dict of plain values) that
returns a flat dict of numbers or texts.
"""

import hashlib
import itertools
import json
import math
import os
import pathlib
import sys
import time
import traceback
import warnings

import joblib
import pandas as pd

from helpers import course

ONE_THREAD = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")


def grid(**axes):
    """Every combination of the values on the axes, as a list of dicts; the last axis runs fastest.

    >>> grid(latent_dim=[2, 16], seed=range(2))[1]
    {'latent_dim': 2, 'seed': 1}
    """
    return [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]


def run(function, configurations, folder, *, version, workers=2, scheduler=None, progress=True):
    """Run `function` on each configuration that has no stored result yet, and return all results as a table.

    Parameters
    ----------
    function : importable function
        Takes a configuration (dict), returns a flat dict of finite numbers or texts. Not a lambda, not defined in a
        notebook: the workers are fresh processes that import it.
    configurations : list of dict
        Plain values (numbers, strings, lists of them), all different.
    folder : path
        Of the JSON files, one per finished run, named by a hash of the configuration and the version.
    version : str
        Of the function's code. Change it, and every run is done anew.
    workers : int, default 2
        Processes of one thread each. 1 runs here, in this process, with all threads.
    scheduler : str, optional
        The address of a running Dask scheduler, "tcp://host:8786": the runs go to its workers instead, the files are
        still written here. The workers need the same packages and the function's module; each should have one thread.
    progress : bool, default True
        Print one line that counts the runs.

    Returns
    -------
    pandas.DataFrame
        A row per configuration, in their order: the configuration, the results, `seconds` (wall time of the run) and
        `error` (None, or the last line of a failed run's traceback; the whole of it is stored as .failed.json).

    Raises
    ------
    ValueError
        If two configurations are equal, or one holds something that JSON cannot.
    OSError
        If a result cannot be written (disk full, folder read-only). Finished runs stay.
    """
    folder = pathlib.Path(folder)
    paths = [folder / f"{key(configuration, version)}.json" for configuration in configurations]
    if len(set(paths)) != len(paths):
        raise ValueError("two of the configurations are equal")
    todo = [(c, path) for c, path in zip(configurations, paths, strict=True) if _read(path, c, version) is None]
    if todo:
        folder.mkdir(parents=True, exist_ok=True)
        _compute(function, todo, version, workers, scheduler, progress, done=len(paths) - len(todo))
    elif progress:
        print(f"{len(paths)} runs, all read from {folder.name}; none had to be computed")
    return pd.DataFrame([_row(c, path, version) for c, path in zip(configurations, paths, strict=True)])


def missing(configurations, folder, *, version):
    """The configurations that `run` would compute."""
    folder = pathlib.Path(folder)
    return [c for c in configurations if _read(folder / f"{key(c, version)}.json", c, version) is None]


def key(configuration, version):
    """The name of a run: 16 hex digits of a hash over version and configuration, whatever the order of its keys."""
    try:
        text = json.dumps([_plain(configuration), version], sort_keys=True, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(f"a configuration must hold plain finite values: {configuration!r} ({error})") from error
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _plain(value):
    """NumPy numbers as Python's, tuples as lists, so that equal configurations have equal names."""
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value.item() if hasattr(value, "item") else value


def _compute(function, todo, version, workers, scheduler, progress, done):
    """Compute the runs of `todo`; each is written as soon as it is finished."""
    total, failed, started = done + len(todo), 0, time.monotonic()
    # Fresh processes, never a fork: a forked TensorFlow hangs.
    backend = {"backend": "dask", "scheduler_host": scheduler} if scheduler else {"backend": "loky", "n_jobs": workers}
    if workers > 1 and not scheduler:
        backend["inner_max_num_threads"] = 1  # of what reads its number of threads when it is imported: scikit-learn
    with joblib.parallel_config(**backend):
        at_once = joblib.effective_n_jobs(-1 if scheduler else workers)
        parallel = joblib.Parallel(n_jobs=at_once, batch_size=1, pre_dispatch="n_jobs", return_as="generator_unordered")
        # A run that another sweep on this folder has finished in the meantime is left out when its turn comes.
        jobs = (
            joblib.delayed(_one)(function, c, version, str(path), bool(scheduler) or workers > 1)
            for c, path in todo
            if _read(path, c, version) is None
        )
        for number, (path, record) in enumerate(parallel(jobs), start=1):
            failed += "traceback" in record
            _write(pathlib.Path(path), record)
            if progress:
                left = len(todo) - number
                minutes = (time.monotonic() - started) / number * left / 60
                line = f"{done + number} of {total} runs done, {failed} failed, {min(at_once, left)} running, "
                print(f"\r{line + f'about {minutes:.0f} min left':<75}", end="", flush=True)
    if progress:
        print(f"\r{total} runs: {done} read, {len(todo)} computed, {failed} failed".ljust(76))
    sys.stdout.flush()


def _one(function, configuration, version, path, one_thread):
    """One run, in a worker: its path and its record, which holds the result or the traceback."""
    if one_thread:
        os.environ.update(dict.fromkeys(ONE_THREAD, "1"))  # read when TensorFlow starts its threads, at its first step
    record = {"configuration": _plain(configuration), "version": version}
    started = time.perf_counter()
    try:
        result = {name: _plain(value) for name, value in function(configuration).items()}
        bad = {name: value for name, value in result.items() if isinstance(value, float) and not math.isfinite(value)}
        if bad:
            raise ValueError(f"the run returned numbers that are not finite: {bad}")
        json.dumps(result)
    except Exception:
        return path, record | {"traceback": traceback.format_exc()}
    return path, record | {"result": result, "seconds": round(time.perf_counter() - started, 2)}


def _write(path, record):
    """Store a finished or failed run; a finished one removes the trace of its earlier failure."""
    failure = path.with_suffix(".failed.json")
    try:
        course.write_atomically(failure if "traceback" in record else path, json.dumps(record, indent=1) + "\n")
        if "result" in record:
            failure.unlink(missing_ok=True)
    except OSError as error:
        raise OSError(
            f"the sweep stops: {path.parent} cannot be written ({error.strerror}). Finished runs are intact; "
            "the same call goes on from there"
        ) from error


def _read(path, configuration, version):
    """The record of a finished run; None if there is none. Another's or a damaged file is set aside, with a warning."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        record = json.loads(text)
        if key(record["configuration"], record["version"]) != key(configuration, version):
            raise ValueError("it holds another run")
        if not isinstance(record["result"], dict):
            raise ValueError("its result is not a dict")
    except (ValueError, KeyError, TypeError) as error:
        aside = path.with_suffix(".damaged")
        os.replace(path, aside)
        warnings.warn(
            f"{path.name} is damaged ({error}); set aside as {aside.name}, that run is done again", stacklevel=3
        )
        return None
    return record


def _row(configuration, path, version):
    record = _read(path, configuration, version)
    if record is not None:
        return {**configuration, **record["result"], "seconds": record["seconds"], "error": None}
    failure = path.with_suffix(".failed.json")
    last = json.loads(failure.read_text(encoding="utf-8"))["traceback"].strip().splitlines()[-1]
    return {**configuration, "seconds": math.nan, "error": last}
