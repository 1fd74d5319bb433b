"""Profiles, seeds and claims: a number outside its range must stop the notebook."""

import random

import IPython.display
import keras
import numpy as np
import pytest

from helpers import course


@pytest.fixture(autouse=True)
def full_profile(monkeypatch):
    monkeypatch.setenv("COURSE_PROFILE", "full")


def test_the_full_profile_is_the_default_and_another_word_is_an_error(monkeypatch):
    monkeypatch.delenv("COURSE_PROFILE")
    assert course.profile() == "full"
    monkeypatch.setenv("COURSE_PROFILE", "quick")
    with pytest.raises(ValueError, match="COURSE_PROFILE is 'quick'; it must be one of full, fast"):
        course.profile()


def test_the_fast_profile_halves_the_epochs_and_keeps_two(monkeypatch):
    assert [course.epochs(number) for number in (20, 5, 1)] == [20, 5, 1]
    monkeypatch.setenv("COURSE_PROFILE", "fast")
    assert [course.epochs(number) for number in (20, 5, 4, 1)] == [10, 2, 2, 2]


numpys_own = np.random.random  # noqa: NPY002 - of the global generator, which is what is seeded


def test_a_seed_fixes_python_numpy_and_keras_and_begins_a_clean_session():
    drawn = []
    for number in (3, 3, 4):
        course.seed(number)
        layer = keras.layers.Dense(2)
        drawn.append((random.random(), numpys_own(), *np.ravel(layer(np.ones((1, 5)))), layer.name))
    assert drawn[0] == drawn[1] and drawn[0][-1] == "dense", "names count from the beginning, too"
    assert not set(drawn[1][:-1]) & set(drawn[2][:-1])


@pytest.mark.parametrize(("value", "expected"), [(None, False), ("0", False), ("1", True)])
def test_headless_is_what_the_variable_says(monkeypatch, value, expected):
    monkeypatch.delenv("COURSE_HEADLESS", raising=False)
    if value is not None:
        monkeypatch.setenv("COURSE_HEADLESS", value)
    assert course.headless() is expected


@pytest.fixture
def shown(monkeypatch):
    """What a notebook would show, in order: dicts of kind to text."""
    parts = []
    monkeypatch.setattr(IPython.InteractiveShell, "initialized", lambda: True)
    monkeypatch.setattr(IPython.display, "display", lambda part, raw, metadata: parts.append(part))
    return parts


def test_the_source_on_the_page_is_the_code_that_runs(shown):
    course.show_source(course.epochs)
    assert shown[0]["text/markdown"].startswith("From `helpers/course.py`:\n\n```python\ndef epochs(number):\n")
    assert shown[0]["text/markdown"].endswith("max(2, number // 2)\n```")
    assert shown[0]["text/plain"].startswith("From helpers/course.py:\n\ndef epochs(number):\n")


def test_where_markdown_is_not_drawn_a_text_still_reads(shown, lesson_98, monkeypatch, capsys):
    course.say("**Not** the `code`, but $x$ < 2.")
    course.claim("98.live.error", 0.11)
    course.claims_table()
    said, _, table = shown
    assert (said["text/markdown"], said["text/plain"]) == (
        "**Not** the `code`, but $x$ < 2.",
        "Not the code, but x < 2.",
    )
    assert table["text/plain"] == "test error: the report has 0.15, here it is 0.110 (live)."
    assert table["text/markdown"].endswith("|---|---|---|---|\n| test error | 0.15 | 0.110 | live |")
    monkeypatch.setattr(IPython.InteractiveShell, "initialized", lambda: False)
    course.say("In a **terminal**.")
    assert capsys.readouterr().out == "In a terminal.\n"


def test_start_says_what_the_run_stands_on_and_seeds_it(capsys):
    course.start()
    first = numpys_own()
    said = capsys.readouterr().out
    course.start()
    assert numpys_own() == first
    assert said.startswith("Profile: full. Python 3.") and f"Keras {keras.__version__}" in said


@pytest.mark.parametrize("content", ["für alle\n", b"\x00\xff"])
def test_a_file_is_written_whole_readable_for_everybody_and_its_folder_is_made(tmp_path, content):
    path = tmp_path / "new" / "folder" / "file"
    for written in ("something longer that was there before", content):
        course.write_atomically(path, written)
    assert path.read_bytes() == (content if isinstance(content, bytes) else content.encode("utf-8"))
    assert path.stat().st_mode & 0o777 == 0o644 and [p.name for p in path.parent.iterdir()] == ["file"]


def test_a_failed_write_leaves_the_old_file_and_no_litter(monkeypatch, tmp_path):
    path = tmp_path / "file.txt"
    course.write_atomically(path, "old")

    def fail(*_):
        raise OSError("no space left")

    monkeypatch.setattr(course.os, "replace", fail)
    with pytest.raises(OSError, match="no space"):
        course.write_atomically(path, "new")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["file.txt"]


