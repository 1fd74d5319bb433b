"""Why a number fell outside its range: what differs here from the committed run, the likeliest cause first.

A check takes the evidence and returns (weight, sentence), or None where it finds nothing. The weight says how well that
would explain the number, from 0 to 1.
"""

import ast
import difflib
import dis
import functools
import inspect
import json
import os
import platform
import re
import subprocess
import sys
import textwrap
import types

import numpy as np

from helpers import course, data

IDLE = ("print", "guess", "display", "plots.", "exercises.", "get_ipython", "course.claims_table")  # moves no number
CHANGES = re.compile(  # `x.fit(`, `shuffle(x`, `fit_classifier(x`, `x[0] = `: x is not made anew, but changed
    r"(\w+)(?:\.\w+)*\.(?:fit|compile|set_weights|sort|fill|append|update)\("
    r"|(?:fit_\w+|shuffle)\((\w+)|(?m:^)(\w+)[.[][^=(\n]*=(?!=)"
)
EFFECT = re.compile(r"(?m)^[\w.]+\.(?:set|seed|enable|disable|run_functions)\w*\(")  # on a whole library
LOADS = {"LOAD_NAME", "LOAD_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS"}
USUAL = {"backend": "tensorflow", "floatx": "float32", "dtype_policy": "float32", "image_data_format": "channels_last"}
LEAST = {"": 48_000, "_train": 60_000, "_test": 10_000}  # images in x, x_train, x_test; 06 sets a sixth of x aside
FAR = 7  # standard deviations: of five seeds, one may well lie at 5 of the other four's
NL, RESTART = "\n", "Restart the kernel and run all cells."


def report(name, value):
    """The two likeliest causes as a text for the page."""
    found = zip(("The likeliest reason:", "Or:"), examine(gather(name, value)), strict=False)
    lines = [f"{head} {sentence}" for head, (_, _, sentence) in found]
    return "\n".join(textwrap.fill(line, 110, initial_indent="    ", subsequent_indent="      ") for line in lines)


def examine(evidence):
    """What the checks found: a list of (weight, name of the check, sentence), the likeliest cause first."""
    found = [(check.__name__, check(evidence)) for check in CHECKS]
    return sorted([(each[0], name, each[1]) for name, each in found if each], key=lambda each: -each[0])


def gather(name, value):
    """The evidence on a claim in this kernel, as a namespace."""
    from IPython import get_ipython

    variables = getattr(get_ipython(), "user_ns", {})  # of the kernel
    return types.SimpleNamespace(
        name=name, value=value, variables=variables, files=changed_files(), here=versions(),
        cells=cell_faults(page(name[:2]), variables.get("In", [])[1:], name),
        there=committed_run(name[:2]), seeds=other_seeds(name),
    )  # fmt: skip


