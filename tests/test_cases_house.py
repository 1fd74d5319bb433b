"""Faults around the house, by kind: A its own folder, B make and Python, C Colab, G stored runs.

A fault is survived, with a right result that the case asserts, or it ends in a sentence that fits the case's pattern.
"""

import http.server
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
import types

import jupytext
import nbformat
import numpy as np
import pytest

from helpers import course, sweeps
from tests import runs_for_sweeps as runs
from tests.conftest import ROOT, SOURCES
from tests.test_make import Checkout, environments_made
from tools import execute

CASES = []


def case(kind, name, clear=None):
    """A fault: the decorated action gets a `place`; it asserts that all is well, or it ends as `clear` says."""
    return lambda action: CASES.append(pytest.param(action, clear, id=f"{kind}: {name}")) or action


class Ended(Exception):
    """A program of its own ended badly; the text is the end of what it said."""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder for the damage, and pytest's patches."""
    return types.SimpleNamespace(path=tmp_path, patch=monkeypatch)


# A. What the course writes into its own folder

PAGE = """# %% [markdown]
# # Small

# %%
claim("99.x.value", 1)

# %%
show("99_dot")
"""
TOML = '[claims."99.x.value"]\nsays = "x"\nkind = "live"\nlow = 0\nhigh = 2\n'
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def pretended(source):
    """What execute.execute gives, without a kernel: claims and pictures are read off the cells."""
    notebook, output = execute.unexecuted(source), nbformat.v4.new_output
    for number, cell in enumerate((cell for cell in notebook.cells if cell.cell_type == "code"), start=1):
        claims = [
            {"claim": name, "value": value} for name, value in re.findall(r'claim\("(.*?)", (.*?)\)', cell.source)
        ]
        pictures = [{"picture": name} for name in re.findall(r'show\("(.*?)"\)', cell.source)]
        cell.execution_count = number
        cell.outputs = [
            output("display_data", {"image/png": DOT}, metadata={"course": about}) for about in claims + pictures
        ]
    return notebook, 60.0, {1: 12.3456, 2: 0.1}


def house(place, page=PAGE):
    """A course of one small notebook; gives its .py."""
    for name in ("notebooks", "figures", "lessons/claims"):
        (place.path / name).mkdir(parents=True)
    (place.path / "lessons" / "claims" / "99.toml").write_text(TOML)
    (place.path / "figures" / "claims.csv").write_text("id,value,kind,low,high,report,says\n98.kept,1,live,0,1,,y\n")
    source = place.path / "notebooks" / "99_small.py"
    source.write_text(page, encoding="utf-8")
    for module, name, where in ((course, "ROOT", "."), (course, "CLAIMS", "figures/claims.csv"), (course, "TEXTS", "lessons/claims"),
                                (execute, "FOLDER", "notebooks"), (execute, "FIGURES", "figures")):  # fmt: skip
        place.patch.setattr(module, name, place.path / where)
    place.patch.setattr(execute, "execute", pretended)
    place.patch.setenv("COURSE_PROFILE", "full")
    course.texts.cache_clear()
    return source


def all_files(folder):
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock"}


def edited(source, change):
    """The executed .ipynb, after `change` of the notebook by another program."""
    execute.run("99")
    path = source.with_suffix(".ipynb")
    notebook = nbformat.read(path, as_version=4)
    change(notebook)
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path


@case("A", "an empty cell that JupyterLab has added")
def _(place):
    source = house(place)
    edited(source, lambda notebook: notebook.cells.append(nbformat.v4.new_code_cell("")))
    execute.run("99")
    assert execute.is_current(source)


@case("A", "a note in a cell of its own", "changed by hand in cell 4.*\n\nask about this")
def _(place):
    path = edited(house(place), lambda notebook: notebook.cells.append(nbformat.v4.new_markdown_cell("ask about this")))
    try:
        execute.run("99")
    finally:
        assert "ask about this" in path.read_text()


@case("A", "a notebook that Colab has saved, without ids")
def _(place):
    source = house(place)

    def as_colab(notebook):
        notebook.nbformat_minor = 0
        for cell in notebook.cells:
            del cell["id"]

    edited(source, as_colab)
    execute.run("99")
    assert execute.is_current(source)


