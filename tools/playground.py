"""`make playground`: train the networks of site/playground/, measure them, and write them as scripts.

A page that is opened by double-click may not fetch files, so weights are text in scripts. Each weight is a whole number
from -127 to 127 with one scale a row (a row leads to one unit). `make playground NETWORK=beta-4` does one network.
"""

import base64
import json
import sys

import numpy as np
from scipy.special import expit

from helpers import clustering, course, data, networks, plots, scores
from lessons import dcn, vae_mnist

SITE = course.ROOT / "site" / "playground"
FOLDER = SITE / "networks"
REFERENCES = course.ROOT / "tests" / "playground"  # what Keras answers, for the tests
SHOWN, EPOCHS = 2000, 20  # test images on a plane; epochs as in notebooks 04 and 05
BETAS = 0.0, 0.1, 1.0, 4.0, 10.0
EXACT = 16  # a layer with fewer inputs or outputs keeps its float32 weights: they are few, and the code needs them
CALIBRATION = 10_000  # training images on which rounding is tried
SMALL = 2000  # images that the page itself trains on, at half of their side
PLANES = {  # name: data set and settings of VariationalAutoencoder
    "vae-digits": ("mnist", {}),
    "ae-digits": ("mnist", {"variational": False}),
    "vae-garments": ("fashion_mnist", {}),
    "ae-garments": ("fashion_mnist", {"variational": False}),
} | {f"beta-{beta:g}": ("mnist", {"beta": beta}) for beta in BETAS if beta != 1}
NAMES = *PLANES, "classifier", "clusters", "images"


def text(array, kind):
    """An array as base64 of its bytes, little-endian."""
    return base64.b64encode(np.ascontiguousarray(array, np.dtype(kind).newbyteorder("<")).tobytes()).decode()


def rounded(rows, x, wanted):
    """Whole numbers (outputs, inputs) from -127 to 127 and scales (outputs,), so that a layer answers as `wanted`.

    Weight by weight: what rounding one changes, those after it take back on the inputs x (n, inputs) that really occur
    (Frantar et al., ICLR 2023, GPTQ). `wanted` (n, outputs) are the exact network's sums without the bias; x comes from
    the rounded layers below, so their errors are taken back, too.
    """
    rows, x = np.array(rows, "float64"), np.asarray(x, "float64")
    second = x.T @ x / len(x)
    second += 1e-4 * np.mean(np.diag(second)) * np.eye(len(second))
    rows += np.linalg.solve(second, x.T @ (wanted - x @ rows.T) / len(x)).T
    scales = np.maximum(np.abs(rows).max(axis=1), 1e-12) / 127
    order = np.argsort(-np.diag(second), kind="stable")  # inputs that matter most are rounded first
    rows, passed_on = rows[:, order], np.linalg.cholesky(np.linalg.inv(second[np.ix_(order, order)])).T
    whole = np.empty_like(rows)
    for i, own in enumerate(passed_on):
        whole[:, i] = np.clip(np.round(rows[:, i] / scales), -127, 127)
        rest = (rows[:, i] - whole[:, i] * scales) / own[i]
        rows[:, i + 1 :] -= np.outer(rest, own[i + 1 :])
    return whole[:, np.argsort(order)], scales


ACTIVATIONS = {"linear": lambda x: x, "relu": lambda x: np.maximum(x, 0), "sigmoid": expit}


def packed(layers, x):
    """Dense layers, (weights (inputs, outputs), bias, activation) each, as the page reads them; x are usual inputs."""
    packs, exact, x = [], x, np.asarray(x)
    for weights, bias, activation in layers:
        rows, wanted = weights.T, exact @ weights
        pack = {"inputs": rows.shape[1], "outputs": rows.shape[0], "activation": activation}
        if min(rows.shape) < EXACT:
            pack |= {"bias": text(bias, "f4"), "weights": text(rows, "f4")}
        else:
            whole, scales = rounded(rows, x, wanted)
            moved = np.mean(wanted - x @ (whole * scales[:, None]).T, axis=0)
            pack |= {"bias": text(bias + moved, "f4"), "scales": text(scales, "f4"), "weights": text(whole, "i1")}
        packs.append(pack)
        exact, x = ACTIVATIONS[activation](wanted + bias), answered([pack], x)
    return packs


def unpacked(layer):
    """Weights (inputs, outputs), bias (outputs,) and activation of a `packed` layer."""

    def array(name, kind="f4"):
        return np.frombuffer(base64.b64decode(layer[name]), np.dtype(kind).newbyteorder("<")).astype("float32")

    rows = array("weights", "i1" if "scales" in layer else "f4").reshape(layer["outputs"], layer["inputs"])
    rows = rows * array("scales")[:, None] if "scales" in layer else rows
    return rows.T, array("bias"), layer["activation"]


