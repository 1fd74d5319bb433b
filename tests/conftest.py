"""What several tests need: the notebooks as cells, and a kernel that runs them."""

import os
import pathlib

import pytest

from tools import execute

os.environ.setdefault("COURSE_PROFILE", "fast")
os.environ.setdefault("COURSE_HEADLESS", "1")
ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCES = execute.sources()
LONG = ("test_untrained.py", "test_clustering.py", "test_colab.py", "test_vae.py")


def pytest_collection_modifyitems(items):
    """The longest files first: two workers take one after the other, and the last ones should be short."""
    items.sort(key=lambda item: item.path.name not in LONG)


@pytest.fixture(params=SOURCES, ids=lambda path: path.stem)
def source(request):
    """Each notebook's .py file in turn."""
    return request.param
