"""The built site as files: time, size, links, formulas, alternative texts, gates, quizzes, solutions."""

import re
import subprocess
import urllib.parse

import around
import build
import lesson
import material
import pytest
from conftest import LESSONS, PAGES, guessed, notebook


def test_it_is_built_in_a_minute_and_fits_on_a_stick(site):
    # Slides and reports, where they were made, have a limit each: test_pdf.
    files = [path for path in site.folder.rglob("*") if path.is_file() and path.suffix != ".pdf"]
    assert site.seconds < 60
    assert sum(path.stat().st_size for path in files) < 20e6
    assert sorted(path.stem for path in site.folder.glob("*.html")) == sorted(PAGES)
    for page in PAGES:
        assert (site.folder / f"{page}.html").stat().st_size < 400e3, page


def test_a_warning_stops_the_build_and_the_site_before_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(material, "NOTEBOOKS", [])
    monkeypatch.setattr(around, "sources", lambda: {"index.md": "# A page\n\n[nowhere](missing.md)\n"})
    kept = tmp_path / "kept"
    kept.mkdir()
    with pytest.raises(SystemExit, match="not built"):
        build.build(kept, tmp_path / "work")
    assert kept.exists()


def test_every_link_leads_somewhere(site):
    soups = {page: site.soup(page) for page in PAGES}
    places = {page: {tag["id"] for tag in soup.find_all(id=True)} for page, soup in soups.items()}
    known = material.repository().removeprefix("https://")
    for page, soup in soups.items():
        for link in soup.find_all("a", href=True):
            target = urllib.parse.urlsplit(link["href"])
            if target.scheme:
                if "github" in target.netloc:
                    path = f"{target.netloc}{target.path}".replace("colab.research.google.com/github/", "github.com/")
                    assert path.startswith(known), link["href"]
                    kind, _, file = path.removeprefix(known).lstrip("/").partition("/main/")
                    assert kind not in ("blob", "tree") or (material.ROOT / file).exists(), link["href"]
                continue
            other = target.path.removesuffix(".html") if target.path else page
            assert (site.folder / target.path).exists(), f"{page}: {link['href']}"
            if target.fragment and other in places:
                assert urllib.parse.unquote(target.fragment) in places[other], f"{page}: {link['href']}"


@pytest.mark.parametrize("page", PAGES)
def test_headings_are_in_order_and_ids_are_unique(site, page):
    soup = site.soup(page)
    article = soup.find("article") or soup.find("main")
    headings = [
        heading for heading in article.find_all(re.compile("^h[1-6]$")) if not heading.find_parent(class_="onlyprint")
    ]
    levels = [int(heading.name[1]) for heading in headings]
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False)), levels
    ids = [tag["id"] for tag in soup.find_all(id=True)]
    assert len(ids) == len(set(ids)), sorted({name for name in ids if ids.count(name) > 1})


@pytest.mark.parametrize("page", LESSONS)
def test_formulas_are_drawn_at_build_time(site, page):
    soup = site.soup(page)
    formulas = soup.select("span.math, div.math")
    text = "".join("".join(cell["source"]) for cell in notebook(page)["cells"] if cell["cell_type"] == "markdown")
    written = len(re.findall(r"\$\$.+?\$\$|\$[^$]+\$", re.sub(r"(?s)```.*?```|`[^`\n]*`", "", text)))
    drawn = [formula for formula in formulas if formula.select_one(".katex-html, math")]
    assert len(formulas) == len(drawn) >= written * 0.9 > 0, (len(formulas), len(drawn), written)
    assert not soup.select(".katex-error")
    scripts = [script.get("src", "") for script in soup.find_all("script")]
    assert not any("katex" in source or "mathjax" in source.lower() for source in scripts)


@pytest.mark.parametrize("page", LESSONS)
def test_every_pictures_alternative_text_is_the_notebooks(site, page):
    outputs = [output for cell in notebook(page)["cells"] for output in cell.get("outputs", [])]
    expected = [output["metadata"]["image/png"]["alt"] for output in outputs if "image/png" in output.get("data", {})]
    found = [image["alt"] for image in site.soup(page).select("div.cell_output img")]
    assert found == expected and all(len(text) > 20 for text in found)


