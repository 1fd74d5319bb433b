"""What every notebook needs beside its lesson: profile, seed, claims and guesses, source code on the page."""

import contextlib
import csv
import functools
import inspect
import math
import os
import pathlib
import platform
import re
import sys
import tempfile

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

from helpers import VERSION

ROOT = pathlib.Path(__file__).resolve().parent.parent
CLAIMS = ROOT / "figures" / "claims.csv"  # what the last full run measured: written by tools/execute.py alone
TEXTS = ROOT / "lessons" / "claims"  # what each claim says, and each picture's alternative text: a file per notebook
PROFILES = ("full", "fast")
_guessed, _claimed, _outside = {}, {}, []  # of this kernel: guesses and values by id, claims outside their range


class ClaimError(AssertionError):
    """A measured number fell outside the range that the text promises."""


def profile():
    """The profile of this run, from the variable COURSE_PROFILE: "full" (the default) or "fast"; else a ValueError.

    The fast profile runs the same cells on a part of the data with fewer epochs: for tests, not for reading numbers.
    """
    name = os.environ.get("COURSE_PROFILE", "full")
    if name not in PROFILES:
        raise ValueError(f"COURSE_PROFILE is {name!r}; it must be one of {', '.join(PROFILES)}")
    return name


def epochs(number):
    """`number` of epochs in the full profile; half of it, and at least 2, in the fast one."""
    return number if profile() == "full" else max(2, number // 2)


def headless():
    """True where no person looks on: in tests and in `make run`, which set COURSE_HEADLESS=1."""
    return os.environ.get("COURSE_HEADLESS", "0") == "1"


def strict():
    """True where a claim outside its range is an error: where nobody looks on, unless COURSE_STRICT says otherwise."""
    return os.environ.get("COURSE_STRICT", str(int(headless()))) == "1"


def start():
    """Prepare a notebook: quiet the libraries' start-up messages, set a seed, print what the run stands on.

    Call it before TensorFlow is imported. Keras's global types are set to its defaults, whatever keras.json says. The
    printed versions are the first thing to compare when two people's numbers differ.
    """
    import numpy as np

    with quiet_imports():
        import keras
        import tensorflow as tf

    tf.get_logger().setLevel("ERROR")  # its advice on retracing is for long-lived programs
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")
    keras.config.set_image_data_format("channels_last")
    seed(0)
    print(
        f"Profile: {profile()}. Python {platform.python_version()}, TensorFlow {tf.__version__}, "
        f"Keras {keras.__version__}, NumPy {np.__version__}, {os.cpu_count()} CPU cores. Course {VERSION}."
    )
    if profile() == "fast":
        print(
            "Fast: a part of the data, half of the epochs. The ranges below are wider; the numbers are not the text's."
        )


@contextlib.contextmanager
def quiet_imports():
    """Keep TensorFlow's start-up notes (CPU instructions, missing GPUs) off the page; Python's errors still show.

    They come from C++ before its log level counts, so the process's error stream is closed while the import runs. If
    Keras runs, or would run, on another backend than TensorFlow, a RuntimeError says so.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with contextlib.suppress(AttributeError, ValueError):  # None (pythonw), or closed
        sys.stderr.flush()
    kept = None
    try:
        with contextlib.suppress(OSError), open(os.devnull, "w") as nothing:  # the process may have no error stream
            kept = os.dup(2)
            os.dup2(nothing.fileno(), 2)
        yield
        backend = sys.modules["keras"].config.backend() if "keras" in sys.modules else "tensorflow"
    except ModuleNotFoundError as error:
        if error.name not in ("jax", "torch", "openvino"):
            raise
        backend = error.name
    finally:
        if kept is not None:
            os.dup2(kept, 2)
            os.close(kept)
    if backend != "tensorflow":
        raise RuntimeError(
            f"Keras is set to the backend {backend}, and this course needs TensorFlow: set KERAS_BACKEND=tensorflow, "
            "or the backend in the file keras.json (folder .keras of your home), and restart"
        )


def seed(number):
    """Seed Python, NumPy and TensorFlow, and begin from a clean Keras session.

    On one machine, with the same versions and threads, it gives the same network. Elsewhere numbers may be added in
    another order, and training ends a little elsewhere.
    """
    import keras

    keras.utils.clear_session()
    keras.utils.set_random_seed(number)


@functools.cache
def texts(number):
    """What lessons/claims/<number>.toml holds: `claims` by id, and `pictures`, the alternative text by name."""
    path = TEXTS / f"{number}.toml"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:  # not TOML, or not UTF-8
        raise ValueError(f"{path} cannot be read: {error}") from None


def entry(name):
    """A claim's entry: says, kind, low, high, why, perhaps fast_low, fast_high, format, report, within, scale."""
    known = texts(name[:2])["claims"]
    if name not in known:
        raise KeyError(f"claim {name} has no entry in lessons/claims/{name[:2]}.toml")
    return known[name]


def committed():
    """The value of each claim in the last full run, by its id: figures/claims.csv. None before the first one."""
    return {row["id"]: float(row["value"]) for row in read_table(CLAIMS)}


def read_table(path):
    """The rows of a table that a full run wrote, as dicts of texts; none where there is no such file.

    A ValueError names one that is damaged (by a spreadsheet, by the marks of a conflict) and its mend.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file, strict=True))
        for row in rows:
            numbers = [float(row[name]) for name in ("value", "minutes", "seconds", "threads") if row.get(name)]
            if None in row or None in row.values() or not numbers or not math.isfinite(numbers[0]):
                raise ValueError(f"a row of it is {', '.join(map(str, row.values()))[:60]}")
        return rows
    except FileNotFoundError:
        return []
    except (ValueError, csv.Error) as error:
        mend = f"`git checkout -- figures/{path.name}`; without git, download the course again and copy that file"
        raise ValueError(f"{path} is damaged ({error}). To mend it: {mend}.") from None


def guess(name, answer):
    """Write down a prediction (a number, or a text) for the claim of that id; `claim` then shows both side by side."""
    entry(name)
    if answer is not ...:
        _guessed[name] = answer
        show_text(f"Your guess is written down: {answer}.")
    elif not headless():
        show_text("No guess yet: write one in place of the dots, and run this cell again. A wrong guess teaches most.")


def claim(name, value):
    """Print a measured number beside your guess, the text's value, the report's and its range (lessons/claims/).

    The name is "notebook.what.case", as "01.mse.latent32"; the value is a number or a bool. In `make run` and in tests
    one outside its range is a ClaimError. In your own kernel the notebook goes on: whoever changes a setting gets
    another number. There, for the first live one outside, helpers/doctor.py looks for the reason.
    """
    about, number, text = entry(name), float(value), committed().get(name)
    low, high = limits(name)
    inside, form = math.isfinite(number) and low <= number <= high, about.get("format", ".4g")
    told = [f"{about['says']}: {written(number, form)}"]
    told += [f"your guess {_guessed[name]}"] if name in _guessed else []
    # In `make run` the text is about to be written from this very number; the fast profile has other ones.
    told += [f"the text {written(text, form)}"] if text is not None and profile() == "full" and not headless() else []
    told += [f"the report {about['report']}"] if "report" in about else []
    told += [f"{about['kind']}, {range_text(low, high, form)}"]
    _claimed[name] = number
    line = f"{'ok  ' if inside else '!   '}{'   '.join(told)}   [{name}]"
    show_text(line, claim=name, value=repr(number), inside=inside)
    if strict() and not inside:
        raise ClaimError(f"claim {name}: {number:.8g} is not in its range, {low:g} to {high:g} (profile {profile()})")
    moves = about["kind"] == "live" or (profile() == "fast" and {"fast_low", "fast_high"} & set(about))
    accepted = moves or text is None or os.environ.get("COURSE_ACCEPT") == "1"
    if strict() and not accepted and not math.isclose(number, text, rel_tol=1e-4, abs_tol=1e-7):
        raise ClaimError(
            f"claim {name}: {number:.8g}, where figures/claims.csv has {text:.8g}. It rests on stored runs or on "
            "constants and should be the same everywhere: was a stored run edited? Computed again: make run ACCEPT=1"
        )
    if not inside:
        _say_why(name, number)


def _say_why(name, number):
    """Under the first claim outside its range say what that means; under the first live one, the likeliest reason."""
    before, lines, about = [entry(each)["kind"] for each in _outside], [], {}
    _outside.append(name)
    if not before:
        lines += ["    ! is outside the range. Did you change something above? Then it is your result, not a fault."]
    if entry(name)["kind"] == "live" and "live" not in before and not headless():
        with contextlib.suppress(Exception):  # a doctor that fails says nothing
            from helpers import doctor  # hardly ever needed, so not at the top

            lines, about = [*lines, doctor.report(name, number)], {"doctor": name}
    if not before and not about:
        lines += ["    If you changed nothing, README's “My numbers differ” says where to look first."]
    if lines:
        show_text("\n".join(lines), **about)


def limits(name, of=None):
    """The range of a claim in a profile (by default the present one): two numbers, infinite where there is no bound."""
    about = entry(name)
    if (of or profile()) == "fast":
        about = about | {key.removeprefix("fast_"): value for key, value in about.items() if key.startswith("fast_")}
    return float(about.get("low", -math.inf)), float(about.get("high", math.inf))


def written(value, form):
    """A number as the text writes it: `form` is a format such as ".4g" or ".0%"; a space stands before %."""
    return format(value, form).replace("%", " %")


def range_text(low, high, form=".4g"):
    """A range in words."""
    if low == high:
        return f"exactly {written(low, form)}"
    if math.isfinite(low) and math.isfinite(high):
        return f"{written(low, form)} to {written(high, form)}"
    bounds = {"at least": low, "at most": high}
    return "".join(f"{word} {written(end, form)}" for word, end in bounds.items() if math.isfinite(end)) or "recorded"


def show_text(text, markdown=None, **about):
    """Show a text, or the Markdown it stands for; what it is `about` goes into the output's metadata, for the tools."""
    from IPython import InteractiveShell
    from IPython.display import display

    if InteractiveShell.initialized():
        kinds = {"text/plain": text} | ({} if markdown is None else {"text/markdown": markdown})
        display(kinds, raw=True, metadata={"course": about} if about else {})
    else:
        print(text)


def say(text, plain=None):
    """Show a text as Markdown; where none is drawn, `plain` stands for it: by default the text without its signs."""
    show_text(re.sub(r"[*`$]|</?\w+>", "", text) if plain is None else plain, markdown=text)


def show_source(function):
    """Show the source of `function` in the notebook: the very code that runs, never a copy of it."""
    where = pathlib.Path(inspect.getsourcefile(function)).relative_to(ROOT).as_posix()
    source = inspect.getsource(function).rstrip()
    say(f"From `{where}`:\n\n```python\n{source}\n```", f"From {where}:\n\n{source}")


def claims_table():
    """Show what the report says beside what this notebook has measured so far, one line a claim."""
    table, lines = ["| | the report | here | |", "|---|---|---|---|"], []
    for name, value in _claimed.items():
        about, here = entry(name), written(value, entry(name).get("format", ".4g"))
        if "report" in about:
            table.append(f"| {about['says']} | {about['report']} | {here} | {about['kind']} |")
            lines.append(f"{about['says']}: the report has {about['report']}, here it is {here} ({about['kind']}).")
    say("\n".join(table), "\n".join(lines))


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
