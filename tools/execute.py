"""Execute the notebooks, keep the .py and .ipynb pairs, write README's table and the repository's address.

python -m tools.execute run [01]         execute all notebooks (or the one named), end with the table of claims
python -m tools.execute update           execute those whose .ipynb is not what its .py says
python -m tools.execute links owner/name write the repository's address into badges and setup cells
"""

import argparse
import base64
import csv
import hashlib
import io
import os
import re
import sys
import time

import jupytext
import nbformat

from helpers import course, plots

FOLDER = course.ROOT / "notebooks"
MINUTES = course.FIGURES / "minutes.csv"
README = course.ROOT / "README.md"
LARGEST = 950_000  # bytes of an .ipynb; code hosts show no larger one
ADDRESS = re.compile(r'(?m)^repository = "https://github\.com/([\w.-]+/[\w.-]+)"')


def sources(number=""):
    """The notebooks' .py files in order; with a number ("01"), that one alone."""
    found = sorted(FOLDER.glob(f"{number}*.py"))
    if not found:
        raise SystemExit(
            f"no notebook {number!r}; there are {', '.join(path.stem for path in sorted(FOLDER.glob('*.py')))}"
        )
    return found


def unexecuted(source):
    """The notebook that a .py stands for, without outputs; cell ids come from the cells' text, so they stay stable."""
    notebook = jupytext.read(source)
    notebook.metadata = nbformat.NotebookNode(
        kernelspec={"display_name": "Python 3", "language": "python", "name": "python3"},
        language_info={"name": "python"},
    )
    seen = set()
    for cell in notebook.cells:
        text, repeat = cell.source, 0
        while (name := hashlib.sha256(f"{text}{repeat}".encode()).hexdigest()[:8]) in seen:
            repeat += 1
        seen.add(name)
        cell["id"] = name
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def is_current(source):
    """True if the .ipynb beside a .py holds the same cells (`texts_of`) and every code cell was executed."""
    path = source.with_suffix(".ipynb")
    if not path.exists():
        return False
    committed = nbformat.read(path, as_version=4)
    run = all(c.get("execution_count") for c in committed.cells if c.cell_type == "code")
    return run and texts_of(committed) == texts_of(unexecuted(source))


def texts_of(notebook):
    """What a pair must have in common: type, text and tags of each cell."""
    return [(cell.cell_type, cell.source, cell.metadata.get("tags", [])) for cell in notebook.cells]


def execute(source):
    """Run one notebook from top to bottom in a fresh kernel and write its .ipynb; return the seconds it took.

    Raises
    ------
    SystemExit
        If a cell fails, with its number, its text and the error. The .ipynb is left as it was.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    notebook = unexecuted(source)
    codes = [index for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    started = time.monotonic()

    def progress(cell, cell_index, **_):
        if cell_index in codes:
            elapsed = time.monotonic() - started
            text = f"{source.stem}: cell {codes.index(cell_index) + 1} of {len(codes)}, {elapsed:.0f} s"
            print(f"\r{text:<75}" if sys.stdout.isatty() else text, end="" if sys.stdout.isatty() else "\n", flush=True)

    client = NotebookClient(
        notebook,
        timeout=None,
        kernel_name="python3",
        extra_arguments=["--log-level=ERROR"],  # ipykernel's advice on encryption is not for a class
        resources={"metadata": {"path": str(FOLDER)}},
        store_widget_state=False,
        record_timing=False,
        on_cell_start=progress,
    )
    try:
        client.execute()
    except CellExecutionError as error:
        failed = next(i for i in codes if any(o.output_type == "error" for o in notebook.cells[i].get("outputs", [])))
        print(f"\n{source.stem} failed in code cell {codes.index(failed) + 1}:\n\n{notebook.cells[failed].source}\n")
        raise SystemExit(f"{error.ename}: {error.evalue}") from None
    seconds = time.monotonic() - started
    notebook.metadata["language_info"] = {"name": "python"}  # the kernel's own holds this machine's Python version
    if course.profile() == "full":
        course.write_atomically(source.with_suffix(".ipynb"), text_of(notebook))
    print(f"\r{source.stem}: {len(codes)} cells in {seconds:.0f} s".ljust(76), flush=True)
    return seconds


def text_of(notebook):
    """The .ipynb of an executed notebook, as text; its pictures get fewer colours until it is below LARGEST bytes."""
    from PIL import Image

    pictures = [o for c in notebook.cells for o in c.get("outputs", []) if "image/png" in o.get("data", {})]
    text = nbformat.writes(notebook) + "\n"
    for colours in (128, 64, 32):
        if len(text.encode()) < LARGEST:
            break
        for picture in pictures:
            drawn, smaller = io.BytesIO(base64.b64decode(picture.data["image/png"])), io.BytesIO()
            plots.with_palette(Image.open(drawn), colours).save(smaller, format="png", optimize=True)
            picture.data["image/png"] = base64.b64encode(smaller.getvalue()).decode()
        text = nbformat.writes(notebook) + "\n"
    return text


def run(number=""):
    """Execute the notebooks in order; after a full run, refresh the minutes, the README and print the claims."""
    os.environ["COURSE_HEADLESS"] = "1"
    for source in sources(number):
        seconds = execute(source)
        if course.profile() == "full":
            _write_minutes(source.stem, seconds)
    if course.profile() == "full":
        write_readme()
        rows = [row for row in course.read_claims() if row["id"].startswith(number[:2])]
        print(f"\n{'claim':<34}{'value':>10}{'low':>10}{'high':>10}{'report':>10}")
        for row in rows:
            print(f"{row['id']:<34}{row['value']:>10}{row['low']:>10}{row['high']:>10}{row['reported']:>10}")


def update():
    """Execute the notebooks whose .ipynb is not what the .py says, or was never executed."""
    for source in sources():
        if is_current(source):
            print(f"{source.stem}: up to date")
        else:
            run(source.stem)


def read_minutes():
    """Minutes of each notebook's last full run, by its name."""
    if not MINUTES.exists():
        return {}
    with MINUTES.open(newline="", encoding="utf-8") as file:
        return {row["notebook"]: float(row["minutes"]) for row in csv.DictReader(file)}


