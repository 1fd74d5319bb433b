"""Lesson 05: autoencoder against VAE on Fashion-MNIST, the judge of drawn images, the VAE-GAN."""

import numpy as np
import scipy.linalg
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

from helpers import course, data, exercises, networks, scores, sweeps, training, vae
from lessons import classifier, vae_mnist

with course.quiet_imports():
    import keras
    import tensorflow as tf
    from keras import layers, ops

CONVOLUTIONAL = {"kind": "convolutional", "hidden": []}
METHODS = {  # by table: name of the method and its settings, those of VariationalAutoencoder
    "sizes": {f"AE, L = {size}": {"latent_dim": size, "variational": False, "epochs": 20} for size in (2, 32)}
    | {f"VAE, L = {size}": {"latent_dim": size, "epochs": 20} for size in (2, 20, 32)},
    "beta": {
        f"beta = {beta:g}": {"latent_dim": 20, "beta": beta, "epochs": 10} for beta in (0.1, 0.5, 1.0, 2.0, 5.0, 10.0)
    },
    "convolutional": {  # pairs with about as many parameters
        "dense AE": {"latent_dim": 32, "epochs": 10, "variational": False, "hidden": [140, 64]},
        "convolutional AE": {"latent_dim": 32, "epochs": 10, "variational": False} | CONVOLUTIONAL,
        "dense VAE": {"latent_dim": 32, "epochs": 10, "hidden": [188, 98]},
        "convolutional VAE": {"latent_dim": 32, "epochs": 10} | CONVOLUTIONAL,
    },
    "conditional": {
        f"conditional VAE, L = {size}": {"latent_dim": size, "classes": 10, "epochs": 20} for size in (2, 20)
    },
}
GAN_METHODS = {
    name: {"latent_dim": 20, "weight": weight, "epochs": 10} for name, weight in {"VAE": 0.0, "VAE-GAN": 20.0}.items()
}


def five_seeds(methods):
    """Configurations on Fashion-MNIST: five seeds of each method's settings, in this order."""
    every = [settings | {"seed": seed} for settings in methods.values() for seed in range(5)]
    return [{"dataset": "fashion_mnist"} | settings for settings in every]


