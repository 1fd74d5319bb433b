"""The tool that executes notebooks: all or nothing, and never over what somebody has typed."""

import base64
import io
import json
import shutil
import subprocess
import sys
import threading
import time

import nbformat
import numpy as np
import pytest
from PIL import Image

from helpers import course, plots
from tests.conftest import ROOT, SOURCES
from tools import execute, numbers
from tools.play import printed

TOML = """[claims."99.x.value"]
says = "x"
kind = "live"
low = 0
high = 2

[pictures]
99_dot = "A single dot in the middle."
"""
TEMPLATE = "representation-learning-course/notebooks"  # an address that stands for one
PICTURE = 'import matplotlib.pyplot as plt\nplots.show(plt.figure(figsize=(1, 1)), "99_dot")'


@pytest.fixture
def house(tmp_path, monkeypatch):
    """A course of one notebook in a folder of its own, and a function that writes its last cells."""
    for name in ("helpers", "lessons", "tools"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "lessons" / "claims" / "99.toml").write_text(TOML)
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "claims.csv").write_text("id,value,kind,low,high,report,says\n98.kept,1,live,0,1,,y\n")
    (tmp_path / "figures" / "99_old.png").touch()
    monkeypatch.setattr(course, "ROOT", tmp_path)
    monkeypatch.setattr(course, "CLAIMS", tmp_path / "figures" / "claims.csv")
    monkeypatch.setattr(course, "TEXTS", tmp_path / "lessons" / "claims")
    monkeypatch.setattr(execute, "FOLDER", tmp_path / "notebooks")
    monkeypatch.setattr(execute, "FIGURES", tmp_path / "figures")
    monkeypatch.setenv("COURSE_PROFILE", "full")
    (tmp_path / "notebooks").mkdir()

    def write(*cells, text="# Small, 7<!--99.x.value--> of it"):
        path = tmp_path / "notebooks" / "99_small.py"
        setup = (
            "import sys\nsys.path.insert(0, '..')\nfrom helpers import plots\nfrom helpers.course import claim\nx = 1"
        )
        code = "\n".join(f"# %%\n{cell}\n" for cell in (setup, *cells))
        path.write_text(f"# %% [markdown]\n# {text}\n\n{code}")
        return path

    return write


def left(path):
    """Everything in the house that a run could write."""
    root = path.parent.parent
    files = [*(root / "figures").iterdir(), *(root / "notebooks").iterdir()]
    return {str(file.relative_to(root)): file.read_bytes() for file in files if not file.name.endswith(".lock")}


def test_a_full_run_writes_pictures_claims_numbers_and_notebook_together(house, capsys):
    path = house('claim("99.x.value", x)', PICTURE)
    execute.run("99")
    written = left(path)
    assert set(written) == {"figures/claims.csv", "figures/minutes.csv", "figures/99_dot.png",
                            "figures/seconds.csv", "figures/runs.csv", "notebooks/99_small.py", "notebooks/99_small.ipynb"}, "an old picture is gone"  # fmt: skip
    assert b"99.x.value,1,live,0,2" in written["figures/claims.csv"] and b"98.kept" in written["figures/claims.csv"]
    assert "# Small, 1<!--99.x.value--> of it" in path.read_text(), "7 was typed, 1 was measured"
    notebook = nbformat.read(path.with_suffix(".ipynb"), as_version=4)
    assert notebook.cells[0].source == "# Small, 1<!--99.x.value--> of it" and execute.is_current(path)
    (name, picture), *_ = execute.outputs_about(notebook, "picture")
    assert name == "99_dot" and picture.metadata["image/png"]["alt"] == "A single dot in the middle."
    assert base64.b64decode(picture.data["image/png"]) == written["figures/99_dot.png"]


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("y = x / 0", "ZeroDivisionError: division by zero"),
        ('claim("99.x.value", 3)', "ClaimError: claim 99.x.value: 3 is not in its range, 0 to 2"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "The kernel died in this cell"),
    ],
)
def test_a_run_that_fails_names_the_cell_and_writes_nothing(house, cell, said):
    path = house(PICTURE, cell)
    before = left(path)
    with pytest.raises(SystemExit) as caught:
        execute.run("99")
    text = str(caught.value)
    assert "99_small failed in code cell 3" in text and cell in text and said in text and "Traceback" not in text
    assert left(path) == before


def test_stopped_by_hand_it_says_so_in_a_line_and_writes_nothing(house):
    path = house("import os, signal, time; os.kill(os.getppid(), signal.SIGINT); time.sleep(60)")
    before = left(path)
    with pytest.raises(SystemExit, match="Stopped by hand"):
        execute.run("99")
    assert left(path) == before


