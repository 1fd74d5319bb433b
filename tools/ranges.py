"""Where the range of each claim comes from, and whether a wrong number fails it: tools/ranges.csv and tools/power.csv.

    python -m tools.ranges               run whatever is missing (hours), then write both tables: `make ranges`
    python -m tools.ranges 06            of one notebook
    python -m tools.ranges --stored      run nothing: tables from the runs that there are
    python -m tools.ranges --write       also write the computed ranges into lessons/claims/: `make ranges WRITE=1`

A run is a notebook, executed with something changed; its claims are stored in data/results/claims/. A claim whose
`why` is in the words of WHY has a computed range, which a test compares; so gets one that says that its seeds are DUE,
once they are there. Any other `why` is a reason of its own.

- **live**: full profile, all that is trained from another seed. Ten seeds: that of figures/claims.csv, five more with
  one thread, four with all. The range goes from the smallest to the largest value, and half of their distance further.
- **stored**: fast profile, without training, every stored run replaced by that of one seed. The five values that the
  claim has from one seed alone give its standard error. The range is the committed value ± 4 of them.

A key `within` in the .toml, such as [0, 1], is what a number of this kind can be; a range ends there. With
`scale = "log"` distances are those of the logarithms: for a number that differs between seeds by factors.

What a range is worth, each claim counted once in each row of tools/power.csv:

- **stored numbers moved** by 2 standard deviations of their seeds: once all up, four times up or down as drawn for each
  setting and column. Of the five, that counts which moves the claim furthest: where all its numbers rise alike, a
  difference of them hardly moves. It concerns a stored claim that moves by more than a standard deviation of its own.
- **a planted fault** (tools/faults.py), full profile, the committed seed. It concerns a live claim that lands further
  beyond its ten healthy seeds than a quarter of their distance, or that ABOUT names for it (written down before the
  first of these runs); and an exact claim that would be written otherwise. `beyond` counts all that leave their seeds.
- **healthy**: five more seeds. They concern every live claim, and none should fail.

The column `wrong` names the claims that missed a fault, or that failed in a healthy run.

After a change of a notebook, delete its runs below data/results/claims/: they are not measured again by themselves.
"""

import argparse
import math
import os
import re
from unittest import mock

import numpy as np
import pandas as pd

from helpers import course, sweeps
from tools import execute, faults, results
from tools.play import NO_TRAINING, play

VERSION = "1"
STORED = course.ROOT / "data" / "results" / "claims"
TABLE, POWER = (course.ROOT / "tools" / f"{name}.csv" for name in ("ranges", "power"))
WHY = {"live": "ten seeds, widened by half of their distance", "stored": "five seeds, mean ± 4 standard errors"}
DUE, ENOUGH = "seeds are due", {"live": 9, "stored": 4}  # values; one seed may leave a claim undefined
ONE_THREAD, ALL_THREADS, HEALTHY = range(1, 6), range(6, 10), range(10, 15)  # seeds further than the committed run
ALONE = range(5)
MOVED = range(6)  # 0: not, 1: all up, the others: as drawn
TRIFLE = 1  # standard deviation of a claim's own values, where the numbers under it are moved by two
UNDEFINED = 1e300  # in place of nan, which no stored file may hold
PLANTED = {
    "01": [name for name in faults.PLANTED if name != "KL doubled"],
    "04": list(faults.PLANTED),
    "05": list(faults.PLANTED),
    "06": [name for name in faults.PLANTED if name != "KL doubled"],
}
OF_THE_FIT = {"01.mse.live32", "01.mse.over_pca32", "04.elbo.live", "05.live.vae2_nats", "05.above.ae32"}
OF_THE_FIT |= {"06.acc.live_multi", "06.acc.live_binary"}
ABOUT = dict.fromkeys(list(faults.PLANTED)[:4], OF_THE_FIT)
ABOUT |= {"pixels / 256": {"04.floor", "04.mean_image", "05.floor.test"}}
ABOUT |= {"KL doubled": {"04.kl.live", "04.elbo.live", "05.loss.kl", "05.live.vae2_nats"}}


def _values(notebook, profile, *extra):
    """Execute a notebook (its number) with extra cells after its setup; the value of each claim by id."""
    with mock.patch.dict(os.environ, {"COURSE_PROFILE": profile}):
        played = play(execute.sources(notebook)[0], execute.FOLDER, after_setup=extra, timeout=None)
    values = execute.claims_of(played)
    return {name: value if abs(value) < UNDEFINED else UNDEFINED for name, value in values.items()}  # nan, too


def live(notebook, shift):
    """Claims of a notebook at full scale, all that is trained in it `shift` seeds further."""
    return _values(notebook, "full", faults.SHIFT.format(shift=shift))


