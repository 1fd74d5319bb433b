"""Numbers in the texts are those of the claims, and the comments that tie them show nowhere."""

import re

import pytest

from helpers import course
from tests.conftest import SOURCES
from tools import execute, numbers

KNOWN = {
    "00.a.share": 0.97148,
    "00.a.error": 0.0079863,
    "00.a.count": 476720.0,
    "00.a.fall": -0.0312,
    "minutes.01": 0.9,
    "live.01": 12,
}


@pytest.fixture(autouse=True)
def two_claims(monkeypatch):
    about = {"00.a.error": {"low": 0.007, "high": 0.009, "report": 0.0086}, "00.a.share": {"low": 0.95, "high": 0.99}}
    monkeypatch.setattr(course, "entry", lambda name: about.get(name, {}))


@pytest.mark.parametrize(
    ("written", "fresh"),
    [
        ("about 90 %<!--00.a.share--> of", "about 97 %<!--00.a.share--> of"),
        ("90.0 %<!--00.a.share-->", "97.1 %<!--00.a.share-->"),
        ("**0.5<!--00.a.share-->**", "**1.0<!--00.a.share-->**"),
        ("0.0099<!--00.a.error-->", "0.0080<!--00.a.error-->"),
        ("0.0001<!--00.a.error:report-->", "0.0086<!--00.a.error:report-->"),
        ("1,000<!--00.a.count-->", "476,720<!--00.a.count-->"),
        ("+5.0 %<!--00.a.fall-->", "−3.1 %<!--00.a.fall-->"),
        ("0.1<!--minutes.01--> minutes", "0.9<!--minutes.01--> minutes"),
        ("0<!--live.01--> of them", "12<!--live.01--> of them"),
        ("nearly all<!--00.a.share in 0.9..1-->", "nearly all<!--00.a.share in 0.9..1-->"),
        ("12<!--00.not.measured-->", "12<!--00.not.measured-->"),
        ("two: 1 %<!--00.a.share-->, 2 %<!--00.a.share-->", "two: 97 %<!--00.a.share-->, 97 %<!--00.a.share-->"),
    ],
)
def test_a_number_is_written_anew_with_the_digits_that_it_has(written, fresh):
    assert numbers.refreshed(written, KNOWN) == fresh
    assert numbers.plain(written) == numbers.plain(fresh)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("some<!--00.a.share-->", "has no number before it"),
        ("about half<!--00.a.share in 0.4..0.6-->", "goes beyond these words"),
        ("$L = 3<!--00.a.share-->$", "inside a formula or code"),
        ("`3<!--00.a.share-->`", "inside a formula or code"),
    ],
)
def test_a_mark_that_cannot_hold_is_named(written, said):
    with pytest.raises(ValueError, match=said):
        numbers.refreshed(written, KNOWN, "README.md")


@pytest.fixture
def real(monkeypatch):
    monkeypatch.undo()


def test_every_text_says_what_was_measured(real):
    known = numbers.values()
    for path in numbers.paths():
        text = path.read_text(encoding="utf-8")
        unknown = {mark["id"] for mark in numbers.MARK.finditer(text)} - set(known)
        assert not unknown, f"{path.name} names claims that were not measured: {unknown}"
        assert numbers.refreshed(text, known, path.name) == text, f"{path.name} is not refreshed: make notebooks"


def test_the_claims_of_each_kind_are_counted(real):
    known, rows = numbers.values(), execute.read_rows()
    counts = [sum(known[f"{kind}.{source.stem[:2]}"] for source in SOURCES) for kind in numbers.KINDS]
    assert counts == [sum(row["kind"] == kind for row in rows) for kind in numbers.KINDS] and sum(counts) == len(rows)


def test_no_comment_but_these_stands_in_the_notebooks(real):
    """A comment that is misspelt would tie its number to nothing."""
    for path in numbers.paths():
        for comment in re.findall(r"<!--.*?-->", path.read_text(encoding="utf-8")):
            assert numbers.MARK.fullmatch(comment), f"{path.name}: {comment}"