@pytest.mark.parametrize("page", LESSONS)
def test_a_gate_stands_for_each_prediction_and_covers_what_follows_it(site, page):
    soup = site.soup(page)
    gates = soup.select("form.gate")
    assert [gate["data-claim"] for gate in gates] == guessed(page)
    for gate in gates:
        covered = gate.find_next_sibling("div")
        assert covered["id"] == gate["data-covers"] and "covered" in covered["class"]
        assert covered.select("div.cell") or len(covered.text) > 40, "it covers an experiment"
        assert not covered.select("form.gate, h2"), "and ends before the next one"
        assert not gate.select_one(".gate-result").contents, "no answer stands in the form"
    assert not any('guess("' in cell.get_text() for cell in soup.select("div.cell")), "a guess cell is a gate"


@pytest.mark.parametrize("page", LESSONS)
def test_no_answer_stands_before_its_gate(site, page):
    """What a claim printed comes after the prediction of that claim."""
    soup = site.soup(page)
    order = [tag.get("data-claim") or tag["id"] for tag in soup.select("form.gate, li[id^=claim-]")]
    for claim in guessed(page):
        assert f"claim-{claim}" not in order[: order.index(claim)], claim


@pytest.mark.parametrize("page", LESSONS)
def test_quizzes_and_solutions_are_all_there(site, page):
    soup, number = site.soup(page), page[:2]
    quizzes = [quiz for quiz in material.pages.quizzes(material.text("TEACHING.md")) if quiz.id.startswith(number)]
    for quiz, form in zip(quizzes, soup.select("form.quiz"), strict=True):
        options = form.select(".option")
        assert [option.input["value"] == "yes" for option in options] == [option.right for option in quiz.options]
        assert all(option.select_one(".why").text.strip() for option in options)
    sources = ["".join(cell["source"]) for cell in notebook(page)["cells"] if cell["cell_type"] == "code"]
    checked = [name for source in sources for name in lesson.CHECK.findall(source)]
    assert len(soup.select("details.solution")) == len(checked) > 0
    for solution in soup.select("details.solution"):
        assert "def my_" in solution.text and "right_" not in solution.text and solution.find("li")


def test_teachers_see_every_quiz_answered(site):
    forms = site.soup("teaching").select("form.quiz")
    assert len(forms) == 3 * len(LESSONS) and all("quiz-open" in form["class"] for form in forms)
    assert not site.soup("teaching").find(string=re.compile(r"\[x\]|Quiz \d"))


@pytest.mark.parametrize("page", LESSONS)
def test_bookkeeping_is_folded_and_nothing_else(site, page):
    cells = site.soup(page).select("div.cell")
    assert cells[0].select("details.hide"), "the setup"
    for cell in cells[1:]:
        source = cell.select_one("div.cell_input").get_text()
        assert bool(cell.select("details.hide")) == lesson.only_bookkeeping(source.split("Hide the code")[-1].strip())


@pytest.mark.parametrize("page", LESSONS)
def test_a_lesson_can_be_launched_and_says_of_which_run_it_is(site, page):
    launch = site.soup(page).select_one(".launch")
    colab, download, *_ = [link["href"] for link in launch.select(".ways a")]
    assert (
        colab
        == f"https://colab.research.google.com/github/{material.repository()[19:]}/blob/main/notebooks/{page}.ipynb"
    )
    copy, original = site.folder / download, material.ROOT / "notebooks" / f"{page}.ipynb"
    assert copy.read_bytes() == original.read_bytes()
    run = material.last_run(original)
    if run:
        assert run[0] in launch.text and launch.time["datetime"] == run[1]
    else:
        assert "commit" not in launch.text


