# %% [markdown]
# # 01 · Autoencoder on MNIST
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/representation-learning-course/notebooks/blob/main/notebooks/01_autoencoder_mnist.ipynb)
#
# **What you will learn**
#
# - what an autoencoder is, and how to tell whether it has learned anything;
# - what a larger code buys, and how little its last units add;
# - why one small choice, a ReLU on the code, can stop a network from learning;
# - whether a network that knows digits notices what is not a digit.
#
# **What you need to know**: Python, NumPy arrays, what a dense layer and gradient descent are. [GLOSSARY.md](../GLOSSARY.md) explains
# every term, with the Portuguese word. "The report" is the student report that this notebook follows (its Activity A).
#
# **Run time** on two CPU cores: one to five minutes, offline.

# %%
# @title Setup: run this cell first. In Colab it fetches the course; elsewhere it only finds it.
import pathlib
import subprocess
import sys
import tempfile

REPOSITORY = "https://github.com/representation-learning-course/notebooks"
COMMIT = "main"  # the state of the course that this notebook belongs to: `make links` writes it
here = pathlib.Path.cwd()
places = [here, *here.parents, here / f"course-{COMMIT[:7]}"]
found = [place for place in places if (place / "helpers" / "course.py").exists()]
if not found and "google.colab" in sys.modules:
    print("Fetching the course: up to a minute.")
    strictly = {"check": True, "capture_output": True, "text": True, "timeout": 300}
    try:
        with tempfile.TemporaryDirectory(dir=here) as half:  # so what is interrupted begins again
            for words in ("init", f"fetch --depth 1 {REPOSITORY} {COMMIT}", "checkout FETCH_HEAD"):
                subprocess.run(["git", *words.split()], cwd=half, **strictly)
            pathlib.Path(half).rename(places[-1])
    except (OSError, subprocess.SubprocessError) as error:
        why = " ".join(str(getattr(error, "stderr", "") or error).split())
        raise ConnectionError(f"no course from {REPOSITORY}: {why}. Online? Try again.") from None
    found = places[-1:]
if not found:
    raise FileNotFoundError(f"helpers/ is not here: clone {REPOSITORY}, open this notebook in it")
root = found[0]
sys.path.insert(0, str(root))

from helpers import course, plots
from helpers.course import claim, guess

course.start()
plots.set_style()

# %% [markdown]
# ## 1. Six layers with a bottleneck
#
# *10 minutes.* **Question.** Can a network describe a digit with a few numbers, and draw it again from them?
#
# MNIST holds 70,000 handwritten digits: 28 × 28 = 784 pixels each, from 0 (black) to 1 (white).

# %%
from helpers import data

mnist = data.load("mnist")
x, x_test = mnist.x_train, mnist.x_test
ten = [x_test[mnist.y_test == digit][0] for digit in range(10)]
plots.show(plots.image_grid([ten]), "01_digits")

# %% [markdown]
# *One test image of each digit.*
#
# An **autoencoder** is a network that learns to copy: its target is its own input. That would be trivial without the narrow
# layer in its middle, the **bottleneck**. The second half of the network sees only what passes through it.

# %%
latent_dim = 32
units = [784, 256, 128, latent_dim, 128, 256, 784]
plots.show(plots.network(units, image=ten[7]), "01_network")

# %% [markdown]
# *The image $x$ becomes a code $z$, and the code becomes the reconstruction $\hat{x}$. The numbers count units.*
#
# - The **encoder** turns the image into the **latent code** $z$: $L$ numbers, here $L = 32$. "Latent" means hidden.
# - The **decoder** turns the code into the **reconstruction** $\hat{x}$.
# - **ReLU** follows each layer but the last: it keeps positive numbers and makes negative ones 0. A **sigmoid** follows the last
#   layer and keeps pixels between 0 and 1. Such a function after a layer is called its **activation**.
#
# In Keras this is one line for each layer. It is the network of the report.

# %%
import keras
from keras.layers import Dense

