"""The runs of notebooks 04 and 05: autoencoders and variational autoencoders, trained and scored on whole data sets."""

import numpy as np
import pandas as pd
from sklearn.neighbors import KNeighborsClassifier

from helpers import course, data, evaluation, models, sweeps, vae
from helpers.experiments import RESULTS, fashion_classifier

with course.quiet_imports():
    import keras

VAE_VERSION = "2"
MODEL = {  # what `generative_model` trains where a configuration says nothing else
    "latent_dim": 2,
    "hidden": [512, 256],
    "beta": 1.0,
    "kind": "dense",
    "variational": True,
    "classes": 0,
}
CONVOLUTIONAL = {"kind": "convolutional", "hidden": [330]}  # about as many parameters as the dense network


def train(settings, x, classes=None, epochs=20, seed=0, **fit):
    """Build and fit a VariationalAutoencoder with Adam and batches of 128; the rate falls from 0.001 along half a cosine.

    Parameters
    ----------
    settings : dict
        Arguments of VariationalAutoencoder in place of those in MODEL.
    x : array (n, 784)
    classes : array (n,), optional
        For a conditional model.
    epochs, seed : int, default 20 and 0
    fit : more arguments of `fit`, for example callbacks.

    Returns
    -------
    VariationalAutoencoder, keras.callbacks.History
    """
    course.seed(seed)
    model = vae.VariationalAutoencoder(**MODEL | settings, seed=seed)
    dense = model.kind == "dense"  # XLA makes convolutions on a CPU slower
    batches = models.batches(x, batch_size=128, seed=seed)
    rate = keras.optimizers.schedules.CosineDecay(1e-3, epochs * len(batches))
    model.compile(keras.optimizers.Adam(rate), **models.fast(xla=dense))
    if model.classes:
        batches = models.batches(x, classes[:, None], batch_size=128, seed=seed).map(lambda x, c: ((x, c), x))
    return model, model.fit(batches, epochs=epochs, shuffle=False, verbose=0, **fit)


def draw(model, n, seed=0, like=None):
    """n new images (n, 784) and, from a conditional model, their classes (else None).

    The latent points come from N(0, I), or from the normal distribution fitted to the codes `like` (m, L).
    """
    generator = np.random.default_rng(seed)
    classes = generator.permutation(np.arange(n) % model.classes) if model.classes else None
    if like is None:
        return model.generate(n, seed, classes), classes
    covariance = np.atleast_2d(np.cov(like, rowvar=False))
    return model.decode(generator.multivariate_normal(like.mean(axis=0), covariance, size=n), classes), classes


def accuracy_after_training_on(images, labels, x_test, y_test, seed=0):
    """Accuracy on real test images of the report's classifier, trained for ten epochs on (generated) images.

    images is (n, 784), labels (n,). The idea: images that lack a kind of garment, or show it wrongly, cannot teach it
    (classification accuracy score; Ravuri and Vinyals, 2019).
    """
    course.seed(seed)
    network = models.classifier()
    network.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"], **models.fast())
    network.fit(models.batches(images, labels, batch_size=64, seed=seed), epochs=10, shuffle=False, verbose=0)
    return float(np.mean(models.answers(network, x_test).argmax(axis=1) == y_test))


