"""`make slides`: a deck for each notebook and one for its presenter, from the executed notebook, as PDFs in _pdf/.

The bold sentence of each conclusion is its slide's headline; the prediction stands on a slide before it. What only a
deck needs (the title's picture, further pictures, listings) is in site/typst/decks.toml; notes for the presenter come
from TEACHING.md. A deck has at most LONGEST slides: further pictures are left out first, then two late predictions
share a slide.
"""

import ast
import functools
import json
import re
import sys
import time

from helpers import course
from tools import typeset
from tools.numbers import MARK, NUMBER
from tools.typeset import Fault, inline, picture, plain, quoted

LONGEST = 30
GLANCE = 800  # letters of a list on one slide
SHORT = 70  # letters of a prediction that does not explain itself
NUMBERS = [path.stem[:2] for path in sorted((course.ROOT / "notebooks").glob("*.py"))]
SECTION = re.compile(r"^(\d+)\. (.+)$")


@functools.cache
def parts(number):
    """An executed notebook by its headings: a list of (heading, list of ("text", Markdown) and ("code", cell))."""
    (path,) = (course.ROOT / "notebooks").glob(f"{number}_*.ipynb")
    found = [("", [])]
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code":
            found[-1][1].append(("code", {"source": source, "outputs": cell["outputs"]}))
            continue
        for chunk in re.split(r"(?m)^(?=##? )", source):
            heading = re.match(r"##? (.+)\n*", chunk)
            if heading:
                found.append((heading[1].strip(), []))
            text = chunk[heading.end() :] if heading else chunk
            if text.strip():
                found[-1][1].append(("text", text.strip()))
    return found[1:]


def prose(content):
    """The Markdown of some cells."""
    return "\n\n".join(text for kind, text in content if kind == "text")


def one_line(text):
    """A text without line breaks."""
    return re.sub(r"\s*\n\s*", " ", text).strip()


def section(number, heading, content):
    """What the slides of one section need: a dict; a part that is missing is a Fault that names the section."""
    where, text = f"notebook {number}, “{heading}”", prose(content)
    blocks = [one_line(block) for block in re.split(r"\n\s*\n", text)]
    minutes, question = (
        re.search(pattern, "\n".join(blocks)) for pattern in (r"\*([\d.]+) minutes\.\*", r"\*\*Question\.\*\* (.+)")
    )
    folded = re.search(r"<summary><b>Conclusion</b>.*?</summary>\s*(.+?)\s*</details>", text, re.DOTALL)
    bold = re.match(r"\*\*(.+?)\*\*(?!\*)\s*(.*)", folded[1], re.DOTALL) if folded else None
    for name, part in {"minutes": minutes, "question": question, "conclusion with a bold sentence": bold}.items():
        if not part:
            raise Fault(f"{where} has no {name}")
    predictions = [block[block.index("**Predict") :] for block in blocks if "**Predict" in block]
    before, after, captions, guesses = [], [], {}, []
    for (kind, part), following in zip(content, [*content[1:], ("", "")], strict=True):
        guesses += re.findall(r'^guess\("([\w.]+)"', part["source"]) if kind == "code" else []
        for output in part["outputs"] if kind == "code" else ():
            name = output.get("metadata", {}).get("course", {}).get("picture")
            if name:
                (after if guesses else before).append(name)
                caption = re.match(r"\*(?!\*)(.+?)(?<!\*)\*(?!\*)(\s*\n|$)", str(following[1]), re.DOTALL)
                captions[name] = one_line(caption[1]) if caption else ""
    order, title = SECTION.match(heading).groups()
    return {
        "where": where, "order": int(order), "title": title, "minutes": minutes[1], "question": question[1],
        "change": next((block for block in blocks if block.startswith("**Change it.**")), ""),
        "sentence": one_line(bold[1]), "rest": one_line(bold[2]), "predictions": predictions, "guesses": guesses,
        "before": before, "after": after, "captions": captions,
        "formulas": [part for part in zip(["", *blocks], blocks, [*blocks[1:], ""], strict=False) if "$$" in part[1]],
    }  # fmt: skip


