"""The variational autoencoder: a Keras model whose loss is part of it, so that fit, evaluate and callbacks all work."""

from numbers import Real

import numpy as np
from scipy.special import expit

from helpers import course, data, networks, training

with course.quiet_imports():
    import keras
    from keras import layers

KINDS = ("dense", "convolutional")
PIXELS = "divide pixels by 255, and flatten each image to a row"  # what to do


@keras.saving.register_keras_serializable("course")
class Sampling(layers.Layer):
    """Draws z = mean + exp(log_var / 2) * noise, noise ~ N(0, I): the reparameterisation trick (Kingma, Welling).

    The noise comes from a seed generator of the layer's own. The gradient reaches mean and log_var, because z is a
    plain function of them once the noise is drawn.
    """

    def __init__(self, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, inputs):
        mean, log_var = inputs
        noise = keras.random.normal(keras.ops.shape(mean), dtype=mean.dtype, seed=self.generator)
        return mean + keras.ops.exp(log_var / 2) * noise

    def get_config(self):
        return super().get_config() | {"seed": self.seed}


def kl_divergence(mean, log_var):
    """Kullback-Leibler divergence of N(mean, exp(log_var)) from N(0, I), in nats: (n, L) and (n, L) to (n,)."""
    return keras.ops.sum(keras.ops.exp(log_var) + mean**2 - 1 - log_var, axis=-1) / 2


def reconstruction_loss(pixels, logits):
    """Binary cross-entropy of pixels (n, d) in [0, 1] and the logits (n, d) of their means, summed: (n,), in nats."""
    each = keras.ops.binary_crossentropy(keras.ops.cast(pixels, logits.dtype), logits, from_logits=True)
    return keras.ops.sum(each, axis=-1)


