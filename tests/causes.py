"""How well does the doctor find a planted cause? No test, a measurement; it writes the table of CONTRIBUTING.md.

    python -m tests.causes          what tests/causes.csv does not have yet
    python -m tests.causes epochs   the rows with this word again

A copy of the course is committed in a folder of its own, with this machine's figures/runs.csv: only what is planted
differs. Notebooks 01, 04 and 06 run there at full scale, until the first live claim falls outside its range.

- **planted**: one cause, as a student brings it about: an edited, added or left out cell, or a file;
- **standing**: a difference that moves no claim out of its range; `make doctor` has to name it;
- **healthy**: other seeds for all that is trained, and nothing else. The first four live claims are called outside, by
  a range without width, and under each of them the doctor may blame the seed alone.
"""

import contextlib
import csv
import dataclasses
import os
import pathlib
import re
import subprocess
import sys
import tempfile
from unittest import mock

import nbformat
import numpy as np

from helpers import course, doctor
from tools import execute
from tools.doctor import watch
from tools.faults import SHIFT

TABLE = course.ROOT / "tests" / "causes.csv"
COLUMNS = ("kind", "notebook", "cause", "claim", "rank", "said")
HEALTHY = {"01": 4, "04": 3, "06": 3}
SPEAKS = 4  # live claims of a healthy run under which it is asked
FIRST_SHIFT = 11  # seeds that no range was made from
START = """
import sys
sys.path.insert(0, {root!r})
{shift}
_kept = _course.committed()
class _Forgetful(list):  # so that the doctor speaks under each claim
    def append(self, name):
        pass
_course._outside = _Forgetful()
_limits = _course.limits
_course.limits = lambda name, of=None: (
    (_kept[name],) * 2 if _course.entry(name)["kind"] == "live" else _limits(name, of)
)
"""


def edited(old, new):
    """A change of a notebook's cells: `new` in place of `old`, wherever it stands."""
    return lambda texts: [text.replace(old, new) for text in texts]


def added(new, after):
    """A cell more, behind the first one that holds `after`."""

    def change(texts):
        place = next(place for place, text in enumerate(texts) if after in text) + 1
        return [*texts[:place], new, *texts[place:]]

    return change


def left_out(*parts):
    return lambda texts: [text for text in texts if not any(part in text for part in parts)]


def run_again(*parts, after):
    """The first cells that hold one of `parts` once more, behind the one that holds `after`."""

    def change(texts):
        place = next(place for place, text in enumerate(texts) if after in text) + 1
        return [*texts[:place], *(next(text for text in texts if part in text) for part in parts), *texts[place:]]

    return change


@dataclasses.dataclass
class Cause:
    """A cause to plant, and the words by which the doctor's right sentence is known."""

    cause: str
    notebook: str
    said: str
    cells: object = None  # a function from the texts of the cells to others
    file: tuple = ()  # path, old text, new text
    environment: dict = dataclasses.field(default_factory=dict)


MNIST, SPLIT = "x, x_test = mnist.x_train, mnist.x_test", "data.split(fashion.x_train"
PLANTED = (
    Cause("pixels from 0 to 255", "01", "go from 0 to 255",
          edited(MNIST, "x, x_test = 255 * mnist.x_train, 255 * mnist.x_test")),
    Cause("a tenth of the images", "01", "a part of the data", added("x = x[:6000]", MNIST)),
    Cause("another batch size in a cell", "01", "batch_size=8192",
          edited("training.batches(x, batch_size=256", "training.batches(x, batch_size=8192")),
    Cause("a cell left out: the long training", "01", "not run: `autoencoder, history",
          left_out("autoencoder, history = train(", "plots.loss_curves(")),
    Cause("another order: the short training after the long one", "01", "another order",
          run_again("import keras", "autoencoder.fit(x, x", after="plots.loss_curves(")),
    Cause("a lesson's learning rate, a tenth", "04", r"vae_mnist.py is not as .*2e-4",
          file=("lessons/vae_mnist.py", "CosineDecay(2e-3", "CosineDecay(2e-4")),
    Cause("another weight of the KL in a cell", "04", r"beta",
          edited("lesson.fitted_vae({}, x", 'lesson.fitted_vae({"beta": 4}, x')),
    Cause("test images taken from the training images", "04", "train images",
          edited(MNIST, "x, x_test = mnist.x_train, mnist.x_train[:10_000]")),
    Cause("training labels in another order", "04", "labels mnist.y_train fit",
          added("np.random.default_rng(0).shuffle(mnist.y_train)", MNIST)),
    Cause("pixels made black or white", "04", "other pixels", added('x = (x > 0.5).astype("float32")', MNIST)),
    Cause("training labels in another order", "06", "labels y fit",
          added("y = np.random.default_rng(0).permutation(y)", SPLIT)),
    Cause("half precision", "06", "floatx is float16", added('keras.config.set_floatx("float16")', SPLIT)),
    Cause("another learning rate in a cell", "06", "learning_rate=0.05",
          edited("network, x, y, *validation,", "network, x, y, *validation, learning_rate=0.05,")),
    Cause("a helper's dropout", "06", r"networks.py is not as .*dropout=0.9",
          file=("helpers/networks.py", "hidden=(128,), dropout=0.2", "hidden=(128,), dropout=0.9")),
    Cause("fewer epochs in a cell", "06", r"epochs\(1\)", edited("course.epochs(50)", "course.epochs(1)")),
)  # fmt: skip
STANDING = (
    Cause("the fast profile", "01", "COURSE_PROFILE is fast", environment={"COURSE_PROFILE": "fast"}),
    Cause("other versions in figures/runs.csv", "04", r"numpy \S+ for 1\.0\.0",
          file=("figures/runs.csv", np.__version__, "1.0.0")),
    Cause("other threads", "06", "TensorFlow has 3 threads", environment={"TF_NUM_INTRAOP_THREADS": "3"}),
    Cause("cells saved out of order", "06", "run once and in order", cells=lambda texts: texts[::-1]),
)  # fmt: skip