@case("A", "the marks of a conflict in a notebook", r"99_small.ipynb is damaged .*git checkout")
def _(place):
    source = house(place)
    path = edited(source, lambda notebook: None)
    path.write_text("<<<<<<< HEAD\n" + path.read_text())
    execute.run("99")


@case("A", "half a notebook, of a machine that was switched off", r"99_small.ipynb is damaged .*put it right by hand")
def _(place):
    path = edited(house(place), lambda notebook: None)
    path.write_bytes(path.read_bytes()[:200])
    execute.update()


@case("A", "a disk that is full when a run is written", r"99_small.ipynb cannot be written \(.*\). Nothing was changed")
def _(place):
    house(place, PAGE + "\n# %%\n# " + "long" * 1000)
    before = all_files(place.path)
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, limit[1]))
    try:
        execute.run("99")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        assert all_files(place.path) == before


@case("A", "a share that may only be read", "figures cannot be written, and a full run writes there")
def _(place):
    house(place)
    place.patch.setattr(execute, "execute", lambda source: pytest.fail("minutes were spent before"))
    place.patch.setattr(os, "access", lambda path, mode: False)
    execute.run("99")


@case("A", "a folder in a picture's place", "99_dot.png cannot be written .it is a folder.. Nothing was changed")
def _(place):
    house(place)
    (place.path / "figures" / "99_dot.png").mkdir()
    before = all_files(place.path)
    try:
        execute.run("99")
    finally:
        assert all_files(place.path) == before


@case("A", "no folder figures")
def _(place):
    source = house(place)
    shutil.rmtree(place.path / "figures")
    execute.run("99")
    assert execute.is_current(source) and course.committed() == {"99.x.value": 1}


@case("A", "the lock of a run that was killed")
def _(place):
    house(place)
    (place.path / "figures" / ".claims.csv.lock").touch()
    execute.run("99")
    assert course.committed() == {"98.kept": 1, "99.x.value": 1}


@case("A", "the marks of a conflict in claims.csv", r"claims.csv is damaged .*git checkout -- figures/claims.csv")
def _(place):
    house(place)
    course.CLAIMS.write_text(course.CLAIMS.read_text() + "<<<<<<< HEAD\n")
    before = all_files(place.path)
    try:
        execute.run("99")
    finally:
        assert all_files(place.path) == before


@case("A", "claims.csv saved by a spreadsheet with semicolons", r"claims.csv is damaged .*To mend it")
def _(place):
    house(place)
    course.CLAIMS.write_text(course.CLAIMS.read_text().replace(",", ";"))
    course.claim("99.x.value", 1)


@case("A", "claims.csv saved with a byte order mark")
def _(place):
    house(place)
    course.CLAIMS.write_text(course.CLAIMS.read_text(), encoding="utf-8-sig")
    assert course.committed() == {"98.kept": 1}


@case("A", "a claim where claims.csv was deleted")
def _(place):
    house(place)
    course.CLAIMS.unlink()
    course.claim("99.x.value", 1)
    execute.run("99")
    assert course.committed() == {"99.x.value": 1}


def longer(cell):
    """A run of the page with one more cell."""
    return lambda place: house(place, f"{PAGE}\n# %%\n{cell}\n") and execute.run("99")


case("A", "one claim made twice", "99.x.value: made twice.*Nothing was written")(longer('claim("99.x.value", 2)'))
case("A", "a picture of another notebook's name", "98_dot: made twice, or not of notebook 99")(longer('show("98_dot")'))


@case("A", "a copy of a page under its number", "99_copy.py and 99_small.py have one number.*rename one")
def _(place):
    source = house(place)
    shutil.copy(source, source.with_name("99_copy.py"))
    execute.run("99")


@case("A", "a page saved in another encoding", "99_small.py is not in UTF-8")
def _(place):
    source = house(place, PAGE.replace("Small", "Größe"))
    source.write_bytes(source.read_text(encoding="utf-8").encode("latin-1"))
    execute.run("99")


@case("A", "a page saved with the line ends of Windows")
def _(place):
    source = house(place)
    execute.run("99")
    source.write_bytes(source.read_bytes().replace(b"\n", b"\r\n"))
    assert execute.is_current(source)


@case("A", "a mistake in the file of claims", r"99.toml cannot be read: .*line 6")
def _(place):
    house(place)
    with (course.TEXTS / "99.toml").open("a") as file:
        file.write("why = from five seeds\n")
    course.claim("99.x.value", 1)


