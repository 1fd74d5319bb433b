"""Slides and reports: as many pages as promised, nothing cut or too small, and what they say is what was measured."""

import io
import re
import time

import pypdf
import pytest

from helpers import course
from tools import numbers, report, slides, typeset

REPORTS = sorted(report.FOLDER.glob("*.md"))
FONTS = {"LibertinusSerif", "NewCMMath", "DejaVuSansMono", "NewComputerModernMath"}  # those that the compiler brings
WIDE, HIGH, SMALLEST = 960, 540, 18  # points
LARGEST, QUICKEST = 1_500_000, 5  # bytes of a deck, seconds of processor time for all


@pytest.fixture(scope="module")
def pdfs(tmp_path_factory):
    """Every deck, its presenter's pages and every report, built anew: a dict of name to the bytes of the PDF."""
    folder = tmp_path_factory.mktemp("pdf")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typeset, "OUTPUT", folder)
        started = time.process_time()
        for number in slides.NUMBERS:
            slides.build(number)
        assert time.process_time() - started < QUICKEST
        for path in REPORTS:
            report.build(path)
    return {path.stem: path.read_bytes() for path in folder.glob("*.pdf")}


def reader(pdfs, name):
    return pypdf.PdfReader(io.BytesIO(pdfs[name]))


def told(text):
    """A text for comparing: one kind of quotation mark, of hyphen and of space; formulas are left to `plain`."""
    text = re.sub("[“”]", '"', re.sub("[‘’]", "'", text))
    return re.sub(r"\s+", "", text.replace("\u2011", "-").replace("\u2212", "−").replace("\u00ad", ""))


def letters(page):
    """The texts of a page with x, y and size in points, and the name of their font."""
    found = []

    def visit(text, outer, inner, font, size):
        if text.strip():
            _, _, _, d, e, f = times(inner, outer)
            found.append((text, e, f, size * abs(d), str((font or {}).get("/BaseFont", "")).split("+")[-1]))

    page.extract_text(visitor_text=visit)
    return found


def times(first, second):
    """The product of two transformations of a PDF, each six numbers."""
    a, b, c, d, e, f = first
    g, h, i, j, k, m = second
    return a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m


def marked(node, wanted):
    """The elements of a PDF's structure of some kinds."""
    node = node.get_object() if hasattr(node, "get_object") else node
    children = node.get("/K", []) if isinstance(node, dict) else []
    children = children if isinstance(children, list) else [children]
    own = [node] if isinstance(node, dict) and node.get("/S") in wanted else []
    return own + [each for child in children if not isinstance(child, int) for each in marked(child, wanted)]


@pytest.mark.parametrize("number", slides.NUMBERS)
def test_a_deck_has_a_page_for_each_slide_and_is_small_enough(pdfs, number):
    _, made = slides.deck(number)
    for name in (f"slides_{number}", f"notes_{number}"):
        assert len(reader(pdfs, name).pages) == len(made) <= slides.LONGEST
        assert len(pdfs[name]) < LARGEST
    assert made[0][0] == "title" and [kind for kind, _ in made[-3:]] == ["exercises", "recap", "references"]


@pytest.mark.parametrize("number", slides.NUMBERS)
def test_nothing_on_a_slide_is_too_small_or_cut(pdfs, number):
    for place, page in enumerate(reader(pdfs, f"slides_{number}").pages, start=1):
        assert (page.mediabox.width, page.mediabox.height) == (WIDE, HIGH)
        for text, x, y, size, font in letters(page):
            assert 0 < x < WIDE - 10 and 0 < y < HIGH, f"slide {place}: {text!r} is cut"
            index = "Math" in font  # the indices of a formula
            assert size > SMALLEST - 0.1 or index, f"slide {place}: {text!r} has {size:.1f} points"


def test_only_the_compilers_fonts_are_used_and_every_letter_has_one(pdfs):
    for name in pdfs:
        for page in reader(pdfs, name).pages:
            text = page.extract_text()
            assert "\ufffd" not in text and "\0" not in text, name
            for _, _, _, _, font in letters(page):
                assert not font or any(known in font for known in FONTS), font


def test_a_letter_without_a_glyph_stops_the_build():
    with pytest.raises(typeset.Fault, match="could not be displayed"):
        typeset.compiled('#set document(title: "x")\n#set text(lang: "en")\n漢', "never", 1)


