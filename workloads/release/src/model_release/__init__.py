"""Decides which version of each model is live: canary, promotion and rollback, on Kubernetes and on SageMaker."""
