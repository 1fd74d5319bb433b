"""The registry of exercises: right answers pass, wrong ones are refused with their sentence, nothing raises."""

import importlib
import inspect
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell
from sklearn.datasets import make_blobs
from sklearn.decomposition import PCA

from helpers import course, data, exercises
from tests.conftest import SOURCES
from tools import LESSONS, execute

for name in LESSONS:  # they fill the registry
    importlib.import_module(f"lessons.{name}")
NUMBERS = sorted(exercises.entries)
IN_TURN = pytest.mark.parametrize("number", NUMBERS)


@pytest.fixture(scope="module")
def contexts():
    """By number: what the notebook's cell gives to the check, of small, mostly made-up data."""
    rng, digits = np.random.default_rng(0), data.load("mnist", profile="fast")
    y = np.repeat(np.arange(10), 20)
    x = rng.random((200, 784)) * (1 + y[:, None]) / 10
    low_rank = (rng.random((4000, 40)) @ rng.random((40, 784)) / 20).astype("float32")
    pca = PCA(32).fit(low_rank[:3000])
    pca_mse = np.mean((low_rank[3000:] - pca.inverse_transform(pca.transform(low_rank[3000:]))) ** 2)
    accuracies = {"a": [0.90, 0.92, 0.94], "b": [0.88, 0.90, 0.92], "c": [0.70, 0.72, 0.74]}
    runs = pd.DataFrame([{"setting": name, "acc": acc} for name, values in accuracies.items() for acc in values])
    codes, _ = make_blobs(600, 2, centers=5, cluster_std=0.3, random_state=0)
    # A stand-in for the judge: how the codes spread over a grid, against how the true ones do.
    bins = [np.linspace(-15, 15, 40)] * 2
    counts = lambda z: np.histogram2d(*np.asarray(z).T, bins=bins)[0] / len(z)  # noqa: E731
    matrix = rng.integers(0, 9, (10, 10)) + 90 * np.eye(10, dtype=int)
    truth = np.repeat([0, 1], 2000)
    validation, test = ((truth, rng.normal(truth * 30.0, 10.0)) for _ in range(2))
    return {
        "01.2": (x, y, x + 0.1 * rng.random((200, 1))),
        "01.3": (low_rank[:3000], low_rank[3000:], 20 * pca_mse),
        "02.3": (digits.x_train[:500], digits.y_train[:500]),
        "03.2": (runs,),
        "05.1": (rng.random((20, 784)),),
        "05.3": (codes, 500, lambda z: float(np.abs(counts(z) - counts(codes)).sum())),
        "06.1": (matrix,),
        "06.3": (validation, test),
    }


def as_shown(number, capsys):
    """The right answer, made from the code that `solution` shows, with the names of its lesson."""
    exercises.solution(number)
    shown = capsys.readouterr().out
    code = re.search(r"```python\n(.*?)```", shown, re.DOTALL)[1]
    names = dict(vars(inspect.getmodule(exercises.entries[number].right)))
    exec(code, names)
    return names[exercises.entries[number].right.__name__.replace("right_", "my_")]


@IN_TURN
def test_the_solution_shown_is_right_and_each_wrong_answer_is_refused_with_its_sentence(number, contexts, capsys):
    context = contexts.get(number, ())
    assert exercises.check(number, as_shown(number, capsys), *context) is True, capsys.readouterr().out
    assert capsys.readouterr().out.startswith("Right.")
    assert len(exercises.entries[number].wrong) >= 2
    for misconception, answer in exercises.entries[number].wrong.items():
        assert exercises.check(number, answer, *context) is False, misconception
        assert misconception in refusal(capsys), misconception


def refusal(capsys):
    said = capsys.readouterr().out
    assert re.fullmatch(r"Not yet: \S.*[.?)] Yours: \S.*\. Wanted: \S.*\.\n", said), said
    return said


VALUES = [
    "text",
    3,
    -1.5,
    True,
    [],
    {},
    set(),
    (),
    np.full(3, np.nan),
    np.inf,
    np.zeros((2, 7)),
    [[1, 2], [3]],
    object(),
]


@IN_TURN
def test_nonsense_never_raises_and_never_passes(number, contexts, capsys):
    context = contexts.get(number, ())
    for nothing in (None, lambda *given: None):
        assert exercises.check(number, nothing, *context) is None
        assert capsys.readouterr().out.startswith("Nothing to check yet")
    generator = (part for part in (1, 2))
    given = [*(value for value in VALUES), int, generator, lambda a, b, c, d, e: 1]
    given += [lambda *given, value=value: value for value in [*VALUES, int, generator, np.array(["a"] * 10), print]]
    for answer in given:
        assert exercises.check(number, answer, *context) is False, answer
        refusal(capsys)


