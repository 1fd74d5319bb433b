"""Markdown with formulas and checked numbers as Typst, and Typst as PDF: what slides and reports have in common.

Nothing is left out in silence: a number that is not its claim's, a claim or a picture that is missing, a formula that
cannot be read aloud, each stops the build with its name (`Fault`).
"""

import functools
import json
import os
import re

import typst

from helpers import course
from tools import numbers

TEMPLATES = "/site/typst"  # below the course's root, which is the root of every Typst file, too
OUTPUT = course.ROOT / "_pdf"
INLINE = re.compile(
    rf"(?P<mark>{numbers.MARK.pattern})"
    r"|\*\*(?P<strong>.+?)\*\*(?!\*)|(?<!\w)\*(?P<emph>[^*\s](?:[^*]*[^*\s])?)\*(?!\w)"
    r"|`(?P<code>[^`]+)`|\$\$(?P<display>.+?)\$\$|\$(?P<math>[^$]+)\$"
    r"|\[(?P<link>[^\]]+)\]\([^)]+\)|(?P<br><br>)",
    re.DOTALL,
)
TOKEN = re.compile(r"\\[a-zA-Z]+|\\.|\d+(?:[.,]\d+)*|\S")
# A LaTeX command: how Typst writes it, and how it is read aloud.
COMMANDS = {
    **{name: (name, name) for name in ("alpha", "beta", "gamma", "theta", "lambda", "mu", "sigma", "log", "exp")},
    **{name: (name, f"the {name}imum") for name in ("min", "max")},
    "varepsilon": ("epsilon", "epsilon"), "epsilon": ("epsilon", "epsilon"), "sum": ("sum", "the sum"),
    "mid": ("mid(|)", "given"), "sim": ("tilde.op", "drawn from"), "cdot": ("dot.op", "times"),
    "times": ("times", "times"), "dots": ("dots.h", "and so on to"), "partial": ("partial", "d"),
    "propto": ("prop", "in proportion to"), "ge": (">=", "is at least"), "le": ("<=", "is at most"),
    "approx": ("approx", "is about"), "infty": ("infinity", "infinity"), "%": ("%", "per cent"),
    "lVert": ('class("opening", ‖)', "the norm of"), "rVert": ('class("closing", ‖)', ""),
    "|": ('class("normal", ‖)', "norm"), "{": ("{", ""), "}": ("}", ""),
    ",": ("thin", ""), ";": ("med", ""), ":": ("med", ""), " ": ("space", ""), "quad": ("quad", ""),
    **dict.fromkeys(("big", "Big", "left", "right", "bigl", "bigr"), ("", "")),
}  # fmt: skip
AROUND = {  # with arguments: Typst, and in words
    "hat": ("hat({})", "{} hat"), "bar": ("macron({})", "the mean {}"), "sqrt": ("sqrt({})", "the root of {}"),
    "frac": ("frac({}, {})", "{} over {}"), "tfrac": ("frac({}, {})", "{} over {}"),
}  # fmt: skip
SPOKEN = {"=": "equals", "+": "plus", "-": "minus", "/": "over", "<": "is below", ">": "is above"}
INDEX, LIMIT = {"_": "sub", "^": "to the power of"}, {"_": "over", "^": "to"}
COUNTED = '#context { let n = counter(page).final().first(); assert(n == wanted, message: str(n) + " pages") }'
OVER = "the sum", "the minimum", "the maximum", "the expectation"
PLAIN = {"/": "\\/", ",": "\\,", ";": "\\;", "-": "-", "'": "'"}
measured = functools.cache(numbers.values)  # the tables of figures/ are read once


class Fault(Exception):
    """Something that a slide or a report needs is missing or wrong; the text names it."""


