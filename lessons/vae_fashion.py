"""Lesson 05: autoencoder against VAE on Fashion-MNIST, the judge of drawn images, the VAE-GAN."""

import matplotlib.pyplot as plt
import numpy as np
import scipy.linalg
from scipy.stats import norm
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

from helpers import course, data, exercises, networks, plots, scores, sweeps, training, vae
from lessons import classifier, vae_mnist

with course.quiet_imports():
    import keras
    import tensorflow as tf
    from keras import layers, ops

CONVOLUTIONAL = {"kind": "convolutional", "hidden": []}
METHODS = {  # by table: name of the method and its settings, those of VariationalAutoencoder
    "sizes": {f"AE-{size}": {"latent_dim": size, "variational": False, "epochs": 20} for size in (2, 32)}
    | {f"VAE-{size}": {"latent_dim": size, "epochs": 20} for size in (2, 20, 32)},
    "beta": {f"beta = {b:g}": {"latent_dim": 20, "beta": b, "epochs": 10} for b in (0.1, 0.5, 1.0, 2.0, 5.0, 10.0)},
    "convolutional": {  # pairs with about as many parameters
        "dense AE": {"latent_dim": 32, "epochs": 10, "variational": False, "hidden": [140, 64]},
        "convolutional AE": {"latent_dim": 32, "epochs": 10, "variational": False} | CONVOLUTIONAL,
        "dense VAE": {"latent_dim": 32, "epochs": 10, "hidden": [188, 98]},
        "convolutional VAE": {"latent_dim": 32, "epochs": 10} | CONVOLUTIONAL,
    },
    "conditional": {f"conditional VAE-{size}": {"latent_dim": size, "classes": 10, "epochs": 20} for size in (2, 20)},
}
GAN_METHODS = {name: {"latent_dim": 20, "weight": w, "epochs": 10} for name, w in (("VAE", 0.0), ("VAE-GAN", 20.0))}


def five_seeds(methods):
    """Configurations on Fashion-MNIST: five seeds of each method's settings, in this order."""
    fixed = {"dataset": "fashion_mnist"}
    return [fixed | settings | {"seed": seed} for settings in methods.values() for seed in range(5)]


@sweeps.repeated(version="4", runs={name: five_seeds(methods) for name, methods in METHODS.items()})
def judged_model(dataset, epochs, seed, **settings):
    """Train an autoencoder or a VAE on the whole of Fashion-MNIST, whatever the profile of this run, and judge it.

    `settings` are those of VariationalAutoencoder; the result is that of `vae_mnist.graded`, with `judged`.
    """
    images = data.load(dataset, profile="full")
    model, _ = vae_mnist.fitted_vae(settings, images.x_train, images.y_train, epochs, seed)
    return vae_mnist.graded(model, images, seed, of_drawn=judged(images, seed))


def judged(images, seed):
    """A function for `vae_mnist.graded`: scores of 20,000 drawn garments by the course's own classifier.

    They are fd, of the first 10,000 against the test images (`fd_classifier`); taught, the accuracy after training on
    all, labelled by the judge or by the class that was asked for; and, of a conditional model, obeyed, the share of
    the images from N(0, I) in which the judge sees the class that was asked for.
    """
    judge = classifier.fashion_judge()

    def of_drawn(drawn, asked, suffix):
        seen = networks.predict(judge, drawn).argmax(axis=1)
        labels = seen if asked is None else asked
        taught = accuracy_after_training_on(drawn, labels, images.x_test, images.y_test, seed)
        result = {f"fd{suffix}": fd_classifier(judge, images.x_test, drawn[:10_000]), f"taught{suffix}": taught}
        return result | ({"obeyed": np.mean(seen == asked)} if asked is not None and not suffix else {})

    return of_drawn


