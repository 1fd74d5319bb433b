"""The site, built once for all tests, and a Chromium that reads it from its files."""

import functools
import json
import pathlib
import shutil
import subprocess
import sys
import time
from typing import NamedTuple

import bs4
import material
import pytest
from playwright.sync_api import sync_playwright

LESSONS = [path.stem for path in material.NOTEBOOKS]
PAGES = ["index", *LESSONS, "glossary", "claims", "reports", "differ", "teaching", "search"]
WIDTHS = {1280: 900, 390: 844}  # of a window, with its height
SWITCHES = ["--no-sandbox", "--disable-gpu"]  # as root, and without a screen


class Site(NamedTuple):
    """The built site: its folder, and how many seconds its build took."""

    folder: pathlib.Path
    seconds: float

    def address(self, page):
        """Where Chromium finds a page."""
        return (self.folder / f"{page}.html").as_uri()

    def soup(self, page):
        """A page as Beautiful Soup reads it."""
        return _soup(self.folder / f"{page}.html")


@functools.cache
def _soup(path):
    return bs4.BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site") / "html"
    places = ["--to", str(folder), "--work", str(folder.with_name("work"))]
    begun = time.monotonic()
    built = subprocess.run([sys.executable, material.SITE / "build.py", *places], capture_output=True, text=True)
    assert built.returncode == 0, built.stdout + built.stderr
    return Site(folder, time.monotonic() - begun)


@pytest.fixture(scope="session")
def chromium():
    place = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert place, "these tests need a Chromium: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=place, args=SWITCHES)
        yield browser
        browser.close()


@pytest.fixture
def reader(chromium):
    """Gives a new reader's page, offline, and closes it afterwards: reader(width, theme, script)."""
    contexts = []

    def open_page(width=1280, theme="light", script=True):
        size = {"width": width, "height": WIDTHS[width]}
        context = chromium.new_context(viewport=size, color_scheme=theme, java_script_enabled=script, offline=True)
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


def notebook(name):
    """A committed notebook, as its JSON."""
    return json.loads((material.ROOT / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8"))


def guessed(name):
    """The ids of a notebook's predictions, in order."""
    sources = ["".join(cell["source"]) for cell in notebook(name)["cells"] if cell["cell_type"] == "code"]
    return [source.split('"')[1] for source in sources if source.startswith("guess(")]
