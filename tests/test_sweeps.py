"""Sweeps: nothing finished is lost or repeated, nothing that is not a result is stored."""

import functools
import json
import os
import re

import numpy as np
import pytest

from helpers import sweeps
from tests import runs_for_sweeps as runs


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


def test_grid_takes_what_can_be_read_only_once():
    assert sweeps.grid(a=(x for x in (1, 2)), b=np.arange(1)) == [{"a": 1, "b": 0}, {"a": 2, "b": 0}]


@pytest.mark.parametrize("values", ["mnist", b"mnist", {"a": 1}, 3, None, [], range(0)])
def test_an_axis_is_a_list_of_values(values):
    with pytest.raises(ValueError, match="axis dataset: give a list"):
        sweeps.grid(seed=[0], dataset=values)


def test_a_second_call_computes_only_what_is_missing(log, tmp_path, capsys):
    first = sweeps.run(runs.square, sweeps.grid(x=[1, 2, 3], log=[str(log)]), tmp_path / "runs", version="1")
    assert first.square.tolist() == [1, 4, 9] and first.error.isna().all()
    assert "3 computed, 0 failed" in capsys.readouterr().out
    again = sweeps.run(runs.square, sweeps.grid(x=[3, 4, 1], log=[str(log)]), tmp_path / "runs", version="1")
    assert again.square.tolist() == [9, 16, 1], "rows come in the order of the configurations"
    assert "2 read, 1 computed" in capsys.readouterr().out
    assert computed(log) == [1, 2, 3, 4]
    assert len(list((tmp_path / "runs").glob("*.json"))) == 4


def test_runs_use_other_processes_of_one_thread(log, tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "2")  # the caller's own setting does not count
    table = sweeps.run(runs.threads, sweeps.grid(x=range(2)), tmp_path / "runs", version="1")
    assert table.most_threads.tolist() == [1, 1]
    stored = [json.loads(path.read_text()) for path in (tmp_path / "runs").iterdir()]
    assert [record["threads"] for record in stored] == [1, 1]