course.seed(0)
pixels = keras.Input((784,))
h = Dense(256, activation="relu")(pixels)
h = Dense(128, activation="relu")(h)
z = Dense(latent_dim, activation="relu")(h)
h = Dense(128, activation="relu")(z)
h = Dense(256, activation="relu")(h)
reconstruction = Dense(784, activation="sigmoid")(h)
autoencoder = keras.Model(pixels, reconstruction)

# %% [markdown]
# **Predict.** A dense layer has (inputs + 1) × units **parameters**, the numbers that training changes. Which share of all
# parameters do the first and the last layer hold together? Write a number between 0 and 1 in place of the dots.

# %%
guess("01.params.outer", ...)

# %%
layers = autoencoder.layers[1:]
for layer in layers:
    print(f"{layer.units:4d} units {layer.count_params():9,d} parameters")

# %%
from helpers import networks

total = autoencoder.count_params()
claim("01.params.outer", (layers[0].count_params() + layers[-1].count_params()) / total)
claim("01.params.latent32", total)
claim("01.params.latent2", networks.autoencoder(latent_dim=2).count_params())

# %% [markdown]
# `networks.autoencoder` builds the same six layers for any size of the code. Nothing is trained yet. What does the network answer?

# %%
import numpy as np

untrained = autoencoder.predict(np.array(ten), verbose=0)
plots.show(plots.image_grid([ten, untrained], ["input", "output"]), "01_untrained")

# %% [markdown]
# *Above: what the network is given. Below: what it answers before any training.*

# %% [markdown]
# <details><summary><b>Conclusion</b> (open it after your run)</summary>
#
# **The bottleneck saves hardly any parameters: it limits what can be passed on.** Of the 476,720<!--01.params.latent32-->
# parameters, 84 %<!--01.params.outer--> are in the first and the last layer. With 2 numbers in place of 32 there are still
# 469,010<!--01.params.latent2-->. Before training, every digit gets nearly the same grey answer.
#
# </details>

# %% [markdown]
# **Change it.** Set `latent_dim = 4` above and run everything again. What changes, and what does not?
#
# ## 2. Training, and what to compare it with
#
# *12 minutes.* **Question.** After training, the error is a small number. Is it small enough to mean anything?
#
# The error is the **mean squared error** (MSE): for one image, $\frac{1}{784}\sum_{j=1}^{784} (x_j - \hat{x}_j)^2$, where $x_j$ is the grey value of
# pixel $j$ and $\hat{x}_j$ the network's answer. Then take the mean over the images. No **label**, the digit that an image shows, is used.
#
# Here is the line that makes this an autoencoder: the images are the input *and* the target. An **epoch** is one pass over the
# training images, in **batches** of 256. After each batch **Adam**, a kind of gradient descent, changes the parameters a little.

# %%
epochs = course.epochs(3)
autoencoder.compile(optimizer="adam", loss="mse")
history = autoencoder.fit(x, x, epochs=epochs, batch_size=256, verbose=0)

# %%
early = autoencoder.predict(np.array(ten), verbose=0)
plots.show(plots.image_grid([ten, early], ["input", "output"]), "01_early")

# %% [markdown]
# *The same ten digits after a few epochs.*
#
# Something was learned. How much is it worth? An error means something only beside a **baseline**, a method that anyone could
# have used instead:
#
# - the **mean image**: answer every image with the average training image;
# - **PCA** (principal component analysis) with $L$ components: the best *linear* code of the same size.

# %%
from sklearn.decomposition import PCA

pca = PCA(latent_dim, svd_solver="covariance_eigh").fit(x)
pca_output = pca.inverse_transform(pca.transform(x_test)).clip(0, 1)
mse_pca = np.mean((x_test - pca_output) ** 2)
mse_mean = np.mean((x_test - x.mean(axis=0)) ** 2)
print(f"test error of the mean image {mse_mean:.4f}, of PCA {mse_pca:.4f}")

# %% [markdown]
# The report trained for 20 epochs. So do we, from a fresh start. `training.batches` and `compile_options` change no number. They let
# TensorFlow work through many batches before it asks Python again, which is faster. A **seed** fixes the random starting
# weights and the order of the images.

# %%
from helpers import training


