"""The VAE-GAN in short: a VAE, and a network that learns to tell its images from real ones (Larsen et al., 2016)."""

import numpy as np

from helpers import course, data, experiments_vae, models, vae

with course.quiet_imports():
    import keras
    import tensorflow as tf
    from keras import layers, ops


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


def vae_gan(configuration):
    """Train a VAE-GAN, or the same VAE without discriminator (weight 0), on the whole of a data set, and score it.

    Parameters
    ----------
    configuration : dict
        dataset (a name for `data.load`), latent_dim, weight, epochs, seed.

    Returns
    -------
    dict
        The scores of `experiments_vae.scores_of`.
    """
    images, seed = data.load(configuration["dataset"], profile="full"), configuration["seed"]
    course.seed(seed)
    sizes = {"latent_dim": configuration["latent_dim"], "hidden": (512, 256), "seed": seed}
    weight = configuration["weight"]
    model = VaeGan(weight, **sizes) if weight else vae.VariationalAutoencoder(**sizes)
    model.compile(keras.optimizers.Adam(1e-3), **models.fast(xla=True))
    batches = models.batches(images.x_train, batch_size=128, seed=seed)
    model.fit(batches, epochs=configuration["epochs"], shuffle=False, verbose=0)
    return experiments_vae.scores_of(model, images, seed)


def vae_gan_runs():
    """Notebook 05: the VAE-GAN and the same VAE without discriminator, L = 20, 10 epochs."""
    methods = {
        name: {"latent_dim": 20, "weight": weight, "epochs": 10}
        for name, weight in {"VAE": 0.0, "VAE-GAN": 20.0}.items()
    }
    return experiments_vae.fashion_table(vae_gan, methods)