@keras.saving.register_keras_serializable("course")
class VariationalAutoencoder(keras.Model):
    """Encoder to N(mean, exp(log_var)), a sample of it, decoder to pixels; loss = cross-entropy + beta * KL, in nats.

    Both terms are sums (over pixels, over latent units) averaged over the batch. `fit` takes x, or batches (x, x), or
    ((x, classes), x) with `classes` > 0, and logs loss, reconstruction and kl, for training and validation. With
    `sample_weight` each image's two terms are multiplied by its weight, and still divided by the number of images.
    It computes in float32, whatever Keras's global policy. A parameter out of its range is a ValueError.

    Parameters
    ----------
    latent_dim : int, default 2
        L.
    hidden : tuple of int, default (512, 256)
        Units of the encoder's dense layers; the decoder mirrors them. The convolutional form has two convolutions of
        stride 2 before them and two transposed ones after them; it may have no dense ones, ().
    beta : float, default 1.0
        Weight of the KL term (beta-VAE; Higgins et al., 2017).
    kl_warmup : int, default 0
        Training steps over which the weight grows from 0 to beta.
    kind : {"dense", "convolutional"}, default "dense"
    variational : bool, default True
        False makes the same network an ordinary autoencoder: no log variance, no noise, no KL.
    classes : int, default 0
        With more than 0 it is conditional: encoder and decoder also get the class (Sohn et al., 2015).
    features : int, default 784
        Pixels of an image; a square number for the convolutional form.
    seed : int, optional
        Of the noise; the starting weights come from the global seed, as in every Keras model.
    """

    def __init__(
        self,
        latent_dim=2,
        hidden=(512, 256),
        beta=1.0,
        kl_warmup=0,
        kind="dense",
        variational=True,
        classes=0,
        features=784,
        seed=None,
        **kwargs,
    ):
        settings = {"latent_dim": latent_dim, "hidden": hidden, "beta": beta, "kl_warmup": kl_warmup, "kind": kind}
        settings |= {"variational": variational, "classes": classes, "features": features, "seed": seed}
        _check_settings(**settings)
        with networks.float32():
            super().__init__(**kwargs)
            self.sampling = Sampling(seed, name="sampling")
            self.reconstruction_tracker = keras.metrics.Mean(name="reconstruction")
            self.kl_tracker = keras.metrics.Mean(name="kl")
        if self.dtype_policy.name != "float32":
            raise ValueError(f"dtype must be float32, got {self.dtype_policy.name!r}: leave it out")
        self.settings = settings | {"hidden": tuple(hidden)}
        for name, value in self.settings.items():
            setattr(self, name, value)
        self.encoder = networks.vae_encoder(latent_dim, hidden, kind, variational, classes, features)
        self.decoder = networks.vae_decoder(latent_dim, hidden, kind, classes, features)
        self.built = True  # its parts are

    def call(self, inputs, training=None):
        """Images, or (images, classes), to a dict: logits (n, features) of one sample, mean and log_var (n, L).

        Without `variational` there is no log_var, and the logits are those of the mean.
        """
        inputs = list(inputs) if self.classes else inputs
        code = self.encoder(inputs, training=training)
        z = self.sampling(code) if self.variational else code
        logits = self.decoder([z, inputs[1]] if self.classes else z, training=training)
        return {"logits": logits} | ({"mean": code[0], "log_var": code[1]} if self.variational else {"mean": code})

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Cross-entropy + beta * KL, each averaged over the batch; both are also logged by their own name."""
        pixels = y if y is not None else x[0] if self.classes else x
        reconstruction = reconstruction_loss(pixels, y_pred["logits"])
        kl = kl_divergence(y_pred["mean"], y_pred["log_var"]) if self.variational else 0.0 * reconstruction
        if sample_weight is not None:
            weights = keras.ops.reshape(keras.ops.cast(sample_weight, kl.dtype), (-1,))
            reconstruction, kl = weights * reconstruction, weights * kl
        self.reconstruction_tracker.update_state(reconstruction)
        self.kl_tracker.update_state(kl)
        weight = self.beta
        if training and self.kl_warmup:
            steps = keras.ops.cast(self.optimizer.iterations + 1, "float32")
            weight *= keras.ops.minimum(1.0, steps / self.kl_warmup)
        return keras.ops.mean(reconstruction) + weight * keras.ops.mean(kl)

    def fit(self, x=None, y=None, *args, callbacks=None, **kwargs):
        """As in Keras, after `check_batch`; the first epoch whose loss is not a number stops it (StopAtNan)."""
        callbacks = [*(callbacks or []), training.StopAtNan()]
        return networks.checked_fit(super().fit, self.check_batch, x, y, *args, callbacks=callbacks, **kwargs)

    def check_batch(self, x, y=None, sample_weight=None):
        """Raise a ValueError that names the fault of a batch: x or (x, classes), the targets, weights (n,)."""
        images, *classes = x if isinstance(x, (tuple, list)) else (x,)
        if len(classes) > bool(self.classes):
            raise ValueError("x must be images alone, without classes: this model has classes=0")
        self.check(images, *classes)
        if y is not None and y is not images:
            data.numbers(len(images), self.features, y=y, low=0, high=1, mend=PIXELS)
        if sample_weight is not None:
            data.numbers(len(images), low=0, sample_weight=sample_weight)

    def check(self, images, classes=None):
        """Raise a ValueError that names the fault if images (n, features) or the classes (n,) cannot be used."""
        self._checked_images(images)
        if self.classes:
            self._checked_classes(classes, len(images))

    def export(self, filepath, *args, **kwargs):
        """As in Keras. What is exported answers as `call` does, with a sample of each image."""
        parts = [keras.InputSpec(shape=(None, self.features), dtype="float32", name="images")]
        parts += [keras.InputSpec(shape=(None, 1), dtype="int32", name="classes")] if self.classes else []
        return super().export(filepath, *args, **{"input_signature": [parts if self.classes else parts[0]]} | kwargs)

    def encode(self, images, classes=None):
        """Mean and log variance, each (n, L), of images (n, features), pixels in [0, 1].

        `classes` (n,) are needed if it is conditional. Without `variational` the log variance is -inf: no noise.
        """
        images = self._checked_images(images)
        inputs = [images, self._checked_classes(classes, len(images))] if self.classes else images
        code = self.encoder.predict(inputs, batch_size=1000, verbose=0)
        return tuple(code) if self.variational else (code, np.full_like(code, -np.inf))

    def decode(self, z, classes=None):
        """Mean pixels (n, features) in [0, 1] of latent points z (n, L); `classes` (n,) if conditional."""
        z = data.numbers("n", self.latent_dim, z=z).astype("float32")
        inputs = [z, self._checked_classes(classes, len(z))] if self.classes else z
        return expit(self.decoder.predict(inputs, batch_size=1000, verbose=0))

    def reconstruct(self, images, classes=None):
        """The decoding (n, features) of the *mean* of each image (n, features): no noise."""
        return self.decode(self.encode(images, classes)[0], classes)

    def generate(self, n, seed=0, classes=None):
        """New images (n, features): decodings of n draws from N(0, I)."""
        networks.whole_numbers(n=n)
        return self.decode(np.random.default_rng(seed).normal(size=(n, self.latent_dim)), classes)

    def get_config(self):
        return super().get_config() | self.settings

    def _checked_images(self, images):
        return np.asarray(data.numbers("n", self.features, images=images, low=0, high=1, mend=PIXELS), "float32")

    def _checked_classes(self, classes, n):
        mend = "give one class for each image"
        classes = data.numbers(n, whole=True, low=0, high=self.classes - 1, classes=classes, mend=mend)
        return np.asarray(classes, "int32")[:, None]


def _check_settings(latent_dim, hidden, beta, kl_warmup, kind, variational, classes, features, seed):
    networks.whole_numbers(latent_dim=latent_dim, hidden=hidden, features=features)
    networks.whole_numbers(least=0, kl_warmup=kl_warmup, classes=classes, **({} if seed is None else {"seed": seed}))
    if not isinstance(beta, Real) or not 0 <= beta < np.inf:
        raise ValueError(f"beta must be a finite number of at least 0, got {beta!r}")
    if variational not in (True, False):
        raise ValueError(f"variational must be True or False, got {variational!r}")
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
    if kind == "convolutional" and (int(features**0.5) ** 2 != features or int(features**0.5) % 4):
        raise ValueError(
            f"the convolutional kind needs square images with a side divisible by 4, got {features!r} pixels"
        )
    if kind == "dense" and not hidden:
        raise ValueError(f"hidden must be at least one number where kind is 'dense', got {hidden!r}")
