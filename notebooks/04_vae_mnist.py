# %% [markdown]
# # 04 · Variational autoencoder on MNIST
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/representation-learning-course/notebooks/blob/main/notebooks/04_vae_mnist.ipynb)
#
# **What you will learn**
#
# - what a variational autoencoder (VAE) adds to an autoencoder: two heads, a sample, one more term in the loss;
# - why its noise stands beside the network, and what happens to the gradient if it does not;
# - how to generate new digits, and how to judge them by numbers;
# - what the weight between the two terms does, and how a code can fall silent.
#
# **What you need to know**: notebook 01 (autoencoder, code, baseline) and the normal distribution. [GLOSSARY.md](../GLOSSARY.md) explains
# every term, with the Portuguese word. "The report" is [report 3](../REPORTS.md): a student note on a VAE for MNIST.
#
# **Run time** on two CPU cores: one to four minutes, offline.

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
# ## 1. A code that is a cloud
#
# *12 minutes.* **Question.** A decoder of notebook 01 gives no digit for most codes. How could *every* likely code become one?
#
# An autoencoder turns an image into a point. Between the points its decoder was never trained. A **variational autoencoder** turns an
# image into a cloud: a normal distribution with a **mean** $\mu$ and a **standard deviation** $\sigma$ for each unit of the code.

# %%
import numpy as np
import pandas as pd

from helpers import data
from lessons import vae_mnist as lesson

mnist = data.load("mnist")
x, x_test = mnist.x_train, mnist.x_test
ten = np.array([x_test[mnist.y_test == digit][0] for digit in range(10)])
plots.show(lesson.draw_points_and_clouds(ten[[4, 7, 9]]), "04_cloud")

# %% [markdown]
# *A drawing, not a result. Left: each image is a point. Right: each image is a cloud, and all clouds together should fill the dashed circle.*
#
# From each cloud one **sample** is taken at random, and the decoder must draw the image from it. So it learns what to do *around* the point.
#
# Two things could go wrong. The clouds could move far apart, or shrink to points. Both would bring the autoencoder back. So there is a
# price for not being like the **prior**, the distribution from which new codes will be sampled: $N(0, 1)$ in each unit. The dashed circle
# holds 95 % of it.
#
# The price is the **Kullback-Leibler divergence** (KL), which compares two distributions. For $N(\mu, \sigma^2)$ against $N(0, 1)$ it is
#
# $$ \mathrm{KL} = \tfrac{1}{2} \left( \sigma^2 + \mu^2 - 1 - \log \sigma^2 \right) $$
#
# where $\log$ is the natural logarithm. It is 0 only for the prior itself. Its unit is the **nat**: 1 nat is 1.44 bits.


# %%
def kl(mean, std):
    return (std**2 + mean**2 - 1 - np.log(std**2)) / 2


# %% [markdown]
# **Predict.** The cloud $N(1, 1)$, moved by 1, costs half a nat. How many nats does $N(0, 0.1^2)$ cost, a cloud in the middle with a tenth of the
# width?

# %%
guess("04.kl.narrow", ...)

# %%
clouds = [(0, 1), (1, 1), (0, 0.1)]
prices = [kl(mean, std) for mean, std in clouds]
plots.show(lesson.draw_normals(clouds, prices), "04_kl")

# %% [markdown]
# *Three distributions of one unit (coloured) and the prior (dashed). The number is the KL divergence in nats.*

# %%
claim("04.kl.shifted", prices[1])
claim("04.kl.narrow", prices[2])

# %% [markdown]
# <details><summary><b>Conclusion</b> (open it after your run)</summary>
#
# **Make every image a cloud, and charge for clouds that are far out or narrow.** Moving by 1 costs 0.5<!--04.kl.shifted--> nats, shrinking to
# a tenth costs 1.8<!--04.kl.narrow-->. A cloud that pays nothing is the prior, and says nothing about its image.
#
# </details>

# %% [markdown]
# **Change it.** `print(kl(2, 1), kl(0, 0.01))`: which of these two clouds costs more?
#
# ## 2. The model in thirty lines
#
# *20 minutes.* **Question.** What must be added to an autoencoder?
#
# The encoder gets **two heads**: one answers with the mean, the other with $\log \sigma^2$, the logarithm of the **variance** $\sigma^2$. A logarithm may be negative, so no
# activation is needed.

# %%
plots.show(lesson.draw_network(ten[7]), "04_network")

# %% [markdown]
# *The two heads, and the noise ε (epsilon) that comes from outside. The numbers count units.*
#
# The report's code has two units. It does not give the hidden layers; 512 and 256 are our choice.

