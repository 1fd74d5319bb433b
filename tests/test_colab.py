"""Colab, played: an empty folder, google.colab loaded, and the course fetched by the setup cell."""

import subprocess
import sys

import jupytext
import pytest

from helpers import notebooks
from tests.conftest import ROOT, SOURCES
from tests.play import play, printed


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A bare clone of what is committed, standing for the repository's address, by git's own insteadOf."""
    bare = tmp_path_factory.mktemp("hub") / "course.git"
    subprocess.run(["git", "clone", "--quiet", "--bare", str(ROOT), str(bare)], check=True)
    return bare


def test_colab(clone, tmp_path, monkeypatch):
    """An empty folder, a stand-in google.colab module, and the notebook from its first cell on (without the solutions)."""
    content, stand_in = tmp_path / "content", tmp_path / "stand_in" / "google" / "colab"
    content.mkdir()
    stand_in.mkdir(parents=True)
    (stand_in / "__init__.py").touch()
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.file://{clone}.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", f"https://github.com/{notebooks.repository()}")
    loaded = f"import sys; sys.path = [p for p in sys.path if p != {str(ROOT)!r}] + [{str(stand_in.parents[1])!r}]\nimport google.colab"
    where = "import helpers; print(helpers.__file__)"
    executed = play(SOURCES[0], content, first=[loaded], last=[where], skip_tag="solution")
    assert printed(executed.cells[-1]).strip() == str(content / "course" / "helpers" / "__init__.py")
    assert list((content / "course" / ".git" / "shallow").parent.glob("shallow")), "the clone is shallow"


def test_outside_colab_a_notebook_that_stands_alone_says_what_to_do(tmp_path):
    setup = next(c for c in jupytext.read(SOURCES[0]).cells if c.cell_type == "code").source
    answer = subprocess.run([sys.executable, "-c", setup], cwd=tmp_path, capture_output=True, text=True)
    assert "clone https://github.com" in answer.stderr and not list(tmp_path.iterdir())
