"""The promises of the notebooks: pairs, setup, badges, outputs that can be trusted."""

import ast
import base64
import io
import json
import re
import shutil
import subprocess
import sys

import jupytext
import nbformat
import numpy as np
import pytest
from PIL import Image

from helpers import course, plots
from tests.conftest import ROOT, SOURCES
from tools import execute
from tools.play import claim_calls, printed


def committed(source):
    return nbformat.read(source.with_suffix(".ipynb"), as_version=4)


def test_the_pair_holds_the_same_cells(source):
    expected, found = (execute.texts_of(pair) for pair in (execute.unexecuted(source), committed(source)))
    assert found == expected, f"{source.stem}: .py and .ipynb differ; run `make notebooks`"


def test_every_exercise_is_empty_and_its_folded_solution_shows_a_wrong_answer_too(source):
    cells = unexecuted_by_tag(source)
    assert len(cells["exercise"]) >= 3 and all("None" in cell.source for cell in cells["exercise"])
    solutions = [cell for cell in cells["solution"] if "# @title Solution" in cell.source]
    assert len(solutions) == len(cells["exercise"])
    for cell in solutions:
        assert "\nassert exercises." in cell.source and "\nassert not exercises." in cell.source, cell.source
        assert cell.metadata["cellView"] == "form" and cell.metadata["jupyter"] == {"source_hidden": True}


def unexecuted_by_tag(source):
    found = {"exercise": [], "solution": []}
    for cell in execute.unexecuted(source).cells:
        for tag in cell.metadata.get("tags", []):
            found[tag].append(cell)
    return found


def test_the_committed_notebook_comes_from_one_clean_full_run(source):
    notebook = committed(source)
    codes = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in codes] == list(range(1, len(codes) + 1))
    assert "Profile: full" in printed(codes[0])
    assert "widgets" not in notebook.metadata
    assert source.with_suffix(".ipynb").stat().st_size < 1_000_000
    for cell in codes:
        for output in cell.outputs:
            assert output.output_type != "error"
            assert output.get("name") != "stderr", f"a message on stderr: {output.text[:200]}"
            text = json.dumps({k: v for k, v in output.get("data", {}).items() if k != "image/png"}) + output.get(
                "text", ""
            )
            assert not re.search(r"/(root|home|work|tmp|Users)/|Warning", text), text


def test_every_picture_has_alt_text_and_a_caption_and_is_in_figures(source):
    names = re.findall(r'plots\.show\(\s*figure,\s*"([^"]+)"', source.read_text(encoding="utf-8"))
    outputs = [output for cell in committed(source).cells for output in cell.get("outputs", [])]
    pictures = [output for output in outputs if "image/png" in output.get("data", {})]
    assert len(names) == len(pictures) > 0
    for name, picture in zip(names, pictures, strict=True):
        assert len(picture.metadata["image/png"]["alt"]) > 20
        drawn = Image.open(io.BytesIO(base64.b64decode(picture.data["image/png"]))).convert("RGB")
        kept = Image.open(course.FIGURES / f"{name}.png").convert("RGB")
        assert drawn.size == kept.size, f"{name} is of another run"
        assert np.abs(np.asarray(drawn, "int16") - kept).mean() < 3, f"{name} is of another run (or of too few colours)"


def test_the_setup_cell_is_the_same_everywhere(source):
    setups = {path: next(c for c in jupytext.read(path).cells if c.cell_type == "code").source for path in SOURCES}
    assert setups[source] == setups[SOURCES[0]]
    assert f'"https://github.com/{execute.repository()}"' in setups[source]


def test_the_badge_opens_this_notebook(source):
    for cells in (jupytext.read(source).cells, committed(source).cells):
        targets = re.findall(r"\((https://colab\.research\.google\.com/github/[^)]*)\)", cells[0].source)
        path = f"blob/main/notebooks/{source.stem}.ipynb"
        assert targets == [f"https://colab.research.google.com/github/{execute.repository()}/{path}"]