def train(latent_dim, seed=0):
    course.seed(seed)
    network = networks.autoencoder(latent_dim)
    network.compile("adam", loss="mse", **training.compile_options(xla=True))
    history = network.fit(
        training.batches(x, batch_size=256, seed=seed),
        validation_data=training.batches(x_test, shuffle=False),
        epochs=course.epochs(20), shuffle=False, verbose=0,
        callbacks=[training.EpochLine(every=5)],
    )  # fmt: skip
    return network, history.history


# %% [markdown]
# **Predict.** What will the network's test error be, divided by PCA's? 1 means no better, 0.1 means a tenth.

# %%
guess("01.mse.over_pca32", ...)

# %%
autoencoder, history = train(latent_dim)

# %%
lines = {"mean image": mse_mean, "PCA": mse_pca, "report": 0.0086}
panel = {"": (history, "loss", lines)}
figure = plots.loss_curves(panel, "mean squared error per pixel", scale="log")
plots.show(figure, "01_loss")

# %% [markdown]
# *Error by epoch on a logarithmic scale. The horizontal lines are what the curves must get below. Training error is averaged during an epoch,
# test error is taken after it, so the second can be the lower one.*

# %%
output = autoencoder.predict(x_test, batch_size=1000, verbose=0)
error = np.mean((x_test - output) ** 2, axis=1)
claim("01.mse.live32", error.mean())
claim("01.mse.over_pca32", error.mean() / mse_pca)

# %% [markdown]
# <details><summary><b>Conclusion</b> (open it after your run)</summary>
#
# **Yes: with as many numbers per image, the network leaves 53 %<!--01.mse.over_pca32--> of PCA's error.** Its test error is
# 0.0080<!--01.mse.live32-->; the report has 0.0086<!--01.mse.live32:report-->. Training and test error are close, so it does not recite its
# training images. This is one run. Section 5 has five of each size.
#
# </details>

# %% [markdown]
# **Change it.** Train once more with `train(latent_dim, seed=1)`. How much of the error is luck?
#
# ## 3. Look at the worst, too
#
# *6 minutes.* **Question.** Which images does the mean error hide?
#
# The report showed a few reconstructions. Nobody could know whether they were typical. Here all test images are sorted by their error.
#
# **Predict.** Of the 100 images with the lowest error, which share shows the digit 1?

# %%
guess("01.share.ones_in_best", ...)

# %%
order = np.argsort(error)
middle = len(order) // 2
chosen = np.r_[order[:3], order[middle - 1 : middle + 2], order[-3:]]
titles = [f"{error[i]:.4f}" for i in chosen]
rows = [x_test[chosen], output[chosen]]
figure = plots.image_grid(rows, ["input", "output"], titles, column_gaps=[3, 6])
plots.show(figure, "01_reconstructions")

# %% [markdown]
# *Three of the best, three from the middle, three of the worst. The number is the error of the image.*

# %%
from scipy.stats import spearmanr

claim("01.share.ones_in_best", np.mean(mnist.y_test[order[:100]] == 1))
brightness = x_test.mean(axis=1)
claim("01.ink.rank_correlation", spearmanr(brightness, error).statistic)

# %% [markdown]
# The **rank correlation** (Spearman) compares two orders: 1 if brighter images always have more error, 0 if there is no relation.

# %% [markdown]
# <details><summary><b>Conclusion</b> (open it after your run)</summary>
#
# **It hides that some digits are easy: 100 %<!--01.share.ones_in_best--> of the best hundred are ones.** Ones have little ink. But
# ink explains only a part: over all test images its rank correlation with the error is 0.38<!--01.ink.rank_correlation-->. Exercise 2 compares
# each digit with how much it varies.
#
# </details>

# %% [markdown]
# **Change it.** Show the easiest and the hardest eights: `order = order[mnist.y_test[order] == 8]`, then run the cell again.
#
# ## 4. A map of digits
#
# *10 minutes.* **Question.** With $L = 2$ each image becomes a point in a plane. The network never saw a label. Do equal digits land together?
#
# From some seeds this training fails; section 6 looks at one. Here we take the first seed that does not.

