"""The playground's networks, from the committed scripts: they answer as Keras did, and its numbers can be computed again."""

import base64

import numpy as np
import pytest

from helpers import clustering, data, networks, scores
from lessons import dcn, vae_mnist
from tools import playground

MEASURED = playground.read("measured")


def kept(name):
    """What Keras answered when the network was trained."""
    with np.load(playground.REFERENCES / f"{name}.npz", allow_pickle=False) as file:
        return dict(file)


@pytest.fixture(scope="module")
def whole():
    return {name: data.load(name, profile="full") for name in ("mnist", "fashion_mnist")}


def test_there_is_a_script_for_each_network_and_a_number_for_each_claim():
    scripts = {path.stem for path in playground.FOLDER.glob("*.js")}
    assert scripts == {*playground.NAMES, "encoder", "course", "measured"} and set(MEASURED) == set(playground.NAMES)


@pytest.mark.parametrize("name", playground.PLANES)
def test_rounding_moves_no_pixel_by_two_hundredths_and_no_image_by_a_fifth_of_a_nat(name, whole):
    decoder, reference, measured = playground.read(name)["decoder"], kept(name), MEASURED[name]
    assert np.abs(playground.answered(decoder, reference["points"]) - reference["pixels"] / 255).max() <= 0.02
    x = whole[playground.PLANES[name][0]].x_test
    found = scores.cross_entropy(x, playground.answered(decoder, reference["z"])).mean()
    assert found == pytest.approx(measured["reconstruction_int8"], abs=0.01)
    assert abs(found - measured["reconstruction"]) <= 0.2


def test_the_whole_vae_loses_less_than_a_fifth_of_a_nat(whole):
    code = playground.answered(playground.read("encoder")["encoder"], whole["mnist"].x_test)
    mean, log_var = code[:, :2], code[:, 2:]
    z = mean + np.exp(log_var / 2) * np.random.default_rng(0).normal(size=mean.shape)
    pixels = playground.answered(playground.read("vae-digits")["decoder"], z)
    kl = np.sum(np.exp(log_var) + mean**2 - 1 - log_var, axis=1) / 2
    found, measured = (scores.cross_entropy(whole["mnist"].x_test, pixels) + kl).mean(), MEASURED["vae-digits"]
    assert found == pytest.approx(measured["loss_int8"], abs=0.01)
    assert abs(found - measured["loss"]) <= 0.2
    reference = kept("vae-digits")
    assert np.abs(mean[:100] - reference["mean"]).max() <= 0.02
    assert np.abs(log_var[:100] - reference["log_var"]).max() <= 0.05


def test_classifier_and_clusters_name_the_test_images_as_often_as_the_page_says(whole):
    x, digits = whole["mnist"].x_test, whole["mnist"].y_test
    logits = playground.answered(playground.read("classifier")["layers"], x)
    assert np.mean(logits.argmax(axis=1) == digits) == pytest.approx(MEASURED["classifier"]["accuracy_int8"], abs=2e-4)
    pack = playground.read("clusters")
    codes = playground.answered(pack["layers"], x)
    centers = np.frombuffer(base64.b64decode(pack["centroids"]), "<f4").reshape(-1, codes.shape[1])
    named = np.array(pack["names"])[clustering.student_t(codes, centers).argmax(axis=1)]
    assert np.mean(named == digits) == pytest.approx(MEASURED["clusters"]["accuracy_int8"], abs=2e-4)
    assert np.abs(clustering.student_t(codes[:100], centers) - kept("clusters")["shares"]).max() <= 0.02
    for name in ("classifier", "clusters"):
        assert abs(MEASURED[name]["accuracy"] - MEASURED[name]["accuracy_int8"]) <= 0.002


