"""What a sweep survives: kills, dying workers, a full disk, a second sweep on the same folder, a failing cluster."""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
import uuid

import pytest

from helpers import sweeps
from tests.conftest import ROOT
from tests.runs_for_sweeps import dies, slow_square, square, tensorflow_threads

GRID = range(6)


def grid(tmp_path, **axes):
    return sweeps.grid(x=list(GRID), log=[str(tmp_path / "log")], **axes)


def start(tmp_path, before="", workers=2, seconds=0.4):
    """A sweep in a process group of its own, so that it can be killed with its workers."""
    code = f"""
    import os, signal
    from helpers import course, sweeps
    from tests.runs_for_sweeps import slow_square
    {before}
    grid = {grid(tmp_path, wait=[seconds])!r}
    sweeps.run(slow_square, grid, {str(tmp_path / "runs")!r}, version="1", workers={workers})
    """
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=ROOT,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        env=os.environ | {"MARK_OF_THIS_SWEEP": tmp_path.name + uuid.uuid4().hex},
    )


def finished(tmp_path):
    return sorted(path for path in (tmp_path / "runs").glob("[!.]*.json") if ".failed" not in path.name)


def started(tmp_path):
    log = tmp_path / "log"
    return [int(line) for line in log.read_text().split()] if log.exists() else []


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


def assert_complete(tmp_path):
    configurations = grid(tmp_path, wait=[0.4])
    table = sweeps.run(slow_square, configurations, tmp_path / "runs", version="1", progress=False)
    assert table.x.tolist() == list(GRID) and table.square.tolist() == [x**2 for x in GRID]
    assert table.error.isna().all() and len(finished(tmp_path)) == len(GRID)
    return started(tmp_path)


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


def with_mark(mark):
    """The numbers of the living processes that inherited `mark`."""
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes():
                found.append(int(folder.name))
        except OSError:  # it ended just now, or belongs to somebody else
            pass
    return found


@pytest.mark.skipif(not os.path.exists("/proc/self/environ"), reason="needs /proc")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_sweep_leaves_no_process(how, tmp_path):
    mark = f"MARK_OF_THIS_SWEEP={tmp_path.name}".encode()
    process = start(tmp_path, seconds=40)
    wait_for(lambda: len(started(tmp_path)) == 2)
    assert len(with_mark(mark)) >= 3, "the sweep and two workers"
    process.send_signal(how)
    assert process.wait(timeout=10) == -how
    try:
        wait_for(lambda: with_mark(mark) == [], seconds=10)
    finally:
        for number in with_mark(mark):
            os.kill(number, signal.SIGKILL)


@pytest.mark.skipif(not os.path.exists("/proc/self/environ"), reason="needs /proc")
def test_an_interrupted_sweep_stops_its_runs(tmp_path):
    """As a notebook's stop button: only the parent gets the signal."""
    process = start(tmp_path, before="signal.signal(signal.SIGUSR1, signal.default_int_handler)", seconds=40)
    wait_for(lambda: len(started(tmp_path)) == 2)
    process.send_signal(signal.SIGUSR1)
    process.wait(timeout=10)
    wait_for(lambda: with_mark(f"MARK_OF_THIS_SWEEP={tmp_path.name}".encode()) == [], seconds=10)


def test_a_run_that_kills_its_worker_is_recorded_and_stops_no_other(tmp_path):
    for call in (1, 2):  # the second one tries it again
        table = sweeps.run(dies, grid(tmp_path), tmp_path / "runs", version="1", progress=False)
        assert table.square.dropna().tolist() == [x**2 for x in GRID if x != 1]
        assert "worker process died" in table.error[1] and table.error.notna().sum() == 1
        assert started(tmp_path).count(1) == 2 * call
    assert all(started(tmp_path).count(x) <= 2 for x in GRID if x != 1), "only what was under way is done again"
    (failure,) = (tmp_path / "runs").glob("*.failed.json")
    assert json.loads(failure.read_text())["configuration"]["x"] == 1


def test_a_worker_that_is_killed_from_outside_costs_no_run(tmp_path):
    def kill_one():
        # Both workers are at work: one that has just finished may have nothing that it could lose.
        wait_for(lambda: finished(tmp_path) and len(started(tmp_path)) == len(finished(tmp_path)) + 2)
        os.kill(json.loads(finished(tmp_path)[0].read_text())["result"]["process"], signal.SIGKILL)

    killer = threading.Thread(target=kill_one)
    killer.start()
    computed = assert_complete(tmp_path)
    killer.join()
    assert len(computed) > len(GRID), "none was killed under way"


def test_two_sweeps_on_one_folder_lose_and_double_nothing(tmp_path):
    first = start(tmp_path)
    wait_for(lambda: len(finished(tmp_path)) >= 2)
    second = start(tmp_path)
    assert [process.wait(timeout=120) for process in (first, second)] == [0, 0]
    assert len(finished(tmp_path)) == len(GRID)
    before = len(started(tmp_path))
    assert len(assert_complete(tmp_path)) == before < 2 * len(GRID), "the second sweep used what the first had done"


