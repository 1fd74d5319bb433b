"""The site in Chromium, offline and from its files: what a reader, a teacher, a keyboard and a screen reader meet."""

import pathlib
import urllib.parse

import material
import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import LESSONS, PAGES, WIDTHS, guessed

SERIOUS = {"moderate", "serious", "critical"}
TERMS = 12


@pytest.mark.parametrize("page", PAGES)
def test_a_page_asks_no_other_host_for_anything_and_is_light(site, reader, page):
    asked, said = [], []
    tab = reader()
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.goto(site.address(page) + "?show=everything", wait_until="load")
    tab.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    tab.wait_for_timeout(100)
    assert all(urllib.parse.urlsplit(address).scheme in ("file", "data") for address in asked), asked
    files = {urllib.parse.unquote(urllib.parse.urlsplit(address).path) for address in asked if address[:4] == "file"}
    assert sum(pathlib.Path(file).stat().st_size for file in files) < 3.5e6
    assert not said
    assert tab.evaluate("[...document.images].every(image => image.complete && image.naturalWidth)")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_wider_than_the_window(site, reader, page, width):
    tab = reader(width)
    tab.goto(site.address(page) + "?show=everything")
    assert tab.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("page", PAGES)
def test_without_javascript_everything_is_open(site, reader, page):
    tab = reader(script=False)
    tab.goto(site.address(page))
    shown = "part => part.checkVisibility({visibilityProperty: true})"
    parts = tab.locator(".covered > *, .why, .option label, details > p, details pre, tbody tr")
    assert parts.evaluate_all(f"parts => parts.filter(part => !({shown})(part)).map(part => part.outerHTML)") == []
    useless = tab.locator(".gate, .filter, .pst-js-only")
    assert useless.evaluate_all(f"parts => parts.filter({shown}).length") == 0
    assert len(tab.inner_text("main")) > (200 if page != "search" else 0)


@pytest.mark.parametrize("page", LESSONS)
def test_every_gate_covers_opens_and_survives_a_reload(site, reader, page):
    tab = reader()
    tab.goto(site.address(page))
    assert tab.locator("form.gate").count() == len(guessed(page))
    for claim in guessed(page):
        gate = tab.locator(f'form.gate[data-claim="{claim}"]')
        inside = tab.locator(f"#{gate.get_attribute('data-covers')} > *")
        visible = inside.evaluate_all("parts => parts.filter(part => part.checkVisibility()).length")
        assert visible == 0, f"{claim} is covered"
        assert gate.locator('[role="status"]').inner_text() == ""
        if gate.locator("input[type=radio]").count():
            gate.locator("label", has_text="Yes").click()
        else:
            gate.locator("input").fill("0.5")
        gate.locator("button[type=submit]").click()
        assert inside.evaluate_all("parts => parts.every(part => part.checkVisibility())"), f"{claim} is open"
        told = gate.inner_text()
        assert "You guessed" in told and gate.get_attribute("data-written") in told
    tab.reload()
    for claim in guessed(page):
        gate = tab.locator(f'form.gate[data-claim="{claim}"]')
        assert "You guessed" in gate.inner_text(), f"{claim} is kept"
        assert tab.locator(f"#{gate.get_attribute('data-covers')}").evaluate("part => part.classList.contains('open')")


@pytest.fixture
def first_gate(site, reader):
    """A lesson with its first gate, as a new reader meets it."""
    page = next(page for page in LESSONS if guessed(page))
    tab = reader()
    tab.goto(site.address(page))
    return tab, tab.locator("form.gate").first


def test_a_gate_needs_a_guess_and_can_be_closed_again(first_gate):
    tab, gate = first_gate
    covered = tab.locator(f"#{gate.get_attribute('data-covers')}")
    gate.locator("button[type=submit]").click()
    assert "guess first" in gate.inner_text() and "open" not in covered.get_attribute("class")
    gate.locator("input").fill("about a third")
    gate.locator("button[type=submit]").click()
    assert "about a third" in gate.inner_text() and "open" in covered.get_attribute("class")
    gate.locator("button[type=reset]").click()
    assert "open" not in covered.get_attribute("class")
    tab.reload()
    assert "open" not in covered.get_attribute("class"), "and it is forgotten"


def test_a_keyboard_alone_opens_a_gate_and_a_screen_reader_is_told(first_gate):
    tab, gate = first_gate
    field = gate.locator("input")
    field.focus()
    assert field.get_attribute("aria-describedby") and gate.get_by_label("Your guess").count() == 1
    assert gate.locator('[role="status"]').inner_text() == ""
    tab.keyboard.type("0.7")
    tab.keyboard.press("Enter")
    result = gate.locator('[role="status"]')
    assert "Our run measured" in result.inner_text()
    assert result.evaluate("part => part === document.activeElement"), "the next Tab goes on from the answer"
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.textContent") == "Guess again"


