"""What the website is made of: the committed course, read by its form alone. Nothing here is run or measured."""

import ast
import csv
import pathlib
import re
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))

from helpers import course  # noqa: E402
from tools import numbers, pages  # noqa: E402

SITE = ROOT / "site"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
PAGES = {  # a file of the repository, by its path, that is a page of the site
    "README.md": "index",
    "start.md": "index",
    "REPORTS.md": "reports",
    "GLOSSARY.md": "glossary",
    "TEACHING.md": "teaching",
    "figures/claims.csv": "claims",
} | {f"notebooks/{path.name}": path.stem for path in NOTEBOOKS}
DIFFER = '"My numbers differ"'  # the heading in README, which claims name


def text(name):
    """A text file of the course, by its path in the repository."""
    return (ROOT / name).read_text(encoding="utf-8")


def table(name):
    """The rows of a CSV file of the course, each a dict of texts."""
    with (ROOT / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def repository():
    """The repository's address, from its one place in pyproject.toml."""
    return tomllib.loads(text("pyproject.toml"))["tool"]["course"]["repository"]


def colab(path):
    """The address that opens a notebook in Colab."""
    owner_and_name = repository().removeprefix("https://github.com/")
    return f"https://colab.research.google.com/github/{owner_and_name}/blob/main/notebooks/{path.name}"


def address(target, folder="", suffix=".md"):
    """Where a link of a file in `folder` leads on the site: a page (with `suffix`), or a file of the repository."""
    if re.match(r"\w+:|#", target):
        return target
    path, _, anchor = target.partition("#")
    path = pathlib.PurePosixPath(_normal(f"{folder}/{path}")).as_posix()
    if path == "README.md" and "differ" in anchor:
        return f"differ{suffix}"
    if path in PAGES:
        source = ".ipynb" if suffix == ".md" and path.startswith("notebooks/") else suffix
        return f"{PAGES[path]}{source}" + (f"#{anchor}" if anchor else "")
    if path == "site/playground/index.html":
        return "playground/index.html" + (f"#{anchor}" if anchor else "")
    kind = "tree" if (ROOT / path).is_dir() else "blob"
    return f"{repository()}/{kind}/main/{path}" + (f"#{anchor}" if anchor else "")


def _normal(path):
    parts = []
    for part in path.split("/"):
        if part == "..":
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def linked(markdown, folder=""):
    """A Markdown text with its links, and those in its HTML, leading where they should on the site."""
    markdown = re.sub(r'href="([^"]+)"', lambda link: f'href="{address(link[1], folder, ".html")}"', markdown)
    markdown = re.sub(r"\]\(([^)\s]+)\)", lambda link: f"]({address(link[1], folder)})", markdown)
    # MyST looks for a page behind each relative address, and the playground is none.
    return re.sub(r"\[([^]]+)\]\((playground/[^)]+)\)", r'<a href="\2">\1</a>', markdown)


def with_claims_linked(markdown):
    """A text in which each number that carries a claim is a link to that claim; words in an interval stay words."""
    parts, end = [], 0
    for mark in numbers.MARK.finditer(markdown):
        before, name = markdown[end : mark.start()], mark["id"]
        number = None if mark["low"] or not re.match(r"\d\d\.", name) else numbers.NUMBER.search(before)
        if number:
            bold = number["bold"]
            written = before[number.start() : len(before) - len(bold)].replace("\n", " ")
            start = (
                number.start() if before[: number.start()].count("[") == before[: number.start()].count("]") else None
            )
            if start is not None:
                before = f'{before[:start]}<a class="measured" href="claims.html#{name}">{written}</a>{bold}'
        parts.append(before)
        end = mark.end()
    return "".join(parts) + markdown[end:]


def ready(markdown, folder=""):
    """Markdown of the course, of a file in `folder`, with its links and its numbers made for the site."""
    return with_claims_linked(linked(markdown, folder))


def claims():
    """Every claim, lesson by lesson: a dict of id, its entry in lessons/claims, value and row in ranges.csv."""
    measured, seeds = course.committed(), {row["id"]: row for row in table("tools/ranges.csv")}
    return [
        {"id": name, **about, "value": measured.get(name), "seeds": seeds.get(name)}
        for path in NOTEBOOKS
        for name, about in course.texts(path.name[:2])["claims"].items()
    ]


def written(about, value):
    """A number as its claim's entry formats it; % stays in the line of its number."""
    return course.written(float(value), about.get("format", ".4g")).replace(" ", "\N{NO-BREAK SPACE}")


def reported(about):
    """The report's value as it stands in the entry, with commas where it is a large count."""
    value = about["report"]
    return f"{value:,}" if isinstance(value, int) else str(value)


def range_of(about):
    """The range of a claim in the full profile, in words."""
    low, high = (float(about.get(end, bound)) for end, bound in (("low", "-inf"), ("high", "inf")))
    return course.range_text(low, high, about.get("format", ".4g")).replace(" %", "\N{NO-BREAK SPACE}%")


def solutions():
    """The solution of each exercise by its number: its source, and what the check says to common mistakes.

    Read from the source of lessons/, as `exercises.solution` shows it, without importing TensorFlow.
    """
    found = {}
    for path in sorted((ROOT / "lessons").glob("*.py")):
        source = path.read_text(encoding="utf-8")
        tree = ast.parse(source)
        functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
        for node in functions.values():
            for call in node.decorator_list:
                if isinstance(call, ast.Call) and ast.unparse(call.func) == "exercises.exercise":
                    given = {keyword.arg: keyword.value for keyword in call.keywords}
                    right = functions[given["right"].id]
                    first = min([right.lineno, *(line.lineno for line in right.decorator_list)])
                    code = "\n".join(source.split("\n")[first - 1 : right.end_lineno])
                    wrong = [key.value for key in given["wrong"].keys]
                    found[call.args[0].value] = code.replace("def right_", "def my_"), wrong
    return found


def glossary():
    """The introduction of GLOSSARY.md, and its terms: dicts with term, meaning, portuguese and lesson ("01")."""
    page = text("GLOSSARY.md")
    lines = [line.strip().strip("|").split(" | ") for line in page.split("\n") if line.startswith("|")]
    keys = "term", "meaning", "portuguese", "lesson"
    terms = [dict(zip(keys, map(str.strip, cells), strict=True)) for cells in lines[2:]]
    return page.split("\n|")[0].split("\n", 1)[1].strip(), terms


def names_of(term):
    """The names of a glossary's term: "code, latent code" has two; what stands in brackets is one where it is short."""
    plain = re.sub(r"\s*\([^)]*\)", "", term)
    brackets = [name for name in re.findall(r"\(([A-Z][\w-]+)\)", term)]
    return [*(name.strip() for name in plain.split(",")), *brackets]


def slug(term):
    """The anchor of a term."""
    return "term-" + re.sub(
        r"[^a-z0-9]+", "-", term.lower().replace("+", "plus").replace("β", "beta").replace("é", "e")
    ).strip("-")


def last_run(path):
    """(commit, date as 2026-11-27) of the last change of a notebook; None without git or a whole history of it."""

    def git(*words):
        return subprocess.run(
            ["git", *words], cwd=ROOT, capture_output=True, text=True, check=True, timeout=20
        ).stdout.strip()

    try:
        if git("rev-parse", "--is-shallow-repository") == "true" or git("status", "--porcelain", "--", str(path)):
            return None
        commit, _, date = git("log", "-1", "--format=%h %cs", "--", str(path)).partition(" ")
    except (OSError, subprocess.SubprocessError):
        return None
    return (commit, date) if commit and date else None


def minutes(path):
    """The minutes of a notebook's last full run, as a text, or None."""
    return next((row["minutes"] for row in table("figures/minutes.csv") if row["notebook"] == path.stem), None)


def playground():
    """The folder of the playground, if there is one."""
    folder = SITE / "playground"
    return folder if (folder / "index.html").exists() else None


def papers(number=None):
    """The PDFs in _pdf/: all of them, or those whose name holds the number of a lesson."""
    found = sorted((ROOT / "_pdf").glob("*.pdf"))
    return [path for path in found if number is None or re.search(rf"(?<!\d){number}(?!\d)", path.stem)]


def lessons():
    """What the front page says of each lesson: path, title, headline, picture, question; from README and start.md."""
    found = []
    rows = zip(NOTEBOOKS, pages.rows(text("README.md")), pages.rows(text("start.md")), strict=True)
    for path, (notebook, headline, _), (picture, lesson) in rows:
        title = re.match(r"\[\d\d(?:&nbsp;| )(.+?)\]", notebook)[1].replace("&nbsp;", " ")
        picture = re.search(r'src="([^"]+)"', picture)[1]
        question = lesson.partition("<br>")[2]
        found.append({"path": path, "title": title, "headline": headline, "picture": picture, "question": question})
    return found


def alternative_text(picture):
    """The alternative text of a picture in figures/, as lessons/claims/ has it."""
    name = pathlib.PurePosixPath(picture).stem
    return course.texts(name[:2])["pictures"][name]