@sweeps.repeated(version="4", runs=sweeps.grid(dataset=["fashion_mnist"], seed=range(5)))
def real_images(dataset, seed):
    """What the scores of `judged_model` are for real images: what a generator would have to reach.

    The seed says which training images are taken. Returns a dict: fd of 10,000 training images against the 10,000 test
    images; taught and taught_judged, the accuracy after training on 20,000 training images with their own labels and
    with the judge's; neighbours (accuracy of 5 nearest neighbours on the pixels).
    """
    images = data.load(dataset, profile="full")
    taken = np.random.default_rng(seed).permutation(len(images.x_train))[:20_000]
    x, judge = images.x_train[taken], classifier.fashion_judge()
    labels = {"taught": images.y_train[taken], "taught_judged": networks.predict(judge, x).argmax(axis=1)}
    test, result = (images.x_test, images.y_test), {"fd": fd_classifier(judge, images.x_test, x[:10_000])}
    result |= {name: accuracy_after_training_on(x, y, *test, seed) for name, y in labels.items()}
    return result | {"neighbours": KNeighborsClassifier(5).fit(images.x_train, images.y_train).score(*test)}


def accuracy_after_training_on(images, labels, x_test, y_test, seed=0):
    """Accuracy on real test images of the report's classifier, trained for ten epochs on (generated) images.

    images is (n, 784), labels (n,). The idea: images that lack a kind of garment, or show it wrongly, cannot teach it
    (classification accuracy score; Ravuri and Vinyals, 2019).
    """
    course.seed(seed)
    network = networks.classifier()
    network.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"], **training.compile_options())
    network.fit(training.batches(images, labels, batch_size=64, seed=seed), epochs=10, shuffle=False, verbose=0)
    return float(np.mean(networks.predict(network, x_test).argmax(axis=1) == y_test))


def frechet_distance(features, other_features):
    """Frechet distance of the normal distributions fitted to two sets of features, (n, d) and (m, d): a float.

    |m1 - m2|^2 + trace(S1 + S2 - 2 (S1 S2)^(1/2)) for means m and covariances S (Dowson and Landau, 1982). The
    root's trace comes from the eigenvalues of S1^(1/2) S2 S1^(1/2), which are real also for singular S. Other widths, a
    set of fewer than two rows, or a number that is not finite are a ValueError.
    """
    first, second = np.asarray(features, "float64"), np.asarray(other_features, "float64")
    if not np.isfinite(first).all() or not np.isfinite(second).all():
        raise ValueError("features must be finite numbers; one set holds NaN or infinity")
    if first.shape[1:] != second.shape[1:] or min(len(first), len(second)) < 2:
        raise ValueError(f"features must be (n, d) and (m, d), n and m at least 2; got {first.shape}, {second.shape}")
    covariances = [np.atleast_2d(np.cov(part, rowvar=False)) for part in (first, second)]
    values, vectors = scipy.linalg.eigh(covariances[0])
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    product = scipy.linalg.eigvalsh(root @ covariances[1] @ root)
    apart = np.sum((first.mean(axis=0) - second.mean(axis=0)) ** 2)
    return float(apart + sum(np.trace(part) for part in covariances) - 2 * np.sqrt(np.maximum(product, 0)).sum())


def fd_classifier(network, images, other_images):
    """Frechet distance of two sets of images (n, 784) in the last hidden layer of a `networks.classifier`.

    The same formula as FID, in a small network of the course's own: its values compare with each other only.
    """
    last_hidden = networks.up_to(network, network.layers[-4].name)
    return frechet_distance(networks.predict(last_hidden, images), networks.predict(last_hidden, other_images))