def quoted(text):
    """A text as a Typst string. Quotation marks become typographic; a space before % does not break."""
    text = re.sub(r"(^|[\s(\[–])\"", r"\1“", text).replace('"', "”")
    text = re.sub(r"(^|[\s(\[–“])'", r"\1‘", text).replace("'", "’").replace("&nbsp;", "\u00a0")
    text = re.sub(r"(?<=\d) (?=%)", "\u00a0", re.sub(r"\s+", " ", text))
    text = re.sub(r"\b(\w+)-(?=[A-Z0-9])|\b(\w)-(?=\w)", "\\1\\2\u2011", text)  # K-Means, AE-32, p-value
    return json.dumps(text, ensure_ascii=False)


def inline(text, where="the text", known=None):
    """Markdown of one paragraph as Typst markup: bold, italics, code, links (as text), formulas and checked numbers.

    `known` has the value of each claim, by default that of figures/. A number whose mark names another value is a
    Fault, which names `where`.
    """
    check(text, measured() if known is None else known, where)
    parts, end = [], 0
    for found in INLINE.finditer(text):
        before = text[end : found.start()]
        number = numbers.NUMBER.search(before) if found["mark"] and not found["low"] else None
        if number:
            parts += [f"#{quoted(before[: number.start()])}", f"#num[#{quoted(number[0].rstrip('*'))}]"]
        elif before:
            parts.append(f"#{quoted(before)}")
        kind = next((kind for kind in ("strong", "emph") if found[kind]), None)
        if kind:
            parts.append(f"#{kind}[{inline(found[kind], where, known)}]")
        elif found["code"]:
            parts.append(f"#code({json.dumps(found['code'], ensure_ascii=False)})")
        elif found["math"] or found["display"]:
            parts.append(formula(found["math"] or found["display"], where, block=bool(found["display"])))
        elif found["link"]:
            parts.append(inline(found["link"], where, known))
        elif found["br"]:
            parts.append("#linebreak()")
        end = found.end()
    return "".join([*parts, f"#{quoted(text[end:])}" if text[end:] else ""]).replace('#""', "")


def check(text, known, where):
    """Stop where a mark names a claim that does not exist or was not measured, or its number is not the claim's."""
    for mark in numbers.MARK.finditer(text):
        name = mark["id"]
        try:
            there = name in known if name.split(".")[0] in ("minutes", *numbers.KINDS) else course.entry(name)
        except (KeyError, FileNotFoundError):
            there = False
        if not there or not mark["low"] and name not in known:
            raise Fault(f"{where}: the claim {name} is not in figures/claims.csv or lessons/claims/")
    try:
        fresh = numbers.refreshed(text, known, where)
    except (ValueError, KeyError) as error:
        raise Fault(str(error)) from None
    if fresh != text:
        raise Fault(f"{where}: {text!r} should be {fresh!r}: `make notebooks` writes the numbers of figures/claims.csv")


def plain(text):
    """Markdown without marks, emphasis and code signs, for comparing and for reading aloud."""
    text = re.sub(r"\$\$?([^$]+)\$\$?", lambda found: spoken(found[1]), numbers.MARK.sub("", text))
    return " ".join(re.sub(r"[*`]|\[([^\]]+)\]\([^)]+\)", r"\1", text).split())


def formula(latex, where="the text", block=False):
    """A LaTeX formula as Typst, with the words that a screen reader says. An unknown command is a Fault."""
    try:
        written, words = _converted(TOKEN.findall(latex))
    except (KeyError, IndexError) as error:
        raise Fault(f"{where}: the formula ${latex.strip()}$ has no alternative text: {error} is not known") from None
    alt = json.dumps(" ".join(words.split()), ensure_ascii=False)
    return f"#formula({alt}, ${written.strip()}$, block: {str(block).lower()})"


def spoken(latex):
    """How a formula is read aloud."""
    return " ".join(_converted(TOKEN.findall(latex))[1].split())


def _group(tokens):
    """Take one argument off the front of a list of tokens: a group in braces, or a single token."""
    token = tokens.pop(0)
    if token != "{":
        return [token, *([tokens.pop(0)] if token in ("\\hat", "\\bar") else [])]
    group, depth = [], 1
    while depth:
        group.append(tokens.pop(0))
        depth += (group[-1] == "{") - (group[-1] == "}")
    return group[:-1]