def test_a_function_that_fails_is_quoted_with_its_line(capsys):
    def divides(labels_true, labels_pred):
        return 1 / 0

    assert exercises.check("02.1", divides) is False
    assert "stops at `return 1 / 0`. Yours: ZeroDivisionError('division by zero'). Wanted: 1." in refusal(capsys)
    assert exercises.check("02.1", lambda labels_true, labels_pred: sys.exit()) is False
    assert "Yours: SystemExit()." in refusal(capsys)
    assert exercises.check("02.1", lambda labels_true: 1) is False
    assert "Yours: <lambda>(labels_true). Wanted: my_accuracy(labels_true, labels_pred)." in refusal(capsys)


@pytest.mark.parametrize("number", ["01.2", "03.1", "04.4", "06.1"])
def test_a_function_that_changes_what_it_is_given_is_refused_and_changes_nothing_here(number, contexts, capsys):
    def in_place(first, *others):
        result = exercises.entries[number].right(first, *others)
        first.clear() if isinstance(first, dict) else first.__isub__(1)
        return result

    context = contexts.get(number, ())
    before = [np.array(part) for part in context]
    assert exercises.check(number, in_place, *context) is False
    assert "changes what it is given" in refusal(capsys)
    assert all(map(np.array_equal, before, context))


def test_a_hole_in_the_numbers_and_a_result_that_stops_coming(capsys):
    right = exercises.entries["04.1"].right
    assert exercises.check("04.1", lambda mean, log_var, k: right(mean, log_var, k) * [1, np.nan]) is False
    assert "NaN or infinity is in it" in refusal(capsys)
    calls = iter([0.0])
    assert exercises.check("05.2", lambda first, second: next(calls, None)) is False


def test_an_unknown_number_names_the_known_ones_and_a_wrong_cell_is_no_wrong_answer():
    for call in (exercises.solution, lambda number: exercises.check(number, None)):
        with pytest.raises(ValueError, match=r"'00.1'; known: 01.1, 01.2"):
            call("00.1")
    with pytest.raises(TypeError, match="positional argument"):
        exercises.check("01.2", None)


def test_a_solution_is_markdown_in_a_notebook_and_text_elsewhere(capsys, monkeypatch):
    exercises.solution("02.1")
    text = capsys.readouterr().out
    assert "def my_accuracy(" in text and "- match clusters to digits first\n" in text
    sent = []
    monkeypatch.setattr(InteractiveShell, "initialized", lambda: True)
    monkeypatch.setattr("IPython.display.display", lambda data, raw, metadata: sent.append((data, raw)))
    exercises.solution("02.1")
    assert sent == [({"text/markdown": text[:-1], "text/plain": text[:-1]}, True)]


@IN_TURN
def test_every_solution_says_why(number):
    entry = exercises.entries[number]
    assert entry.right.__name__.startswith("right_") and len(inspect.getdoc(entry.right)) > 60
    assert inspect.isgeneratorfunction(entry) and inspect.getdoc(entry)


def test_no_number_is_given_twice():
    lessons = "".join(path.read_text(encoding="utf-8") for path in (course.ROOT / "lessons").glob("*.py"))
    assert lessons.count("@exercises.exercise(") == len(NUMBERS)


def test_a_notebook_and_the_registry_name_the_same_exercises(source):
    own = [number for number in NUMBERS if number.startswith(source.stem[:2])]
    cells = execute.unexecuted(source).cells
    asked = re.findall(
        r'exercises\.check\("([\d.]+)", (\w+)', "\n".join(c.source for c in cells if c.cell_type == "code")
    )
    assert asked == [(n, exercises.entries[n].right.__name__.replace("right_", "my_")) for n in own] and len(own) >= 3
    for place, cell in enumerate(cells):
        assert set(cell.metadata.get("tags", [])) <= {"exercise"}
        number = re.search(r'exercises\.check\("([\d.]+)"', cell.source)
        if number:
            arguments = str(inspect.signature(exercises.entries[number[1]].right))
            assert cells[place - 1].metadata.get("tags") == ["exercise"]
            assert re.search(rf"def my_\w+{re.escape(arguments)}:\n    return None", cells[place - 1].source), number[1]
            assert f'`exercises.solution("{number[1]}")`' in cells[place + 1].source, number[1]


def test_the_registry_needs_no_tensorflow():
    code = "import sys; from helpers import exercises; print([m for m in ('tensorflow', 'keras') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=course.ROOT)
    assert found.stdout.strip() == "[]" and len(SOURCES) >= 6