def bullets(content):
    """The items of the lists in some Markdown cells, each on one line."""
    return [one_line(item) for item in re.findall(r"(?ms)^- (.+?)(?=^- |^\S|\n\n|\Z)", prose(content))]


def exercises(content):
    """Of each exercise: its number, its title and the beginning of its text."""
    found = re.findall(r"(?s)\*\*Exercise (\d+) \((.+?)\)\.\*\* (.+?)(?=\n\n|\Z)", prose(content))
    return [(number, title, opening(one_line(body))) for number, title, body in found]


def opening(text, longest=215, long=120):
    """The first sentences of a text, at least one, up to a prediction; a long one ends at its colon, as the last."""
    kept = ""
    for sentence in re.findall(r"(?:`[^`]*`|[^`.?!]|[.?!](?!\s|$))+[.?!:]?", text):
        hidden = re.sub(r"`[^`]*`", lambda code: code[0].replace(":", "\0"), sentence)  # a colon of code ends nothing
        short = re.sub(r":(\s.*)?$", ".", hidden).replace("\0", ":")
        part = sentence if len(sentence) <= long and not sentence.endswith(":") else short
        if kept and (len(kept + part) > longest or sentence.strip().startswith("Predict")):
            break
        kept += part
        if part != sentence:
            break
    return kept.strip()


