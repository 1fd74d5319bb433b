"""Each notebook is executed with an idle `fit`: every claim fails, except those that are listed here."""

import json

from tests.conftest import ROOT
from tools.play import NO_TRAINING, RECORD_CLAIMS, claim_calls, play, printed

# Claims that hold without training: exact counts, numbers read from data/results/, and a few live ones: what is not about
# learning (how a gradient scatters), what an untrained network shows, too (06.saliency.random_not_black), or what the fast
# profile learns too little to tell (04.walk, 04.prior, 02.large.acc, 06.errors.pairs_for_half).
PASS_UNTRAINED = {
    "01": {
        "01.params.latent32", "01.params.latent2", "01.mse.latent2", "01.mse.linear32", "01.mse.latent32",
        "01.dead.latent2", "01.dead.mse_over_mean_image", "01.dead.share32", "01.dead.alive_over_nominal", "01.dead.linear", "01.linear.share_of_pca", "01.auc.pca32", "01.auc.brightness",
    },
    "02": {
        "02.once.total", "02.once.report_over_mean_image", "02.collapse.acc",
        "02.scale.pull_ratio", "02.shrink.mse_ratio", "02.shrink.inertia_ratio", "02.untrained.acc",
        "02.untrained.behind", "02.relu.collapsed_linear", "02.relu.spread_linear", "02.bypass.mse_gap", "02.empty.left_alone",
        "02.empty.begun_again", "02.repaired.live", "02.large.live", "02.large.acc", "02.large.gain", "02.traces.shift_falls", "02.purity.mistaken40_over_10", "02.acc.kmeans", "02.acc.plain",
        "02.nmi.plain", "02.ari.plain", "02.acc.dcn", "02.nmi.dcn", "02.ari.dcn", "02.acc.best", "02.nmi.best",
        "02.ari.best", "02.seconds.best", "02.holdout.gap", "02.plain.gain", "02.soft.over_hard",
    },
    "03": {
        "03.report.runs", "03.report.collapsed_mse_over_mean_image", "03.report.collapsed_over_two_units", "03.report.best_acc", "03.report.behind_pixels",
        "03.report.mse_over_mean_image",
        "03.resume.survivors", "03.resume.rewritten", "03.resume.rows", "03.runs", "03.failed", "03.live_clusters",
        "03.best.acc", "03.spread.seeds", "03.effect.weights", "03.effect.latent_dim", "03.effect.paired",
        "03.trade.acc_lost", "03.rank.inertia_vs_acc", "03.rank.low", "03.rank.high", "03.rank.latent2", "03.rank.silhouette", "03.rank.latent16",
        "03.rank.latent64", "03.rank.same_cell", "03.knob.augmentation", "03.knob.learning_rate", "03.knob.small_rate",
        "03.knob.latent_dim", "03.knob.weights", "03.seconds.report",
        "03.knob.largest_over_spread",
        "03.seconds.total", "03.speedup.parallel",
    },
    "04": {
        "04.floor", "04.mean_image", "04.elbo.latent2", "04.digit.blur_rank_of_8", "04.digit.blur_rank_of_3",
        "04.apart.rank_of_7", "04.prior.variance", "04.walk.largest_step", "04.gradient.none", "04.gradient.agree",
        "04.gradient.ratio", "04.gradient.ratio_with_baseline", "04.collapse.kl", "04.collapse.active",
        "04.collapse.over_mean_image", "04.beta0.kl", "04.beta10.reconstruction", "04.averaged20.loss_gain",
        "04.mse.latent2_over_pca", "04.mse.latent20_over_pca", "04.elbo.latent20", "04.kl.latent20",
        "04.active.latent20", "04.neighbours.latent20", "04.warmup.loss", "04.warmup.kl", "04.warmup.active",
        "04.warmup.mse",
    },
    "05": {
        "05.active.vae20", "05.active.vae32", "05.ae_beats_vae", "05.beta.active01", "05.beta.active10",
        "05.beta.distortion_rises", "05.beta.rate_falls", "05.conditional.class_left_out",
        "05.conditional.loss_gain", "05.conditional.obeyed", "05.conditional.taught", "05.conv.parameters",
        "05.conv.parameters_vae", "05.conv.seconds", "05.conv_gain", "05.conv_gain.vae", "05.elbo.fashion2",
        "05.elbo.fashion20", "05.elbo.fashion2_deviation", "05.fd.floor", "05.fd.real", "05.fd.way_ae32",
        "05.fd.vae_over_fitted_ae2", "05.fd.vae_over_fitted_ae32", "05.floor.test", "05.gan.fd_ratio",
        "05.gan.mse_ratio", "05.gan.taught", "05.gap.at_32", "05.gap.share_of_size",
        "05.gap.share_of_size_first", "05.latent.gain20", "05.latent.gain32", "05.map.vae2_outside3",
        "05.mse.ae32", "05.near.ae2_minus_vae2", "05.near.ae32",
        "05.near.pixels", "05.near.vae2", "05.taught.ae32", "05.taught.ae32_over_vae2", "05.taught.real",
        "05.taught.vae32", "05.vae_generates",
    },
    "06": {
        "06.acc.best_dense", "06.acc.binarized_argmax", "06.acc.binarized_sum", "06.acc.binary",
        "06.acc.mirror_unprepared", "06.acc.mirrored_test", "06.acc.mirrored_validation", "06.acc.multi", "06.acc.refit",
        "06.acc.validation_gap", "06.acc.wide", "06.auc.binarized",
        "06.auc.binary", "06.auc.difference", "06.auc.hard_binarized", "06.auc.hard_direct", "06.blocks_equal",
        "06.duplicates.leaked", "06.duplicates.test", "06.duplicates.train", "06.ece.after", "06.ece.before",
        "06.ece.floor", "06.ece.gone", "06.ece.late_after", "06.ece.late_before", "06.ece.late_gone",
        "06.ece.stopped_over_late", "06.ece.temperature", "06.errors.pairs_for_half", "06.f1.close_to_report",
        "06.f1.hardest_is_shirt", "06.f1.shirt", "06.mcnemar.gain", "06.mcnemar.p", "06.mcnemar.visible",
        "06.near.leaked", "06.near.same_label", "06.params.binary", "06.params.multi", "06.params.optimizer",
        "06.params.wide", "06.rate.large", "06.rate.middle", "06.rate.slower", "06.rate.small",
        "06.report.p_most_shared", "06.report.p_none_shared", "06.saliency.alike", "06.saliency.incomplete",
        "06.saliency.random_gradient", "06.saliency.random_integrated", "06.saliency.random_not_black",
        "06.threshold.fitted_never_worse",
        "06.threshold.flattery",
    },
}  # fmt: skip


def test_a_network_that_was_not_trained_fails_the_claims(source):
    report = "import json; print(json.dumps(_outcome))"
    executed = play(
        source, ROOT / "notebooks", after_setup=[RECORD_CLAIMS, NO_TRAINING], last=[report], skip_tag="solution"
    )
    outcome = json.loads(printed(executed.cells[-1]))
    assert set(outcome) == set(claim_calls(source))
    assert {name for name, passed in outcome.items() if passed} == PASS_UNTRAINED[source.stem[:2]]
