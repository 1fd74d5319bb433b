"""Lesson 04: how its VAE is fitted, drawn from and scored."""

import types

import jupytext
import keras
import matplotlib.pyplot as plt
import numpy as np
import pytest
from scipy import stats

from helpers import course, data, plots, scores, sweeps, vae
from lessons import vae_mnist
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def images():
    """600 training and 200 test images."""
    mnist = data.load("mnist", profile="fast")
    return data.Dataset(
        "mnist", mnist.x_train[:600], mnist.y_train[:600], mnist.x_test[:200], mnist.y_test[:200], mnist.class_names
    )


@pytest.fixture(scope="module")
def fitted(images):
    return vae_mnist.fitted_vae({"latent_dim": 3, "hidden": [16]}, images.x_train, epochs=4, seed=1)


def test_the_divergence_warms_up_in_the_first_quarter_and_the_rate_falls_to_0(fitted):
    model, history = fitted
    assert len(history.epoch) == 4 and model.kl_warmup == 5, "4 epochs of 5 batches of 128"
    assert float(model.optimizer.learning_rate.numpy()) < 1e-6 and isinstance(model.optimizer, keras.optimizers.Adam)
    assert history.history["reconstruction"][-1] < history.history["reconstruction"][0]


def test_settings_go_before_the_warm_up_and_the_seed_decides(images, fitted):
    settings = {"latent_dim": 3, "hidden": [16], "kl_warmup": 0, "beta": 4.0}
    other, _ = vae_mnist.fitted_vae(settings, images.x_train, epochs=1)
    assert (other.kl_warmup, other.beta, other.seed) == (0, 4.0, 0)
    again, history = vae_mnist.fitted_vae({"latent_dim": 3, "hidden": [16]}, images.x_train, epochs=4, seed=1)
    assert history.history == fitted[1].history
    assert (again.encode(images.x_test)[0] == fitted[0].encode(images.x_test)[0]).all()


def test_a_conditional_model_gets_the_classes(images):
    settings = {"latent_dim": 2, "hidden": [16], "classes": 10}
    model, _ = vae_mnist.fitted_vae(settings, images.x_train, images.y_train, epochs=1)
    assert not np.allclose(model.decode(np.zeros((1, 2)), [0]), model.decode(np.zeros((1, 2)), [1]))
    with pytest.raises(ValueError, match=r"classes must be whole numbers from 0 to 9 of shape \(600,\)"):
        vae_mnist.fitted_vae(settings, images.x_train, epochs=1)


def identity_decoder(latent_dim, classes=0):
    """What `drawn_images` needs of a model, with a decoder that returns its points."""
    decode = lambda z, classes=None: np.asarray(z)  # noqa: E731
    generate = lambda n, seed, classes: np.random.default_rng(seed).normal(size=(n, latent_dim))  # noqa: E731
    return types.SimpleNamespace(decode=decode, generate=generate, classes=classes)


def test_a_draw_like_codes_has_their_mean_and_covariance():
    codes = np.random.default_rng(0).multivariate_normal([10, -3], [[4.0, 1.5], [1.5, 1.0]], size=500)
    points, classes = vae_mnist.drawn_images(identity_decoder(2), 40_000, seed=1, like=codes)
    assert points.shape == (40_000, 2) and classes is None
    assert points.mean(axis=0) == pytest.approx(codes.mean(axis=0), abs=0.05)
    assert np.cov(points, rowvar=False) == pytest.approx(np.cov(codes, rowvar=False), abs=0.1)
    standard, _ = vae_mnist.drawn_images(identity_decoder(2), 40_000, seed=1)
    assert np.cov(standard, rowvar=False) == pytest.approx(np.eye(2), abs=0.03)
    single, _ = vae_mnist.drawn_images(identity_decoder(1), 10_000, like=codes[:, :1])
    assert single.std() == pytest.approx(codes[:, 0].std(), abs=0.05), "one unit"


def test_a_draw_of_a_conditional_model_asks_for_every_class_equally_and_depends_on_the_seed_alone():
    first, second = (vae_mnist.drawn_images(identity_decoder(2, classes=10), 100, seed=4) for _ in range(2))
    assert np.bincount(first[1]).tolist() == [10] * 10 and (first[1][:10] != np.arange(10)).any()
    assert (first[0] == second[0]).all() and (first[1] == second[1]).all()


