"""The pages around the lessons: front page, claims, "my numbers differ", and the course's own Markdown pages."""

import html
import json
import re

import material

FULL = "---\nhtml_theme.sidebar_secondary.remove: true\n---\n\n"  # no list of headings on the right


def sources():
    """Every page but the lessons: its Markdown, by the name of its file."""
    made = {"index": front, "claims": claims, "differ": differ, "glossary": glossary, "reports": reports}
    made |= {"teaching": teaching}
    return {f"{name}.md": write() for name, write in made.items()}


def reports():
    return material.ready(material.text("REPORTS.md"))


def teaching():
    page = material.text("TEACHING.md")
    for match in reversed(list(material.pages.QUIZ.finditer(page))):
        page = f"{page[: match.start()]}```{{quiz}} {match['id']}\n:open:\n```\n\n{page[match.end() :]}"
    return material.ready(page)


def differ():
    """README's advice for numbers that differ, with the first line of each notebook's run to compare with."""
    runs = {}
    for path in material.NOTEBOOKS:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        first = next(cell for cell in cells if cell["cell_type"] == "code")
        said = "".join("".join(output.get("text", "")) for output in first["outputs"]).strip()
        runs.setdefault(said, []).append(f"[{path.stem[:2]}]({path.name})")
    rows = [f"- {', '.join(lessons)}: {said}" for said, lessons in runs.items()]
    title, advice = material.DIFFER, material.ready(material.pages.section(material.text("README.md"), material.DIFFER))
    title = title.replace('"My', "“My").replace('"', "”")
    table = "Each number has its range on the page of the [claims](claims.md)."
    return f"# {title}\n\n{advice}\n\n{table}\n\n## What our run stood on\n\n" + "\n".join(rows) + "\n"


def glossary():
    """GLOSSARY.md as a table that can be searched: each term leads to the place where a lesson explains it."""
    introduction, terms = material.glossary()
    pages = {path.name[:2]: path.stem for path in material.NOTEBOOKS}
    rows = []
    for term in terms:
        key, lesson = material.slug(term["term"]), term["lesson"]
        there = f"{pages[lesson]}.html#{key}" if lesson in pages else f"#{key}"
        cells = (
            f'<th scope="row">{html.escape(term["term"])}</th><td>{html.escape(term["meaning"])}</td>'
            f'<td lang="pt">{html.escape(term["portuguese"])}</td>'
            f'<td><a href="{there}" aria-label="{html.escape(term["term"])} in lesson {lesson}">{lesson}</a></td>'
        )
        rows.append(f'<tr id="{key}">{cells}</tr>')
    heads = "term", "what it means", "Portuguese", "lesson"
    return f"# Glossary\n\n{introduction}\n\n{_table('glossary', 'terms', heads, rows)}\n"


def claims():
    """Every claim with its kind, its range and what this rests on."""
    pages = {path.name[:2]: path.stem for path in material.NOTEBOOKS}
    rows = []
    for about in material.claims():
        name, lesson = about["id"], about["id"][:2]
        value = material.written(about, about["value"]) if about["value"] is not None else "not yet"
        seeds = about["seeds"]
        seen = f'<span class="seen">{_seen(about, seeds)}</span>' if seeds else ""
        report = html.escape(material.reported(about)) if "report" in about else "–"
        cells = (
            f'<th scope="row">{html.escape(about["says"])} '
            f'<a href="{pages[lesson]}.html#claim-{name}"><code>{name}</code></a></th>'
            f"<td>{value}</td><td>{material.range_of(about)}</td><td>{report}</td><td>{about['kind']}</td>"
            f"<td>{html.escape(about.get('why', ''))}{seen}</td>"
        )
        rows.append(f'<tr id="{name}" data-kind="{about["kind"]}" data-lesson="{lesson}">{cells}</tr>')
    heads = "claim", "our run", "range", "the report", "kind", "evidence"
    kinds = {"live": "trained on your machine", "stored": "read from stored runs", "exact": "no training"}
    choices = [
        ("kind", "Kind", {kind: f"{kind}: {words}" for kind, words in kinds.items()}),
        ("lesson", "Lesson", {number: number for number in pages}),
    ]
    told = (
        "A number on which an argument rests is a **claim**. This page has all of them: what our last full run "
        "measured, the range in which another machine must land, the report's value, and what the range rests on. "
        "`live` was trained in that run, `stored` was read from runs made before, `exact` needs no training."
    )
    return f"{FULL}# Claims\n\n{told}\n\n{_table('claims', 'claims', heads, rows, choices)}\n"


