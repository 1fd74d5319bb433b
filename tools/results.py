"""`make results`: compute every stored run that is missing, and write the manifest of their checksums.

The manifest, data/results/manifest.sha256, has a line per file in the form that `sha256sum --check` reads. A test
compares it: an edited result is noticed. `make verify` finds an edit that has changed the manifest, too.
"""

import hashlib
import importlib

import lessons.classifier
from helpers import course, sweeps
from tools import LESSONS

MANIFEST = sweeps.RESULTS / "manifest.sha256"


def registered():
    """Every run function of the lessons, as `sweeps.repeated` has registered them."""
    modules = [importlib.import_module(f"lessons.{name}").__name__ for name in LESSONS]
    return [function for function in sweeps.REGISTERED if function.__module__ in modules]  # not those of tests


def manifest():
    """A line per stored file below data/results/: its SHA-256 and its path."""
    paths = sorted(path for path in sweeps.RESULTS.rglob("*.json") if not path.name.endswith(".failed.json"))
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(sweeps.RESULTS)}" for path in paths]
    return "\n".join(lines) + "\n"


def main():
    """Compute what is missing, and the weights of the judge of generated images; write the manifest."""
    for function in registered():
        for name in function.runs:
            print(f"{function.__name__} {name}".rstrip())
            function.table(name)
    lessons.classifier.fashion_judge()
    course.write_atomically(MANIFEST, manifest())


if __name__ == "__main__":
    main()