def committed_copy(folder):
    """The course as it is now, committed in another folder, with the versions and threads of this machine."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=course.ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if (course.ROOT / name).exists():
            path.write_bytes((course.ROOT / name).read_bytes())
    import keras  # noqa: F401 - whose version counts
    import tensorflow  # noqa: F401

    rows = [{"notebook": source.stem} | doctor.versions() for source in execute.sources()]
    (folder / "figures" / "runs.csv").write_text(execute._csv(rows), encoding="utf-8")
    for words in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "course"]):
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@a", *words], cwd=folder, check=True)


def texts_of(notebook):
    cells = execute.unexecuted(execute.sources(notebook)[0]).cells
    return [cell.source for cell in cells if cell.cell_type == "code"]


def paragraphs(output):
    """The doctor's findings, likeliest first."""
    text = " ".join(output.data["text/plain"].split())
    return re.split(r" Or: ", text.partition("The likeliest reason: ")[2])


def planted(cause, folder):
    """Run a notebook with the cause until the doctor speaks: the claim, the place of the right sentence, the first."""
    texts = texts_of(cause.notebook)
    changed = cause.cells(texts) if cause.cells else texts
    assert changed != texts or cause.file, f"{cause.cause}: nothing was planted"
    with in_file(cause, folder):
        notebook, error = watch(changed, folder / "notebooks", stop=1)
    spoken = execute.outputs_about(notebook, "doctor")
    if not spoken:
        return error.ename if error else "none outside", "", getattr(error, "evalue", "")
    claim, output = spoken[0]
    found = paragraphs(output)
    places = [place for place, sentence in enumerate(found, start=1) if re.search(cause.said, sentence)]
    return claim, places[0] if places else "missed", found[0]


@contextlib.contextmanager
def in_file(cause, folder):
    """The copy with the cause in its file, until the end of a `with` block."""
    name, old, new = cause.file or ("README.md", "", "")
    path = folder / name
    kept = path.read_text(encoding="utf-8")
    assert old in kept, f"{name} does not hold {old}"
    path.write_text(kept.replace(old, new) if old else kept, encoding="utf-8")
    yield
    path.write_text(kept, encoding="utf-8")


def standing(cause, folder):
    """What `make doctor` says before it runs, in the copy, under a difference that moves no claim."""
    path = folder / "notebooks" / f"{execute.sources(cause.notebook)[0].stem}.ipynb"
    kept = path.read_text(encoding="utf-8")
    if cause.cells:
        notebook = nbformat.reads(kept, as_version=4)
        notebook.cells = cause.cells(notebook.cells)
        nbformat.write(notebook, path)
    words = "import sys; from tools import doctor, execute"
    words += "; print(*doctor.differences(execute.sources(sys.argv[1])[0]), sep='\\n')"
    environment = os.environ | {"COURSE_PROFILE": "full"} | cause.environment
    with in_file(cause, folder):
        call = [sys.executable, "-c", words, cause.notebook]
        said = subprocess.run(call, cwd=folder, env=environment, capture_output=True, text=True)
    path.write_text(kept, encoding="utf-8")
    found = [line for line in said.stdout.splitlines() if re.search(cause.said, line)]
    return "none outside", "named" if found else "missed", (found or [said.stdout + said.stderr[-300:]])[0]


