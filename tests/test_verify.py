"""`make verify` finds what the code does not give, keeps to its time, and writes nothing."""

import json

import numpy as np
import pytest

from helpers import sweeps
from tests import runs_for_verify
from tools import results, verify


@pytest.fixture
def files(tmp_path, monkeypatch):
    """The stored runs of the functions in runs_for_verify, by name and seed; without one that ends Python."""
    functions = [runs_for_verify.scored, runs_for_verify.timed]
    monkeypatch.setattr(results, "registered", lambda: functions)
    paths = {}
    for function in (*functions, runs_for_verify.ends):
        monkeypatch.setattr(function, "folder", tmp_path)
        for number, configuration in enumerate(function.runs[""]):
            path = tmp_path / f"{sweeps.key(function, configuration, function.version)}.json"
            sweeps._write(path, sweeps._one(function, configuration, function.version) | {"seconds": 1.0})
            paths[function.__name__, number] = path
    monkeypatch.setattr(verify, "computed", lambda run: sweeps._one(  # as it does, but in this process
        run["function"], run["record"]["configuration"], run["function"].version))  # fmt: skip
    return paths


def edit(path, **changes):
    """Change parts of a file: versions, threads, seconds, or results."""
    record = json.loads(path.read_text())
    parts = {name: changes.pop(name) for name in ("versions", "threads", "seconds") if name in changes}
    path.write_text(json.dumps(record | parts | {"result": record["result"] | changes}))


def other_versions(files):
    for (name, _), path in files.items():
        if name == "scored":
            edit(path, versions={"python": "3.0"})


def verified(capsys, seconds=60):
    code = verify.main(["--seconds", str(seconds), "--seed", "0"])
    return code, capsys.readouterr().out


def test_what_the_code_gives_is_equal_and_nothing_is_written(files, capsys):
    before = {path: path.read_bytes() for path in files["timed", 0].parent.iterdir()}
    code, said = verified(capsys)
    assert code == 0 and said.count("  equal\n") == 6 and "6 runs, 0 of them different" in said and "--seed 0" in said
    assert {path: path.read_bytes() for path in files["timed", 0].parent.iterdir()} == before


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"acc": 0.9001}, "acc is 0.9001 in the file, 0.900637 computed"),
        ({"live": 9}, "live is 9 in the file, 10 computed"),
        ({"curve": [0.0, 0.1, 0.2]}, "curve is 0.1 in the file"),
        ({"curve": [0.0]}, "curve is 0 in the file"),
        ({"pictures": sweeps.as_text(np.zeros((2, 784)))}, "pictures is 0 in the file"),
        ({"pictures": sweeps.as_text(np.zeros((1, 784)))}, "pictures is 0 in the file"),
        ({"nmi": 0.5}, "nmi is only in the file"),
    ],
    ids=["number", "count", "curve", "shorter curve", "pictures", "fewer pictures", "stale key"],
)
def test_an_edited_number_is_named(files, capsys, changes, named):
    edit(files["scored", 0], **changes)
    code, said = verified(capsys)
    assert code == 1 and "1 of them different" in said
    (line,) = (line for line in said.splitlines() if "DIFFERENT" in line)
    assert named in line and files["scored", 0].stem in line and "in the file" in line


def test_a_result_that_the_file_lacks_is_named(files, capsys):
    record = json.loads(files["scored", 1].read_text())
    del record["result"]["live"]
    files["scored", 1].write_text(json.dumps(record))
    assert "DIFFERENT: live is not in the file" in verified(capsys)[1]


def test_with_other_versions_a_number_may_be_as_far_off_as_its_siblings_spread_says(files, capsys):
    other_versions(files)
    accs = [json.loads(files["scored", seed].read_text())["result"]["acc"] for seed in range(4)]
    spread = max(accs[1:]) - min(accs[1:])
    edit(files["scored", 0], acc=accs[0] + 3.9 * spread, live=7, curve=[0, 0, 0])
    code, said = verified(capsys)
    assert code == 0 and said.count("within the seeds' spread, but nothing to compare curve with") == 1
    edit(files["scored", 0], acc=accs[0] + 4.1 * spread)
    code, said = verified(capsys)
    assert code == 1 and "DIFFERENT: acc is" in said and "live" not in said
    edit(files["scored", 0], acc=accs[0], live=5)
    assert "DIFFERENT: live is 5 in the file" in verified(capsys)[1], "a count is further off than four steps"


def test_an_edit_of_all_seeds_is_found_with_other_versions_too(files, capsys):
    other_versions(files)
    for seed in range(4):
        edit(files["scored", seed], acc=0.92 + 0.0005 * seed)
    assert "4 of them different" in verified(capsys)[1]


