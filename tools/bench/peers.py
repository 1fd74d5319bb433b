"""The contestants in PyTorch, which run in .venv-bench: plain training loops, ClustPy's DCN, and a bare matrix product.

Each function takes the number of training images and returns a function that does the work once and answers with a
list of seconds.
"""

import sys
import time
from unittest import mock

import numpy as np
import torch
from torch import nn

from helpers import data
from tools.bench import networks

ITERATIONS = 3  # that are timed in one fit of DCN


def _training(samples):
    images = data.load("mnist", profile="full")
    torch.manual_seed(0)
    return torch.from_numpy(images.x_train[:samples]), torch.from_numpy(images.y_train[:samples])


def _epoch(network, loss, x, y, batch_size):
    """A function that trains one epoch, eager, with fused Adam, and answers with its seconds."""
    optimizer = torch.optim.Adam(network.parameters(), fused=True)
    network.train()

    def once():
        started = time.perf_counter()
        for rows in torch.randperm(len(x)).split(batch_size):
            optimizer.zero_grad()
            loss(network(x[rows]), y[rows]).backward()
            optimizer.step()
        return [time.perf_counter() - started]

    return once


def autoencoder(samples):
    """An epoch of 784-256-128-32 at batch 256."""
    x, _ = _training(samples)
    layers = []
    for inputs, outputs in zip(networks.AUTOENCODER, networks.AUTOENCODER[1:], strict=False):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return _epoch(nn.Sequential(*layers[:-1], nn.Sigmoid()), nn.MSELoss(), x, x, 256)


def classifier(samples):
    """An epoch of 784-128-dropout-10 at batch 64."""
    x, y = _training(samples)
    network = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, 10))
    return _epoch(network, nn.CrossEntropyLoss(), x, y, 64)


def _product():
    """PyTorch's product of two large matrices."""
    left, right = torch.rand(networks.SIZE, networks.SIZE), torch.rand(networks.SIZE, networks.SIZE)
    return lambda: left @ right


autoencoder_limit, classifier_limit, joint_limit = networks.limits(_product)


def _clustpy():
    """ClustPy, which imports torchvision for augmentation that is not used here.

    Beside a torch without CUDA a torchvision built for CUDA fails to start; a stand-in is enough then.
    """
    try:
        import torchvision  # noqa: F401
    except (ImportError, RuntimeError):
        for name in ("torchvision", "torchvision.models", "torchvision.models._api"):
            sys.modules[name] = mock.MagicMock()
    from clustpy import deep
    from clustpy.deep import neural_networks

    return deep, neural_networks


class _TimedLoader(torch.utils.data.DataLoader):
    """Notes when each pass over the data begins."""

    starts = []

    def __iter__(self):
        self.starts.append(time.perf_counter())
        return super().__iter__()


def joint_iteration(samples):
    """Joint epochs of ClustPy's DCN: the time from the beginning of one to the beginning of the next."""
    x = _training(samples)[0].numpy()
    deep, neural_networks = _clustpy()
    network = {"layers": list(networks.JOINT_ENCODER), "activation_fn": nn.ReLU, "decoder_output_fn": nn.Sigmoid}
    in_order = deep.get_dataloader(x, 256, shuffle=False)

    def once():
        shuffled = _TimedLoader(in_order.dataset, batch_size=256, shuffle=True)
        deep.DCN(
            n_clusters=10,
            pretrain_epochs=1,
            clustering_epochs=ITERATIONS + 1,
            neural_network=(neural_networks.FeedforwardAutoencoder, network),
            custom_dataloaders=(shuffled, in_order),
            initial_clustering_params={"n_init": 1},
            random_state=0,
        ).fit(x)
        return np.diff(shuffled.starts[-ITERATIONS - 1 :]).tolist()

    return once
