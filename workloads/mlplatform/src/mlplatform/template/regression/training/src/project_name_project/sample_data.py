"""Made-up rows, to begin with: PYTHONPATH=training/src python -m project_name_project.sample_data > data/rows.csv

What the next bill will be: the charge, something for each call, less with automatic payment.
"""

import argparse
import sys

import numpy as np
import pandas as pd

from project_name_project.contract import TARGET


def sample(rows: int, seed: int) -> pd.DataFrame:
    """The same rows and seed give the same table."""
    random = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "tenure_months": random.integers(1, 72, rows),
            "monthly_charge": random.lognormal(3.5, 0.4, rows).round(2),
            "support_calls": random.poisson(1.2, rows),
            "contract": random.choice(["monthly", "yearly"], rows, p=[0.6, 0.4]),
            "autopay": random.random(rows) < 0.45,
        }
    )
    table[TARGET] = (
        table["monthly_charge"] + 4 * table["support_calls"] - 3 * table["autopay"] + random.normal(0, 3, rows)
    ).round(2)
    return table


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Writes made-up rows as CSV.")
    parser.add_argument("--rows", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    sample(given.rows, given.seed).to_csv(sys.stdout, index=False)
