"""The runs of notebooks 04 and 05: autoencoders and variational autoencoders, trained and scored on whole data sets."""

import numpy as np
from sklearn.neighbors import KNeighborsClassifier

from helpers import course, data, evaluation, models, sweeps, vae
from helpers.experiments import RESULTS, as_text, fashion_classifier

with course.quiet_imports():
    import keras

VAE_VERSION = "4"
CONVOLUTIONAL = {"kind": "convolutional", "hidden": []}
MATCHED = {"AE": [140, 64], "VAE": [188, 98]}  # hidden layers of dense networks with as many parameters, at L = 32


def train(settings, x, classes=None, epochs=20, seed=0, **fit):
    """Build and fit a VariationalAutoencoder with batches of 128 and Adam, whose rate falls from 0.002 to 0.

    The weight of KL grows from 0 to beta in the first quarter of the training, which leaves more units active (notebook
    04 measures what that is worth).

    Parameters
    ----------
    settings : dict
        Arguments of VariationalAutoencoder.
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
    batches = models.batches(x, batch_size=128, seed=seed)
    steps = epochs * len(batches)
    model = vae.VariationalAutoencoder(**{"kl_warmup": steps // 4} | settings, seed=seed)
    model.check(x, classes)
    dense = model.kind == "dense"  # XLA makes convolutions on a CPU slower
    rate = keras.optimizers.schedules.CosineDecay(2e-3, steps)  # falls along half a cosine
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
    """Train an autoencoder or a VAE on the whole of a data set, whatever the profile of this run: its `scores_of`.

    Parameters
    ----------
    configuration : dict
        dataset (a name for `data.load`), seed, epochs, and arguments of VariationalAutoencoder.
    """
    settings = dict(configuration)
    images = data.load(settings.pop("dataset"), profile="full")
    epochs, seed = settings.pop("epochs"), settings.pop("seed")
    return scores_of(train(settings, images.x_train, images.y_train, epochs, seed)[0], images, seed)


def scores_of(model, images, seed=0):
    """All scores of a trained VariationalAutoencoder: a `data.Dataset` and the seed of the draws.

    Returns
    -------
    dict
        Of the test images: reconstruction, kl and loss (nats an image, one sample each; loss is their sum,
        whatever beta), cross_entropy (of the reconstruction from the mean), mse, ssim; active_units; neighbours
        (accuracy of 5 nearest neighbours on the means); parameters. Of seed 0: `reconstructed`, `drawn` (from
        N(0, I)) and `drawn_fitted` (from the normal distribution fitted to the training codes), ten images
        each, as hexadecimal bytes; of a conditional model also `by_class`, ten rows of eight: a row is a class,
        a column a latent point. On Fashion-MNIST also the scores of 10,000 images drawn from N(0, I): fd,
        taught (accuracy after training on 20,000, labelled by the judge or by the class that was asked for);
        and fd_fitted and taught_fitted, drawn from the fitted distribution; of a conditional model obeyed, the
        share of the images from N(0, I) in which the judge sees the class that was asked for.
    """
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
        "cross_entropy": evaluation.cross_entropy(x, reconstructed).mean(),
        "mse": evaluation.reconstruction_error(x, reconstructed).mean(),
        "ssim": evaluation.structural_similarity(x, reconstructed).mean(),
        "active_units": evaluation.active_units(codes),
        "neighbours": neighbours.score(test_codes, images.y_test),
        "parameters": model.count_params(),
    }
    if seed == 0:
        result["reconstructed"] = as_text(reconstructed[:10])
    judge = fashion_classifier() if images.name == "fashion_mnist" else None
    for suffix, like in (("", None), ("_fitted", codes)):
        drawn, asked = draw(model, 20_000, seed, like)
        if seed == 0:
            result[f"drawn{suffix}"] = as_text(drawn[:10])
        if judge:
            seen = models.answers(judge, drawn).argmax(axis=1)
            labels = seen if asked is None else asked
            result[f"fd{suffix}"] = evaluation.fd_classifier(judge, x, drawn[:10_000])
            result[f"taught{suffix}"] = accuracy_after_training_on(drawn, labels, x, images.y_test, seed)
            result |= {"obeyed": np.mean(seen == asked)} if model.classes and like is None else {}
    if model.classes and seed == 0:
        points = np.tile(np.random.default_rng(seed).normal(size=(8, model.latent_dim)), (model.classes, 1))
        result["by_class"] = as_text(model.decode(points, np.repeat(np.arange(model.classes), 8)))
    return result


def mnist_runs():
    """Notebook 04's runs: two sizes of the code, the larger one also without warm-up, and the wrong weights of KL."""
    two, twenty = {"latent_dim": [2]}, {"latent_dim": [20]}
    grids = [two, twenty, twenty | {"kl_warmup": [0]}, two | {"beta": [0.0, 10.0, 784.0]}, twenty | {"beta": [1 / 20]}]
    common = {"dataset": ["mnist"], "epochs": [20]}
    configurations = [run for axes in grids for run in sweeps.grid(**common | axes, seed=range(5))]
    return sweeps.run(generative_model, configurations, RESULTS / "04_vae_mnist", version=VAE_VERSION)


