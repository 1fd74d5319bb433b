"""Builds the course's website from the committed course: `make site` writes _site/. Nothing is run or fetched.

The sources of its pages are written to _build/site/source/, where Sphinx reads them; a warning is an error.
"""

import argparse
import importlib.util
import json
import logging
import pathlib
import shutil
import sys
import time

import around
import lesson
import material
from fontTools import subset
from sphinx.cmd.build import build_main

LETTERS = "U+0020-024F,U+0300-0304,U+0370-03FF,U+2010-2027,U+2030-203A,U+2070-209F,U+2190-2193,U+2200-226F,U+FB01-FB02"
FONTS = {  # the file in static/fonts, by the one of the package
    "sans": ("font_source_sans_pro", "SourceSansPro-Regular"),
    "sans-italic": ("font_source_sans_pro", "SourceSansPro-It"),
    "sans-bold": ("font_source_sans_pro", "SourceSansPro-Semibold"),
    "serif-bold": ("font_source_serif_pro", "SourceSerifPro-Semibold"),
}
UNUSED = (  # of what the themes bring: the pages load none of it
    "**/*.map", "**/*.LICENSE.txt", "**/*macros.html", "scripts/fontawesome.js", "vendor", "locales", "images",
    "file.png", "minus.png", "plus.png", "webpack*", "katex_autorenderer.js",
)  # fmt: skip


def write_sources(folder):
    """Write the pages that Sphinx reads into an empty folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, page in around.sources().items():
        (folder / name).write_text(page, encoding="utf-8")
    for path in material.NOTEBOOKS:
        (folder / path.name).write_text(json.dumps(lesson.page(path)), encoding="utf-8")


def package(name):
    """The folder of an installed package, which is not imported: it may want what is not there."""
    return pathlib.Path(importlib.util.find_spec(name).origin).parent


def add_fonts(static):
    """Write the letters that the course uses, and KaTeX's style with its fonts, into _static/."""
    logging.getLogger("fontTools").setLevel(logging.WARNING)
    (static / "fonts").mkdir()
    for name, (source, file) in FONTS.items():
        options = subset.Options(flavor="woff2", layout_features=["kern", "liga", "tnum", "lnum"], obfuscate_names=True)
        font = subset.load_font(package(source) / "files" / f"{file}.ttf", options)
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=subset.parse_unicodes(LETTERS))
        subsetter.subset(font)
        subset.save_font(font, static / "fonts" / f"{name}.woff2", options)
        shutil.copy(package(source) / "files" / "LICENSE.txt", static / "fonts" / "LICENSE.txt")
    katex = package("djangocms_katex") / "static" / "djangocms_katex" / "vendor" / "katex"
    (static / "katex" / "fonts").mkdir(parents=True)
    for name in ("katex.min.css", "LICENSE", *(f"fonts/{path.name}" for path in (katex / "fonts").glob("*.woff2"))):
        shutil.copy(katex / name, static / "katex" / name)


def finish(folder):
    """Add what is no page (notebooks, pictures of the front page, playground, PDFs), and drop what no page loads."""
    add_fonts(folder / "_static")
    for pattern in UNUSED:
        for path in sorted((folder / "_static").glob(pattern), reverse=True):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for part in ("notebooks", "figures"):
        (folder / part).mkdir()
    for path in material.NOTEBOOKS:
        shutil.copy(path, folder / "notebooks" / path.name)
    for picture in ["figures/front.png", *(about["picture"] for about in material.lessons())]:
        shutil.copy(material.ROOT / picture, folder / picture)
    if material.playground():
        shutil.copytree(material.playground(), folder / "playground")
    if material.papers():
        (folder / "pdf").mkdir()
        for path in material.papers():
            shutil.copy(path, folder / "pdf" / path.name)
    shutil.rmtree(folder / "_sources", ignore_errors=True)  # the notebooks' outputs once more
    (folder / ".nojekyll").touch()


def build(target, work):
    """Build the site into `target`, which is replaced once all went well; SystemExit if Sphinx warns.

    `work` is the folder for the pages' sources and what Sphinx keeps.
    """
    begun, sources, made = time.monotonic(), work / "source", work / "html"
    shutil.rmtree(made, ignore_errors=True)
    write_sources(sources)
    places = ["-c", str(material.SITE), "-d", str(work / "doctrees"), str(sources), str(made)]
    if build_main(["-b", "html", "-E", "-q", "-W", "--keep-going", *places]):
        raise SystemExit("the site was not built: see above")
    finish(made)
    shutil.rmtree(target, ignore_errors=True)
    shutil.move(made, target)
    size = sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
    print(f"{target}: {size / 1e6:.1f} MB in {time.monotonic() - begun:.0f} seconds; open {target / 'index.html'}")


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=pathlib.Path, default=material.ROOT / "_site")
    parser.add_argument("--work", type=pathlib.Path, default=material.ROOT / "_build" / "site")
    given = parser.parse_args()
    build(given.to, given.work)


if __name__ == "__main__":
    sys.path.insert(0, str(material.SITE))
    main()
