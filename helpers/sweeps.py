"""A grid of runs: each finished run is one small JSON file, so that nothing finished is ever computed again.

It knows nothing of networks. A run is an importable function of plain keyword arguments (its configuration) that
returns a flat dict of numbers, texts and curves (flat lists of numbers).
"""

import collections
import concurrent.futures
import contextlib
import copy
import hashlib
import importlib.metadata
import inspect
import itertools
import json
import math
import os
import pathlib
import platform
import socket
import threading
import time
import traceback
import warnings

import numpy as np
import pandas as pd
from joblib.externals import loky

from helpers import course

RESULTS = course.ROOT / "data" / "results"
REGISTERED = []  # the functions that `repeated` has decorated
OF_TENSORFLOW = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", *OF_TENSORFLOW), "1")
PATIENCE = 60  # seconds without any worker after which a Dask cluster is given up


def grid(**axes):
    """Every combination of the values on the axes, as a list of dicts; the last axis runs fastest.

    `grid(latent_dim=[2, 16], seed=range(2))[1]` is `{"latent_dim": 2, "seed": 1}`. A ValueError names an axis that is
    empty or is no list of values (a text, a dict, a single number).
    """
    for name, values in axes.items():
        axes[name] = list(values) if np.iterable(values) and not isinstance(values, (str, bytes, dict)) else []
        if not axes[name]:
            raise ValueError(f"axis {name}: give a list of at least one value, not {values!r}")
    return [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]


def run(function, configurations, folder, *, version, workers=2, scheduler=None, progress=True):
    """Run `function` on each configuration that has no stored result yet, and return all results as a table.

    Parameters
    ----------
    function : importable function
        Takes a configuration as keyword arguments. Returns a flat dict of finite numbers, texts, or flat lists of
        finite numbers, under names that are not in the configuration; anything else is a failed run.
    configurations : list of dict
        Plain finite values (numbers, texts, None, lists and dicts of them), all different. None is called "seconds" or
        "error", which are columns of the table.
    folder : path
        Of the JSON files, one per finished run, named by its `key`. A damaged one is set aside, its run done again.
    version : str
        Of the function's code. Change it, and every run is done anew.
    workers : int, default 2
        Processes of one thread each; they end with the sweep. 1 runs here, in this process, with all threads.
    scheduler : str, optional
        A running Dask scheduler, "tcp://host:8786": its workers do the runs, the files are still written here. They
        need the same packages and the function's module, and should have one thread each.
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
        If two configurations are equal, one is not plain, there are no workers, or they cannot import the function; if
        a result is a number in one file and a text in another.
    OSError, RuntimeError
        If a result cannot be read or written, or Dask does not answer; if its workers are gone. Finished runs stay.
    """
    configurations = list(configurations)
    jobs = _jobs(function, configurations, folder, version)
    if len(jobs) != len(configurations):
        raise ValueError("two of the configurations are equal")
    if not isinstance(workers, int) or workers < 1:
        raise ValueError(f"workers is {workers!r}, and must be a whole number of at least 1")
    records = {path: _read(path, *job) for path, job in jobs.items()}
    if None in records.values():
        pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
        with _cluster(scheduler) if scheduler else _processes(workers) as backend:
            _compute(records, jobs, *backend, progress)
    elif progress:
        print(f"{len(records)} runs, all read from {pathlib.Path(folder).name}; none had to be computed")
    _demand_one_kind(records)
    rows = []
    for configuration, record in zip(configurations, records.values(), strict=True):
        error = record["traceback"].strip().splitlines()[-1] if "traceback" in record else None
        found = record.get("result", {}) | {"seconds": record.get("seconds", math.nan), "error": error}
        rows.append(configuration | found)
    return pd.DataFrame(rows)


def missing(function, configurations, folder, *, version):
    """The configurations that `run` would compute."""
    jobs = _jobs(function, configurations, folder, version)
    return [job[1] for path, job in jobs.items() if _read(path, *job) is None]


