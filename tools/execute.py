"""Execute the notebooks and write what comes of it: .ipynb, figures/, claims, minutes, and the numbers in the texts.

python -m tools.execute run [01]         execute all notebooks (or the one named), end with the table of claims
python -m tools.execute update           execute those whose .ipynb is not what its .py says
python -m tools.execute links owner/name write the repository's address and commit into badges and setup cells

A notebook itself writes nothing: its pictures, its claims and the versions it ran on are taken out of the finished
notebook, and all is written together once every cell has passed. The id of a cell is a hash of its text: where somebody
has typed into the .ipynb what its .py does not hold, nothing is overwritten.
"""

import argparse
import asyncio
import base64
import contextlib
import csv
import functools
import hashlib
import io
import os
import re
import signal
import subprocess
import sys
import time

import jupytext
import nbformat
import numpy as np
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from PIL import Image
from sklearn.metrics import pairwise_distances_argmin

from helpers import course, plots
from tools import numbers

FOLDER = course.ROOT / "notebooks"
FIGURES = course.ROOT / "figures"
LARGEST = 950_000  # bytes of an .ipynb; code hosts show no larger one
SLOW = 5  # seconds: a longer cell stands in figures/seconds.csv
LIBRARIES = ("python", "tensorflow", "keras", "numpy")  # whose versions figures/runs.csv has
ADDRESS = re.compile(r'(?m)^repository = "https://github\.com/([\w.-]+/[\w.-]+)"')
COMMIT = re.compile(r'(?m)^(COMMIT = ")(\w*)"')
FETCHED = ("helpers", "lessons", "data", "figures/claims.csv")  # what a notebook in Colab takes from its commit


def sources(number=""):
    """The notebooks' .py files in order; with a number ("01") or a whole name, that one alone."""
    every = sorted(FOLDER.glob("*.py"))
    found = [path for path in every if number in ("", path.stem[:2], path.stem)]
    if not found:
        raise SystemExit(f"no notebook {number!r}; there are {', '.join(path.stem for path in every)}")
    return found


def unexecuted(source):
    """The notebook that a .py stands for, without outputs; a cell's id is a hash of its text, so it stays stable."""
    try:
        notebook = jupytext.read(source)
    except UnicodeDecodeError as error:
        raise SystemExit(f"{source.name} is not in UTF-8 ({error}): save it in that encoding") from None
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook.metadata = nbformat.NotebookNode(kernelspec=kernel, language_info={"name": "python"})
    seen = set()
    for cell in notebook.cells:
        cell["id"] = next(name for name in _ids(cell.source) if name not in seen)
        seen.add(cell["id"])
        if cell.source.startswith("# @title"):  # setup: folded in JupyterLab and in Colab, since it is no lesson
            cell.metadata |= {"cellView": "form", "jupyter": {"source_hidden": True}}
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def _ids(text):
    """The ids of a cell with this text: the first, the second of the same text in one notebook, and so on."""
    return (hashlib.sha256(f"{text}{repeat}".encode()).hexdigest()[:8] for repeat in range(100))


def read(path):
    """The notebook in an .ipynb, an empty one where there is no file; a SystemExit names a file that is damaged."""
    try:
        return nbformat.read(path, as_version=4) if path.exists() else nbformat.v4.new_notebook()
    except Exception as error:  # of nbformat, JSON and UTF-8; their texts may hold the whole file
        again = f"`git checkout -- notebooks/{path.name}`, or download it again"
        mend = f"If nothing in it is yours, {again}; else put it right by hand"
        raise SystemExit(f"{path.name} is damaged ({type(error).__name__}: {str(error)[:60]}). {mend}.") from None


def texts_of(notebook):
    """What a pair must have in common: type, text and tags of each cell."""
    return [(cell.cell_type, cell.source, cell.metadata.get("tags", [])) for cell in notebook.cells]


def is_current(source):
    """True if the .ipynb beside a .py holds the same cells (`texts_of`) and every code cell was executed."""
    committed = read(source.with_suffix(".ipynb"))
    run = all(c.get("execution_count") for c in committed.cells if c.cell_type == "code")
    return run and texts_of(committed) == texts_of(unexecuted(source))


