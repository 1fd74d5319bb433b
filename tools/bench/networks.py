"""The networks that are compared, and the machine's limit: what their matrix products alone would take."""

import time

AUTOENCODER = (784, 256, 128, 32, 128, 256, 784)
CLASSIFIER = (784, 128, 10)
JOINT_ENCODER = (784, 512, 256, 10)  # of the joint iteration; the decoder mirrors it
SIZE, TIMES = 2048, 8  # of the bare product, and how many of them are timed together


def training(layers, samples):
    """Floating-point operations of the matrix products of one epoch: a product and a sum for each weight and sample,
    three times (forwards, gradient of the weights, gradient of the inputs); the first layer's inputs need none."""
    weights = _weights(layers)
    return 2 * samples * (3 * sum(weights) - weights[0])


def joint_iteration(samples):
    """Operations of an epoch of encoder and decoder, and of the codes of all samples after it."""
    both = (*JOINT_ENCODER, *JOINT_ENCODER[-2::-1])
    return training(both, samples) + 2 * samples * sum(_weights(JOINT_ENCODER))


def limits(make_product):
    """Contestants for autoencoder, classifier and joint iteration: what their products alone would take.

    `make_product` makes a library's function that multiplies two single-precision matrices of SIZE by SIZE, once, and
    returns when it is done.
    """
    networks = (lambda n: training(AUTOENCODER, n), lambda n: training(CLASSIFIER, n), joint_iteration)
    return [lambda n, operations=operations: _at_the_rate(make_product(), operations(n)) for operations in networks]


def _at_the_rate(product, operations):
    """A function that answers with the seconds of `operations` at the rate of `product`."""

    def once():
        started = time.perf_counter()
        for _ in range(TIMES):
            product()
        rate = TIMES * 2 * SIZE**3 / (time.perf_counter() - started)
        return [operations / rate]

    return once


def _weights(layers):
    return [inputs * outputs for inputs, outputs in zip(layers, layers[1:], strict=False)]