# %%
import keras
from keras import ops
from keras.layers import Dense

latent_dim = 2
course.seed(0)
pixels = keras.Input((784,))
h = Dense(512, activation="relu")(pixels)
h = Dense(256, activation="relu")(h)
encoder = keras.Model(pixels, [Dense(latent_dim)(h), Dense(latent_dim)(h)])

z = keras.Input((latent_dim,))
h = Dense(256, activation="relu")(z)
h = Dense(512, activation="relu")(h)
decoder = keras.Model(z, Dense(784)(h))

# %% [markdown]
# The decoder has no sigmoid at its end: its outputs are **logits**, which a sigmoid turns into pixels. The sample is the mean plus
# noise of the right width, $z = \mu + \sigma \varepsilon$, where $\varepsilon$ is sampled from $N(0, 1)$.
#
# The loss has two terms, each a *sum*:
#
# - **reconstruction**: the **binary cross-entropy** $-\sum_j \big[x_j \log \hat{x}_j + (1 - x_j) \log (1 - \hat{x}_j)\big]$ over the 784 pixels $x_j$. It reads the
#   output $\hat{x}_j$ as the probability that pixel $j$ is white, and a grey pixel of 0.3 as white in 30 of 100 cases;
# - **KL**: the price from above, summed over the units.


# %%
def sample(mean, log_var):
    noise = keras.random.normal(ops.shape(mean))
    return mean + ops.exp(log_var / 2) * noise


def kl_divergence(mean, log_var):
    return ops.sum(ops.exp(log_var) + mean**2 - 1 - log_var, axis=-1) / 2


def reconstruction(x, logits):
    return ops.sum(ops.binary_crossentropy(x, logits, from_logits=True), axis=-1)


# %% [markdown]
# Put together: encode, add the price to the loss, sample, decode. `compile` gets the other term, which Keras averages over the batch.


# %%
class VAE(keras.Model):
    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def call(self, x):
        mean, log_var = self.encoder(x)
        self.add_loss(ops.mean(kl_divergence(mean, log_var)))
        return self.decoder(sample(mean, log_var))


# %% [markdown]
# As in notebook 01, the images are input *and* target. Before the training we keep ten outputs, to compare.

# %%
small = VAE()
untrained = ops.sigmoid(small(ten))
small.compile(optimizer="adam", loss=reconstruction)
_ = small.fit(x, x, epochs=course.epochs(3), batch_size=128, verbose=2)
# %%
rows = [ten, untrained, ops.sigmoid(small(ten)), ops.sigmoid(small(ten))]
labels = ["input", "untrained", "trained", "once more"]
plots.show(plots.image_grid(np.array(rows), labels), "04_early")

# %% [markdown]
# *Ten digits, the outputs before and after a few epochs, and the outputs again: another sample of the same clouds.*
#
# **Where this loss comes from.** A good model finds the data likely: $\log p(x)$ should be large, where $p(x)$ is the mean of $p(x \mid z)$ over all
# $z$ of the prior, and $p(x \mid z)$ is the probability that the decoder gives to $x$. Almost every $z$ of the prior explains $x$ badly. So sample from the
# encoder's cloud $q(z \mid x)$ instead, which is called the approximate **posterior**, and correct for it:
#
# $$ \log p(x) = \log\, \mathbb{E}_{z \sim q} \left[ \frac{p(x \mid z)\, p(z)}{q(z \mid x)} \right] \;\ge\; \mathbb{E}_{z \sim q} \big[ \log p(x \mid z) \big] - \mathbb{E}_{z \sim q} \big[ \log q(z \mid x) - \log p(z) \big] $$
#
# $\mathbb{E}_{z \sim q}$ is the mean over samples of $q$, and $p(z)$ is the prior. The step with $\ge$ holds because the logarithm of a mean is at least the mean of the logarithms
# (Jensen's inequality). The first term on the right is minus the reconstruction, the second is the KL. $p(x)$ is also called the evidence, so the right
# side is the **evidence lower bound** (ELBO). Our loss is the negative ELBO: a smaller loss pushes the bound up.

# %% [markdown]
# <details><summary><b>Conclusion</b> (open it after your run)</summary>
#
# **A second head, a sample, and a second term of the loss: that is all.** Two samples of one cloud give two images, often nearly the same. The loss is a
# bound: the true $-\log p(x)$ is at most as large.
#
# </details>

