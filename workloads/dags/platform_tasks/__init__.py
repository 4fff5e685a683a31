"""Shared by the DAGs of this folder, which Airflow has on its path."""
