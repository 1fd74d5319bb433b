"""What builds and measures the course; no notebook, lesson or helper imports it."""

import pathlib

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "lessons"
LESSONS = tuple(sorted(path.stem for path in FOLDER.glob("[a-z]*.py")))
