"""Where the range of each claim comes from: other seeds, stored runs, or nothing that varies: tools/ranges.csv.

    python -m tools.ranges          everything that is missing (`make ranges`), then the table
    python -m tools.ranges 06       of one notebook

Three questions are asked of each claim, by executing its notebook with something changed:

- **live**: does it change when all that is trained in the notebook starts from another seed? Full profile, five seeds:
  the run that wrote figures/claims.csv, and four with other seeds and one thread each. A claim must land in its range
  each time, so the ranges hold for one thread, too.
- **stored**: does it change when the stored runs do? Fast profile, without training, each number read from a table of
  runs disturbed. The claim then rests on as many seeds as that table has.
- How far does a stored claim move with its seeds? Five are drawn from the five, with replacement (the bootstrap), the
  same ones in all tables of the notebook; eight such draws, in the fast profile. The claim must land in its range each
  time. That is a rough answer: no new seed is seen, minima and standard deviations are biased, and a number that is
  compared with something live (01.linear.share_of_pca with PCA) moves a little for that reason. A draw in which a claim
  is undefined (the error of dead networks, where none is dead) does not count for it. A draw that chooses a recipe
  whose runs are not stored is replaced by another.

A claim that changes in neither case is constant: a count, a formula, a property of the data, or what came out the same
from five seeds (a yes, a rank). After a change of a notebook, delete its runs below data/results/claims/: they are not
measured again by themselves.
"""

import argparse
import os
from unittest import mock

import pandas as pd
from nbclient.exceptions import CellExecutionError

from helpers import course, sweeps
from tools import execute, results
from tools.play import NO_TRAINING, play

VERSION = "1"
STORED = course.ROOT / "data" / "results" / "claims"
TABLE = course.ROOT / "tools" / "ranges.csv"
SEEDS, COUNTS = 5, (1, 3, 5)  # live seeds; numbers of seeds that stored tables have
NOISES = 10  # attempts to disturb
DRAWS = 8  # of seeds, with replacement
UNDEFINED = 1e300  # in place of nan, which no stored file may hold

SHIFT = """
from helpers import clustering as _clustering, course as _course, training as _training, vae as _vae
from lessons import dcn as _dcn
_seed, _batches, _fit, _from_seeds = _course.seed, _training.batches, _clustering.DeepClustering.fit, _dcn.from_seeds
_start_vae = _vae.VariationalAutoencoder.__init__
def _shifted_fit(self, X, y=None):
    self.random_state += {shift}
    return _fit(self, X, y)
def _shifted_from_seeds(seeds, *args, **settings):  # twelve seeds each, known by their old names
    found = _from_seeds([seed + 12 * {shift} for seed in seeds], *args, **settings)
    return tuple({{seed - 12 * {shift}: value for seed, value in part.items()}} for part in found)
_course.seed = lambda number: _seed(number + {shift})
_training.batches = lambda x, y=None, *args, seed=0, **rest: _batches(x, y, *args, seed=seed + {shift}, **rest)
_clustering.DeepClustering.fit, _dcn.from_seeds = _shifted_fit, _shifted_from_seeds
_vae.VariationalAutoencoder.__init__ = lambda self, *args, seed=None, **rest: _start_vae(
    self, *args, seed=None if seed is None else seed + {shift}, **rest
)
"""
CHANGED = """
import pathlib as _pathlib
import numpy as _np
from helpers import course as _course, sweeps as _sweeps
_run, _random = _sweeps.run, _np.random.default_rng({noise})
def _disturbed(table, axis, names):
    for column in table.select_dtypes("number").columns.difference(names):
        table[column] = table[column] * _np.exp(0.3 * _random.standard_normal(len(table)))
    return table
def _redrawn(table, axis, names):
    settings = [str([row[name] for name in names if name != axis]) for _, row in table.iterrows()]
    seeds = sorted(table[axis].unique())
    # A generator of its own: every table of the notebook gets the same draw.
    drawn = dict(zip(seeds, _np.random.default_rng({noise}).choice(seeds, len(seeds)), strict=True))
    places = {{pair: place for place, pair in enumerate(zip(settings, table[axis], strict=True))}}
    rows = [places[setting, drawn[seed]] for setting, seed in zip(settings, table[axis], strict=True)]
    measured = [name for name in table.columns.difference(names) if table[name].notna().all()]  # pictures: of one seed
    table[measured] = table[measured].iloc[rows].set_axis(table.index)
    return table
def _changed(function, configurations, folder, **kwargs):
    stored = _pathlib.Path(folder).is_relative_to(_course.ROOT)
    if stored and _sweeps.missing(function, configurations, folder, version=kwargs["version"]):
        raise LookupError("these runs are not stored")
    table = _run(function, configurations, folder, **kwargs)
    axis = "seed" if "seed" in table else "repetition"
    few = axis not in table or table[axis].nunique() != {seeds}
    return table if few else {change}(table, axis, list(dict.fromkeys(name for c in configurations for name in c)))
_sweeps.run = _changed
"""


