"""The promises of the notebooks: pairs, setup, badges, claims that a broken model fails, outputs that can be trusted."""

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

from helpers import course, notebooks, plots
from tests.conftest import ROOT, SOURCES
from tests.play import RECORD_CLAIMS, play, printed

# Claims that hold without training: exact counts, numbers read from data/results/, and a few live ones that are not
# about what was learned (how a gradient scatters) or whose fast profile learns too little to tell (04.walk, 04.prior).
PASS_UNTRAINED = {
    "01": {
        "01.params.latent32", "01.params.latent2", "01.mse.latent2", "01.mse.linear32", "01.mse.latent32",
        "01.dead.latent2", "01.dead.mse_over_mean_image", "01.dead.share32", "01.dead.alive_over_nominal", "01.dead.linear", "01.linear.share_of_pca", "01.auc.pca32", "01.auc.brightness",
    },
    "02": {
        "02.once.total", "02.once.report_over_mean_image", "02.collapse.acc",
        "02.scale.pull_ratio", "02.shrink.mse_ratio", "02.shrink.inertia_ratio", "02.untrained.acc",
        "02.untrained.behind", "02.relu.collapsed_linear", "02.relu.spread_linear", "02.bypass.mse_gap", "02.empty.left_alone",
        "02.empty.begun_again", "02.repaired.live", "02.large.live", "02.large.acc", "02.large.gain", "02.traces.shift_falls", "02.purity.mistaken40_over_10", "02.acc.kmeans", "02.acc.plain",
        "02.nmi.plain", "02.ari.plain", "02.acc.dcn", "02.nmi.dcn", "02.ari.dcn", "02.acc.best", "02.nmi.best",
        "02.ari.best", "02.seconds.best", "02.holdout.gap", "02.plain.gain", "02.soft.over_hard",
    },
    "03": {
        "03.report.runs", "03.report.collapsed_mse_over_mean_image", "03.report.collapsed_over_two_units", "03.report.best_acc", "03.report.behind_pixels",
        "03.report.mse_over_mean_image",
        "03.resume.survivors", "03.resume.rewritten", "03.resume.rows", "03.runs", "03.failed", "03.live_clusters",
        "03.best.acc", "03.spread.seeds", "03.effect.weights", "03.effect.latent_dim", "03.effect.paired",
        "03.trade.acc_lost", "03.rank.inertia_vs_acc", "03.rank.low", "03.rank.high", "03.rank.latent2", "03.rank.silhouette", "03.rank.latent16",
        "03.rank.latent64", "03.rank.same_cell", "03.knob.augmentation", "03.knob.learning_rate", "03.knob.small_rate",
        "03.knob.latent_dim", "03.knob.weights", "03.seconds.report",
        "03.knob.largest_over_spread",
        "03.seconds.total", "03.speedup.parallel",
    },
    "04": {
        "04.floor", "04.mean_image", "04.elbo.latent2", "04.digit.blur_rank_of_8", "04.digit.blur_rank_of_3",
        "04.apart.rank_of_7", "04.prior.variance", "04.walk.largest_step", "04.gradient.none", "04.gradient.agree",
        "04.gradient.ratio", "04.gradient.ratio_with_baseline", "04.collapse.kl", "04.collapse.active",
        "04.collapse.over_mean_image", "04.beta0.kl", "04.beta10.reconstruction", "04.averaged20.loss_gain",
        "04.mse.latent2_over_pca", "04.mse.latent20_over_pca", "04.elbo.latent20", "04.kl.latent20",
        "04.active.latent20", "04.neighbours.latent20", "04.warmup.loss", "04.warmup.kl", "04.warmup.active",
        "04.warmup.mse",
    },
    "05": {
        "05.active.vae20", "05.active.vae32", "05.ae_beats_vae", "05.beta.active01", "05.beta.active10",
        "05.beta.distortion_rises", "05.beta.rate_falls", "05.conditional.class_left_out",
        "05.conditional.loss_gain", "05.conditional.obeyed", "05.conditional.taught", "05.conv.parameters",
        "05.conv.parameters_vae", "05.conv.seconds", "05.conv_gain", "05.conv_gain.vae", "05.elbo.fashion2",
        "05.elbo.fashion20", "05.elbo.fashion2_deviation", "05.fd.floor", "05.fd.real", "05.fd.way_ae32",
        "05.fd.vae_over_fitted_ae2", "05.fd.vae_over_fitted_ae32", "05.floor.test", "05.gan.fd_ratio",
        "05.gan.mse_ratio", "05.gan.taught", "05.gap.at_32", "05.gap.share_of_size",
        "05.gap.share_of_size_first", "05.latent.gain20", "05.latent.gain32", "05.map.vae2_outside3",
        "05.mse.ae32", "05.near.ae2_minus_vae2", "05.near.ae32",
        "05.near.pixels", "05.near.vae2", "05.taught.ae32", "05.taught.ae32_over_vae2", "05.taught.real",
        "05.taught.vae32", "05.vae_generates",
    },
    "06": {
        "06.acc.best_dense", "06.acc.binarized_argmax", "06.acc.binarized_sum", "06.acc.binary",
        "06.acc.mirror_unprepared", "06.acc.mirrored_test", "06.acc.mirrored_validation", "06.acc.multi", "06.acc.refit",
        "06.acc.validation_gap", "06.acc.wide", "06.auc.binarized",
        "06.auc.binary", "06.auc.difference", "06.auc.hard_binarized", "06.auc.hard_direct", "06.blocks_equal",
        "06.duplicates.leaked", "06.duplicates.test", "06.duplicates.train", "06.ece.after", "06.ece.before",
        "06.ece.floor", "06.ece.gone", "06.ece.late_after", "06.ece.late_before", "06.ece.late_gone",
        "06.ece.stopped_over_late", "06.ece.temperature", "06.errors.pairs_for_half", "06.f1.close_to_report",
        "06.f1.hardest_is_shirt", "06.f1.shirt", "06.mcnemar.gain", "06.mcnemar.p", "06.mcnemar.visible",
        "06.near.leaked", "06.near.same_label", "06.params.binary", "06.params.multi", "06.params.optimizer",
        "06.params.wide", "06.rate.large", "06.rate.middle", "06.rate.slower", "06.rate.small",
        "06.report.p_most_shared", "06.report.p_none_shared", "06.saliency.alike", "06.saliency.incomplete",
        "06.saliency.random_gradient", "06.saliency.random_integrated", "06.saliency.random_not_black",
        "06.threshold.fitted_never_worse",
        "06.threshold.flattery",
    },
}  # fmt: skip
NO_TRAINING = """
import collections, keras
from helpers import data as _data
_data.FAST_SIZES = (2000, 2000)  # nothing is learned from the training images
def _idle(self, *args, epochs=1, **kwargs):
    history = keras.callbacks.History()
    history.epoch, history.history = [0, 1], collections.defaultdict(lambda: [1.0, 1.0])  # any loss by any name
    return history
keras.Model.fit = _idle
"""