def answered(layers, x):
    """What packed layers answer to x (n, inputs), in NumPy: the very weights that the page has."""
    for weights, bias, activation in map(unpacked, layers):
        x = ACTIVATIONS[activation](x @ weights + bias)
    return x


def dense_layers(network, last=None):
    """The dense layers of a Keras model, for `packed`; `last` is the activation of its outputs in place of its own."""
    found = [layer for layer in network.layers if hasattr(layer, "kernel")]
    layers = [(*layer.get_weights(), layer.activation.__name__) for layer in found]
    return [*layers[:-1], (*layers[-1][:2], last)] if last else layers


def write(name, pack):
    """A network as a script that hands it to the page."""
    course.write_atomically(FOLDER / f"{name}.js", f'playground.add("{name}", {json.dumps(pack)});\n')


def read(name):
    """What `write` wrote: a dict."""
    script = (FOLDER / f"{name}.js").read_text(encoding="utf-8")
    return json.loads(script[script.index("{") : script.rindex("}") + 1])


def note(name, **numbers):
    """Add measured numbers to networks/measured.js, which the page shows."""
    known = read("measured") if (FOLDER / "measured.js").exists() else {}
    known[name] = {key: float(f"{value:.6g}") for key, value in numbers.items()}
    pack = json.dumps(dict(sorted(known.items())), indent=1)
    course.write_atomically(FOLDER / "measured.js", f"playground.measured = {pack};\n")
    print(name, known[name], flush=True)


def refer(name, **arrays):
    """Keep what Keras answers, for the tests."""
    np.savez_compressed(REFERENCES / f"{name}.npz", **arrays)


def plane(name):
    """Train an autoencoder or VAE with a code of two numbers; write decoder and codes, and the encoder of one."""
    dataset, settings = PLANES[name]
    images = data.load(dataset, profile="full")
    model, _ = vae_mnist.fitted_vae(settings, images.x_train, None, EPOCHS, seed=0)
    x = images.x_test
    mean, log_var = (np.asarray(part, "float32") for part in model.encode(x))
    noise = np.random.default_rng(0).normal(size=mean.shape)
    z = (mean + np.exp(log_var / 2) * noise if model.variational else mean).astype("float32")
    limits = 1.1 * np.quantile(np.abs(mean), 0.999, axis=0)
    everywhere = np.random.default_rng(2).uniform(-limits, limits, (CALIBRATION, 2))
    seen = np.concatenate([model.encode(images.x_train[:CALIBRATION])[0], everywhere]).astype("float32")
    decoder = packed(dense_layers(model.decoder, last="sigmoid"), seen)
    exact, approximate = model.decode(z), answered(decoder, z)
    pack = {"decoder": decoder, "codes": text(mean[:SHOWN], "f4"), "labels": text(images.y_test[:SHOWN], "u1")}
    measured = {
        "reconstruction": scores.cross_entropy(x, exact).mean(),
        "reconstruction_int8": scores.cross_entropy(x, approximate).mean(),
        "mse": scores.reconstruction_error(x, model.decode(mean)).mean(),
        "active": scores.active_units(mean),
        "parameters": model.count_params(),
    }
    if model.variational:
        pack["widths"] = text(np.exp(log_var[:SHOWN] / 2), "f4")
        measured["kl"] = np.mean(np.sum(np.exp(log_var) + mean**2 - 1 - log_var, axis=1) / 2)
        measured["loss"] = measured["reconstruction"] + measured["kl"]
    if dataset == "mnist":
        drawn = vae_mnist.drawn_images(model, 10_000)[0]
        measured |= vae_mnist.judged(vae_mnist.digit_judge("full"), drawn, images)
    if not name.startswith("beta"):
        chosen = [int(np.flatnonzero(images.y_test == label)[0]) for label in range(10)]
        pack["examples"] = {"rows": chosen, "pixels": text(np.round(255 * x[chosen]), "u1")}
    points = np.random.default_rng(1).uniform(-limits, limits, (100, 2)).astype("float32")
    kept = {"z": z, "points": points, "pixels": np.round(255 * model.decode(points)).astype("uint8")}
    write(name, pack)
    if name == "vae-digits":
        *body, (mean_weights, mean_bias, _), (weights, bias, _) = dense_layers(model.encoder)
        heads = np.concatenate([mean_weights, weights], axis=-1), np.concatenate([mean_bias, bias])  # side by side
        encoder = packed([*body, (*heads, "linear")], images.x_train[:CALIBRATION])
        rows = np.concatenate([np.flatnonzero(images.y_test == digit)[:3] for digit in range(10)])
        to_draw = {"rows": rows.tolist(), "pixels": text(np.round(255 * x[rows]), "u1")}
        write("encoder", {"encoder": encoder, "examples": to_draw})
        code = answered(encoder, x)
        log_var8, sample = code[:, 2:], code[:, :2] + np.exp(code[:, 2:] / 2) * noise
        kl = np.sum(np.exp(log_var8) + code[:, :2] ** 2 - 1 - log_var8, axis=1) / 2
        measured["loss_int8"] = (scores.cross_entropy(x, answered(decoder, sample)) + kl).mean()
        kept |= {"mean": mean[:100], "log_var": log_var[:100]}
    note(name, **measured)
    refer(name, **kept)