def _values(source, extra, profile):
    """Execute a notebook with extra cells after its setup; the value of each claim by id."""
    with mock.patch.dict(os.environ, {"COURSE_PROFILE": profile}):
        played = play(source, execute.FOLDER, after_setup=extra, timeout=None)
    values = execute.claims_of(played)
    return {name: value if abs(value) < UNDEFINED else UNDEFINED for name, value in values.items()}  # nan, too


def live(notebook, shift):
    """Claims of a notebook (its number) at full scale, all that is trained in it `shift` seeds further."""
    return _values(execute.sources(notebook)[0], [SHIFT.format(shift=shift)], "full")


def untrained(notebook, disturbed):
    """Claims of a notebook without training, with all tables of `disturbed` seeds disturbed (0: none)."""
    return _with_other_tables(notebook, "_disturbed", disturbed, 0)


def redrawn(notebook, draw):
    """Claims of a notebook without training, from five seeds drawn from the five: draw number `draw`."""
    return _with_other_tables(notebook, "_redrawn", SEEDS, 100 * draw)


def _with_other_tables(notebook, change, seeds, first_noise):
    source = execute.sources(notebook)[0]
    for noise in range(first_noise, first_noise + NOISES):
        # Where other numbers choose another recipe, what follows the choice is not stored: then another noise.
        extra = [NO_TRAINING, CHANGED.format(change=change, seeds=seeds, noise=noise)]
        try:
            return _values(source, extra, "fast")
        except CellExecutionError as error:
            if "these runs are not stored" not in str(error) or noise == first_noise + NOISES - 1:
                raise


def table(number):
    """Compute what is missing for one notebook; a row per claim: kind, seeds, smallest and largest value."""
    steps = sweeps.grid(notebook=[number], shift=range(1, SEEDS))  # 0 is the committed run
    live_runs = sweeps.run(live, steps, STORED, version=VERSION)
    steps = sweeps.grid(notebook=[number], disturbed=[0, *COUNTS])
    stored_runs = sweeps.run(untrained, steps, STORED, version=VERSION).set_index("disturbed")
    steps = sweeps.grid(notebook=[number], draw=range(DRAWS))
    draws = sweeps.run(redrawn, steps, STORED, version=VERSION)
    failed = pd.concat([live_runs.error, stored_runs.error, draws.error]).dropna()
    if len(failed):
        raise RuntimeError(
            f"notebook {number} failed when it was disturbed, so its ranges are unknown: {failed.iloc[0]}"
        )
    rows = []
    for claim in (row for row in execute.read_rows() if row["id"].startswith(number)):
        values, by_count = live_runs[claim["id"]], stored_runs[claim["id"]]
        changed = [count for count in COUNTS if by_count[count] != by_count[0]]
        changed += (
            [SEEDS] if draws[claim["id"]].nunique() > 1 and not changed else []
        )  # a count, which noise leaves alone
        kind = "stored" if changed else "live" if values.nunique() > 1 else "constant"
        seeds = min(changed) if changed else SEEDS
        drawn = [value for value in draws[claim["id"]] if value < UNDEFINED]  # without a dead network, it has no error
        ends = [float(claim["value"]), *(drawn if SEEDS in changed else values)]
        rows.append({"id": claim["id"], "kind": kind, "seeds": seeds, "smallest": min(ends), "largest": max(ends)})
    return pd.DataFrame(rows, columns=["id", "kind", "seeds", "smallest", "largest"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("number", nargs="?", default="")
    numbers = [source.stem[:2] for source in execute.sources(parser.parse_args().number)]
    found = pd.concat([table(number) for number in numbers])
    if TABLE.exists():
        kept = pd.read_csv(TABLE)
        found = pd.concat([kept[~kept["id"].str[:2].isin(numbers)], found])
    found.sort_values("id").to_csv(TABLE, index=False, float_format="%.8g", lineterminator="\n")
    course.write_atomically(results.MANIFEST, results.manifest())
    print(found.groupby(["kind", "seeds"]).size())


if __name__ == "__main__":
    from tools import ranges  # under its own name, by which the workers of a sweep import it

    ranges.main()