class VaeGan(vae.VariationalAutoencoder):
    """A dense VAE with a discriminator; loss = cross-entropy + beta * KL + weight * (feature distance + fooling), nats.

    The discriminator sees real images, reconstructions and images drawn from N(0, I), and learns which are real.
    Feature distance: squared distance of an image and its reconstruction in the discriminator's hidden layer, averaged
    over its units. Fooling: cross-entropy of the discriminator's answers to generated images and the answer "real".

    A `weight` of 0 leaves an ordinary VAE. `settings` are those of VariationalAutoencoder, without classes. A weight
    that is negative or not finite, or a setting out of its range, is a ValueError.
    """

    def __init__(self, weight=20.0, **settings):
        super().__init__(**settings)
        if not 0 <= weight < np.inf:
            raise ValueError(f"weight must be a finite number of at least 0, got {weight!r}")
        if self.classes or not self.variational:
            raise ValueError("classes must be 0 and variational True: this VAE-GAN is neither conditional nor an AE")
        self.weight = weight
        with networks.float32():
            images = keras.Input((self.features,))
            hidden = layers.Dense(256, "leaky_relu", name="hidden")(images)
            self.discriminator = keras.Model(images, [hidden, layers.Dense(1, name="real")(hidden)])
            self.fooling_tracker = keras.metrics.Mean(name="fooling")
        self.discriminator_optimizer = keras.optimizers.Adam(2e-4)
        self.prior = keras.random.SeedGenerator(self.seed)

    def train_step(self, data):
        """One step of both: encoder and decoder on the loss above, the discriminator on telling images apart."""
        x, _, weights = keras.utils.unpack_x_y_sample_weight(data)
        n = ops.shape(x)[0]
        generating = self.encoder.trainable_weights + self.decoder.trainable_weights
        judging = self.discriminator.trainable_weights
        with tf.GradientTape() as tape, tf.GradientTape() as other_tape:
            answer = self(x, training=True)
            z = keras.random.normal((n, self.latent_dim), dtype="float32", seed=self.prior)
            drawn = self.decoder(z, training=True)
            generated = ops.sigmoid(ops.concatenate([answer["logits"], drawn]))
            hidden, real = self.discriminator(x)
            hidden_generated, false = self.discriminator(generated)
            fooling = _surprise(ops.ones_like(false), false)
            feature_distance = ops.mean((hidden - hidden_generated[:n]) ** 2)
            loss = self.compute_loss(x, x, answer, weights) + self.weight * (feature_distance + fooling)
            told_apart = _surprise(ops.ones_like(real), real) + _surprise(ops.zeros_like(false), false)
        self.optimizer.apply(tape.gradient(loss, generating), generating)
        self.discriminator_optimizer.apply(other_tape.gradient(told_apart, judging), judging)
        self.fooling_tracker.update_state(fooling)
        next(metric for metric in self.metrics if metric.name == "loss").update_state(loss)
        return {metric.name: metric.result() for metric in self.metrics}


def _surprise(wanted, logits):
    """Mean cross-entropy, in nats, of the answers wanted (0 or 1) and logits."""
    return ops.mean(ops.binary_crossentropy(wanted, logits, from_logits=True))


@sweeps.repeated(version="4", runs=five_seeds(GAN_METHODS))
def judged_gan(dataset, latent_dim, weight, epochs, seed):
    """Train a VAE-GAN, or the same VAE without discriminator (weight 0), and judge it as `judged_model` does."""
    images = data.load(dataset, profile="full")
    course.seed(seed)
    sizes = {"latent_dim": latent_dim, "hidden": (512, 256), "seed": seed}
    model = VaeGan(weight, **sizes) if weight else vae.VariationalAutoencoder(**sizes)
    model.compile(keras.optimizers.Adam(1e-3), **training.compile_options(xla=True))
    batches = training.batches(images.x_train, batch_size=128, seed=seed)
    model.fit(batches, epochs=epochs, shuffle=False, verbose=0)
    return vae_mnist.graded(model, images, seed, of_drawn=judged(images, seed))


def judged_table(name):
    """The stored runs of the methods in METHODS[name], or of "VAE-GAN", in this order, with the column `method`."""
    gan = name == "VAE-GAN"
    methods, table = (GAN_METHODS, judged_gan.table()) if gan else (METHODS[name], judged_model.table(name))
    return table.assign(method=[method for method in methods for _ in range(5)])