def test_a_run_that_another_sweep_finishes_in_the_meantime_is_not_repeated(tmp_path):
    """The other sweep begins at the same time, at the other end."""
    code = f"""
    from helpers import sweeps
    from tests.runs_for_sweeps import slow_square
    sweeps.run(slow_square, {grid(tmp_path)[::-1]!r}, {str(tmp_path / "runs")!r}, version="1", workers=1)
    """
    other = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], cwd=ROOT, stdout=subprocess.DEVNULL)
    wait_for(lambda: started(tmp_path))
    table = sweeps.run(slow_square, grid(tmp_path), tmp_path / "runs", version="1", workers=1, progress=False)
    assert other.wait(timeout=60) == 0 and table.square.tolist() == [x**2 for x in GRID]
    assert len(started(tmp_path)) <= len(GRID) + 1, "at most the run where they meet is done by both"


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
    assert outcome.returncode != 0
    last = outcome.stderr.strip().splitlines()[-1]
    assert last.startswith("OSError: the sweep stops") and "Finished runs are intact" in last, outcome.stderr
    assert [len(json.loads(path.read_text())["result"]) for path in finished(tmp_path)] in ([1, 2], [2, 1])


def test_a_folder_that_cannot_be_made_is_an_oserror(tmp_path):
    (tmp_path / "runs").write_text("a file stands where the folder should be")
    with pytest.raises(OSError, match="runs"):
        sweeps.run(square, grid(tmp_path), tmp_path / "runs", version="1", progress=False)


def test_results_from_another_machine_and_path_are_reused(tmp_path):
    first = sweeps.run(square, grid(tmp_path), tmp_path / "runs", version="1", progress=False)
    shutil.copytree(tmp_path / "runs", tmp_path / "elsewhere" / "results")
    again = sweeps.run(square, grid(tmp_path), tmp_path / "elsewhere" / "results", version="1", progress=False)
    assert again.equals(first) and len(started(tmp_path)) == len(GRID)


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        yield cluster


def on(cluster, function, tmp_path):
    address = cluster.scheduler_address
    return sweeps.run(function, grid(tmp_path), tmp_path / "runs", version="1", scheduler=address, progress=False)


def test_a_dask_cluster_that_loses_a_worker_delivers_every_row(cluster, tmp_path):
    import distributed

    with distributed.Client(cluster) as client:
        workers = list(client.run(os.getpid).values())

    def kill_one():
        wait_for(lambda: len(finished(tmp_path)) >= 1)
        os.kill(workers[0], signal.SIGKILL)

    killer = threading.Thread(target=kill_one)
    killer.start()
    table = on(cluster, slow_square, tmp_path)
    killer.join()
    assert table.square.tolist() == [x**2 for x in GRID] and table.error.isna().all()
    assert os.getpid() not in set(table.process)


def test_tensorflow_has_one_thread_in_a_dask_worker(cluster, tmp_path):
    configurations, address = sweeps.grid(x=[1]), cluster.scheduler_address
    table = sweeps.run(tensorflow_threads, configurations, tmp_path, version="1", scheduler=address, progress=False)
    assert (table.intra[0], table.inter[0]) == ("1", "1")


def test_a_run_that_kills_its_dask_workers_is_recorded_and_stops_no_other(cluster, tmp_path):
    begin = time.monotonic()
    table = on(cluster, dies, tmp_path)
    assert table.square.dropna().tolist() == [x**2 for x in GRID if x != 1]
    assert "worker process died" in table.error[1] and table.error.notna().sum() == 1
    assert time.monotonic() - begin < 120


def test_a_dask_cluster_without_workers_is_an_error_not_a_wait(cluster, tmp_path, monkeypatch):
    """The last test with the cluster: its workers leave in the middle of the sweep, and none comes back."""
    monkeypatch.setattr(sweeps, "PATIENCE", 3)

    def leave():
        wait_for(lambda: len(finished(tmp_path)) >= 1)
        cluster.scale(0)

    leaver = threading.Thread(target=leave)
    leaver.start()
    with pytest.raises(RuntimeError, match="no worker for 3 seconds"):
        on(cluster, slow_square, tmp_path)
    leaver.join()
    assert finished(tmp_path), "finished runs stay"


def test_a_dask_scheduler_that_does_not_answer_is_a_sentence(tmp_path):
    pytest.importorskip("distributed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        for wrong in (address, "nonsense"):
            with pytest.raises(RuntimeError, match=f"no Dask scheduler answers at {wrong}"):
                sweeps.run(square, grid(tmp_path), tmp_path / "runs", version="1", scheduler=wrong)


def test_importing_sweeps_imports_no_dask():
    code = "import sys, helpers.sweeps; print([name for name in ('distributed', 'tensorflow') if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