@sweeps.repeated(version="4", runs={name: five_seeds(methods) for name, methods in METHODS.items()})
def judged_model(dataset, epochs, seed, **settings):
    """Train an autoencoder or a VAE on the whole of Fashion-MNIST, whatever the profile of this run, and judge it.

    `settings` are those of VariationalAutoencoder.

    Returns
    -------
    dict
        As `vae_mnist.graded`, with `judged`.
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

    The seed says which training images are taken.

    Returns
    -------
    dict
        fd of 10,000 training images against the 10,000 test images; taught and taught_judged, the accuracy after
        training on 20,000 training images with their own labels and with the judge's; neighbours (accuracy of 5 nearest
        neighbours on the pixels).
    """
    images = data.load(dataset, profile="full")
    taken = np.random.default_rng(seed).permutation(len(images.x_train))[:20_000]
    x, judge = images.x_train[taken], classifier.fashion_judge()
    seen = networks.predict(judge, x).argmax(axis=1)
    taught = [
        accuracy_after_training_on(x, labels, images.x_test, images.y_test, seed)
        for labels in (images.y_train[taken], seen)
    ]
    neighbours = KNeighborsClassifier(5).fit(images.x_train, images.y_train)
    return {
        "fd": fd_classifier(judge, images.x_test, x[:10_000]),
        "taught": taught[0],
        "taught_judged": taught[1],
        "neighbours": neighbours.score(images.x_test, images.y_test),
    }


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
    root's trace comes from the eigenvalues of S1^(1/2) S2 S1^(1/2), which are real also for singular S.

    Raises
    ------
    ValueError
        If the widths differ, or one set has fewer than two rows.
    """
    first, second = np.asarray(features, "float64"), np.asarray(other_features, "float64")
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


@keras.saving.register_keras_serializable("course")
class VaeGan(vae.VariationalAutoencoder):
    """A dense VAE with a discriminator; loss = cross-entropy + beta * KL + weight * (feature distance + fooling), nats.

    The discriminator sees real images, reconstructions and images drawn from N(0, I), and learns which are real.
    Feature distance: squared distance of an image and its reconstruction in the discriminator's hidden layer, averaged
    over its units. Fooling: cross-entropy of the discriminator's answers to generated images and the answer "real".

    Parameters
    ----------
    weight : float, default 20.0
        0 leaves an ordinary VAE.
    settings : those of VariationalAutoencoder, without classes.

    Raises
    ------
    ValueError
        If the weight is negative or not finite, or a setting is out of its range.
    """

    def __init__(self, weight=20.0, **settings):
        super().__init__(**settings)
        if not 0 <= weight < np.inf:
            raise ValueError(f"weight must be a finite number of at least 0, got {weight!r}")
        if self.classes or not self.variational:
            raise ValueError("classes must be 0 and variational True: this VAE-GAN is neither conditional nor an AE")
        self.weight = weight
        images = keras.Input((self.features,))
        hidden = layers.Dense(256, "leaky_relu", name="hidden")(images)
        self.discriminator = keras.Model(images, [hidden, layers.Dense(1, name="real")(hidden)])
        self.discriminator_optimizer = keras.optimizers.Adam(2e-4)
        self.prior = keras.random.SeedGenerator(self.seed)
        self.fooling_tracker = keras.metrics.Mean(name="fooling")

    def train_step(self, data):
        """One step of both: encoder and decoder on the loss above, the discriminator on telling images apart."""
        x, _ = data
        n = ops.shape(x)[0]
        generating = self.encoder.trainable_weights + self.decoder.trainable_weights
        judging = self.discriminator.trainable_weights
        with tf.GradientTape() as tape, tf.GradientTape() as other_tape:
            answer = self(x, training=True)
            drawn = self.decoder(keras.random.normal((n, self.latent_dim), seed=self.prior), training=True)
            generated = ops.sigmoid(ops.concatenate([answer["logits"], drawn]))
            hidden, real = self.discriminator(x)
            hidden_generated, false = self.discriminator(generated)
            fooling = _surprise(ops.ones_like(false), false)
            feature_distance = ops.mean((hidden - hidden_generated[:n]) ** 2)
            loss = self.compute_loss(x, x, answer) + self.weight * (feature_distance + fooling)
            told_apart = _surprise(ops.ones_like(real), real) + _surprise(ops.zeros_like(false), false)
        self.optimizer.apply(tape.gradient(loss, generating), generating)
        self.discriminator_optimizer.apply(other_tape.gradient(told_apart, judging), judging)
        self.fooling_tracker.update_state(fooling)
        next(metric for metric in self.metrics if metric.name == "loss").update_state(loss)
        return {metric.name: metric.result() for metric in self.metrics}

    def get_config(self):
        return super().get_config() | {"weight": self.weight}


def _surprise(wanted, logits):
    """Mean cross-entropy, in nats, of the answers wanted (0 or 1) and logits."""
    return ops.mean(ops.binary_crossentropy(wanted, logits, from_logits=True))


@sweeps.repeated(version="4", runs=five_seeds(GAN_METHODS))
def judged_gan(dataset, latent_dim, weight, epochs, seed):
    """Train a VAE-GAN, or the same VAE without discriminator (weight 0), on the whole of Fashion-MNIST, and judge it.

    Returns
    -------
    dict
        As `judged_model`.
    """
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


def right_nats_above_floor(printed_loss, images):
    """The printed loss is a mean over pixels: times their number it is a sum, as the floor is. Then subtract."""
    return printed_loss * images.shape[1] - scores.cross_entropy_floor(images).mean()


@exercises.exercise(
    "05.1",
    right=right_nats_above_floor,
    wrong={
        "these are nats for each image, but from zero": lambda printed_loss, images: printed_loss * images.shape[1],
        "this is still for each pixel": lambda printed_loss, images: (
            right_nats_above_floor(printed_loss, images) / images.shape[1]
        ),
        "bring both to the same unit first": lambda printed_loss, images: (
            printed_loss - scores.cross_entropy_floor(images).mean()
        ),
        "take the mean over the images": lambda printed_loss, images: (
            printed_loss * images.shape[1] - scores.cross_entropy_floor(images)
        ),
        "the floor is that of the images that are given": lambda printed_loss, images: right_nats_above_floor(
            printed_loss, images[:10]
        ),
    },
)
def check_nats_above_floor(convert, images):
    """`convert(printed_loss, images)` must give nats for each image above the floor of the images."""
    pixels = images.shape[1]
    for loss, some in ((0.3, images), (0.5, images), (0.3, images[: len(images) // 2])):
        answer, floor = np.asarray(convert(loss, some), dtype=float), scores.cross_entropy_floor(some).mean()
        if answer.size != 1:
            yield "one number is wanted: take the mean over the images."
        answer = answer.item()
        if np.isclose(answer, loss * pixels):
            yield "these are nats for each image, but from zero; even an exact image costs something."
        if np.isclose(answer, loss - floor / pixels):
            yield f"this is still for each pixel; an image has {pixels} of them."
        if np.isclose(answer, loss - floor):
            yield "a number for each pixel minus a number for each image: bring both to the same unit first."
        if not np.isclose(answer, loss * pixels - floor):
            yield f"here the printed loss is {loss}, and the floor is that of the images that are given."


def right_frechet(first, second):
    """In one dimension s1² + s2² - 2 (s1² s2²)^(1/2) is (s1 - s2)².

    A shift by 0.1 and a deviation of 1.1 instead of 1 both give 0.1² = 0.01: the distance counts them alike.
    """
    return (first.mean() - second.mean()) ** 2 + (first.std(ddof=1) - second.std(ddof=1)) ** 2


def _means_apart(first, second):
    return (first.mean() - second.mean()) ** 2


@exercises.exercise(
    "05.2",
    right=right_frechet,
    wrong={
        "a set has no distance to itself": lambda first, second: (
            _means_apart(first, second) + first.var() + second.var()
        ),
        "moved by 0.5, the distance is 0.5² = 0.25": lambda first, second: abs(first.mean() - second.mean()),
        "the second is stretched by 1.5": _means_apart,
        "S is a variance, s²": lambda first, second: _means_apart(first, second) + (first.var() - second.var()) ** 2,
        "the order of the numbers does not matter": lambda first, second: np.mean((first - second) ** 2),
    },
)
def check_frechet(distance):
    """`distance(first, second)` must be the Frechet distance of the normals fitted to both."""
    first = np.random.default_rng(0).normal(2, 3, size=500)
    if not np.isclose(distance(first, first), 0):
        yield "a set has no distance to itself."
    if not np.isclose(distance(first, first + 0.5), 0.25):
        yield "moved by 0.5, the distance is 0.5² = 0.25."
    wider = (first - first.mean()) * 1.5 + first.mean()
    if not np.isclose(distance(first, wider), frechet_distance(first[:, None], wider[:, None]), rtol=0.01):
        yield (
            "the second is stretched by 1.5 about its mean. In one dimension S is a variance, s²: what is "
            "s1² + s2² - 2 (s1² s2²)^(1/2)?"
        )
    other = np.random.default_rng(1).exponential(2, size=500)  # another shape, not paired with the first
    if not np.isclose(distance(first, other), frechet_distance(first[:, None], other[:, None]), rtol=0.01):
        yield (
            "these are two unrelated sets. Only the two means and the two standard deviations may enter: "
            "the order of the numbers does not matter."
        )


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
        beside = (
            f"{copied:.0%} of them near a training code, {kinds} different ones",
            f"at most 20%, {n} different ones",
        )
        yield "these are (nearly) training codes, or many are equal: draw new ones.", *beside
    if np.allclose(z, sampler(codes, n, 1)):
        yield "another seed gives the same codes: hand the seed to the generator.", "the same codes", "other codes"
    yours, fitted = distance_of(z), distance_of(_normal(codes, n, 0))
    if not yours < fitted:
        hint = "one normal distribution is nearer. The codes of ten kinds of garment: how many hills?"
        yield hint, f"a distance of {yours:.4g}", f"less than {fitted:.4g}"
    return f"FD-classifier: yours {yours:.4g}, one fitted normal {fitted:.4g}."
