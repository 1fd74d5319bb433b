# %% [markdown]
# # 04 · Variational autoencoder on MNIST
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/representation-learning-course/notebooks/blob/main/notebooks/04_vae_mnist.ipynb)
#
# **What you will learn**
#
# - what a variational autoencoder (VAE) adds to an autoencoder, and the loss that follows from it;
# - why its noise is drawn "outside" the network (the reparameterisation trick), measured;
# - how to read a two-dimensional latent plane, and how to draw new digits from it;
# - what goes wrong when the two terms of the loss are scaled wrongly, and what posterior collapse looks like.
#
# **What you need to know**: notebook 01 (autoencoder, latent code, baseline) and the normal distribution. "The report" is a second student report, on variational autoencoders for MNIST. A network that is trained
# here, not read from `data/results/`, is called *live*.
#
# **Run time** on two CPU cores: one minute on a quick machine, four on a busy one, offline. README has the minutes of the last full run.

# %%
# Setup: the same cell in every notebook. In Colab it fetches the course; elsewhere it only finds it.
import pathlib
import subprocess
import sys

REPOSITORY = "https://github.com/representation-learning-course/notebooks"
here = pathlib.Path.cwd()
places = [here, *here.parents, here / "course"]
if "google.colab" in sys.modules and not any((place / "helpers" / "course.py").exists() for place in places):
    subprocess.run(["git", "clone", "--quiet", "--depth", "1", REPOSITORY, "course"], check=True)
root = next((place for place in places if (place / "helpers" / "course.py").exists()), None)
if root is None:
    raise FileNotFoundError(f"the folder helpers/ is not here: clone {REPOSITORY} and open this notebook inside it")
sys.path.insert(0, str(root))

from helpers import course, plots
from helpers.course import claim, guess

course.start()
plots.set_style()

# %% [markdown]
# ## 1. A code that is a distribution
#
# **Question.** Decode a random point of an autoencoder's latent space, and you may get no digit at all: nothing told the decoder what
# to do between the codes that it saw. What must change so that *any* likely point decodes to a digit?
#
# A **variational autoencoder** (VAE) encodes an image $x$ not as a point but as a normal distribution. The encoder answers with a **mean** $\mu_j$ and
# a **log variance** $\log \sigma_j^2$ for each of the $L$ latent units; a sample $z$ of that distribution goes into the decoder. Two wishes make the
# loss: $x$ should come back from $z$, and the encoder's distribution should stay close to the one from which new codes will be drawn.
#
# $$ \mathcal{L}(x) = \underbrace{\mathbb{E}_{z \sim q(z \mid x)}\big[-\log p(x \mid z)\big]}_{\text{reconstruction}} \;+\; \underbrace{\mathrm{KL}\big(q(z \mid x) \,\|\, p(z)\big)}_{\text{divergence}} $$
#
# - $q(z \mid x) = N(\mu, \sigma^2)$ is the encoder's distribution, $p(z) = N(0, I)$ the **prior**: the one from which new codes will be drawn (mean 0 and variance 1 in each unit, units independent).
#   $\mathbb{E}_{z \sim q}$ is the mean over draws of $z$ from $q$.
# - $p(x \mid z)$ is the decoder's answer, for each pixel the probability that it is white. Its negative logarithm is the **binary cross-entropy** of the 784 pixels, *summed*. A grey pixel of 0.3 is read as "white with probability 0.3": the
#   cross-entropy is then the average of $-\log p$ over the black-and-white images drawn that way, and all that follows is about that average.
# - KL is the **Kullback-Leibler divergence**, $\mathrm{KL}(q \,\|\, p) = \mathbb{E}_{z \sim q}[\log q(z) - \log p(z)]$: how much $q$ says that the prior does not. It is never negative, and 0 only where $q = p$. For normal distributions it is
#   $\frac{1}{2} \sum_{j=1}^{L} (\sigma_j^2 + \mu_j^2 - 1 - \log \sigma_j^2)$, *summed* over the units.
#
# Both are in **nats** per image (bits with the natural logarithm in place of the one to base 2: 1 nat is 1.44 bits), so that they may be added.
#
# **Where the loss comes from.** We want the data to be likely: a large $\log p(x)$, where $p(x) = \mathbb{E}_{z \sim p(z)}[p(x \mid z)]$. Almost every $z$ of the prior explains $x$ badly, so draw from $q$ instead and
# correct for it: $\log p(x) = \log \mathbb{E}_{z \sim q}\big[p(x \mid z)\, p(z) / q(z \mid x)\big]$. The logarithm of a mean is at least the mean of the logarithms (Jensen's inequality):
#
# $$ \log p(x) \;\ge\; \mathbb{E}_{z \sim q}\big[\log p(x \mid z)\big] - \mathrm{KL}\big(q(z \mid x) \,\|\, p(z)\big) = -\mathcal{L}(x) $$
#
# (In the last step, the logarithm of the product was taken apart: $\log p(x \mid z) - (\log q - \log p(z))$.) Since $p(x)$ is also called the evidence, this is the **evidence lower bound** (ELBO). To make $\mathcal{L}$, the **loss**, small is to push that bound up: the loss is the negative ELBO.
#
# The code. Its decoder has no sigmoid at the end: it answers with **logits** $\log \frac{p}{1 - p}$, from which the cross-entropy is computed more exactly; `decode` applies the sigmoid.

