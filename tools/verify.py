"""`make verify`: compute stored runs again, drawn at random, and compare every number with its file.

A run is equal where each number is its file's to rounding: the same versions with as many threads give that. With
other versions, or where the file does not say which, training may end elsewhere. Then a number may differ from its file
by SPREADS times the range of its siblings: the other stored runs with the same configuration but for the seed.
"""

import argparse
import itertools
import os
import pathlib
import random
import shutil
import tempfile
import time
from concurrent import futures

import numpy as np
from joblib.externals import loky

from helpers import sweeps
from tools import results

ROUNDING = 1e-4  # relative; measured on the machine of the stored runs: at most 1e-13
SPREADS = 4  # of two independent normal numbers, 0.8 % lie further apart than four ranges of four siblings


def stored():
    """A dict per registered run that has a file: name, function, record (None: damaged), group (records by seed)."""
    runs, groups = [], {}
    for function in results.registered():
        for configuration in itertools.chain(*function.runs.values()):
            path = function.folder / f"{sweeps.key(function, configuration, function.version)}.json"
            if path.exists():
                setting = {name: value for name, value in configuration.items() if name != "seed"}
                group = groups.setdefault(f"{path.parent.name} {function.__name__} {setting}", [])
                with tempfile.TemporaryDirectory() as folder:  # a damaged file stays where it is: its copy is read
                    copy = pathlib.Path(shutil.copy(path, folder))
                    group.append(sweeps._read(copy, function, configuration, function.version))
                name = f"{path.parent.name}/{path.stem}"
                runs.append({"name": name, "function": function, "record": group[-1], "group": group})
    return runs


def computed(run):
    """The new record of a run, done in a fresh process with as many threads, in the full profile."""
    variables = dict.fromkeys(sweeps.ONE_THREAD, str(run["record"]["threads"])) | {"COURSE_PROFILE": "full"}
    pool = loky.ProcessPoolExecutor(1, initializer=sweeps._watch, initargs=(os.getpid(),), env=variables)
    try:
        job = run["function"], run["record"]["configuration"], run["function"].version
        return pool.submit(sweeps._one, *job).result()
    except Exception as error:
        return {"traceback": f"the worker process died: {error}"}
    finally:
        pool.shutdown(kill_workers=True)


def again(waiting, seconds):
    """Yield (run, new record) of those that fit in the time, at least one: two at once if of one thread, else alone."""
    end, running, took, expected = time.monotonic() + seconds, {}, 0.0, 0.0
    with futures.ThreadPoolExecutor(2) as pool:
        while waiting or running:
            left = (end - time.monotonic()) * (expected / took if took else 1)
            shortest = [] if took or running else [min(waiting, key=lambda run: run["record"]["seconds"])]
            waiting = [run for run in waiting if run["record"]["seconds"] <= left] or shortest
            together = [run["record"]["threads"] for run, _ in running.values()]
            if waiting and (not together or [*together, waiting[0]["record"]["threads"]] == [1, 1]):
                run = waiting.pop(0)
                running[pool.submit(computed, run)] = run, time.monotonic()
                continue
            for future in futures.wait(running, return_when=futures.FIRST_COMPLETED).done:
                run, started = running.pop(future)
                took, expected = took + time.monotonic() - started, expected + run["record"]["seconds"]
                yield run, future.result()


def verdict(run, new):
    """How many numbers were compared, their largest relative difference, and the verdict in words."""
    if "traceback" in new:
        return 0, 0.0, f"DIFFERENT: {new['traceback'].strip().splitlines()[-1]}"
    old, now, count, largest, unknown = run["record"]["result"], new["result"], 0, 0.0, []
    alike = all(run["record"].get(name) == new[name] for name in ("versions", "threads"))
    wrong = [f"{name} is {'only' if name in old else 'not'} in the file" for name in old.keys() ^ now.keys()]
    wrong += ["wall is not above 0"] * (min(old.get("wall", 1), now.get("wall", 1)) <= 0)  # a time says no more
    for name in (name for name in old if name in now and name != "wall"):
        before, after = _numbers(old[name]), _numbers(now[name])
        apart, allowed = np.mean(np.abs(after - before)) if after.shape == before.shape else np.inf, 0.0
        relative = apart and apart / max(np.mean(np.abs(before)), np.mean(np.abs(after)))
        if relative > ROUNDING and not alike:
            siblings = (record["result"] for record in run["group"] if record not in (None, run["record"]))
            others = [result[name] for result in siblings if name in result]
            if not isinstance(now[name], (int, float)) or len(others) < 2:
                unknown.append(name)
                continue
            allowed = SPREADS * max(np.ptp(others), isinstance(now[name], int))  # counts move in whole steps
        count, largest = count + after.size, max(largest, relative)
        if relative > ROUNDING and apart > allowed:
            wrong.append(f"{name} is {np.mean(before):.6g} in the file, {np.mean(after):.6g} computed")
    words = "equal" if largest <= ROUNDING else "within the seeds' spread"
    words += f", but nothing to compare {', '.join(unknown)} with" if unknown else ""
    return count, largest, f"DIFFERENT: {'; '.join(wrong)}" if wrong else words


def _numbers(value):
    return (sweeps.as_pictures(value) if isinstance(value, str) else np.asarray(value, "float64")).ravel()


def main(arguments=None):
    """Print a line per run that is done again; return the exit code: 1 if one is different, damaged or failed."""
    parser = argparse.ArgumentParser("python -m tools.verify")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6), help="of the draw")
    given, runs = parser.parse_args(arguments), stored()
    random.Random(given.seed).shuffle(runs)
    print(f"{len(runs)} stored runs, drawn with --seed {given.seed}\n{'run':<48} numbers    apart  verdict")
    different, damaged = [], [(run, {"traceback": "the file is damaged"}) for run in runs if not run["record"]]
    for run, new in itertools.chain(damaged, again([run for run in runs if run["record"]], given.seconds)):
        count, largest, words = verdict(run, new)
        print(f"{run['name']:<48} {count:>7} {largest:>8.1e}  {words}", flush=True)
        different.append(words.startswith("DIFFERENT"))
    print(f"{len(different)} runs, {sum(different)} of them different")
    return int(any(different))


if __name__ == "__main__":
    raise SystemExit(main())