def refuse_to_overwrite(source):
    """Stop, before anything is executed, where a cell of the .ipynb was typed in and the .py does not hold it."""
    path = source.with_suffix(".ipynb")
    known = {cell.source for cell in unexecuted(source).cells}
    for number, cell in enumerate(read(path).cells, start=1):
        typed = cell.source.strip()  # JupyterLab adds an empty cell at the end by itself
        if typed and cell.source not in known and cell.get("id") not in _ids(cell.source):
            raise SystemExit(
                f"{path.name} was changed by hand in cell {number}, and {source.name} does not hold that text:\n\n"
                f"{cell.source}\n\nNothing was executed or overwritten. Copy what you typed into {source.name}, or "
                f"keep the notebook under another name, then `git checkout -- notebooks/{path.name}`."
            )


def client_of(notebook, folder, arguments=(), **settings):
    """A NotebookClient with a kernel of its own that starts in a folder; `arguments` are of its command line."""
    return NotebookClient(
        notebook, kernel_name="python3", resources={"metadata": {"path": str(folder)}}, store_widget_state=False,
        extra_arguments=["--log-level=ERROR", *arguments],  # ipykernel's advice on encryption is not for a class
        **{"timeout": None} | settings,
    )  # fmt: skip


def execute(source):
    """Run one notebook from top to bottom in a fresh kernel; write nothing. A SystemExit names the cell that fails.

    Returns the notebook, the seconds that all of it took, and those of each code cell: a dict by its number, from 1.
    """
    notebook = unexecuted(source)
    codes = [index for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    started, reached, stopping, begun, took = time.monotonic(), 0, [], 0.0, {}

    def stop():
        stopping.append(asyncio.ensure_future(client.km.shutdown_kernel(now=True)))

    def progress(cell, cell_index, **_):
        nonlocal reached, begun
        with contextlib.suppress(NotImplementedError):  # Windows, where Ctrl-C is a KeyboardInterrupt
            # nbclient's own handler ends in one of several errors, a dead kernel's among them: no telling who did it
            asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stop)
        if cell_index in codes:
            reached = codes.index(cell_index) + 1
            begun = time.monotonic()
            text = f"{source.stem}: cell {reached} of {len(codes)}, {time.monotonic() - started:.0f} s"
            print(f"\r{text:<75}" if sys.stdout.isatty() else text, end="" if sys.stdout.isatty() else "\n", flush=True)

    def note_time(**_):
        took[reached] = time.monotonic() - begun

    def failed(why):
        cell = notebook.cells[codes[reached - 1]].source
        return SystemExit(f"\n{source.stem} failed in code cell {reached}:\n\n{cell}\n\n{why}\nNothing was written.")

    client = client_of(notebook, FOLDER, record_timing=False, on_cell_start=progress, on_cell_executed=note_time)
    try:
        client.execute()
    except CellExecutionError as error:
        raise failed(f"{error.ename}: {error.evalue}") from None
    except (DeadKernelError, KeyboardInterrupt, AssertionError) as error:
        if isinstance(error, DeadKernelError) and not stopping:
            raise failed("The kernel died in this cell: killed, perhaps for memory.") from None
        raise failed("Stopped by hand.") from None
    notebook.metadata["language_info"] = {"name": "python"}  # the kernel's own holds this machine's Python version
    print(f"\r{source.stem}: {len(codes)} cells in {time.monotonic() - started:.0f} s".ljust(76), flush=True)
    return notebook, time.monotonic() - started, took


