"""
The process that people start and Kubernetes ends. It follows the release, starts a process for each version, replaces workers that
hang or end, sums the metrics, and answers where no worker can. It never imports a model's code, nor MLflow.
"""
