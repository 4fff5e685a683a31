"""A training container for SageMaker, ECS and Airflow: prepare, validate, train, evaluate, serve."""
