"""What builds and measures the course; no notebook, lesson or helper imports it."""

LESSONS = ("autoencoder", "dcn", "activity_c", "vae_mnist", "vae_fashion", "classifier")  # of notebooks 01 to 06
