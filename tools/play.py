"""Execute a notebook's cells in a kernel of its own, with something changed first: for tests and tools/ranges.py."""

import os
from unittest import mock

import nbformat

from tools import execute

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


def play(source, folder, *, first=(), after_setup=(), last=(), timeout=300, strict=False):
    """Run the notebook of `source` in `folder` with extra cells; return it. Unless `strict`, no claim stops it."""
    notebook = execute.unexecuted(source)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    new = nbformat.v4.new_code_cell
    notebook.cells = [*map(new, first), cells[0], *map(new, after_setup), *cells[1:], *map(new, last)]
    with mock.patch.dict(os.environ, {"COURSE_HEADLESS": "1", "COURSE_STRICT": str(int(strict))}):
        execute.client_of(notebook, folder, timeout=timeout).execute()
    return notebook


def failed_claims(notebook):
    """The ids of the claims of an executed notebook that were outside their range."""
    return {name for name, output in execute.outputs_about(notebook, "claim") if not output.metadata.course.inside}


def printed(cell):
    """What a cell printed, or showed as plain text, as one string."""
    return "".join(output.get("text", "") or output.get("data", {}).get("text/plain", "") for output in cell.outputs)
