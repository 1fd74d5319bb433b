"""The doctor: each difference is found by its own check, a healthy run has none, and a claim shows what was found."""

import subprocess
import types

import keras
import nbformat
import numpy as np
import pytest

from helpers import course, data, doctor
from tests import causes
from tests.conftest import ROOT
from tests.test_execute import house  # noqa: F401 - a course of one notebook in a folder of its own
from tools import doctor as tool
from tools import execute

VERSIONS = {"python": "3.11.7", "tensorflow": "2.21.0", "keras": "3.15.1", "numpy": "2.4.6", "threads": "2"}
PAGE = [
    "import numpy as np\nfrom helpers import course",
    "x = np.arange(10)\nsize = 3",
    "guess('01.mse.live32', ...)",
    "def train(size, epochs=20):\n    return x[:size] * epochs",
    "course.seed(0)\nmodel = train(size)",
    "plots.show(model)",
    "unused = 1",
    "model.fit(3)",
    "error = model.mean()\nclaim('01.mse.live32', error)",
]


@pytest.fixture(autouse=True)
def full_profile(monkeypatch):
    monkeypatch.setenv("COURSE_PROFILE", "full")


@pytest.fixture
def digits(monkeypatch):
    """A data set of 300 training and 100 test images, as `data.load` gives them."""
    x = np.random.default_rng(0).integers(0, 256, (400, 784)).astype("float32") / 255
    y = np.arange(400) % 10
    whole = data.Dataset("mnist", x[:300], y[:300], x[300:], y[300:], data.CLASS_NAMES["mnist"])
    monkeypatch.setattr(doctor.data, "load", lambda name, profile: whole)
    monkeypatch.setattr(doctor, "LEAST", {"": 240, "_train": 300, "_test": 100})
    copies = {part: array.copy() for part, array in vars(whole).items() if isinstance(array, np.ndarray)}
    return data.Dataset(name="mnist", class_names=whole.class_names, **copies)


def evidence(**known):
    """That of a value in the middle of its seeds, without any difference, but for what is `known`."""
    nothing = {"name": "01.mse.live32", "value": 0.0081, "variables": {}, "cells": [], "files": {}}
    nothing |= {"here": VERSIONS, "there": VERSIONS, "seeds": [0.0079, 0.0081, 0.0083, 0.0080]}
    return types.SimpleNamespace(**nothing | known)


def found(**known):
    return {name: sentence for _, name, sentence in doctor.examine(evidence(**known))}


def test_where_nothing_differs_the_seed_alone_is_left():
    assert list(found()) == ["unlucky_seed"]
    assert "Of 4 stored runs from as many seeds none fell outside. This value lies 0.146 of" in found()["unlucky_seed"]


def faulty_images(digits):
    """What a kernel may hold, and the words that say what is wrong with it."""
    x, y, x_test = digits.x_train, digits.y_train, digits.x_test
    yield {"x": 255 * x}, "pixels of x go from 0 to 255, where those of data.load go from 0 to 1"
    yield {"x": x / 255}, "pixels of x go from 0 to 0.00392"
    yield {"x": (x - 0.5) / 0.3}, "pixels of x go from -1.67"
    yield {"x_test": np.where(x_test > 0.5, 1, 0)}, "100% of x_test are not images of data.load: other pixels"
    yield {"x_test": x[:100]}, "100% of x_test are train images"
    yield {"x": np.r_[x, x_test]}, "25% of x are test images"
    yield {"x": x[:100]}, "x holds only 100 images: a part of the data"
    yield {"x": x, "y": np.roll(y, 1)}, "Only 0% of the labels y fit their image in x"
    yield {"x": x, "digits": y[::-1]}, "of the labels digits fit their image in x"
    yield {"x_validation": x[:100], "y_validation": y[1:101]}, "of the labels y_validation fit"


def test_images_and_labels_that_are_not_the_datas_are_named(digits):
    for variables, words in faulty_images(digits):
        said = found(variables={"mnist": digits} | variables)
        assert words in said.get("images_and_labels", ""), (words, said)


