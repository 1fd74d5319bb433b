"""The pages around the notebooks: README, the start page of `make lab`, TEACHING."""

import importlib
import re

import pytest

import helpers
from helpers import course, exercises
from tests.conftest import ROOT, SOURCES
from tools import LESSONS, execute, front, pages

README, START, TEACHING = (
    (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "start.md", "TEACHING.md")
)
NAMES = [path.stem for path in SOURCES]


def targets(page):
    """Every link and picture of a page, in Markdown or HTML."""
    return [*re.findall(r"\]\(([^)\s]+)\)", page), *re.findall(r'(?:href|src)="([^"]+)"', page)]


def anchors(page):
    """What #-links to the headings of a page may name, as code hosts make them."""
    titles = re.findall(r"(?m)^#+ (.+)$", page)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def rows(page):
    """The row of each notebook in the page's table of notebooks: its cells."""
    found = pages.rows(page)
    assert len(found) == len(NAMES), "each notebook has a row"
    return dict(zip(NAMES, found, strict=True))


@pytest.mark.parametrize(
    "name", ["README.md", "start.md", "TEACHING.md", "CONTRIBUTING.md", "REPORTS.md", "SECURITY.md", "CHANGELOG.md"]
)
def test_every_link_leads_somewhere(name):
    page = (ROOT / name).read_text(encoding="utf-8")
    page = re.sub(r"(?ms)^ *```.*?^ *```", "", page)
    for target in targets(page):
        if target.startswith("https://"):
            known = f"/{execute.repository()}", f"//{execute.website()}"
            assert "github" not in target or any(address in target for address in known), target
        elif target.startswith("#"):
            assert target[1:] in anchors(page), target
        else:
            assert (ROOT / target).exists(), target


def test_the_version_is_the_same_wherever_it_stands():
    citation, changelog = ((ROOT / name).read_text(encoding="utf-8") for name in ("CITATION.cff", "CHANGELOG.md"))
    newest, date = re.search(r"(?m)^## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d\d-\d\d)$", changelog).groups()
    assert newest == helpers.VERSION and f"Version {newest}, {date[:4]}." in README
    assert f'\nversion: {newest}\ndate-released: "{date}"\n' in citation


def test_the_citation_has_what_its_standard_demands():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    keys = re.findall(r"(?m)^([a-z-]+):", citation)
    assert {"cff-version", "message", "title", "authors"} <= set(keys) and len(keys) == len(set(keys))
    assert "cff-version: 1.2.0\n" in citation and "\n  - name: The course's authors\n" in citation, (
        "an entity, no person"
    )


def test_readme_is_short_and_opens_with_one_picture_and_three_ways_in():
    assert README.count("\n") <= 150
    title, picture, ways = README.split("\n\n")[:3]
    assert title.startswith("# ") and re.fullmatch(r"!\[[^]]{40,}\]\(figures/front\.png\)", picture)
    assert re.findall(r"\[([^]]+)\]", ways) == ["Read it", "Open in Colab", "Run it"]
    assert re.findall(r"!\[.+?\]\((.+?)\)", README)[1:] == ["figures/site.png", "site/playground/picture.png"], (
        "website, playground"
    )
    assert README.index("](REPORTS.md)") < README.index("the report")


def test_the_first_picture_is_that_of_the_committed_figures():
    assert front.is_current(), "figures/front.png is not made of these figures: make front"


def test_the_first_picture_is_told_from_another(monkeypatch):
    monkeypatch.setattr(front, "COLLAPSE", "02_adjusted_maps")
    assert not front.is_current()


def test_readme_links_each_notebook_with_its_badge_a_short_headline_and_its_minutes():
    for name, (notebook, headline, minutes) in rows(README).items():
        path = f"notebooks/{name}.ipynb"
        colab = f"https://colab.research.google.com/github/{execute.repository()}/blob/main/{path}"
        assert notebook.startswith(f"[{name[:2]}&nbsp;") and targets(notebook)[:2] == [path, colab]
        assert 'alt="Open in Colab" width="117" height="20"' in notebook, "a size of its own: in a cell a badge shrinks"
        words = re.sub(r"<!--.*?-->| (?=%)| = ", "", headline).split()
        assert len(words) <= 15 and "<!--" in headline, headline
        assert re.fullmatch(rf"[\d.]+<!--minutes\.{name[:2]}-->", minutes)


def test_readme_says_what_to_do_if_numbers_differ_where_a_claim_sends_its_reader():
    section = pages.section(README, '"My numbers differ"')
    assert [line[:3] for line in section.split("\n")] == [f"{number}. " for number in range(1, 6)]


def test_the_start_page_has_a_picture_and_a_link_for_each_notebook():
    for name, (picture, lesson) in rows(START).items():
        assert targets(picture)[0] == targets(lesson)[0] == f"notebooks/{name}.ipynb"
        assert re.search(rf"figures/{name[:2]}_\w+\.png", picture) and f"[**{name[:2]} " in lesson


def test_make_lab_opens_the_start_page_drawn():
    command = next(line for line in (ROOT / "Makefile").read_text(encoding="utf-8").split("\n") if "jupyterlab" in line)
    assert "default_url=/lab/tree/start.md" in command and "app_settings_dir=tools/lab" in command
    assert '"markdown": "Markdown Preview"' in (ROOT / "tools" / "lab" / "overrides.json").read_text(encoding="utf-8")


def test_teaching_has_three_quizzes_for_each_notebook_with_one_right_option_and_a_reason_for_each_wrong_one():
    quizzes = pages.quizzes(TEACHING)
    assert [quiz.id for quiz in quizzes] == [f"{name[:2]}.{number}" for name in NAMES for number in (1, 2, 3)]
    places = []
    for quiz in quizzes:
        right = [option.right for option in quiz.options]
        assert len(right) == 4 and sum(right) == 1, quiz
        assert all(bool(option.why) != option.right for option in quiz.options), quiz
        assert all(option.text.endswith(".") and (option.why or ".").endswith(".") for option in quiz.options)
        places.append(right.index(True))
    assert set(places) == {0, 1, 2, 3}, "the right option stands in every place"


@pytest.mark.parametrize("name", NAMES)
def test_teaching_tells_the_answers_and_marks_every_exercise_of_a_notebook(name):
    (part,) = (part for part in re.split(r"(?m)^## ", TEACHING) if part.startswith(name[:2]))
    assert "**After it, a student can**" in part and "**When late**, drop" in part
    lines = [line.strip("| ").split(" | ") for line in part.split("\n") if line.startswith("| ")]
    questions = [line for line in lines if len(line) == 5 and not re.match(r"\d\d\.\d|exercise", line[0])][1:]
    assert len(questions) > 6 and all(len(cell) > 3 for line in questions for cell in line[2:]), questions
    for lesson in LESSONS:
        importlib.import_module(f"lessons.{lesson}")
    page = (course.ROOT / "notebooks" / f"{name}.py").read_text(encoding="utf-8")
    on_page = {f"{name[:2]}.{number}" for number in re.findall(r"\*\*Exercise (\d)", page)}
    assert on_page >= {number for number in exercises.entries if number.startswith(name[:2])}
    marked = {line[0][:4]: line for line in lines if re.match(r"\d\d\.\d", line[0])}
    assert set(marked) == on_page, "a row for each exercise"
    assert all(("(open)" in line[0]) == (number not in exercises.entries) for number, line in marked.items())
