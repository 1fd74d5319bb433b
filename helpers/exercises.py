"""The exercises of all lessons: `check` grades an answer, always a function; `solution` shows a right one."""

import copy
import functools
import inspect
import re
import traceback

import joblib
import numpy as np

from helpers import course


class _Entries(dict):
    def __missing__(self, number):
        raise ValueError(f"no exercise {number!r}; known: {', '.join(sorted(self)) or 'none: import the lesson first'}")


entries = _Entries()  # number -> check, with right, wrong and wanted; a lesson fills it when it is imported


class _Refused(Exception):
    """(sentence, yours, wanted) of what no check needs to look at; empty where there is no answer yet."""


def exercise(number, *, right, wrong, wanted=None):
    """Register a check: a generator `problems(answer, *context)` of what is wrong, of which the first is printed.

    A problem is a sentence, or (sentence, yours, wanted); what the generator returns follows "Right." All answers are
    functions: the student's my_name, `right` as right_name, those in `wrong` by misconception, in words of its refusal.
    `wanted` says what an answer returns, where `right` is slow or its result tells too much.
    """

    def register(problems):
        entries[number], problems.right, problems.wrong, problems.wanted = problems, right, wrong, wanted
        return problems

    return register


def check(number, answer, *context):
    """Print one line: right (True is returned), not yet and what is wrong (False), or nothing to check yet (None)."""
    last = {"result": None}
    problems = entries[number](functools.partial(_ask, answer, entries[number], last), *context)
    try:
        problem = next(problems)
    except StopIteration as end:
        print(f"Right. {end.value or ''}".strip())
        return True
    except (Exception, SystemExit) as error:
        stumbled = f"the check cannot use a {type(last['result']).__name__} like this ({short(error)})."
        problem = error.args if isinstance(error, _Refused) else stumbled
    if not problem:
        print("Nothing to check yet: write your answer in the cell above and run both again.")
        return None
    problem = problem if isinstance(problem, tuple) else (problem, short(last["result"]), last.get("wanted"))
    print(" ".join("Not yet: {} Yours: {}. Wanted: {}.".format(*problem).split()))
    return False


def _ask(answer, entry, last, *given):
    """What `answer` returns to copies of `given`; refused where it fails. `last` keeps that, and what was wanted."""
    if answer is None:
        raise _Refused
    try:
        inspect.signature(answer).bind(*given)
    except (TypeError, ValueError):
        raise _Refused("the answer must be a function of these arguments.", short(answer), short(entry.right)) from None
    handed, first = copy.deepcopy(given), "wanted" not in last
    before, last["wanted"] = joblib.hash(handed), entry.wanted or short(entry.right(*copy.deepcopy(given)))
    try:
        last["result"] = answer(*handed)
        hole, changed = re.search(r"\b(nan|inf)\b", repr(last["result"])), joblib.hash(handed) != before
    except (Exception, SystemExit) as error:
        line = "".join(f" at `{step.line[:60]}`" for step in traceback.extract_tb(error.__traceback__)[1:2])
        raise _Refused(f"the function stops{line}.", short(error), last["wanted"]) from None
    if last["result"] is None and first:
        raise _Refused
    if changed:
        raise _Refused("the function changes what it is given.", "another argument afterwards", "the same")
    if hole:
        reason = "NaN or infinity is in it: look for 0/0, log(0), or the root of a negative number."
        raise _Refused(reason, short(last["result"]), last["wanted"])
    return last["result"]


def solution(number):
    """Show one solution, with why it is one, and what is often wrong: as Markdown, in a terminal as text."""
    source = inspect.getsource(entries[number].right).replace("def right_", "def my_")
    wrong = "\n".join(f"- {misconception}" for misconception in entries[number].wrong)
    text = f"One solution of {number}:\n\n```python\n{source}```\n\nTo common mistakes the check says:\n\n{wrong}"
    course.say(text, text)


def short(value):
    """`value` in a few words: the shape and the first numbers of an array, the arguments of a function."""
    try:
        if inspect.isroutine(value):
            text = value.__name__.replace("right_", "my_") + str(inspect.signature(value))
        elif isinstance(value, (tuple, list)):
            text = f"({', '.join(map(short, value))})"
        elif np.ndim(value):
            text = f"array {np.shape(value)}: {', '.join(map(short, np.ravel(value)[:3].tolist()))}, …"
        else:
            text = f"{value:.5g}" if isinstance(value, (float, np.floating)) else repr(value)
    except Exception:
        text = f"a {type(value).__name__}"
    return text if len(text) < 100 else text[:99] + "…"