def _converted(tokens):
    """Tokens of a formula as Typst and in words."""
    tokens, parts = list(tokens), []
    while tokens:
        token = tokens.pop(0)
        name = token[1:]
        if token in ("^", "_"):
            inner, said = _converted(_group(tokens))
            limit = parts and (parts[-1][1] in OVER or parts[-1][1].startswith("over "))  # of a sum: below, above
            said = "squared" if (token, inner) == ("^", "2") else f"{(LIMIT if limit else INDEX)[token]} {said}"
            parts.append((f"{token}({inner})", said + (" of" if limit and "^" not in tokens[:1] else "")))
        elif token in ("\\mathrm", "\\text"):
            text = "".join(_group(tokens))
            parts.append((f'"{text}"', text))
        elif token == "\\mathbb":
            text = "".join(_group(tokens))
            parts.append((text * 2, {"E": "the expectation"}[text]))
        elif token.startswith("\\") and name in AROUND:
            shape, reading = AROUND[name]
            typst_texts, said = zip(*(_converted(_group(tokens)) for _ in range(shape.count("{}"))), strict=True)
            parts.append((shape.format(*typst_texts), reading.format(*said)))
        elif token.startswith("\\"):
            parts.append(COMMANDS[name])
        elif token == "{":
            tokens.insert(0, token)
            parts.append(_converted(_group(tokens)))
        else:
            parts.append((PLAIN.get(token, token), SPOKEN.get(token, token)))
    return tuple(" ".join(each) for each in zip(*parts, strict=True)) or ("", "")


def picture(name, where="the text"):
    """A picture of the last full run as Typst: (path, alternative text), both quoted. What is missing is a Fault."""
    if not (course.ROOT / "figures" / f"{name}.png").exists():
        raise Fault(f"{where}: the picture figures/{name}.png does not exist: `make run` draws it")
    try:
        alt = course.texts(name[:2])["pictures"][name]
    except (KeyError, FileNotFoundError):
        alt = ""
    if not alt.strip():
        raise Fault(f"{where}: the picture {name} has no alternative text in lessons/claims/{name[:2]}.toml")
    return json.dumps(f"/figures/{name}.png"), json.dumps(alt, ensure_ascii=False)


def colours():
    """The course's colours by name and by role, read from helpers/plots.py: dicts of str to "#rrggbb"."""
    source = (course.ROOT / "helpers" / "plots.py").read_text(encoding="utf-8")
    codes = re.findall(r'"(#\w{6})"', source.partition("CLASS_COLOURS")[2].partition("]")[0])
    names = re.search(r"(?m)^(BLUE[\w, ]+) = CLASS_COLOURS", source)[1].split(", ")
    by_name = dict(zip(names, codes, strict=True))
    roles = re.findall(r'"([\w ./-]+)": (\w+)', source.partition("COLOURS = {  #")[2].partition("}")[0])
    return by_name, {role: by_name[name] for role, name in roles if name in by_name}


def compiled(source, name, pages):
    """Write Typst markup as a PDF for everybody (PDF/UA-1) to _pdf/`name`.pdf. Another number of pages is a Fault."""
    source += f"\n#let wanted = {pages}\n" + COUNTED
    # The compiler brings its fonts along: every machine sets the same pages.
    options = {"root": str(course.ROOT), "ignore_system_fonts": True, "pdf_standards": ["ua-1"]}
    options["timestamp"] = int(os.environ.get("SOURCE_DATE_EPOCH", "1767225600"))  # equal input, equal bytes
    try:
        pdf, warnings = typst.compile_with_warnings(source.encode("utf-8"), **options)
    except typst.TypstError as error:
        raise Fault(f"{name}: {error}") from None
    if warnings:
        raise Fault(f"{name}: {'; '.join(str(each) for each in warnings)}")
    course.write_atomically(OUTPUT / f"{name}.pdf", pdf)
