"""A project on a laptop or in a notebook: found, trained and judged by the modules that the loops use, and brought to MLflow."""
