"""`make report`: two reports of two A4 pages, from the Markdown in site/reports/, as PDFs in _pdf/.

Their numbers carry the same marks as the notebooks' (tools/numbers.py), their pictures are those of figures/. A report
that has not exactly two pages stops the build.
"""

import re
import time

from helpers import course
from tools import typeset
from tools.typeset import Fault, inline, picture, plain, quoted

FOLDER = course.ROOT / "site" / "reports"
PAGES = 2
COLOURS = {"ae_and_vae": "BLUE", "deep_clustering": "INDIGO"}
SIZES = [size / 10 for size in range(112, 88, -1)]  # points of the text; the largest in which it has two pages
PICTURE = re.compile(r"!\[(?P<caption>.+)\]\((?P<name>\w+)(?P<wide> \"wide\")?\)")


def block(text, where):
    """One block of Markdown (a heading, a picture, a table, a list, a formula, a paragraph) as Typst."""
    shown = PICTURE.fullmatch(text)
    if shown:
        path, alt = picture(shown["name"], where)
        return f"#picture({path}, {alt}, [{inline(shown['caption'], where)}], wide: {str(bool(shown['wide'])).lower()})"
    if text.startswith("## "):
        return f"#heading(level: 2, [{inline(text[3:], where)}])"
    if text.startswith("|"):
        rows = [[f"[{inline(cell.strip(), where)}]" for cell in line.split("|")[1:-1]] for line in text.split("\n")]
        cells = [f"({', '.join(row)})" for row in (rows[0], *rows[2:])]
        return f"{cells[0]}, ({', '.join(cells[1:])})"
    items = re.split(r"(?m)^(?:- |\d+\. )", text)[1:]
    if items:
        kind = "list" if text.startswith("- ") else "enum"
        return f"#{kind}({', '.join(f'[{inline(item.strip(), where)}]' for item in items)})"
    return inline(text, where)


def source(path, size):
    """The Typst text of a report, with letters of that many points."""
    where = f"site/reports/{path.name}"
    blocks = [text.strip() for text in path.read_text(encoding="utf-8").split("\n\n") if text.strip()]
    title, subtitle, summary, *rest = blocks
    body, caption = [], None
    for text in rest:
        if text.startswith("Table: "):
            caption = inline(text[len("Table: ") :], where)
        elif text.startswith("|"):
            longest = max(len(plain(line.split("|")[2])) for line in text.split("\n"))
            columns = "(1fr, auto)" if longest < 12 else "(1fr, 1.15fr)"
            body.append(f"#listing({block(text, where)}, caption: [{caption}], columns: {columns})")
        else:
            body.append(block(text, where))
    # A formula of its own line and what follows it stay in one paragraph.
    body = re.sub(r"\s*(#formula\([^\n]*block: true\))\s*", r" \1 ", "\n\n".join(body))
    name = title.removeprefix("# ")
    colour = typeset.colours()[0][COLOURS[path.stem]]
    return (
        f'#import "{typeset.TEMPLATES}/report.typ": *\n'
        f'#set document(title: {quoted(plain(name))}, author: "The course’s authors")\n'
        f'#show: show-report.with(rgb("{colour}"), [{inline(name, where)}], [{inline(subtitle.strip("*"), where)}], '
        f"[{inline(summary, where)}], {size}pt)\n\n{body}\n"
    )


def build(path):
    """Write the PDF of a report in the largest letters in which it has two pages; return their size."""
    for size in SIZES:
        try:
            typeset.compiled(source(path, size), f"report_{path.stem}", PAGES)
            return size
        except Fault as fault:
            if size == SIZES[-1] or not str(fault).endswith(" pages"):
                raise


def main():
    for path in sorted(FOLDER.glob("*.md")):
        started = time.perf_counter()
        try:
            size = build(path)
        except Fault as fault:
            raise SystemExit(f"no report. {fault}") from None
        print(f"_pdf/report_{path.stem}.pdf: letters of {size} pt, {time.perf_counter() - started:.1f} s")


if __name__ == "__main__":
    main()