def test_a_full_run_lists_the_cells_that_took_long(house, monkeypatch):
    monkeypatch.setattr(execute, "SLOW", 0.5)
    table = execute.FIGURES / "seconds.csv"
    table.write_text("notebook,cell,seconds,begins\n98_other,3,7.5,fit()\n99_small,1,9.9,old\n")
    house("", "# waits\nimport time\nfor wait in [0.6]:\n    time.sleep(wait)", "y = 1")
    execute.run("99")
    other, own = (
        table.read_text().split("\n")[1:-1][:1],
        [row for row in execute.read_rows("seconds") if row["notebook"] == "99_small"],
    )
    assert other == ["98_other,3,7.5,fit()"]
    assert own[-1]["begins"] == "for wait in [0.6]:" and own[-1]["cell"] == "3" and 0.6 <= float(own[-1]["seconds"]) < 2
    assert {row["cell"] for row in own} <= {"1", "3"}, "the first one imports"
    monkeypatch.setattr(execute, "SLOW", 1000)
    execute.run("99")
    assert table.read_text() == "notebook,cell,seconds,begins\n98_other,3,7.5,fit()\n"


def test_what_was_typed_into_a_notebook_is_not_overwritten(house):
    path = house("y = None  # your answer")
    execute.run("99")
    ipynb = path.with_suffix(".ipynb")
    notebook = nbformat.read(ipynb, as_version=4)
    notebook.cells[-1].source = "y = 42  # your answer"
    nbformat.write(notebook, ipynb)
    typed = left(path)
    for start in (lambda: execute.run("99"), execute.update):
        with pytest.raises(SystemExit, match=r"changed by hand in cell 3.*\n\ny = 42") as caught:
            start()
        assert "99_small.py" in str(caught.value) and left(path) == typed
    path.write_text(path.read_text().replace("y = None", "y = 42"))  # as jupytext would have done
    execute.run("99")
    assert execute.is_current(path)


def test_an_edited_py_rebuilds_as_ever_and_other_cells_keep_their_ids(house):
    path = house("print(x + 1)")
    execute.run("99")
    first = [cell["id"] for cell in nbformat.read(path.with_suffix(".ipynb"), as_version=4).cells]
    house("print(x + 2)")
    assert not execute.is_current(path)
    execute.update()
    again = nbformat.read(path.with_suffix(".ipynb"), as_version=4)
    assert printed(again.cells[-1]) == "3\n" and [cell["id"] for cell in again.cells][:2] == first[:2]


def test_a_fast_run_writes_nothing(house, monkeypatch):
    path = house('claim("99.x.value", x)')
    before = left(path)
    monkeypatch.setenv("COURSE_PROFILE", "fast")
    execute.run("99")
    assert left(path) == before


