"""The plumbing under the course's notebooks: one module per job, imported by name (`from helpers import data, plots`)."""