# %% [markdown]
# **Change it.** Leave out the line with `add_loss` and run this section again. What happens to the row "once more", and why?
#
# ## 3. Twenty epochs, and what to compare them with
#
# *10 minutes.* **Question.** The loss ends at some number of nats. Is that good?
#
# The report trained for 20 epochs. `lesson.fitted_vae` trains the same network, with two choices of ours. The **learning rate**, the length of
# a step of gradient descent, falls from 0.002 to 0. And the weight of KL grows from 0 to 1 in the first quarter (**KL warm-up**; section 9 asks what it is worth).
#
# Two lines that no training moves help to read the result. The **mean image** as the answer to every image is a baseline. And the
# reconstruction cannot reach 0: a grey pixel of 0.3 costs $-0.3 \log 0.3 - 0.7 \log 0.7$ nats even if the output is exactly 0.3. The sum of this
# over an image is its **floor**.

# %%
from helpers import scores

mean_image = scores.cross_entropy(x_test, x.mean(axis=0)).mean()
floor = scores.cross_entropy_floor(x_test).mean()
print(f"mean image {mean_image:.1f} nats, floor {floor:.1f} nats")

# %% [markdown]
# **Predict.** How many nats will the loss have on the test images, reconstruction and KL together?

# %%
guess("04.elbo.live", ...)

# %%
from helpers import training

test = training.batches(x_test, batch_size=1000, shuffle=False)
progress = [training.EpochLine(every=5)]
epochs = course.epochs(20)
model, history = lesson.fitted_vae({}, x, epochs=epochs, validation_data=test, callbacks=progress)

# %%
log = history.history
lines = {"mean image": mean_image, "floor": floor}
panels = {"reconstruction": (log, "reconstruction", lines), "KL": (log, "kl", {})}
plots.show(plots.loss_curves(panels, "nats per image"), "04_terms")

# %% [markdown]
# *The two terms by epoch. Left: the reconstruction, between two lines that no training moves. Right: the KL divergence. It is high in the first epochs,
# where the warm-up charges little for it.*

# %% [markdown]
# One run is one seed. So read the stored runs, too: five seeds for each setting. (`val_` means: on the test images.)

# %%
runs = lesson.scored_vae.table()
runs = runs.fillna({"beta": 1.0, "kl_warmup": -1})  # -1: with warm-up
usual = runs[(runs.beta == 1) & (runs.kl_warmup == -1)].groupby("latent_dim")
claim("04.floor", floor)
claim("04.mean_image", mean_image)
claim("04.elbo.live", log["val_loss"][-1])
claim("04.kl.live", log["val_kl"][-1])
claim("04.elbo.latent2", usual.loss.mean()[2])

# %% [markdown]
# <details><summary><b>Conclusion</b> (open it after your run)</summary>
#
# **Two numbers for each image take the cost from 206<!--04.mean_image--> nats to 140<!--04.elbo.live-->; the floor is 46<!--04.floor-->.** Of these,
# 6.8<!--04.kl.live--> are KL. Five stored seeds have a mean of 140<!--04.elbo.latent2-->.
#
# </details>

# %% [markdown]
# **Change it.** `_, short = lesson.fitted_vae({}, x, epochs=5, validation_data=test)`, then compare `short.history["val_loss"][-1]` with `log["val_loss"][-1]`. What do four times as many epochs buy?
#
# ## 4. The map of clouds
#
# *10 minutes.* **Question.** What has the network done with its plane? The report says that 0, 1 and 7 stand apart.
#
# **Predict.** Order the ten digits by the share of images whose five nearest neighbours in the plane name them rightly. Which place will 7 have? First
# place is the largest share.

# %%
guess("04.apart.rank_of_7", ...)

# %%
mean, log_var = model.encode(x_test)
width = np.exp(log_var / 2)
plots.show(lesson.draw_clouds(mean[:2000], width[:2000], mnist.y_test[:2000]), "04_map")

# %% [markdown]
# *2,000 test images as clouds (ellipses of one standard deviation), coloured by digit. Dashed: 95 % of the prior.*

# %%
from sklearn.neighbors import KNeighborsClassifier

train_mean, _ = model.encode(x)
neighbours = KNeighborsClassifier(5).fit(train_mean, mnist.y_train)
right = neighbours.predict(mean) == mnist.y_test
by_digit = pd.Series(right).groupby(mnist.y_test).mean().sort_values(ascending=False)
by_digit.rename("named rightly").to_frame().T.round(2)

# %%
claim("04.neighbours", right.mean())
claim("04.apart.rank_of_7", list(by_digit.index).index(7) + 1)