TOML = """
[claims."98.live.error"]
says = "test error"
kind = "live"
format = ".3f"
low = 0.1
high = 0.2
fast_high = 0.6
report = 0.15

[claims."98.stored.share"]
says = "share"
kind = "stored"
format = ".0%"
low = 0.9
high = 1

[claims."98.exact.count"]
says = "parameters"
kind = "exact"
low = 7
high = 7

[claims."98.open.seconds"]
says = "seconds"
kind = "stored"

[pictures]
"""


@pytest.fixture
def lesson_98(monkeypatch, tmp_path):
    """A lesson with four claims, whose committed values are known."""
    (tmp_path / "98.toml").write_text(TOML)
    (tmp_path / "claims.csv").write_text("id,value\n98.live.error,0.151\n98.stored.share,0.97\n98.exact.count,7\n")
    monkeypatch.setattr(course, "TEXTS", tmp_path)
    monkeypatch.setattr(course, "CLAIMS", tmp_path / "claims.csv")
    for kept in ("_guessed", "_claimed", "_outside"):
        monkeypatch.setattr(course, kept, type(getattr(course, kept))())
    monkeypatch.setenv("COURSE_PROFILE", "full")
    monkeypatch.setenv("COURSE_HEADLESS", "0")
    monkeypatch.delenv("COURSE_STRICT", raising=False)
    monkeypatch.delenv("COURSE_ACCEPT", raising=False)


def test_a_claim_says_what_it_is_its_kind_and_the_numbers_beside_it(lesson_98, capsys):
    course.guess("98.live.error", 0.5)
    course.claim("98.live.error", 0.1234)
    said = capsys.readouterr().out
    for part in (
        "ok",
        "test error: 0.123",
        "your guess 0.5",
        "the text 0.151",
        "the report 0.15",
        "live, 0.100 to 0.200",
    ):
        assert part in said


def test_a_guess_may_be_left_out_or_be_a_word(lesson_98, capsys):
    course.guess("98.stored.share", ...)
    assert "No guess yet" in capsys.readouterr().out
    course.claim("98.stored.share", 0.97)
    assert "your guess" not in capsys.readouterr().out
    course.guess("98.stored.share", "nearly all")
    course.claim("98.stored.share", 0.97)
    said = capsys.readouterr().out
    assert "your guess nearly all" in said and "share: 97 %" in said


@pytest.mark.parametrize("value", [0.0999, 0.2001, float("nan"), float("inf")])
def test_outside_its_range_a_claim_fails_where_nobody_looks_on(lesson_98, monkeypatch, value):
    monkeypatch.setenv("COURSE_HEADLESS", "1")
    with pytest.raises(course.ClaimError, match="98.live.error"):
        course.claim("98.live.error", value)


@pytest.mark.parametrize("value", [0.1, 0.2])
def test_the_ends_of_a_range_belong_to_it(lesson_98, monkeypatch, value):
    monkeypatch.setenv("COURSE_HEADLESS", "1")
    course.claim("98.live.error", value)


def test_students_may_play(lesson_98, capsys):
    for value in (5, 6):
        course.claim("98.live.error", value)
    said = capsys.readouterr().out
    assert said.count("!   test error") == 2 and said.count("Did you change something above?") == 1


def test_the_fast_profile_has_its_own_bounds(lesson_98, monkeypatch):
    monkeypatch.setenv("COURSE_HEADLESS", "1")
    monkeypatch.setenv("COURSE_PROFILE", "fast")
    assert course.limits("98.live.error") == (0.1, 0.6) and course.limits("98.live.error", of="full") == (0.1, 0.2)
    course.claim("98.live.error", 0.5)
    with pytest.raises(course.ClaimError, match="fast"):
        course.claim("98.live.error", 0.7)


@pytest.mark.parametrize("profile", ["full", "fast"])
def test_what_rests_on_stored_runs_must_be_the_committed_number(lesson_98, monkeypatch, profile):
    monkeypatch.setenv("COURSE_HEADLESS", "1")
    monkeypatch.setenv("COURSE_PROFILE", profile)
    course.claim("98.stored.share", 0.97)
    with pytest.raises(course.ClaimError, match="was a stored run edited"):
        course.claim("98.stored.share", 0.99)
    monkeypatch.setenv("COURSE_ACCEPT", "1")
    course.claim("98.stored.share", 0.99)


@pytest.mark.parametrize(
    ("name", "said"),
    [("98.exact.count", "exactly 7"), ("98.open.seconds", "recorded"), ("98.stored.share", "90 % to 100 %")],
)
def test_a_range_is_said_in_words(lesson_98, capsys, name, said):
    course.claim(name, 7)
    assert said in capsys.readouterr().out


def test_a_claim_without_an_entry_is_named(lesson_98):
    for call in (lambda: course.claim("98.not.there", 1), lambda: course.guess("98.not.there", 1)):
        with pytest.raises(KeyError, match="98.not.there has no entry in lessons/claims/98.toml"):
            call()