def outputs_about(notebook, what):
    """The outputs whose metadata name a "claim" or a "picture", in order: pairs of name and output."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    about = [(output.get("metadata", {}).get("course", {}).get(what), output) for output in outputs]
    return [(name, output) for name, output in about if name]


def claims_of(notebook):
    """The claims of an executed notebook: a dict of id to value."""
    return {name: float(output.metadata.course.value) for name, output in outputs_about(notebook, "claim")}


def write(source, notebook, seconds, of_cells):
    """Write what `execute` gave: pictures, claims, minutes, seconds, the numbers in the texts, and the .ipynb.

    A SystemExit, and nothing written, where a file cannot be, or a claim or picture is made twice or another's.
    """
    number = source.stem[:2]
    names = [name for what in ("claim", "picture") for name, _ in outputs_about(notebook, what)]
    wrong = sorted({name for name in names if name[:2] != number or names.count(name) > 1})
    if wrong:
        why = f"made twice, or not of notebook {number}: each would overwrite another"
        raise SystemExit(f"{source.stem}: {', '.join(wrong)}: {why}. Nothing was written.")
    text, pictures = text_of(notebook), outputs_about(notebook, "picture")  # of few colours, after the first
    files = {FIGURES / f"{name}.png": base64.b64decode(output.data["image/png"]) for name, output in pictures}
    with locked(FIGURES / "claims.csv"):  # two notebooks may end at once
        minutes = {"notebook": source.stem, "minutes": f"{seconds / 60:.1f}"}
        claims, slow = [_row(*claim) for claim in claims_of(notebook).items()], []
        codes = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
        for cell, took in ((cell, took) for cell, took in of_cells.items() if took > SLOW):
            begins = re.search(r"(?m)^(?!#|import |from |\s).+|\Z", codes[cell - 1])[0][:60]
            slow.append({"notebook": source.stem, "cell": cell, "seconds": f"{took:.1f}", "begins": begins})
        tables = {"claims": claims, "minutes": [minutes], "seconds": slow, "runs": [run_of(source, notebook)]}
        for name, own in tables.items():
            key, of = ("id", number) if name == "claims" else ("notebook", source.stem)
            rows = [row for row in read_rows(name) if not row[key].startswith(of)] + own
            columns = ["notebook", "cell", "seconds", "begins"] if name == "seconds" else ()  # there may be no row
            files[FIGURES / f"{name}.csv"] = _csv(sorted(rows, key=lambda row: row[key]), columns)
        files[source.with_suffix(".ipynb")] = text
        write_together(files)
        for old in set(FIGURES.glob(f"{number}_*.png")) - set(files):
            old.unlink()
        refresh_numbers()


def refresh_bounds():
    """Write the bounds of lessons/claims/ beside the measured values in figures/claims.csv."""
    rows = [_row(row["id"], float(row["value"])) for row in read_rows()]
    course.write_atomically(FIGURES / "claims.csv", _csv(rows))


def write_together(files):
    """Write all files (a dict of path to str or bytes) or none: a full disk shows before the first one is replaced."""
    staged = {path: path.with_name(f".{path.name}.new") for path in files}
    try:
        for path, content in files.items():
            if path.is_dir():
                raise IsADirectoryError(None, "it is a folder", str(path))
            staged[path].write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
            staged[path].chmod(0o644)  # for everybody, whatever this user's habit
        for path, whole in staged.items():
            os.replace(whole, path)
    except (OSError, UnicodeEncodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise SystemExit(f"{path} cannot be written ({why}). Nothing was changed.") from None
    finally:
        for whole in staged.values():
            whole.unlink(missing_ok=True)


def refresh_numbers():
    """Write the measured numbers into every text: .py, README and TEACHING, and the Markdown cells of each .ipynb."""
    numbers.refresh()
    for source in sources():
        path = source.with_suffix(".ipynb")
        notebook, fresh = read(path), unexecuted(source)
        old_texts, new_texts = ([numbers.plain(cell.source) for cell in each.cells] for each in (notebook, fresh))
        if old_texts == new_texts and texts_of(notebook) != texts_of(fresh):  # only the numbers differ
            for old, new in zip(notebook.cells, fresh.cells, strict=True):
                old.source, old["id"] = new.source, new.id
            course.write_atomically(path, nbformat.writes(notebook) + "\n")


@contextlib.contextmanager
def locked(path):
    """Hold a lock beside `path`, where the system has one (not on Windows)."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    with open(path.with_name(f".{path.name}.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _row(name, value):
    about = course.entry(name)
    low, high = (f"{end:.8g}" for end in course.limits(name, of="full"))
    row = {"id": name, "value": f"{value:.0f}" if value.is_integer() else f"{value:.6g}", "kind": about["kind"]}
    return row | {"low": low, "high": high, "report": about.get("report", ""), "says": about["says"]}