@pytest.mark.parametrize("number", slides.NUMBERS)
def test_each_conclusion_is_the_notebooks_and_comes_after_its_prediction(pdfs, number):
    pages = [told(page.extract_text()) for page in reader(pdfs, f"slides_{number}").pages]
    _, made = slides.deck(number)
    asked = [place for place, (kind, _) in enumerate(made) if kind in ("question", "pair")]
    answered = [place for place, (kind, _) in enumerate(made) if kind in ("answer", "numbers")]
    sections = [(heading, part) for heading, part in slides.parts(number) if slides.SECTION.match(heading)]
    assert len(answered) == len(sections)
    source = next((course.ROOT / "notebooks").glob(f"{number}_*.py")).read_text(encoding="utf-8")
    bold = re.findall(r"</summary>\n#\n# \*\*(.+?)\*\*(?!\*)", source, re.DOTALL)
    for (heading, part), place, text in zip(sections, answered, bold, strict=True):
        each = slides.section(number, heading, part)
        sentence = re.sub(r"\$[^$]+\$", "", numbers.MARK.sub("", re.sub(r"\n# ?", " ", text)))
        assert told(re.sub(r"[*`]", "", sentence)) in pages[place], heading
        question = told(re.sub(r"\$[^$]+\$.*", "", re.sub(r"[*`]", "", numbers.MARK.sub("", each["question"]))))
        (shown,) = [before for before in asked if question in pages[before]] or [None]
        assert shown is not None and shown < place, f"{heading}: the question stands after its answer"


@pytest.mark.parametrize("number", slides.NUMBERS)
def test_the_presenter_sees_what_teaching_says(pdfs, number):
    pages = [told(page.extract_text()) for page in reader(pdfs, f"notes_{number}").pages]
    for row in (row for rows in slides.teaching(number)["sections"] for row in rows):
        for cell in row[1:]:
            words = re.sub(r"\$[^$]+\$.*", "", re.sub(r"[*`]|\]\([^)]*\)|\[", "", numbers.MARK.sub("", cell)))
            assert any(told(words) in page for page in pages), cell


def test_pdfs_are_for_everybody(pdfs):
    for name in pdfs:
        pdf = reader(pdfs, name)
        root = pdf.trailer["/Root"]
        assert root["/Lang"].startswith("en") and root["/MarkInfo"]["/Marked"] and pdf.metadata.title
        assert b"pdfuaid" in root["/Metadata"].get_object().get_data()
        for element in marked(root["/StructTreeRoot"], ("/Figure", "/Formula")):
            assert str(element.get("/Alt", "")).strip(), f"{name}: a picture or formula without alternative text"


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.stem)
def test_a_report_has_two_pages_and_every_number_in_it_is_a_claim(pdfs, path):
    pdf = reader(pdfs, f"report_{path.stem}")
    assert len(pdf.pages) == report.PAGES
    text = path.read_text(encoding="utf-8")
    assert numbers.refreshed(text, numbers.values(), path.name) == text
    free = re.sub(r"[-+−]?\d[\d,.]*(\s?%)?(\*{0,2})(?=<!--)", "", text)
    free = re.sub(r"\$\$?[^$]+\$\$?|<!--.+?-->|## References.+", "", free, flags=re.DOTALL)
    assert re.findall(r"\d+\.\d+|\d+ ?%", free) in ([], ["15 %"])  # the share that the report set aside
    shown = told("".join(page.extract_text() for page in pdf.pages))
    for mark in numbers.MARK.finditer(text):
        number = numbers.NUMBER.search(text[: mark.start()])
        assert mark["low"] or told(number[0]) in shown


def test_a_report_of_another_length_is_refused(monkeypatch, tmp_path):
    path = tmp_path / REPORTS[0].name
    path.write_text(REPORTS[0].read_text(encoding="utf-8") + "\n\nMore words, again and again." * 300)
    monkeypatch.setattr(typeset, "OUTPUT", tmp_path)
    with pytest.raises(typeset.Fault, match="pages"):
        report.build(path)