def committed(source):
    return nbformat.read(source.with_suffix(".ipynb"), as_version=4)


def claim_calls(source):
    """Every course.claim(...) in a notebook: id -> the call's syntax tree."""
    tree = ast.parse("\n".join(c.source for c in jupytext.read(source).cells if c.cell_type == "code"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "course.claim"]
    return {call.args[0].value: call for call in calls}


def test_the_pair_holds_the_same_cells(source):
    expected, found = (notebooks.texts_of(pair) for pair in (notebooks.unexecuted(source), committed(source)))
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
    for cell in notebooks.unexecuted(source).cells:
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
    assert f'"https://github.com/{notebooks.repository()}"' in setups[source]


def test_the_badge_opens_this_notebook(source):
    for cells in (jupytext.read(source).cells, committed(source).cells):
        targets = re.findall(r"\((https://colab\.research\.google\.com/github/[^)]*)\)", cells[0].source)
        path = f"blob/main/notebooks/{source.stem}.ipynb"
        assert targets == [f"https://colab.research.google.com/github/{notebooks.repository()}/{path}"]


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
    text = notebooks.README.read_text(encoding="utf-8")
    assert notebooks.replace_between(text, "claims", "\n" + notebooks.readme_table() + "\n") == text
    minutes = notebooks.read_minutes()
    assert set(minutes) == {source.stem for source in SOURCES}
    for name, value in minutes.items():
        assert notebooks.replace_between(text, f"minutes {name}", f"{value:.1f}") == text


def test_a_network_that_was_not_trained_fails_the_claims(source, tmp_path):
    report = "import json; print(json.dumps(_outcome))"
    executed = play(
        source, ROOT / "notebooks", after_setup=[RECORD_CLAIMS, NO_TRAINING], last=[report], skip_tag="solution"
    )
    outcome = json.loads(printed(executed.cells[-1]))
    assert set(outcome) == set(claim_calls(source))
    assert {name for name, passed in outcome.items() if passed} == PASS_UNTRAINED[source.stem[:2]]


def test_links_writes_the_address_everywhere(tmp_path, monkeypatch):
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    for name in ("pyproject.toml", "CITATION.cff", "README.md"):
        shutil.copy(ROOT / name, tmp_path / name)
    old = notebooks.repository()
    monkeypatch.setattr(course, "ROOT", tmp_path)
    monkeypatch.setattr(notebooks, "FOLDER", tmp_path / "notebooks")
    monkeypatch.setattr(notebooks, "README", tmp_path / "README.md")
    notebooks.links("somebody/their-course")
    assert notebooks.repository() == "somebody/their-course"
    written = [path for pattern in ("*.py", "*.ipynb", "*.md", "*.cff") for path in tmp_path.rglob(pattern)]
    assert len(written) >= 4
    for path in written:
        text = path.read_text(encoding="utf-8")
        assert "somebody/their-course" in text and old not in text, path.name
    with pytest.raises(SystemExit, match="owner/name"):
        notebooks.links("https://github.com/a/b")


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
        notebooks.execute(path)
    out = capsys.readouterr().out
    assert "99_small failed in code cell 2" in out and "y = x / 0" in out
    assert not path.with_suffix(".ipynb").exists()


def test_a_full_run_writes_the_notebook_and_a_change_makes_it_outdated(small_notebook, monkeypatch):
    monkeypatch.setenv("COURSE_PROFILE", "full")
    path = small_notebook("print(x + 1)")
    assert not notebooks.is_current(path)
    notebooks.execute(path)
    executed = nbformat.read(path.with_suffix(".ipynb"), as_version=4)
    assert printed(executed.cells[2]) == "2\n" and notebooks.is_current(path)
    first = [cell["id"] for cell in executed.cells]
    path = small_notebook("print(x + 2)")
    assert not notebooks.is_current(path)
    assert [cell["id"] for cell in notebooks.unexecuted(path).cells][:2] == first[:2], "other cells keep their ids"


def test_a_notebook_that_is_too_large_gets_pictures_of_fewer_colours(monkeypatch):
    noise = np.random.default_rng(0).integers(0, 256, (60, 60, 3), dtype="uint8")
    drawn = io.BytesIO()
    Image.fromarray(noise).quantize(256).save(drawn, format="png")
    output = nbformat.v4.new_output("display_data", {"image/png": base64.b64encode(drawn.getvalue()).decode()})
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x", outputs=[output])])
    whole = notebooks.text_of(notebook)
    assert nbformat.reads(whole, as_version=4).cells[0].outputs[0].data == output.data, "small enough: left alone"
    monkeypatch.setattr(notebooks, "LARGEST", len(whole) - 1)
    smaller = nbformat.reads(notebooks.text_of(notebook), as_version=4).cells[0].outputs[0].data["image/png"]
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
    notebooks.execute(path)
    assert not path.with_suffix(".ipynb").exists()


def test_an_edit_in_jupyter_reaches_the_py_and_nothing_else_changes(tmp_path):
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    source = tmp_path / "notebooks" / SOURCES[0].name
    before = source.read_text(encoding="utf-8")
    path = source.with_suffix(".ipynb")
    notebook = notebooks.unexecuted(source)
    notebook.cells[0].source = "# Another title"
    nbformat.write(notebook, path)
    subprocess.run(
        [sys.executable, "-m", "jupytext", "--quiet", "--to", "py:percent", str(path)], cwd=tmp_path, check=True
    )
    after = source.read_text(encoding="utf-8")
    assert after.startswith("# %% [markdown]\n# # Another title\n")
    assert after.split("# %%\n", 1)[1] == before.split("# %%\n", 1)[1]