# B. Make and Python


def made(checkout, *words):
    """What make has called; `Ended` with what it said if it failed."""
    code, said, calls = checkout.make(*words)
    if code:
        raise Ended(said)
    return calls


def with_fake(checkout, refuses, words):
    """A python3.12 that fails, saying the words, when it is asked for the module."""
    text = (checkout.path / "python3.12").read_text()
    broken = f'case "$3 $4" in *) case "$2" in {refuses}) echo "{words}" >&2; exit 1;; esac;; esac\n'
    (checkout.path / "python3.12").write_text(text.replace('if [ "$2', broken + 'if [ "$2'))


@case("B", "no network when packages are installed", "were not installed: are you online.*README says which machines")
def _(place):
    checkout = Checkout(place.path)
    with_fake(checkout, "pip", "ERROR: No matching distribution found for tensorflow")
    code, said, _ = checkout.make("lint", "PYTHON=python3.12")
    assert code and "No matching distribution" in said
    made(checkout, "lint")  # the second time, too: what is half installed is not taken for whole


@case("B", "a Python without its module venv", "ensurepip is not available")
def _(place):
    checkout = Checkout(place.path)
    with_fake(checkout, "venv", "ensurepip is not available: apt install python3.12-venv")
    made(checkout, "lint", "PYTHON=python3.12")


@case("B", "a Python in a folder with a space in its name")
def _(place):
    checkout = Checkout(place.path)
    (place.path / "my programs").mkdir()
    shutil.move(checkout.path / "python3.12", place.path / "my programs" / "python")
    calls = made(checkout, "lint", f"PYTHON={place.path}/my programs/python")
    assert environments_made(calls) == ["3.12 -m venv --clear .venv"]


@case("B", "a Python that does not start", "python3.12 is not to be found or does not start: name another")
def _(place):
    checkout = Checkout(place.path)
    (checkout.path / "python3.12").write_text("#!/bin/sh\necho Fatal Python error >&2; exit 1\n")
    made(checkout, "lint", "PYTHON=python3.12")


@case("B", "PYTHONHOME and PYTHONPATH of another Python")
def _(place):
    checkout = Checkout(place.path)
    checkout.real_environment()
    (place.path / "other" / "pip").mkdir(parents=True)
    (place.path / "other" / "pip" / "__init__.py").write_text("raise ImportError")
    for name, value in (("PYTHONHOME", "/nowhere"), ("PYTHONPATH", place.path / "other")):
        variables = {"PATH": os.environ["PATH"], name: str(value)}
        command = ["make", ".venv/ready", f"PYTHON={sys.executable}"]
        ended = subprocess.run(command, cwd=checkout.folder, env=variables, capture_output=True, text=True)
        assert ended.returncode == 0 and "minutes" not in ended.stdout, ended


@case("B", "a file in the place of .venv", r"(Unable to create directory|Not a directory).*\.venv")
def _(place):
    checkout = Checkout(place.path)
    (checkout.folder / ".venv").touch()
    made(checkout, ".venv/pyvenv.cfg", f"PYTHON={sys.executable}")


@case("B", "an environment copied from another checkout")
def _(place):
    checkout = Checkout(place.path)
    checkout.real_environment()
    shutil.copytree(checkout.folder, place.path / "copy", symlinks=True)
    shutil.rmtree(checkout.folder)
    checkout.folder = place.path / "copy"
    assert made(checkout, ".venv/ready") == []


@case("B", "two commands at once in one call")
def _(place):
    calls = made(Checkout(place.path), "-j2", "lint", "notebooks", "PYTHON=python3.12")
    assert len(environments_made(calls)) == 1 and sum("pip install" in call for call in calls) == 1


@case("B", "a command of the shell in NOTEBOOK")
def _(place):
    checkout = Checkout(place.path)
    calls = made(checkout, "run", "PYTHON=python3.12", "NOTEBOOK=01; touch hacked *")
    assert "3.12 -m tools.execute run 01; touch hacked *" in calls and not (checkout.folder / "hacked").exists()


@case("B", "constraints that do not exist", "No rule to make target .*missing.txt")
def _(place):
    made(Checkout(place.path), "lint", "CONSTRAINTS=missing.txt", "PYTHON=python3.12")


