playground.measured = {
 "ae-digits": {
  "reconstruction": 130.696,
  "reconstruction_int8": 130.696,
  "mse": 0.0352472,
  "active": 2.0,
  "parameters": 1068310.0,
  "greyness": 176.698,
  "sure": 0.869744,
  "rarest": 0.0,
  "evenness": 5.67165,
  "copies": 0.0
 },
 "ae-garments": {
  "reconstruction": 247.326,
  "reconstruction_int8": 247.326,
  "mse": 0.0246475,
  "active": 2.0,
  "parameters": 1068310.0
 },
 "beta-0": {
  "reconstruction": 130.565,
  "reconstruction_int8": 130.566,
  "mse": 0.0351863,
  "active": 2.0,
  "parameters": 1068820.0,
  "kl": 284.43,
  "loss": 414.996,
  "greyness": 165.801,
  "sure": 0.841353,
  "rarest": 0.0,
  "evenness": 5.30637,
  "copies": 0.0
 },
 "beta-0.1": {
  "reconstruction": 131.366,
  "reconstruction_int8": 131.366,
  "mse": 0.0354669,
  "active": 2.0,
  "parameters": 1068820.0,
  "kl": 10.8777,
  "loss": 142.244,
  "greyness": 155.77,
  "sure": 0.854481,
  "rarest": 0.0248,
  "evenness": 8.88232,
  "copies": 0.0
 },
 "beta-10": {
  "reconstruction": 152.156,
  "reconstruction_int8": 152.156,
  "mse": 0.0405873,
  "active": 2.0,
  "parameters": 1068820.0,
  "kl": 3.01937,
  "loss": 155.176,
  "greyness": 153.172,
  "sure": 0.840916,
  "rarest": 0.0048,
  "evenness": 8.81633,
  "copies": 0.0
 },
 "beta-4": {
  "reconstruction": 138.932,
  "reconstruction_int8": 138.932,
  "mse": 0.0370059,
  "active": 2.0,
  "parameters": 1068820.0,
  "kl": 4.75986,
  "loss": 143.692,
  "greyness": 140.436,
  "sure": 0.880782,
  "rarest": 0.0704,
  "evenness": 9.85224,
  "copies": 0.0
 },
 "classifier": {
  "accuracy": 0.976,
  "accuracy_int8": 0.9761,
  "parameters": 101770.0
 },
 "clusters": {
  "accuracy": 0.9821,
  "accuracy_int8": 0.9822,
  "epochs": 80.0,
  "train": 0.979767
 },
 "images": {
  "images": 2000.0,
  "mean_image": 0.0509548,
  "k_means": 0.5705,
  "commonest": 0.112
 },
 "vae-digits": {
  "reconstruction": 132.746,
  "reconstruction_int8": 132.746,
  "mse": 0.0356342,
  "active": 2.0,
  "parameters": 1068820.0,
  "kl": 6.74572,
  "loss": 139.491,
  "greyness": 137.207,
  "sure": 0.894925,
  "rarest": 0.073,
  "evenness": 9.70158,
  "copies": 0.0,
  "loss_int8": 139.498
 },
 "vae-garments": {
  "reconstruction": 249.635,
  "reconstruction_int8": 249.635,
  "mse": 0.0251495,
  "active": 2.0,
  "parameters": 1068820.0,
  "kl": 6.59221,
  "loss": 256.227
 }
};
