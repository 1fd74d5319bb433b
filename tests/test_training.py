"""How networks are compiled and fed: the same numbers as Keras's plain way, and distortions that can be measured."""

import itertools
import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from helpers import training


def rows(dataset):
    return [batch[0].numpy().ravel().astype(int).tolist() for batch in dataset]


def numbered(n):
    return np.arange(n, dtype="float32")[:, None]


# Batches


def test_batches_hold_every_sample_once_in_a_new_order_each_epoch():
    dataset = training.batches(numbered(10), batch_size=4)
    first, second = rows(dataset), rows(dataset)
    assert [len(batch) for batch in first] == [4, 4, 2] and len(dataset) == 3
    assert sorted(sum(first, [])) == sorted(sum(second, [])) == list(range(10))
    assert first != second
    again, other = (training.batches(numbered(10), batch_size=4, seed=seed) for seed in (0, 1))
    assert [first, second] == [rows(again), rows(again)] and rows(other) != first, "the seed decides the orders"
    unshuffled = training.batches(numbered(10), batch_size=4, shuffle=False)
    assert rows(unshuffled) == rows(unshuffled) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


@pytest.mark.parametrize("batch_size", [1, 5, 10, 11])
def test_batches_of_any_size_lose_nothing(batch_size):
    dataset = training.batches(numbered(10), batch_size=batch_size)
    assert sorted(sum(rows(dataset), [])) == list(range(10)) and len(dataset) == -(-10 // batch_size)


def test_targets_stay_with_their_images():
    x = numbered(100)
    for x_batch, y_batch in training.batches(x, (x[:, 0] * 2).astype("int64"), batch_size=7):
        assert np.array_equal(x_batch[:, 0] * 2, y_batch)
    assert all(np.array_equal(*pair) for pair in training.batches(x, batch_size=7)), "without targets: the images"


def test_batches_refuse_what_does_not_fit():
    with pytest.raises(ValueError, match="same length, above 0; got 3 and 4"):
        training.batches(np.zeros((3, 2)), np.zeros(4))
    with pytest.raises(ValueError, match="above 0"):
        training.batches(np.zeros((0, 2)))


# The way to compile


def test_fit_evaluate_and_callbacks_see_the_numbers_of_a_plain_fit():
    """Without shuffling, the fast ways must be Keras's default fit to rounding: same loss, epoch after epoch."""
    x = np.random.default_rng(1).random((100, 20), dtype="float32")
    losses = []
    for settings in (None, training.compile_options(), {"steps_per_execution": 16, "jit_compile": True}):
        keras.utils.set_random_seed(5)
        model = keras.Sequential([keras.Input((20,)), keras.layers.Dense(4), keras.layers.Dense(20)])
        model.compile(optimizer="adam", loss="mse", **settings or {})
        stop = keras.callbacks.EarlyStopping(monitor="val_loss", patience=2)
        feed, validation = {"x": x, "y": x, "batch_size": 32}, (x[:50], x[:50])
        if settings:
            feed = {"x": training.batches(x, batch_size=32, shuffle=False)}
            validation = training.batches(x[:50], batch_size=32, shuffle=False)
        history = model.fit(**feed, validation_data=validation, epochs=3, shuffle=False, verbose=0, callbacks=[stop])
        losses.append(history.history["loss"] + history.history["val_loss"])
        if settings:
            assert np.isclose(model.evaluate(validation, verbose=0), losses[-1][-1])
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-4)
    np.testing.assert_allclose(losses[2], losses[0], rtol=1e-4)


def test_the_last_partial_batch_is_trained_on():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(optimizer="sgd", loss="mse", **training.compile_options())
    model.fit(training.batches(np.zeros((5, 1), "float32"), batch_size=4), epochs=3, shuffle=False, verbose=0)
    assert int(model.optimizer.iterations.numpy()) == 6


@pytest.mark.parametrize(("profile", "xla", "compiled"), [("full", 1, True), ("full", 0, False), ("fast", 1, False)])
def test_xla_is_for_the_full_profile_and_where_it_is_asked_for(monkeypatch, profile, xla, compiled):
    monkeypatch.setenv("COURSE_PROFILE", profile)
    assert training.compile_options(bool(xla)) == {"steps_per_execution": 64, "jit_compile": compiled}


# Distortions: each is measured by the moments of a spot, alone and beside the others at 0

NONE = {"degrees": 0, "shift": 0, "shear": 0, "zoom": 0}
SPOT = np.exp(-(((np.arange(29) - 14) / 4) ** 2) / 2)[:, None] * np.exp(-(((np.arange(29) - 14) / 2) ** 2) / 2)


