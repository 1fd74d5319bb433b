"""The promises of the notebooks: pairs, setup, badges, outputs that can be trusted, pages that read."""

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
from PIL import Image

from helpers import course
from tests.conftest import ROOT, SOURCES
from tools import execute
from tools.play import printed


def committed(source):
    return nbformat.read(source.with_suffix(".ipynb"), as_version=4)


def test_the_pair_holds_the_same_cells(source):
    expected, found = (execute.texts_of(pair) for pair in (execute.unexecuted(source), committed(source)))
    assert found == expected, f"{source.stem}: .py and .ipynb differ; run `make notebooks`"


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


def test_every_picture_has_its_alternative_text_and_is_the_one_in_figures(source):
    known = course.texts(source.stem[:2])["pictures"]
    pictures = execute.outputs_about(committed(source), "picture")
    assert [name for name, _ in pictures] == list(known), "each picture has an entry, in order, and the other way"
    for name, picture in pictures:
        assert picture.metadata["image/png"]["alt"] == picture.data["text/plain"] == known[name]
        assert len(known[name]) > 20 and known[name].endswith(".")
        drawn = Image.open(io.BytesIO(base64.b64decode(picture.data["image/png"]))).convert("RGB")
        kept = Image.open(execute.FIGURES / f"{name}.png").convert("RGB")
        assert drawn.size == kept.size and np.array_equal(drawn, kept), f"{name} is of another run"
    drawn = {path.stem for path in execute.FIGURES.glob(f"{source.stem[:2]}_*.png")}
    assert drawn == set(known), "no picture is left over in figures/"


def test_every_picture_is_followed_by_its_caption(source):
    cells = jupytext.read(source).cells
    for cell, following in zip(cells, cells[1:], strict=False):
        if "plots.show(" in cell.source and cell.cell_type == "code":
            assert cell.source.rstrip().split("\n")[-1].startswith("plots.show("), "the picture ends its cell"
            assert following.cell_type == "markdown" and following.source.startswith("*"), cell.source


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
    for cell in jupytext.read(source).cells[2:]:
        assert cell.cell_type != "code" or cell.source.count("\n") < 20, cell.source[:80]


def test_prose_is_markdown_and_every_section_says_its_minutes_and_question(source):
    cells = jupytext.read(source).cells
    for cell in cells[2:]:
        if cell.cell_type == "code":
            texts = [node.value for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Constant)]
            assert not [text for text in texts if isinstance(text, str) and len(text) > 60], cell.source
            assert max(map(len, cell.source.split("\n"))) <= 100, cell.source
    prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    sections = re.split(r"(?m)^## (?=\d)", prose)[1:]
    for section in sections:
        assert re.match(r"[^\n]+\n\n\*\d+ minutes\.\* \*\*Question\.\*\*", section), section[:80]
        assert "**Change it.**" in section and "<b>Conclusion</b>" in section, section[:80]
    conclusions = re.findall(r"<details><summary><b>Conclusion</b>.*?</summary>(.*?)</details>", prose, re.DOTALL)
    assert len(conclusions) == len(sections)
    for conclusion in conclusions:
        text = re.sub(r"<!--.*?-->", "", conclusion)
        assert len(text.split()) <= 60 and text.count("**") == 2, conclusion
        assert len(re.findall(r"[-+−]?\d[\d,]*(?:\.\d+)?", text)) <= 8, conclusion
        loose = re.findall(r"\d[\d,]*(?:\.\d+| %)(?![\d.]| %)(?!\*{0,2}<!--)", conclusion)
        assert not loose, f"not tied to a claim: {loose} in {conclusion}"


def test_claims_csv_is_what_the_notebooks_claim():
    rows = {row["id"]: row for row in execute.read_rows()}
    known = {name: about for source in SOURCES for name, about in course.texts(source.stem[:2])["claims"].items()}
    assert set(rows) == set(known)
    for name, row in rows.items():
        low, high = course.limits(name, of="full")
        assert (float(row["low"]), float(row["high"])) == (low, high), f"{name}: the bound changed, not the number"
        assert low <= float(row["value"]) <= high and row["kind"] == known[name]["kind"]


def test_committed_outputs_show_the_claims_that_are_stored(source):
    shown = execute.claims_of(committed(source))
    rows = {row["id"]: float(row["value"]) for row in execute.read_rows() if row["id"].startswith(source.stem[:2])}
    assert set(shown) == set(rows)
    for name, value in shown.items():
        assert abs(value - rows[name]) <= 1e-5 * abs(value), name


def test_every_claim_says_what_it_is(source):
    for name, about in course.texts(source.stem[:2])["claims"].items():
        assert name.startswith(source.stem[:2] + ".") and about["kind"] in ("live", "stored", "exact"), name
        assert 3 < len(about["says"]) < 90 and about["says"][-1] != "." and "TODO" not in about["says"], name
        low, high = course.limits(name, of="full")
        assert low <= high
        assert np.isfinite([low, high]).all() and about["why"], f"{name}: two bounds and a reason"


def test_what_is_called_the_reports_stands_in_reports_md():
    text = (ROOT / "REPORTS.md").read_text(encoding="utf-8")
    for source in SOURCES:
        for name, about in course.texts(source.stem[:2])["claims"].items():
            value = about.get("report")
            if isinstance(value, (int, float)):
                forms = {f"{value:g}", f"{value:,}", f"{value:.2f}", f"{value:.4f}"}
                assert any(re.search(rf"(?<![\d.]){re.escape(form)}(?![\d])", text) for form in forms), (name, value)


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
