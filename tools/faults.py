"""Cells that are put after a notebook's setup to change what it trains or reads: for tools/ranges.py.

Each text is formatted before use: `{{` stands for a brace.
"""

# All that is trained in the notebook starts from another seed.
SHIFT = """
from helpers import clustering as _clustering, course as _course, training as _training, vae as _vae
from lessons import dcn as _dcn
_seed, _batches, _fit, _from_seeds = _course.seed, _training.batches, _clustering.DeepClustering.fit, _dcn.from_seeds
_start_vae = _vae.VariationalAutoencoder.__init__
def _shifted_fit(self, X, y=None):
    self.random_state += {shift}
    return _fit(self, X, y)
def _shifted_from_seeds(seeds, *args, **settings):  # twelve seeds each, known by their old names
    found = _from_seeds([seed + 12 * {shift} for seed in seeds], *args, **settings)
    return tuple({{seed - 12 * {shift}: value for seed, value in part.items()}} for part in found)
_course.seed = lambda number: _seed(number + {shift})
_training.batches = lambda x, y=None, *args, seed=0, **rest: _batches(x, y, *args, seed=seed + {shift}, **rest)
_clustering.DeepClustering.fit, _dcn.from_seeds = _shifted_fit, _shifted_from_seeds
_vae.VariationalAutoencoder.__init__ = lambda self, *args, seed=None, **rest: _start_vae(
    self, *args, seed=None if seed is None else seed + {shift}, **rest
)
"""

# Every table of stored runs that has three seeds or more comes changed: by `_alone` or by `_moved`.
TABLES = """
import pathlib as _pathlib
import numpy as _np
from helpers import course as _course, sweeps as _sweeps
_run = _sweeps.run
def _alone(table, settings, seeds):
    '''Every run is replaced by that of one seed, the same in all tables: what the claim would be from it alone.'''
    only = sorted(seeds.unique())[{step} % seeds.nunique()]
    places = dict(zip(settings[seeds == only], table.index[seeds == only]))
    return table.loc[[places.get(setting, place) for place, setting in settings.items()]].set_axis(table.index)
def _moved(table, settings, seeds):
    '''2 standard deviations of the seeds: up (step 1), up or down as drawn for setting and column (2, 3, …); 0: not.'''
    deviation = table.groupby(settings).transform("std").fillna(0)
    signs = _np.random.default_rng({step}).choice([-1, 1], (settings.nunique(), table.shape[1]))
    return table + 2 * deviation * (signs[settings.rank(method="dense").astype(int) - 1] if {step} > 1 else {step})
def _changed(function, configurations, folder, **kwargs):
    stored = _pathlib.Path(folder).is_relative_to(_course.ROOT)
    if stored and _sweeps.missing(function, configurations, folder, version=kwargs["version"]):
        raise LookupError("these runs are not stored")
    table = _run(function, configurations, folder, **kwargs)
    names = list(dict.fromkeys(name for configuration in configurations for name in configuration))
    axis = "seed" if "seed" in table else "repetition"
    if axis in table and table[axis].nunique() > 2:
        settings = table[[name for name in names if name != axis]].map(str).agg(" ".join, axis=1)
        # Pictures are stored for one seed only; texts and curves stay.
        measured = [n for n in table.select_dtypes("number").columns.difference(names) if table[n].notna().all()]
        table[measured] = {change}(table[measured].astype(float), settings, table[axis])
    return table
_sweeps.run = _changed
"""

# What a student, or a slip of ours, may do to a notebook's training.
PLANTED = {
    "a quarter of the epochs": """
from helpers import course as _course
_course.epochs = lambda number: max(1, number // 4)
""",
    "learning rate x 10": """
import keras as _keras
_start_adam = _keras.optimizers.Adam.__init__
def _faster(self, learning_rate=0.001, **rest):
    if hasattr(learning_rate, "initial_learning_rate"):
        learning_rate.initial_learning_rate *= 10
    else:
        learning_rate *= 10
    _start_adam(self, learning_rate=learning_rate, **rest)
_keras.optimizers.Adam.__init__ = _faster
""",
    "a layer left out": """
from helpers import networks as _networks
_autoencoder, _classifier = _networks.autoencoder, _networks.classifier
_vae_encoder, _vae_decoder = _networks.vae_encoder, _networks.vae_decoder
_networks.autoencoder = lambda *args, hidden=(256, 128), **rest: _autoencoder(*args, hidden=hidden[:-1], **rest)
_networks.vae_encoder = lambda size, hidden, *rest: _vae_encoder(size, hidden[:-1], *rest)
_networks.vae_decoder = lambda size, hidden, *rest: _vae_decoder(size, hidden[:-1], *rest)
if "{notebook}" == "06":  # elsewhere it is the judge, which was trained before
    _networks.classifier = lambda *args, **rest: _classifier(*args, **rest | {{"hidden": ()}})
""",
    "test = training": """
import dataclasses as _dataclasses
from helpers import data as _data
_load = _data.load
def _known(*args, **rest):
    images = _load(*args, **rest)
    n = len(images.x_test)
    return _dataclasses.replace(images, x_test=images.x_train[:n], y_test=images.y_train[:n])
_data.load = _known
""",
    "pixels / 256": """
import dataclasses as _dataclasses
import numpy as _np
from helpers import data as _data
_load, _less = _data.load, _np.float32(255 / 256)
def _darker(*args, **rest):
    images = _load(*args, **rest)
    return _dataclasses.replace(images, x_train=images.x_train * _less, x_test=images.x_test * _less)
_data.load = _darker
""",
    "KL doubled": """
from helpers import vae as _vae
_kl = _vae.kl_divergence
_vae.kl_divergence = lambda mean, log_var: 2 * _kl(mean, log_var)
""",
}