def test_and_those_of_the_data_set_itself_changed_in_place(digits):
    np.random.default_rng(0).shuffle(digits.y_train)
    assert "of the labels mnist.y_train fit" in found(variables={"mnist": digits})["images_and_labels"]
    digits.x_train[:] *= 255
    assert "pixels of mnist.x_train" in found(variables={"mnist": digits})["images_and_labels"]


def test_what_a_page_holds_beside_its_images_is_no_fault(digits):
    x, y = digits.x_train, digits.y_train
    order = np.random.default_rng(0).permutation(len(x))
    usual = {"x": x[order][:250], "y": y[order][:250], "x_validation": x[order][250:], "y_validation": y[order][250:]}
    usual |= {"x_test": digits.x_test, "x_2d": np.zeros((500, 2)), "output": 3 * x, "xs": 3 * x, "x_ten": x[:10] * 3}
    assert list(found(variables={"mnist": digits} | usual)) == ["unlucky_seed"]


def test_the_real_data_are_whole_and_a_part_of_them_is_not():
    mnist = data.load("mnist", profile="full")
    whole = {"mnist": mnist, "x": mnist.x_train, "x_test": mnist.x_test, "digits": mnist.y_train}
    assert list(found(variables=whole)) == ["unlucky_seed"]
    said = found(variables=whole | {"x": mnist.x_train[:47_000], "digits": mnist.y_train[:47_000]})
    assert "x holds only 47,000 images" in said["images_and_labels"]


@pytest.mark.parametrize(
    ("setting", "now"),
    [("backend", "torch"), ("floatx", "float16"), ("image_data_format", "channels_first")],
)
def test_another_setting_of_keras_is_named(monkeypatch, setting, now):
    monkeypatch.setattr(keras.config, setting, lambda: now)
    usual = doctor.USUAL[setting]
    assert f"Keras's {setting} is {now}, where the committed run had {usual}" in found()["keras_settings"]


def test_and_another_type_of_numbers():
    keras.config.set_dtype_policy("mixed_float16")
    try:
        assert "Keras's dtype_policy is mixed_float16" in found()["keras_settings"]
    finally:
        keras.config.set_dtype_policy("float32")


def test_a_changed_helper_is_named_if_it_is_in_use():
    lines = ["epochs = 20"], ["epochs = 5"]
    said = found(files={"helpers/unused.py": lines, "helpers/course.py": lines})["changed_helper"]
    assert said.startswith("helpers/course.py is not as it was committed: `epochs = 20` became `epochs = 5`.")
    assert "lessons/claims/01.toml" in found(files={"lessons/claims/01.toml": lines})["changed_helper"]
    assert "changed_helper" not in found(files={"helpers/unused.py": lines})


def test_other_versions_threads_and_profile_are_named(monkeypatch):
    there = VERSIONS | {"keras": "3.5.0", "threads": "1"}
    said = found(there=there)
    assert said["other_versions"] == "Other versions than in the committed run: keras 3.15.1 for 3.5.0."
    assert "TensorFlow has 2 threads, in the committed run 1" in said["other_threads"]
    assert list(found(there={})) == ["unlucky_seed"], "without a committed run there is nothing to compare"
    monkeypatch.setenv("COURSE_PROFILE", "fast")
    assert list(found()) == ["fast_profile"], "and stored seeds are of the full profile"


def test_a_value_far_from_every_seed_is_not_called_bad_luck():
    far = found(value=0.1)
    assert "Not a seed alone" in far["unlucky_seed"] and "An unlucky seed" in found(value=0.0084)["unlucky_seed"]
    assert [name for _, name, _ in doctor.examine(evidence(value=0.1, there=VERSIONS | {"numpy": "1.0"}))][
        0
    ] == "other_versions"
    assert "unlucky_seed" not in found(seeds=[0.1, 0.2]), "two seeds say nothing"
    assert "2 fell outside" in found(seeds=[0.0079, 0.0081, 0.1, 0.2])["unlucky_seed"]