def test_the_run_is_that_of_the_last_commit_and_is_left_out_where_nobody_knows(tmp_path, monkeypatch):
    def git(*words):
        identity = "-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"
        return subprocess.run(
            ["git", *identity, *words], cwd=tmp_path, check=True, capture_output=True, text=True
        ).stdout

    path = tmp_path / "01.ipynb"
    path.write_text("{}")
    monkeypatch.setattr(material, "ROOT", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert material.last_run(path) is None, "no repository"
    git("init", "--quiet")
    assert material.last_run(path) is None, "not committed"
    git("add", "01.ipynb"), git("commit", "--quiet", "-m", "run", "--date", "2020-01-02T03:04:05Z")
    commit = git("log", "-1", "--format=%h").strip()
    (tmp_path / "other").touch(), git("add", "other"), git("commit", "--quiet", "-m", "other")
    assert material.last_run(path)[0] == commit != git("log", "-1", "--format=%h").strip()
    path.write_text("{ }")
    assert material.last_run(path) is None, "changed since"


def test_the_claims_table_holds_every_claim(site):
    rows = site.soup("claims").select("tbody tr")
    table = {row["id"]: row for row in material.table("figures/claims.csv")}
    assert {row["id"] for row in rows} >= set(table)
    for row in rows:
        cells = [cell.get_text(" ") for cell in row.find_all(["th", "td"])]
        assert row["id"] in cells[0] and all(cells), cells
        assert row["id"] not in table or cells[4] == table[row["id"]]["kind"]


def test_a_measured_number_leads_to_its_claim(site):
    links = [link for page in LESSONS for link in site.soup(page).select("a.measured")]
    assert len(links) > 50 and all(link["href"].startswith("claims.html#") for link in links)
    assert not any("<!--" in path.read_text(encoding="utf-8").split("<article")[1].split("</article")[0]
                   for path in site.folder.glob("0*.html"))  # fmt: skip


def test_the_front_page_shows_each_lesson_with_its_picture(site):
    soup = site.soup("index")
    assert [card.h3.a["href"] for card in soup.select(".card")] == [f"{page}.html" for page in LESSONS]
    for image in soup.find("article").find_all("img"):
        assert (site.folder / image["src"]).exists() and len(image["alt"]) > 20


def test_playground_and_papers_are_linked_only_where_they_are(tmp_path, monkeypatch):
    monkeypatch.setattr(material, "ROOT", tmp_path)
    monkeypatch.setattr(material, "SITE", tmp_path / "site")
    assert material.playground() is None and material.papers() == []
    (tmp_path / "_pdf").mkdir(), (tmp_path / "site" / "playground").mkdir(parents=True)
    for name in ("_pdf/01_slides.pdf", "_pdf/report.pdf", "site/playground/index.html"):
        (tmp_path / name).touch()
    assert material.playground() and [path.name for path in material.papers("01")] == ["01_slides.pdf"]
    assert len(material.papers()) == 2 and material.papers("02") == []


def test_readmes_picture_of_the_site_is_small():
    assert (material.ROOT / "figures" / "site.png").stat().st_size <= 150e3


def test_the_colours_are_the_courses(site):
    plots = material.text("helpers/plots.py")
    names = re.search(r"(?m)^(BLUE, .*) = CLASS_COLOURS", plots)[1].lower().split(", ")
    values = re.findall(r'"(#\w{6})"', plots.split("CLASS_COLOURS = ")[1].split("\n)")[0])
    style = (material.SITE / "static" / "course.css").read_text(encoding="utf-8")
    assert {name: re.search(rf"--{name}: (#\w+);", style)[1] for name in names} == dict(zip(names, values, strict=True))


def test_the_pages_load_nothing_that_is_not_theirs(site):
    for page in PAGES:
        for tag in site.soup(page).find_all(["img", "script", "link", "iframe", "source", "video", "audio"]):
            source = tag.get("src") or (tag.get("href") if tag.get("rel") != ["canonical"] else "") or ""
            assert not urllib.parse.urlsplit(source).netloc, f"{page}: {tag}"
    for path in [*site.folder.rglob("*.css"), *site.folder.rglob("_static/course*.js")]:
        assert not re.search(r"(?:url\(|@import|fetch\()\s*['\"]?(?:https?:)?//", path.read_text(encoding="utf-8")), (
            path
        )
