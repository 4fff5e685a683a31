"""What is the project's own: names of features, and what a row has to be."""

FEATURES = ("tenure_months", "monthly_charges")


def is_complete(row: dict[str, float]) -> bool:
    """Whether a row has every feature."""
    return all(name in row for name in FEATURES)
