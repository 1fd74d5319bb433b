"""Two runs of a notebook on one machine give the same claims, to the last bit."""

import json

from helpers import notebooks
from tests.conftest import ROOT
from tests.play import RECORD_CLAIMS, play, printed


def claimed(number):
    """The value of each claim of a notebook, executed in a kernel of its own."""
    source, report = notebooks.sources(number)[0], "import json; print(json.dumps(_values))"
    folder = ROOT / "notebooks"
    played = play(source, folder, after_setup=[RECORD_CLAIMS], last=[report], skip_tag="solution")
    return json.loads(printed(played.cells[-1]))


def test_a_notebook_run_twice_gives_the_same_claims():
    first = claimed("04")
    assert len(first) > 20 and claimed("04") == first