def distorted_spots(seed=0, n=200, **settings):
    """Middle (n, 2) and covariance (n, 2, 2), each down and right, of a tall spot that was distorted n times."""
    images = np.repeat(SPOT.reshape(1, -1), n, axis=0).astype("float32")
    dataset = training.batches(images, np.arange(n), batch_size=n, shuffle=False)
    spots, numbers = next(iter(training.distorted(dataset, **NONE | settings, seed=seed)))
    assert np.array_equal(numbers, np.arange(n)), "what comes with the image is left alone"
    weights = np.asarray(spots) / np.sum(spots, axis=1, keepdims=True)
    places = np.stack(np.divmod(np.arange(29 * 29), 29), axis=1) - 14
    middles = weights @ places
    away = places - middles[:, None]
    return middles, np.einsum("np,npi,npj->nij", weights, away, away)


def spans(values, most):
    """Whether values are drawn evenly between minus and plus `most`."""
    return np.abs(values).max() == pytest.approx(most, rel=0.1) and abs(np.mean(values)) < 0.15 * most


def test_no_distortion_is_the_image_itself():
    images = np.random.default_rng(0).random((5, 784), dtype="float32")
    dataset = training.distorted(training.batches(images, batch_size=5, shuffle=False), **NONE)
    np.testing.assert_allclose(next(iter(dataset))[0], images, atol=1e-5)


def test_shift_moves_right_and_down_each_on_its_own():
    middles, covariances = distorted_spots(shift=0.1)
    assert spans(middles[:, 0], 2.9) and spans(middles[:, 1], 2.9)  # a tenth of 29 pixels
    assert abs(np.corrcoef(middles.T)[0, 1]) < 0.3
    np.testing.assert_allclose(covariances, covariances[:1].repeat(200, axis=0), atol=0.5)


def test_degrees_turn_and_keep_the_form():
    middles, covariances = distorted_spots(degrees=20)
    tall, wide, mixed = covariances[:, 0, 0], covariances[:, 1, 1], covariances[:, 0, 1]
    angles = np.degrees(np.arctan2(2 * mixed, tall - wide)) / 2
    assert spans(angles, 20) and np.abs(middles).max() < 0.05
    np.testing.assert_allclose(tall + wide, 20, atol=0.5)  # 4 squared and 2 squared


def test_shear_slants():
    middles, covariances = distorted_spots(shear=0.25)
    assert spans(covariances[:, 0, 1] / covariances[:, 0, 0], 0.25), "pixels sideways per pixel of height"
    np.testing.assert_allclose(covariances[:, 0, 0], 16, atol=0.3)
    assert np.abs(middles).max() < 0.05


def test_zoom_stretches_width_and_height_each_on_its_own():
    middles, covariances = distorted_spots(zoom=0.15)
    heights, widths = np.log(covariances[:, 0, 0] / 16) / 2, np.log(covariances[:, 1, 1] / 4) / 2
    assert spans(heights, 0.15) and spans(widths, 0.15) and abs(np.corrcoef(heights, widths)[0, 1]) < 0.3
    assert np.abs(covariances[:, 0, 1]).max() < 0.1 and np.abs(middles).max() < 0.05


def test_distortions_are_new_in_each_epoch_and_depend_on_the_seed():
    images = np.random.default_rng(0).random((6, 784), dtype="float32")
    first, same, other = (
        [np.asarray(batch) for _ in range(2) for batch, _ in dataset]
        for dataset in (
            training.distorted(training.batches(images, batch_size=3, shuffle=False), seed=seed) for seed in (0, 0, 1)
        )
    )
    assert len(first) == 4 and not np.allclose(first[:2], first[2:]), "two batches, anew in the second epoch"
    assert not np.allclose(first[0] - images[:3], first[1] - images[3:])
    np.testing.assert_array_equal(first, same)
    assert not np.allclose(first, other)


def test_what_comes_in_from_outside_is_black():
    white = training.batches(np.ones((50, 784), "float32"), batch_size=50, shuffle=False)
    moved = np.asarray(next(iter(training.distorted(white, **NONE | {"shift": 0.2})))[0])
    assert moved.min() == 0 and moved.max() <= 1 + 1e-6 and 0.7 < moved.mean() < 0.9


