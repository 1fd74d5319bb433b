"""README's picture of the playground, site/playground/picture.png, with a Chromium: the two planes of scene 1."""

import pathlib
import shutil

from playwright.sync_api import sync_playwright

FOLDER = pathlib.Path(__file__).resolve().parent / "playground"
VIEW = "plane?set=digits&vae=1.2,-1.1&ae=-8,8&from=0&to=7"


def main():
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 1000}, color_scheme="light")
        page.goto(f"{(FOLDER / 'index.html').as_uri()}#{VIEW}")
        page.wait_for_selector("html[data-ready=plane]")
        page.wait_for_timeout(500)
        box = page.locator(".pair").first.bounding_box()
        clip = {"x": 0, "y": box["y"] - 12, "width": 1280, "height": box["height"] + 24}
        page.screenshot(path=FOLDER / "picture.png", clip=clip)
        browser.close()


if __name__ == "__main__":
    main()