def test_a_stored_seed_is_called_bad_luck_beside_the_others_of_its_claim():
    """No training here: the live values of five seeds and more, each in turn as if it were the reader's."""
    called = []
    for source in execute.sources():
        for name, about in course.texts(source.stem[:2])["claims"].items():
            seeds = doctor.other_seeds(name) if about["kind"] == "live" else []
            for place, value in enumerate(seeds if len(seeds) > 3 else []):
                known = evidence(name=name, value=value, seeds=seeds[:place] + seeds[place + 1 :])
                called.append("An unlucky seed" in doctor.unlucky_seed(known)[1])
    assert len(called) > 100 and np.mean(called) > 0.99


def test_every_check_is_tried_here_and_the_likeliest_comes_first(digits, monkeypatch):
    everything = evidence(
        variables={"mnist": digits, "x": 255 * digits.x_train},
        cells=["Cell In[2] is not on the page.", "b", "c"],
        files={"helpers/course.py": (["a"], ["b"])},
        there={name: "1" for name in VERSIONS},
    )
    monkeypatch.setattr(keras.config, "floatx", lambda: "float16")
    weights = doctor.examine(everything)
    assert [name for _, name, _ in weights] == [
        "images_and_labels", "keras_settings", "changed_helper", "changed_cell", "unlucky_seed", "other_versions", "other_threads",
    ]  # fmt: skip
    assert {name for _, name, _ in weights} | {"fast_profile"} == {check.__name__ for check in doctor.CHECKS}
    assert weights[3][2] == "Cell In[2] is not on the page. b", "two cells are enough to read"
    monkeypatch.setattr(doctor, "gather", lambda name, value: everything)
    said = " ".join(doctor.report("01.mse.live32", 1).split())
    assert said.startswith("The likeliest reason: The pixels of x") and " Or: Keras's floatx" in said
    assert "course.py" not in said, "two reasons are enough to read"


def ran(*changes, page=PAGE):
    """The page's cells after some changes of the list."""
    cells = list(page)
    for change in changes:
        change(cells)
    return cells


def put(place, text):
    return lambda cells: cells.insert(place, text)


def instead(place, old, new):
    return lambda cells: cells.__setitem__(place, cells[place].replace(old, new))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            [instead(3, "epochs=20", "epochs=5")],
            "Cell In[4] is not as on the page: `…epochs=20):` became `…epochs=5):`",
        ),
        ([instead(1, "size = 3", "size = 4")], "`size = 3` became `size = 4`"),
        ([instead(8, "error)", "2 * error)")], "Cell In[9] is not as on the page"),
        ([put(2, "x = x[:5]")], "Cell In[3] is not on the page, and this number rests on it: `x = x[:5]`"),
        ([put(4, "x = x[:5]")], "Cell In[5] is not on the page"),  # train was made before, and reads it when called
        ([put(4, "x[0] = 7")], "`x[0] = 7`"),
        ([put(4, "np.random.shuffle(x)")], "`np.random.shuffle(x)`"),
        ([put(4, "for _ in range(3):\n    x += 1")], "Cell In[5] is not on the page"),
        ([put(3, "keras.config.set_floatx('float16')")], "Cell In[4] is not on the page"),
        ([put(8, "model.fit(3)\nprint(1)")], "In[8] and In[9] ran one cell, which goes on from its own result"),
        ([lambda cells: cells.pop(7)], "A cell of the page was not run: `model.fit(3)`"),
        ([lambda cells: cells.pop(1)], "not run: `x = np.arange(10)`"),
        ([put(8, PAGE[4])], "another order: something replaced what `model.fit(3)` made"),
    ],
)
def test_a_cell_under_the_claim_that_is_not_the_pages_is_named(changes, words):
    faults = doctor.cell_faults(PAGE, ran(*changes), "01.mse.live32")
    assert words in faults[0], faults


@pytest.mark.parametrize(
    "changes",
    [
        [],
        [instead(2, "...", "0.3")],
        [instead(6, "1", "2")],
        [put(2, "print(x)\nx"), put(2, "% time"), put(2, "y = 2 * x")],
        [put(5, PAGE[4]), put(5, PAGE[4])],
        [instead(4, "model = train(size)", "model  =  train( size )  # a comment")],
        [put(2, "import numpy as np")],
    ],
)
def test_what_moves_no_number_is_not_blamed(changes):
    """A guess, a print, another layout, a variable that the claim does not use, a cell whose second run replaces the first."""
    assert doctor.cell_faults(PAGE, ran(*changes), "01.mse.live32") == []


