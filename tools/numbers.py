"""Numbers in the texts that are tied to claims by comments which no renderer shows; `make notebooks` writes them anew.

97 %<!--02.acc.best-->                          the measured value, rounded to the digits that are written
0.0336<!--02.once.mse:report-->                 the report's value, as it stands in lessons/claims/
about half<!--01.mse.over_pca32 in 0.4..0.65--> words that hold for every value of the claim's range
0.9<!--minutes.01-->                            the minutes of the last full run
12<!--live.01-->                                how many claims of this kind the notebook has (stored, exact)
"""

import collections
import re

from helpers import course

MARK = re.compile(
    r"<!--\s*(?P<id>\w+(?:\.\w+)+)(?P<report>:report)?(?: in (?P<low>[-\d.]+?)\.\.(?P<high>[-\d.]+))?\s*-->"
)
KINDS = "live", "stored", "exact"
NUMBER = re.compile(r"(?P<sign>[-+−]?)(?P<digits>\d[\d,]*(?:\.\d+)?)(?P<percent>\s?%)?(?P<bold>\*{0,2})$")


def paths():
    """The texts that hold such numbers: notebooks (.py), the pages beside them, the reports in site/reports/."""
    pages = [course.ROOT / name for name in ("README.md", "TEACHING.md", "REPORTS.md", "GLOSSARY.md")]
    sources = [*(course.ROOT / "notebooks").glob("*.py"), *(course.ROOT / "site" / "reports").glob("*.md")]
    return [*sorted(sources), *(page for page in pages if page.exists())]


def values():
    """Every number that a mark can name, by id: the measured claims, and of each notebook its minutes and its kinds."""
    claims, minutes = (course.read_table(course.ROOT / "figures" / f"{name}.csv") for name in ("claims", "minutes"))
    known = course.committed() | {f"minutes.{row['notebook'][:2]}": float(row["minutes"]) for row in minutes}
    kinds = collections.Counter(f"{row['kind']}.{row['id'][:2]}" for row in claims)
    numbers = [row["notebook"][:2] for row in minutes]
    return known | {f"{kind}.{number}": kinds[f"{kind}.{number}"] for kind in KINDS for number in numbers}


def written_like(example, value):
    """A number written as the match `example` of NUMBER is: as many digits after the point, %, commas, a plus sign."""
    digits = example["digits"]
    decimals = len(digits.partition(".")[2])
    sign = ("−" if example["sign"] != "-" else "-") if value < 0 else "+" if example["sign"] == "+" else ""
    scaled = abs(value) * (100 if example["percent"] else 1)
    text = f"{scaled:,.{decimals}f}"
    text = text if "," in digits or scaled < 10_000 and "," not in text else text.replace(",", "")
    return f"{sign}{text}{example['percent'] or ''}{example['bold']}"


def refreshed(text, known, where="the text"):
    """A text with the number before each mark written anew from `known`, a dict of id to value.

    A claim that is not in `known`, because it was not measured yet, keeps its number; a test names it. A ValueError
    names the place and the mark: no number before it, words whose interval does not hold the claim's whole range, a
    mark inside a formula or code, where it would show.
    """
    parts, end = [], 0
    for mark in MARK.finditer(text):
        before, name = text[end : mark.start()], mark["id"]
        place = f"{where}: …{before[-40:]}{mark[0]}"
        line = text[text.rfind("\n", 0, mark.start()) + 1 : mark.start()]
        if MARK.sub("", line).count("$") % 2 or MARK.sub("", line).count("`") % 2:
            raise ValueError(f"{place} stands inside a formula or code, where it shows")
        if mark["low"]:
            low, high = course.limits(name, of="full")
            if not float(mark["low"]) <= low <= high <= float(mark["high"]):
                raise ValueError(f"{place}: the claim's range, {low:g} to {high:g}, goes beyond these words")
        elif name in known:
            example = NUMBER.search(before)
            if not example:
                raise ValueError(f"{place} has no number before it")
            value = course.entry(name)["report"] if mark["report"] else known[name]
            before = before[: example.start()] + written_like(example, float(value))
        parts += [before, mark[0]]
        end = mark.end()
    return "".join([*parts, text[end:]])


def plain(text):
    """A text without its tied numbers: what stays the same when they are refreshed."""
    return MARK.sub(lambda mark: f"\0{mark[0]}", re.sub(r"[-+−]?\d[\d,.]*(\s?%)?(\*{0,2})(?=<!--)", "", text))


def refresh():
    """Write the measured numbers into every text whose marks name them."""
    known = values()
    for path in paths():
        text = path.read_text(encoding="utf-8")
        new = refreshed(text, known, path.name)
        if new != text:
            course.write_atomically(path, new)
            print(f"{path.name}: numbers refreshed")
