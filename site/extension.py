"""Two directives for the pages of the lessons: a gate at each prediction, and a quiz.

`{gate} 01.params.outer` asks for a guess, and covers what follows in its section, up to the next gate.
`{quiz} 01.1` is a question of TEACHING.md, with the reason why each wrong option is wrong; with :open:, for teachers.
"""

import functools

import material
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

from helpers import course


class tag(nodes.General, nodes.Element):
    """An HTML element: `name`, `given` (its attributes as a dict), and its children."""


class gate(nodes.General, nodes.Element):
    """A prediction by the id of its `claim`; what it covers is made out once the page is complete."""


def element(name, /, *children, **given):
    """A `tag` with children, each a node or a text; class_ and data_x become class and data-x."""
    made = tag("", name=name, given={key.rstrip("_").replace("_", "-"): value for key, value in given.items()})
    made += [nodes.Text(child) if isinstance(child, str) else child for child in children]
    return made


class Gate(SphinxDirective):
    required_arguments = 1

    def run(self):
        return [gate("", claim=self.arguments[0])]


class Quiz(SphinxDirective):
    required_arguments = 1
    option_spec = {"open": directives.flag}

    def run(self):
        name = self.arguments[0]
        quiz = _quizzes()[name]
        told = "open" in self.options
        options = [self.option(f"quiz-{name}-{place}", name, option, told) for place, option in enumerate(quiz.options)]
        field = element("fieldset", element("legend", *self.inline(quiz.question)), *options)
        if told:
            return [element("form", field, class_="quiz quiz-open", id=f"quiz-{name}")]
        button = element("button", "Check my answer", type="submit")
        status = element("p", class_="quiz-status", role="status")
        return [element("form", field, button, status, class_="quiz", id=f"quiz-{name}")]

    def option(self, key, name, option, told):
        """One option with its reason, which a script hides until the reader has answered; or, if `told`, never."""
        right = "yes" if option.right else "no"
        why = element("p", *(self.inline(option.why) if option.why else ["Right."]), class_="why", id=f"{key}-why")
        if told:
            mark = element("span", "✓" if option.right else "", class_="mark", aria_hidden="true")
            answer = element("span", *self.inline(option.text), class_="answer")
        else:
            mark = element(
                "input", type="radio", name=f"quiz-{name}", id=key, value=right, aria_describedby=f"{key}-why"
            )
            answer = element("label", *self.inline(option.text), for_=key)
        return element("div", mark, answer, why, class_=f"option option-{right}")

    def inline(self, text):
        return self.parse_inline(material.ready(text))[0]


@functools.cache
def _quizzes():
    return {quiz.id: quiz for quiz in material.pages.quizzes(material.text("TEACHING.md"))}


def cover(app, page):
    """Put a form in the place of each gate, and what follows it into an element that a script can cover."""
    for place, found in enumerate(list(page.findall(gate))):
        section, start = found.parent, found.parent.index(found)
        covered = []
        for node in section.children[start + 1 :]:
            if isinstance(node, (gate, nodes.section)):
                break
            covered.append(node)
        for node in covered:
            section.remove(node)
        key = f"covered-{place + 1}"
        section.insert(start + 1, element("div", *covered, class_="covered", id=key))
        section.replace(found, _form(found["claim"], key, covered))


def _form(name, key, covered):
    about, measured = course.entry(name), course.committed().get(name)
    low, high = course.limits(name, of="full")
    facts = {
        "data_claim": name,
        "data_value": f"{measured:.6g}" if measured is not None else "",
        "data_written": material.written(about, measured) if measured is not None else "not measured yet",
        "data_says": about["says"],
        "data_range": material.range_of(about),
        "data_low": f"{low:.8g}",
        "data_high": f"{high:.8g}",
        "data_kind": about["kind"],
    } | ({"data_report": material.reported(about)} if "report" in about else {})
    note = element("p", f"Covered: {_counted(covered)}.", class_="gate-note", id=f"note-{name}")
    button = element("button", "Write it down and look", type="submit")
    shown = element("div", class_="gate-result", tabindex="-1", role="status")
    return element(
        "form", _field(name, about), button, note, shown, class_="gate", id=f"gate-{name}", data_covers=key, **facts
    )


def _field(name, about):
    """Two buttons for what can only be yes or no, else a line for a number or for words."""
    if "format" not in about and {about.get("low"), about.get("high")} <= {0, 1}:
        options = []
        for word in ("Yes", "No"):
            key = f"guess-{name}-{word}"
            radio = element("input", type="radio", name="guess", id=key, value=word)
            options.append(element("span", radio, element("label", word, for_=key), class_="choice"))
        return element("fieldset", element("legend", "Your guess"), *options)
    field = element(
        "input", type="text", name="guess", id=f"guess-{name}", autocomplete="off", aria_describedby=f"note-{name}"
    )
    return element("div", element("label", "Your guess", for_=f"guess-{name}"), field, class_="gate-field")


def _counted(covered):
    """What a gate covers, in words: experiments, pictures, measured numbers."""
    cells = [
        node for part in covered for node in part.findall(nodes.container) if node.get("nb_element") == "cell_code"
    ]
    pictures = [node for part in covered for node in part.findall(nodes.image)]
    lists = [node.astext() for part in covered for node in part.findall(nodes.raw)]
    numbers = sum(text.count('class="evidence"') for text in lists)
    counts = {"code cell": len(cells), "picture": len(pictures), "measured number": numbers}
    words = [f"{count} {name}{'s' if count > 1 else ''}" for name, count in counts.items() if count]
    return ", ".join(words) or "the text that follows"


def _open(writer, node):
    attributes = "".join(f' {key}="{writer.attval(value)}"' for key, value in node["given"].items())
    writer.body.append(f"<{node['name']}{attributes}>")


def _close(writer, node):
    if node["name"] != "input":
        writer.body.append(f"</{node['name']}>")


def setup(app):
    """Called by Sphinx."""
    app.add_node(tag, html=(_open, _close))
    app.add_node(gate, html=(_open, _close))
    app.add_directive("gate", Gate)
    app.add_directive("quiz", Quiz)
    app.connect("doctree-read", cover)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