# %%
for seed in range(1, 8):
    autoencoder_2d, _ = train(latent_dim=2, seed=seed)
    encoder_2d, decoder_2d = networks.encoder_and_decoder(autoencoder_2d)
    codes_2d = encoder_2d.predict(x, batch_size=1000, verbose=0)
    if np.mean(codes_2d > 0, axis=0).min() > 0.05:  # both units answer to some images
        break
codes_test = encoder_2d.predict(x_test, batch_size=1000, verbose=0)

# %% [markdown]
# **Predict.** Give each test image the digit that most of its five nearest training images in the plane have. Which share will be right? Guessing gives
# about 0.1.

# %%
guess("01.knn.latent2", ...)

# %%
pca_2d = pca.transform(x_test)[:, :2]
maps = [np.cbrt(codes_test[:3000, :2]), pca_2d[:3000]]
titles = ["autoencoder (cube roots)", "PCA"]
named = {"titles": titles, "class_names": range(10), "columns": 2, "width": 9}
figure = plots.code_maps(maps, mnist.y_test[:3000], **named)
plots.show(figure, "01_maps")

# %% [markdown]
# *3,000 test images as points, coloured by digit; each name stands where its digit is densest. Cube roots spread out the crowded corner.*

# %%
from sklearn.neighbors import KNeighborsClassifier


def share_right(train_codes, test_codes):
    nearest = KNeighborsClassifier(n_neighbors=5).fit(train_codes, mnist.y_train)
    return nearest.score(test_codes, mnist.y_test)


claim("01.knn.latent2", share_right(codes_2d, codes_test))
claim("01.knn.pca2", share_right(pca.transform(x)[:, :2], pca_2d))

# %% [markdown]
# <details><summary><b>Conclusion</b> (open it after your run)</summary>
#
# **Yes, more than on PCA's map: five neighbours name 74 %<!--01.knn.latent2--> of the test images, against 42 %<!--01.knn.pca2-->.** The map is squeezed into a
# quarter of the plane, because the ReLU on the code lets nothing be negative. Section 6 shows what else it does.
#
# </details>

# %% [markdown]
# **Change it.** Begin with another seed: `range(2, 8)`. Do the same digits overlap?
#
# ## 5. What does one more unit buy?
#
# *10 minutes.* **Question.** How does the error fall when the code grows, and how much of that is luck of the seed?
#
# Here are five seeds for each of five sizes: once with the report's ReLU on the code, once with a **linear** code, which has no activation.
# These 50 runs are stored in `data/results/`; they use the function `train` from above.
#
# **Predict.** From 2 to 4 units, and from 16 to 32: the error falls by a certain amount *for each unit that is added*. How many times larger is
# the first amount?

# %%
guess("01.gain.ratio", ...)

# %%
from lessons import autoencoder as lesson

runs = lesson.trained_autoencoder.table()
by_size = runs.groupby(["latent_activation", "latent_dim"]).mse_test
by_size.agg(["mean", "std", "min", "max"]).round(4)

# %%
principal = PCA(32, svd_solver="covariance_eigh").fit(x)
pca_error = lesson.errors_of_pca(principal, x_test, sizes=[2, 4, 8, 16, 32])
kinds = runs.replace({"latent_activation": {"relu": "ReLU code", "linear": "linear code"}})
axes = "latent_activation", "mse_test", "test MSE per pixel"
figure = plots.by_size(kinds, *axes, {"PCA": pca_error}, reported={2: 0.04, 32: 0.0086})
plots.show(figure, "01_error_by_size")

# %% [markdown]
# *Test error against the size of the code, both axes logarithmic. A dot is one seed, a line joins the medians. Hollow: the report.*

# %%
mean = by_size.mean()
linear = mean["linear"]
gain = -linear.diff() / np.diff(linear.index, prepend=0)
gain.rename("error saved by each added unit").to_frame().round(5).iloc[1:]

# %%
claim("01.gain.ratio", gain[4] / gain[32])
claim("01.mse.latent32", mean["relu", 32])
claim("01.mse.linear32", linear[32])
claim("01.mse.latent2", by_size.min()["relu", 2])  # the best seed: see section 6

