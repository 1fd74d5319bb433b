"""The scores of reconstructed and generated images: closed forms, hand-made cases, bad input; the runs that use them."""

import types

import keras
import numpy as np
import pytest

from helpers import course, data, networks, scores, sweeps, training, vae
from helpers.vae import VariationalAutoencoder
from lessons import vae_fashion, vae_mnist


def normal_sample(n, mean, covariance, seed=0):
    """A sample (n, d) whose mean and covariance are exactly the given ones."""
    z = np.random.default_rng(seed).normal(size=(n, len(mean)))
    z = (z - z.mean(axis=0)) @ np.linalg.inv(np.linalg.cholesky(np.atleast_2d(np.cov(z, rowvar=False)))).T
    return z @ np.linalg.cholesky(np.atleast_2d(covariance)).T + mean


def test_cross_entropy_by_hand_and_as_keras():
    assert scores.cross_entropy([[1.0, 0.0]], [[0.5, 0.75]]) == pytest.approx([np.log(2) + np.log(4)])
    assert scores.cross_entropy([[0.25]], [[0.5]]) == pytest.approx([np.log(2)]), "any pixel, answered 0.5"
    generator = np.random.default_rng(0)
    x, p = generator.random((2, 5, 784), dtype="float32")
    expected = 784 * np.asarray(keras.losses.binary_crossentropy(x, p))
    assert scores.cross_entropy(x, p) == pytest.approx(expected, rel=1e-4)
    logits = np.log(p / (1 - p))
    assert scores.cross_entropy(x, p) == pytest.approx(np.asarray(vae.reconstruction_loss(x, logits)), rel=1e-4)
    assert np.isfinite(scores.cross_entropy([[1.0, 0.0]], [[0.0, 1.0]])).all()


def test_the_floor_is_the_cross_entropy_of_the_image_itself_and_nothing_is_below_it():
    x = np.random.default_rng(1).random((20, 30))
    floor = scores.cross_entropy_floor(x)
    assert floor == pytest.approx(scores.cross_entropy(x, x), rel=1e-6)
    for answer in (x * 0.99, np.clip(x + 0.01, 0, 1), np.full_like(x, x.mean())):
        assert (scores.cross_entropy(x, answer) >= floor).all()
    assert scores.cross_entropy_floor([[0.0, 1.0]]) == 0 and scores.cross_entropy_floor([[0.5]]) == np.log(2)


@pytest.mark.parametrize(("name", "floor"), [("fashion_mnist", 189.86), ("mnist", 45.53)])
def test_the_floor_of_the_test_images(name, floor):
    assert scores.cross_entropy_floor(data.load(name, profile="full").x_test).mean() == pytest.approx(floor, abs=5e-3)


def test_ssim_is_1_for_equal_images_and_its_formula_for_constant_ones():
    x = data.load("fashion_mnist", profile="fast").x_test[:5]
    assert scores.structural_similarity(x, x) == pytest.approx(np.ones(5), abs=1e-5)
    for a, b in ((0.2, 0.8), (0.0, 1.0), (0.5, 0.5)):  # no variance: what is left is the factor of the means
        constant = [np.full((1, 784), value) for value in (a, b)]
        expected = (2 * a * b + 0.01**2) / (a**2 + b**2 + 0.01**2)
        assert scores.structural_similarity(*constant) == pytest.approx([expected], abs=1e-3)  # float32
    noisy = np.clip(x + np.random.default_rng(0).normal(size=x.shape, scale=0.1), 0, 1)
    noisier = np.clip(x + np.random.default_rng(0).normal(size=x.shape, scale=0.3), 0, 1)
    assert (scores.structural_similarity(x, noisy) > scores.structural_similarity(x, noisier)).all()


@pytest.mark.parametrize(("mean", "deviation"), [(0.0, 1.0), (2.0, 1.0), (0.0, 3.0), (-1.0, 0.5)])
def test_frechet_distance_in_one_dimension(mean, deviation):
    first, second = normal_sample(50, [0.0], [[1.0]]), normal_sample(80, [mean], [[deviation**2]], seed=1)
    assert vae_fashion.frechet_distance(first, second) == pytest.approx(mean**2 + (deviation - 1) ** 2, abs=1e-9)


def test_frechet_distance_in_more_dimensions():
    generator = np.random.default_rng(0)
    first = generator.normal(size=(200, 6)) @ generator.normal(size=(6, 6))
    assert vae_fashion.frechet_distance(first, first) == pytest.approx(0, abs=1e-9)
    assert vae_fashion.frechet_distance(first, first + 0.5) == pytest.approx(6 * 0.25)
    variances, others = np.array([1.0, 4.0, 9.0]), np.array([4.0, 4.0, 1.0])  # of axes that do not correlate
    pair = [normal_sample(100, np.zeros(3), np.diag(each), seed) for seed, each in enumerate((variances, others))]
    assert vae_fashion.frechet_distance(*pair) == pytest.approx(np.sum((variances**0.5 - others**0.5) ** 2))
    second = generator.normal(size=(150, 6))
    assert vae_fashion.frechet_distance(first, second) == pytest.approx(vae_fashion.frechet_distance(second, first))
    turn, _ = np.linalg.qr(generator.normal(size=(6, 6)))
    assert vae_fashion.frechet_distance(first @ turn, second @ turn) == pytest.approx(
        vae_fashion.frechet_distance(first, second)
    )