def draw_frechet(pairs):
    """Two sets of numbers (n,) and (m,) a panel, by title: their histograms, and the normal distributions fitted."""
    figure, axes = plt.subplots(1, len(pairs), figsize=(plots.WIDEST, 3.8), sharex=True, sharey=True)
    z = np.linspace(*np.quantile(np.concatenate([part for pair in pairs.values() for part in pair]), [0, 0.998]), 300)
    for axis, (title, pair) in zip(axes, pairs.items(), strict=True):
        for part, name, height in zip(pair, ("real", title), (0.93, 0.84), strict=True):
            style = {"color": plots.colour(name), "linewidth": 2.5}
            axis.hist(part, bins=50, range=(z[0], z[-1]), density=True, histtype="step", **style | {"linewidth": 0.8})
            axis.plot(z, norm.pdf(z, part.mean(), part.std()), **style)
            text = f"{name}: m = {part.mean():.3f}, s = {part.std():.3f}"
            axis.text(0.99, height, text, color=style["color"], ha="right", transform=axis.transAxes, fontsize=12)
        axis.set(xlabel="brightness of an image")
    axes[0].set(ylabel="density", ylim=(0, 1.35 * axes[0].get_ylim()[1]))  # room for the texts
    return figure


def _floor(images):
    return scores.cross_entropy_floor(images).mean()


def right_nats_above_floor(printed_loss, images):
    """The printed loss is a mean over pixels: times their number it is a sum, as the floor is. Then subtract."""
    return printed_loss * images.shape[1] - scores.cross_entropy_floor(images).mean()


