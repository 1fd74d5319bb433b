"""What a sweep survives: kills, a full disk, a second sweep on the same folder, a cluster that loses a worker."""

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from helpers import sweeps
from tests.conftest import ROOT
from tests.runs_for_sweeps import slow_square, square

GRID = range(6)


def grid(tmp_path):
    return sweeps.grid(x=list(GRID), log=[str(tmp_path / "log")])


def start(tmp_path, before="", workers=2):
    """A sweep in a process group of its own, so that it can be killed with its workers."""
    code = f"""
    import os, resource, signal
    from helpers import course, sweeps
    from tests.runs_for_sweeps import slow_square, sized
    {before}
    sweeps.run(slow_square, {grid(tmp_path)!r}, {str(tmp_path / "runs")!r}, version="1", workers={workers})
    """
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], cwd=ROOT, start_new_session=True, stdout=subprocess.DEVNULL
    )


def finished(tmp_path):
    return sorted(path for path in (tmp_path / "runs").glob("[!.]*.json"))


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


def assert_complete(tmp_path):
    table = sweeps.run(slow_square, grid(tmp_path), tmp_path / "runs", version="1", progress=False)
    assert table.x.tolist() == list(GRID) and table.square.tolist() == [x**2 for x in GRID]
    assert table.error.isna().all() and len(finished(tmp_path)) == len(GRID)
    return [int(line) for line in (tmp_path / "log").read_text().split()]


def test_killed_in_the_middle_of_a_run_it_goes_on(tmp_path):
    process = start(tmp_path)
    wait_for(lambda: len(finished(tmp_path)) >= 2)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    kept = {path: path.read_bytes() for path in finished(tmp_path)}
    assert 2 <= len(kept) < len(GRID)
    done = [json.loads(content)["configuration"]["x"] for content in kept.values()]
    computed = assert_complete(tmp_path)
    assert all(path.read_bytes() == content for path, content in kept.items())
    assert all(computed.count(x) == 1 for x in done), "a finished run is never repeated"


def test_killed_in_the_middle_of_a_write_it_goes_on(tmp_path):
    die = "os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)"
    process = start(tmp_path, before=die)
    assert process.wait(timeout=60) == -signal.SIGKILL
    assert finished(tmp_path) == [] and list((tmp_path / "runs").iterdir()), "half a write is there, and is no result"
    assert_complete(tmp_path)


def test_two_sweeps_on_one_folder_lose_and_double_nothing(tmp_path):
    first = start(tmp_path)
    wait_for(lambda: len(finished(tmp_path)) >= 2)
    second = start(tmp_path)
    assert [process.wait(timeout=120) for process in (first, second)] == [0, 0]
    assert len(finished(tmp_path)) == len(GRID)
    before = len((tmp_path / "log").read_text().split())
    assert len(assert_complete(tmp_path)) == before < 2 * len(GRID), "the second sweep used what the first had done"


def test_a_full_disk_is_a_clear_error_and_finished_runs_stay(tmp_path):
    code = f"""
    import resource
    from helpers import sweeps
    from tests.runs_for_sweeps import sized
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))  # no file may grow beyond 3,000 bytes
    sweeps.run(sized, sweeps.grid(size=[1, 2, 500]), {str(tmp_path / "runs")!r}, version="1", workers=1, progress=False)
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    outcome = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (
        outcome.returncode != 0
        and "cannot be written" in outcome.stderr
        and "Finished runs are intact" in outcome.stderr
    )
    assert [len(json.loads(path.read_text())["result"]) for path in finished(tmp_path)] in ([1, 2], [2, 1])


def test_a_folder_that_cannot_be_made_is_an_oserror(tmp_path):
    (tmp_path / "runs").write_text("a file stands where the folder should be")
    with pytest.raises(OSError, match="runs"):
        sweeps.run(square, grid(tmp_path), tmp_path / "runs", version="1", progress=False)


def test_results_from_another_machine_and_path_are_reused(tmp_path):
    first = sweeps.run(square, grid(tmp_path), tmp_path / "runs", version="1", progress=False)
    shutil.copytree(tmp_path / "runs", tmp_path / "elsewhere" / "results")
    again = sweeps.run(square, grid(tmp_path), tmp_path / "elsewhere" / "results", version="1", progress=False)
    assert again.equals(first) and len((tmp_path / "log").read_text().split()) == len(GRID)


def test_a_dask_cluster_that_loses_a_worker_delivers_every_row(tmp_path):
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        with distributed.Client(cluster) as client:
            workers = list(client.run(os.getpid).values())

        def kill_one():
            wait_for(lambda: len(finished(tmp_path)) >= 1)
            os.kill(workers[0], signal.SIGKILL)

        killer = threading.Thread(target=kill_one)
        killer.start()
        table = sweeps.run(
            slow_square, grid(tmp_path), tmp_path / "runs", version="1", scheduler=cluster.scheduler_address
        )
        killer.join()
    assert table.square.tolist() == [x**2 for x in GRID] and table.error.isna().all()
    assert os.getpid() not in set(table.process)
