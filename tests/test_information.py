"""The phase in which an image and its distorted copy shall have the same cluster, a sure one, of equal size."""

import numpy as np
import pytest

from helpers import clustering

LOG2 = np.log(2)


@pytest.mark.parametrize(
    ("images", "copies", "loss", "why"),
    [
        ([[1, 0], [0, 1]], [[1, 0], [0, 1]], -LOG2, "same, sure, equally large: the least there is"),
        ([[1, 0], [1, 0]], [[1, 0], [1, 0]], 0, "one cluster for all carries no information"),
        ([[0.5, 0.5]] * 2, [[0.5, 0.5]] * 2, LOG2, "unsure, though equally large"),
        ([[1, 0], [0, 1]], [[0.5, 0.5]] * 2, 0, "the copy knows nothing of the image's cluster"),
    ],
)
def test_the_loss_by_hand(images, copies, loss, why):
    pairs = np.stack([images, copies], axis=1).astype("float32")
    assert np.isclose(float(clustering.InformationLoss()(np.zeros(2), pairs)), loss, atol=1e-4), why


SMALL = {"n_clusters": 3, "latent_dim": 2, "hidden": (16,), "pretrain_epochs": 5, "max_iter": 3, "batch_size": 32}
SMALL |= {"assignments": "soft", "augmentation": {"degrees": 20}, "random_state": 0, "track": 4, "learning_rate": 0.01}


@pytest.fixture(scope="module")
def bars():
    """Three kinds of 8 x 8 images, 60 of each: a bar in the upper, middle or lower part, with noise."""
    x = np.random.default_rng(0).random((180, 8, 8), "float32") * 0.5
    for kind, row in enumerate((0, 3, 6)):
        x[kind::3, row : row + 2] += 0.5
    return x.reshape(180, 64)


def test_it_is_one_more_iteration_and_its_clusters_are_the_models(bars, capsys):
    model = clustering.DeepClustering(information_epochs=4, verbose=True, **SMALL).fit(bars)
    assert model.information_loss_.shape == (4,) and model.information_loss_[-1] < model.information_loss_[0]
    assert model.n_iter_ == 4 == model.history_.index[-1] and model.tracked_codes_.shape == (5, 4, 2)
    assert np.array_equal(model.tracked_centers_[-1], model.cluster_centers_)
    assert np.array_equal(model.predict(bars), model.labels_)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 12 and lines[-1].startswith("epoch 12 of 12, about 0 s left")
    without = clustering.DeepClustering(**SMALL).fit(bars)
    assert without.n_iter_ == 3 and not hasattr(without, "information_loss_")
    np.testing.assert_array_equal(without.tracked_codes_, model.tracked_codes_[:-1])
    weights = [fitted.autoencoder_.get_weights() for fitted in (without, model)]
    same = [np.array_equal(*pair) for pair in zip(*weights, strict=True)]
    assert same == [False] * 4 + [True] * 4, "the encoder learns, the decoder stays: kernel and bias of two layers each"


@pytest.mark.parametrize("changed", [{"assignments": "hard"}, {"augmentation": None}])
def test_what_it_cannot_do_without_is_a_sentence(bars, changed):
    with pytest.raises(ValueError, match="information_epochs need augmentation"):
        clustering.DeepClustering(information_epochs=1, **SMALL | changed).fit(bars)