def _write_minutes(name, seconds):
    minutes = read_minutes() | {name: seconds / 60}
    lines = ["notebook,minutes", *(f"{key},{minutes[key]:.1f}" for key in sorted(minutes))]
    course.write_atomically(MINUTES, "\n".join(lines) + "\n")


def readme_table():
    """The claims as a Markdown table: what was measured, where another machine must land, what the report said."""
    lines = ["| claim | measured | must be | report |", "|---|---|---|---|"]
    for row in course.read_claims():
        bound = course.range_text(row["low"], row["high"])
        lines.append(f"| `{row['id']}` | {row['value']} | {bound} | {row['reported'] or '–'} |")
    return "\n".join(lines)


def write_readme():
    """Write the claims and the minutes, as last measured, between README's markers."""
    text = README.read_text(encoding="utf-8")
    text = replace_between(text, "claims", "\n" + readme_table() + "\n")
    for name, minutes in read_minutes().items():
        text = replace_between(text, f"minutes {name}", f"{minutes:.1f}")
    course.write_atomically(README, text)


def replace_between(text, marker, content):
    """`text` with everything between <!-- marker --> and <!-- /marker --> replaced by `content`."""
    pattern = re.compile(rf"(<!-- {re.escape(marker)} -->).*?(<!-- /{re.escape(marker)} -->)", re.DOTALL)
    if not pattern.search(text):
        raise SystemExit(f"README.md has no place <!-- {marker} --> … <!-- /{marker} -->")
    return pattern.sub(lambda match: match[1] + content + match[2], text)


def repository():
    """owner/name of the repository, from its one place, pyproject.toml."""
    return ADDRESS.search((course.ROOT / "pyproject.toml").read_text(encoding="utf-8"))[1]


def links(new):
    """Write another repository address into pyproject.toml, CITATION.cff, README, badges and setup cells."""
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", new):
        raise SystemExit(f"{new!r} is not of the form owner/name")
    old = repository()
    named = [course.ROOT / "pyproject.toml", course.ROOT / "CITATION.cff", README]
    for path in [*named, *FOLDER.glob("*.py"), *FOLDER.glob("*.ipynb")]:
        text = path.read_text(encoding="utf-8")
        changed = text.replace(f"github.com/{old}", f"github.com/{new}").replace(
            f"colab.research.google.com/github/{old}", f"colab.research.google.com/github/{new}"
        )
        if changed != text:
            course.write_atomically(path, changed)
            print(f"{path.relative_to(course.ROOT)}: {old} -> {new}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("run", "update", "links"))
    parser.add_argument("argument", nargs="?", default="")
    given = parser.parse_args()
    {"run": run, "update": lambda _: update(), "links": links}[given.command](given.argument)


if __name__ == "__main__":
    main()