# %% [markdown]
# <details><summary><b>Conclusion</b> (open it after your run)</summary>
#
# **Most digits have a region, some share one: five neighbours name 79 %<!--04.neighbours--> of the digits.** Your table shows the places of 0 and 1. The report's 7 is number 5<!--04.apart.rank_of_7--> of the
# ten by this measure.
#
# </details>

# %% [markdown]
# **Change it.** Draw the clouds of two digits alone: `pick = np.isin(mnist.y_test, [4, 9])`, then `mean[pick]`, `width[pick]`, `mnist.y_test[pick]`.
#
# ## 5. Which digits blur, and why?
#
# *12 minutes.* **Question.** The report sees that 3 and 8 blur, and says that regions overlap there. Is it so?
#
# A blurred image is grey where the original is black or white. This can be counted: the **greyness** of an image is its floor from section 3, in nats. Black and white alone have
# greyness 0. We count what the reconstruction *adds*.
#
# **Predict.** Order the digits by added greyness. Which place will 8 have? First place is the greyest.

# %%
guess("04.digit.blur_rank_of_8", ...)

# %%
reconstructed = model.decode(mean)
added = scores.cross_entropy_floor(reconstructed) - scores.cross_entropy_floor(x_test)
blur = pd.Series(added).groupby(mnist.y_test).mean().sort_values(ascending=False)
blur.rename("added greyness (nats)").to_frame().T.round(0)

# %% [markdown]
# Now the overlap. For each test image look at the 50 nearest training images in the plane. The overlap is the share that is *not* of the commonest digit among them.

# %%
from sklearn.neighbors import NearestNeighbors

nearest = NearestNeighbors(n_neighbors=50).fit(train_mean).kneighbors(mean, return_distance=False)
nearby = mnist.y_train[nearest]
overlap = np.array([1 - np.bincount(digits).max() / 50 for digits in nearby])

# %%
eights = np.flatnonzero(mnist.y_test == 8)
eights = eights[np.argsort(overlap[eights], kind="stable")]
chosen = np.r_[eights[:5], eights[-5:]]
heads = ["alone", *[""] * 4, "overlap", *[""] * 4]
rows = [x_test[chosen], reconstructed[chosen]]
figure = plots.image_grid(rows, ["input", "output"], heads, column_gaps=[5])
plots.show(figure, "04_overlap")

# %% [markdown]
# *Left: the five eights with the least overlap. Right: the five with the most.*

# %%
from scipy.stats import spearmanr

of_digit = [mnist.y_test == digit for digit in range(10)]
within = [spearmanr(overlap[own], added[own]).statistic for own in of_digit]
claim("04.digit.blur_rank_of_8", list(blur.index).index(8) + 1)
claim("04.digit.blur_rank_of_3", list(blur.index).index(3) + 1)
claim("04.blur.overlap", spearmanr(overlap, added).statistic)
claim("04.blur.overlap_within", np.mean(within))

# %% [markdown]
# <details><summary><b>Conclusion</b> (open it after your run)</summary>
#
# **Blur goes with overlap, but weakly: the rank correlation is 0.36<!--04.blur.overlap-->, and within one digit 0.28<!--04.blur.overlap_within--> on average.** The report's 3 is number
# 3<!--04.digit.blur_rank_of_3--> and its 8 number 4<!--04.digit.blur_rank_of_8--> of ten. A correlation does not show a cause: who writes an 8 in an unusual way may get both.
#
# </details>

# %% [markdown]
# **Change it.** Look at the threes: put 3 in place of 8. Then `print(np.round(within, 2))`: for which digits is there no relation?
#
# ## 6. New digits: coherent and diverse?
#
# *15 minutes.* **Question.** The report calls its samples "coherent and diverse". Are they?
#
# To generate a digit, sample a code from the prior and decode it. Here are twenty.

# %%
codes = np.random.default_rng(0).normal(size=(10_000, 2))
new = model.decode(codes)
plots.show(plots.image_grid(new[:20].reshape(2, 10, 784)), "04_samples")

# %% [markdown]
# *Twenty new images, not chosen: the first twenty samples.*
#
# Words like these need a judge. Ours is a classifier as in notebook 06, trained on real digits. It never saw a generated one. Three numbers:
#
# - **sure**: the probability of the digit that it names, on average. A coherent sample makes it sure;
# - **evenness**: how many equally common digits would be as mixed as the answers; at most 10. (It is $e^H$, where $H$ is the **entropy**
#   $-\sum_k p_k \log p_k$ of the shares $p_k$ of the ten digits.);
# - **copies**: of the first 1,000 samples, those that lie nearer to a training image than 99 % of the test images do. More than 1 % would be a hint of copying.
#
# **Predict.** How sure will the judge be on the samples, on average? Write a number between 0 and 1.