def faulty(notebook, fault):
    """Claims of a notebook at full scale with a planted fault, by its name in faults.PLANTED."""
    return _values(notebook, "full", faults.PLANTED[fault].format(notebook=notebook))


def alone(notebook, place):
    """Claims of a notebook without training, every stored run replaced by that of the seed in this place."""
    return _values(notebook, "fast", NO_TRAINING, faults.TABLES.format(change="_alone", step=place))


def moved(notebook, step):
    """Claims of a notebook without training, all stored numbers moved (faults.TABLES); 0: none."""
    return _values(notebook, "fast", NO_TRAINING, faults.TABLES.format(change="_moved", step=step))


def _runs(function, number, compute, workers=2, **axes):
    """The runs of a notebook, indexed by what was changed; without `compute` those that are stored."""
    steps, ((axis, _),) = sweeps.grid(notebook=[number], **axes), axes.items()
    if not compute:
        missing = sweeps.missing(function, steps, STORED, version=VERSION)
        steps = [step for step in steps if step not in missing]
    if not steps:
        return pd.DataFrame()
    found = sweeps.run(function, steps, STORED, version=VERSION, workers=workers, progress=compute).set_index(axis)
    for name, error in found.error.dropna().items():
        print(f"notebook {number}, {axis} {name}, failed and is left out: {error}")
    return found[found.error.isna()]


def _claims(number):
    """The claims of a notebook: pairs of id and committed value."""
    return [(name, value) for name, value in course.committed().items() if name.startswith(number)]


def origin(name, values):
    """Where the range of a claim comes from: "computed" (by this tool), "due" (once there are seeds), "own reason".

    A RuntimeError says that a range is called computed, and that runs are missing.
    """
    kind, why = (course.entry(name)[key] for key in ("kind", "why"))
    enough = len(values) >= ENOUGH.get(kind, math.inf)
    if why == WHY.get(kind) and not enough:
        raise RuntimeError(f"{name} has {len(values)} values from seeds: make ranges NOTEBOOK={name[:2]}")
    if why == WHY.get(kind) or (DUE in why and enough):
        return "computed"
    return "due" if DUE in why else "own reason"


def outward(low, high):
    """Both ends rounded away from each other by less than a fortieth of their distance: a fifth of a standard error."""
    if low == high:
        return low, high
    scale = 10 ** max(0, math.ceil(-math.log10((high - low) / 40)))
    return math.floor(round(low * scale, 6)) / scale, math.ceil(round(high * scale, 6)) / scale


def from_seeds(name, committed, values):
    """The range of a live or stored claim from the values of its other seeds, or of its seeds alone."""
    if course.entry(name)["kind"] == "live":
        least, most = (scaled(name, end(committed, *values)) for end in (min, max))
        reach = (most - least) / 2
        if "scale" in course.entry(name):
            return tuple(float(f"{10**end:.1e}") for end in (least - reach, most + reach))
    else:
        least = most = committed
        reach = 4 * np.std(values, ddof=1) / len(values) ** 0.5
    floor, ceiling = course.entry(name).get("within", (-math.inf, math.inf))
    low, high = outward(least - reach, most + reach)
    return max(low, floor), min(high, ceiling)


def scaled(name, number):
    """A claim's number, or its decimal logarithm where the claim has that scale."""
    return math.log10(number) if course.entry(name).get("scale") == "log" else number


def measured(number, compute=True):
    """The values of each claim of a notebook from other seeds (live) or from one seed alone (stored), by id."""
    others = pd.concat([
        _runs(live, number, compute, shift=ONE_THREAD),
        _runs(live, number, compute, shift=ALL_THREADS, workers=1),  # in this process, with every thread
    ])  # fmt: skip
    single = _runs(alone, number, compute, place=ALONE)
    found = {}
    for name, _ in _claims(number):
        table = single if course.entry(name)["kind"] == "stored" else others
        values = table[name].dropna().tolist() if name in table else []  # a claim may be newer than a run
        found[name] = [value for value in values if value < UNDEFINED]
    return found


def table(number, compute=True):
    """A row per claim: kind, origin of its range, number of seeds, smallest and largest value, the range."""
    rows, found = [], measured(number, compute)
    for name, committed in _claims(number):
        kind, values = course.entry(name)["kind"], found[name]
        ends = course.limits(name, of="full")
        if origin(name, values) == "computed":
            ends = from_seeds(name, committed, values)
        seeds = [*values, committed] if kind == "live" else values or [committed]
        row = {"id": name, "kind": kind, "range": origin(name, values)}
        row |= {"seeds": len(seeds), "smallest": min(seeds), "largest": max(seeds), "low": ends[0], "high": ends[1]}
        rows.append(row)
    return pd.DataFrame(rows)


