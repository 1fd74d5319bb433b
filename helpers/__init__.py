"""The plumbing under the notebooks: one module per job, imported by name (`from helpers import data, plots`)."""

VERSION = "1.0.0"  # of the course: as in CITATION.cff, with its contents in CHANGELOG.md