# %%
guess("04.samples.sure", ...)

# %%
judge = lesson.digit_judge()
images = {"samples": new, "test images": x_test}
table = {name: lesson.judged(judge, part, mnist) for name, part in images.items()}
pd.DataFrame(table).T[["sure", "evenness", "copies"]].round(3)

# %%
claim("04.samples.sure", table["samples"]["sure"])
claim("04.samples.evenness", table["samples"]["evenness"])
claim("04.samples.copies", table["samples"]["copies"])

# %% [markdown]
# The whole plane on one page. The codes are not evenly spaced: each image stands for the same share of the samples.

# %%
from scipy.stats import norm

shares = np.arange(0.025, 1, 0.05)
z1, z2 = np.meshgrid(norm.ppf(shares), norm.ppf(shares)[::-1])
plane = model.decode(np.column_stack([z1.ravel(), z2.ravel()])).reshape(20, 20, 784)
figure = plots.latent_plane(plane, (0.025, 0.025), (0.975, 0.975))
figure.axes[0].set(xlabel="share of samples left of it", ylabel="share of samples below it")
plots.show(figure, "04_plane")

# %% [markdown]
# *The plane, decoded: each image stands for 1/400 of the samples. Look for the borders where one digit becomes another.*

# %% [markdown]
# Now move the cross with the two sliders. Here the axes are the code itself, not shares.

# %%
plots.latent_explorer(lambda z: ops.sigmoid(model.decoder(z)), (-3, -3), (3, 3))

# %% [markdown]
# <details><summary><b>Conclusion</b> (open it after your run)</summary>
#
# **Diverse in its digits, but not always coherent: they come as evenly as 9.7<!--04.samples.evenness--> equally common ones, but the judge is only 89 %<!--04.samples.sure--> sure.**
# On the plane, images between two digits are neither. Of 1,000 samples, 0.1 %<!--04.samples.copies--> are nearer to a training image than nearly all test images: no sign of copying.
#
# </details>

# %% [markdown]
# **Change it.** Sample from a wider normal distribution: `lesson.judged(judge, model.decode(2 * codes), mnist)`. Which of the three numbers changes?
#
# ## 7. The weight between the two terms
#
# *15 minutes.* **Question.** The report says that a high KL costs sharpness and a low one costs diversity. Does it?
#
# We read "a high KL" as a high *weight* of the KL. (The KL itself falls when its weight rises.)
#
# Put a weight $\beta$ (beta) before the KL: $\text{loss} = \text{reconstruction} + \beta \cdot \text{KL}$. So far $\beta$ was 1.
#
# **Predict.** With $\beta = 0.1$, will samples be sharper or greyer than with $\beta = 1$? By how many nats of greyness? Negative means sharper.

# %%
guess("04.beta.greyness_low", ...)

# %% [markdown]
# Train two models for five epochs each, to see the direction.

# %%
beta = 0.1
rows, settings = [], {"epochs": course.epochs(5), "callbacks": [training.EpochLine()]}
for weight in (1, beta):
    each, _ = lesson.fitted_vae({"beta": weight}, x, **settings)
    rows.append(each.decode(codes[:10]))
    width_of_all = each.encode(x_test)[0].std(axis=0).round(2)
    print(f"beta {weight}: standard deviation of the means {width_of_all}")

# %%
plots.show(plots.image_grid(rows, ["β = 1", f"β = {beta}"]), "04_one_beta")

# %% [markdown]
# *The same ten codes, decoded by two models that were trained with different weights.*
#
# Stored runs: five weights, five seeds, 20 epochs, 10,000 samples each, judged as in section 6.

# %%
weighted = lesson.judged_vae.table()
plots.show(lesson.draw_by_beta(weighted, table["test images"]), "04_beta")

# %% [markdown]
# *Greyness and evenness of 10,000 samples against the weight β. A dot is a seed, the line joins the means. Dashed: real test images.*

# %%
by_beta = weighted.groupby("beta")[["greyness", "evenness", "sure"]].mean()
change = by_beta - by_beta.loc[1.0]
claim("04.beta.greyness_low", change.greyness[0.1])
claim("04.beta.greyness_high", change.greyness[10.0])
claim("04.beta.evenness_low", change.evenness[0.1])
claim("04.beta.evenness_high", change.evenness[10.0])

