"""The plumbing under the notebooks: one module per job, imported by name (`from helpers import data, plots`)."""