def classifier():
    """The classifier of digits that judges samples in notebook 04."""
    images, network = data.load("mnist", profile="full"), vae_mnist.digit_judge("full")
    layers = packed(dense_layers(network), images.x_train[:CALIBRATION])  # to logits; the page makes probabilities
    answers = networks.predict(network, images.x_test), answered(layers, images.x_test)
    right = [np.mean(answer.argmax(axis=1) == images.y_test) for answer in answers]
    write("classifier", {"layers": layers})
    note("classifier", accuracy=right[0], accuracy_int8=right[1], parameters=network.count_params())
    refer("classifier", probabilities=networks.predict(network, images.x_test[:100]))


def clusters():
    """The best recipe of notebook 02, whole; its clusters are named by the digits that they match best."""
    images = data.load("mnist", profile="full")
    model = clustering.DeepClustering(random_state=0, **dcn.RECIPES[dcn.BEST]).fit(images.x_train)
    encoder = networks.encoder_and_decoder(model.autoencoder_)[0]
    layers = packed(dense_layers(encoder), images.x_train[:CALIBRATION])
    matched, centers = scores.match_labels(images.y_train, model.labels_), model.cluster_centers_
    names = [int(matched[np.flatnonzero(model.labels_ == cluster)[0]]) for cluster in range(len(centers))]
    codes = answered(layers, images.x_test)
    found = model.predict(images.x_test), clustering.student_t(codes, centers).argmax(axis=1)
    accuracy = [scores.clustering_scores(images.y_test, labels)["acc"] for labels in found]
    write("clusters", {"layers": layers, "centroids": text(centers, "f4"), "names": names})
    phases = "pretrain_epochs", "max_iter", "overcluster_iter", "information_epochs"
    epochs = sum(dcn.RECIPES[dcn.BEST].get(phase, 0) for phase in phases)
    train = scores.clustering_scores(images.y_train, model.labels_)["acc"]
    note("clusters", accuracy=accuracy[0], accuracy_int8=accuracy[1], epochs=epochs, train=train)
    shares = clustering.student_t(model.transform(images.x_test[:100]), centers)
    refer("clusters", codes=model.transform(images.x_test[:100]), shares=shares.astype("float32"))


def small_images():
    """Training images at half of their side, for the scene that trains in the page, and what every scene needs."""
    digits, garments = (data.load(name, profile="full") for name in ("mnist", "fashion_mnist"))
    small = digits.x_train[:SMALL].reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4)).reshape(SMALL, -1)
    labels = digits.y_train[:SMALL]
    write("images", {"pixels": text(np.round(255 * small), "u1"), "labels": text(labels, "u1"), "side": 14})
    mean_image = scores.reconstruction_error(small, small.mean(axis=0)[None]).mean()
    k_means = clustering.k_means(small, 10, n_init=10, random_state=0).labels_
    accuracy = scores.clustering_scores(labels, k_means)["acc"]
    note("images", images=SMALL, mean_image=mean_image, k_means=accuracy, commonest=np.bincount(labels).max() / SMALL)
    about = {
        "colours": plots.sns.color_palette(plots.CLASS_COLOURS).as_hex(),
        "roles": {name: plots.to_hex(plots.COLOURS[name]) for name in ("VAE", "AE", "DCN", "classifier", "code")},
        "names": {"digits": digits.class_names, "garments": garments.class_names},
        "betas": BETAS,
        "radius": vae_mnist.PRIOR_RADIUS,
        "mean_image": text(np.round(255 * digits.x_train.mean(axis=0)), "u1"),
    }
    course.write_atomically(FOLDER / "course.js", f"playground.course = {json.dumps(about)};\n")


def main(name=""):
    """Do the network of that name, or all."""
    if name and name not in NAMES:
        raise SystemExit(f"{name} is no network of the playground: {', '.join(NAMES)}")
    others = {"classifier": classifier, "clusters": clusters, "images": small_images}
    for each in [name] if name else NAMES:
        plane(each) if each in PLANES else others[each]()


if __name__ == "__main__":
    main(*sys.argv[1:])