@functools.cache
def teaching(number):
    """What TEACHING.md says about one notebook: after it (list), when late, rows by section, exercises, quizzes."""
    text = (course.ROOT / "TEACHING.md").read_text(encoding="utf-8")
    part = re.search(rf"(?ms)^## {number} .+?(?=^## |\Z)", text)
    if not part:
        raise Fault(f"TEACHING.md has no part for notebook {number}")
    tables = re.findall(r"(?m)(?:^\|.*\|\n)+", part[0])
    rows = [[[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()[2:]] for table in tables]
    by_section = []
    for row in rows[0]:
        if row[0]:
            by_section.append([])
        by_section[-1].append(row[1:])
    quizzes = re.findall(r"(?ms)^\*\*(Quiz [\d.]+)\.\*\* (.+?)\n\n(.+?)(?=\n\n|\Z)", part[0])
    return {
        "able": re.findall(r"(?m)^- (.+)$", part[0].partition("**When late**")[0]),
        "late": "".join(re.findall(r"\*\*When late\*\*.+", part[0])[:1]),
        "sections": by_section,
        "exercises": rows[1],
        "quizzes": [(name, asked, re.search(r"- \[x\] (.+)", options)[1]) for name, asked, options in quizzes],
    }


def used(number):
    """What a notebook uses of lessons/ and helpers/: a list of (file, names of functions and classes)."""
    code = "\n".join(cell["source"] for _, content in parts(number) for kind, cell in content if kind == "code")
    found = {}
    for node in ast.walk(ast.parse(re.sub(r"(?m)^[%!].*$", "", code))):
        if isinstance(node, ast.ImportFrom) and node.module in ("helpers", "lessons"):
            found |= {each.asname or each.name: f"{node.module}/{each.name}.py" for each in node.names}
    told = []
    for alias, path in sorted(found.items(), key=lambda pair: (pair[1].startswith("helpers"), pair[1])):
        names = list(dict.fromkeys(re.findall(rf"(?<![\w.]){alias}\.(?!set_style|show\b)(\w+)", code)))
        if names and not path.endswith(("/course.py", "/exercises.py")):  # claims, checks: the same everywhere
            few = [name for n, name in enumerate(names) if len(", ".join(names[: n + 1])) < 50]
            told.append((path, few + ["…"] * (len(few) < len(names))))
    return told


def call(kind, **values):
    """A slide: its kind, and its Typst dictionary of values that are Typst already."""
    return kind, f'(kind: "{kind}", {", ".join(f"{key}: {value}" for key, value in values.items())})'


def array(items):
    """Typst values as an array."""
    return f"({''.join(f'{item}, ' for item in items)})"


def markup(text, where):
    """Markdown as a Typst content block; of a list of texts, an array of such blocks."""
    return f"[{inline(text, where)}]" if isinstance(text, str) else array([markup(each, where) for each in text])


@functools.cache
def deck(number):
    """The title of one notebook and its slides: a list of (kind, Typst dictionary with the presenter's notes)."""
    if number not in settings():
        raise Fault(f"site/typst/decks.toml has no part for notebook {number}")
    setting, chapters = settings()[number], dict(parts(number))
    title, taught, where = next(iter(chapters)), teaching(number), f"notebook {number}"
    sections = [section(number, heading, content) for heading, content in chapters.items() if SECTION.match(heading)]
    for name in " ".join([*setting.get("pictures", []), *setting.get("answers", [])]).split():
        if not any(name in each["captions"] for each in sections):
            raise Fault(f"{where} shows no picture {name}, which site/typst/decks.toml names")
    if len(taught["sections"]) != len(sections) + 1:
        raise Fault(f"TEACHING.md has {len(taught['sections'])} rows of sections for notebook {number}, not "
                    f"{len(sections) + 1}: one for each section, one for the recap")  # fmt: skip
    listings = {int(order): listing(number, anchors) for order, anchors in setting.get("code", {}).items()}
    rows = [ask(each, rows) for each, rows in zip(sections, taught["sections"], strict=False)]
    fixed = 2 + 5 + 2 * len(sections)  # title, aims; structure, report, exercises, recap, references
    wanted = {"pictures": setting.get("pictures", []), "formula": setting.get("formulas", []), "code": listings}
    extras = [(kind, each) for kind, several in wanted.items() for each in several]
    kept = extras[: max(LONGEST - fixed, setting.get("at_least", 0))]
    pairs = max(0, fixed + len(kept) - LONGEST)
    alone = len(sections) - 2 * pairs  # so many first sections have a prediction slide of their own
    if alone < 0:
        raise Fault(f"{where} has {len(sections)} sections, too many for {LONGEST} slides")
    slides = beginning(number, chapters, setting, sections, taught)
    for place, (each, notes) in enumerate(zip(sections, rows, strict=True)):
        extra = [extra_slide(kind, what, each, listings) for kind, what in kept]
        slides += [slide for early, slide in filter(None, extra) if early]
        if place < alone:
            slides.append(call("question", **question(each), notes=notes))
        elif (place - alone) % 2 == 0:
            both = [f"({', '.join(f'{k}: {v}' for k, v in question(s).items())})" for s in sections[place : place + 2]]
            slides.append(call("pair", both=array(both), notes=f"{notes} + {rows[place + 1]}"))
        slides += [slide for early, slide in filter(None, extra) if not early]
        slides.append(answer(each, setting))
    slides += ending(number, chapters, taught)
    return title, slides


@functools.cache
def settings():
    """site/typst/decks.toml: what only the decks need, by notebook."""
    return course.tomllib.loads((course.ROOT / "site" / "typst" / "decks.toml").read_text(encoding="utf-8"))


def ask(each, rows):
    """Notes for a prediction slide: a table of what to ask, the right answer, the usual wrong one; more predictions."""
    where = f"TEACHING.md, {each['where']}"
    cells = [markup(row[1:], where) for row in rows]
    more = [markup(f"*Also to predict:* {text}", each["where"]) for text in each["predictions"][1:]]
    minutes = next((row[0] for row in rows if row[0].strip()), each["minutes"])
    return f"(asked({quoted(minutes)}, {array(cells)}), {', '.join([*more, ''])})"


def question(each):
    """Number, heading, question and the first prediction of a section as Typst values."""
    predict = [markup(text, each["where"]) for text in each["predictions"][:1]]
    if predict and each["guesses"] and len(plain(each["predictions"][0])) < SHORT:  # it leans on the text above it
        predict[0] += f" + meant[{inline(course.entry(each['guesses'][0])['says'])}]"
    return {
        "order": each["order"], "title": markup(each["title"], each["where"]),
        "question": markup(each["question"], each["where"]), "predict": (predict or ["none"])[0],
    }  # fmt: skip


def answer(each, setting):
    """The slide of a conclusion: its bold sentence over a picture, or over its numbers where there is no picture."""
    where, chosen = each["where"], [name for name in setting.get("answers", []) if name in each["captions"]]
    chosen = chosen or each["after"][-1:] or each["before"][-1:]  # else the last one, those after the guess first
    asked = re.split(r"(?<=[.?!])\s", each["question"])[-1] if len(plain(each["sentence"])) < 30 else ""
    texts = {"order": each["order"], "title": quoted(each["title"]), "sentence": markup(each["sentence"], where)}
    texts["asked"] = markup(asked, where)
    notes = [markup(text, where) for text in (each["rest"], each["change"]) if text]
    if not chosen:
        return call("numbers", **texts, numbers=array(numbers_of(each)), notes=array(notes))
    return call("answer", **texts, picture=drawn(chosen[0], each), notes=array(notes + in_words(chosen[:1], each)))


def drawn(name, each):
    """A picture of a section as Typst: path, alternative text, what is seen of it, caption."""
    part = array(map(str, settings()["trim"].get(name, [0, 0, 1, 1])))
    path, alt = picture(name, each["where"])
    return f"(path: {path}, alt: {alt}, part: {part}, caption: {markup(each['captions'][name], each['where'])})"


def numbers_of(each):
    """Up to four numbers of a conclusion, as they are written there, each with what its claim says."""
    text, told, end = f"{each['sentence']} {each['rest']}", {}, 0
    for mark in MARK.finditer(text):
        number = NUMBER.search(text[end : mark.start()])
        if number and not mark["low"] and not mark["report"]:
            told.setdefault(mark["id"], number[0].strip("*"))
        end = mark.end()
    return [f"({quoted(value)}, {quoted(course.entry(name)['says'])})" for name, value in list(told.items())[:4]]


def extra_slide(kind, what, each, listings):
    """A further picture, formula or listing: (is it shown before the prediction?, slide); None in another section."""
    head, early = {"order": each["order"], "title": quoted(each["title"])}, True
    names = [name for name in what.split() if name in each["captions"]] if kind == "pictures" else []
    if not names and what != each["order"]:
        return None
    if kind == "code":
        body = {"source": json.dumps(listings[what], ensure_ascii=False), "notes": "()"}
    elif kind == "formula":
        triples = [", ".join(markup(text, each["where"]) for text in triple) for triple in each["formulas"]]
        body = {"formulas": array([f"({triple})" for triple in triples]), "notes": "()"}
    else:
        body = {"pictures": array([drawn(name, each) for name in names]), "notes": array(in_words(names, each))}
        early = bool(each["guesses"]) and names[0] in each["before"]  # without a guess it may hold the answer
    return early, call(kind, **head, **body)


def in_words(names, each):
    """Notes for the presenter about pictures: caption and alternative text of each."""
    texts = [(each["captions"][name], json.loads(picture(name, each["where"])[1])) for name in names]
    said = [(inline(caption, each["where"]), quoted(alt)) for caption, alt in texts]
    return [f"[#strong[On the picture.] {caption} #emph[#{alt}]]" for caption, alt in said]


def listing(number, anchors):
    """The code of the cells that hold certain texts, in the order of these, without imports and the course's calls."""
    cells = [cell["source"] for _, content in parts(number) for kind, cell in content if kind == "code"]
    shown = []
    for anchor in anchors:
        found = [source for source in cells if anchor in source]
        if not found:
            raise Fault(f"notebook {number} has no cell with {anchor!r}, which site/typst/decks.toml names")
        shown += [line for line in found[0].split("\n") if not re.match(r"import |from |course\.|plots\.", line)] + [""]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(shown)).strip()


