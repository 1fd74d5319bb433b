"""Modules that draw, load or count must not make a student wait for TensorFlow."""

import subprocess
import sys

from helpers import course
from tools.bench import run


def test_modules_that_need_no_tensorflow_do_not_import_it():
    names = ", ".join(f"helpers.{name}" for name in run.WITHOUT_TENSORFLOW)
    code = f"import sys, {names}; print([name for name in ('tensorflow', 'keras') if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=course.ROOT)
    assert found.stdout.strip() == "[]"
    assert {"data", "sweeps", "plots", "course"} <= set(run.WITHOUT_TENSORFLOW)
