# %% [markdown]
# # 06 · Ten classes or two? A dense classifier and its binarisation
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/representation-learning-course/notebooks/blob/main/notebooks/06_mlp_classifier_binarization.ipynb)
#
# **What you will learn**
#
# - what a dense classifier is, and how to train one that stops in time;
# - how sure one can be of an accuracy, and of a difference between two;
# - three ways from ten classes to a yes or no, and a test of whether they differ at all;
# - what a network's probabilities are worth, and what a saliency map shows.
#
# **What you need to know**: what a dense layer, a ReLU, a loss and a derivative are. No other notebook is needed. [GLOSSARY.md](../GLOSSARY.md) explains
# every term, with the Portuguese word. "The report" is [report 4](../REPORTS.md): a student report on classifying small images.
#
# **Run time** on two CPU cores: one to three minutes, offline.

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
# ## 1. A network that names garments
#
# *12 minutes.* **Question.** What is a dense classifier, and which of its numbers does training change?
#
# Fashion-MNIST holds 60,000 training and 10,000 test images of ten kinds of garments: 28 × 28 = 784 pixels each, from 0 (black) to 1 (white).

# %%
import numpy as np

from helpers import data

fashion = data.load("fashion_mnist")
names, x_test, y_test = fashion.class_names, fashion.x_test, fashion.y_test
ten = np.array([x_test[y_test == number][0] for number in range(10)])
plots.show(plots.image_grid([ten], column_labels=names), "06_classes")

# %% [markdown]
# *One test image of each of the ten classes.*
#
# The report's network has one hidden layer between the 784 pixels and ten outputs.

# %%
layers = {"$x$": (0, 0, 784), "hidden": (1.5, 0, 128), "logits": (3, 0, 10), "$p$": (4.5, 0, 10)}
plots.show(plots.network(layers, image=ten[9]), "06_network")

# %% [markdown]
# *From an image $x$ to ten probabilities $p$. The numbers count units.*
#
# - The **hidden layer** has 128 units. **ReLU** keeps positive numbers and makes negative ones 0.
# - **Dropout** sets each hidden unit to 0 with probability 0.2, anew in every training step. No unit may rely on another.
# - The outputs $z_1, \dots, z_{10}$ are called **logits**: one number for each class.
# - **Softmax** turns them into probabilities that add up to 1: $p_k = e^{z_k} / \sum_j e^{z_j}$.
#
# The class with the highest probability is the network's answer. In Keras this is one line for each layer.

# %%
import keras
from keras.layers import Dense, Dropout, Softmax

course.seed(0)
pixels = keras.Input((784,))
h = Dense(128, activation="relu")(pixels)
h = Dropout(0.2)(h)
z = Dense(10)(h)
p = Softmax()(z)
network = keras.Model(pixels, p)

# %% [markdown]
# **Predict.** A dense layer has (inputs + 1) × units **parameters**, the numbers that training changes. How many has this network? The report's summary
# lists 203,542 more, as non-trainable parameters. Where could they come from?

# %%
guess("06.params.multi", ...)

# %%
adam = keras.optimizers.Adam(learning_rate=0.001)
adam.build(network.trainable_variables)
claim("06.params.multi", network.count_params())
claim("06.params.optimizer", sum(np.prod(kept.shape) for kept in adam.variables))

# %% [markdown]
# Training makes a loss small, the **cross-entropy**: $-\log p_y$, where $p_y$ is the probability of the true class. With the natural logarithm it is counted in
# **nats**. An **epoch** is one pass over the training images, in **batches** of 64. After each batch **Adam**, a kind of gradient descent, changes the
# parameters a little.
#
# As in the report, 10,000 of the 60,000 images are set aside for section 2.

