"""The headline of each notebook in README says what the claims measured."""

import re

import pandas as pd
import pytest

from helpers import course
from tools import execute


@pytest.fixture(scope="module")
def claims():
    """The measured value of each claim, by its id."""
    return {row["id"]: float(row["value"]) for row in course.read_claims()}


@pytest.fixture(scope="module")
def headlines():
    """The last cell of each notebook's row in README's table, by number."""
    rows = re.findall(r"(?m)^\| (\d\d) [^|]+\|.*\| ([^|]+) \|$", execute.README.read_text(encoding="utf-8"))
    return dict(rows)


def test_every_notebook_has_a_headline(headlines):
    assert list(headlines) == [source.stem[:2] for source in execute.sources()]


def test_01_has_seeds_that_learn_nothing(claims, headlines):
    assert "with two ReLU units, some seeds learn nothing at all" in headlines["01"]
    assert 1 <= claims["01.dead.latent2"] < 5
    assert claims["01.dead.mse_over_mean_image"] == pytest.approx(1, abs=0.01)


def test_02_counts_collapses_and_the_share_of_digits(claims, headlines):
    collapsed = pd.read_csv(course.ROOT / "benchmarks" / "ranges.csv", index_col="id").loc["02.collapse.seeds"]
    sets = f"({collapsed.smallest:.0f} to {collapsed.largest:.0f} in five sets of twelve)"
    assert f"from {claims['02.collapse.seeds']:.0f} of 12 seeds {sets}" in headlines["02"]
    assert f"it is {claims['02.acc.best']:.0%} of".replace("%", " %") in headlines["02"]
    assert "half of the digits" in headlines["02"] and 0.45 < claims["02.repaired.acc"] < 0.55
    assert "about as many as K-Means on pixels" in headlines["02"]
    assert claims["02.repaired.acc"] == pytest.approx(claims["02.acc.kmeans"], abs=0.05)


def test_03_gives_the_best_cell_and_the_knobs(claims, headlines):
    knobs = [claims[f"03.knob.{name}"] for name in ("augmentation", "learning_rate", "latent_dim", "weights")]
    best, spread, loop = claims["03.best.acc"], claims["03.spread.seeds"], claims["03.report.best_acc"]
    assert (
        f"{claims['03.runs']:.0f} runs, best cell {best:.2f} ± {spread:.2f} where its own loop has {loop:.2f}"
        in headlines["03"]
    )
    assert f"four knobs each move that by {min(knobs):.2f} to {max(knobs):.2f}" in headlines["03"]
    assert min(claims["03.rank.latent16"], claims["03.rank.latent64"]) > 0.7 and claims["03.rank.inertia_vs_acc"] < 0


def test_04_gives_both_elbos(claims, headlines):
    costs = [claims[f"04.elbo.latent{units}"] for units in (2, 20)]
    assert "two numbers per image cost {:.1f} nats, twenty {:.1f}".format(*costs) in headlines["04"]
    assert "seven more active units do not lower the loss" in headlines["04"]
    assert round(-claims["04.warmup.active"]) == 7 and claims["04.warmup.loss"] < 0


def test_05_gives_distances_that_fit_the_claimed_ratios(claims, headlines):
    vae, plain, fitted = (float(n) for n in re.search(r"(\d+) against (\d+)\).*\((\d+)\)", headlines["05"]).groups())
    assert vae / fitted == pytest.approx(claims["05.fd.vae_over_fitted_ae32"], abs=0.03)
    assert (plain - fitted) / (plain - vae) == pytest.approx(claims["05.fd.way_ae32"], abs=0.02)
    assert "half as large again" in headlines["05"] and 1.4 < claims["05.gap.at_32"] < 1.6


def test_06_counts_the_errors_of_both_ways(claims, headlines):
    errors = {
        round(10_000 * (1 - claims[f"06.acc.{name}"])) for name in ("binary", "binarized_argmax", "binarized_sum")
    }
    assert f"{min(errors)} or {max(errors)} errors in 10,000 either way" in headlines["06"]
    assert "nearly half of the error" in headlines["06"] and 0.4 < claims["06.ece.gone"] < 0.5
    assert f"dense layers reach {claims['06.acc.best_dense']:.2f}" in headlines["06"]