def test_frechet_distance_of_singular_sets_is_finite():
    line = np.linspace(0, 1, 30)[:, None] * np.ones((1, 5))
    point = np.ones((10, 5))
    assert vae_fashion.frechet_distance(point, point) == 0
    assert vae_fashion.frechet_distance(line, point) == pytest.approx(5 * 0.25 + 5 * line[:, 0].var(ddof=1))


@pytest.mark.parametrize("second", [np.zeros((9, 3)), np.zeros((1, 2)), np.zeros((0, 2))])
def test_frechet_distance_names_sets_that_do_not_fit(second):
    with pytest.raises(ValueError, match=r"features must be \(n, d\) and \(m, d\).*got \(5, 2\)"):
        vae_fashion.frechet_distance(np.zeros((5, 2)), second)


def test_fd_classifier_is_the_distance_in_the_last_hidden_layer():
    course.seed(0)
    network = networks.classifier(hidden=(16, 8), features=784)
    x = np.random.default_rng(0).random((2, 60, 784), dtype="float32")
    hidden = keras.Model(network.input, network.get_layer("Hidden_Layer2").output)
    expected = vae_fashion.frechet_distance(*(np.asarray(hidden(part, training=False)) for part in x))
    assert vae_fashion.fd_classifier(network, *x) == pytest.approx(expected, rel=1e-4)
    assert vae_fashion.fd_classifier(network, x[0], x[0]) == pytest.approx(0, abs=1e-6)


def test_active_units_are_those_whose_means_vary():
    wide, narrow, constant = np.array([-1.0, 1.0]), np.array([-0.09, 0.09]), np.array([3.0, 3.0])
    assert scores.active_units(np.stack([wide, narrow, constant], axis=1)) == 1  # variances 1, 0.0081, 0
    assert scores.active_units(np.stack([wide, narrow * 1.2], axis=1)) == 2  # 0.0117


def identity_decoder(latent_dim, classes=0):
    """What `draw` needs of a model, with a decoder that returns its points."""
    decode = lambda z, classes=None: np.asarray(z)  # noqa: E731
    generate = lambda n, seed, classes: np.random.default_rng(seed).normal(size=(n, latent_dim))  # noqa: E731
    return types.SimpleNamespace(decode=decode, generate=generate, classes=classes)


def test_a_draw_like_codes_has_their_mean_and_covariance():
    covariance = np.array([[4.0, 1.5], [1.5, 1.0]])
    codes = normal_sample(500, [10.0, -3.0], covariance)
    points, classes = vae_mnist.drawn_images(identity_decoder(2), 40_000, seed=1, like=codes)
    assert points.shape == (40_000, 2) and classes is None
    assert points.mean(axis=0) == pytest.approx([10, -3], abs=0.05)
    assert np.cov(points, rowvar=False) == pytest.approx(covariance, abs=0.1)
    standard, _ = vae_mnist.drawn_images(identity_decoder(2), 40_000, seed=1)
    assert np.cov(standard, rowvar=False) == pytest.approx(np.eye(2), abs=0.03)
    single, _ = vae_mnist.drawn_images(identity_decoder(1), 10_000, like=codes[:, :1])
    assert single.std() == pytest.approx(2, abs=0.05), "one unit"


def test_a_draw_of_a_conditional_model_asks_for_every_class_equally_and_depends_on_the_seed_alone():
    first, second = (vae_mnist.drawn_images(identity_decoder(2, classes=10), 100, seed=4) for _ in range(2))
    assert np.bincount(first[1]).tolist() == [10] * 10 and (first[1][:10] != np.arange(10)).any()
    assert (first[0] == second[0]).all() and (first[1] == second[1]).all()


def test_pictures_survive_as_text_to_a_256th():
    pictures = np.random.default_rng(0).random((3, 784))
    assert sweeps.as_pictures(sweeps.as_text(pictures)) == pytest.approx(pictures, abs=0.5 / 255 + 1e-9)


@pytest.fixture
def small(monkeypatch):
    """`data.load` gives 600 and 200 images whatever the profile; a classifier is not trained."""
    load = data.load

    def few(name, **_):
        images = load(name, profile="fast")
        parts = (images.x_train[:600], images.y_train[:600], images.x_test[:200], images.y_test[:200])
        return data.Dataset(name, *parts, images.class_names)

    monkeypatch.setattr(data, "load", few)
    monkeypatch.setattr(experiments_vae, "accuracy_after_training_on", lambda *args: 0.5)
    monkeypatch.setattr(experiments_vae, "fashion_classifier", networks.classifier)