def real_images(configuration):
    """What the scores of `generative_model` are for real images: what a generator would have to reach.

    Parameters
    ----------
    configuration : dict
        dataset (with a judge: "fashion_mnist"), seed (which training images are taken).

    Returns
    -------
    dict
        fd of 10,000 training images against the 10,000 test images; taught and taught_judged, the accuracy after
        training on 20,000 training images with their own labels and with the judge's; neighbours (accuracy of 5 nearest
        neighbours on the pixels).
    """
    images, seed = data.load(configuration["dataset"], profile="full"), configuration["seed"]
    taken = np.random.default_rng(seed).permutation(len(images.x_train))[:20_000]
    x, judge = images.x_train[taken], fashion_classifier()
    judged = models.answers(judge, x).argmax(axis=1)
    taught = [
        accuracy_after_training_on(x, labels, images.x_test, images.y_test, seed)
        for labels in (images.y_train[taken], judged)
    ]
    neighbours = KNeighborsClassifier(5).fit(images.x_train, images.y_train)
    return {
        "fd": evaluation.fd_classifier(judge, images.x_test, x[:10_000]),
        "taught": taught[0],
        "taught_judged": taught[1],
        "neighbours": neighbours.score(images.x_test, images.y_test),
    }


FASHION = "05_ae_vs_vae_fashion_mnist"


def fashion_table(function, methods):
    """Stored runs on Fashion-MNIST, five seeds each, as one table in the order given, with the column `method`.

    `methods` gives the configuration of each method; `function` is that of `sweeps.run`.
    """
    rows = [
        (method, {"dataset": "fashion_mnist"} | settings | {"seed": seed})
        for method, settings in methods.items()
        for seed in range(5)
    ]
    table = sweeps.run(function, [row for _, row in rows], RESULTS / FASHION, version=VAE_VERSION)
    return table.assign(method=[method for method, _ in rows])


def sizes_runs():
    """Notebook 05: dense networks, 20 epochs: AE with L = 2 and 32, VAE with L = 2, 20 and 32."""
    aes = {f"AE, L = {size}": {"latent_dim": size, "variational": False} for size in (2, 32)}
    vaes = {f"VAE, L = {size}": {"latent_dim": size} for size in (2, 20, 32)}
    return fashion_table(generative_model, {name: settings | {"epochs": 20} for name, settings in (aes | vaes).items()})


def beta_runs():
    """Notebook 05: dense VAE with L = 20, 10 epochs, for six values of beta."""
    betas = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0)
    methods = {f"beta = {beta:g}": {"latent_dim": 20, "beta": beta, "epochs": 10} for beta in betas}
    return fashion_table(generative_model, methods)


def convolutional_runs():
    """Notebook 05: convolutional and dense AE and VAE with about as many parameters, L = 32, 10 epochs."""
    common = {"latent_dim": 32, "epochs": 10}
    methods = {}
    for name, variational in {"AE": {"variational": False}, "VAE": {}}.items():
        methods[f"dense {name}"] = common | variational | {"hidden": MATCHED[name]}
        methods[f"convolutional {name}"] = common | variational | CONVOLUTIONAL
    return fashion_table(generative_model, methods)


def conditional_runs():
    """Notebook 05: conditional dense VAE with L = 2 and 20, 20 epochs."""
    methods = {f"conditional VAE, L = {size}": {"latent_dim": size, "classes": 10, "epochs": 20} for size in (2, 20)}
    return fashion_table(generative_model, methods)


def real_images_runs():
    """Notebook 05: the scores of real images, five draws of them."""
    return fashion_table(real_images, {"real images": {"method": "real images"}})


FASHION_RUNS = (sizes_runs, beta_runs, convolutional_runs, conditional_runs, real_images_runs)