def beginning(number, chapters, setting, sections, taught):
    """The first slides: the title beside a part of a picture, and the aims, with what a student can do after it."""
    where, title = f"notebook {number}", next(iter(chapters))
    path, alt = picture(setting["title"], f"{where}, title")
    named, more = re.match(r"\d+ · ([^?:]+\??):? ?(.*)", title).groups()
    minutes = sum(float(each["minutes"]) for each in sections)
    notes = markup([taught["late"], f"Sections: {minutes:.0f} minutes without the code."], "TEACHING.md")
    texts = {"title": markup(named, ""), "subtitle": markup(more[:1].upper() + more[1:], "")}
    crop = array(map(str, setting["part"]))
    items = markup([item[0].upper() + item[1:].rstrip(";.") for item in bullets(chapters[title])], where)
    able = ["**After it, a student can**", *(f"– {item}" for item in taught["able"])]
    return [
        call("title", number=quoted(number), **texts, path=path, alt=alt, part=crop, notes=notes),
        call("aims", items=items, notes=markup(able, "TEACHING.md")),
    ]


def ending(number, chapters, taught):
    """The last slides: structure of the code, what the report said, exercises, recap, references."""
    where = f"notebook {number}"
    code = [array([quoted(path), array(map(quoted, names))]) for path, names in used(number)]
    said = bullets(chapters["What the report said, what we found"])
    seen = [item for n, item in enumerate(said) if len(plain(" ".join(said[: n + 1]))) <= GLANCE]
    unseen = "".join(f", {markup(item, where)}" for item in said[len(seen) :])
    tasks = exercises(chapters["Your turn"])
    tasks = [f'("{n}", {quoted(title)}, {markup(text, where)})' for n, title, text in tasks]
    rows = [markup(row, "TEACHING.md") for row in taught["exercises"]]
    last = taught["sections"][-1]
    cells = [markup(row[1:], "TEACHING.md") for row in last]
    quizzes = [f"**{name}.** {asked} → {right}" for name, asked, right in taught["quizzes"]]
    recap, references = (markup(bullets(chapters[heading]), where) for heading in ("Recap", "References"))
    return [
        call("structure", number=quoted(number), modules=array(code), notes="()"),
        call("report", items=markup(seen, where), notes=f"(asked({quoted(last[0][0])}, {array(cells)}){unseen},)"),
        call("exercises", tasks=array(tasks), notes=f"(marked({array(rows)}),)"),
        call("recap", items=recap, notes=markup(quizzes, "TEACHING.md")),
        call("references", items=references, notes="()"),
    ]


