"""Measure the course beside others; write tools/bench/results.csv and tools/bench/results.png.

    python -m tools.bench.measure                    everything (`make bench`)
    python -m tools.bench.measure fit joint          some parts: fit, joint, sweep, size, imports
    python -m tools.bench.measure --smoke            everything at toy size, written into a temporary folder

A part that is run alone replaces its own rows and leaves the others. Nothing else should run on the machine.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from helpers import course
from tools.bench import picture, table, turns

WITHOUT_TENSORFLOW = ("course", "data", "sweeps", "plots")  # tests/test_imports.py sees to it
WITH_TENSORFLOW = ("networks", "training", "clustering")
LINEAR_WITHIN = 0.15
LIMITS = {"limit: products, TensorFlow": "course_ways", "limit: products, PyTorch": "peers"}  # the lower one counts


def fit(size):
    """An epoch of the autoencoder (batch 256) and of the classifier (batch 64), beside PyTorch and the limit."""
    parts = []
    for network, title in {
        "autoencoder": "one epoch, autoencoder 784-256-128-32, batch 256",
        "classifier": "one epoch, classifier 784-128-10, batch 64",
    }.items():
        contestants = {
            "Keras, default fit": f"course_ways.{network}_default",
            "course: fit": f"course_ways.{network}_course",
            "PyTorch, fused Adam": f"peers.{network}",
        }
        contestants |= {label: f"{module}.{network}_limit" for label, module in LIMITS.items()}
        seconds = turns.in_turn(contestants, size.samples, size.rounds)
        parts.append(table.rows(title, seconds, "PyTorch, fused Adam"))
        _beside_the_limit(seconds, "course: fit")
    return pd.concat(parts)


def _beside_the_limit(seconds, contestant):
    """Print how often the machine's limit a contestant takes; the faster library's products are the limit."""
    limit = min(np.median(seconds[label]) for label in LIMITS)
    print(f"  {contestant} takes {np.median(seconds[contestant]) / limit:.2f} of the limit")


def joint(size):
    """A joint iteration of DeepClustering beside an epoch of ClustPy's DCN, 784-512-256-10, batch 256."""
    contestants = {"ClustPy: DCN": "peers.joint_iteration", "course: DeepClustering": "course_ways.joint_iteration"}
    contestants |= {label: f"{module}.joint_limit" for label, module in LIMITS.items()}
    seconds = turns.in_turn(contestants, size.samples, size.rounds)
    _beside_the_limit(seconds, "course: DeepClustering")
    return table.rows("one joint iteration, 784-512-256-10, batch 256", seconds, "ClustPy: DCN")


def sweep(size):
    """Notebook 03's race, measured anew on a third of the images, so that five rounds take minutes."""
    contestants = {
        "one process, two threads": "course_ways.sweep_one_process",
        "course: two workers": "course_ways.sweep_two_workers",
    }
    seconds = turns.in_turn(contestants, size.samples // 3, size.rounds)
    return table.rows(f"sweep of four runs, {size.samples // 3:,} images", seconds, "one process, two threads")


def cost(size):
    """Seconds and peak memory of a DeepClustering fit at four sizes, each in a fresh process."""
    sizes = [size.samples * share // 10 for share in (1, 2, 5, 10)]
    seconds, peaks, before = ({f"{n:,} samples": [] for n in sizes} for _ in range(3))
    for number in range(size.rounds):
        for n, label in zip(sizes, seconds, strict=True):
            answer = json.loads(_fresh("-m", "tools.bench.one_fit", str(n), str(size.epochs)))
            seconds[label].append(answer["seconds"])
            peaks[label].append(answer["peak"])
            before[label].append(answer["before"])
        print(f"  round {number + 1} of {size.rounds}", flush=True)
    times, memory = table.rows(table.SIZE, seconds), table.rows(table.MEMORY, peaks, unit="MB")
    times["ratio"] = times["median"] / table.straight_line(sizes, times["median"])
    times["ratio_to"] = "straight line"
    memory["ratio"] = memory["median"] / [np.median(values) for values in before.values()]
    memory["ratio_to"] = "before the fit"
    off = (times["ratio"] - 1).abs().max()
    print(f"  off the straight line by at most {off:.0%} ({'within' if off <= LINEAR_WITHIN else 'NOT within'} 15 %)")
    return pd.concat([times, memory])


def imports(size):
    """Import time of modules of helpers, each in a fresh process, with and without TensorFlow."""
    statements = {"TensorFlow and Keras": "import tensorflow, keras"}
    for name in (*WITHOUT_TENSORFLOW, *WITH_TENSORFLOW):
        statements[f"course: helpers.{name}"] = f"import helpers.{name}"
    clock = "import time; started = time.perf_counter(); {}; print(time.perf_counter() - started)"
    seconds = {label: [] for label in statements}
    for number in range(size.rounds + 1):  # the first brings the files into the machine's memory
        for label, statement in statements.items():
            elapsed = float(_fresh("-c", clock.format(statement)))
            seconds[label] += [elapsed] if number else []
    return table.rows("import time", seconds, "TensorFlow and Keras")


def _fresh(*arguments):
    """What Python prints with these arguments, in a new process."""
    command = [sys.executable, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=turns.environment(), cwd=course.ROOT)
    if done.returncode:
        raise RuntimeError(f"{arguments} failed:\n{done.stderr[-3000:]}")
    return done.stdout.strip().splitlines()[-1]


PARTS = {"fit": fit, "joint": joint, "sweep": sweep, "size": cost, "imports": imports}


def main():
    """Run the parts that are asked for, and write table and picture after each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], metavar="part")
    parser.add_argument("--samples", type=int, default=60_000)
    parser.add_argument("--rounds", type=int, default=5, help="alternating repetitions")
    parser.add_argument("--epochs", type=int, default=10, help="of either phase of the fits of different sizes")
    parser.add_argument("--smoke", action="store_true", help="2,000 samples, 1 round, 1 epoch")
    size = parser.parse_args()
    folder = course.ROOT / "tools" / "bench"
    if size.smoke:
        size.samples, size.rounds, size.epochs = 2_000, 1, 1
        folder = pathlib.Path(tempfile.mkdtemp(prefix="benchmarks-"))
    for name in size.parts or PARTS:
        print(PARTS[name].__doc__, flush=True)
        new = PARTS[name](size)
        print(new[["contestant", "median", "unit", "ratio", "ratio_to"]].to_string(index=False, float_format="%.3g"))
        results = table.store(new, folder / "results.csv")
        figure = picture.draw(results)
        figure.savefig(folder / "results.png", dpi=80)
        plt.close(figure)
    print(f"Written: results.csv and results.png in {folder}")


if __name__ == "__main__":
    main()