def test_each_live_claim_of_every_page_rests_on_that_pages_cells():
    for source in execute.sources():
        page = doctor.page(source.stem[:2])
        for name, about in course.texts(source.stem[:2])["claims"].items():
            ends = [place for place, text in enumerate(page) if f'claim("{name}"' in text]
            if about["kind"] == "live" and ends:
                cores = [doctor.core(text) for text in page[: ends[0] + 1]]
                assert doctor.cell_faults(page, page[: ends[0] + 1], name) == [], name
                assert 2 <= len(doctor.rests_on(cores)) < len(cores), f"{name} rests on some of the cells above it"


def test_a_real_notebook_whose_first_training_is_run_again_after_the_long_one():
    """One sentence: the cells between, which only import something for this claim, are not blamed."""
    cells = causes.texts_of("01")
    again = causes.run_again("import keras", "autoencoder.fit(x, x", after="plots.loss_curves(")(cells)
    end = next(place for place, text in enumerate(again) if 'claim("01.mse.live32"' in text)
    (fault,) = doctor.cell_faults(doctor.page("01"), again[: end + 1], "01.mse.live32")
    assert "something replaced what `autoencoder, history = train(latent_dim)` made" in fault


def test_an_answered_exercise_is_no_difference():
    page = [*PAGE, "def my_answer(x):\n    return None"]
    assert doctor.cell_faults(page, ran(instead(-1, "None", "x"), page=page)) == []


def test_the_versions_of_the_committed_runs_are_those_that_their_notebooks_print(source):
    notebook = nbformat.read(source.with_suffix(".ipynb"), as_version=4)
    row = doctor.committed_run(source.stem[:2])
    printed = execute.run_of(source, notebook)
    assert row["threads"] and {**row, "threads": ""} == {name: printed[name] for name in row} | {"threads": ""}


def claims(monkeypatch, tmp_path, headless="0"):
    """Two live claims and a stored one, in a kernel where somebody looks on, and what the doctor was asked."""
    asked = []
    rows = "".join(
        f'[claims."97.{kind}"]\nsays = "a"\nkind = "{kind[:-1]}"\nlow = 0\nhigh = 1\n'
        for kind in ("live1", "live2", "stored1")
    )
    (tmp_path / "97.toml").write_text(rows + "[pictures]\n")
    monkeypatch.setattr(course, "TEXTS", tmp_path)
    monkeypatch.setattr(course, "committed", dict)
    monkeypatch.setattr(course, "_outside", [])
    monkeypatch.setenv("COURSE_HEADLESS", headless)
    monkeypatch.setenv("COURSE_STRICT", "0")
    monkeypatch.setattr(doctor, "report", lambda name, value: asked.append(name) or "    A reason.")
    return asked


def test_the_doctor_is_asked_once_under_the_first_live_claim_outside(monkeypatch, tmp_path, capsys):
    asked = claims(monkeypatch, tmp_path)
    course.claim("97.live1", 0.5)
    course.claim("97.stored1", 5)
    assert asked == [] and "My numbers differ" in capsys.readouterr().out
    course.claim("97.live1", 5)
    course.claim("97.live2", 5)
    assert asked == ["97.live1"] and capsys.readouterr().out.count("A reason.") == 1


def test_nor_is_it_where_nobody_looks_on(monkeypatch, tmp_path, capsys):
    asked = claims(monkeypatch, tmp_path, headless="1")
    course.claim("97.live1", 5)
    assert asked == [] and "My numbers differ" in capsys.readouterr().out


def test_a_doctor_that_fails_says_nothing(monkeypatch, tmp_path, capsys):
    claims(monkeypatch, tmp_path)
    monkeypatch.setattr(doctor, "report", lambda name, value: 1 / 0)
    course.claim("97.live1", 5)
    said = capsys.readouterr().out
    assert "README's “My numbers differ” says where" in said and "Error" not in said