@pytest.mark.parametrize("settings", [{}, {"variational": False}, {"classes": 10}], ids=str)
def test_a_run_is_scored_with_finite_numbers_and_pictures(small, settings):
    result = vae_fashion.judged_model(
        {"dataset": "fashion_mnist", "epochs": 1, "seed": 0, "latent_dim": 3, "hidden": [16]} | settings
    )
    numbers = {name: value for name, value in result.items() if not isinstance(value, str)}
    assert np.isfinite(list(numbers.values())).all()
    assert numbers["loss"] == pytest.approx(numbers["reconstruction"] + numbers["kl"])
    assert {"fd", "fd_fitted", "taught", "taught_fitted", "neighbours", "ssim", "active_units"} <= set(numbers)
    assert all(sweeps.as_pictures(result[key]).shape == (10, 784) for key in ("drawn", "reconstructed"))
    if settings.get("classes"):
        assert 0 <= numbers["obeyed"] <= 1 and sweeps.as_pictures(result["by_class"]).shape == (80, 784)
    if settings.get("variational") is False:
        assert numbers["kl"] == 0


def test_tables_name_their_methods_and_configurations_differ(monkeypatch):
    seen = []
    monkeypatch.setattr(
        experiments_vae.sweeps, "run", lambda function, rows, *args, **kwargs: (seen.extend(rows), Table(rows))[1]
    )
    counts = {function: len(function().method) for function in experiments_vae.FASHION_RUNS}
    assert list(counts.values()) == [25, 30, 20, 10, 5], "five seeds each"
    assert len({experiments_vae.sweeps.key(row, "1") for row in seen}) == len(seen)


class Table(list):
    """Stands for the DataFrame of a sweep; `assign` keeps the columns that are given."""

    def assign(self, **columns):
        assert {len(values) for values in columns.values()} == {len(self)}
        return types.SimpleNamespace(**columns)


@pytest.mark.filterwarnings("ignore:Skipping variable loading")  # of the optimizers, which `generate` does not need
def test_the_vae_gan_trains_both_parts_and_is_a_vae_to_everything_else(small, tmp_path):
    x = data.load("fashion_mnist").x_train
    course.seed(0)
    model = vae_fashion.VaeGan(latent_dim=3, hidden=(32,), seed=0)
    model.compile(keras.optimizers.Adam(1e-3), **training.compile_options(xla=True))
    before = [np.array(weight) for weight in model.weights]
    history = model.fit(training.batches(x, batch_size=100), epochs=3, shuffle=False, verbose=0).history
    changed = [not np.array_equal(old, new) for old, new in zip(before, model.weights, strict=True)]
    kernels = [i for i, weight in enumerate(model.weights) if weight.path.endswith("kernel")]
    assert all(changed[i] for i in kernels), "encoder, decoder and discriminator"
    assert history["reconstruction"][-1] < history["reconstruction"][0] and np.isfinite(history["fooling"]).all()
    assert history["loss"][-1] > history["reconstruction"][-1] + history["kl"][-1]
    model.save(tmp_path / "gan.keras")
    again = keras.saving.load_model(tmp_path / "gan.keras", safe_mode=True)
    assert (again.generate(5) == model.generate(5)).all() and again.weight == model.weight


def test_a_run_of_the_vae_gan_is_timed_and_scored(small):
    result = vae_fashion.judged_gan(
        {"dataset": "fashion_mnist", "latent_dim": 2, "weight": 20.0, "epochs": 1, "seed": 0}
    )
    assert np.isfinite([result["fd"], result["taught"], result["kl"]]).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"weight": -1.0}, "weight must be a finite number of at least 0, got -1.0"),
        ({"weight": float("inf")}, "weight must be"),
        ({"classes": 10}, "neither conditional nor an AE"),
        ({"latent_dim": 0}, "latent_dim must be"),
    ],
)
def test_wrong_parameters_of_the_vae_gan_are_named(settings, message):
    with pytest.raises(ValueError, match=message):
        vae_fashion.VaeGan(**settings)


def test_weight_0_trains_as_the_vae_does():
    x = np.random.default_rng(0).random((200, 784), dtype="float32")
    losses = []
    for form in (VariationalAutoencoder, lambda **settings: vae_fashion.VaeGan(0.0, **settings)):
        course.seed(0)
        model = form(latent_dim=2, hidden=(16,), seed=0)
        model.compile(keras.optimizers.Adam(1e-3), run_eagerly=True)
        losses.append(model.fit(x, x, epochs=1, batch_size=100, shuffle=False, verbose=0).history["reconstruction"][0])
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