# %% [markdown]
# Why does a low weight hurt? Nothing keeps the clouds inside the prior: look at the standard deviations printed above. Samples of the prior then fall on a small, crowded part of them.
#
# Nobody sets $\beta = 784$ on purpose. But whoever *averages* the cross-entropy over the pixels, and sums the KL, has done it: Keras's own
# `binary_crossentropy` averages. The encoder then answers every image with the prior, which is called **posterior collapse**. And a KL that is averaged over 20 units has $\beta = 1/20$. Only the ratio of the two terms counts.
#
# In the table, `loss` is reconstruction + KL, whatever β was trained: the negative ELBO.
#
# A unit is **active** if the variance of its mean over the images is above 0.01: it says something about the image. Other units are **silent**.

# %%
columns = ["reconstruction", "kl", "loss", "active_units"]
by_weight = runs[runs.kl_warmup == -1].groupby(["latent_dim", "beta"])[columns].mean()
by_weight.round(2)

# %%
whole = data.load("mnist", profile="full")  # the images of the stored runs
mean_whole = scores.cross_entropy(whole.x_test, whole.x_train.mean(axis=0)).mean()
claim("04.collapse.over_mean_image", by_weight.reconstruction[2, 784] / mean_whole)
claim("04.averaged20.loss_gain", by_weight.loss[20, 1 / 20] - by_weight.loss[20, 1])

# %% [markdown]
# <details><summary><b>Conclusion</b> (open it after your run)</summary>
#
# **Yes, and a low weight costs sharpness, too: with a tenth of the weight, samples are 15<!--04.beta.greyness_low--> nats *greyer*.** Their evenness changes by
# -1.4<!--04.beta.evenness_low-->. With ten times the weight: 15<!--04.beta.greyness_high--> nats, evenness -0.3<!--04.beta.evenness_high-->. With 784, reconstructions cost 1.00<!--04.collapse.over_mean_image-->
# times the mean image; an averaged KL costs 27<!--04.averaged20.loss_gain--> nats of loss.
#
# </details>

# %% [markdown]
# **Change it.** Set `beta = 10` above, then `beta = 784`: your own posterior collapse in a few seconds. In the [playground](../site/playground/index.html#beta) a slider moves β.
#
# ## 8. Why the noise stands beside the network
#
# *15 minutes.* **Question.** The code is a random number. How can a gradient pass through a random number?
#
# Take one image. How does the cost change if its mean $\mu$ moves? First, sample with NumPy and ask for the gradient.

# %%
import tensorflow as tf

mu, sigma = tf.Variable(mean[:1]), width[:1]
target = x_test[:1]
with tf.GradientTape() as tape:
    z = np.random.default_rng(0).normal(mu.numpy(), sigma).astype("float32")
    cost = reconstruction(target, model.decoder(z))
print("gradient through NumPy:", tape.gradient(cost, mu))

# %% [markdown]
# There is none: `z` is a number that came from outside, and does not mention `mu` any more. Now with Keras, which takes a mean and a standard deviation, too.

# %%
with tf.GradientTape() as tape:
    z = keras.random.normal((1, 2), mean=mu, stddev=sigma, seed=0)
    cost = reconstruction(target, model.decoder(z))
print("gradient through Keras:", np.round(tape.gradient(cost, mu), 2))
same = mu + sigma * keras.random.normal((1, 2), seed=0)
print("difference from mu + sigma * noise:", float(ops.max(ops.abs(z - same))))

# %% [markdown]
# There is one (from one sample: the mean of many comes below). With TensorFlow below, Keras does inside what `sample` does in section 2: it samples noise that depends on nothing, and *computes* $\mu + \sigma \varepsilon$. This is the
# **reparameterisation trick**. The random number stands beside the network, and the chain rule passes through the rest.
#
# There is a way without the trick, the **score function** (also called REINFORCE). The mean of $f(z)\,(z - \mu)/\sigma^2$ over many samples is the right gradient, where $f$ is
# the cost. It needs no derivative of $f$. The mean of the costs may be subtracted from $f$ first, because the mean of $(z - \mu)/\sigma^2$ is 0.
#
# **Predict.** How many times larger is the standard deviation of one sample of the score function than that of one sample of the trick?

# %%
guess("04.gradient.ratio", ...)

# %%
samples = 4000
noise = np.random.default_rng(0).normal(size=(samples, 2)).astype("float32")
many = tf.Variable(np.repeat(mu.numpy(), samples, axis=0))
with tf.GradientTape() as tape:
    cost = reconstruction(np.repeat(target, samples, axis=0), model.decoder(many + sigma * noise))
