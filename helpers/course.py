"""What every notebook needs before its lesson begins: the profile, the seed, claims, source code on the page."""

import contextlib
import csv
import functools
import inspect
import io
import math
import os
import pathlib
import platform
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
FIGURES = ROOT / "figures"
CLAIMS = FIGURES / "claims.csv"
CLAIM_COLUMNS = ["id", "value", "low", "high", "reported", "notebook"]
PROFILES = ("full", "fast")
_claimed = {}  # the claims of this notebook, in order: id -> row of the table


class ClaimError(AssertionError):
    """A measured number fell outside the range that the text promises."""


def profile():
    """The profile of this run: "full" (the default) or "fast", read from the variable COURSE_PROFILE.

    The fast profile runs the same cells on a part of the data with fewer epochs: for tests, not for reading numbers.

    Raises
    ------
    ValueError
        If the variable holds another word.
    """
    name = os.environ.get("COURSE_PROFILE", "full")
    if name not in PROFILES:
        raise ValueError(f"COURSE_PROFILE is {name!r}; it must be one of {', '.join(PROFILES)}")
    return name


def epochs(number):
    """`number` of epochs in the full profile; half of it, and at least 2, in the fast one."""
    return number if profile() == "full" else max(2, number // 2)


def start():
    """Prepare a notebook: quiet the libraries' start-up messages, set a seed, print what the run stands on.

    Call it before TensorFlow is imported. The printed versions are the first thing to compare when two
    people's numbers differ.
    """
    import numpy as np

    with quiet_imports():
        import keras
        import tensorflow as tf

    tf.get_logger().setLevel("ERROR")  # its advice on retracing is for long-lived programs
    seed(0)
    print(
        f"Profile: {profile()}. Python {platform.python_version()}, TensorFlow {tf.__version__}, "
        f"Keras {keras.__version__}, NumPy {np.__version__}, {os.cpu_count()} CPU cores."
    )


@contextlib.contextmanager
def quiet_imports():
    """Keep TensorFlow's start-up notes (CPU instructions, missing GPUs) off the page; Python's errors still show.

    They come from C++ before its log level counts, so the process's error stream is closed while the import runs.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with open(os.devnull, "w") as nothing:
            os.dup2(nothing.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def seed(number):
    """Seed Python, NumPy and TensorFlow, and begin from a clean Keras session.

    On one machine with the same versions and number of threads, the same seed gives the same network.
    Another processor or version may add numbers in another order, and so end a little elsewhere.
    """
    import keras

    keras.utils.clear_session()
    keras.utils.set_random_seed(number)


def claim(name, value, low=None, high=None, *, reported=None, fast_low=None, fast_high=None):
    """Print one number beside its allowed range and the report's value, and fail if it is outside.

    Parameters
    ----------
    name : str
        "notebook.what.case", for example "01.mse.latent32".
    value : float, int or bool
        What was measured.
    low, high : float, optional
        The range in which a full run on another machine must land, ends included.
    reported : float or str, optional
        The value in the student report. It is printed and stored, never checked.
    fast_low, fast_high : float, optional
        The range of the fast profile; `low` and `high` where not given.

    Raises
    ------
    ClaimError
        If the value is outside its range or is not a finite number.
    ValueError
        If there is nothing to check the number against: neither a bound nor a reported value.
    """
    if low is None and high is None and reported is None:
        raise ValueError(f"claim {name}: give a bound (low, high), or the reported value that it stands beside")
    fast = profile() == "fast"
    checked_low = fast_low if fast and fast_low is not None else low
    checked_high = fast_high if fast and fast_high is not None else high
    number = float(value)
    in_range = (
        math.isfinite(number)
        and (checked_low is None or number >= checked_low)
        and (checked_high is None or number <= checked_high)
    )
    allowed = range_text(checked_low, checked_high)
    beside = "" if reported is None else f"   report: {_text(reported)}"
    print(f"{'ok  ' if in_range else 'FAIL'} {name} = {_text(value)}   {allowed}{beside}")
    if not in_range:
        raise ClaimError(f"claim {name}: {_text(value)} is outside its range ({allowed}), profile {profile()}")
    _claimed[name] = (_text(reported) or "–", _text(value), allowed)
    if not fast:
        _write_claim([name, _text(value), _text(low), _text(high), _text(reported), name.split(".")[0]])


def range_text(low, high):
    """A range in words; the ends are numbers, texts as in claims.csv, or nothing."""
    low, high = _text(low), _text(high)
    if low and low == high:
        return f"exactly {low}"
    return ", ".join([f"at least {low}"] * bool(low) + [f"at most {high}"] * bool(high)) or "recorded"


def _text(value):
    """A number with four significant digits, a count whole, None as nothing."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if float(value).is_integer() and abs(value) < 1e15:
        return str(int(value))
    return f"{float(value):.4g}"


def read_claims():
    """The rows of figures/claims.csv as a list of dicts, sorted by id; empty before the first full run."""
    if not CLAIMS.exists():
        return []
    with CLAIMS.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _write_claim(row):
    rows = {old["id"]: [old[column] for column in CLAIM_COLUMNS] for old in read_claims()}
    rows[row[0]] = row
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([CLAIM_COLUMNS, *(rows[name] for name in sorted(rows))])
    write_atomically(CLAIMS, text.getvalue())


def write_atomically(path, content):
    """Write `content` (str or bytes) to `path` so that a reader, or a kill in the middle, never meets half a file."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    content = content.encode("utf-8") if isinstance(content, str) else content
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        os.chmod(temporary, 0o644)  # mkstemp makes a private file; the course's files are for everybody
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def show_source(function):
    """Show the source of `function` in the notebook: the very code that runs, never a copy of it."""
    where = pathlib.Path(inspect.getsourcefile(function)).relative_to(ROOT).as_posix()
    say(f"From `{where}`:\n\n```python\n{inspect.getsource(function).rstrip()}\n```")


def say(text):
    """Show a conclusion as Markdown. Its numbers come from variables, so that no sentence outlives its measurement."""
    from IPython.display import Markdown, display

    display(Markdown(text))


def claims_table():
    """Show the claims made so far in this notebook: the report's value, ours, and the range that is checked."""
    rows = [f"| `{name}` | {reported} | {value} | {allowed} |" for name, (reported, value, allowed) in _claimed.items()]
    say("\n".join(["| claim | the report | here | checked |", "|---|---|---|---|", *rows]))


def headless():
    """True where nobody can move a slider: in tests and in `make run`, which set COURSE_HEADLESS=1."""
    return os.environ.get("COURSE_HEADLESS", "0") == "1"


class _NotDone(Exception):
    """The answer is still None, or a function that returns None."""


def exercise(problems):
    """Make the check of an exercise of a generator that yields what is wrong with its first argument, the answer.

    The check prints a line (only the first problem counts) and returns True (right), False (not right) or None (not
    done yet): it says what is wrong and where to look, not only that something is.
    """

    @functools.wraps(problems)
    def check(answer, *others, **settings):
        try:
            problem = next(problems(_asked(answer), *others, **settings), None)
        except _NotDone:
            print("Nothing to check yet: write your answer in the cell above and run both again.")
            return None
        print("Right." if problem is None else f"Not yet: {problem}")
        return problem is None

    return check


def _asked(answer):
    """The answer, never None; a function also raises _NotDone where it returns None."""
    if answer is None:
        raise _NotDone
    return functools.wraps(answer)(lambda *given: _asked(answer(*given))) if inspect.isfunction(answer) else answer