# %% [markdown]
# <details><summary><b>Conclusion</b> (open it after your run)</summary>
#
# **A larger code always helped, but each of the last units adds little: each of the first saves 21<!--01.gain.ratio--> times as much.** With 32 ReLU
# units the mean error is 0.0081<!--01.mse.latent32--> (report: 0.0086<!--01.mse.latent32:report-->), with a linear code
# 0.0064<!--01.mse.linear32-->. Why should the activation of *one* layer matter so much?
#
# </details>

# %% [markdown]
# **Change it.** Run `lesson.trained_autoencoder("mnist", "linear", latent_dim=12, epochs=5, seed=0)`. Where does it fall in the picture?
#
# ## 6. A network that learns nothing
#
# *12 minutes.* **Question.** Some dots in the picture above lie far too high. What happened to them?
#
# We train the two-unit network once more. Only the seed is another.

# %%
failed, _ = train(latent_dim=2, seed=2)
answers = failed.predict(np.array(ten), verbose=0)
plots.show(plots.image_grid([ten, answers], ["input", "output"]), "01_failed")

# %% [markdown]
# *The ten digits, and what this network answers.*
#
# Look at its code. A unit is **dead** if it is 0 for every training image: ReLU has made all its values 0, and then no gradient passes through it. Nothing can bring
# it back.

# %%
for name, network in {"2 units": failed, "32 units": autoencoder}.items():
    encoder, _ = networks.encoder_and_decoder(network)
    codes = encoder.predict(x, batch_size=1000, verbose=0)
    print(f"{name}: {lesson.count_dead_units(codes)} dead")

# %% [markdown]
# **Predict.** Section 5 has five seeds of the two-unit network with a ReLU. How many of them end with a dead unit?

# %%
guess("01.dead.latent2", ...)

# %%
relu = runs[runs.latent_activation == "relu"]
plots.show(lesson.draw_dead_units(relu, linear), "01_dead_units")

# %% [markdown]
# *Left: dead units by the size of the code; a dot is a seed, a dash the mean. Right: the error against the units that are still alive; the
# line is the linear code.*

# %%
lost = relu[(relu.latent_dim == 2) & (relu.dead_units > 0)]
claim("01.dead.latent2", len(lost))
claim("01.dead.mse_over_mean_image", lost.mse_test.mean() / mse_mean)
claim("01.dead.linear", runs[runs.latent_activation == "linear"].dead_units.sum())

# %% [markdown]
# <details><summary><b>Conclusion</b> (open it after your run)</summary>
#
# **Their units died: without a living unit the decoder can only answer with the mean image.** That happened to 2<!--01.dead.latent2--> of 5 seeds; their error is
# 1.000<!--01.dead.mse_over_mean_image--> times the mean image's. Larger codes lose units too, and nobody notices. With a linear code
# 0<!--01.dead.linear--> units died in 25 runs. Leave the code linear.
#
# </details>

# %% [markdown]
# **Change it.** In `train`, build `networks.autoencoder(latent_dim, "linear")`, and run this section again.
#
# ## 7. What does one latent unit do?
#
# *8 minutes.* **Question.** Change one number of the code and keep the others. How much of the picture changes?
#
# We take one test image and move one unit at a time, from low to high: from the value that 1 % of the training images stay below to the one
# that 99 % stay below. These are the five units that vary most.
#
# **Predict.** Which share of the pixels changes visibly (by more than a tenth) from one end to the other?

# %%
guess("01.unit.touched", ...)

# %%
encoder, decoder = networks.encoder_and_decoder(autoencoder)
codes = encoder.predict(x, batch_size=1000, verbose=0)
low, high = np.percentile(codes, [1, 99], axis=0)
strongest = np.argsort(codes.std(axis=0))[::-1][:5]
code = encoder.predict(x_test[:1], verbose=0)[0]

# %%
walks = np.tile(code, (len(strongest), 9, 1))
for row, unit in enumerate(strongest):
    walks[row, :, unit] = np.linspace(low[unit], high[unit], 9)
pictures = decoder.predict(walks.reshape(-1, len(code)), verbose=0).reshape(-1, 9, 784)
figure = plots.image_grid(pictures, [f"unit {unit}" for unit in strongest])
plots.show(figure, "01_one_unit")