# %%
import keras
import numpy as np
import pandas as pd
import tensorflow as tf

from helpers import data, scores, sweeps, training, vae
from lessons import vae_mnist as lesson

mnist = data.load("mnist")
for part in (vae.kl_divergence, vae.reconstruction_loss, vae.Sampling.call, vae.VariationalAutoencoder.compute_loss):
    course.show_source(part)

# %% [markdown]
# The report's VAE has two latent units and is trained for 20 epochs; the hidden layers (512 and 256 units) are our choice, because the report does not give them. Two more choices are ours: the learning rate falls from 0.002
# to 0 along half a cosine, and the weight of KL grows from 0 to 1 in the first quarter of the training (**KL warm-up**; section 6 asks what that is worth).
#
# **Predict.** Answering every image with the mean image costs some 206 nats per image. How far down do two numbers per image bring it? And can the cost reach 0?

# %%
course.seed(0)
epochs, batches = course.epochs(20), training.batches(mnist.x_train, batch_size=128)
steps = epochs * len(batches)
model = vae.VariationalAutoencoder(latent_dim=2, hidden=(512, 256), kl_warmup=steps // 4, seed=0)
rate = keras.optimizers.schedules.CosineDecay(2e-3, steps)
model.compile(keras.optimizers.Adam(rate), **training.compile_options(xla=True))
history = model.fit(
    batches,
    validation_data=training.batches(mnist.x_test, batch_size=1000, shuffle=False),
    epochs=epochs,
    shuffle=False,
    verbose=0,
    callbacks=[training.EpochLine(every=5)],
)

# %%
mean_image = scores.cross_entropy(mnist.x_test, mnist.x_train.mean(axis=0)).mean()
floor = scores.cross_entropy_floor(mnist.x_test).mean()
lines = {"mean image": mean_image, "floor (output = input)": floor}
panels = {"reconstruction": (history.history, "reconstruction", lines), "KL divergence": (history.history, "kl", {})}
figure = plots.loss_curves(panels, "nats per image")
plots.show(figure, "04_terms")

# %% [markdown]
# *The two terms of the loss by epoch. Left: reconstruction falls between two lines that no training moves. Right: the KL divergence, the price of the code. It is high in the first epochs, where the warm-up charges little for it.*
#
# The floor is not 0: a grey pixel of value 0.3 costs $-0.3 \log 0.3 - 0.7 \log 0.7$ nats even when the answer is exactly 0.3. One seed is an anecdote, so the claim is about five stored runs of the same training.

# %%
test = {name: history.history[f"val_{name}"][-1] for name in ("reconstruction", "kl", "loss")}
gap = test["loss"] - history.history["loss"][-1]
stored_runs = lesson.scored_vae.table()
plain_runs = stored_runs[stored_runs.beta.isna()]  # beta 1, two sizes, with and without warm-up
stored = plain_runs[plain_runs.latent_dim == 2]
claim("04.floor", floor)
claim("04.mean_image", mean_image)
claim("04.elbo.live", test["loss"])
claim("04.kl.live", test["kl"])
claim("04.terms_add_up", test["reconstruction"] + test["kl"] - test["loss"])
claim("04.elbo.latent2", stored.loss.mean())
course.say(
    f"**Conclusion.** Two numbers per image take the cost from {mean_image:.0f} nats to {test['reconstruction']:.1f} of reconstruction plus {test['kl']:.1f} of KL. "
    f"Over {len(stored)} stored seeds the sum is {stored.loss.mean():.1f} ± {stored.loss.std():.1f} (mean ± standard deviation) on the test images. A code of {test['kl']:.2f} nats can tell at most about "
    f"$e^{{{test['kl']:.2f}}}$ ≈ {round(np.exp(test['kl']), -1):.0f} kinds of image apart. Test and training differ by {gap:.1f} nats in the live run."
)

# %% [markdown]
# ## 2. Which digits blur?
#
# **Question.** The report sees that 3 and 8 blur. Is it so, and by how much?
#
# A blurred picture is grey where the original is black or white. **Greyness** can be counted: it is the floor of section 1, the cross-entropy of a picture with itself, 0 for pure black and white.
#
# **Predict** the digit with the best and the one with the worst reconstruction.

# %%
examples = [np.flatnonzero(mnist.y_test == digit)[0] for digit in range(10)]
originals = mnist.x_test[examples]
figure = plots.image_grid([originals, model.reconstruct(originals)], ["original", "reconstructed"], list("0123456789"))
plots.show(figure, "04_reconstructions")

# %% [markdown]
# *The first test image of each digit over its reconstruction from two numbers.*

# %%
reconstructed = model.reconstruct(mnist.x_test)
above_floor = scores.cross_entropy(mnist.x_test, reconstructed) - scores.cross_entropy_floor(mnist.x_test)
ink = mnist.x_test.mean(axis=1)
greyer = scores.cross_entropy_floor(reconstructed) - scores.cross_entropy_floor(mnist.x_test)
by_digit = pd.DataFrame({
    "greyness added (nats)": pd.Series(greyer).groupby(mnist.y_test).mean(),
    "nats above the floor": pd.Series(above_floor).groupby(mnist.y_test).mean(),
    "mean squared error": pd.Series(scores.reconstruction_error(mnist.x_test, reconstructed)).groupby(mnist.y_test).mean(),
    "ink (mean pixel)": pd.Series(ink).groupby(mnist.y_test).mean(),
}).rename_axis("digit")  # fmt: skip
order = by_digit["nats above the floor"].sort_values()
by_digit.round(3).transpose()

# %%
claim("04.digit.best_is_1", int(order.index[0] == 1))
from_worst = list(order.index[::-1])
from_greyest = list(by_digit["greyness added (nats)"].sort_values(ascending=False).index)
with_ink = by_digit.corr("spearman").loc["nats above the floor", "ink (mean pixel)"]
claim("04.digit.blur_rank_of_8", from_greyest.index(8) + 1)
claim("04.digit.blur_rank_of_3", from_greyest.index(3) + 1)
claim("04.digit.ink", with_ink)
course.say(
    f"**Conclusion.** By cost, from worst to best: {', '.join(map(str, from_worst))} ({order.iloc[-1]:.0f} nats above the floor for {order.index[-1]}, {order.iloc[0]:.0f} for {order.index[0]}). By blur, from most to least grey: {', '.join(map(str, from_greyest))}. "
    f"There the report's 8 and 3 are number {from_greyest.index(8) + 1} and number {from_greyest.index(3) + 1}. The two columns nearly agree, and not by accident: where the network answers 0.3 for pixels that are 0.3 on average, the mean cost of its answer is the answer's own greyness. They part where the network is too sure, or not sure enough. And an image with more ink has more to get wrong: over the "
    f"ten digits, cost and ink have a rank correlation of {with_ink:.2f}. One seed."
)

# %% [markdown]
# ## 3. The plane of digits
#
# **Question.** What has the network done with the plane? The report says that 0, 1 and 7 stand apart.
#
# **Predict.** Ten groups must share one plane, and the prior wants them near the origin. Which pairs of digits will overlap?

# %%
means, log_variances = model.encode(mnist.x_test)
figure = lesson.draw_latent_map(means, mnist.y_test, mnist.class_names, radius=2.448)
plots.show(figure, "04_latent_map")

# %% [markdown]
# *The means of 10,000 test images, coloured by digit. Dashed: the circle (radius 2.45) that holds 95 % of the draws from N(0, I).*

# %%
from sklearn.decomposition import PCA
from sklearn.neighbors import KNeighborsClassifier

train_means, _ = model.encode(mnist.x_train)
found = KNeighborsClassifier(5).fit(train_means, mnist.y_train).predict(means)
recall = pd.Series(found == mnist.y_test).groupby(mnist.y_test).mean()
claim("04.neighbours", np.mean(found == mnist.y_test))
claim("04.apart.0_1_7", recall[[0, 1, 7]].min())
ranks = recall.rank(ascending=False).astype(int)
claim("04.apart.rank_of_7", ranks[7])
mixed = pd.crosstab(np.minimum(found, mnist.y_test), np.maximum(found, mnist.y_test)).stack()
mixed = mixed[[a != b for a, b in mixed.index]].sort_values(
    ascending=False
)  # a pair of digits, either taken for the other
(first_pair, second_pair), counts = mixed.index[:2], mixed.iloc[:2]
course.say(
    f"**Conclusion.** Five nearest neighbours in the plane name the right digit for {np.mean(found == mnist.y_test):.0%} of the test images. By digit: "
    f"{', '.join(f'{digit}: {share:.0%}' for digit, share in recall.sort_values(ascending=False).items())}. "
    f"Of the three that the report names, 0, 1 and 7 are number {ranks[0]}, {ranks[1]} and {ranks[7]}. Most often mixed up: {first_pair[0]} with {first_pair[1]} ({counts.iloc[0]} of {len(found):,} images) and {second_pair[0]} with {second_pair[1]} ({counts.iloc[1]}). "
    f"One seed; the {len(stored)} stored ones name {stored.neighbours.mean():.1%} ± {stored.neighbours.std():.1%} of all digits. The order of the digits was not compared across seeds: ranks that are a few per cent apart may change."
)

# %% [markdown]
# **New digits.** If the codes fill the prior, a draw from the prior is a likely code. Do they? The variance of all codes together, means and noise, should be 1 in each unit. Decode 20 draws. **Predict** how many of the 20 you will be able
# to name. Then decode a whole grid. Its points are not evenly spaced: they are the
# 2.5 %, 7.5 %, … 97.5 % quantiles of the prior (the inverse normal cumulative distribution function, $\Phi^{-1}$), so that each picture stands for an equal share of the draws.

# %%
variance = means.var(axis=0) + np.exp(log_variances).mean(axis=0)
claim("04.prior.variance", np.abs(variance - 1).max())
samples = model.generate(20, seed=1)
figure = plots.image_grid(samples.reshape(2, 10, 784), row_labels=["1 to 10", "11 to 20"])
plots.show(figure, "04_samples")

# %% [markdown]
# *Twenty new images: decodings of draws from the prior N(0, I).*

# %%
course.say(
    f"The variances are {variance[0]:.2f} and {variance[1]:.2f} (one seed): the codes together are {'about as wide as' if np.abs(variance - 1).max() < 0.1 else 'a little wider than' if variance.min() > 1 else 'not quite as wide as'} the prior. "
    "A variance of 1 would not yet prove that they fill it: there may be holes, and the grid shows what lies in them."
)

# %%
from scipy.stats import norm

shares = np.arange(0.025, 1, 0.05)
z1, z2 = np.meshgrid(norm.ppf(shares), norm.ppf(shares)[::-1])
plane = model.decode(np.column_stack([z1.ravel(), z2.ravel()])).reshape(20, 20, 784)
figure = plots.latent_plane(plane, (0.025, 0.025), (0.975, 0.975))
figure.axes[0].set(xlabel="share of the prior below unit 1, Φ(z₁)", ylabel="share of the prior below unit 2, Φ(z₂)")
plots.show(figure, "04_plane")

# %% [markdown]
# *The plane, decoded: each picture stands for 1/400 of the draws from the prior. Most neighbours look alike; look for the borders where one digit becomes another.*

# %%
if not course.headless():  # in a live notebook, two sliders move a point through this plane
    plots.latent_explorer(model.decode, (-3, -3), (3, 3))

# %% [markdown]
# **A walk** from one digit to another on the straight line between their means. Is it smooth? We measure how far each of ten equal steps in the plane moves the picture. **Predict** the largest, in per cent of the way that the picture goes
# in all ten (even steps: 10 %).

# %%
walks = [model.interpolate(originals[a], originals[b], steps=11) for a, b in ((1, 0), (7, 2), (9, 6))]
figure = plots.image_grid(walks, row_labels=["1 to 0", "7 to 2", "9 to 6"], column_labels=[str(i) for i in range(11)])
plots.show(figure, "04_walks")

# %% [markdown]
# *Three walks through the plane in equal steps. Look for the step that changes most.*

# %%
steps = [np.linalg.norm(np.diff(walk, axis=0), axis=1) for walk in walks]
jumps = [f"from picture {step.argmax()} to {step.argmax() + 1} ({step.max() / step.sum():.0%})" for step in steps]
largest = max(float(step.max() / step.sum()) for step in steps)
smallest = min(float(step.min() / step.sum()) for step in steps)
claim("04.walk.largest_step", largest)
course.say(
    f"**Conclusion.** Equal steps in the plane are not equal steps for the picture: the largest of the thirty is {largest:.0%} of the whole way of its picture, the smallest {smallest:.1%}. (Even steps would be 10 %, a single jump 100 %.) "
    f"The largest step of each row: {', '.join(jumps)}. Look at its two sides: is a border between two digits there?"
)

# %% [markdown]
# ## 4. Why the noise is drawn outside
#
# **Question.** The code is a random draw. How can a gradient pass through a draw?
#
# We need the gradient of $\mathbb{E}_{z \sim N(\mu, \sigma^2)}[f(z)]$ with respect to $\mu$, where $f$ is the decoder's cross-entropy for one image ($\sigma$ goes the same way). Three ways:
#
# 1. **Draw $z$ and differentiate.** The draw is a number that came from a random generator; $f(z)$ does not mention $\mu$ any more.
# 2. **Score function** (REINFORCE): $\mathbb{E}\big[f(z)\, \nabla_\mu \log q(z)\big] = \mathbb{E}\big[f(z)\,(z - \mu) / \sigma^2\big]$. Right on average, because
#    $\nabla_\mu \int f\, q = \int f\, \nabla_\mu q$ and $\nabla_\mu q = q\, \nabla_\mu \log q$. A constant may be taken off $f$ without changing that average, for example the mean cost of the *other* draws (in this field that is called a
#    baseline, too; it is not a baseline in the sense of notebook 01).
# 3. **Reparameterisation trick**: $z = \mu + \sigma \varepsilon$ with $\varepsilon \sim N(0, I)$. The draw is outside; $z$ is a plain function of $\mu$, and the chain rule does the rest.
#
# **Predict.** How many times as many draws does the score function need for the same precision as the trick? And with the mean taken off?

# %%
image = mnist.x_test[:1]
mu, log_var = (part[:1] for part in (means, log_variances))
sigma, draws = np.exp(log_var / 2), 2000
noise = np.random.default_rng(0).normal(size=(draws, 2)).astype("float32")
repeated_mu = tf.Variable(np.repeat(mu, draws, axis=0))
with tf.GradientTape(persistent=True) as tape:
    z = repeated_mu + sigma * noise
    cost = vae.reconstruction_loss(np.repeat(image, draws, axis=0), model.decoder(z))
    drawn = tf.stop_gradient(z)  # what a random generator hands over: a number
    cost_of_drawn = vae.reconstruction_loss(np.repeat(image, draws, axis=0), model.decoder(drawn))
first = tape.gradient(cost_of_drawn, repeated_mu)
trick = tape.gradient(cost, repeated_mu).numpy()
value = cost.numpy()
others = (value.sum() - value) / (draws - 1)  # the mean cost of the other draws
estimates = {
    "2. score function": value[:, None] * noise / sigma,
    "2. mean taken off": (value - others)[:, None] * noise / sigma,
    "3. trick": trick,
}
print("1. draw, then differentiate:", first)

# %%
table = {}
for name, each in estimates.items():
    rows = {"mean": each.mean(axis=0), "standard error": each.std(axis=0) / draws**0.5, "deviation of one draw": each.std(axis=0)}  # fmt: skip
    table[name] = pd.DataFrame(rows, index=["unit 1", "unit 2"]).T
pd.concat(table, axis=1).round(2)

# %%
import matplotlib.pyplot as plt

figure, axis = plt.subplots(figsize=(9, 4.6))
for (name, each), style in zip(estimates.items(), (":", "--", "-"), strict=True):
    so_far = each[:, 0].cumsum() / np.arange(1, draws + 1)
    axis.plot(np.arange(1, draws + 1), so_far, style, linewidth=2.5, label=name)
centre, width = trick[:, 0].mean(), 4 * trick[:, 0].std()
axis.set(
    xscale="log",
    xlabel="number of draws",
    ylabel="mean derivative so far, unit 1",
    ylim=(centre - width, centre + width),
)
axis.xaxis.set_major_formatter("{x:g}")
axis.legend(loc="upper right", framealpha=1)
plots.show(figure, "04_gradient")

# %% [markdown]
# *The mean of the first draws, for the derivative of unit 1. All lines head for the same number; look which has settled after 10, after 100 and after 2,000 draws.*

# %%
plain, steadied, trick = estimates.values()
ratio, ratio_steadied = (float(np.mean(each.std(axis=0) / trick.std(axis=0))) for each in (plain, steadied))
paired = steadied - trick  # the same draws
apart = np.abs(paired.mean(axis=0)) / (paired.std(axis=0) / draws**0.5)
claim("04.gradient.none", int(first is None))
claim("04.gradient.agree", apart.max())
claim("04.gradient.ratio", ratio)
claim("04.gradient.ratio_with_baseline", ratio_steadied)
course.say(
    f"**Conclusion** (one image, {draws:,} draws). The first way has no gradient. A single draw of the plain score function scatters {ratio:.0f} times as much as the trick's; precision grows with the root of the number of draws, so it needs some "
    f"{round(ratio**2, -2):,.0f} times as many. Most of that is the size of the cost, by which the noise is multiplied: with the mean taken off it scatters {ratio_steadied:.1f} times as much and needs {ratio_steadied**2:.1f} times as many draws; its mean and the trick's differ by at most {apart.max():.1f} standard errors of that difference. "
    "That is with two units. The score function learns one number from a draw, the cost; the trick also knows the slope."
)

# %% [markdown]
# ## 5. When the two terms are scaled wrongly
#
# **Question.** Both terms are sums. What if one is averaged instead?
#
# It is a common mistake: Keras's `binary_crossentropy` averages over pixels, and `mean` instead of `sum` in the KL term averages over the latent units. Only the ratio of the two terms decides where the minimum is, so every such mistake is a
# **weight of the KL term**, which the literature calls $\beta$ ($\beta$-VAE): $\mathcal{L}_\beta = \text{reconstruction} + \beta \cdot \mathrm{KL}$.
#
# - Cross-entropy averaged over 784 pixels, KL summed: as $\beta = 784$.
# - KL averaged over $L$ = 20 units, cross-entropy summed: as $\beta = 1/20$.
# - No KL at all: $\beta = 0$. Ten times too much of it: $\beta = 10$.
#
# **Predict** for each: what do the reconstructions look like, and what do new images look like? A unit is **active** if the variance of its mean over the images is above 0.01, that is, if it says something about the image; a unit
# that does not is **silent**: its distribution has collapsed to the prior.
#
# The columns of the table: `reconstruction` decodes a sample of the code, `cross_entropy` its mean; `loss` is reconstruction + KL, whatever β it was trained with; `neighbours` is the share of test digits that the five nearest codes name.

# %%
wrong = stored_runs[stored_runs.kl_warmup.isna()]  # all with warm-up
wrong = wrong.fillna({"beta": 1.0}).sort_values(["latent_dim", "beta", "seed"])
wrong["what"] = [f"L = {row.latent_dim}, β = {row.beta:g}" for row in wrong.itertuples()]
shown = wrong[~((wrong.latent_dim == 20) & (wrong.beta == 1))]  # section 6 shows that one
columns = ["reconstruction", "cross_entropy", "kl", "loss", "active_units", "neighbours"]
shown.groupby("what", sort=False)[columns].agg(["mean", "std"]).round(2)

# %%
whole = data.load("mnist", profile="full")  # the images of the stored runs, in any profile
mean_whole = scores.cross_entropy(whole.x_test, whole.x_train.mean(axis=0)).mean()
rows = [
    np.concatenate([sweeps.as_pictures(row[kind])[:5] for kind in ("reconstructed", "drawn")])
    for _, row in shown[shown.seed == 0].iterrows()
]
ten = whole.x_test[:10]
heads = ["reconstructed", *[""] * 4, "drawn", *[""] * 4]
grid = [[*ten[:5], *[None] * 5], *rows]
figure = plots.image_grid(grid, ["original", *shown.what.unique()], heads, size=0.95, label_row=1)
plots.show(figure, "04_weights")

# %% [markdown]
# *Five reconstructions and five draws from the prior for each weight of the KL term (seed 0).*

# %%
two, twenty = (wrong[wrong.latent_dim == size].groupby("beta")[columns].mean() for size in (2, 20))
claim("04.collapse.kl", two.kl[784.0])
claim("04.collapse.active", wrong[wrong.beta == 784].active_units.max())
claim("04.collapse.over_mean_image", two.reconstruction[784.0] / mean_whole)
claim("04.beta0.kl", two.kl[0.0])
claim("04.beta10.reconstruction", two.reconstruction[10.0] - two.reconstruction[1.0])
claim("04.averaged20.loss_gain", twenty.loss[0.05] - twenty.loss[1.0])
course.say(
    f"**Conclusion** (means of {wrong.seed.nunique()} seeds). With β = 784 the KL is {two.kl[784.0]:.3f} nats and {two.active_units[784.0]:.0f} units are active, from every seed: the noise drowns the code, and the decoder answers every code with the mean image. (Without the noise, five neighbours of the means still name {two.neighbours[784.0]:.0%} of the digits; always answering 1 names 11 %.) This is **posterior "
    f"collapse**: the encoder's distribution (the approximate posterior) has become the prior. With β = 10 the KL shrinks to {two.kl[10.0]:.1f} nats, and the reconstruction costs {two.reconstruction[10.0] - two.reconstruction[1.0]:.0f} nats more. "
    f"With β = 0 the reconstruction is {two.reconstruction[0.0]:.1f}, only {two.reconstruction[1.0] - two.reconstruction[0.0]:.1f} nats less than with β = 1, and the KL {two.kl[0.0]:.0f}: nothing charges for codes far out or for variances near 0. A sample and the mean "
    f"decode equally well ({two.reconstruction[0.0]:.2f} and {two.cross_entropy[0.0]:.2f}): the noise is gone, and what is left is an autoencoder. Its draws may look like digits, but the prior covers only a small part of where its codes lie, and five draws cannot show what is missing. KL averaged over 20 units gives a reconstruction "
    f"{twenty.reconstruction[1.0] - twenty.reconstruction[0.05]:.0f} nats better than at β = 1 and a loss that is {twenty.loss[0.05] - twenty.loss[1.0]:.0f} nats higher."
)

# %% [markdown]
# ## 6. Two numbers or twenty?
#
# **Question.** The report names the latent dimension as a challenge. What does $L$ = 20 buy?
#
# **Predict.** Will the KL be ten times that of $L$ = 2? Will all twenty units be used? Which of the two draws better new digits? (Columns as in section 5; `mse` is the mean squared error of the mean's reconstruction. Its baseline is PCA with as many components, as in notebook 01.)

# %%
sizes = plain_runs[plain_runs.kl_warmup.isna()]
columns = ["reconstruction", "kl", "loss", "cross_entropy", "mse", "active_units", "neighbours"]
sizes.groupby("latent_dim")[columns].agg(["mean", "std"]).T.unstack().round(4)

# %%
drawn = sizes[sizes.seed == 0].set_index("latent_dim")
pictures = [sweeps.as_pictures(drawn[kind][size]) for size in (2, 20) for kind in ("reconstructed", "drawn")]
labels = ["L = 2\nreconstructed", "drawn", "L = 20\nreconstructed", "drawn"]
figure = plots.image_grid([ten, *pictures], row_labels=["original", *labels])
plots.show(figure, "04_sizes")

# %% [markdown]
# *Ten test images, and draws from the prior, with 2 and with 20 latent units (seed 0).*

# %%
by_size = sizes.groupby("latent_dim")
loss, kl = by_size.loss.agg(["mean", "std"]), by_size.kl.mean()
active = by_size.active_units.agg(["min", "max"])
principal = PCA(20, svd_solver="covariance_eigh").fit(whole.x_train)
pca = {size: scores.reconstruction_error(whole.x_test, scores.pca_reconstruction(principal, whole.x_test, size)).mean() for size in (2, 20)}  # fmt: skip
over_pca = by_size.mse.mean() / pd.Series(pca)
claim("04.mse.latent2_over_pca", over_pca[2])
claim("04.mse.latent20_over_pca", over_pca[20])
claim("04.elbo.latent20", loss["mean"][20])
claim("04.kl.latent20", kl[20])
claim("04.active.latent20", active["min"][20])
claim("04.neighbours.latent20", by_size.neighbours.mean()[20])
course.say(
    f"**Conclusion** ({len(stored)} seeds each). With 20 units the loss falls from {loss['mean'][2]:.1f} ± {loss['std'][2]:.1f} to {loss['mean'][20]:.1f} ± {loss['std'][20]:.1f} nats; KL is {kl[20]:.1f} instead of {kl[2]:.1f} nats, "
    f"{kl[20] / kl[2]:.1f} times as much. On average {by_size.active_units.mean()[20]:.0f} of the 20 units are active. The squared error is {over_pca[2]:.0%} of PCA's with 2 numbers, {over_pca[20]:.0%} with 20. Nearest neighbours find {by_size.neighbours.mean()[20]:.1%} of the digits "
    f"(L = 2: {by_size.neighbours.mean()[2]:.1%}). Look at the drawn rows before you decide which model *generates* better: the loss does not measure that. Notebook 05 does, for Fashion-MNIST; there, 20 units draw nearer to real images than two."
)

# %% [markdown]
# **Silent units.** A unit costs KL from the first step on, and the decoder cannot use it before it has learned to read it. So in the beginning, the cheapest thing that a unit can say is nothing. The **warm-up** of section 1 makes
# the code free at first. **Predict.** Without it, how many of the 20 units stay active? And which of the two models has the lower loss?

# %%
without = plain_runs[plain_runs.kl_warmup == 0]
warm = pd.concat(
    [sizes[sizes.latent_dim == 20].assign(**{"warm-up": "with KL warm-up"}), without.assign(**{"warm-up": "without"})]
)
figure = plots.runs_scatter(
    warm,
    {"active_units": ("active units of 20", "linear"), "kl": ("KL (nats)", "linear")},
    hue=("warm-up", ""),
    y=("loss", "test loss (nats)"),
)  # fmt: skip
figure.axes[0].set_ylim(97, 102)
plots.show(figure, "04_silent_units")

# %% [markdown]
# *L = 20 with and without KL warm-up, five seeds each. Lower is better. The vertical axis spans five nats.*

# %%
terms = ["loss", "kl", "reconstruction", "active_units"]
change = without[terms].mean() - by_size[terms].mean().loc[20]
squared = {"with": by_size.mse.mean()[20], "without": without.mse.mean()}
error = ((without.loss.var() + by_size.loss.var()[20]) / len(without)) ** 0.5
claim("04.warmup.loss", change.loss)
claim("04.warmup.kl", change.kl)
claim("04.warmup.active", change.active_units)
claim("04.warmup.mse", squared["without"] / squared["with"])
course.say(
    f"**Conclusion** ({len(without)} seeds each). Without warm-up {without.active_units.min():.0f} to {without.active_units.max():.0f} units are active, with it {by_size.active_units.mean()[20]:.0f}; the KL changes by {change.kl:+.1f} nats, the reconstruction by "
    f"{change.reconstruction:+.1f}, and their sum by {change.loss:+.2f} ± {error:.2f} (standard error). By the loss, what the further units tell costs {'more than it saves' if change.loss < -2 * error else 'about what it saves'}: a silent unit is not a fault, and the number of active units is not a score. "
    f"By another score it is not: from the mean code, the squared error is {squared['with']:.4f} with warm-up and {squared['without']:.4f} without, and five neighbours name {by_size.neighbours.mean()[20]:.1%} and {without.neighbours.mean():.1%}. Which training is better depends on what the code is for."
)

# %% [markdown]
# ## What the report said, what we found

# %%
course.claims_table()

# %% [markdown]
# - "Both losses stable": yes, and section 5 shows what the balance of the two decides.
# - "3 and 8 blur" and "0, 1 and 7 stand apart": sections 2 and 3 give the rank of each digit, from one seed. Other digits are greyer, and 7 is not always among the first three.
# - The report names matching versions of TensorFlow, NumPy and Python as a challenge: `requirements.txt` asks for lower bounds only, and a layer class of our own (`vae.Sampling`, with its own seed generator) replaces the Lambda layer of older VAE code, so that a saved model can be loaded safely.
# - Outside: a public run of a dense two-unit VAE (30 epochs) prints 153.8 nats, Keras's convolutional example 150.7 (its training saw the test images), the PyTorch example with 20 units 106.7. Hidden layers and training differ, so these numbers show the order of size and are no contest.
#
# ## Your turn
#
# **Exercise 1 (explain).** Three programmers made a mistake each. Which β does each of them train
# with? Write the three numbers.
#
# - `a`: colour images of 32 × 32 × 3 values, the cross-entropy averaged over them, KL summed over
#   $L$ = 2 units.
# - `b`: the cross-entropy summed over pixels *and over the 128 images of a batch*, KL summed over
#   units and averaged over the batch.
# - `c`: both averaged (over 784 pixels, over $L$ = 8 units).


# %% tags=["exercise"]
def my_betas():
    return None  # a dict with a, b and c


# %%
from helpers import exercises

exercises.check("04.1", my_betas)

# %% [markdown]
# Stuck? Run `exercises.solution("04.1")` to see one solution.
#
# **Exercise 2 (decide).** Which latent units say something? Given the means and log variances $(n,
# L)$ of many images, return the KL divergence of each unit, averaged over the images: an array
# $(L,)$ whose sum is the KL of the model. A silent unit has (nearly) 0. Predict for the two units
# of the model above: equal, or not? Then run `my_kl_by_unit(means, log_variances)`.


# %% tags=["exercise"]
def my_kl_by_unit(mean, log_var):
    return None  # an array (L,)


# %%
exercises.check("04.2", my_kl_by_unit)

# %% [markdown]
# Stuck? Run `exercises.solution("04.2")` to see one solution.
#
# **Exercise 3 (change one thing).** The bound of section 1 averages logarithms. Draw $k$ codes for
# each image instead of one, and take the logarithm of the *mean* of the weights $w_i = p(x \mid
# z_i)\, p(z_i) / q(z_i \mid x)$. This bound is at least as tight (importance-weighted). Given $\log
# w$, an array $(n, k)$, return the bound of each image: $\log \frac{1}{k} \sum_i w_i$. Careful: in
# the check the values are around −800, and $e^{-800}$ is 0 for a computer.


# %% tags=["exercise"]
def my_bound(log_weights):
    return None  # an array (n,)


# %%
exercises.check("04.3", my_bound)

# %% [markdown]
# Stuck? Run `exercises.solution("04.3")` to see one solution.
#
# **Exercise 4 (open).** Section 6 compares 20 units with and without warm-up. Do the same with two
# units and β = 10: `model, history = lesson.fitted_vae({"beta": 10.0, "kl_warmup": 0},
# mnist.x_train, epochs=5)`, and once more without `"kl_warmup": 0` (then the warm-up is on).
# Compare the last values of `history.history["reconstruction"]` and `["kl"]`. Then β = 784. Each
# training is a quarter of the one of section 1.
#
# ## Recap
#
# - A VAE encodes an image as a distribution, and pays for what the code says: reconstruction + KL, both in nats, is a bound on $-\log p(x)$.
# - The trick $z = \mu + \sigma \varepsilon$ lets a gradient through the draw. Without it there is none, or one that scatters more.
# - Sum both terms. Averaging one of them is a β that nobody chose; a large one ends in posterior collapse.
# - The loss does not measure new images: in notebook 05 some models with a higher loss draw nearer to real ones. And more active units need not mean a lower loss.
#
# ## References
#
# - D. P. Kingma, M. Welling, "Auto-encoding variational Bayes", *ICLR* 2014.
# - D. J. Rezende, S. Mohamed, D. Wierstra, "Stochastic backpropagation and approximate inference in deep generative models", *ICML* 2014.
# - I. Higgins et al., "beta-VAE: learning basic visual concepts with a constrained variational framework", *ICLR* 2017.
# - Y. Burda, R. Grosse, R. Salakhutdinov, "Importance weighted autoencoders", *ICLR* 2016.
# - S. Bowman et al., "Generating sentences from a continuous space", *CoNLL* 2016; C. Sønderby et al., "Ladder variational autoencoders", *NeurIPS* 2016 (KL warm-up).
# - R. J. Williams, "Simple statistical gradient-following algorithms for connectionist reinforcement learning", *Machine Learning* 8, 1992.