def run_of(source, notebook):
    """What an executed notebook ran on: the versions that its setup cell printed, and the threads of TensorFlow."""
    printed = "".join(output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", []))
    found = re.findall(r"(Python|TensorFlow|Keras|NumPy) (\d[\w.]*\w)", printed)
    found = {name.lower(): version for name, version in found}
    threads = os.environ.get("TF_NUM_INTRAOP_THREADS") or "".join(re.findall(r"(\d+) CPU cores", printed)[:1])
    return {"notebook": source.stem} | {name: found.get(name, "") for name in LIBRARIES} | {"threads": threads}


def _csv(rows, columns=()):
    text = io.StringIO()
    writer = csv.DictWriter(text, columns or list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def read_rows(name="claims"):
    """The rows of figures/claims.csv (or minutes, seconds, runs) as dicts of texts; empty before the first full run."""
    return course.read_table(FIGURES / f"{name}.csv")


def text_of(notebook):
    """The .ipynb of an executed notebook; its pictures get 256 colours, or fewer until it is below LARGEST bytes."""
    pictures = [output for _, output in outputs_about(notebook, "picture")]
    drawn = [Image.open(io.BytesIO(base64.b64decode(picture.data["image/png"]))) for picture in pictures]
    for colours in (256, 128, 64, 32):
        for picture, whole in zip(pictures, drawn, strict=True):
            smaller = io.BytesIO()
            with_palette(whole, colours).save(smaller, format="png", optimize=True)
            picture.data["image/png"] = base64.b64encode(smaller.getvalue()).decode()
        text = nbformat.writes(notebook) + "\n"
        if len(text.encode()) < LARGEST:
            break
    return text


def with_palette(picture, colours):
    """A PIL picture with at most that many colours; white and those of the ten classes stay what they are."""
    kept = np.round(255 * np.array([(1, 1, 1), *plots.CLASS_COLOURS])).astype("uint8")
    picture = picture.convert("RGB")
    found = picture.quantize(colours - len(kept), dither=Image.Dither.NONE).getpalette()[: 3 * (colours - len(kept))]
    palette = np.concatenate([kept, np.reshape(found, (-1, 3)).astype("uint8")])
    packed, places = np.unique(np.asarray(picture, "int32") @ [65536, 256, 1], return_inverse=True)
    pixels = np.stack([packed >> 16, packed >> 8 & 255, packed & 255], axis=1)
    nearest = pairwise_distances_argmin(pixels, palette)  # Pillow's own search is by boxes of colours: white turns grey
    reduced = Image.fromarray(nearest[places].reshape(picture.height, picture.width).astype("uint8"))
    reduced.putpalette(palette.ravel().tolist())
    return reduced


def refuse_to_begin():
    """Stop before minutes are spent: on a folder that cannot be written, or two notebooks of one number."""
    with contextlib.suppress(OSError):
        FIGURES.mkdir(exist_ok=True)
    for folder in (FIGURES, FOLDER):
        if not os.access(folder, os.W_OK):
            advice = "COURSE_PROFILE=fast make run executes all and writes nothing"
            raise SystemExit(f"{folder} cannot be written, and a full run writes there. {advice}.")
    numbers_of = [path.stem[:2] for path in sources()]
    twice = [path.name for path in sources() if numbers_of.count(path.stem[:2]) > 1]
    if twice:
        raise SystemExit(f"{' and '.join(twice)} have one number, and would overwrite each other's claims: rename one")


def run(number=""):
    """Execute the notebooks in order; after each full run write what it gave; at the end print the claims."""
    os.environ |= {"COURSE_HEADLESS": "1"}
    if course.profile() == "fast":
        for source in sources(number):
            execute(source)
        return
    refuse_to_begin()
    for source in sources(number):
        refuse_to_overwrite(source)
        write(source, *execute(source))
    print(f"\n{'claim':<36}{'value':>10}{'low':>10}{'high':>10}{'report':>12}")
    for row in read_rows():
        if row["id"].startswith(number[:2]):
            print(f"{row['id']:<36}{row['value']:>10}{row['low']:>10}{row['high']:>10}{row['report']:>12}")


def update():
    """Execute the notebooks whose code is not the .py's; new prose and numbers are carried over without that."""
    refresh_numbers()
    for source in sources():
        if is_current(source):
            print(f"{source.stem}: up to date")
        elif not with_new_prose(source):
            run(source.stem)


def with_new_prose(source):
    """Give an executed .ipynb the Markdown of its .py, if the code cells of both are the same; True if they are."""
    path, notebook = source.with_suffix(".ipynb"), unexecuted(source)
    old = read(path)
    executed, codes = ([c for c in each.cells if c.cell_type == "code"] for each in (old, notebook))
    texts = [[(cell.source, cell.metadata.get("tags", [])) for cell in cells] for cells in (executed, codes)]
    if texts[0] != texts[1] or not all(cell.execution_count for cell in executed):
        return False
    refuse_to_overwrite(source)
    for cell, ran in zip(codes, executed, strict=True):
        cell.outputs, cell.execution_count = ran.outputs, ran.execution_count
    notebook.metadata = old.metadata
    course.write_atomically(path, nbformat.writes(notebook) + "\n")
    print(f"{source.stem}: new prose, the same code and outputs")
    return True


def repository():
    """owner/name of the repository, from its one place, pyproject.toml."""
    return ADDRESS.search((course.ROOT / "pyproject.toml").read_text(encoding="utf-8"))[1]


def git(*words):
    """What git answers in the course's folder; None where it fails, is not there or has another folder for its top."""
    try:
        ask = functools.partial(subprocess.run, cwd=course.ROOT, check=True, capture_output=True, text=True)
        inside = ask(["git", "rev-parse", "--show-prefix"]).stdout.strip()
        return None if inside else ask(["git", *words]).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def pinned():
    """The commit that the setup cells fetch in Colab; "main", the newest one, until `make links` has written it."""
    return COMMIT.search(sources()[0].read_text(encoding="utf-8"))[2]


def behind():
    """The paths in which the pinned commit is not HEAD, of those that a notebook needs; None where git cannot say."""
    changed = git("diff", "--name-only", pinned(), "HEAD", "--", *FETCHED) if pinned() != "main" else ""
    return None if changed is None else changed.splitlines()


def website(of=None):
    """Where a repository's website is published, without https://; by default this one's."""
    owner, name = (of or repository()).split("/")
    return f"{owner.lower()}.github.io/{name}"


def links(new=""):
    """Write the address (by default the present one) and the commit HEAD into badges, setup cells and the pages.

    A commit cannot hold its own hash, so what the notebooks need must be committed before; a SystemExit says what.
    Where git knows no commit, the setup cells fetch the branch main.
    """
    old, new = repository(), new or repository()
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", new):
        raise SystemExit(f"{new!r} is not of the form owner/name")
    if open_changes := git("status", "--porcelain", "--", *FETCHED):
        raise SystemExit(f"commit these first, since Colab fetches what is committed:\n{open_changes}")
    commit = git("rev-parse", "--verify", "HEAD") or "main"
    address = re.compile(rf"(github\.com|colab\.research\.google\.com/github)/{re.escape(old)}(?![\w-])")

    def change(text):
        text = address.sub(rf"\1/{new}", text).replace(website(old), website(new))
        return COMMIT.sub(rf'\g<1>{commit}"', text)

    named = [course.ROOT / name for name in ("pyproject.toml", "CITATION.cff", "README.md")]
    files = {}
    for path in [*named, *FOLDER.glob("*.py"), *FOLDER.glob("*.ipynb")]:
        text = path.read_text(encoding="utf-8")
        changed = with_changed_cells(path, change) if path.suffix == ".ipynb" else change(text)
        files |= {path: changed} if changed != text else {}
    write_together(files)
    print(f"{len(files)} files: {new}, commit {commit}")
    if commit == "main":
        print("git knows no commit here: in Colab the notebooks fetch the newest state of the branch main.")
    else:
        print("Commit this and push: the notebooks find that commit on your repository.")


def with_changed_cells(path, change):
    """The text of an .ipynb with the function `change` of each cell's text; a cell's id stays the hash of its text."""
    notebook, seen = read(path), set()
    for cell in notebook.cells:
        text = change(cell.source)
        if text != cell.source and cell.get("id") in _ids(cell.source):
            cell["id"] = next(name for name in _ids(text) if name not in seen)
        cell.source = text
        seen.add(cell.get("id"))
    return nbformat.writes(notebook) + "\n"


def main():
    sys.stdout.reconfigure(errors="replace")  # a stream that cannot write a letter must not hide a cell's error
    sys.stderr.reconfigure(errors="replace")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("run", "update", "links"))
    parser.add_argument("argument", nargs="?", default="")
    given = parser.parse_args()
    {"run": run, "update": lambda _: update(), "links": links}[given.command](given.argument)


if __name__ == "__main__":
    main()