def _seen(about, seeds):
    """Between which values a claim fell when its range was measured."""
    ends = [material.written(about, seeds[end]) for end in ("smallest", "largest") if seeds.get(end)]
    if len(ends) < 2:
        return ""
    return f"measured {ends[0]}" if ends[0] == ends[1] else f"measured {ends[0]} to {ends[1]}"


def _table(key, things, heads, rows, choices=()):
    """A table with a field above it that shows only the rows that hold all the words typed there."""
    fields = [
        f'<span class="filter-field"><label for="filter-{key}">Search these {len(rows)} {things}</label>'
        f'<input type="search" id="filter-{key}" autocomplete="off"></span>'
    ]
    for name, label, options in choices:
        values = "".join(f'<option value="{value}">{text}</option>' for value, text in options.items())
        fields.append(
            f'<span class="filter-field"><label for="filter-{key}-{name}">{label}</label>'
            f'<select id="filter-{key}-{name}" data-by="{name}"><option value="">all</option>{values}</select></span>'
        )
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    labels = "".join(f"--label-{place}: '{name}';" for place, name in enumerate(heads, 1))
    return (
        f'<form class="filter" data-table="table-{key}" data-things="{things}">{"".join(fields)}'
        f'<p role="status" class="filter-status"></p></form>\n'
        f'<table class="searchable" id="table-{key}" style="{labels}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def front():
    """README's promise in pictures."""
    readme, start = material.text("README.md"), material.text("start.md")
    title, picture, _, *rest = readme.split("\n\n")
    alt = re.match(r"!\[([^]]+)\]", picture)[1]
    promise = [block for block in "\n\n".join(rest).split("\n## ")[0].split("\n\n") if block.strip()]
    order = next(block for block in start.split("\n\n")[::-1] if re.match(r"\d\d", block)).strip()
    links = [_link(f"{material.NOTEBOOKS[0].stem}.html", "Begin with the first lesson", "begin")]
    if material.playground():
        links.append(_link("playground/index.html", "Play: draw, and let a network draw"))
    links.append(_link("teaching.html", "For teachers"))
    papers = [_link(f"pdf/{path.name}", re.sub(r"[_-]+", " ", path.stem)) for path in material.papers()]
    shelf = f'<div class="papers"><h3>To print</h3><p>{" ".join(papers)}</p></div>' if papers else ""
    return "\n\n".join(
        [
            FULL.strip(),
            title,
            f'<img class="front" src="figures/front.png" alt="{html.escape(alt)}">',
            "{.promise}\n" + material.ready(promise[0]),
            *(material.ready(block) for block in promise[1:]),
            f'<p class="begin-with">{" ".join(links)}</p>',
            "## The lessons",
            material.ready(order),
            f'<div class="cards">{"".join(map(_card, material.lessons()))}</div>',
            "## How these pages work",
            _ways(),
            shelf,
            _toctree(),
        ]
    )


def _link(target, words, kind=""):
    return f'<a class="button {kind}" href="{target}">{html.escape(words)}</a>'


def _card(about):
    path, time = about["path"], material.minutes(about["path"])
    number, headline = path.name[:2], material.with_claims_linked(about["headline"])
    minutes = f'<span class="minutes">runs in {time} min</span>' if time else ""
    alt = html.escape(material.alternative_text(about["picture"]))
    title, question = html.escape(about["title"]), html.escape(about["question"])
    return (
        f'<article class="card lesson-{number}"><img src="{about["picture"]}" alt="{alt}">'
        f'<h3><span class="number">{number}</span> <a href="{path.stem}.html">{title}</a></h3>'
        f'<p class="question">{question}</p><p class="headline">{headline}</p>{minutes}</article>'
    )


def _ways():
    differ, claims = '<a href="differ.html">If your numbers differ</a>', '<a href="claims.html">claim</a>'
    steps = {
        "Predict": "Before an experiment a page asks for your guess. What follows is covered until then.",
        "Compare": "Then your guess and the measured number stand side by side. Guesses stay in this browser.",
        "Doubt": f"A measured number is a link to its {claims}: its range, and what that rests on.",
        "Run it": f"Each lesson opens in Colab, or downloads as a notebook. {differ}, look here.",
    }
    shown = [f"<li><b>{name}</b> {text}</li>" for name, text in steps.items()]
    return f'<ol class="ways-of-reading">{"".join(shown)}</ol>'


def _toctree():
    lessons = "\n".join(path.stem for path in material.NOTEBOOKS)
    trees = [("Lessons", lessons), ("To look up", "glossary\nclaims\nreports\ndiffer"), ("For teachers", "teaching")]
    return "\n\n".join(f"```{{toctree}}\n:hidden:\n:caption: {name}\n\n{pages}\n```" for name, pages in trees)