# %%
sixth = len(fashion.x_train) // 6
x, x_validation, y, y_validation = data.split(fashion.x_train, fashion.y_train, size=sixth)
network.compile(adam, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
untrained = network.predict(ten, verbose=0)
_ = network.fit(x, y, epochs=course.epochs(2), batch_size=64, verbose=0)
print(f"largest probability before training: {untrained.max():.2f}")

# %%
trained = network.predict(ten, verbose=0)
labels = [f"{names[row.argmax()]}\n{row.max():.2f}" for row in trained]
plots.show(plots.image_grid([ten], column_labels=labels), "06_early")

# %% [markdown]
# *The same ten images after two epochs: the network's answer, and the probability that it gives to it.*

# %% [markdown]
# <details><summary><b>Conclusion</b> (open it after your run)</summary>
#
# **Dense layers from 784 pixels to ten probabilities; training changes their 101,770<!--06.params.multi--> parameters.** The other 203,542<!--06.params.optimizer--> numbers
# belong to the optimizer. Adam keeps two running means (its *moments*) for each parameter, and two numbers of its own. Answering needs none of them.
#
# </details>

# %% [markdown]
# **Change it.** Set 16 in place of 128 units and run the section again. Which answers change?
#
# ## 2. When to stop
#
# *10 minutes.* **Question.** How long should the network be trained, and how good is it then?
#
# A network can learn its training images by heart. Then the training loss falls on, and the loss on other images rises. So the 10,000 **validation images** are never
# trained on. When their loss has not improved for five epochs, training ends, and the weights of the best epoch are kept. This is **early stopping**, the report's
# recipe, with at most 50 epochs. `lesson.fit_classifier` compiles and fits as above, stops in time, and is quicker.
#
# **Predict.** Which share of the test images will it name rightly?

# %%
guess("06.acc.live_multi", ...)

# %%
from helpers import networks, training
from lessons import classifier as lesson

course.seed(0)
network = networks.classifier()  # the layers of section 1
validation = (x_validation, y_validation)
fifty = {"epochs": course.epochs(50), "callbacks": [training.EpochLine(every=5)]}
history = lesson.fit_classifier(network, x, y, *validation, **fifty)

# %%
plots.show(lesson.draw_curves(history), "06_curves")

# %% [markdown]
# *Loss and accuracy by epoch. The star is the epoch whose weights are kept. Training values are taken during the epoch and with dropout, so at first they can be
# the worse ones.*

# %%
logits = lesson.logits_of(network, x_test)
answers = logits.argmax(axis=1)
right = answers == y_test
claim("06.acc.live_multi", right.mean())

# %% [markdown]
# <details><summary><b>Conclusion</b> (open it after your run)</summary>
#
# **Until the validation loss stops falling: then it names 0.887<!--06.acc.live_multi--> of the test images rightly.** The report has 0.88<!--06.acc.live_multi:report-->.
# Past the star the training loss still falls: what is learned there helps with the training images alone.
#
# </details>

# %% [markdown]
# **Change it.** Train without dropout: `networks.classifier(dropout=0.0)`. Where is the star now, and how far apart do the curves end?
#
# ## 3. How sure is that number?
#
# *12 minutes.* **Question.** The report prints 0.88; your network's number stands above. Is one of the two better?
#
# An accuracy is the mean of 10,000 ones and zeros, right and wrong. Other test images would give another mean. We have no others, but we can draw 10,000 from those that
# we have, *with* replacement: some come twice, some not at all. This is the **bootstrap**. The standard deviation of the accuracies of many draws is the **standard error**.
#
# **Predict.** How large is the standard error of this accuracy?

# %%
guess("06.acc.standard_error", ...)

# %%
rng = np.random.default_rng(0)
redrawn = [rng.choice(right, len(right)).mean() for _ in range(1000)]

# %% [markdown]
# That is one network. Another **seed** gives another one: it fixes the split, the starting weights and the order of the batches. Five seeds are stored in
# `data/results/`, all tested on the same images.

# %%
runs = lesson.ten_and_two.table()
figure = lesson.draw_spread(redrawn, runs.acc_multi, reported=0.88)
plots.show(figure, "06_spread")

# %% [markdown]
# *Above: the accuracy of the network above on 1,000 draws of test images. Below: five seeds on the same test images. Hollow: the report, with all
# values that round to its two digits.*

# %%
claim("06.acc.standard_error", np.std(redrawn))
claim("06.acc.seeds", runs.acc_multi.std())
claim("06.acc.multi", runs.acc_multi.mean())

# %% [markdown]
# <details><summary><b>Conclusion</b> (open it after your run)</summary>
#
# **That cannot be said: other test images move the number by about 0.0032<!--06.acc.standard_error-->, other seeds by 0.0019<!--06.acc.seeds-->.** The mean of five seeds is
# 0.8860<!--06.acc.multi-->, and the report's 0.88<!--06.acc.multi:report--> is rounded: it is reached. A comparison needs more than two such numbers; section 7 shows what.
#
# </details>

# %% [markdown]
# **Change it.** Draw 1,000 images instead of all: `rng.choice(right, 1000)`. By which factor does the standard error grow?
#
# ## 4. What is taken for what?
#
# *12 minutes.* **Question.** Are the mistakes spread over all pairs of classes, or are they among a few?
#
# In a **confusion matrix**, row $i$ and column $j$ hold the number of images of class $i$ that were answered with class $j$. The right answers stand on the diagonal.
#
# **Predict.** Five classes cover the upper body: T-shirt/top, Pullover, Dress, Coat, Shirt. They make 20 of the 90 pairs. Which share of all mistakes is among them?

# %%
guess("06.errors.upper_body", ...)

# %%
from sklearn.metrics import confusion_matrix

matrix = confusion_matrix(y_test, answers, labels=range(10))
plots.show(lesson.draw_confusions(matrix, names), "06_confusions")

# %% [markdown]
# *Test images by true class (row) and answer (column). Mistakes are coloured, no number means 0. The lines part clothing from footwear and bags; section 5 needs them.*
#
# **Precision** is the share of right answers among the images that *got* a label, **recall** the share among those that *have* it. **F1** is their harmonic mean.

# %%
import pandas as pd

hits = np.diag(matrix)
precision, recall = hits / matrix.sum(axis=0), hits / matrix.sum(axis=1)
f1 = 2 * precision * recall / (precision + recall)
table = pd.DataFrame({"precision": precision, "recall": recall, "F1": f1}, index=names)
table["F1, five seeds"] = runs[[f"f1_{number}" for number in range(10)]].mean().to_numpy()
table["F1, report"] = [0.82, 0.98, 0.78, 0.88, 0.79, 0.97, 0.69, 0.94, 0.96, 0.96]
table.round(3)

# %%
upper = [0, 2, 3, 4, 6]
mistakes = matrix - np.diag(hits)
difference = table["F1, five seeds"] - table["F1, report"]
claim("06.errors.upper_body", mistakes[upper][:, upper].sum() / mistakes.sum())
claim("06.f1.shirt", table.loc["Shirt", "F1, five seeds"])
claim("06.f1.close_to_report", sum(abs(difference) <= 0.02))

# %% [markdown]
# <details><summary><b>Conclusion</b> (open it after your run)</summary>
#
# **They are among a few: 80 %<!--06.errors.upper_body--> of the mistakes mix up garments of the upper body.** Shirts are hardest, with F1 of 0.693<!--06.f1.shirt--> (report:
# 0.69<!--06.f1.shirt:report-->). For 9<!--06.f1.close_to_report--> of the ten classes, the report's F1 and ours differ by two hundredths or less.
#
# </details>

# %% [markdown]
# **Change it.** Look at shirts that are taken for T-shirts: `plots.image_grid([x_test[(y_test == 6) & (answers == 0)][:8]]);`. Could you tell?
#
# ## 5. Three ways to two classes
#
# *15 minutes.* **Question.** Is it clothing? How can this one question be answered?
#
# The report's second task has two groups: clothing, and footwear or bags (Sandal, Sneaker, Bag, Ankle boot). Turning ten classes into two is called **binarisation**.

# %%
plots.show(lesson.draw_ways(ten[9]), "06_ways")

# %% [markdown]
# *Above: the network of ten classes, read in two ways. Below: a network that was trained for the one question.*
#
# - **Arg-max**: take the likeliest class, and look up its group.
# - **Sum**: add up the probabilities of the six classes of clothing. Is the sum at least one half?
# - **Direct**: train a network with one output, the logit $z$ of clothing. The **sigmoid** $p = 1 / (1 + e^{-z})$ makes it a probability. Is it at least one half?
#
# **Predict.** Which share of the test images will the direct network get right?

# %%
guess("06.acc.live_binary", ...)

# %%
clothing = 1 - np.isin(names, ["Sandal", "Sneaker", "Bag", "Ankle boot"])  # a 0 or 1 by class
truth = clothing[y_test]
course.seed(0)
direct = networks.classifier(2)
two = (clothing[y], x_validation, clothing[y_validation])
_ = lesson.fit_classifier(direct, x, *two, **fifty)

# %%
from scipy.special import expit, softmax

scores = {"direct": expit(lesson.logits_of(direct, x_test)[:, 0])}
scores["sum"] = softmax(logits, axis=1) @ clothing
ways = {name: (score >= 0.5).astype(int) for name, score in scores.items()}
ways["arg-max"] = clothing[answers]

# %% [markdown]
# Clothing is called **positive**, all else negative. True positives (**TP**) and true negatives (**TN**) are right. False negatives (**FN**) are clothing called footwear or bag,
# false positives (**FP**) the other way round. For arg-max, each count is the sum of a *block* of the confusion matrix in section 4. So the report found them.


# %%
def blocks(matrix, group):
    yes, no = group == 1, group == 0
    tn, fp = matrix[no][:, no].sum(), matrix[no][:, yes].sum()
    fn, tp = matrix[yes][:, no].sum(), matrix[yes][:, yes].sum()
    return np.array([[tn, fp], [fn, tp]])


# %% [markdown]
# Summing blocks must give the same as grouping first and counting then. Below stand the report's sums, class by class.

# %%
same = np.array_equal(blocks(matrix, clothing), confusion_matrix(truth, ways["arg-max"]))
fn, fp = 19 + 5 + 6 + 10 + 3 + 12, 1 + 1 + 1 + 2 + 5 + 3 + 2 + 1 + 1
report = fn, fp, 4000 - fp, 6000 - fn
claim("06.blocks_equal", same and report == (55, 17, 3983, 5945))

# %%
wrong = {way: confusion_matrix(truth, answer)[[1, 0], [0, 1]] for way, answer in ways.items()}
wrong |= {"report, arg-max": (fn, fp), "report, direct": (35, 19)}
table = pd.DataFrame(wrong, index=["FN", "FP"]).T
table.assign(errors=table.sum(axis=1))

# %%
claim("06.params.binary", direct.count_params())
claim("06.acc.live_binary", np.mean(ways["direct"] == truth))
print("arg-max and sum differ in", np.sum(ways["arg-max"] != ways["sum"]), "images")

# %% [markdown]
# (The report prints FN and FP; the sums in its rows are computed.) Arg-max and sum differ only where no class has half of the probability, and the likeliest class is in the weaker group.

# %% [markdown]
# <details><summary><b>Conclusion</b> (open it after your run)</summary>
#
# **By the likeliest of ten classes, by a sum of probabilities, or by a network of its own.** That network has 100,609<!--06.params.binary--> parameters, nearly all in the hidden
# layer, and 0.9955<!--06.acc.live_binary--> of the test images right (the report prints 0.99<!--06.acc.live_binary:report-->). The blocks of the matrix give what counting gives.
#
# </details>

# %% [markdown]
# **Change it.** Bags to the clothing: leave `"Bag"` out of the list and run the section again. Which question is harder?
#
# ## 6. Which way is better?
#
# *10 minutes.* **Question.** The report's counts give 54 errors directly and 72 by arg-max (computed). Is the direct way better?
#
# It calls the two nearly identical, the direct one slightly ahead in F1. One run of each way always gives a ranking. Do other seeds give the same one?
#
# **Predict.** How many errors among 10,000 does the direct way save against arg-max, on average over five seeds? The report's counts give 18 (computed).

# %%
guess("06.mcnemar.gain", ...)

# %%
columns = {"direct": "acc_binary", "arg-max": "acc_argmax", "sum": "acc_sum"}
errors = 10_000 * (1 - runs[list(columns.values())].set_axis(list(columns), axis=1))
errors.round().astype(int).rename_axis("seed")

# %%
long = errors.melt(var_name="method", value_name="errors")
counts = {"report, direct (computed)": 54, "report, arg-max (computed)": 72}
axis = {"xlim": (0, 80), "form": "{:.1f}"}
figure = plots.scoreboard(long, "errors", "errors among 10,000 test images", counts, **axis)
plots.show(figure, "06_seeds")

# %% [markdown]
# *Errors of five seeds (dots) and their mean (bar). Dashed: one run each, computed from the report's counts.*
#
# Each seed gives one difference. From five of them the **95 % interval** of their mean is mean ± 2.8 · sd / √5, where sd is their standard deviation. (2.8 comes from
# Student's t distribution, for five values.) If 0 lies inside, the five seeds do not decide.

# %%
saved = errors["arg-max"] - errors["direct"]
reach = 2.8 * saved.std() / np.sqrt(5)
print(f"saved by the direct way: {saved.mean():+.1f} ± {reach:.1f} errors")

# %%
claim("06.mcnemar.gain", saved.mean())
claim("06.acc.binary", runs.acc_binary.mean())
claim("06.acc.binarized_argmax", runs.acc_argmax.mean())
claim("06.acc.binarized_sum", runs.acc_sum.mean())

# %% [markdown]
# <details><summary><b>Conclusion</b> (open it after your run)</summary>
#
# **Five seeds show no winner: the direct way saves −0.4<!--06.mcnemar.gain--> errors among 10,000, and 0 is in the interval.** The accuracies are 0.9952<!--06.acc.binary-->
# (direct), 0.9953<!--06.acc.binarized_argmax--> (arg-max) and 0.9953<!--06.acc.binarized_sum--> (sum). One thing speaks for ten classes: they also answer every other grouping.
#
# </details>

# %% [markdown]
# **Change it.** Compare arg-max with the sum: `saved = errors["arg-max"] - errors["sum"]`. How wide is the interval now, and why might that be?
#
# ## 7. One pair of networks
#
# *15 minutes.* **Question.** Two networks answer the same 10,000 images. From which difference on is it more than chance?
#
# Images that both have right, or both wrong, say nothing about a difference. Only **discordant** ones do: $n_{10}$ that the first alone has right, and $n_{01}$ that the second
# alone has right. If both err equally often, each of them is a coin toss, and $n_{10}$ has a **binomial distribution**. The **p-value** is the chance of a split at least as uneven, in either direction. This is
# **McNemar's test**. By custom a difference is called significant where p is below 0.05, one in twenty.

# %%
direct_right, argmax_right = ways["direct"] == truth, ways["arg-max"] == truth
n10, n01 = np.sum(direct_right & ~argmax_right), np.sum(~direct_right & argmax_right)
print(f"direct alone right: {n10}, arg-max alone right: {n01}")
runs[["seed", "n10", "n01", "p"]].round(3)

# %% [markdown]
# **Predict.** Say that some 40 images are discordant. What is the smallest difference in errors with p below 0.05?

# %%
guess("06.mcnemar.visible", ...)

# %%
from scipy.stats import binomtest

discordant = int((runs.n10 + runs.n01).median())
splits = {2 * k - discordant: binomtest(k, discordant).pvalue for k in range(discordant + 1)}
visible = min(difference for difference, p in splits.items() if difference > 0 and p < 0.05)

# %% [markdown]
# What about the report's two runs? Its counts say how many images are wrong, not which. At most 35 clothes and 17 shoes or bags can be wrong in both. If $k$ errors are shared,
# $54 - k$ and $72 - k$ images are discordant.

# %%
shared = np.arange(35 + 17 + 1)
possible = np.array([binomtest(54 - k, 54 + 72 - 2 * k).pvalue for k in shared.tolist()])
figure = lesson.draw_mcnemar(discordant, visible, shared, possible)
plots.show(figure, "06_mcnemar")

# %% [markdown]
# *Left: how a coin splits the discordant images; coloured are the splits with p below 0.05. Right: the p-value of the report's counts, computed for each number of errors that its two
# networks may share.*

# %%
claim("06.mcnemar.p", runs.p.median())
claim("06.mcnemar.visible", visible)
claim("06.report.p_none_shared", possible[0])
claim("06.report.p_most_shared", possible[-1])

# %% [markdown]
# <details><summary><b>Conclusion</b> (open it after your run)</summary>
#
# **From about 14<!--06.mcnemar.visible--> errors on; our five pairs have a median p of 0.88<!--06.mcnemar.p-->.** The report's counts allow any p from
# 0.13<!--06.report.p_none_shared--> down to 0.0001<!--06.report.p_most_shared--> (computed): two tables cannot tell. A large p does not show that two ways are equal. It shows that
# these images cannot tell them apart.
#
# </details>

# %% [markdown]
# **Change it.** Set `discordant = 20`, then 200. How does the difference grow that is needed?
#
# ## 8. All thresholds at once
#
# *12 minutes.* **Question.** The report prints an AUC of 0.99 for both ways. What does such a number say?
#
# A **score** is a number that is higher the more an image looks like clothing. A **threshold** turns it into yes or no; so far it was one half. The **ROC curve** shows all
# thresholds: the share of clothing that is found (**true positive rate**) against the share of footwear and bags that is called clothing (**false positive rate**). The area below
# it, the **AUC**, is the chance that a random image of clothing has a higher score than a random shoe or bag.
#
# **Predict.** The AUC of the direct network, with four digits.

# %%
guess("06.auc.binary", ...)

# %%
from sklearn.metrics import roc_auc_score

(tn, fp_now), (fn_now, tp) = blocks(matrix, clothing)
points = {"arg-max": (fp_now / (tn + fp_now), tp / (tp + fn_now))}
points["report, arg-max"] = (fp / 4000, 1 - fn / 6000)
points["report, direct"] = (19 / 4000, 1 - 35 / 6000)
plots.show(lesson.draw_roc(truth, scores, points), "06_roc")

# %% [markdown]
# *The ROC curves of two scores on logarithmic axes: each step is ten times fewer errors. Arg-max and the report's counts (hollow) are a yes or no, so they are one point each.*
#
# `roc_auc_score` also accepts a yes or no in place of a score. What does it give then?

# %%
for name in ("direct", "sum"):
    soft, hard = (roc_auc_score(truth, each[name]) for each in (scores, ways))
    print(f"{name}: {soft:.4f} from scores, {hard:.4f} from yes or no")

# %% [markdown]
# From yes or no the curve has a single corner, and its area is (true positive rate + true negative rate) / 2. That can be computed from the report's counts. (With two digits, an
# area of 0.995 or more is printed as 1.00.)
#
# Does one way have the larger area? Between `auc_low` and `auc_high` lie 95 % of 1,000 bootstrap draws as in section 3. Each draw measures both scores: the bootstrap is **paired**.

# %%
runs[["seed", "auc_binary", "auc_sum", "auc_difference", "auc_low", "auc_high"]].round(5)

# %%
claim("06.auc.binary", runs.auc_binary.mean())
claim("06.auc.binarized", runs.auc_sum.mean())
claim("06.auc.difference", runs.auc_difference.mean())
claim("06.auc.hard_direct", (1 - 35 / 6000 + 1 - 19 / 4000) / 2)
claim("06.auc.hard_binarized", (1 - fn / 6000 + 1 - fp / 4000) / 2)

# %% [markdown]
# <details><summary><b>Conclusion</b> (open it after your run)</summary>
#
# **How often clothing scores higher: in 0.9998<!--06.auc.binary--> of the pairs directly, in 0.9996<!--06.auc.binarized--> by the sum.** The report's
# 0.99<!--06.auc.binary:report--> fits areas from yes or no: 0.9947<!--06.auc.hard_direct--> and 0.9933<!--06.auc.hard_binarized--> (computed). On these test images the direct network
# leads by 0.00012<!--06.auc.difference-->; the table shows whether other images could reverse that.
#
# </details>

# %% [markdown]
# **Change it.** Add a third score, `scores["brightness"] = x_test.mean(axis=1)`, and draw the curves again. What does the new one say?
#
# ## 9. Is 0.9 really nine in ten?
#
# *15 minutes.* **Question.** Of the answers that the network gives with a probability of 0.9, are nine in ten right?
#
# The **confidence** is the probability that a network gives to its own answer. First, look at where it fails.

# %%
sure = softmax(logits, axis=1).max(axis=1)
wrong = np.flatnonzero(~right)
worst = wrong[np.argsort(sure[wrong])[::-1][:6]]
heads = [f"{names[y_test[i]]}\nas {names[answers[i]]}\n{sure[i]:.4f}" for i in worst]
plots.show(plots.image_grid([x_test[worst]], column_labels=heads, size=1.4), "06_mistakes")

# %% [markdown]
# *The six most confident mistakes: the true class, the wrong answer, and its probability.*
#
# A network is **calibrated** if nine in ten of its answers with a confidence of 0.9 are right, and so on for each confidence.
#
# **Predict.** Of the answers with a confidence from 0.87 to 0.93, which share is right?

# %%
guess("06.ece.near_nine_tenths", ...)

# %%
near = np.abs(sure - 0.9) < 0.03
claim("06.ece.near_nine_tenths", right[near].mean())

# %% [markdown]
# The **expected calibration error** (ECE) does this for all answers. Put them into 15 bins by confidence, and take the gap between mean confidence and share right in each. The ECE
# is the mean gap, weighted by the number of answers.
#
# One remedy you have seen: stop in time. The other is **temperature scaling**: divide all logits by one number $T$, chosen so that the cross-entropy on the *validation*
# images is smallest. The order of the logits stays, so no answer changes.

# %%
temperature = lesson.temperature(lesson.logits_of(network, x_validation), y_validation)
scaled = softmax(logits / temperature, axis=1).max(axis=1)
for name, confidence in {"as trained": sure, f"T = {temperature:.2f}": scaled}.items():
    print(f"{name}: calibration error {lesson.calibration_error(confidence, right):.4f}")

# %% [markdown]
# Stored: the same network after all 50 epochs, without stopping.

# %%
late = lesson.trained_to_the_end.table()
confidences = {"as trained": sure, "scaled": scaled}
stopped = {name: lesson.reliability(each, right) for name, each in confidences.items()}
panels = {"all 50 epochs": lesson.stored_reliability(late), "stopped in time": stopped}
plots.show(lesson.draw_reliability(panels), "06_reliability")

# %% [markdown]
# *Share of right answers against confidence (a **reliability diagram**). On the diagonal a network means what it says, below it is too sure. Larger dots are more answers; bins of
# fewer than 20 are left out. One seed each.*
#
# The error cannot reach 0: even if each answer were right with exactly its probability, the shares would scatter. How much? We let chance decide.

# %%
rng = np.random.default_rng(0)
draws = [rng.random(len(scaled)) < scaled for _ in range(20)]
claim("06.ece.floor", np.mean([lesson.calibration_error(scaled, by_chance) for by_chance in draws]))
claim("06.ece.late_before", late.ece_before.mean())
claim("06.ece.before", runs.ece_before.mean())
claim("06.ece.after", runs.ece_after.mean())
claim("06.ece.gone", 1 - runs.ece_after.mean() / runs.ece_before.mean())

# %% [markdown]
# <details><summary><b>Conclusion</b> (open it after your run)</summary>
#
# **Nearly: the network is too sure, and 84 %<!--06.ece.near_nine_tenths--> are right.** Its calibration error is 0.040<!--06.ece.late_before--> after 50 epochs,
# 0.017<!--06.ece.before--> when stopped in time, and 0.010<!--06.ece.after--> with a temperature: 44 %<!--06.ece.gone--> less, by one number. Chance alone would leave
# 0.008<!--06.ece.floor-->.
#
# </details>

# %% [markdown]
# **Change it.** Set `temperature = 3` after the first line of its cell, and run on. To which side of the diagonal do the dots move?
#
# ## 10. Which pixels did it look at?
#
# *15 minutes.* **Question.** The report shows a misclassified image with its **saliency map**: a number for each pixel's part in the answer. Can such a map be believed?
#
# The simplest map is the **gradient**: how much would the output rise if this pixel were a little brighter? Which output? The probability has a slope of
# $\partial p / \partial z = p\,(1 - p)$, and every gradient of $p$ is multiplied by it.
#
# **Predict** $p\,(1 - p)$ for a typical test image of the direct network (the median).

# %%
guess("06.saliency.slope", ...)

# %%
slope = scores["direct"] * (1 - scores["direct"])
claim("06.saliency.slope", np.median(slope))

# %% [markdown]
# Hardly any gradient is left. So take the gradient of the logit. A second kind of map, **integrated gradients**, is the pixel times the mean gradient on the straight way from a
# black image to this one.

# %%
import tensorflow as tf


def gradient(model, images):
    images = tf.convert_to_tensor(images)
    with tf.GradientTape() as tape:
        tape.watch(images)
        output = model(images)
    return tape.gradient(output, images).numpy()


def integrated(model, images, steps=100):
    way = [(step + 0.5) / steps for step in range(steps)]
    return images * np.mean([gradient(model, part * images) for part in way], axis=0)


# %% [markdown]
# Their sum over the pixels is the logit of the image minus the logit of a black one: the map shares the answer out. (This property is called **completeness**.)

# %%
to_logit = networks.up_to(direct, "Logits")
few = x_test[:100]
rise = (to_logit(few) - to_logit(np.zeros((1, 784), "float32"))).numpy()[:, 0]
gap = np.abs(integrated(to_logit, few).sum(axis=1) - rise)
print(f"largest gap {gap.max():.3f}, where the logit rises by {np.abs(rise).mean():.0f} on average")

# %% [markdown]
# A map that looks like a garment proves nothing: so does the image. Ask the same of a network with **random weights**. A map of what was *learned* must look different there.

# %%
margin = np.where(truth == 1, 1, -1) * lesson.logits_of(direct, x_test)[:, 0]
chosen = x_test[np.argsort(margin)[:5]]  # the worst answers of the direct network
course.seed(1)
random = networks.up_to(networks.classifier(2), "Logits")
maps = [method(model, chosen) for model in (to_logit, random) for method in (gradient, integrated)]

# %%
rows = ["image", "gradient", "integrated", "gradient,\nrandom", "integrated,\nrandom"]
figure = plots.image_grid([chosen, *maps], rows, maps_from=1, row_gaps=(1, 3))
plots.show(figure, "06_saliency")

# %% [markdown]
# *The five worst answers of the direct network; "random" means random weights. Red speaks for clothing, blue for footwear or bag. Each map has its own scale.*
#
# Now in numbers. Rank the pixels of an image by the size of their entries, with the trained and with the random weights. The **rank correlation** (Spearman) is 1 for the same
# order and 0 for no relation.
#
# **Predict.** The rank correlation of integrated gradients, mean of 100 images.

# %%
guess("06.saliency.random_integrated", ...)


# %%
from scipy.stats import spearmanr


def similar(method, where):
    pairs = zip(*(np.abs(method(model, few)) for model in (to_logit, random)), where, strict=True)
    return np.mean([spearmanr(a[pixels], b[pixels]).statistic for a, b, pixels in pairs])


claim("06.saliency.random_gradient", similar(gradient, few >= 0))
claim("06.saliency.random_integrated", similar(integrated, few >= 0))
claim("06.saliency.random_not_black", similar(integrated, few > 0))

# %% [markdown]
# <details><summary><b>Conclusion</b> (open it after your run)</summary>
#
# **Not by its outline: integrated gradients keep a rank correlation of 0.87<!--06.saliency.random_integrated--> when nothing was learned.** Black pixels have 0 there, whatever the
# weights. On the other pixels 0.30<!--06.saliency.random_not_black--> is left: judge a map there. The plain gradient keeps 0.03<!--06.saliency.random_gradient-->.
#
# </details>

# %% [markdown]
# **Change it.** Look at the best answers in place of the worst: `np.argsort(margin)[-5:]`. Which row changes its character?
#
# ## 11. Is 0.88 the limit?
#
# *12 minutes.* **Question.** The report stops at 0.88. Is that the limit of dense layers, or of its recipe?
#
# The report tries two other learning rates, 0.01 and 0.0001. (The **learning rate** is the length of Adam's steps.) We add two recipes with two layers of 1,024 units:
#
# - *wide* has **batch normalisation** (each unit gets mean 0 and variance 1 over the batch), **weight decay** (each step makes the weights a little smaller), **label
#   smoothing** (the target is 0.91 for the true class and 0.01 for each other), and a learning rate that falls to 0;
# - *wide, mirrored* also mirrors each training image with probability one half. A mirrored garment is still a garment.
#
# Each of the two may also answer with the mean of its probabilities for an image and its mirror image (**test-time augmentation**). What to take is chosen **on the
# validation images alone**. Then nothing is left to choose, and that recipe is trained once more, on all 60,000 images.
#
# **Predict.** Which share of the test images will it name rightly? (People had 0.835, say the authors of the data set.)

# %%
guess("06.acc.best_dense", ...)

# %%
from helpers import sweeps

candidates = lesson.best_dense.table("candidates")
recipe, answered = lesson.chosen(candidates)
settings = sweeps.grid(recipe=[recipe], refit=[True], seed=range(5))
best = lesson.best_dense.table(settings)[f"acc_test{answered}"]
candidates.groupby("recipe")[["acc_validation", "acc_validation_mirror"]].mean().round(4)

# %%
rates = lesson.trained_at_a_rate.table()
by_rate, by_recipe = rates.groupby("learning_rate"), candidates.groupby("recipe")
tests = {f"learning rate {rate:g}": group.acc_test for rate, group in by_rate}
tests |= {name: group.acc_test for name, group in by_recipe}
tests |= {"the chosen one, on all 60,000": best}
parts = [pd.DataFrame({"method": name, "test": values}) for name, values in tests.items()]

# %%
lines = {"people": 0.835, "report": 0.88, "literature": 0.9184}
axis = {"xlim": (0.83, 0.93), "form": "{:.4f}"}
figure = plots.scoreboard(pd.concat(parts), "test", "test accuracy", lines, **axis)
plots.show(figure, "06_best_dense")

# %% [markdown]
# *Test accuracy of five seeds (dots) and their mean (bar). The axis begins at 0.83. Lines: people, the report, and the highest value that we found in the literature for a network
# that does not use where a pixel lies (it trained on generated images, too).*

# %%
mean = {name: values.mean() for name, values in tests.items()}
claim("06.rate.large", mean["learning rate 0.01"])
claim("06.rate.small", mean["learning rate 0.0001"])
claim("06.acc.wide", mean["wide"])
claim("06.acc.best_dense", best.mean())

# %% [markdown]
# <details><summary><b>Conclusion</b> (open it after your run)</summary>
#
# **Of its recipe: the wide network has 0.908<!--06.acc.wide-->, the chosen one on all images 0.912<!--06.acc.best_dense-->.** Other learning rates do not help: a larger one gives
# 0.848<!--06.rate.large-->; a smaller one gives 0.886<!--06.rate.small-->, and was still learning after 50 epochs. Whoever looks at the test images and then chooses has no test images left.
#
# </details>

# %% [markdown]
# **Change it.** `short = lesson.fit_classifier(networks.classifier(), x, y, *validation, learning_rate=0.01, epochs=8)`, then `plots.show(lesson.draw_curves(short), "06_curves")`. How does it learn?
#
# ## What the report said, what we found

# %%
course.claims_table()

# %% [markdown]
# - **Accuracies of 0.88 and 0.99** (sections 2 and 6): reached. From its counts the second is 0.9946 directly and 0.9928 by arg-max (computed).
# - **Shirt is the hardest class** (section 4): there and here.
# - **203,542 parameters that are not trained** (section 1): they are Adam's moments.
# - **AUC of 0.99 for both ways** (section 8): that fits a yes or no in place of a score.
# - **Nearly identical, the direct way slightly ahead** (sections 6 and 7): one run of each, without a test. By errors, five seeds show no winner. By areas the direct way leads in the fourth decimal, on these test images.
# - **A saliency map of one mistake** (section 10): it needs a comparison with random weights.
# - Outside: the literature has 0.9144, and 0.9184 with generated images, without any use of where a pixel lies. Mirroring does use it.
#
# ## Your turn
#
# **Exercise 1 (binarise, and more).** The report's blocks are sums for two groups. Write it for any number of groups: `groups` (10,) holds the number of each class's group, from 0 on. Return the
# table of the groups: true group by row, answered group by column. Predict first: with tops (T-shirt/top, Pullover, Coat, Shirt) against the rest, will the accuracy be
# nearer to that of ten classes or to that of clothing?


# %% tags=["exercise"]
def my_table(matrix, groups):
    return None  # a square table, a row and a column for each group


# %%
from helpers import exercises

exercises.check("06.1", my_table, matrix)

# %% [markdown]
# Stuck? Run `exercises.solution("06.1")` to see one solution.
#
# **Exercise 2 (the test by hand).** Write McNemar's exact two-sided p-value (section 7) without `binomtest`. `scipy.stats.binom.cdf(k, n, 0.5)` is the chance of at most k heads in n tosses.
# Two details decide. Splits that are as uneven in the other direction count, too. And what is the answer for `n10 == n01`, or when no image is discordant?


# %% tags=["exercise"]
def my_p_value(n10, n01):
    return None  # a number between 0 and 1


# %%
exercises.check("06.2", my_p_value)

# %% [markdown]
# Stuck? Run `exercises.solution("06.2")` to see one solution.
#
# **Exercise 3 (a threshold with a price).** A shop irons everything called *clothing* in a hot press. A shoe in it is expensive: of the footwear and bags, at most one in a thousand may be
# called clothing. An image is called clothing where its score is at least the threshold. Find the lowest threshold that keeps this limit. (Hint: sort the scores of the footwear and bags. How many
# of them may lie at or above it?) `validation` and `test` are pairs: truth (1 for clothing) and score of the direct network. On which images do you choose?


# %% tags=["exercise"]
def my_threshold(validation, test):
    return None  # a number


# %%
validation_score = expit(lesson.logits_of(direct, x_validation)[:, 0])
on_validation, on_test = (clothing[y_validation], validation_score), (truth, scores["direct"])
exercises.check("06.3", my_threshold, on_validation, on_test)

# %% [markdown]
# Stuck? Run `exercises.solution("06.3")` to see one solution.
#
# ## Recap
#
# - Stop by the validation loss and keep the best weights. The last ones may be as accurate, but they are too sure of themselves.
# - An accuracy has a standard error, and a seed. Print both.
# - Two networks on the same images: compare them image by image (McNemar, paired bootstrap), and train more than one of each.
# - Add up probabilities to have a score. An arg-max has no ROC curve.
# - Choose a threshold, a temperature or a recipe on the validation images, never on the test images.
# - Take gradients of the logit. Judge a map by what random weights give.
#
# ## References
#
# - H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms", 2017.
# - Q. McNemar, "Note on the sampling error of the difference between correlated proportions or percentages", *Psychometrika* 12, 1947.
# - C. Guo and others, "On calibration of modern neural networks", *ICML* 2017.
# - M. Sundararajan, A. Taly, Q. Yan, "Axiomatic attribution for deep networks", *ICML* 2017 (integrated gradients).
# - J. Adebayo and others, "Sanity checks for saliency maps", *NeurIPS* 2018.
# - S. Norouzi, D. Fleet, M. Norouzi, "Exemplar VAE", *NeurIPS* 2020 (errors of 8.56 % and 8.16 % on Fashion-MNIST).