@case("B", "requirements that have changed")
def _(place):
    checkout = Checkout(place.path)
    made(checkout, "lint", "PYTHON=python3.12")
    later = time.time() + 5
    os.utime(checkout.folder / "requirements.txt", (later, later))
    assert any("pip install" in call for call in made(checkout, "lint"))


@case("B", "a system whose encoding is ASCII")
def _(place):
    code = "from tools import numbers; numbers.refresh(); numbers.course.texts('01'); print(chr(183))"
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": ":replace"}
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=os.environ | plain, check=True, capture_output=True)


@case("B", "a kernel python3 of an environment that is gone")
def _(place):
    from jupyter_client.kernelspec import KernelSpecManager

    folder = place.path / "kernels" / "python3"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(
        json.dumps({"argv": ["/gone/python"], "display_name": "x", "language": "python"})
    )
    place.patch.setenv("JUPYTER_DATA_DIR", str(place.path))
    assert KernelSpecManager().get_kernel_spec("python3").argv[0] != "/gone/python"


# C. Colab

SETUP = next(cell for cell in jupytext.read(SOURCES[0]).cells if cell.cell_type == "code").source
GIT = ["git", "-c", "user.name=x", "-c", "user.email=x@x", "-c", "init.defaultBranch=main"]


def git(folder, *words):
    return subprocess.run([*GIT, *words], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def hub(place, states=("first",)):
    """A repository that stands for the course's address, with a commit for each state; gives their hashes."""
    folder, commits = place.path / "hub", []
    (folder / "helpers").mkdir(parents=True)
    git(folder, "init")
    for state in states:
        (folder / "helpers" / "__init__.py").touch()
        (folder / "helpers" / "plots.py").write_text("def set_style(): pass")
        (folder / "helpers" / "course.py").write_text(f"claim = guess = None\ndef start(): print({state!r}, __file__)")
        git(folder, "add", "."), git(folder, "commit", "-m", state)
        commits.append(git(folder, "rev-parse", "HEAD"))
    return commits


def colab(place, *, commit="main", address=None, folder="content", first="", path=None, timeout=300):
    """Run the setup cell as Colab does, in a folder; gives what it printed. Its last words are an `Ended`."""
    content = place.path / folder
    content.mkdir(exist_ok=True)
    setup = SETUP.replace('COMMIT = "main"', f'COMMIT = "{commit}"').replace('timeout": 300', f'timeout": {timeout}')
    code = f"import sys, types; sys.modules['google.colab'] = types.ModuleType('colab')\n{first}\n{setup}"
    here = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_VALUE_0": f"https://github.com/{execute.repository()}",
            "GIT_CONFIG_KEY_0": f"url.{address or f'file://{place.path}/hub'}.insteadOf"}  # fmt: skip
    variables = os.environ | here | {"GIT_TERMINAL_PROMPT": "0"} | ({"PATH": str(path)} if path else {})
    ended = subprocess.run([sys.executable, "-c", code], cwd=content, env=variables, capture_output=True, text=True)
    if ended.returncode:
        raise Ended(
            f"killed by {-ended.returncode}" if ended.returncode < 0 else ended.stderr.strip().split("\n\n")[-1]
        )
    return ended.stdout


CLEAR = r"ConnectionError: no course from https://github.com/\S+: [^\n]*(%s)[^\n]*\. Online\? Try again\.$"


@case("C", "the branch main has gone on since the notebook was written")
def _(place):
    first, _ = hub(place, ("first", "second"))
    assert "first" in colab(place, commit=first) and "second" in colab(place, folder="another")


@case("C", "the student has a folder course")
def _(place):
    hub(place)
    (place.path / "content" / "course").mkdir(parents=True)
    (place.path / "content" / "course" / "mine").write_text("mine")
    assert "first" in colab(place) and (place.path / "content" / "course" / "mine").read_text() == "mine"


@case("C", "the student's own folder of the course's name is full of something else", CLEAR % "not empty.*course-main")
def _(place):
    hub(place)
    (place.path / "content" / "course-main").mkdir(parents=True)
    (place.path / "content" / "course-main" / "mine").write_text("mine")
    try:
        colab(place)
    finally:
        assert all_files(place.path / "content") == {"mine": b"mine"}


@case("C", "an older state of the course lies there")
def _(place):
    first, second = hub(place, ("first", "second"))
    colab(place, commit=first)
    assert "second" in colab(place, commit=second) and len(list((place.path / "content").iterdir())) == 2


