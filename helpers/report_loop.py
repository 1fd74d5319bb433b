"""The report's joint optimisation as its author wrote it, faults included: notebook 02 takes it apart, 03 sweeps it."""

import numpy as np
import pandas as pd

from helpers import clustering, course, models

with course.quiet_imports():
    import keras


def two_outputs(autoencoder):
    """An autoencoder that answers with its reconstruction and with its latent code."""
    code = autoencoder.get_layer("Latent_Code").output
    return keras.Model(autoencoder.input, {"Output": autoencoder.output, "Latent_Code": code})


def distance(centroid, code):
    """The report's clustering loss: the distance, not squared (the tiny number keeps its slope finite at 0)."""
    return keras.ops.sqrt(keras.ops.sum((code - centroid) ** 2, axis=-1) + 1e-12)


def compile_jointly(network, alpha=0.5, beta=0.5):
    """Adam on alpha * mean squared error + beta * distance."""
    network.compile(
        optimizer="adam",
        loss={"Output": "mse", "Latent_Code": distance},
        loss_weights={"Output": alpha, "Latent_Code": beta},
        **models.fast(xla=True),
    )


def k_means(codes):
    """K-Means with ten clusters, fitted to codes (n, L)."""
    return clustering.k_means(codes, 10, n_init=3, random_state=0)


def towards(images, found, seed=0):
    """Batches for step (c): each image (n, 784) with its two targets, itself and the centroid of its cluster."""
    targets = found.cluster_centers_[found.labels_].astype("float32")
    pairs = models.batches(images, targets, seed=seed)
    return pairs.map(lambda image, centroid: (image, {"Output": image, "Latent_Code": centroid}))


def joint_loop(network, images, digits, rounds, epochs, seed):
    """Steps (b), (c), (d): K-Means, train towards the centroids, again, until no image changes its cluster.

    Parameters
    ----------
    network : keras.Model
        Of `two_outputs`, compiled.
    images : array (n, 784)
    digits : int array (n,)
        Used to score, never to train.
    rounds : int
        At most; `epochs` each.
    seed : int
        Of the order of the images.

    Returns
    -------
    pandas.DataFrame, list of array (n, L)
        A row per round, 0 being the untrained network: live (clusters with an image), changed (share of images that
        changed cluster), inertia, acc, spread (standard deviation of the codes, root mean square over units); and the
        codes of each round.
    """
    rows, all_codes, previous = [], [], None
    for round_ in range(rounds + 1):
        all_codes.append(models.answers(models.up_to(network, "Latent_Code"), images))
        found = k_means(all_codes[-1])
        scores = clustering.clustering_scores(digits, found.labels_)
        changed = 1.0 if previous is None else np.mean(found.labels_ != previous)
        rows.append({"round": round_, "live": len(scores["sizes"]), "changed": changed, "inertia": found.inertia_}
                    | {"acc": scores["acc"], "spread": clustering.spread(all_codes[-1])})  # fmt: skip
        if changed == 0 or round_ == rounds:
            return pd.DataFrame(rows), all_codes
        network.fit(towards(images, found, 100 * seed + round_), epochs=epochs, shuffle=False, verbose=0)
        previous = found.labels_


def from_seeds(seeds, images, digits, rounds, epochs, **settings):
    """`joint_loop` from the starting weights of each seed; `settings` are those of `models.autoencoder`.

    One network is compiled and restarted: compiling takes longer than a short loop.

    Returns
    -------
    dict of seed to DataFrame, dict of seed to list of array (n, L)
    """
    network, tables, codes = two_outputs(models.autoencoder(**settings)), {}, {}
    compile_jointly(network)
    for seed in seeds:
        keras.utils.set_random_seed(seed)
        network.set_weights(models.autoencoder(**settings).get_weights())
        for variable in network.optimizer.variables:
            if variable.name != "learning_rate":
                variable.assign(keras.ops.zeros_like(variable))
        tables[seed], codes[seed] = joint_loop(network, images, digits, rounds, epochs, seed)
    return tables, codes
