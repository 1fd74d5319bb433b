"""Reads the pages around the notebooks, by their form alone: for the tests and for the website."""

import re
from typing import NamedTuple

QUIZ = re.compile(r"(?m)^\*\*Quiz (?P<id>\d\d\.\d)\.\*\* (?P<question>.+\?)\n\n(?P<options>(?:- \[.\] .+\n)+)")
OPTION = re.compile(r"- \[(?P<right>[ x])\] (?P<text>[^*]+?)(?: \*(?P<why>[^*]+)\*)?")


class Option(NamedTuple):
    """An answer of a quiz: its Markdown, whether it is right, and why it is not (empty for the right one)."""

    text: str
    right: bool
    why: str


class Quiz(NamedTuple):
    """A question of TEACHING.md: its id, "01.1", its Markdown, its options."""

    id: str
    question: str
    options: list


def quizzes(page):
    """Every quiz of a page such as TEACHING.md, in order; a ValueError names an option of another form."""
    found = []
    for quiz in QUIZ.finditer(page):
        options = []
        for line in quiz["options"].strip().split("\n"):
            option = OPTION.fullmatch(line)
            if not option:
                raise ValueError(f"quiz {quiz['id']}: not an option with its reason: {line}")
            options.append(Option(option["text"], option["right"] == "x", option["why"] or ""))
        found.append(Quiz(quiz["id"], quiz["question"], options))
    return found


def rows(page):
    """The rows of a page's table of notebooks, each a list of its cells: those whose first cell begins with a link."""
    return [
        [cell.strip() for cell in line.strip("|").split(" | ")] for line in page.split("\n") if line.startswith("| [")
    ]


def section(page, title):
    """The text below the heading `## title` of a page, up to the next heading of that level."""
    return page.split(f"## {title}\n")[1].split("\n## ")[0].strip()