def generative_model(configuration):
    """Train an autoencoder or a VAE on the whole of a data set, whatever the profile of this run, and score it.

    Parameters
    ----------
    configuration : dict
        dataset (a name for `data.load`), seed, epochs, and settings in place of those in MODEL.

    Returns
    -------
    dict
        Of the test images: reconstruction, kl and loss (nats an image, one sample each; loss is their sum, whatever
        beta), cross_entropy (of the reconstruction from the mean), mse, ssim; reconstruction_train and kl_train of the
        last epoch; active_units; neighbours (accuracy of 5 nearest neighbours on the means); parameters. Of seed 0:
        `reconstructed`, `drawn` (from N(0, I)) and `drawn_fitted` (from the normal distribution fitted to the training
        codes), ten images each, as hexadecimal bytes. On Fashion-MNIST also the scores of 10,000 images drawn from
        N(0, I): fd, taught (accuracy after training on 20,000, labelled by the judge or by the class that was asked
        for); and fd_fitted and taught_fitted, drawn from the fitted distribution.
    """
    settings = dict(configuration)
    images = data.load(settings.pop("dataset"), profile="full")
    epochs, seed = settings.pop("epochs"), settings.pop("seed")
    model, history = train(settings, images.x_train, images.y_train, epochs, seed)
    x, classes = images.x_test, images.y_test if model.classes else None
    inputs = (x, classes[:, None]) if model.classes else x
    test = model.evaluate(inputs, x, batch_size=1000, verbose=0, return_dict=True)
    codes, test_codes = (
        model.encode(part, labels if model.classes else None)[0]
        for part, labels in ((images.x_train, images.y_train), (x, images.y_test))
    )
    reconstructed = model.decode(test_codes, classes)
    neighbours = KNeighborsClassifier(5).fit(codes, images.y_train)
    result = {
        "reconstruction": test["reconstruction"],
        "kl": test["kl"],
        "loss": test["reconstruction"] + test["kl"],
        "reconstruction_train": history.history["reconstruction"][-1],
        "kl_train": history.history["kl"][-1],
        "cross_entropy": evaluation.cross_entropy(x, reconstructed).mean(),
        "mse": evaluation.reconstruction_error(x, reconstructed).mean(),
        "ssim": evaluation.structural_similarity(x, reconstructed).mean(),
        "active_units": evaluation.active_units(codes),
        "neighbours": neighbours.score(test_codes, images.y_test),
        "parameters": model.count_params(),
    }
    if seed == 0:
        result["reconstructed"] = as_text(reconstructed[:10])
    for suffix, like in (("", None), ("_fitted", codes)):
        drawn, classes = draw(model, 20_000, seed, like)
        if seed == 0:
            result[f"drawn{suffix}"] = as_text(drawn[:10])
        if configuration["dataset"] == "fashion_mnist":
            judge = fashion_classifier()
            labels = models.answers(judge, drawn).argmax(axis=1) if classes is None else classes
            result[f"fd{suffix}"] = evaluation.fd_classifier(judge, x, drawn[:10_000])
            result[f"taught{suffix}"] = accuracy_after_training_on(drawn, labels, x, images.y_test, seed)
    return result


def as_text(pictures):
    """Pixels in [0, 1] as hexadecimal bytes, for a result that is stored; `as_pictures` reads them."""
    return (np.asarray(pictures) * 255).round().astype("uint8").tobytes().hex()


def as_pictures(text):
    """Images (n, 784) in [0, 1] from a text that `as_text` wrote."""
    return np.frombuffer(bytes.fromhex(text), "uint8").reshape(-1, 784) / 255


def runs(notebook, dataset, seeds, epochs=20, **settings):
    """Runs of `generative_model` as a table, a row per seed, stored below data/results/ in the notebook's folder."""
    configurations = sweeps.grid(
        dataset=[dataset], epochs=[epochs], **{k: [v] for k, v in settings.items()}, seed=seeds
    )
    return sweeps.run(generative_model, configurations, RESULTS / notebook, version=VAE_VERSION)


def mnist_runs(seeds=range(3), **settings):
    """Notebook 04's runs: L = 2 on MNIST, or other `settings`; three seeds."""
    return runs("04_vae_mnist", "mnist", seeds, **{"latent_dim": 2} | settings)


def all_mnist_runs():
    """Notebook 04's runs: two sizes of the code, and the wrong weights of KL."""
    two, twenty = {"latent_dim": [2]}, {"latent_dim": [20]}
    grids = [two | {"seed": range(3)}, twenty | {"seed": range(3)}]
    grids += [two | {"beta": [0.0, 10.0, 784.0], "seed": [0]}, twenty | {"beta": [1 / 20], "seed": [0]}]
    common = {"dataset": ["mnist"], "epochs": [20]}
    configurations = [configuration for axes in grids for configuration in sweeps.grid(**common | axes)]
    return sweeps.run(generative_model, configurations, RESULTS / "04_vae_mnist", version=VAE_VERSION)