def commit(folder):
    for words in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "a"]):
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@a", *words], cwd=folder, check=True)


def test_make_doctor_runs_the_saved_notebook_names_the_cause_and_writes_nothing(house, capsys, monkeypatch):  # noqa: F811
    source = house("y = 2 * x", 'claim("99.x.value", y)')
    execute.run("99")
    commit(course.ROOT)
    path = source.with_suffix(".ipynb")
    saved = nbformat.read(path, as_version=4)
    tool.examine(source)
    said = capsys.readouterr().out
    assert "- nothing differs" in said and "1 of 1 claims are inside" in said and "All is well." in said
    saved.cells[-2].source = "y = 20 * x"
    saved.cells[-1].execution_count = 9
    nbformat.write(saved, path)
    (course.ROOT / "helpers" / "plots.py").write_text(
        "# changed\nraise OSError('here')\n" + (ROOT / "helpers" / "plots.py").read_text()
    )
    before = {file: file.read_bytes() for file in course.ROOT.rglob("*") if file.is_file() and ".git" not in file.parts}
    tool.examine(source)
    said = capsys.readouterr().out
    assert "- Cell In[2] is not as on the page: `y = 2 * x` became `y = 20 * x`." in said
    assert "- helpers/plots.py is not as it was committed." in said and "not all been run once and in order" in said
    assert "It stopped in code cell 1: OSError: here" in said
    subprocess.run(["git", "checkout", "--quiet", "--", "helpers"], cwd=course.ROOT, check=True)
    tool.examine(source)
    said = " ".join(capsys.readouterr().out.split())
    assert "The likeliest reason: Cell In[2] is not as on the page" in said and "0 of 1 claims" in said
    after = {file: file.read_bytes() for file in course.ROOT.rglob("*") if file.is_file() and ".git" not in file.parts}
    changed = {file.name for file in before.keys() | after.keys() if before.get(file) != after.get(file)}
    assert {name for name in changed if not name.endswith(".pyc")} == {"plots.py"}


@pytest.mark.parametrize("content", [None, "", "{}", "no json"])
def test_a_notebook_that_cannot_be_read_is_a_sentence(house, content):  # noqa: F811
    source = house()
    if content is not None:
        source.with_suffix(".ipynb").write_text(content)
    with pytest.raises(SystemExit, match=r"notebooks/99_small.ipynb cannot be read: .* Save it again."):
        tool.saved_cells(source)


def test_the_committed_files_count_where_those_on_disk_were_changed(house):  # noqa: F811
    source = house("y = 2 * x")
    (course.ROOT / ".gitattributes").write_text("* text=auto eol=lf\n")
    commit(course.ROOT)
    helper, before = course.ROOT / "helpers" / "data.py", (ROOT / "helpers" / "data.py").read_text()
    helper.write_text(before + "\n\n# a comment\n", newline="\r\n")
    source.write_text(source.read_text().replace("2 * x", "3 * x"))
    assert doctor.page("99")[-1] == "y = 2 * x" and doctor.changed_files() == {}
    helper.write_text(before.replace("FAST_SIZES = (6000,", "FAST_SIZES = (5000,"))
    (there, here) = doctor.changed_files()["helpers/data.py"]
    assert there[0].startswith("FAST_SIZES = (6000,") and here[0].startswith("FAST_SIZES = (5000,")


def test_without_git_the_doctor_compares_with_the_file_on_disk(house, monkeypatch):  # noqa: F811
    house("y = 2 * x")
    monkeypatch.setenv("PATH", "")
    assert doctor.page("99")[-1] == "y = 2 * x" and doctor.changed_files() == {}


def test_the_table_of_planted_causes_is_the_measured_one_and_meets_its_bar():
    rows = causes.read()
    assert causes.table(rows) in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    planted = [row for row in rows if row["kind"] == "planted"]
    assert len(planted) == 15 and sum(row["rank"] in ("1", "2") for row in planted) >= 12
    well = [row["rank"] for row in rows if row["kind"] == "healthy"]
    assert len(well) == 10 and set(well) == {"the seed alone"}
    assert {row["rank"] for row in rows if row["kind"] == "standing"} == {"named"}