def key(function, configuration, version):
    """The name of a run: that of its function, and 16 hex digits of a hash over function, configuration and version.

    The order of the keys does not matter, nor whether a number is NumPy's or Python's, a list a tuple. A ValueError
    says what is not plain and finite, and that workers must import the function.
    """
    if not isinstance(configuration, dict):
        raise ValueError(f"a configuration is a dict, as `grid` makes them in a list, not {configuration!r}")
    if taken := {"seconds", "error"} & set(configuration):
        raise ValueError(f"{taken.pop()!r} in {configuration!r}: the table has a column of that name, take another")
    name = getattr(function, "__qualname__", "<no name>")
    if function.__module__ == "__main__" or "<" in name:  # <lambda>, or <locals> of another function
        raise ValueError(f"{name} must stand at the top of a module: workers must import it")
    try:
        text = json.dumps(_begin(function, configuration, version), sort_keys=True, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(f"a configuration must hold plain finite values: {configuration!r} ({error})") from error
    return f"{function.__name__}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def repeated(version, runs, workers=2):
    """Decorate a function whose runs are stored: `function.table()` reads them, and computes what is missing.

    `runs` are configurations, as from `grid`, or a dict of such lists by the names of several tables; `version` and
    `workers` are those of `run`. The decorator returns the function itself, with `version`, `runs` (always a dict),
    `folder` (below data/results/, named after the module) and `table(of="")`, where `of` is the name of a table or a
    list of other configurations. A configuration that does not fit the function's arguments is a TypeError.
    """

    def decorate(function):
        def table(of=""):
            if isinstance(of, str) and of not in function.runs:
                raise ValueError(f"{function.__name__} has no table {of!r}, only {list(function.runs)}")
            configurations = function.runs[of] if isinstance(of, str) else of
            return run(function, configurations, function.folder, version=function.version, workers=workers)

        function.version, function.table = version, table
        function.runs = runs if isinstance(runs, dict) else {"": runs}
        function.folder = RESULTS / function.__module__.rpartition(".")[2]
        for configuration in itertools.chain(*function.runs.values()):
            try:
                inspect.signature(function).bind(**configuration)
            except TypeError as error:
                raise TypeError(f"{function.__name__} does not take {configuration}: {error}") from error
        REGISTERED.append(function)
        return function

    return decorate


def as_text(pictures):
    """Pixels in [0, 1] as hexadecimal bytes, for a stored result; another pixel, or NaN, is a ValueError."""
    pictures = np.asarray(pictures)
    if not ((pictures >= 0) & (pictures <= 1)).all():
        raise ValueError(f"pixels must be in [0, 1], and these are from {pictures.min()} to {pictures.max()}")
    return (pictures * 255).round().astype("uint8").tobytes().hex()


def as_pictures(text):
    """Images (n, 784) in [0, 1] from a text that `as_text` wrote; a ValueError says if it is none."""
    try:
        return np.frombuffer(bytes.fromhex(text), "uint8").reshape(-1, 784) / 255
    except (ValueError, TypeError) as error:
        raise ValueError(f"no text of images of 784 pixels, as `as_text` writes: {str(text)[:40]!r}") from error


def _jobs(function, configurations, folder, version):
    folder = pathlib.Path(folder).absolute()  # a run in this process may change its folder
    return {folder / f"{key(function, c, version)}.json": (function, c, version) for c in configurations}


def _begin(function, configuration, version):
    """What a file says first: which run this is."""
    name = f"{function.__module__}.{function.__qualname__}"
    return {"function": name, "configuration": _plain(configuration), "version": version}


def _plain(value):
    """NumPy numbers and arrays as Python's, tuples as lists, so that equal configurations have equal names."""
    if isinstance(value, dict):
        if not all(isinstance(name, str) for name in value):
            raise TypeError(f"the names must be texts: {list(value)}")
        return {name: _plain(item) for name, item in value.items()}
    value = value.tolist() if isinstance(value, (np.generic, np.ndarray)) else value
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def _check(result, configuration):
    """Raise a ValueError that says why a result of plain values cannot be stored, if so."""
    if not isinstance(result, dict) or not result:
        raise ValueError(f"the result must be a dict with something in it, not {str(result)[:60]}")
    for name, value in result.items():
        if name in ("seconds", "error", *configuration):
            raise ValueError(f"the result has a {name!r}, but the table already has a column of that name")
        for item in [] if isinstance(value, str) else value if isinstance(value, list) else [value]:
            if not (isinstance(item, int) or isinstance(item, float) and math.isfinite(item)):
                allowed = "a finite number, a text or a flat list of finite numbers"
                raise ValueError(f"{name!r} of the result is not {allowed}: {str(item)[:60]}")


def _demand_one_kind(records):
    """Raise a ValueError where a result is a number in one record (by path) and a text or a curve in another."""
    first = {}
    for path, record in records.items():
        for name, value in record.get("result", {}).items():
            kind = {str: "text", list: "list"}.get(type(value), "number")
            other, known = first.setdefault(name, (path, kind))
            if kind != known:
                mend = "delete the wrong file, and its run is done again"
                raise ValueError(f"{name!r} is a {known} in {other.name} and a {kind} in {path.name}: {mend}")


def _compute(records, jobs, submit, at_once, died, progress):
    """Fill the `records` (by path) that are None; each is written as soon as its run is finished."""
    computed, failed, started = 0, 0, time.monotonic()
    # A worker that dies may take runs beside it along. All of them are done again at the end, one at a time.
    for alone in (False, True):
        queue, running = collections.deque(path for path in jobs if records[path] is None), {}
        while queue or running:
            limit = min(at_once(), 1 if alone else len(jobs))
            while queue and len(running) < limit:
                path = queue.popleft()
                records[path] = _read(path, *jobs[path])  # another sweep may have finished it in the meantime
                if records[path] is None:
                    running[submit(*jobs[path])] = path
            # With a time limit, so that `at_once` can notice that a cluster is gone.
            for future in concurrent.futures.wait(running, 2, concurrent.futures.FIRST_COMPLETED).done:
                path = running.pop(future)
                try:
                    record = future.result()
                    del future  # as long as there is one, Dask repeats a finished run whose worker dies
                except Exception as error:  # not in the run itself: its worker died, or lacks the function's module
                    if isinstance(error, died) and not alone:
                        continue
                    reason = "the worker process died (killed, perhaps for memory) with no other run beside it"
                    text = traceback.format_exc() + (reason if isinstance(error, died) else "")
                    record = _begin(*jobs[path]) | {"traceback": text}
                _write(path, record)
                records[path], computed, failed = record, computed + 1, failed + ("traceback" in record)
                if progress:
                    left = list(records.values()).count(None)
                    minutes = (time.monotonic() - started) / computed * left / 60
                    line = f"{len(jobs) - left} of {len(jobs)} runs done, {failed} failed, about {minutes:.0f} min left"
                    print(f"\r{line:<75}", end="", flush=True)
    if progress:
        line = f"{len(jobs)} runs: {len(jobs) - computed} read, {computed} computed, {failed} failed"
        print(f"\r{line:<76}", flush=True)


@contextlib.contextmanager
def _processes(workers):
    """Fresh processes, never forks (a forked TensorFlow hangs); afterwards they and the code in them are gone."""

    def pool():  # the same one, until a worker dies
        return loky.get_reusable_executor(workers, initializer=_watch, initargs=(os.getpid(),), env=ONE_THREAD)

    def here(*job):
        future = concurrent.futures.Future()
        future.set_result(_one(*job))
        return future

    if workers == 1:
        yield here, lambda: 1, ()
        return
    try:
        yield lambda *job: pool().submit(_one, *job), lambda: workers, loky.process_executor.BrokenProcessPool
    finally:
        pool().shutdown(kill_workers=True)


@contextlib.contextmanager
def _cluster(scheduler):
    import distributed  # takes a second, and few sweeps need it

    try:
        socket.create_connection(distributed.comm.get_address_host_port(scheduler), timeout=10).close()
        client = distributed.Client(scheduler, timeout=20, set_as_default=False)
    except (OSError, ValueError, TypeError, MemoryError) as error:  # the last if a dashboard, say, answers
        raise RuntimeError(f"no Dask scheduler answers at {scheduler} ({error})") from error
    lost = (distributed.KilledWorker, concurrent.futures.CancelledError)  # the latter if the scheduler was lost
    with client:
        executor = client.get_executor(pure=False, retries=0)

        def at_once():
            try:
                client.wait_for_workers(1, timeout=PATIENCE)
                return max(1, sum(client.nthreads().values()))
            except OSError as error:
                reason = f"is gone, or has had no worker for {PATIENCE} seconds"
                raise RuntimeError(f"the sweep stops: the Dask scheduler {scheduler} {reason}") from error

        yield lambda *job: executor.submit(_one, *job, one_thread=True), at_once, lost


def _watch(parent):
    """End this worker, by a thread of its own, when its parent is gone, however that ended."""

    def wait():
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _one(function, configuration, version, one_thread=False):
    """One run: its record, which holds the result or the traceback."""
    if one_thread:
        os.environ.update(ONE_THREAD)  # read when TensorFlow starts its threads, at its first step
    record, started = _begin(function, configuration, version), time.perf_counter()
    try:
        result = _plain(function(**copy.deepcopy(configuration)))  # what a run does to its lists stays in it
        _check(result, configuration)
    except KeyboardInterrupt:
        raise
    except BaseException:  # sys.exit() too: it must not end a worker, and with it the runs of the others
        return record | {"traceback": traceback.format_exc()}
    seconds, versions = round(time.perf_counter() - started, 2), {"python": platform.python_version()}
    for package in ("tensorflow", "keras", "numpy", "scipy", "scikit-learn"):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[package] = importlib.metadata.version(package)
    threads = int(str(os.environ.get("OMP_NUM_THREADS") or os.cpu_count()).split(",")[0])
    return record | {"result": result, "seconds": seconds, "versions": versions, "threads": threads}


def _write(path, record):
    """Store a finished or failed run; a finished one removes the trace of its earlier failure."""
    failure = path.with_suffix(".failed.json")
    try:
        course.write_atomically(failure if "traceback" in record else path, json.dumps(record, indent=1) + "\n")
        if "result" in record:
            failure.unlink(missing_ok=True)
    except OSError as error:
        advice = "Finished runs are intact; the same call goes on from there"
        raise OSError(f"the sweep stops: {path.parent} cannot be written ({error.strerror}). {advice}") from error


def _read(path, *job):
    """The record of a finished run; None if there is none. Another's or a damaged file is set aside, with a warning."""
    try:
        if path.exists() and not path.is_file():
            raise ValueError("it is a folder, or another thing that is no file")
        record = json.loads(path.read_text(encoding="utf-8"))
        if record | _begin(*job) != record:
            raise ValueError("it holds another run")
        _check(record["result"], record["configuration"])
        if not 0 <= record["seconds"] < math.inf:
            raise ValueError(f"its seconds are {record['seconds']}")
        return record
    except FileNotFoundError:
        return None
    except OSError as error:
        raise OSError(f"the sweep stops: {path} cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        aside = path.with_suffix(f".{time.time_ns()}.damaged" if path.with_suffix(".damaged").exists() else ".damaged")
        try:
            with contextlib.suppress(FileNotFoundError):  # another sweep has just done the same
                os.replace(path, aside)
        except OSError as stop:
            why = f"is damaged ({error!r}) and cannot be set aside ({stop.strerror})"
            raise OSError(f"the sweep stops: {path} {why}") from stop
        warnings.warn(f"{path.name} is damaged ({error!r}): set aside as {aside.name}, done again", stacklevel=3)
