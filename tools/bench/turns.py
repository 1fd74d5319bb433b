"""Contestants that take turns: while one works, the others sleep, so that what slows the machine slows them all."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

from helpers import course, sweeps

PEERS_PYTHON = course.ROOT / ".venv-bench" / "bin" / "python"
THREADS = "2"  # of each contestant, on whatever machine


class Worker:
    """A running `worker.py`: `ask` makes it work once and returns its list of seconds."""

    def __init__(self, contestant, samples):
        python = PEERS_PYTHON if contestant.startswith("peers.") else sys.executable
        if not pathlib.Path(python).exists():
            raise SystemExit("The peers' environment is missing: run `make bench` once, it prepares .venv-bench.")
        self.contestant, self.log = contestant, tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [python, "-m", "tools.bench.worker", contestant, str(samples)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            env=environment(),
            cwd=course.ROOT,
        )
        self.first = self._answer()

    def ask(self):
        """Seconds of one more round, a list."""
        print("go", file=self.process.stdin, flush=True)
        return self._answer()

    def stop(self):
        """Let the process leave, and wait until it has."""
        self.process.stdin.close()
        self.process.wait()

    def _answer(self):
        line = self.process.stdout.readline()
        if not line:
            self.log.seek(0)
            raise RuntimeError(f"{self.contestant} ended without an answer:\n{self.log.read()[-3000:]}")
        return json.loads(line)


def environment():
    """Variables of a measured process: the full profile, two threads, no talk."""
    fixed = {"COURSE_PROFILE": "full", "TF_CPP_MIN_LOG_LEVEL": "3"}
    return os.environ | dict.fromkeys(sweeps.ONE_THREAD, THREADS) | fixed


def in_turn(contestants, samples, rounds):
    """Measure contestants side by side.

    Parameters
    ----------
    contestants : dict of str to str
        Label and "module.function" of `course_ways` or `peers`.
    samples : int
        Of the training images, from the first on.
    rounds : int
        Of all contestants; one more, in which things are compiled, comes before and does not count.

    Returns
    -------
    dict of str to list of float
        Label and seconds.
    """
    workers, seconds = {}, {label: [] for label in contestants}
    try:
        for label, contestant in contestants.items():
            workers[label] = Worker(contestant, samples)
            print(f"  {label}: ready, the first time took {sum(workers[label].first):.1f} s", flush=True)
        for number in range(rounds):
            for label, worker in workers.items():
                seconds[label] += worker.ask()
            print(f"  round {number + 1} of {rounds}", flush=True)
    finally:
        for worker in workers.values():
            worker.stop()
    return seconds
