"""Each notebook is executed with an idle `fit`: every claim about training fails, and no other."""

import math

import pytest

from helpers import course
from tests.conftest import ROOT
from tools import execute
from tools.play import NO_TRAINING, failed_claims, play

# Live claims that hold without training too: what is not about learning (how a gradient scatters), what an untrained
# network also shows, or what the fast profile learns too little to tell.
HOLD_UNTRAINED = {
    "02": {"02.assigned.collapsed", "02.bypass.mse_gap", "02.holdout.gap", "02.large.gain", "02.linear.collapsed", "02.repaired.live", "02.scale.pull_ratio", "02.start.random_worse", "02.weak.collapsed"},
    "04": {"04.apart.rank_of_7", "04.blur.overlap", "04.blur.overlap_within", "04.digit.blur_rank_of_3", "04.digit.blur_rank_of_8", "04.gradient.ratio_with_baseline", "04.samples.copies"},
    "05": {"05.beta.means_only", "05.map.vae2_outside3"},
    "06": {"06.saliency.random_gradient", "06.saliency.random_integrated", "06.saliency.random_not_black"},
}  # fmt: skip


@pytest.fixture(scope="module")
def untrained(source):
    """The notebook after its run without training."""
    return play(source, ROOT / "notebooks", after_setup=[NO_TRAINING])


@pytest.fixture(scope="module", params=execute.sources(), ids=lambda path: path.stem)
def source(request):
    return request.param


def test_a_network_that_was_not_trained_fails_the_live_claims_and_no_other(source, untrained):
    number = source.stem[:2]
    known = course.texts(number)["claims"]
    assert set(execute.claims_of(untrained)) == set(known), "each claim of the notebook has an entry, and the other way"
    live = {name for name, about in known.items() if about["kind"] == "live"}
    assert failed_claims(untrained) == live - HOLD_UNTRAINED.get(number, set())


def test_what_rests_on_stored_runs_or_on_constants_is_the_committed_number(source, untrained):
    """An edited result has three hands against it: the manifest, this, and `make verify`."""
    committed = course.committed()
    for name, value in execute.claims_of(untrained).items():
        about = course.entry(name)
        if about["kind"] != "live" and not {"fast_low", "fast_high"} & set(about):
            assert math.isclose(value, committed[name], rel_tol=1e-4, abs_tol=1e-7), name
