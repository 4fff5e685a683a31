"""Stands in for a cluster on one machine: the platform's own programs as processes, Kubernetes simulated."""
