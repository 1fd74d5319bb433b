"""The bookkeeping of `make bench`: no measuring here."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from helpers import course
from tools.bench import measure, picture, table


def test_a_row_holds_median_spread_and_ratio():
    rows = table.rows("race", {"a": [1.0, 3.0, 2.0], "b": [4.0]}, "a")
    assert rows["median"].tolist() == [2, 4] and rows.ratio.tolist() == [1, 2]
    assert rows.loc[0, ["lowest", "highest", "repetitions"]].tolist() == [1, 3, 3]


def test_the_line_through_points_on_a_line_is_that_line():
    sizes = np.array([6, 12, 30, 60])
    assert table.straight_line(sizes, 3 + 2 * sizes) == pytest.approx(3 + 2 * sizes)


def test_a_part_replaces_its_own_rows_and_the_picture_shows_them_all(tmp_path, monkeypatch):
    monkeypatch.setattr(table, "machine", lambda: "here")
    times = table.rows(table.SIZE, {"6,000 samples": [2.0], "60,000 samples": [20.0]}).assign(
        ratio=1.0, ratio_to="line"
    )
    memory = table.rows(table.MEMORY, {"6,000 samples": [900.0], "60,000 samples": [1500.0]}, unit="MB")
    path = tmp_path / "results.csv"
    table.store(table.rows("race", {"a": [1.0], "course: b": [2.0]}, "a"), path)
    table.store(pd.concat([times, memory]), path)
    stored = table.store(table.rows("race", {"a": [5.0], "course: b": [2.0]}, "a"), path)
    assert stored.benchmark.tolist() == ["race"] * 2 + [table.SIZE] * 2 + [table.MEMORY] * 2
    assert pd.read_csv(path)["median"].tolist() == [5, 2, 2, 20, 900, 1500]
    figure = picture.draw(stored)
    assert [axis.get_title(loc="left") for axis in figure.axes] == ["race", table.SIZE]
    plt.close(figure)


def test_the_committed_results_say_what_the_page_says():
    page = " ".join((course.ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split())
    results = pd.read_csv(course.ROOT / "tools" / "bench" / "results.csv")
    ratio = results.set_index(["benchmark", "contestant"]).ratio
    fits = ratio.xs("course: fit", level="contestant")
    ours = [fits.filter(like=name).item() for name in ("autoencoder", "classifier")]
    ours += [ratio.xs(f"course: {name}", level="contestant").item() for name in ("DeepClustering", "two workers")]
    for phrase, value in zip(
        ("fused Adam: {:.2f};", "batches of 64: {:.2f};", "DCN: {:.2f};", "of two: {:.2f} ("), ours, strict=True
    ):
        assert phrase.format(value) in page and value < 1
    limits = [ratio.xs(label, level="contestant") for label in measure.LIMITS]
    for phrase, value, name in zip(
        ("takes {:.1f} times that limit", "joint iteration {:.1f} times", "small steps, {:.1f} times"),
        (ours[0], ours[2], ours[1]),
        ("autoencoder", "joint", "classifier"),
        strict=True,
    ):
        limit = [rates.filter(like=name).item() for rates in limits]
        assert phrase.format(value / min(limit)) in page
        assert limit[1] / limit[0] == pytest.approx(2, abs=0.3), (
            "CONTRIBUTING: PyTorch's products run at half of the rate"
        )
    off = (ratio[table.SIZE] - 1).abs().max()
    assert off < measure.LINEAR_WITHIN and f"within {np.ceil(100 * off):.0f} %" in page
    assert (results.repetitions >= 5).all()


def test_the_machine_is_described_without_paths():
    text = table.machine()
    assert "cores" in text and "tensorflow" in text and str(course.ROOT) not in text


@pytest.mark.parametrize("name", measure.PARTS)
def test_a_part_says_what_it_measures(name):
    assert measure.PARTS[name].__doc__