# Where the evidence comes from
def _git(*words):
    """What git says about the course; empty without git or without a commit. It takes no lock and writes nothing."""
    call = ["git", "--no-optional-locks", "-C", str(course.ROOT), *words]
    try:
        return subprocess.run(call, capture_output=True, encoding="utf-8", timeout=20, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ""


def page(number):
    """The code cells of the committed notebook. (Jupyter may have written a student's changes into the .py on disk.)"""
    (path,) = (course.ROOT / "notebooks").glob(f"{number}_*.py")
    text = _git("show", f"HEAD:./notebooks/{path.name}") or path.read_text(encoding="utf-8")
    parts = re.split(r"(?m)^# %%(.*)\n", text)
    return [cell.strip() for kind, cell in zip(parts[1::2], parts[2::2], strict=True) if "[markdown]" not in kind]


def changed_files():
    """Helpers and lessons that differ from the commit: path to (lines there, lines here), without comments."""
    changed = {}
    for line in _git("diff", "-U0", "--relative", "HEAD", "--", "helpers", "lessons").splitlines():
        if line.startswith("+++ "):
            path = line.removeprefix("+++ b/")
            changed[path] = [], []
        elif line[:1] in ("+", "-") and line[:4] != "--- " and line[1:].strip()[:1] not in ("", "#"):
            changed[path][line[0] == "+"].append(line[1:].strip())
    return {path: lines for path, lines in changed.items() if any(lines)}


def versions():
    """Versions and threads of this process, as in figures/runs.csv."""
    loaded = {name: sys.modules[name] for name in ("tensorflow", "keras", "numpy") if name in sys.modules}
    asked = "tensorflow" in loaded and loaded["tensorflow"].config.threading.get_intra_op_parallelism_threads()
    threads = asked or os.environ.get("TF_NUM_INTRAOP_THREADS") or os.cpu_count()
    found = {"python": platform.python_version()} | {name: module.__version__ for name, module in loaded.items()}
    return found | {"threads": str(threads)}


def committed_run(number):
    """Versions and threads of a notebook's last full run, from figures/runs.csv."""
    rows = course.read_table(course.ROOT / "figures" / "runs.csv")
    return next((row for row in rows if row.pop("notebook").startswith(number)), {})


def other_seeds(name):
    """Values of a claim in full runs, each from another seed: the committed one, and those in data/results/claims/."""
    paths = sorted((course.ROOT / "data" / "results" / "claims").glob("live-*.json"))
    results = [json.loads(path.read_text(encoding="utf-8")).get("result") or {} for path in paths]
    return [result[name] for result in (course.committed(), *results) if name in result]


# Which cells a claim rests on: those that made the variables which its cell reads, and so on backwards
def core(text):
    """The statements of a cell that can move a claim: without comments, layout, prints, drawings, guesses, answers."""
    try:
        body = ast.parse(text).body
        compile(text, "cell", "exec")
    except SyntaxError:
        return ""  # it never ran
    shown = [node for node in body if isinstance(node, ast.Expr)]
    idle = [node for node in shown if not isinstance(node.value, ast.Call) or ast.unparse(node).startswith(IDLE)]
    idle += [node for node in body if isinstance(node, ast.FunctionDef) and node.name.startswith("my_")]
    return "\n".join(ast.unparse(node) for node in body if node not in idle)


@functools.cache
def _names(text):
    """What a core takes from other cells; what it makes or changes; what its functions read when they are called.

    Read from the compiled code, where loads and stores stand in the order in which they happen. Imports do not count.
    """
    reads, writes, inside, before = set(), set(), {}, ""
    for step in dis.get_instructions(compile(text, "cell", "exec")):
        if inspect.iscode(step.argval):  # a function, or a comprehension, which is called at once
            inside[step.argval.co_name] = _globals(step.argval)
            reads |= inside[step.argval.co_name] - writes if step.argval.co_name[0] == "<" else set()
        elif step.opname in LOADS:
            reads |= {step.argval} - writes
        elif step.opname == "STORE_NAME" and not before.startswith("IMPORT"):
            writes.add(step.argval)
        before = step.opname
    changed = {name for match in CHANGES.finditer(text) for name in match.groups() if name}
    return reads, writes | changed, inside


def _globals(code):
    inner = [_globals(constant) for constant in code.co_consts if inspect.iscode(constant)]
    return {step.argval for step in dis.get_instructions(code) if step.opname in LOADS}.union(*inner)


def rests_on(cores, known=None):
    """The places of the cells on which the last one rests, itself included, in order.

    A cell that is not `known` and calls something for its effect alone, as `keras.config.set_floatx`, may change all.
    """
    maker, inside, sources = {}, {}, []
    for place, text in enumerate(cores):
        reads, writes, functions = _names(text)
        inside |= functions
        reads = reads.union({"*"}, *(inside.get(name, ()) for name in reads))
        sources.append({maker[name] for name in reads if name in maker})
        everything = {"*"} if known is not None and text not in known and EFFECT.search(text) else set()
        maker |= dict.fromkeys(writes | everything, place)
    chain, left = set(), [len(cores) - 1]
    while left:
        place = left.pop()
        left += sources[place] - chain
        chain.add(place)
    return sorted(chain)


def cell_faults(page, ran, name=None):
    """A sentence for each cell that is not as on the page: edited, added, skipped, overtaken, repeated.

    `page` and `ran` are texts of cells in order. With a claim's name, whose cell ran last, what it rests on counts.
    """
    here, page = [core(text) for text in ran], [core(text) for text in page]
    wanted, used = [text for text in page if text], list(enumerate(here, start=1))
    if name:
        own = [place for place, text in enumerate(page) if re.search(rf"claim\(.{name}.,", text) or text in here[-1:]]
        if not own or not here:
            return []
        wanted = [page[place] for place in rests_on(page[: own[0] + 1])]
        used = [(place + 1, here[place]) for place in rests_on(here, known=page)]
    missing = [text for text in wanted if text not in dict(used).values()]
    faults = []
    for number, text in used:
        near = difflib.get_close_matches(text, missing, n=1, cutoff=0.5) if text and text not in page else []
        if near:
            missing.remove(near[0])
            faults.append(f"Cell In[{number}] is not as on the page: {_beside(near[0].split(NL), text.split(NL))}.")
        elif text and text not in page:
            faults.append(f"Cell In[{number}] is not on the page, and this number rests on it: {_short(text)}.")
    faults += [f"A cell of the page was not run: {_short(text)}. {RESTART}" for text in missing if text not in here]
    if missing and not faults:
        faults.append(f"Cells ran in another order: something replaced what {_short(missing[-1])} made. {RESTART}")
    again = [(number, text) for number, text in used if [t for _, t in used].count(text) > wanted.count(text) > 0]
    if again:
        numbers = " and ".join(f"In[{number}]" for number, _ in again)
        faults.append(f"{numbers} ran one cell, which goes on from its own result: {_short(again[0][1])}. {RESTART}")
    return faults


def _short(text):
    """The first line of a cell that is no import, in code marks."""
    lines = [line for line in text.split(NL) if not line.startswith(("import ", "from "))] or [text]
    return f"`{lines[0][:60]}{'…' if len(lines[0]) > 60 else ''}`"


def _beside(there, here):
    """The first difference between two lists of lines, with some letters around it."""
    old, new = ([line for line in one if line not in other][:1] for one, other in ((there, here), (here, there)))
    if not old or not new:
        return f"{_short((old or new or there)[0])} is {'new' if new else 'gone' if old else 'in another place'}"
    start = len(os.path.commonprefix([*old, *new]))
    end = len(os.path.commonprefix([line[start:][::-1] for line in (*old, *new)]))
    comma = old[0].rfind(", ", 0, start) + 2 if ", " in old[0][:start] else 0
    word = re.compile(r"\b\w|$").search(old[0], max(0, start - 40)).start()
    start = comma if comma >= start - 40 else min(word, start)
    was, now = ("…" * (start > 0) + line[start : len(line) - end + 6][:70] for line in (*old, *new))
    return f"`{was}` became `{now}`"


# The checks
def fast_profile(evidence):
    if course.profile() == "fast":
        return 0.7, "COURSE_PROFILE is fast: a part of the data, half of the epochs. Unset it, and start again."


def images_and_labels(evidence):
    """The arrays x, x_train, ... and y, y_train, ... beside the images and labels that `data.load` gives."""
    sets = {name: each for name, each in evidence.variables.items() if isinstance(each, data.Dataset)}
    arrays = {f"{name}.{part}": getattr(each, part) for name, each in sets.items() for part in vars(each)}
    arrays = {name: each for name, each in (evidence.variables | arrays).items() if isinstance(each, np.ndarray)}
    known = [_parts_and_labels(name) for name in sorted({each.name for each in sets.values()})]
    for name, x in arrays.items():
        own = re.fullmatch(r"(\w+\.)?x(_\w+)?", name)
        if own and known and x[:1].size == 784 and len(x) >= 100:
            owner, suffix = own[1] or "", own[2] or ""
            labels = {each: arrays[each] for each in (f"{owner}y{suffix}", f"{owner}digits{suffix}") if each in arrays}
            fault = _image_fault(name, x, suffix, known, labels)
            if fault:
                return 0.95, f"{fault} Look for the line that does it, or restart and run all cells."


def _parts_and_labels(name):
    """For each image of a whole data set, by the hash of its pixels: its part, "train" or "test", and its label."""
    whole = data.load(name, profile="full")
    parts = (("train", whole.x_train, whole.y_train), ("test", whole.x_test, whole.y_test))
    return {_hash(image): (part, label) for part, x, y in parts for image, label in zip(x, y, strict=True)}


def _hash(image):
    return hash(np.round(255 * image).astype("uint8").tobytes())


def _image_fault(name, x, suffix, known, labels):
    """What is wrong with images x, or with the labels beside them, in a sentence; None if nothing is."""
    low, high = float(x.min()), float(x.max())
    if not (low >= 0 and 0.9 < high <= 1):
        return f"The pixels of {name} go from {low:.3g} to {high:.3g}, where those of data.load go from 0 to 1."
    places = np.unique(np.linspace(0, len(x) - 1, 2000).astype(int))  # a sample is enough
    hashes = [_hash(image) for image in x[places]]
    known = max(known, key=lambda each: sum(image in each for image in hashes))
    parts, true = zip(*(known.get(image, ("changed", -1)) for image in hashes), strict=True)
    other = "train" if suffix == "_test" else "test"
    if parts.count("changed") > 0.01 * len(parts):
        return f"{parts.count('changed') / len(parts):.0%} of {name} are not images of data.load: other pixels."
    if parts.count(other) > 0.01 * len(parts):
        return f"{parts.count(other) / len(parts):.0%} of {name} are {other} images."
    if course.profile() == "full" and len(x) < LEAST.get(suffix, 0):
        return f"{name} holds only {len(x):,} images: a part of the data."
    for label, y in labels.items():
        right = np.mean(np.equal(y[places], true)) if len(y) == len(x) else 0
        if right < 0.99:
            return f"Only {right:.0%} of the labels {label} fit their image in {name}: they are in another order."


def keras_settings(evidence):
    if "keras" in sys.modules:
        config = sys.modules["keras"].config
        for setting, usual in USUAL.items():
            now = getattr(config, setting)()
            now = getattr(now, "name", now)
            if now != usual:
                said = f"Keras's {setting} is {now}, where the committed run had {usual}. A cell has set it, or the"
                return 0.9, f"{said} file ~/.keras/keras.json. {RESTART}"


def changed_helper(evidence):
    for path, lines in evidence.files.items():
        if path.endswith(".toml") or path.removesuffix(".py").replace("/", ".") in sys.modules:
            return 0.85, f"{path} is not as it was committed: {_beside(*lines)}. All changes: `git diff {path}`."


def changed_cell(evidence):
    if evidence.cells:
        return 0.8, " ".join(evidence.cells[:2])


def other_versions(evidence):
    pairs = [(name, evidence.here.get(name), evidence.there.get(name)) for name in ("tensorflow", "keras", "numpy")]
    other = [f"{name} {here} for {there}" for name, here, there in pairs if here and there and here != there]
    if other:
        return 0.4, f"Other versions than in the committed run: {', '.join(other)}."


def other_threads(evidence):
    here, there = (each.get("threads") for each in (evidence.here, evidence.there))
    if here and there and here != there:
        return 0.2, f"TensorFlow has {here} threads, in the committed run {there}: that acts like another seed."


def unlucky_seed(evidence):
    """How far the value lies from those of other seeds, in their standard deviations."""
    if course.profile() == "fast" or len(evidence.seeds) < 3:
        return None
    low, high = course.limits(evidence.name)
    outside = sum(not low <= value <= high for value in evidence.seeds) or "none"
    least = (high - low) / 20 if np.isfinite(high - low) else 0  # five ranks may agree
    far = abs(evidence.value - np.mean(evidence.seeds)) / max(np.std(evidence.seeds, ddof=1), least, 1e-9)
    seen = f"Of {len(evidence.seeds)} stored runs from as many seeds {outside} fell outside. "
    seen += f"This value lies {far:.3g} of their standard deviations from their mean."
    if far < FAR:
        return 0.6, f"An unlucky seed. {seen} Try another seed, and look at the mean."
    return 0.1, f"Not a seed alone. {seen} If nothing else differs, tell us: README says how."


CHECKS = (
    images_and_labels, keras_settings, changed_helper, changed_cell, fast_profile, other_versions, other_threads,
    unlucky_seed,
)  # fmt: skip