def test_one_worker_is_this_process_with_its_threads(log, tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    table = sweeps.run(runs.square, [{"x": 2, "log": str(log)}], tmp_path / "runs", version="1", workers=1)
    (path,) = (tmp_path / "runs").iterdir()
    assert table.process.tolist() == [os.getpid()] and json.loads(path.read_text())["threads"] == 5


def test_a_file_says_what_it_holds_and_what_computed_it(tmp_path):
    table = sweeps.run(runs.rich, [{}], tmp_path, version="v", workers=1)
    (path,) = tmp_path.iterdir()
    stored = json.loads(path.read_text())
    assert path.stem == sweeps.key(runs.rich, {}, "v") and path.stem.startswith("rich-")
    assert (stored["function"], stored["configuration"], stored["version"]) == ("tests.runs_for_sweeps.rich", {}, "v")
    assert stored["result"] == {
        "count": 3,
        "loss": 0.5,
        "yes": True,
        "text": "abé",
        "curve": [1.0, 2.0],
        "pair": [1, 2],
        "empty": [],
    }
    assert stored["versions"]["numpy"] == np.__version__
    assert {"python", "tensorflow", "keras", "scipy", "scikit-learn"} <= set(stored["versions"])
    assert stored["threads"] >= 1 and stored["seconds"] >= 0
    assert sweeps.run(runs.rich, [{}], tmp_path, version="v").equals(table), "what is read is what was computed"
    path.write_text(json.dumps({name: stored[name] for name in stored if name not in ("versions", "threads")}))
    assert sweeps.missing(runs.rich, [{}], tmp_path, version="v") == [], "an old file may lack what computed it"


def test_another_version_function_or_configuration_never_reads_an_old_result(log, tmp_path):
    grid = sweeps.grid(x=[2], log=[str(log)])
    sweeps.run(runs.square, grid, tmp_path / "runs", version="1", workers=1)
    assert sweeps.missing(runs.square, grid, tmp_path / "runs", version="1") == []
    assert sweeps.missing(runs.square, grid, tmp_path / "runs", version="2") == grid
    assert sweeps.missing(runs.slow_square, grid, tmp_path / "runs", version="1") == grid
    other = [grid[0] | {"x": 2.5}]
    assert sweeps.missing(runs.square, other, tmp_path / "runs", version="1") == other
    sweeps.run(runs.square, grid, tmp_path / "runs", version="2", workers=1)
    assert computed(log) == [2, 2]


def test_a_name_does_not_depend_on_key_order_or_number_type():
    name = sweeps.key(runs.square, {"a": 1, "b": (2, 3)}, "1")
    assert name == sweeps.key(runs.square, {"b": [2, np.int64(3)], "a": np.int32(1)}, "1")
    assert name == sweeps.key(runs.square, {"b": np.array([2, 3]), "a": 1}, "1")
    others = [
        sweeps.key(runs.square, {"a": 1, "b": (2, 3)}, "2"),
        sweeps.key(runs.slow_square, {"a": 1, "b": (2, 3)}, "1"),
        sweeps.key(runs.square, {"a": 1, "b": (3, 2)}, "1"),
    ]
    assert len({name.split("-")[1], *(other.split("-")[1] for other in others)}) == 4
    assert re.fullmatch("square-[0-9a-f]{16}", name)


def nested():
    def inner(x):
        return {"y": x}

    return inner


@pytest.mark.parametrize("function", [lambda x: {"y": x}, nested(), functools.partial(runs.one_table)])
def test_workers_must_be_able_to_import_the_function(function, tmp_path):
    for call in (sweeps.run, sweeps.missing):
        with pytest.raises(ValueError, match="workers must import it"):
            call(function, [{"x": 1}], tmp_path, version="1")


def test_a_function_of_a_notebook_is_refused(monkeypatch):
    monkeypatch.setattr(runs.square, "__module__", "__main__")
    with pytest.raises(ValueError, match="workers must import it"):
        sweeps.key(runs.square, {"x": 1}, "1")


@pytest.mark.parametrize("bad", [{"x": object()}, {"x": float("nan")}, {"x": {1: 2}}, {"x": b"bytes"}])
def test_a_configuration_must_be_plain(bad, tmp_path):
    with pytest.raises(ValueError, match="plain"):
        sweeps.run(runs.square, [bad], tmp_path, version="1")


def test_equal_configurations_are_refused(tmp_path):
    with pytest.raises(ValueError, match="equal"):
        sweeps.run(runs.square, [{"x": 1}, {"x": np.int64(1)}], tmp_path, version="1")


def test_there_must_be_a_worker(tmp_path):
    with pytest.raises(ValueError, match="at least 1"):
        sweeps.run(runs.square, [{"x": 1}], tmp_path, version="1", workers=0)


RECORD = {
    "function": "tests.runs_for_sweeps.square",
    "configuration": {"x": 5, "log": "LOG"},
    "version": "1",
    "result": {"square": 25, "process": 1},
    "seconds": 1.0,
}
DAMAGES = {
    "empty": b"",
    "half": b"{",
    "list": b"[]",
    "text": b'"text"',
    "not UTF-8": b"\xff\xfe{}",
    "deep": b"[" * 100_000,
    "other configuration": {"configuration": {"x": 9, "log": "LOG"}},
    "other function": {"function": "tests.runs_for_sweeps.slow_square"},
    "other version": {"version": "2"},
    "no function": {"function": None},
    "no seconds": {"seconds": None},
    "seconds are text": {"seconds": "1"},
    "seconds before": {"seconds": -1},
    "seconds without end": {"seconds": float("inf")},
    "no result": {"result": None},
    "empty result": {"result": {}},
    "result is a list": {"result": [1]},
    "NaN": {"result": {"square": float("nan")}},
    "Infinity": {"result": {"square": [1, float("-inf")]}},
    "null": {"result": {"square": None}},
    "nested": {"result": {"square": {"a": 1}}},
    "reserved": {"result": {"square": 25, "error": "none"}},
    "key of the configuration": {"result": {"x": 25}},
}


def test_the_record_that_is_damaged_next_is_a_good_one(log, tmp_path):
    grid = sweeps.grid(x=[5], log=[str(log)])
    path = tmp_path / f"{sweeps.key(runs.square, grid[0], '1')}.json"
    path.write_text(json.dumps(RECORD).replace("LOG", str(log)))
    assert sweeps.missing(runs.square, grid, tmp_path, version="1") == []


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_or_foreign_file_is_set_aside_and_done_again(damage, log, tmp_path):
    grid = sweeps.grid(x=[5], log=[str(log)])
    path = tmp_path / f"{sweeps.key(runs.square, grid[0], '1')}.json"
    if isinstance(damage, dict):
        damage = json.dumps(RECORD | damage).replace("LOG", str(log)).encode()
    path.write_bytes(damage)
    with pytest.warns(UserWarning, match=f"{path.name} is damaged .*set aside"):
        table = sweeps.run(runs.square, grid, tmp_path, version="1", workers=1)
    assert table.square.tolist() == [25] and computed(log) == [5]
    assert path.with_suffix(".damaged").read_bytes() == damage
    assert sweeps.missing(runs.square, grid, tmp_path, version="1") == []


@pytest.mark.parametrize("taken", ["file", "folder"])
def test_a_folder_in_a_files_place_is_set_aside_even_where_something_is(taken, log, tmp_path):
    grid = sweeps.grid(x=[5], log=[str(log)])
    path = tmp_path / f"{sweeps.key(runs.square, grid[0], '1')}.json"
    (path / "within").mkdir(parents=True)
    before = path.with_suffix(".damaged")
    before.write_text("kept") if taken == "file" else (before / "kept").mkdir(parents=True)
    with pytest.warns(UserWarning, match=f"{path.name} is damaged"):
        table = sweeps.run(runs.square, grid, tmp_path, version="1", workers=1)
    assert table.square.tolist() == [25] and path.is_file()
    aside = [other for other in tmp_path.glob("*.damaged") if other != before]
    assert len(aside) == 1 and (aside[0] / "within").is_dir()
    assert before.read_text() == "kept" if taken == "file" else (before / "kept").is_dir()


def test_one_failure_is_recorded_the_others_go_on_and_it_is_tried_again(log, tmp_path):
    grid = sweeps.grid(x=[1, -2, 3], log=[str(log)])
    table = sweeps.run(runs.square, grid, tmp_path / "runs", version="1")
    assert table.square.isna().tolist() == [False, True, False]
    assert table.error[1] == "ValueError: negative" and table.error.isna().tolist() == [True, False, True]
    (failure,) = (tmp_path / "runs").glob("*.failed.json")
    assert "runs_for_sweeps.py" in json.loads(failure.read_text())["traceback"]
    (tmp_path / "log.mended").touch()
    assert sweeps.run(runs.square, grid, tmp_path / "runs", version="1").square.tolist() == [1, 4, 9]
    assert computed(log) == [-2, -2, 1, 3] and not failure.exists()


@pytest.mark.parametrize("kind", runs.BAD_RESULTS)
def test_what_is_no_result_is_a_failure_that_says_why(kind, tmp_path):
    table = sweeps.run(runs.bad, [{"kind": kind}], tmp_path, version="1", workers=1, progress=False)
    assert list(table) == ["kind", "seconds", "error"]
    assert table.error.str.contains(runs.BAD_RESULTS[kind][1], regex=True).all(), table.error[0]
    (failure,) = tmp_path.iterdir()
    assert failure.name.endswith(".failed.json")


@pytest.mark.parametrize("workers", [1, 2])
def test_a_run_that_ends_python_is_a_failure_and_the_others_finish(workers, log, tmp_path):
    grid = sweeps.grid(x=[0, 1, 2], log=[str(log)])
    table = sweeps.run(runs.quits, grid, tmp_path / "runs", version="1", workers=workers, progress=False)
    assert table.square.dropna().tolist() == [0, 4] and table.error[1] == "SystemExit: 3"
    assert computed(log) == [0, 1, 2]


def test_a_function_with_a_table_is_itself_and_reads_its_folder_late(tmp_path, monkeypatch):
    function = runs.one_table
    assert function(x=4) == {"double": 8} and function in sweeps.REGISTERED
    assert function.folder == sweeps.RESULTS / "runs_for_sweeps"
    assert function.version == "7" and function.runs == {"": [{"x": 1}, {"x": 2}]}
    monkeypatch.setattr(function, "folder", tmp_path / "here")
    assert function.table().double.tolist() == [2, 4]
    assert sorted(path.stem for path in (tmp_path / "here").iterdir()) == sorted(
        sweeps.key(function, {"x": x}, "7") for x in (1, 2)
    )


def test_tables_have_names_and_workers_import_the_function(tmp_path, monkeypatch):
    monkeypatch.setattr(runs.two_tables, "folder", tmp_path)
    assert runs.two_tables.table("small")["sum"].tolist() == [1, 2]
    assert runs.two_tables.table("large")["sum"].tolist() == [8]
    with pytest.raises(ValueError, match="'tiny'.*'small', 'large'"):
        runs.two_tables.table("tiny")


@pytest.mark.parametrize("configuration", [{"y": 1}, {"x": 1, "y": 1}, {}])
def test_a_configuration_that_does_not_fit_the_function_fails_at_once(configuration):
    def function(x):
        return {"double": 2 * x}

    with pytest.raises(TypeError, match="function does not take"):
        sweeps.repeated("1", [configuration])(function)
    assert function not in sweeps.REGISTERED


def test_pictures_survive_as_text():
    pictures = np.arange(2 * 784).reshape(2, 784) % 256 / 255
    assert np.array_equal(sweeps.as_pictures(sweeps.as_text(pictures)), pictures)