def test_every_picture_that_slides_and_reports_name_exists():
    for number, setting in slides.settings().items():
        names = [setting[key] for key in ("title",) if key in setting] if number != "trim" else list(setting)
        names += [name for key in ("pictures", "answers") for entry in setting.get(key, []) for name in entry.split()]
        for name in names:
            assert typeset.picture(name)
    for path in REPORTS:
        for found in report.PICTURE.finditer(path.read_text(encoding="utf-8")):
            assert typeset.picture(found["name"])


def test_a_picture_that_no_section_shows_stops_the_build(monkeypatch):
    setting = slides.settings()
    monkeypatch.setattr(slides, "settings", lambda: setting | {"01": setting["01"] | {"answers": ["01_gone"]}})
    with pytest.raises(typeset.Fault, match="notebook 01 shows no picture 01_gone"):
        slides.deck.__wrapped__("01")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("it is 12 %<!--01.params.outer-->", "should be 'it is 84 %"),
        ("it is 12 %<!--01.not.there-->", "the claim 01.not.there is not in"),
        ("about half<!--01.params.outer in 0.4..0.6-->", "goes beyond these words"),
        (r"so $\aleph = 1$ holds", r"the formula \$.aleph = 1\$ has no alternative text: 'aleph'"),
        (r"so $\frac{1}$ holds", "has no alternative text"),
    ],
)
def test_a_damaged_number_or_formula_stops_the_build_and_is_named(text, said):
    with pytest.raises(typeset.Fault, match=said):
        typeset.inline(text, "a slide")


def test_a_claim_that_was_not_measured_stops_the_build(monkeypatch):
    monkeypatch.setattr(typeset, "measured", lambda: {})
    with pytest.raises(typeset.Fault, match=r"the claim 01\.\S+ is not in figures/claims.csv"):
        slides.deck.__wrapped__("01")


def test_a_picture_or_its_alternative_text_that_is_missing_stops_the_build(monkeypatch):
    with pytest.raises(typeset.Fault, match="figures/01_nothing.png does not exist"):
        typeset.picture("01_nothing")
    pictures = dict(course.texts("01")["pictures"])
    del pictures["01_maps"]
    monkeypatch.setattr(course, "texts", lambda number: {"claims": {}, "pictures": pictures})
    with pytest.raises(typeset.Fault, match="the picture 01_maps has no alternative text in lessons/claims/01.toml"):
        typeset.picture("01_maps")


@pytest.mark.parametrize(
    ("part", "said"), [("conclusion", "no conclusion with a bold sentence"), ("Question", "no question")]
)
def test_a_section_without_a_part_is_named(part, said):
    heading, content = next(each for each in slides.parts("01") if slides.SECTION.match(each[0]))
    gone = {"conclusion": "<summary>", "Question": "**Question.**"}[part]
    damaged = [(kind, text.replace(gone, "") if kind == "text" else text) for kind, text in content]
    with pytest.raises(typeset.Fault, match=f"notebook 01, “{heading}” has {said}"):
        slides.section("01", heading, damaged)


def test_a_sentence_that_does_not_fit_stops_the_build_with_its_name():
    long = "#" + typeset.quoted("A sentence without an end " * 60)
    _, slide = slides.call("recap", items=slides.array([f"[{long}]"] * 4), notes="()")
    source = f'#import "{typeset.TEMPLATES}/deck.typ": *\n#set document(title: "x")\n#show-deck(black, ({slide},))'
    with pytest.raises(typeset.Fault, match="the slide “Recap” does not fit"):
        typeset.compiled(source, "never", 1)


@pytest.mark.parametrize(
    ("latex", "words"),
    [
        (r"z = \mu + \sigma \varepsilon", "z equals mu plus sigma epsilon"),
        (r"\frac{1}{784}\sum_{j=1}^{784} (x_j - \hat{x}_j)^2",
         "1 over 784 the sum over j equals 1 to 784 of ( x sub j minus x hat sub j ) squared"),
        (r"e^{-0.3}", "e to the power of minus 0.3"),
    ],
)  # fmt: skip
def test_formulas_are_read_aloud(latex, words):
    assert typeset.spoken(latex) == words


def test_colours_are_those_of_the_pages():
    by_name, by_role = typeset.colours()
    source = (course.ROOT / "helpers" / "plots.py").read_text(encoding="utf-8")
    assert len(by_name) == 10 and all(colour in source for colour in by_name.values())
    assert by_role["VAE"] == by_name["ORANGE"] and by_role["autoencoder"] == by_name["BLUE"]
