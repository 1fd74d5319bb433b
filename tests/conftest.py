"""What several tests need: the notebooks as cells, and a kernel that runs them."""

import os
import pathlib

import pytest

from helpers import notebooks

os.environ.setdefault("COURSE_PROFILE", "fast")
os.environ.setdefault("COURSE_HEADLESS", "1")
ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCES = notebooks.sources()


@pytest.fixture(params=SOURCES, ids=lambda path: path.stem)
def source(request):
    """Each notebook's .py file in turn."""
    return request.param
