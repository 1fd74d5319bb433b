"""README's picture of the website: `make site-picture` writes figures/site.png from the built site, with a Chromium.

Left a lesson's page with a prediction that covers what follows; right the same gate on a phone, opened, in the dark.
"""

import io
import shutil

import material
from PIL import Image
from playwright.sync_api import sync_playwright

PATH = material.ROOT / "figures" / "site.png"
HEIGHT, GAP = 620, 24
LARGEST = 150_000


def shots(site):
    """Two pictures of the first lesson's second gate: (wide, light, covered) and (narrow, dark, opened)."""
    page = (site / f"{material.NOTEBOOKS[0].stem}.html").as_uri()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for width, theme, opened in ((1000, "light", False), (390, "dark", True)):
            tab = browser.new_page(viewport={"width": width, "height": HEIGHT}, color_scheme=theme)
            tab.goto(page)
            gate = tab.locator("form.gate").nth(1)
            gate.locator("input").fill("0.8")
            if opened:
                gate.locator("button[type=submit]").click()
                tab.wait_for_timeout(800)
            gate.evaluate(
                "(form, up) => scrollTo(0, form.getBoundingClientRect().top + scrollY - up)", 200 if opened else 300
            )
            tab.mouse.move(0, 0)
            yield Image.open(io.BytesIO(tab.screenshot())).convert("RGB")
        browser.close()


def main():
    """Put the two side by side, with few colours."""
    pictures = list(shots(material.ROOT / "_site"))
    whole = Image.new("RGB", (sum(picture.width for picture in pictures) + GAP, HEIGHT), "white")
    whole.paste(pictures[0], (0, 0))
    whole.paste(pictures[1], (pictures[0].width + GAP, 0))
    for colours in (256, 128, 64):
        whole.quantize(colours, dither=Image.Dither.NONE).save(PATH, optimize=True)
        if PATH.stat().st_size <= LARGEST:
            break
    print(f"{PATH}: {PATH.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
