"""Colab, played: an empty folder, google.colab loaded, the course fetched by the setup cell; and the same claims twice."""

import subprocess
import sys

import jupytext
import pytest

from tests.conftest import ROOT, SOURCES
from tools import execute
from tools.play import play, printed

NOTEBOOK = execute.sources("06")[0]  # the shortest; a quarter of its claims are trained live
HEAD = execute.git("rev-parse", "HEAD")


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A bare clone of what is committed, standing for the repository's address, by git's own insteadOf."""
    if not execute.git("rev-parse", "HEAD"):
        pytest.skip("a downloaded archive has no commit that could be cloned")
    bare = tmp_path_factory.mktemp("hub") / "course.git"
    subprocess.run(["git", "clone", "--quiet", "--bare", str(ROOT), str(bare)], check=True)
    return bare


@pytest.fixture(scope="module")
def in_colab(clone, tmp_path_factory):
    """An empty folder, a stand-in google.colab module, and the notebook from its first cell on, pinned to HEAD."""
    pinned = tmp_path_factory.mktemp("pinned") / NOTEBOOK.name
    pinned.write_text(execute.COMMIT.sub(rf'\g<1>{HEAD}"', NOTEBOOK.read_text(encoding="utf-8")), encoding="utf-8")
    content = tmp_path_factory.mktemp("content")
    stand_in = tmp_path_factory.mktemp("stand_in") / "google" / "colab"
    stand_in.mkdir(parents=True)
    (stand_in / "__init__.py").touch()
    loaded = f"import sys; sys.path = [p for p in sys.path if p != {str(ROOT)!r}] + [{str(stand_in.parents[1])!r}]\nimport google.colab"
    where = "import helpers; print(helpers.__file__)"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GIT_CONFIG_COUNT", "1")
        patch.setenv("GIT_CONFIG_KEY_0", f"url.file://{clone}.insteadOf")
        patch.setenv("GIT_CONFIG_VALUE_0", f"https://github.com/{execute.repository()}")
        executed = play(pinned, content, first=[loaded], last=[where])
    return content, executed


def test_colab(in_colab):
    content, executed = in_colab
    fetched = content / f"course-{HEAD[:7]}"
    assert list(content.iterdir()) == [fetched] and (fetched / ".git" / "shallow").exists(), (
        "one commit and nothing else"
    )
    assert printed(executed.cells[-1]).strip() == str(fetched / "helpers" / "__init__.py")


def test_a_notebook_run_twice_gives_the_same_claims(in_colab):
    """Two runs on one machine, in two folders and two processes: the same to the last bit."""
    first = execute.claims_of(in_colab[1])
    again = play(NOTEBOOK, ROOT / "notebooks")
    assert len(first) > 20
    assert execute.claims_of(again) == first, "(the first run is of what is committed)"


def test_outside_colab_a_notebook_that_stands_alone_says_what_to_do(tmp_path):
    setup = next(c for c in jupytext.read(SOURCES[0]).cells if c.cell_type == "code").source
    answer = subprocess.run([sys.executable, "-c", setup], cwd=tmp_path, capture_output=True, text=True)
    assert "clone https://github.com" in answer.stderr and not list(tmp_path.iterdir())
