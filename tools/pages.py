"""Reads the pages around the notebooks, by their form alone: for the tests and for the website."""

import re
from collections import namedtuple

QUIZ = re.compile(r"(?m)^\*\*Quiz (?P<id>\d\d\.\d)\.\*\* (?P<question>.+\?)\n\n(?P<options>(?:- \[.\] .+\n)+)")
OPTION = re.compile(r"- \[(?P<right>[ x])\] (?P<text>[^*]+?)(?: \*(?P<why>[^*]+)\*)?")


Quiz = namedtuple("Quiz", "id question options")  # "01.1", its Markdown, its Options
Option = namedtuple("Option", "text right why")  # its Markdown, is it right, why it is not (or "")


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
    lines = [line.strip("|").split(" | ") for line in page.split("\n") if line.startswith("| [")]
    return [[cell.strip() for cell in cells] for cells in lines]


def section(page, title):
    """The text below the heading `## title` of a page, up to the next heading of that level."""
    return page.split(f"## {title}\n")[1].split("\n## ")[0].strip()
