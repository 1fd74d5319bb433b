"""`make results`: compute every repeated run that a notebook reads and that is not stored below data/results/ yet."""

from helpers import experiments, experiments_classifier, experiments_vae, vae_gan

ALL_RUNS = (
    experiments.autoencoder_runs,
    experiments.k_means_runs,
    experiments.deep_clustering_runs,
    experiments.report_activity_c_runs,
    experiments.activity_c_runs,
    experiments.all_knob_runs,
    experiments.sweep_speed_runs,
    experiments_vae.mnist_runs,
    *experiments_vae.FASHION_RUNS,
    vae_gan.vae_gan_runs,
    *experiments_classifier.ALL_RUNS,
)


def main():
    """Compute what is missing, and the weights of the judge of generated images."""
    for runs in ALL_RUNS:
        print(runs.__doc__)
        runs()
    experiments.fashion_classifier()


if __name__ == "__main__":
    main()
