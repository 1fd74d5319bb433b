"""Sweeps: nothing finished is lost or repeated."""

import json
import os

import numpy as np
import pytest

from helpers import results, sweeps
from tests.runs_for_sweeps import not_finite, square


@pytest.fixture
def log(tmp_path):
    return tmp_path / "log"


def computed(log):
    return sorted(int(line) for line in log.read_text().split()) if log.exists() else []


def test_grid_is_every_combination():
    assert sweeps.grid(a=[1, 2], b=[(3, 4)], seed=range(2)) == [
        {"a": 1, "b": (3, 4), "seed": 0},
        {"a": 1, "b": (3, 4), "seed": 1},
        {"a": 2, "b": (3, 4), "seed": 0},
        {"a": 2, "b": (3, 4), "seed": 1},
    ]


def test_a_second_call_computes_only_what_is_missing(log, tmp_path, capsys):
    first = sweeps.run(square, sweeps.grid(x=[1, 2, 3], log=[str(log)]), tmp_path / "runs", version="1")
    assert first.square.tolist() == [1, 4, 9] and first.error.isna().all()
    assert "3 computed, 0 failed" in capsys.readouterr().out
    again = sweeps.run(square, sweeps.grid(x=[3, 4, 1], log=[str(log)]), tmp_path / "runs", version="1")
    assert again.square.tolist() == [9, 16, 1], "rows come in the order of the configurations"
    assert computed(log) == [1, 2, 3, 4]
    assert len(list((tmp_path / "runs").glob("*.json"))) == 4


def test_runs_use_other_processes_of_one_thread(log, tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "2")  # the caller's own setting does not count
    table = sweeps.run(square, sweeps.grid(x=range(4), log=[str(log)]), tmp_path / "runs", version="1")
    assert os.getpid() not in set(table.process) and set(table.threads) == {1}


def test_another_version_or_configuration_never_reads_an_old_result(log, tmp_path):
    grid = sweeps.grid(x=[2], log=[str(log)])
    sweeps.run(square, grid, tmp_path / "runs", version="1", workers=1)
    assert sweeps.missing(grid, tmp_path / "runs", version="1") == []
    assert sweeps.missing(grid, tmp_path / "runs", version="2") == grid
    assert sweeps.missing([grid[0] | {"x": 2.5}], tmp_path / "runs", version="1") == [grid[0] | {"x": 2.5}]
    sweeps.run(square, grid, tmp_path / "runs", version="2", workers=1)
    assert computed(log) == [2, 2]


def test_a_name_does_not_depend_on_key_order_or_number_type():
    assert sweeps.key({"a": 1, "b": (2, 3)}, "1") == sweeps.key({"b": [2, np.int64(3)], "a": np.int32(1)}, "1")
    assert sweeps.key({"a": 1}, "1") != sweeps.key({"a": 1}, "2")


@pytest.mark.parametrize("bad", [{"x": object()}, {"x": float("nan")}])
def test_a_configuration_must_be_plain(bad, tmp_path):
    with pytest.raises(ValueError, match="plain"):
        sweeps.run(square, [bad], tmp_path, version="1")


def test_equal_configurations_are_refused(tmp_path):
    with pytest.raises(ValueError, match="equal"):
        sweeps.run(square, [{"x": 1}, {"x": 1}], tmp_path, version="1")


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", '{"configuration": {"x": 9}, "version": "1", "result": {}, "seconds": 1}']
)
def test_a_damaged_or_foreign_file_is_set_aside_and_done_again(damage, log, tmp_path):
    grid = sweeps.grid(x=[5], log=[str(log)])
    sweeps.run(square, grid, tmp_path / "runs", version="1", workers=1)
    (path,) = (tmp_path / "runs").glob("*.json")
    path.write_text(damage)
    with pytest.warns(UserWarning, match="set aside"):
        table = sweeps.run(square, grid, tmp_path / "runs", version="1", workers=1)
    assert table.square.tolist() == [25] and computed(log) == [5, 5]
    assert path.with_suffix(".damaged").read_text() == damage


def test_one_failure_is_recorded_the_others_go_on_and_it_is_tried_again(log, tmp_path):
    grid = sweeps.grid(x=[1, -2, 3], log=[str(log)])
    table = sweeps.run(square, grid, tmp_path / "runs", version="1")
    assert table.square.isna().tolist() == [False, True, False]
    assert "negative" in table.error[1]
    (failure,) = (tmp_path / "runs").glob("*.failed.json")
    assert "runs_for_sweeps.py" in json.loads(failure.read_text())["traceback"]
    (tmp_path / "log.mended").touch()
    assert sweeps.run(square, grid, tmp_path / "runs", version="1").square.tolist() == [1, 4, 9]
    assert computed(log) == [-2, -2, 1, 3] and not failure.exists()


def test_a_loss_that_is_not_finite_is_a_failure(tmp_path):
    table = sweeps.run(not_finite, [{"x": 1}], tmp_path, version="1", workers=1)
    assert "not finite" in table.error[0] and "loss" not in table


def test_every_run_that_a_notebook_reads_is_committed(capsys, monkeypatch):
    """Deleted, damaged or outdated results: `make results` computes them, and then they are to be committed."""

    def refuse(*_, **__):
        raise AssertionError("a stored run is missing: make results")

    monkeypatch.setattr(sweeps, "_compute", refuse)
    for runs in results.ALL_RUNS:
        assert runs().error.isna().all()
