"""Profiles and claims: a number outside its range must stop the notebook."""

import csv

import pytest

from helpers import course


@pytest.fixture(autouse=True)
def own_figures(monkeypatch, tmp_path):
    monkeypatch.setattr(course, "CLAIMS", tmp_path / "claims.csv")
    monkeypatch.setenv("COURSE_PROFILE", "full")


@pytest.mark.parametrize(
    ("value", "bounds"),
    [
        (1.0, {"high": 1.0}),
        (1.0, {"low": 1.0}),
        (3, {"low": 3, "high": 3}),
        (0.5, {"low": 0, "high": 1}),
        (7, {"reported": 1}),
    ],
)
def test_a_claim_inside_its_range_passes_and_is_stored(value, bounds):
    course.claim("00.test", value, **bounds)
    assert [float(row["value"]) for row in course.read_claims()] == [value]


@pytest.mark.parametrize(
    ("value", "bounds"),
    [
        (1.01, {"high": 1.0}),
        (0.99, {"low": 1.0}),
        (4, {"low": 3, "high": 3}),
        (float("nan"), {"low": 0, "high": 1}),
        (float("inf"), {"low": 0}),
        (float("nan"), {"reported": 1}),
    ],
)
def test_a_claim_outside_its_range_fails_and_is_not_stored(value, bounds):
    with pytest.raises(course.ClaimError, match="00.test"):
        course.claim("00.test", value, **bounds)
    assert course.read_claims() == []


def test_a_claim_without_anything_to_check_against_is_an_error():
    with pytest.raises(ValueError, match="bound"):
        course.claim("00.test", 1.0)


def test_a_full_run_stores_claims_sorted_and_each_once():
    course.claim("00.b", 2.0, high=3, reported="a, b")
    course.claim("00.a", 0.123456, low=0.1, fast_low=0.9)
    course.claim("00.b", 2.5, high=3)
    assert [(row["id"], row["value"], row["low"], row["high"], row["notebook"]) for row in course.read_claims()] == [
        ("00.a", "0.1235", "0.1", "", "00"),
        ("00.b", "2.5", "", "3", "00"),
    ]
    with course.CLAIMS.open(newline="") as file:
        assert next(csv.reader(file)) == course.CLAIM_COLUMNS


def test_the_fast_profile_has_its_own_bounds_and_stores_nothing(monkeypatch):
    monkeypatch.setenv("COURSE_PROFILE", "fast")
    course.claim("00.test", 0.5, high=0.1, fast_high=0.6)
    with pytest.raises(course.ClaimError, match="fast"):
        course.claim("00.test", 0.7, high=0.1, fast_high=0.6)
    with pytest.raises(course.ClaimError):
        course.claim("00.no_own_bound", 0.5, high=0.1)
    assert not course.CLAIMS.exists()


def test_profiles(monkeypatch):
    assert course.epochs(20) == 20
    monkeypatch.setenv("COURSE_PROFILE", "fast")
    assert course.epochs(20) == 10
    assert course.epochs(1) == 2
    monkeypatch.setenv("COURSE_PROFILE", "quick")
    with pytest.raises(ValueError, match="full, fast"):
        course.profile()


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