def healthy(notebook, shift, folder):
    """A run from other seeds: what the doctor blames under each of its first live claims, were all of them outside."""
    start = folder.parent / "start.py"
    start.write_text(START.format(root=str(folder), shift=SHIFT.format(shift=shift)), encoding="utf-8")
    hidden = [f"--IPKernelApp.exec_files={start}"]  # no cell, so no difference
    executed, error = watch(texts_of(notebook), folder / "notebooks", stop=SPEAKS, arguments=hidden)
    spoken = execute.outputs_about(executed, "doctor")
    blamed = [sentence for _, output in spoken for sentence in paragraphs(output) if " seed" not in sentence[:20]]
    if error or not spoken:
        return error.ename if error else "nothing was said", "missed", getattr(error, "evalue", "")
    verdict = "missed" if blamed else "the seed alone"
    return f"{len(spoken)} claims", verdict, (blamed or paragraphs(spoken[0][1]))[0]


def read():
    """The rows of tests/causes.csv, a list of dicts of texts."""
    with TABLE.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def table(rows):
    """What CONTRIBUTING.md says of the measured rows."""
    moved = [row for row in rows if row["kind"] == "planted" and "." in row["claim"]]
    first_two = sum(str(row["rank"]) in "12" for row in moved)
    others = [row for row in rows if row["kind"] == "planted" and row not in moved]
    still, well = ([row for row in rows if row["kind"] == kind] for kind in ("standing", "healthy"))
    named = [row for row in still if row["rank"] == "named"]
    alone = [row for row in well if row["rank"] == "the seed alone"]
    lines = ["| notebook | planted cause | claim outside | place of the right reason |", "|---|---|---|---|"]
    for row in rows:
        if row["kind"] == "planted":
            lines.append(f"| {row['notebook']} | {row['cause']} | `{row['claim']}` | {row['rank']} |")
    lines += [
        "",
        f"Of {len(moved)} causes that moved a claim out of its range the right one stood among the first two in "
        f"{first_two}; {len(others)} moved none. Of {len(still)} differences that move none, `make doctor` named "
        f"{len(named)} ({', '.join(row['cause'] for row in named)}). In {len(alone)} of {len(well)} healthy runs from "
        f"other seeds, whose first {SPEAKS} live claims were called outside, it blamed nothing but the seed.",
    ]
    return "\n".join(lines) + "\n"


def write(rows):
    """The CSV, and the table of CONTRIBUTING.md between its two marks."""
    course.write_atomically(TABLE, execute._csv([{name: row[name] for name in COLUMNS} for row in rows]))
    path = course.ROOT / "CONTRIBUTING.md"
    before, mark, after = path.read_text(encoding="utf-8").partition("<!-- causes -->\n")
    course.write_atomically(path, before + mark + table(rows) + after[after.index("<!-- end of causes -->") :])


def main():
    words = sys.argv[1] if len(sys.argv) > 1 else None
    rows = read() if TABLE.exists() else []
    todo = [("planted", cause.notebook, cause.cause, cause) for cause in PLANTED]
    todo += [("standing", cause.notebook, cause.cause, cause) for cause in STANDING]
    for notebook, count in HEALTHY.items():
        shifts = range(FIRST_SHIFT, FIRST_SHIFT + count)
        todo += [("healthy", notebook, f"seeds + {shift}", shift) for shift in shifts]
    order = [each[:3] for each in todo]
    rows = [row for row in rows if (row["kind"], row["notebook"], row["cause"]) in order]
    with tempfile.TemporaryDirectory() as place, mock.patch.dict(os.environ, {"PYTHONPATH": ""}):
        folder = pathlib.Path(place) / "course"
        committed_copy(folder)
        for kind, notebook, name, what in todo:
            known = [row for row in rows if (row["kind"], row["notebook"], row["cause"]) == (kind, notebook, name)]
            if (known and not words) or (words and words not in f"{kind} {notebook} {name}"):
                continue
            found = healthy(notebook, what, folder) if kind == "healthy" else globals()[kind](what, folder)
            rows = [row for row in rows if row not in known]
            rows.append(dict(zip(COLUMNS, (kind, notebook, name, *found), strict=True)))
            rows.sort(key=lambda row: order.index((row["kind"], row["notebook"], row["cause"])))
            print(*found, sep="   ", flush=True)
            write(rows)


if __name__ == "__main__":
    main()
