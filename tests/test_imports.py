"""What imports what: drawing, loading or counting does not wait for TensorFlow, and no helper knows a lesson."""

import ast
import subprocess
import sys

import pytest

from helpers import course
from tools.bench import measure

WITHOUT_TENSORFLOW = {*measure.WITHOUT_TENSORFLOW, "scores"}
LEARNING = ["data", "networks", "training", "clustering", "vae", "scores"]  # each may use those before it


def imported(path):
    """The names of the course's own modules that a file imports anywhere in it, "helpers.data" for example."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{name.name}" for name in node.names)
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


def modules(folder):
    return sorted((course.ROOT / folder).glob("*.py"))


def test_modules_that_need_no_tensorflow_do_not_import_it():
    names = ", ".join(f"helpers.{name}" for name in WITHOUT_TENSORFLOW)
    code = f"import sys, {names}; print([name for name in ('tensorflow', 'keras') if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=course.ROOT)
    assert found.stdout.strip() == "[]"
    assert {"data", "sweeps", "plots", "course"} <= WITHOUT_TENSORFLOW


@pytest.mark.parametrize("path", modules("helpers"), ids=lambda path: path.stem)
def test_a_helper_imports_no_lesson_no_tool_and_only_helpers_before_it(path):
    own = [name.split(".") for name in imported(path) if name.split(".")[0] in ("helpers", "lessons", "tools")]
    assert {folder for folder, *_ in own} <= {"helpers"}
    used = {name for _, name in own}
    if path.stem in LEARNING:
        assert used <= {"course", *LEARNING[: LEARNING.index(path.stem)]}
    else:  # the doctor compares images with the data's; a claim that calls it imports it then
        assert used <= {"course"} | {"doctor": {"data"}, "course": {"doctor", "VERSION"}}.get(path.stem, set())


@pytest.mark.parametrize("path", modules("lessons"), ids=lambda path: path.stem)
def test_a_lesson_imports_no_tool_and_no_later_lesson_but_the_one_that_judges_images(path):
    order = ["autoencoder", "dcn", "activity_c", "vae_mnist", "vae_fashion", "classifier"]
    used = [name.split(".") for name in imported(path) if name.split(".")[0] in ("lessons", "tools")]
    assert all(folder == "lessons" for folder, _ in used)
    earlier = set(order[: order.index(path.stem)]) if path.stem in order else set()
    assert {name for _, name in used} <= earlier | ({"classifier"} if path.stem == "vae_fashion" else set())