trick = tape.gradient(cost, many).numpy()
cost = cost.numpy()[:, None]
score = cost * noise / sigma
centred = (cost - cost.mean()) * noise / sigma

# %%
estimates = {"score function": score, "mean subtracted": centred, "trick": trick}
of_unit_1 = {name: each[:, 0] for name, each in estimates.items()}
plots.show(lesson.draw_gradients(of_unit_1), "04_gradient")

# %% [markdown]
# *The same derivative, estimated 40 times by each method. A dot is the mean of 100 samples; the line is the mean of all samples of the trick.*

# %%
scatter = {name: each.std(axis=0) for name, each in estimates.items()}
claim("04.gradient.ratio", np.mean(scatter["score function"] / scatter["trick"]))
claim("04.gradient.ratio_with_baseline", np.mean(scatter["mean subtracted"] / scatter["trick"]))

# %% [markdown]
# <details><summary><b>Conclusion</b> (open it after your run)</summary>
#
# **The sample is computed from μ, σ and noise that depends on nothing, so the gradient passes.** Without the trick, one sample scatters 78<!--04.gradient.ratio--> times as much, and
# still 1.9<!--04.gradient.ratio_with_baseline--> times after the mean is subtracted. Ten times the scatter needs a hundred times as many samples.
#
# </details>

# %% [markdown]
# **Change it.** Take another image in the first cell of this section: `mean[1:2]`, `width[1:2]`, `x_test[1:2]`. Run on. Does the ratio stay?
#
# ## 9. Two numbers or twenty?
#
# *12 minutes.* **Question.** The report calls the size of the code a challenge. What do twenty units buy, and are all of them used?
#
# First the sizes, from five stored seeds each. `mse` is the mean squared error of the reconstruction, `neighbours` the share that five neighbours name rightly.

# %%
columns = ["loss", "reconstruction", "kl", "mse", "active_units", "neighbours"]
usual[columns].mean().round(4)

# %% [markdown]
# Now the use of each unit. The KL of one unit, averaged over the images, says how much it tells. We train twenty units for a few epochs: once with the warm-up of section 3, and once without.
#
# **Predict.** A unit costs KL from the first step on, and the decoder must first learn to read it. By how much does the number of active units change
# without warm-up? Negative means fewer. (Stored runs.)

# %%
guess("04.warmup.active", ...)

# %%
by_unit = {}
for name, setting in {"with warm-up": {}, "without": {"kl_warmup": 0}}.items():
    twenty, _ = lesson.fitted_vae({"latent_dim": 20} | setting, x, **settings)
    mean20, log_var20 = twenty.encode(x_test)
    by_unit[name] = np.mean(np.exp(log_var20) + mean20**2 - 1 - log_var20, axis=0) / 2

# %%
plots.show(lesson.draw_kl_by_unit(by_unit), "04_units")

# %% [markdown]
# *The KL of each of twenty units after a few epochs, largest first. A unit near 0 is silent.*

# %%
with_it = usual.mean(numeric_only=True).loc[20]
without = runs[runs.kl_warmup == 0].mean(numeric_only=True)
claim("04.elbo.latent20", with_it.loss)
claim("04.warmup.active", without.active_units - with_it.active_units)
claim("04.warmup.loss", without.loss - with_it.loss)
claim("04.warmup.mse", without.mse / with_it.mse)

# %% [markdown]
# <details><summary><b>Conclusion</b> (open it after your run)</summary>
#
# **Twenty units lower the loss from 140<!--04.elbo.latent2--> to 99<!--04.elbo.latent20--> nats, and with warm-up they stay active.** Without it the number of active units changes by
# -7.2<!--04.warmup.active-->, the loss by -0.4<!--04.warmup.loss--> nats: by the loss, a silent unit is no fault. The squared error is 1.3<!--04.warmup.mse--> times as large.
#
# </details>

# %% [markdown]
# **Change it.** Train 50 units, `wide, _ = lesson.fitted_vae({"latent_dim": 50}, x, epochs=5)`, and count: `scores.active_units(wide.encode(x_test)[0])`.
#
# ## What the report said, what we found

# %%
course.claims_table()