# %% [markdown]
# *One test image. Along each row one unit of its code grows from its low to its high values.*

# %%
change = np.abs(pictures[:, -1] - pictures[:, 0])
claim("01.unit.touched", np.mean(change > 0.1))

# %% [markdown]
# <details><summary><b>Conclusion</b> (open it after your run)</summary>
#
# **A unit moves much of the picture at once: 19 %<!--01.unit.touched--> of the pixels on average.** Most pixels are black and stay black, so that is much of the stroke.
# Nothing in the loss asks a unit to mean one thing, and few rows show something with a name.
#
# </details>

# %% [markdown]
# **Change it.** Replace `x_test[:1]` by another image, `x_test[1:2]`. Do the same units do the same thing?
#
# ## 8. Does it notice what it has never seen?
#
# *10 minutes.* **Question.** Fashion-MNIST has the same format, but shows clothes. Does the digit network's error tell that an image is not a digit?
#
# An **anomaly score** is a number that should be higher for unfamiliar images. Its quality is the **AUC**: the chance that a random garment scores higher than a random
# digit. 0.5 is a coin, 1 is perfect.
#
# **Predict.** The AUC of the network's error. Then think of the simplest score that you know: how good would that be?

# %%
guess("01.auc.anomaly", ...)

# %%
clothes = data.load("fashion_mnist").x_test
answer = autoencoder.predict(clothes, batch_size=1000, verbose=0)
clothes_error = np.mean((clothes - answer) ** 2, axis=1)

# %%
from helpers import scores


def pca_score(images):
    return scores.reconstruction_error(images, scores.pca_reconstruction(principal, images, 32))


anomaly = {
    "autoencoder error": (error, clothes_error),
    "PCA-32 error": (pca_score(x_test), pca_score(clothes)),
    "mean brightness": (x_test.mean(axis=1), clothes.mean(axis=1)),
}
figure, auc = lesson.draw_anomaly_scores(anomaly)
plots.show(figure, "01_anomaly")

# %% [markdown]
# *Left: the network's error on both kinds of image, logarithmic scale. Right: the **ROC curves**. For each threshold they show the share of clothes that is
# found, against the share of digits that is called unfamiliar by mistake.*

# %%
claim("01.auc.anomaly", auc["autoencoder error"])
claim("01.auc.pca32", auc["PCA-32 error"])
claim("01.auc.brightness", auc["mean brightness"])

# %% [markdown]
# <details><summary><b>Conclusion</b> (open it after your run)</summary>
#
# **Yes, with an AUC of 0.997<!--01.auc.anomaly-->; but the mean brightness alone, which learns nothing, has 0.88<!--01.auc.brightness-->.** PCA's error
# has 0.97<!--01.auc.pca32-->. The merit of the network is the difference. Whether it would notice an unknown *digit* is another question,
# which this pair of data sets cannot answer.
#
# </details>

# %% [markdown]
# **Change it.** Score the clothes turned upside down: `clothes[:, ::-1]`. Which of the three scores cannot notice?
#
# ## 9. Explore the plane
#
# *6 minutes.* **Question.** What lies between the digits of the map, and what lies where there are none?
#
# We decode a grid of points from the plane of section 4. **Predict**: what does the decoder answer in the upper left corner, where no digit lies?

# %%
low_2d, high_2d = np.percentile(codes_test, [2, 98], axis=0)
unit_1 = np.linspace(low_2d[0], high_2d[0], 12)
unit_2 = np.linspace(high_2d[1], low_2d[1], 8)
points = np.tile(np.median(codes_2d, axis=0), (8, 12, 1))
points[..., :2] = np.stack(np.meshgrid(unit_1, unit_2), axis=-1)

# %%
decoded = decoder_2d.predict(points.reshape(96, -1), verbose=0).reshape(8, 12, 784)
figure = plots.latent_plane(decoded, low_2d[:2], high_2d[:2])
plots.show(figure, "01_latent_plane")

# %% [markdown]
# *The plane, decoded at 96 points. Its axes are even, those of the map in section 4 are cube roots.*

# %%
plots.latent_explorer(decoder_2d, low_2d[:2], high_2d[:2], plane=decoded)