def test_two_notebooks_that_end_at_once_lose_no_claim(house):
    """Unlocked, a read-modify-write of one table loses rows."""
    path = house('claim("99.x.value", x)')
    executed = execute.execute(path)
    others = [{"id": f"98.{number:03d}", "value": "1"} for number in range(5)]

    def other(row):
        with execute.locked(execute.FIGURES / "claims.csv"):
            rows = execute.read_rows()
            time.sleep(0.05)
            filled = [{column: row.get(column, "") for column in rows[0]} for row in [*rows, row]]
            course.write_atomically(execute.FIGURES / "claims.csv", execute._csv(filled))

    threads = [threading.Thread(target=other, args=(row,)) for row in others]
    threads.append(threading.Thread(target=execute.write, args=(path, *executed)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {row["id"] for row in execute.read_rows()} == {"98.kept", "99.x.value", *(row["id"] for row in others)}


@pytest.mark.parametrize("number", ["0", "*", "/etc", "1", "01_auto", "7"])
def test_a_notebook_that_is_none_is_named(number):
    with pytest.raises(SystemExit, match="no notebook .* there are 01_autoencoder_mnist"):
        execute.sources(number)


def test_a_number_or_a_whole_name_gives_one_notebook():
    assert execute.sources("03") == execute.sources(SOURCES[2].stem) == [SOURCES[2]]


def test_an_error_shows_on_a_stream_that_cannot_write_its_letters(tmp_path):
    code = "from tools import execute; import sys; sys.argv = ['x', 'run', '9·9']; execute.main()"
    outcome = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, env={"PYTHONIOENCODING": "ascii", "PATH": ""}
    )
    assert b"no notebook" in outcome.stderr and b"UnicodeEncodeError" not in outcome.stderr


def test_numbers_that_changed_reach_every_page_without_a_run(house):
    path = house('claim("99.x.value", x)')
    execute.run("99")
    table = execute.FIGURES / "claims.csv"
    table.write_text(table.read_text().replace("99.x.value,1,", "99.x.value,2,"))
    execute.refresh_numbers()
    assert "# Small, 2<!--99.x.value-->" in path.read_text() and execute.is_current(path)
    assert numbers.values()["99.x.value"] == 2


def test_a_notebook_that_is_too_large_gets_pictures_of_fewer_colours(monkeypatch):
    noise = np.random.default_rng(0).integers(0, 256, (60, 60, 3), dtype="uint8")
    drawn = io.BytesIO()
    Image.fromarray(noise).save(drawn, format="png")
    data, about = {"image/png": base64.b64encode(drawn.getvalue()).decode()}, {"course": {"picture": "99_noise"}}
    output = nbformat.v4.new_output("display_data", data, metadata=about)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x", outputs=[output])])
    colours = []
    for _ in range(2):
        output.data["image/png"] = data["image/png"]
        text = execute.text_of(notebook)
        monkeypatch.setattr(execute, "LARGEST", len(text) - 1)  # of the next round
        kept = json.loads(text)["cells"][0]["outputs"][0]["data"]["image/png"]
        picture = Image.open(io.BytesIO(base64.b64decode(kept)))
        colours.append(len(picture.convert("RGB").getcolors()))
        assert picture.size == (60, 60)
    assert 128 < colours[0] <= 256 and colours[1] <= 128


def test_a_picture_of_few_colours_keeps_white_and_the_colours_of_the_classes():
    grey = np.random.default_rng(0).integers(0, 256, (100, 100, 1), dtype="uint8").repeat(3, axis=2)
    kept = np.round(255 * np.array([(1, 1, 1), *plots.CLASS_COLOURS])).astype("uint8")
    grey[0, : len(kept)] = kept  # a dot each, as in a legend, which an adaptive palette gives away
    reduced = np.asarray(execute.with_palette(Image.fromarray(grey), 64).convert("RGB"))
    assert (reduced[0, : len(kept)] == kept).all() and len(np.unique(reduced.reshape(-1, 3), axis=0)) <= 64


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """The notebooks in a folder of their own, with one helper; gives a function that calls git there."""
    without = shutil.ignore_patterns(".ipynb_checkpoints")  # JupyterLab's copies of what was opened in it
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks", ignore=without)
    for name in ("pyproject.toml", "CITATION.cff", "README.md", "helpers/data.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    monkeypatch.setattr(course, "ROOT", tmp_path)
    monkeypatch.setattr(execute, "FOLDER", tmp_path / "notebooks")

    def git(*words):
        command = ["git", "-c", "user.name=x", "-c", "user.email=x", *words]
        return subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout.strip()

    return git


def test_links_writes_the_address_everywhere(checkout, tmp_path, capsys):
    old = execute.repository()
    execute.links("somebody/their-course")
    assert execute.repository() == "somebody/their-course"
    assert "//somebody.github.io/their-course/" in (tmp_path / "README.md").read_text(encoding="utf-8")
    written = [path for pattern in ("*.py", "*.ipynb", "*.md", "*.cff") for path in tmp_path.glob(f"**/{pattern}")]
    written.remove(tmp_path / "helpers" / "data.py")
    assert len(written) >= 4
    for path in written:
        text = path.read_text(encoding="utf-8")
        assert "somebody/their-course" in text and old not in text, path.name
    assert execute.pinned() == "main" and "git knows no commit here" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="owner/name"):
        execute.links("https://github.com/a/b")


def test_links_pins_the_commit_on_which_it_stands(checkout, tmp_path):
    """A later commit, with the notebooks that name it, or with other prose, needs no other pin; other helpers do."""
    pages = [(path, execute.is_current(path)) for path in execute.sources()]

    def commit():
        checkout("add", "."), checkout("commit", "-m", "x")
        return checkout("rev-parse", "HEAD")

    checkout("init"), (tmp_path / "helpers" / "data.py").write_text("x = 1")
    with pytest.raises(SystemExit, match=r"commit these first.*\n.*helpers/"):
        execute.links("somebody/their-course")
    first = commit()
    execute.links()
    assert execute.pinned() == first and execute.behind() == []
    for path, current in pages:
        ids = [
            [cell.id for cell in notebook.cells]
            for notebook in (execute.unexecuted(path), execute.read(path.with_suffix(".ipynb")))
        ]
        assert execute.is_current(path) == current and (not current or ids[0] == ids[1]), "no hash of a cell is wrong"
        assert f'COMMIT = "{first}"' in path.with_suffix(".ipynb").read_text().replace("\\", "")
    (tmp_path / "README.md").write_text("other prose"), commit()
    assert execute.behind() == []
    (tmp_path / "helpers" / "data.py").write_text("x = 2")
    second = commit()
    assert execute.behind() == ["helpers/data.py"]
    execute.links()
    assert execute.pinned() == second and execute.behind() == []


def test_a_course_inside_another_repository_takes_no_commit_of_that_one(checkout, tmp_path, monkeypatch):
    checkout("init"), (tmp_path / "mine").touch(), checkout("add", "mine"), checkout("commit", "-m", "x")
    (tmp_path / "course").mkdir()
    assert execute.git("rev-parse", "HEAD")
    monkeypatch.setattr(course, "ROOT", tmp_path / "course")
    assert execute.git("rev-parse", "HEAD") is None


def test_the_commit_that_the_notebooks_fetch_has_what_they_need():
    if execute.pinned() == "main":
        assert execute.repository() == TEMPLATE or not execute.git("rev-parse", "HEAD"), (
            "in your repository: make links"
        )
    elif execute.behind() is None:
        pytest.skip(
            f"{execute.pinned()} is not in this history: if this repository is your own, make links REPO=owner/name"
        )
    assert not execute.behind(), "the commit in the setup cells has others of these: commit, make links, commit"