def power(number, compute=True):
    """A row per fault: how many bounded claims are beyond their seeds, how many it concerns, how many of them fail."""
    found, committed, rows = measured(number, compute), dict(_claims(number)), []
    shifted = _runs(moved, number, compute, step=MOVED)
    if len(shifted) > 1:  # the fast profile's own value may be another: what counts is the change
        shifted = shifted[[name for name in committed if name in shifted]]  # a claim may be newer than a run
        changes = shifted - shifted.loc[0]
        furthest = {name: max(changes[name], key=abs) for name in changes if changes[name].notna().all()}
        values = {name: committed[name] + change for name, change in furthest.items()}
        rows.append(_counted(number, "stored numbers moved", found, values, "stored"))
    planted = _runs(faulty, number, compute, fault=PLANTED[number]) if number in PLANTED else pd.DataFrame()
    for fault, values in planted.iterrows():
        rows.append(_counted(number, fault, found, values, "live", "exact"))
    for shift, values in _runs(live, number, compute, shift=HEALTHY).iterrows():
        rows.append(_counted(number, f"healthy, seed {shift}", found, values, "live"))
    return pd.DataFrame(rows)


def _counted(number, fault, found, values, *kinds):
    row = {"notebook": number, "fault": fault, "claims": 0, "beyond": 0, "concerned": 0, "caught": 0, "wrong": []}
    for name, committed in _claims(number):
        if course.entry(name)["kind"] in kinds and name in values:  # a claim may be newer than a run
            low, high = course.limits(name, of="full")
            beyond, concerned = concerns(fault, name, committed, values[name], found[name])
            failed = not low <= values[name] <= high
            row["claims"] += 1
            row["beyond"] += beyond
            row["concerned"] += concerned
            row["caught"] += concerned and failed
            row["wrong"] += [name] if concerned and failed == fault.startswith("healthy") else []
    return row | {"wrong": " ".join(row["wrong"])}


def concerns(fault, name, committed, value, values):
    """Whether a claim's value under a fault is beyond those of its seeds at all, and whether the fault concerns it."""
    about = course.entry(name)
    if fault.startswith("healthy"):
        return not min(committed, *values) <= value <= max(committed, *values), True
    if about["kind"] == "stored":
        off = abs(value - committed) > max(TRIFLE * np.std(values, ddof=1), 1e-9)
        return off, off
    if about["kind"] == "exact":
        off = course.written(value, about.get("format", ".4g")) != course.written(committed, about.get("format", ".4g"))
        return off, off or name in ABOUT[fault]
    value, least, most = (scaled(name, number) for number in (value, min(committed, *values), max(committed, *values)))
    distance = max(least - value, value - most)
    return distance > 0, distance > (most - least) / 4 or name in ABOUT[fault]


def with_range(text, name, low, high, why):
    """The text of a file of lessons/claims/ with another range of one claim, and the reason; or a ValueError."""
    start = text.index(f'[claims."{name}"]')
    end = text.find("\n[", start) % (len(text) + 1)  # or that of the text
    entry = text[start:end]
    for key, value in (("low", f"{low:.10g}"), ("high", f"{high:.10g}"), ("why", f'"{why}"')):
        entry, count = re.subn(rf"(?m)^{key} = .+$", f"{key} = {value}", entry)
        if count != 1:
            raise ValueError(f"claim {name} needs one line `{key} = ` in lessons/claims/{name[:2]}.toml")
    return text[:start] + entry + text[end:]


def write(found):
    """Write the computed ranges of a table into lessons/claims/, and with them the bounds in figures/claims.csv."""
    for row in found[found["range"] == "computed"].itertuples():
        path = course.TEXTS / f"{row.id[:2]}.toml"
        text = with_range(path.read_text(encoding="utf-8"), row.id, row.low, row.high, WHY[row.kind])
        course.write_atomically(path, text)
    course.texts.cache_clear()
    execute.refresh_bounds()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("number", nargs="?", default="")
    parser.add_argument("--stored", action="store_true")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    numbers = [source.stem[:2] for source in execute.sources(given.number)]
    found = pd.concat([table(number, not given.stored) for number in numbers])
    if given.write:
        write(found)
    worth = pd.concat([power(number, not given.stored) for number in numbers])
    for rows, path, key in ((found, TABLE, "id"), (worth, POWER, "notebook")):
        if path.exists():
            kept = pd.read_csv(path, dtype={key: str}, keep_default_na=False)
            rows = pd.concat([kept[~kept[key].str[:2].isin(numbers)], rows])
        rows = rows.sort_values(key, kind="stable")
        rows.to_csv(path, index=False, float_format="%.8g", lineterminator="\n")
    course.write_atomically(results.MANIFEST, results.manifest())
    print(worth.drop(columns="wrong").to_string(index=False))


if __name__ == "__main__":
    from tools import ranges  # under its own name, by which the workers of a sweep import it

    ranges.main()