def test_scores_are_those_of_the_test_images(images, fitted, monkeypatch):
    draw = vae_mnist.drawn_images
    monkeypatch.setattr(vae_mnist, "drawn_images", lambda model, n, *rest: draw(model, n // 200, *rest))
    model, seen = fitted[0], {}

    def of_drawn(drawn, asked, suffix):
        seen[suffix] = drawn, asked
        return {f"brightness{suffix}": drawn.mean()}

    result = vae_mnist.graded(model, images, seed=0, of_drawn=of_drawn)
    assert result["loss"] == result["reconstruction"] + result["kl"]
    answers = model.reconstruct(images.x_test)
    assert result["mse"] == pytest.approx(np.mean((answers - images.x_test) ** 2), rel=1e-5)
    assert result["cross_entropy"] == pytest.approx(scores.cross_entropy(images.x_test, answers).mean())
    assert result["ssim"] == pytest.approx(scores.structural_similarity(images.x_test, answers).mean())
    kl = vae.kl_divergence(*model.encode(images.x_test))
    assert result["kl"] == pytest.approx(float(np.mean(kl)), rel=1e-4)
    assert result["active_units"] == scores.active_units(model.encode(images.x_train)[0])
    assert 0 < result["neighbours"] <= 1 and result["parameters"] == model.count_params()
    np.testing.assert_allclose(sweeps.as_pictures(result["reconstructed"]), answers[:10], atol=0.5 / 255 + 1e-6)
    for suffix, (drawn, asked) in seen.items():
        assert drawn.shape == (100, 784) and asked is None and result[f"brightness{suffix}"] == drawn.mean()
        np.testing.assert_allclose(sweeps.as_pictures(result[f"drawn{suffix}"]), drawn[:10], atol=0.5 / 255 + 1e-6)
    assert list(seen) == ["", "_fitted"] and not np.allclose(seen[""][0], seen["_fitted"][0])
    later = vae_mnist.graded(model, images, seed=1)
    assert set(result) - set(later) == {"reconstructed", "drawn", "drawn_fitted", "brightness", "brightness_fitted"}


def test_the_pictures_by_class_have_a_class_a_row_and_a_point_a_column(images, monkeypatch):
    draw = vae_mnist.drawn_images
    monkeypatch.setattr(vae_mnist, "drawn_images", lambda model, n, *rest: draw(model, n // 200, *rest))
    settings = {"latent_dim": 2, "hidden": [16], "classes": 10}
    model, _ = vae_mnist.fitted_vae(settings, images.x_train, images.y_train, epochs=1)
    pictures = sweeps.as_pictures(vae_mnist.graded(model, images)["by_class"]).reshape(10, 8, 784)
    points = np.random.default_rng(0).normal(size=(8, 2))
    np.testing.assert_allclose(pictures[3], model.decode(points, [3] * 8), atol=0.5 / 255 + 1e-6)


def test_the_clouds_have_the_place_the_width_and_the_colour_of_their_image():
    digits = np.repeat([0, 1, 2], 60)
    means = np.array([[0.0, 0.0], [40.0, 0.0], [0.0, 40.0]])[digits] + np.random.default_rng(0).normal(size=(180, 2))
    widths = np.random.default_rng(1).uniform(0.5, 2, size=(180, 2))
    figure = vae_mnist.draw_clouds(means, widths, digits)
    (axis,) = figure.axes
    (clouds,) = axis.collections
    np.testing.assert_allclose(clouds.get_offsets(), means)
    np.testing.assert_allclose(np.column_stack([clouds.get_widths(), clouds.get_heights()]), 2 * widths)
    np.testing.assert_allclose(clouds.get_edgecolors()[:, :3], np.array(plots.CLASS_COLOURS)[digits])
    assert axis.patches[0].radius == pytest.approx(np.sqrt(stats.chi2(2).ppf(0.95)), abs=1e-3)
    assert [text.get_text() for text in axis.texts] == ["0", "1", "2"]
    plt.close(figure)


def test_bars_of_the_kl_are_sorted_and_normals_are_titled_with_their_price():
    figure = vae_mnist.draw_kl_by_unit({"a": np.array([0.0, 2.0, 1.0]), "b": np.array([3.0, 0.5, 4.0])})
    assert [bar.get_height() for bar in figure.axes[1].patches] == [4.0, 3.0, 0.5]
    assert figure.axes[0].get_title() == "a"
    normals = vae_mnist.draw_normals([(0, 1), (1, 2)], [0.0, 0.807])
    assert normals.axes[1].get_title() == "N(1, 2²)\n0.81 nats"
    plt.close("all")


def test_a_dot_of_the_gradients_is_the_mean_of_a_hundred_samples():
    estimates = {"wide": np.arange(400.0), "narrow": np.repeat([1.0, 3.0], 200)}
    figure = vae_mnist.draw_gradients(estimates)
    first, second, line = figure.axes[0].lines
    np.testing.assert_allclose(first.get_xdata(), [49.5, 149.5, 249.5, 349.5])
    np.testing.assert_allclose(second.get_xdata(), [1, 1, 3, 3])
    assert line.get_xdata()[0] == 2
    plt.close(figure)


class Says:
    """A judge that finds digit k in image number k, k + 10, ... with the probability 0.6."""

    def __call__(self, x, training):
        return np.where(np.arange(10) == np.arange(len(x))[:, None] % 10, 0.6, 0.4 / 9)


def test_a_judge_of_images_counts_sureness_evenness_and_copies(images):
    real = vae_mnist.judged(Says(), images.x_test, images)
    assert real["sure"] == pytest.approx(0.6) and real["evenness"] == pytest.approx(10)
    assert real["rarest"] == pytest.approx(0.1) and real["copies"] == pytest.approx(0.01)
    assert real["greyness"] == pytest.approx(scores.cross_entropy_floor(images.x_test).mean())
    copied = vae_mnist.judged(Says(), images.x_train[:30] * 0.999, images)
    assert copied["copies"] == 1
    noise = vae_mnist.judged(lambda x, training: np.eye(10)[np.zeros(len(x), int)], np.full((50, 784), 0.5), images)
    assert (noise["evenness"], noise["rarest"], noise["copies"]) == (1, 0, 0)
    assert noise["greyness"] == pytest.approx(784 * np.log(2))


def test_the_judge_knows_digits(monkeypatch):
    judge = vae_mnist.digit_judge("fast")
    mnist = data.load("mnist", profile="fast")
    assert judge.evaluate(mnist.x_test, mnist.y_test, verbose=0, return_dict=True)["accuracy"] > 0.85
    assert vae_mnist.digit_judge("fast") is judge


@pytest.fixture(scope="module")
def page():
    """What the cells of section 2 define: networks, functions and the class, as a student reads them."""
    cells = jupytext.read(next((ROOT / "notebooks").glob("04*.py"))).cells
    wanted = ("encoder = keras.Model(", "def sample(", "class VAE(")
    found = {"course": course}
    for text in wanted:
        (cell,) = [cell.source for cell in cells if cell.cell_type == "code" and text in cell.source]
        exec(cell, found)
    return found


def test_the_model_on_the_page_is_the_helpers_model(page, images):
    """Networks, terms and loss; the samples differ by their noise, so that is set to 0 (log variance -60)."""
    model = vae.VariationalAutoencoder(latent_dim=2, hidden=(512, 256), seed=0)
    assert [w.shape for w in page["encoder"].weights] == [w.shape for w in model.encoder.weights]
    *rest, kernel, bias = page["encoder"].get_weights()
    page["encoder"].set_weights([*rest, 0 * kernel, 0 * bias - 60])
    model.encoder.set_weights(page["encoder"].get_weights())
    model.decoder.set_weights(page["decoder"].get_weights())
    small, x = page["VAE"](), images.x_test
    np.testing.assert_allclose(small(x), model(x)["logits"], atol=1e-5)
    small.compile(loss=page["reconstruction"])
    model.compile()
    ours, theirs = (each.evaluate(x, x, verbose=0, return_dict=True)["loss"] for each in (small, model))
    assert ours == pytest.approx(theirs, rel=1e-5)
    code = np.random.default_rng(0).normal(size=(2, 50, 3)).astype("float32")
    np.testing.assert_allclose(page["kl_divergence"](*code), vae.kl_divergence(*code), rtol=1e-5)
    drawn = np.asarray(page["sample"](np.full((20_000, 1), 3.0, "float32"), np.full((20_000, 1), -2.0, "float32")))
    assert drawn.mean() == pytest.approx(3, abs=0.02) and drawn.std() == pytest.approx(np.exp(-1), rel=0.03)