def source(number, presenter=False):
    """The Typst text of a deck, or of its presenter's pages."""
    title, slides = deck(number)
    by_name, by_role = typeset.colours()
    accent = (by_role | by_name)[settings()[number]["colour"]]
    name = quoted(f"{plain(title)}{', with notes' if presenter else ''}")
    body = ",\n".join(slide for _, slide in slides)
    lines = [
        f'#import "{typeset.TEMPLATES}/deck.typ": *',
        f'#set document(title: {name}, author: "The course’s authors")',
        f'#show-deck(rgb("{accent}"), presenter: {str(bool(presenter)).lower()}, (\n{body},\n))',
    ]
    return "\n".join(lines), len(slides)


def build(number):
    """Write both PDFs of a notebook; return the number of slides."""
    for presenter, name in enumerate(("slides", "notes")):
        text, slides = source(number, presenter)
        typeset.compiled(text, f"{name}_{number}", pages=slides)
    return slides


def main():
    for number in (number for number in NUMBERS if number in sys.argv[1:] or not sys.argv[1:]):
        started = time.perf_counter()
        try:
            slides = build(number)
        except Fault as fault:
            raise SystemExit(f"no slides of notebook {number}. {fault}") from None
        print(f"_pdf/slides_{number}.pdf: {slides} slides, {time.perf_counter() - started:.1f} s")


if __name__ == "__main__":
    main()