def test_sections_are_in_the_order_of_the_house(source):
    prose = "\n".join(cell.source for cell in jupytext.read(source).cells if cell.cell_type == "markdown")
    places = [prose.index(title) for title in (
        "# " + source.stem[:2], "**What you will learn**", "**What you need to know**", "**Run time**", "## 1. ",
        "## What the report said, what we found", "## Your turn", "## Recap", "## References",
    )]  # fmt: skip
    assert places == sorted(places)
    assert len(re.findall(r"\*\*Exercise \d", prose)) >= 3


def test_cells_are_short(source):
    for cell in jupytext.read(source).cells:
        assert cell.cell_type != "code" or cell.source.count("\n") < 25, cell.source[:80]


def test_claims_csv_is_what_the_notebooks_claim():
    claimed = {name: call for source in SOURCES for name, call in claim_calls(source).items()}
    assert {row["id"] for row in course.read_claims()} == set(claimed)
    for row in course.read_claims():
        low, high = (float(row[bound]) if row[bound] else None for bound in ("low", "high"))
        assert low is None or float(row["value"]) >= low
        assert high is None or float(row["value"]) <= high
        bounds = {k.arg: ast.literal_eval(k.value) for k in claimed[row["id"]].keywords if k.arg in ("low", "high")}
        bounds |= dict(zip(("low", "high"), map(ast.literal_eval, claimed[row["id"]].args[2:]), strict=False))
        assert (bounds.get("low"), bounds.get("high")) == (low, high), f"{row['id']}: the bound changed, not the number"


def test_committed_outputs_show_the_claims_that_are_stored(source):
    shown = "".join(printed(cell) for cell in committed(source).cells if cell.cell_type == "code")
    rows = [row for row in course.read_claims() if row["id"].startswith(source.stem[:2])]
    assert rows and all(f"{row['id']} = {row['value']} " in shown for row in rows)


def test_the_readme_holds_the_claims_and_the_minutes_as_measured():
    text = execute.README.read_text(encoding="utf-8")
    assert execute.replace_between(text, "claims", "\n" + execute.readme_table() + "\n") == text
    minutes = execute.read_minutes()
    assert set(minutes) == {source.stem for source in SOURCES}
    for name, value in minutes.items():
        assert execute.replace_between(text, f"minutes {name}", f"{value:.1f}") == text


def test_links_writes_the_address_everywhere(tmp_path, monkeypatch):
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    for name in ("pyproject.toml", "CITATION.cff", "README.md"):
        shutil.copy(ROOT / name, tmp_path / name)
    old = execute.repository()
    monkeypatch.setattr(course, "ROOT", tmp_path)
    monkeypatch.setattr(notebooks, "FOLDER", tmp_path / "notebooks")
    monkeypatch.setattr(notebooks, "README", tmp_path / "README.md")
    execute.links("somebody/their-course")
    assert execute.repository() == "somebody/their-course"
    written = [path for pattern in ("*.py", "*.ipynb", "*.md", "*.cff") for path in tmp_path.rglob(pattern)]
    assert len(written) >= 4
    for path in written:
        text = path.read_text(encoding="utf-8")
        assert "somebody/their-course" in text and old not in text, path.name
    with pytest.raises(SystemExit, match="owner/name"):
        execute.links("https://github.com/a/b")


@pytest.fixture
def small_notebook(tmp_path, monkeypatch):
    """A function that writes a notebook of one cell into a folder of its own."""
    monkeypatch.setattr(notebooks, "FOLDER", tmp_path)

    def write(code):
        path = tmp_path / "99_small.py"
        path.write_text(f"# %% [markdown]\n# # Small\n\n# %%\nx = 1\n\n# %%\n{code}\n")
        return path

    return write


