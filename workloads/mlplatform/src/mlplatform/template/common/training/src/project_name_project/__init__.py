"""The project project-name: a contract of its data, and functions that prepare, train and score. It imports nothing of the platform."""