@case("C", "the student has a helpers.py, and a folder helpers")
def _(place):
    hub(place)
    (place.path / "content" / "helpers").mkdir(parents=True)
    (place.path / "content" / "helpers.py").write_text("raise ImportError('mine')")
    assert "first" in colab(place)


def killed_after(place, word):
    """A git that does what it is asked, and after `word` kills who asked."""
    (place.path / "bin").mkdir()
    script = f'#!/bin/sh\n{shutil.which("git")} "$@"\ncase "$1" in {word}) kill -9 $PPID; sleep 5;; esac\n'
    (place.path / "bin" / "git").write_text(script)
    (place.path / "bin" / "git").chmod(0o755)
    return f"{place.path / 'bin'}{os.pathsep}{os.environ['PATH']}"


def interrupted(word):
    def action(place):
        hub(place)
        with pytest.raises(Ended, match=f"killed by {signal.SIGKILL}"):
            colab(place, path=killed_after(place, word))
        assert "first" in colab(place) and "first" in colab(place)

    return action


for word in ("init", "fetch", "checkout"):
    case("C", f"the kernel is killed after git's {word}")(interrupted(word))


@case("C", "no such host", CLEAR % "resolve|CONNECT|proxy")
def _(place):
    colab(place, address="https://nowhere.invalid/course")


@case("C", "no such repository", CLEAR % "does not appear to be a git repository")
def _(place):
    colab(place)


@case("C", "the commit is not there, perhaps not pushed", CLEAR % "(not our ref|couldn't find) .*0123456789")
def _(place):
    hub(place)
    colab(place, commit="0123456789" * 4)


@case("C", "no git", CLEAR % "No such file.*git")
def _(place):
    hub(place)
    colab(place, path=place.path)


@case("C", "a disk that is full", CLEAR % "SIGXFSZ|too large")
def _(place):
    hub(place)
    colab(place, first="import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))")


@case("C", "a folder and a home with spaces and letters of Portuguese")
def _(place):
    hub(place)
    assert "first" in colab(place, folder="My Drive é ação")


@case("C", "the notebook stands in a repository of the student's")
def _(place):
    hub(place)
    (place.path / "content").mkdir()
    git(place.path / "content", "init")
    assert "first" in colab(place) and git(place.path / "content", "rev-parse", "--show-prefix") == ""


@case("C", "run twice, the second time offline")
def _(place):
    hub(place)
    colab(place)
    assert "first" in colab(place, address="https://nowhere.invalid/course")


class Page(http.server.BaseHTTPRequestHandler):
    """A network that answers everything with a page to log in, or not at all."""

    silent = False

    def do_GET(self):
        if self.silent:
            time.sleep(1.5)
            return
        self.send_response(200), self.send_header("Content-Type", "text/html"), self.end_headers()
        self.wfile.write(b"<html>Please log in</html>")

    def log_message(self, *_):
        pass


def network(place, silent, **more):
    handler = type("Handler", (Page,), {"silent": silent})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        place.patch.setenv("no_proxy", "127.0.0.1")
        try:
            colab(place, address=f"http://127.0.0.1:{server.server_port}/course", **more)
        finally:
            server.shutdown()


@case("C", "a network that wants a login first", CLEAR % "(not valid|couldn't find)")
def _(place):
    network(place, False)


@case("C", "a network that does not answer", CLEAR % "timed out after 0.5 seconds")
def _(place):
    network(place, True, timeout=0.5)


# G. Stored runs and sweeps


def swept(place, function=runs.square, configurations=None, **more):
    given = [{"x": 5, "log": str(place.path / "log")}] if configurations is None else configurations
    return sweeps.run(
        function, given, place.path / "runs", version="1", workers=more.pop("workers", 1), progress=False, **more
    )


def stored(place):
    swept(place)
    (path,) = (place.path / "runs").glob("*.json")
    return path


def done_again(place):
    """The table is right, and the run was computed a second time."""
    assert swept(place).square.tolist() == [25]
    assert (place.path / "log").read_text().split() == ["5", "5"]


@case("G", "a number that has become a text", "'square' is a .* and a .*: delete the wrong file")
def _(place):
    path = stored(place)
    path.write_text(path.read_text().replace('"square": 25', '"square": "0.97"'))
    swept(place, configurations=[{"x": x, "log": str(place.path / "log")} for x in (5, 6)])