@pytest.mark.parametrize(
    "guess, value, written, told",
    [
        ("53", "0.525", "53 %", "inside the range"),
        ("0,53", "0.525", "53 %", "inside the range"),
        ("50 %", "0.525", "53 %", "inside the range"),
        ("0.9", "0.525", "53 %", "above the measured"),
        ("469,010", "476720", "476,720", "below the measured"),
        ("4767200", "476720", "476,720", "10 times the measured"),
        ("a lot", "0.525", "53 %", "Range for another machine"),
    ],
)
def test_a_guess_is_read_as_people_write_numbers(first_gate, guess, value, written, told):
    tab, gate = first_gate
    low, high = (float(value) * 0.9999, float(value) * 1.0001) if float(value) > 1 else (0.45, 0.61)
    facts = {"value": value, "written": written, "low": str(low), "high": str(high)}
    gate.evaluate("(form, facts) => Object.assign(form.dataset, facts)", facts)
    gate.locator("input").fill(guess)
    gate.locator("button[type=submit]").click()
    assert told in gate.inner_text()


def test_teachers_open_everything_with_one_button_and_by_a_link(site, reader):
    tab = reader()
    tab.goto(site.address(LESSONS[0]))
    parts = "[...document.querySelectorAll('.covered > *, details > *')].filter(part => !part.checkVisibility()).length"
    assert tab.evaluate(parts) > 0
    button = tab.get_by_role("button", name="Show everything")
    button.click()
    assert tab.evaluate(parts) == 0 and button.get_attribute("aria-pressed") == "true"
    tab.goto(site.address(LESSONS[1]))
    assert tab.evaluate(parts) == 0, "in the other lessons, too"
    button.click()
    assert tab.evaluate(parts) > 0
    tab.goto(site.address(LESSONS[1]) + "?show=everything")
    assert tab.evaluate(parts) == 0


def test_a_link_into_covered_text_leads_to_its_gate(site, reader):
    page = next(page for page in LESSONS if guessed(page))
    tab = reader()
    tab.goto(site.address(page) + f"#claim-{guessed(page)[0]}")
    gate = tab.locator("form.gate").first
    assert "covered by this gate" in gate.inner_text() and gate.is_visible()
    assert gate.evaluate("part => part.getBoundingClientRect().top < innerHeight")


def test_a_quiz_says_why_an_answer_is_wrong(site, reader):
    tab = reader()
    tab.goto(site.address(LESSONS[0]))
    quiz = tab.locator("form.quiz").first
    visible = ".why:visible"
    assert quiz.locator(visible).count() == 0
    quiz.locator("button").click()
    assert "Choose an answer" in quiz.locator('[role="status"]').inner_text()
    quiz.locator(".option-no input").first.check()
    quiz.locator("button").click()
    assert quiz.locator(visible).count() == 1
    assert quiz.locator(visible).inner_text() in quiz.locator('[role="status"]').inner_text()
    quiz.locator(".option-yes input").check()
    quiz.locator("button").click()
    assert quiz.locator(visible).count() == quiz.locator(".option").count()


def test_the_claims_are_searched_and_chosen(site, reader):
    tab = reader()
    tab.goto(site.address("claims"))
    rows = tab.locator("tbody tr:visible")
    every = rows.count()
    tab.get_by_label("Search these").fill("seed accuracy")
    assert 0 < rows.count() < every
    assert all("seed" in text.lower() and "accuracy" in text.lower() for text in rows.all_inner_texts())
    assert "shown" in tab.locator(".filter-status").inner_text()
    tab.get_by_label("Search these").fill("")
    tab.get_by_label("Kind").select_option("exact")
    tab.get_by_label("Lesson").select_option("06")
    found = rows.evaluate_all("rows => rows.map(row => row.id)")
    assert found and all(name.startswith("06") for name in found)


@pytest.mark.parametrize("place", range(TERMS))
def test_the_search_finds_where_a_term_is_explained(site, reader, place):
    terms = material.glossary()[1]
    term = terms[(2 * place + 1) * len(terms) // (2 * TERMS)]
    tab = reader()
    tab.goto(site.address("index"))
    tab.locator("#course-search-field").fill(material.names_of(term["term"])[0])
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/search.html*")
    results = tab.locator("#search-results .search li a")
    results.first.wait_for(timeout=5000)
    tab.wait_for_timeout(150)
    found = [result.get_attribute("href") for result in results.all()[:3]]
    assert any(address.startswith(term["lesson"]) for address in found), (term["term"], found)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("page", PAGES)
def test_axe_finds_nothing_that_keeps_readers_out(site, reader, page, width, theme):
    tab = reader(width, theme)
    tab.goto(site.address(page) + ("?show=everything" if theme == "light" or width == 390 else ""))
    assert tab.evaluate("document.documentElement.dataset.theme") == theme
    tab.wait_for_timeout(600)  # what fades in has faded in
    found = Axe().run(tab).response["violations"]
    told = [(rule["id"], rule["impact"], [node["html"][:160] for node in rule["nodes"]][:3]) for rule in found]
    assert not [rule for rule in told if rule[1] in SERIOUS], told
