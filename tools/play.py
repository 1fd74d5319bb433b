"""Execute a notebook's cells in a kernel of its own, with something changed first: for tests and tools/ranges.py."""

import ast

import jupytext
import nbformat
from nbclient import NotebookClient

from tools import execute

RECORD_CLAIMS = """
from helpers import course as _course
_claim, _outcome, _values = _course.claim, {}, {}
def _record(name, value, *args, **kwargs):
    _values[name] = float(value) if abs(float(value)) < 1e300 else 1e300  # also for nan, which no file may hold
    try:
        _claim(name, value, *args, **kwargs)
        _outcome[name] = True
    except _course.ClaimError as error:
        print(error)
        _outcome[name] = False

_course.claim = _record
"""
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


def play(source, folder, *, first=(), after_setup=(), last=(), skip_tag=None, timeout=300):
    """Run the notebook of `source` in `folder` with extra cells; return the executed notebook (nbformat)."""
    notebook = execute.unexecuted(source)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    setup, rest = cells[0], [cell for cell in cells[1:] if skip_tag not in cell.metadata.get("tags", [])]
    new = nbformat.v4.new_code_cell
    notebook.cells = [*map(new, first), setup, *map(new, after_setup), *rest, *map(new, last)]
    NotebookClient(
        notebook,
        timeout=timeout,
        kernel_name="python3",
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(folder)}},
    ).execute()
    return notebook


def printed(cell):
    """What a cell printed, as one string."""
    return "".join(output.get("text", "") for output in cell.outputs)


def claim_calls(source):
    """Every course.claim(...) in a notebook: id -> the call's syntax tree."""
    tree = ast.parse("\n".join(c.source for c in jupytext.read(source).cells if c.cell_type == "code"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "course.claim"]
    return {call.args[0].value: call for call in calls}