def test_without_grey_levels_everything_is_drawn_as_before_they_came():
    """Stored runs rest on these values, to the last bit, and on these random numbers."""
    images = np.random.default_rng(0).random((6, 784), dtype="float32")
    settings = {"degrees": 10, "shift": 0.1, "shear": 0.25, "zoom": 0.15, "seed": 3}
    dataset = training.batches(images, batch_size=6, shuffle=False)
    plain, zero, grey = (
        np.asarray(next(iter(training.distorted(dataset, **settings | more)))[0])
        for more in ({}, {"brightness": 0.0, "contrast": 0.0}, {"brightness": 1e-9})
    )
    np.testing.assert_array_equal(zero, plain)
    np.testing.assert_allclose(grey, plain, atol=1e-6, err_msg="the grey levels have random numbers of their own")
    (before, _), *_ = distorted_before(dataset, **settings)
    np.testing.assert_array_equal(plain, before)


def distorted_before(dataset, degrees, shift, shear, zoom, seed):
    """What `distorted` was before it knew grey levels, for images of 28 by 28."""

    def distort(batch, batch_seed):
        flat, rest = batch
        drawn = tf.random.stateless_uniform((6, tf.shape(flat)[0]), [seed, tf.cast(batch_seed, tf.int32)], -1, 1)
        angle, slant = drawn[0] * math.radians(degrees), drawn[1] * shear
        right, down = drawn[2] * shift * 28, drawn[3] * shift * 28
        width, height = tf.exp(drawn[4] * zoom), tf.exp(drawn[5] * zoom)
        cos, sin, middle = tf.cos(angle), tf.sin(angle), 13.5
        a, b = cos * width, cos * slant - sin * height
        c, d = sin * width, sin * slant + cos * height
        rows = [a, b, middle * (1 - a - b) + right, c, d, middle * (1 - c - d) + down, 0 * a, 0 * a]
        images = tf.reshape(flat, (-1, 28, 28, 1))
        moved = keras.ops.image.affine_transform(images, tf.stack(rows, axis=1), fill_mode="constant")
        return tf.reshape(moved, tf.shape(flat)), rest

    seeds = tf.data.Dataset.random(seed=seed, rerandomize_each_iteration=True)
    return tf.data.Dataset.zip(dataset, seeds).map(distort)


def grey_levels(**settings):
    """Smallest and largest pixel (n, 2) of an image of 0.4 and 0.6 in equal parts, changed 400 times."""
    images = np.tile(np.float32([0.4, 0.6]), (400, 18))
    changed = training.distorted(training.batches(images, batch_size=400, shuffle=False), **NONE | settings)
    pixels = np.asarray(next(iter(changed))[0])
    return np.stack([pixels.min(axis=1), pixels.max(axis=1)], axis=1)


def test_brightness_adds_the_same_to_every_pixel_of_an_image():
    added = grey_levels(brightness=0.2) - [0.4, 0.6]
    assert spans(added[:, 0], 0.2)
    np.testing.assert_allclose(added[:, 0], added[:, 1], atol=1e-5)


def test_contrast_multiplies_the_distance_from_the_mean():
    levels = grey_levels(contrast=0.5)
    assert spans(np.log(np.diff(levels)[:, 0] / 0.2), 0.5)
    np.testing.assert_allclose(levels.mean(axis=1), 0.5, atol=1e-5)


def test_grey_levels_are_two_draws_and_stay_in_range():
    levels = grey_levels(brightness=0.1, contrast=0.5)
    added, factor = levels.mean(axis=1) - 0.5, np.log(np.diff(levels)[:, 0] / 0.2)
    assert abs(np.corrcoef(added, factor)[0, 1]) < 0.2
    clipped = grey_levels(brightness=0.9, contrast=2)
    assert clipped.min() == 0 and clipped.max() == 1


# Callbacks


def test_an_epoch_line_says_the_losses_and_the_seconds_left_every_so_often_and_at_the_end(capsys, monkeypatch):
    line, clock = training.EpochLine(every=3), itertools.count(step=2)  # two seconds an epoch
    monkeypatch.setattr(training.time, "monotonic", lambda: next(clock))
    line.set_params({"epochs": 7})
    line.on_train_begin()
    for epoch in range(7):
        line.on_epoch_end(epoch, {"loss": 1 / (epoch + 1)})
    assert capsys.readouterr().out.splitlines() == [
        "epoch  3/7  loss 0.3333  about 3 s left", "epoch  6/7  loss 0.1667  about 1 s left", "epoch  7/7  loss 0.1429",
    ]  # fmt: skip


@pytest.mark.parametrize("loss", [np.nan, np.inf])
def test_a_loss_that_is_no_number_stops_training_and_says_when(loss):
    training.StopAtNan().on_epoch_end(0, {"loss": 1.0})
    with pytest.raises(FloatingPointError, match="after epoch 2: lower the learning rate"):
        training.StopAtNan().on_epoch_end(1, {"loss": loss})