def test_a_run_stops_at_the_failing_cell_and_says_which_and_why(small_notebook, capsys, monkeypatch):
    monkeypatch.setenv("COURSE_PROFILE", "full")
    path = small_notebook("y = x / 0")
    with pytest.raises(SystemExit, match="ZeroDivisionError: division by zero"):
        execute.execute(path)
    out = capsys.readouterr().out
    assert "99_small failed in code cell 2" in out and "y = x / 0" in out
    assert not path.with_suffix(".ipynb").exists()


def test_a_full_run_writes_the_notebook_and_a_change_makes_it_outdated(small_notebook, monkeypatch):
    monkeypatch.setenv("COURSE_PROFILE", "full")
    path = small_notebook("print(x + 1)")
    assert not execute.is_current(path)
    execute.execute(path)
    executed = nbformat.read(path.with_suffix(".ipynb"), as_version=4)
    assert printed(executed.cells[2]) == "2\n" and execute.is_current(path)
    first = [cell["id"] for cell in executed.cells]
    path = small_notebook("print(x + 2)")
    assert not execute.is_current(path)
    assert [cell["id"] for cell in execute.unexecuted(path).cells][:2] == first[:2], "other cells keep their ids"


def test_a_notebook_that_is_too_large_gets_pictures_of_fewer_colours(monkeypatch):
    noise = np.random.default_rng(0).integers(0, 256, (60, 60, 3), dtype="uint8")
    drawn = io.BytesIO()
    Image.fromarray(noise).quantize(256).save(drawn, format="png")
    output = nbformat.v4.new_output("display_data", {"image/png": base64.b64encode(drawn.getvalue()).decode()})
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x", outputs=[output])])
    whole = execute.text_of(notebook)
    assert nbformat.reads(whole, as_version=4).cells[0].outputs[0].data == output.data, "small enough: left alone"
    monkeypatch.setattr(notebooks, "LARGEST", len(whole) - 1)
    smaller = nbformat.reads(execute.text_of(notebook), as_version=4).cells[0].outputs[0].data["image/png"]
    picture = Image.open(io.BytesIO(base64.b64decode(smaller)))
    assert picture.size == (60, 60) and len(picture.convert("RGB").getcolors()) <= 128


def test_a_picture_of_few_colours_keeps_white_and_the_colours_of_the_classes():
    grey = np.random.default_rng(0).integers(0, 256, (100, 100, 1), dtype="uint8").repeat(3, axis=2)
    kept = np.round(255 * np.array([(1, 1, 1), *plots.CLASS_COLOURS])).astype("uint8")
    grey[0, : len(kept)] = kept  # a dot each, as in a legend, which an adaptive palette gives away
    reduced = np.asarray(plots.with_palette(Image.fromarray(grey), 64).convert("RGB"))
    assert (reduced[0, : len(kept)] == kept).all() and len(np.unique(reduced.reshape(-1, 3), axis=0)) <= 64


def test_a_fast_run_writes_no_notebook(small_notebook, monkeypatch):
    monkeypatch.setenv("COURSE_PROFILE", "fast")
    path = small_notebook("x")
    execute.execute(path)
    assert not path.with_suffix(".ipynb").exists()


def test_an_edit_in_jupyter_reaches_the_py_and_nothing_else_changes(tmp_path):
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    source = tmp_path / "notebooks" / SOURCES[0].name
    before = source.read_text(encoding="utf-8")
    path = source.with_suffix(".ipynb")
    notebook = execute.unexecuted(source)
    notebook.cells[0].source = "# Another title"
    nbformat.write(notebook, path)
    subprocess.run(
        [sys.executable, "-m", "jupytext", "--quiet", "--to", "py:percent", str(path)], cwd=tmp_path, check=True
    )
    after = source.read_text(encoding="utf-8")
    assert after.startswith("# %% [markdown]\n# # Another title\n")
    assert after.split("# %%\n", 1)[1] == before.split("# %%\n", 1)[1]