@exercises.exercise(
    "05.1",
    right=right_nats_above_floor,
    wrong={
        "these are nats for each image, but from zero": lambda loss, images: loss * images.shape[1],
        "this is still for each pixel": lambda loss, images: loss - _floor(images) / images.shape[1],
        "bring both to the same unit first": lambda loss, images: loss - _floor(images),
        "take the mean over the images": lambda loss, images: loss * 784 - scores.cross_entropy_floor(images),
        "the floor is that of the images that are given": lambda loss, images: loss * 784 - _floor(images[:10]),
    },
)
def check_nats_above_floor(convert, images):
    """`convert(printed_loss, images)` must give nats for each image above the floor of the images."""
    pixels = images.shape[1]
    for loss, some in ((0.3, images), (0.5, images), (0.3, images[: len(images) // 2])):
        answer, floor = np.asarray(convert(loss, some), dtype=float), _floor(some)
        if answer.size != 1:
            yield "one number is wanted: take the mean over the images."
        hints = {
            loss * pixels: "these are nats for each image, but from zero; even an exact image costs something.",
            loss - floor / pixels: f"this is still for each pixel; an image has {pixels} of them.",
            loss - floor: "a number for each pixel minus a number for each image: bring both to the same unit first.",
        }
        yield from (hint for value, hint in hints.items() if np.isclose(answer.item(), value))
        if not np.isclose(answer.item(), loss * pixels - floor):
            yield f"here the printed loss is {loss}, and the floor is that of the images that are given."


def right_frechet(first, second):
    """The root of a product of matrices is a matrix root: `sqrtm`. Rounding may leave it a tiny imaginary part.

    Without the covariances between the numbers, two sets that lean in different directions would count as equal.
    """
    s1, s2 = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    means = np.sum((first.mean(axis=0) - second.mean(axis=0)) ** 2)
    return means + np.trace(s1 + s2 - 2 * np.real(scipy.linalg.sqrtm(s1 @ s2)))


def _by_number(first, second):
    return np.sum((first.mean(axis=0) - second.mean(axis=0)) ** 2 + (first.std(axis=0) - second.std(axis=0)) ** 2)


@exercises.exercise(
    "05.2",
    right=right_frechet,
    wrong={
        "a set has no distance to itself": lambda first, second: first.var(axis=0).sum() + second.var(axis=0).sum(),
        "every number moved by 0.5": lambda first, second: np.sqrt(abs(right_frechet(first, second))),
        "twice as wide": lambda first, second: np.sum((first.mean(axis=0) - second.mean(axis=0)) ** 2),
        "the same numbers, but they lean the other way": _by_number,
    },
)
def check_frechet(distance):
    """`distance(first, second)` must be the Frechet distance of the normals fitted to both, (n, d) and (m, d)."""
    generator = np.random.default_rng(0)
    first = generator.normal(size=(500, 3)) @ generator.normal(size=(3, 3)) + 2
    pairs = {
        "a set has no distance to itself.": first,
        "every number moved by 0.5: the distance is 3 · 0.5².": first + 0.5,
        "the second is twice as wide about its mean. How do the standard deviations enter?": 2 * first - first.mean(0),
        "the same numbers, but they lean the other way: the covariances between them count.": first * [1, -1, 1]
        + [0, 4, 0],
        "these are two unrelated sets of different size.": generator.exponential(2, size=(300, 3)),
    }
    for hint, second in pairs.items():
        yours, wanted = distance(first, second), frechet_distance(first, second)
        if not np.isclose(yours, wanted, rtol=0.01, atol=1e-4):
            yield hint, exercises.short(yours), exercises.short(wanted)


def right_sampler(codes, n, seed):
    """The codes of ten kinds of garment have more than one hill, so ten normal distributions fit them better than one.

    A mixture has no order: the draws are shuffled, because `sample` gives one hill after the other.
    """
    from sklearn.mixture import GaussianMixture

    mixture = GaussianMixture(10, reg_covar=1e-3, max_iter=30, tol=1e-2, random_state=seed)
    mixture.fit(codes[:20_000].astype("float64"))
    return np.random.default_rng(seed).permutation(mixture.sample(n)[0])


def _normal(codes, n, seed):
    return np.random.default_rng(seed).multivariate_normal(codes.mean(axis=0), np.cov(codes, rowvar=False), size=n)


@exercises.exercise(
    "05.3",
    right=right_sampler,
    wrong={
        "(nearly) training codes": lambda codes, n, seed: codes[:n] + 1e-4 * _normal(codes, n, seed),
        "many are equal": lambda codes, n, seed: np.tile(codes.mean(axis=0), (n, 1)),
        "hand the seed to the generator": lambda codes, n, seed: _normal(codes, n, 0),
        "The codes of ten kinds of garment: how many hills?": _normal,
    },
    wanted="an array (n, L) of new codes",
)
def check_sampler(sampler, codes, n, distance_of):
    """`sampler(codes, n, seed)` must give new codes whose images beat those of the fitted normal.

    distance_of takes codes (n, L) and gives the FD-classifier of their decodings.
    """
    z = np.asarray(sampler(codes, n, 0), dtype=float)
    if z.shape != (n, codes.shape[1]) or not np.isfinite(z).all():
        yield "finite numbers are wanted, a row for each code.", exercises.short(z), f"array {(n, codes.shape[1])}"
    # A new code is about as far from its nearest training code as these are from each other.
    few = np.random.default_rng(0).permutation(min(n, len(codes)))[:1000]
    search = NearestNeighbors(n_neighbors=2).fit(codes)
    apart, usual = search.kneighbors(z[few])[0][:, 0], search.kneighbors(codes[few])[0][:, 1]
    copied, kinds = np.mean(apart < 0.2 * np.median(usual)), len(np.unique(z, axis=0))
    if copied > 0.2 or kinds < 0.9 * n:
        found = f"{copied:.0%} of them near a training code, {kinds} different ones"
        wanted = f"at most 20%, {n} different ones"
        yield "these are (nearly) training codes, or many are equal: draw new ones.", found, wanted
    if np.allclose(z, sampler(codes, n, 1)):
        yield "another seed gives the same codes: hand the seed to the generator.", "the same codes", "other codes"
    yours, fitted = distance_of(z), distance_of(_normal(codes, n, 0))
    if not yours < fitted:
        hint = "one normal distribution is nearer. The codes of ten kinds of garment: how many hills?"
        yield hint, f"a distance of {yours:.4g}", f"less than {fitted:.4g}"
    return f"FD-classifier: yours {yours:.4g}, one fitted normal {fitted:.4g}."