# %% [markdown]
# - **3 and 8 blur** (section 5): more than most, but they are not the first two. Overlap goes with blur, weakly.
# - **0, 1 and 7 stand apart** (section 4): see your table for 0 and 1; 7 is in the middle of the ten.
# - **The cross-entropy falls, the KL settles** (section 3): so it is here.
# - **The samples are coherent and diverse** (section 6): diverse; on the borders between digits they are not coherent.
# - **A high KL gives less sharp samples, a low one less diversity** (section 7): right, if a high weight is meant. A low weight also gives less sharp samples.
# - **Matching versions of TensorFlow, NumPy and Python** were a challenge: our tests run this notebook on two sets of versions.
# - Outside: a public benchmark of dense VAEs prints 153.8 nats with two units (30 epochs), Keras's convolutional example 150.7 (it saw the test images), the PyTorch example with 20 units 106.7. Networks and training differ: this is no contest.
#
# ## Your turn
#
# **Exercise 1 (write the sampling step).** One sample of each cloud is not enough to see its width. Given the means and log variances of $n$ images and $L$ units, arrays $(n, L)$, return $k$
# samples of each image: an array $(k, n, L)$. Use NumPy.


# %% tags=["exercise"]
def my_samples(mean, log_var, k):
    return None  # an array (k, n, L)


# %%
from helpers import exercises

exercises.check("04.1", my_samples)

# %% [markdown]
# Stuck? Run `exercises.solution("04.1")` to see one solution.
#
# **Exercise 2 (write the loss).** Return one number: the mean over $n$ images, in nats. You get the images $x$ and the outputs $p$ (pixels, not logits), each $(n, 784)$. You also get means
# and log variances, each $(n, L)$, and β. Use NumPy.


# %% tags=["exercise"]
def my_loss(x, p, mean, log_var, beta):
    return None  # a number, in nats


# %%
exercises.check("04.2", my_loss)

# %% [markdown]
# Stuck? Run `exercises.solution("04.2")` to see one solution.
#
# **Exercise 3 (explain).** Three programmers made a mistake each. Which β does each of them train with?
#
# - `a`: colour images of 32 × 32 × 3 values, the cross-entropy averaged over them, KL summed over $L$ = 2 units.
# - `b`: the cross-entropy summed over pixels *and over the 128 images of a batch*, KL summed over units and averaged over the batch.
# - `c`: both averaged (over 784 pixels, over $L$ = 8 units).


# %% tags=["exercise"]
def my_betas():
    return None  # a dict with a, b and c


# %%
exercises.check("04.3", my_betas)

# %% [markdown]
# Stuck? Run `exercises.solution("04.3")` to see one solution.
#
# **Exercise 4 (change one thing).** The bound of section 2 averages logarithms. Take $k$ samples for each image, and the logarithm of the *mean* of the weights
# $w_i = p(x \mid z_i)\, p(z_i) / q(z_i \mid x)$. On average this bound is at least as tight. Given $\log w$, an array $(n, k)$, return the bound of each image:
# $\log \frac{1}{k} \sum_i w_i$. Careful: in the check the values go down to −1,500, and $e^{-1500}$ is 0 for a computer.


# %% tags=["exercise"]
def my_bound(log_weights):
    return None  # an array (n,)


# %%
exercises.check("04.4", my_bound)

# %% [markdown]
# Stuck? Run `exercises.solution("04.4")` to see one solution.
#
# ## Recap
#
# - A VAE encodes an image as a cloud, and pays for what the cloud says: reconstruction + KL, both in nats, is a bound on $-\log p(x)$.
# - $z = \mu + \sigma \varepsilon$ lets the gradient pass. Keras's `random.normal` does the same inside.
# - Sum both terms. An average in one of them is a β that nobody chose.
# - Less KL is not better: samples of the prior must find the clouds.
# - "Blurred", "coherent", "diverse" can be counted. Counting confirmed some of the report's sentences, and not others.
#
# ## References
#
# - D. P. Kingma, M. Welling, "Auto-encoding variational Bayes", *ICLR* 2014.
# - D. J. Rezende, S. Mohamed, D. Wierstra, "Stochastic backpropagation and approximate inference in deep generative models", *ICML* 2014.
# - I. Higgins et al., "beta-VAE: learning basic visual concepts with a constrained variational framework", *ICLR* 2017.
# - Y. Burda, R. Grosse, R. Salakhutdinov, "Importance weighted autoencoders", *ICLR* 2016.
# - S. Bowman et al., "Generating sentences from a continuous space", *CoNLL* 2016; C. Sønderby et al., "Ladder variational autoencoders", *NeurIPS* 2016 (KL warm-up).
# - R. J. Williams, "Simple statistical gradient-following algorithms for connectionist reinforcement learning", *Machine Learning* 8, 1992.
