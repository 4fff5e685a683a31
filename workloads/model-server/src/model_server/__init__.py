"""Serves one MLflow model over HTTP."""
