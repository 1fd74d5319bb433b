"""Turns an executed notebook into the source of a page: gates, claims, folded bookkeeping, quizzes, solutions."""

import ast
import html
import json
import re

import material

from helpers import course

GUESS = re.compile(r'^guess\(\s*"(?P<id>[\w.]+)"')
CHECK = re.compile(r'(?m)^exercises\.check\(\s*"(?P<id>\d\d\.\d)"')


def page(path):
    """The notebook (a dict, as in its .ipynb) that Sphinx turns into the page of the notebook at `path`."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    number, solutions, seen = path.name[:2], material.solutions(), set()
    cells = [_cell(cell) for cell in notebook["cells"]]
    for cell in cells:
        if cell["cell_type"] == "markdown":
            cell["source"] = material.ready(cell["source"], "notebooks")
    codes = [cell for cell in cells if cell["cell_type"] == "code"]
    _lead(cells[0], path)
    _classes(cells)
    _index(cells, number)
    codes[0]["metadata"]["tags"] = ["hide-input", "setup"]
    made = []
    for cell in cells:
        guess = cell["cell_type"] == "code" and GUESS.match(cell["source"])
        made.append(markdown(f"```{{gate}} {guess['id']}\n```") if guess else cell)
        if cell["cell_type"] == "code":
            _outputs(cell, seen)
            if only_bookkeeping(cell["source"]):
                cell["metadata"].setdefault("tags", []).append("hide-input")
            made += [markdown(_solution(name, *solutions[name])) for name in CHECK.findall(cell["source"])]
    notebook["cells"] = [cell | {"id": f"cell-{place}"} for place, cell in enumerate(_with_quiz(made, number))]
    notebook["metadata"]["file_format"] = "mystnb"
    return notebook


def markdown(source):
    """A Markdown cell."""
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def only_bookkeeping(source):
    """True if a cell only imports, and writes claims down or shows their table: nothing that a lesson is about."""
    try:
        body = ast.parse(source).body
    except SyntaxError:  # a magic
        return False
    calls = [node for node in body if not isinstance(node, (ast.Import, ast.ImportFrom))]
    names = [
        ast.unparse(node.value.func)
        for node in calls
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    ]
    return bool(calls) and len(names) == len(calls) and set(names) <= {"claim", "course.claims_table"}


def _cell(cell):
    source = "".join(cell["source"])
    kept = {"cell_type": cell["cell_type"], "metadata": dict(cell["metadata"]), "source": source}
    if cell["cell_type"] == "code":
        kept |= {"execution_count": cell["execution_count"], "outputs": cell["outputs"]}
        for output in cell["outputs"]:
            alt = output.get("metadata", {}).get("image/png", {}).get("alt")
            if alt:  # myst-nb takes the text of a picture from its cell alone
                kept["metadata"]["mystnb"] = {"image": {"alt": alt}}
    return kept


def _lead(cell, path):
    """Replace the badge below the title by links, and say of which run the page is."""
    title, _, rest = cell["source"].partition("\n")
    rest = re.sub(r"(?m)^\[!\[.*\n?", "", rest)
    links = [
        f'<a href="{material.colab(path)}">Open in Colab</a>',
        f'<a href="notebooks/{path.name}" download>Download .ipynb</a>',
        *(f'<a href="pdf/{paper.name}">{_paper(paper)}</a>' for paper in material.papers(path.name[:2])),
    ]
    run, time = material.last_run(path), material.minutes(path)
    told = []
    if run:
        commit, date = run
        link = f'<a href="{material.repository()}/commit/{commit}"><code>{commit}</code></a>'
        told.append(f'Run of <time datetime="{date}">{date}</time>, commit {link}')
    if time:
        told.append(f"{time} min on two cores")
    about = f'<p class="run">{" · ".join(told)}</p>' if told else ""
    bar = f'<div class="launch"><p class="ways">{" ".join(links)}</p>{about}</div>'
    cell["source"] = f"{title}\n\n{bar}\n\n{rest.strip()}"


def _paper(path):
    words = re.sub(r"\b\d\d\b|[_-]+", " ", path.stem).split()
    kind = "Slides" if "slides" in words or not words else " ".join(words).capitalize()
    return f"{kind} (PDF)"


def _blocks(cell):
    """The blocks of a Markdown cell; None where it holds code, in which a blank line ends nothing."""
    return None if "```" in cell["source"] else cell["source"].split("\n\n")


def _classes(cells):
    """Mark captions, the line below a heading, the paragraph of a prediction, and what invites to change something."""
    before = None
    for cell, after in zip(cells, [*cells[1:], None], strict=True):
        if cell["cell_type"] == "markdown" and _blocks(cell):
            blocks = _blocks(cell)
            drawn = before and before["cell_type"] == "code" and "mystnb" in before["metadata"]
            asked = after and after["cell_type"] == "code" and GUESS.match(after["source"])
            for place, block in enumerate(blocks):
                kind = None
                if place == 0 and drawn and re.match(r"\*[^*]", block):
                    kind = "caption"
                elif place and blocks[place - 1].startswith("## ") and re.match(r"\*[^*]", block):
                    kind = "lead"
                elif place == len(blocks) - 1 and asked and re.match(r"[\w*]", block):
                    kind = "predict"
                elif block.startswith("**Change it.**"):
                    kind = "change"
                blocks[place] = f"{{.{kind}}}\n{block}" if kind else block
            cell["source"] = "\n\n".join(blocks)
        before = cell


def _index(cells, number):
    """Name the places where the glossary says that this lesson explains a word: for the search, and for links."""
    texts = [cell for cell in cells if cell["cell_type"] == "markdown" and _blocks(cell)]
    named = {}
    for term in material.glossary()[1]:
        if term["lesson"] == number:
            names = material.names_of(term["term"])
            cell, place = _place(texts, names)
            entries = [f"```{{index}} !{name}\n```" for name in names]
            named.setdefault(id(cell), {}).setdefault(place, []).extend([*entries, f"({material.slug(term['term'])})="])
    for cell in texts:
        parts = []
        for place, block in enumerate(_blocks(cell)):
            parts += [*named.get(id(cell), {}).get(place, []), block]
        cell["source"] = "\n\n".join(parts)


def _place(texts, names):
    """(cell, number of the block) where a term is explained: in bold, or else its first mention, or else the top."""
    words = "|".join(re.escape(name).replace(r"\ ", r"\s+") for name in names)
    for pattern in (
        rf"\*\*({words})(s|es)?\*\*",
        rf"\*\*[^*]*\b({words})\b[^*]*\*\*",
        rf"(?<![\w$])({words})(s|es)?(?![\w$])",
    ):
        for cell in texts:
            for place, block in enumerate(_blocks(cell)):
                if re.search(pattern, block, re.IGNORECASE) and not re.match(r"[#<|$]", block):
                    return cell, place
    return texts[0], 2


def _outputs(cell, seen):
    """Draw claims as a list, and make tables fit for a screen reader."""
    made, claims = [], []
    for output in cell["outputs"]:
        name = output.get("metadata", {}).get("course", {}).get("claim")
        if name:
            if not claims:
                made.append({"output_type": "display_data", "metadata": {}, "data": claims})
            claims.append(_claim(name, output["metadata"]["course"]["value"], name not in seen))
            seen.add(name)
            continue
        claims = []
        data = output.get("data", {})
        if "text/html" in data:
            data["text/html"] = table("".join(data["text/html"]))
        made.append(output)
    for output in made:
        if isinstance(output.get("data"), list):
            lines = "".join(output["data"])
            output["data"] = {"text/html": f'<ul class="claims">{lines}</ul>', "text/plain": ""}
    cell["outputs"] = made


def _claim(name, value, first):
    about = course.entry(name)
    report = f" · the report: {html.escape(material.reported(about))}" if "report" in about else ""
    place = f' id="claim-{name}"' if first else ""
    says = html.escape(about["says"])
    return (
        f'<li{place}><b>{material.written(about, value)}</b> <span class="says">{says}</span>'
        f'<span class="evidence"><a href="claims.html#{name}">{about["kind"]}</a> · '
        f"{material.range_of(about)}{report}</span></li>"
    )


def table(text):
    """The HTML of a table without what helps nobody: its own style, and header cells that are empty."""
    text = re.sub(r"(?s)<style.*?</style>", "", text)
    text = re.sub(r"<th([^>]*)>\s*</th>", r"<td\1></td>", text)
    return text.replace('border="1" ', "")


def _solution(number, code, wrong):
    mistakes = "\n".join(f"- {mistake}" for mistake in wrong)
    return (
        f'<details class="solution"><summary>Show one solution of exercise {number}</summary>\n\n'
        f"```python\n{code}\n```\n\nTo common mistakes the check says:\n\n{mistakes}\n\n</details>"
    )


def _with_quiz(cells, number):
    """The cells with the lesson's quizzes in a section of their own: before the references, or at the end."""
    ids = [quiz.id for quiz in material.pages.quizzes(material.text("TEACHING.md")) if quiz.id.startswith(number)]
    section = "\n\n".join(["## Check yourself", *(f"```{{quiz}} {name}\n```" for name in ids)])
    for place, cell in enumerate(cells):
        if cell["cell_type"] == "markdown" and re.search(r"(?m)^## References", cell["source"]):
            before, _, after = cell["source"].partition("## References")
            return [*cells[:place], *map(markdown, (before, section, "## References" + after)), *cells[place + 1 :]]
    return [*cells, markdown(section)]