def test_numpy_answers_as_keras_with_the_same_weights():
    pack, decoder = playground.read("vae-digits"), networks.vae_decoder(2, (512, 256), "dense", 0, 784)
    decoder.set_weights([part for layer in pack["decoder"] for part in playground.unpacked(layer)[:2]])
    points = kept("vae-digits")["points"]
    logits = networks.predict(decoder, points)
    np.testing.assert_allclose(playground.answered(pack["decoder"], points), 1 / (1 + np.exp(-logits)), atol=1e-5)


def test_the_networks_are_as_good_as_the_stored_runs():
    stored = vae_mnist.scored_vae.table().query("latent_dim == 2 and kl_warmup != kl_warmup").fillna({"beta": 1.0})
    for beta, name in ((1.0, "vae-digits"), (10.0, "beta-10")):
        assert MEASURED[name]["loss"] == pytest.approx(stored[stored.beta == beta].loss.mean(), abs=3)
    by_beta = vae_mnist.judged_vae.table().groupby("beta").greyness.mean()
    for beta in (0.1, 1.0, 10.0):
        name = "vae-digits" if beta == 1 else f"beta-{beta:g}"
        assert MEASURED[name]["greyness"] == pytest.approx(by_beta[beta], abs=8)
    recipes = dcn.fitted_recipe.table()
    stored = recipes[(recipes.recipe == dcn.BEST) & (recipes.held_out == 0)].acc_test
    assert MEASURED["clusters"]["accuracy"] == pytest.approx(stored.mean(), abs=0.005)


def test_rounding_with_the_inputs_in_mind_beats_rounding_each_weight():
    random = np.random.default_rng(0)
    x = np.maximum(random.normal(size=(500, 3)) @ random.normal(size=(3, 40)), 0)
    rows = random.normal(size=(30, 40))
    whole, scales = playground.rounded(rows, x, x @ rows.T)
    assert whole.shape == rows.shape and np.abs(whole).max() <= 127 and np.array_equal(whole, np.round(whole))
    plain = np.abs(rows).max(axis=1) / 127
    error = np.abs(x @ (whole * scales[:, None] - rows).T).mean()
    assert error < 0.3 * np.abs(x @ (np.round(rows / plain[:, None]) * plain[:, None] - rows).T).mean()


def test_what_is_packed_comes_out_again():
    random = np.random.default_rng(0)
    x, weights = random.random((200, 20)).astype("float32"), random.normal(size=(20, 30)).astype("float32")
    small = random.normal(size=(30, 2)).astype("float32")
    layers = [(weights, np.ones(30, "float32"), "relu"), (small, np.zeros(2, "float32"), "linear")]
    packs = playground.packed(layers, x)
    assert ["scales" in pack for pack in packs] == [True, False], "a layer of two units keeps its weights"
    np.testing.assert_array_equal(playground.unpacked(packs[1])[0], small)
    np.testing.assert_allclose(playground.answered(packs, x), np.maximum(x @ weights + 1, 0) @ small, atol=0.2)


def test_a_network_that_is_not_there_is_named():
    with pytest.raises(SystemExit, match="beta-7 is no network of the playground: vae-digits, "):
        playground.main("beta-7")


def test_what_the_page_says_of_the_planes_and_of_beta_is_measured():
    assert MEASURED["ae-digits"]["evenness"] < 0.7 * MEASURED["vae-digits"]["evenness"]
    for kind in ("digits", "garments"):
        assert MEASURED[f"ae-{kind}"]["reconstruction"] < MEASURED[f"vae-{kind}"]["reconstruction"]
    grey = {name: MEASURED[name]["greyness"] for name in ("beta-0", "beta-0.1", "vae-digits", "beta-10")}
    assert min(grey["beta-0"], grey["beta-0.1"], grey["beta-10"]) > grey["vae-digits"] + 5
    assert (
        MEASURED["beta-0"]["kl"] > MEASURED["beta-0.1"]["kl"] > MEASURED["vae-digits"]["kl"] > MEASURED["beta-10"]["kl"]
    )
