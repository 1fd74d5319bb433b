"""One fit of DeepClustering in a fresh process: its seconds and the process's peak memory before and after it.

python -m tools.bench.one_fit 60000 10     samples, and epochs of either phase
"""

import json
import resource
import sys
import time

import numpy as np

from helpers import clustering, data


def peak_megabytes():
    """The most memory that this process has held so far (resident, 10^6 bytes)."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def main():
    """Fit and print one line of JSON."""
    samples, epochs = int(sys.argv[1]), int(sys.argv[2])
    with np.load(data.FOLDER / "mnist.npz") as file:  # not `data.load`: its peak is that of all 70,000 images
        x = file["x_train"][:samples].reshape(-1, 784).astype("float32") / 255
    before, started = peak_megabytes(), time.perf_counter()
    clustering.DeepClustering(pretrain_epochs=epochs, max_iter=epochs, tol=0.0, random_state=0).fit(x)
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "before": before, "peak": peak_megabytes()}))


if __name__ == "__main__":
    main()