# %% [markdown]
# <details><summary><b>Conclusion</b> (open it after your run)</summary>
#
# **Between two digits lie shapes that are neither, and where no image has its code the pictures are inventions.** Nothing in this loss asks the decoder to answer there
# with a digit. Notebook 04 adds a loss that does.
#
# </details>

# %% [markdown]
# **Change it.** Look further out: multiply `high_2d` by 3 in the cell above the picture. Or drag a point with your finger, without any kernel: the
# [playground](../site/playground/index.html#plane).
#
# ## What the report said, what we found

# %%
course.claims_table()

# %% [markdown]
# - With 32 units we reproduce the report's error, and with a linear code we improve it.
# - With 2 units we reproduce it from the seeds that keep their units. The report does not mention the others.
# - The report judged reconstructions by a few images. The worst ones tell more.
#
# ## Your turn
#
# **Exercise 1 (build it).** Write the autoencoder yourself: six Dense layers,
# 784-256-128-$L$-128-256-784, from image to image. ReLU follows each layer but the last, a sigmoid
# follows the last. Predict first: which one line decides that the decoder sees nothing but the
# code?


# %% tags=["exercise"]
def my_autoencoder(latent_dim):
    return None  # a keras.Model


# %%
from helpers import exercises

exercises.check("01.1", my_autoencoder)

# %% [markdown]
# Stuck? Run `exercises.solution("01.1")` to see one solution.
#
# **Exercise 2 (measure, then explain).** Are ones cheap only because they have little ink? Return
# three things:
#
# - the mean test error of each digit, an array of ten;
# - that error as a share of the digit's own variance: of `x[y == digit].var(axis=0).mean()`;
# - the reason why 1 is the cheapest digit, a letter:
#   - `"a"`: it has the most training images, so the network learned it best;
#   - `"b"`: ones differ little from each other, and what differs is simple;
#   - `"c"`: ones have little ink, and that is all: as a share they are as hard as the others;
#   - `"d"`: the network knows from the label that it is a one.
#
# Predict first: is 1 still the easiest in the shares?


# %% tags=["exercise"]
def my_errors(x, y, reconstructed):
    return None  # errors (10,), shares (10,), "a", "b", "c" or "d"


# %%
exercises.check("01.2", my_errors, x_test, mnist.y_test, output)

# %% [markdown]
# Stuck? Run `exercises.solution("01.2")` to see one solution.
#
# **Exercise 3 (make it linear).** PCA is the best *linear* code. Build an autoencoder without any
# activation, 784-32-784, train it on `x`, and return it with a letter. The check allows a test
# error 5 % above that of PCA with 32 components (outputs cut to 0 … 1); each check trains anew,
# which takes some seconds. Would two more linear layers, 784-128-32-128-784, come below PCA?
#
# - `"a"`: yes, a deeper network learns more;
# - `"b"`: no, a product of matrices is one matrix, and PCA is already the best one;
# - `"c"`: yes, if it is trained for long enough;
# - `"d"`: no, it would learn the training images by heart, and fail on the test images.


# %% tags=["exercise"]
def my_linear(x):
    return None  # a trained keras.Model, and "a", "b", "c" or "d"


# %%
exercises.check("01.3", my_linear, x, x_test, pca_error[32])

# %% [markdown]
# Stuck? Run `exercises.solution("01.3")` to see one solution.
#
# ## Recap
#
# - An autoencoder learns to copy through a waist. Its loss means something only beside baselines: the mean image, and PCA.
# - On average over the seeds, a bigger code reconstructed better, with less gain per unit.
# - A ReLU on the code kills units: at L = 2 that can cost the whole network. Leave the latent layer linear.
# - Errors depend on ink and on shape: look at best, median *and* worst, and compare an anomaly score with simpler ones.
#
# ## References
#
# - G. Hinton, R. Salakhutdinov, "Reducing the dimensionality of data with neural networks", *Science* 313, 2006.
# - P. Baldi, K. Hornik, "Neural networks and principal component analysis", *Neural Networks* 2, 1989 (exercise 3).
# - Y. LeCun, C. Cortes, "The MNIST database of handwritten digits". H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST", 2017.