def test_without_recorded_versions_or_with_other_threads_the_spread_counts(files, capsys):
    record = json.loads(files["scored", 1].read_text())
    del record["versions"]
    files["scored", 1].write_text(json.dumps(record))
    edit(files["scored", 1], acc=record["result"]["acc"] + 0.0002)
    edit(files["scored", 2], threads=record["threads"] + 1, live=11)
    code, said = verified(capsys)
    assert code == 0 and said.count("within the seeds' spread\n") == 2


def test_without_siblings_other_versions_leave_nothing_to_compare(files, capsys):
    for seed in (1, 2, 3):
        files["scored", seed].unlink()
    edit(files["scored", 0], versions={}, acc=0.1)
    assert "nothing to compare acc with" in verified(capsys)[1]


def test_a_failed_and_a_damaged_run_are_differences(files, capsys, monkeypatch):
    function = runs_for_verify.ends
    path = files["ends", 0]
    record = sweeps._begin(function, {}, "1") | {"result": {"acc": 1}, "seconds": 1, "threads": 1}
    path.write_text(json.dumps(record))
    monkeypatch.setattr(results, "registered", lambda: [function, runs_for_verify.scored])
    code, said = verified(capsys)
    assert code == 1 and "DIFFERENT: SystemExit: no more" in said and said.count("equal") == 4
    edit(files["scored", 3], acc=float("nan"))
    files["scored", 1].write_bytes(b"\xff")
    files["scored", 2].write_text(files["scored", 0].read_text())
    with pytest.warns(UserWarning, match="is damaged"):
        code, said = verified(capsys)
    assert said.count("DIFFERENT: the file is damaged") == 3 and "4 of them different" in said
    assert files["scored", 1].read_bytes() == b"\xff", "it is not set aside"


def test_a_result_that_is_not_finite_is_a_failed_run(files, capsys, monkeypatch):
    monkeypatch.setattr(sweeps, "as_text", lambda _: float("nan"))
    code, said = verified(capsys)
    assert code == 1 and "DIFFERENT: ValueError: 'pictures' of the result is not a finite number" in said


def test_wall_times_must_be_above_0_and_that_is_all(files, capsys):
    edit(files["timed", 0], wall=77.0)
    assert verified(capsys)[0] == 0
    edit(files["timed", 0], wall=0)
    assert "DIFFERENT: wall is not above 0" in verified(capsys)[1]


def test_only_what_fits_in_the_time_is_done_and_the_shortest_always(files, capsys, monkeypatch):
    for place, path in enumerate(path for key, path in files.items() if key[0] != "ends"):
        edit(path, seconds=100.0 + place)
    edit(files["timed", 1], seconds=30.0)
    assert "1 runs, 0 of" in verified(capsys, 60)[1]
    code, said = verified(capsys, 1)
    assert files["timed", 1].stem in said and "1 runs, 0 of" in said


def test_a_slow_machine_starts_fewer(files, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(verify.time, "monotonic", lambda: now[0])
    slow = verify.computed

    def twice_as_slow(run):
        now[0] += 2 * run["record"]["seconds"]
        return slow(run)

    monkeypatch.setattr(verify, "computed", twice_as_slow)
    for path in (path for key, path in files.items() if key[0] != "ends"):
        edit(path, seconds=10.0, threads=2)
    assert len(list(verify.again(verify.stored(), 55))) == 2, "the third fits by its file, not by the pace"


def test_runs_of_one_thread_go_two_at_once_and_others_alone(files, monkeypatch):
    events, done = [], verify.computed

    def noted(run):
        events.append("start")
        verify.time.sleep(0.2)
        events.append("end")
        return done(run)

    monkeypatch.setattr(verify, "computed", noted)
    for threads, expected in ((1, ["start", "start"]), (2, ["start", "end"])):
        for path in (path for key, path in files.items() if key[0] != "ends"):
            edit(path, threads=threads)
        events.clear()
        assert len(list(verify.again(verify.stored(), 60))) == 6 and events[:2] == expected


def test_the_seed_of_the_draw_decides_the_order(files, capsys):
    for path in (path for key, path in files.items() if key[0] != "ends"):
        edit(path, threads=2)  # one at a time, in their order
    said = []
    for seed in ("1", "1", "2"):
        verify.main(["--seed", seed])
        said.append(capsys.readouterr().out.splitlines()[1:])
    assert said[0] == said[1] != said[2] and sorted(said[1]) == sorted(said[2])


def test_a_run_gets_a_process_in_the_full_profile_and_as_many_threads_as_its_file_says():
    function = runs_for_verify.scored
    run = {"function": function, "record": {"configuration": {"size": 2, "seed": 0}, "threads": 2}}
    record = verify.computed(run)
    assert record["threads"] == 2 and record["result"]["live"] == 10
    run = {"function": runs_for_verify.full, "record": {"configuration": {}, "threads": 1}}
    assert verify.computed(run)["result"] == {"full": True}
    run = {"function": runs_for_verify.ends, "record": {"configuration": {}, "threads": 1}}
    assert verify.computed(run)["traceback"].endswith("SystemExit: no more\n")
