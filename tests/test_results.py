"""The stored runs: all there, undamaged, with the results that their functions return, and none besides."""

import json

import pytest

from helpers import sweeps
from tools import LESSONS, results

FUNCTIONS = {function.__name__: function for function in results.registered()}


def paths(function):
    """The file of each registered run of a function."""
    configurations = [configuration for several in function.runs.values() for configuration in several]
    return [function.folder / f"{sweeps.key(function, c, function.version)}.json" for c in configurations]


def test_the_lessons_register_their_runs_and_no_others_count():
    from tests import runs_for_sweeps

    assert runs_for_sweeps.one_table in sweeps.REGISTERED and runs_for_sweeps.one_table not in results.registered()
    assert {function.__module__ for function in FUNCTIONS.values()} <= {f"lessons.{name}" for name in LESSONS}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_run_that_a_notebook_reads_is_stored_and_undamaged(name, monkeypatch):
    def refuse(*_):
        pytest.fail("a stored run is missing: make results")

    monkeypatch.setattr(sweeps, "_compute", refuse)
    for table in FUNCTIONS[name].runs:
        assert FUNCTIONS[name].table(table).error.isna().all()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_files_of_one_function_differ_in_the_pictures_alone(name):
    """What a function returns now is compared by tests/test_runs.py with one file of each kind; here, all with that."""
    kinds = {}
    for path in paths(FUNCTIONS[name]):
        record = json.loads(path.read_text(encoding="utf-8"))
        names = {key for key, value in record["result"].items() if not isinstance(value, str)}
        texts = set(record["result"]) - names - {"clusters_test"}  # every seed's, to be compared
        settings = record["configuration"]
        assert not texts or settings["seed"] == 0, path.name
        first = kinds.setdefault((settings.get("classes", 0) > 0, settings.get("refit"), bool(texts)), (names, texts))
        assert (names, texts) == first, path.name
    assert len({frozenset(names) for names, _ in kinds.values()}) <= 2


def test_no_file_belongs_to_no_run():
    known = {path for function in FUNCTIONS.values() for path in paths(function)} | {results.MANIFEST}
    found = {path for path in sweeps.RESULTS.rglob("*") if path.is_file()}
    strangers = [path for path in found - known if path.parent != sweeps.RESULTS / "claims"]  # those of tools.ranges
    assert not strangers, "delete them, or register their runs"


def test_the_manifest_is_that_of_the_files():
    stored, now = (text.splitlines() for text in (results.MANIFEST.read_text(encoding="utf-8"), results.manifest()))
    changed = sorted({line.split("  ")[1] for line in set(stored) ^ set(now)})
    assert not changed, f"edited, or not in the manifest: {', '.join(changed)}"


def test_an_edited_result_changes_the_line_of_its_file_alone(tmp_path, monkeypatch):
    edited = paths(FUNCTIONS["fitted_recipe"])[:5]
    for path in (*edited, *paths(FUNCTIONS["real_images"])):
        copy = tmp_path / path.relative_to(sweeps.RESULTS)
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes(path.read_bytes())
    monkeypatch.setattr(sweeps, "RESULTS", tmp_path)
    before = results.manifest()
    for path in edited:
        copy = tmp_path / path.parent.name / path.name
        record = json.loads(copy.read_text(encoding="utf-8"))
        record["result"]["acc"] = 0.99
        copy.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    changed = {line.split("  ")[1] for line in set(before.splitlines()) ^ set(results.manifest().splitlines())}
    assert changed == {f"dcn/{path.name}" for path in edited}