def rewritten(change):
    """The file of a finished run, its text changed by a program or a hand: the run is done again."""

    def action(place):
        path = stored(place)
        path.write_text(change(path.read_text()), encoding="utf-8")
        done_again(place)

    return action


for name, change in {
    "a number too large for any float": lambda text: text.replace('"square": 25', '"square": 1e999'),
    "the marks of a conflict in a file": lambda text: "<<<<<<< HEAD\n" + text,
    "a byte order mark in a file": lambda text: "\ufeff" + text,
    "a result that is a list in a list": lambda text: text.replace('"square": 25', '"square": [[25]]'),
}.items():
    case("G", name)(rewritten(change))


@case("G", "a pipe in a file's place")
def _(place):
    path = stored(place)
    path.unlink()
    os.mkfifo(path)
    done_again(place)


@case("G", "a file that may not be read", r"the sweep stops: .*square-\w+.json cannot be read \(not for you\)")
def _(place):
    path = stored(place)

    def refused(self, **_):
        raise PermissionError(13, "not for you", str(self))

    place.patch.setattr(type(path), "read_text", refused)
    swept(place)


@case("G", "a damaged file on a share that may only be read", "is damaged .* and cannot be set aside .only to be read")
def _(place):
    stored(place).write_text("{")

    def refused(*_):
        raise OSError(30, "only to be read")

    place.patch.setattr(os, "replace", refused)
    swept(place)


@case("G", "a configuration named as a column of the table", "'seconds' in .*: the table has a column of that name")
def _(place):
    swept(place, configurations=[{"x": 1, "seconds": 9}])


@case("G", "one configuration in place of a list", "a configuration is a dict, as `grid` makes them in a list, not 'x'")
def _(place):
    swept(place, configurations={"x": 1, "log": "log"})


@case("G", "configurations that can be read only once")
def _(place):
    assert swept(place, configurations=({"x": x, "log": str(place.path / "log")} for x in (1, 2))).square.tolist() == [
        1,
        4,
    ]


@case("G", "a number of workers that is none", "workers is '2', and must be a whole number")
def _(place):
    swept(place, workers="2")


@case("G", "a scheduler that is no address", "no Dask scheduler answers at 8786")
def _(place):
    pytest.importorskip("distributed")
    swept(place, scheduler=8786)


@case("G", "a run that changes its own settings")
def _(place):
    table = swept(place, runs.greedy, [{"hidden": [64, 32]}])
    assert table.hidden[0] == [64, 32] and table.layers[0] == 2
    assert sweeps.missing(runs.greedy, [{"hidden": [64, 32]}], place.path / "runs", version="1") == []


@case("G", "a run that leaves its folder")
def _(place):
    place.patch.chdir(place.path)
    table = sweeps.run(runs.wanderer, sweeps.grid(x=[1, 2]), "runs", version="1", workers=1, progress=False)
    assert table.x.tolist() == [1, 2] and len(list((place.path / "runs").glob("*.json"))) == 2


@case("G", "an error that cannot say what it is")
def _(place):
    (error,) = swept(place, runs.speechless, [{}]).error
    assert "Speechless" in error


@case("G", "pixels that are no pixels, to be stored", r"pixels must be in \[0, 1\], and these are from 0.0 to 255.0")
def _(place):
    sweeps.as_text(np.array([0.0, 255.0]))


@case("G", "a stored picture that has lost a letter", "no text of images of 784 pixels, as `as_text` writes: '0000")
def _(place):
    sweeps.as_pictures(sweeps.as_text(np.zeros(784))[:-1])


@case("G", "an axis that is a table of NaN", "must hold plain finite values")
def _(place):
    swept(place, configurations=sweeps.grid(x=[1, float("nan")], log=["log"]))


@pytest.mark.filterwarnings("ignore:.*is damaged.*:UserWarning")
@pytest.mark.parametrize(("action", "clear"), CASES)
def test_a_fault_is_survived_or_said_in_a_sentence(action, clear, place):
    if clear is None:
        action(place)
        return
    with pytest.raises((SystemExit, ValueError, OSError, RuntimeError, Ended)) as caught:
        action(place)
    message = str(caught.value)
    assert re.search(clear, message, re.DOTALL), message
