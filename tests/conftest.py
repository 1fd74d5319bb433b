"""What several tests need: the notebooks as cells, and a kernel that runs them."""

import gc
import os
import pathlib
import warnings

import pytest

from tools import execute

os.environ.setdefault("COURSE_PROFILE", "fast")
os.environ.setdefault("COURSE_HEADLESS", "1")
ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCES = execute.sources()
LONG = (
    "02_dcn",
    "03_activity",
    "test_untrained",
    "test_exercises",
    "test_runs",
    "test_clustering",
    "test_colab",
    "test_execute",
)


def pytest_collection_modifyitems(items):
    """The longest files first: two workers take one after the other, and the last ones should be short."""
    items.sort(key=lambda item: not item.path.name.startswith(LONG))


@pytest.fixture
def eagerly():
    """Fits of a few steps are faster without tracing their functions first, and with little for gc.collect to visit."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    gc.freeze()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Even though the `tf.config")
        yield
    gc.unfreeze()
    tf.config.run_functions_eagerly(False)


@pytest.fixture(params=SOURCES, ids=lambda path: path.stem)
def source(request):
    """Each notebook's .py file in turn."""
    return request.param
