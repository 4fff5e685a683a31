"""Customers of a made-up telephone company, drawn from the distributions below; nothing is downloaded.

| column          | distribution                                                                               |
|-----------------|--------------------------------------------------------------------------------------------|
| tenure_months   | whole months, 1 + exponential with mean 24, at most 72                                     |
| contract        | monthly 55 %, yearly 25 %, two_years 20 %                                                   |
| plan            | basic 50 %, plus 35 %, premium 15 %                                                         |
| monthly_charge  | euros; log-normal around 20 (basic), 40 (plus), 70 (premium), sigma 0.15                    |
| support_calls   | Poisson with mean 1.2                                                                       |
| usage_gib       | gamma with shape 2 and scale 15; missing in 5 % of the rows, at random                      |
| autopay         | true in 45 %                                                                                |
| region          | north, south, east, west, equally; it changes nothing                                      |
| churned         | 1 with the probability of `churn_probability`; about two customers in nine                 |
"""

from __future__ import annotations

import argparse
import sys
from typing import Literal, get_args

import numpy as np
import pandas as pd

TARGET = "churned"
PROBLEM_TYPE = "binaryClassification"
NUMBERS = ["tenure_months", "monthly_charge", "support_calls", "usage_gib"]
CATEGORIES = ["contract", "plan", "region"]
FLAGS = ["autopay"]
INPUTS = [*NUMBERS, *CATEGORIES, *FLAGS]

CHARGES = {"basic": 20.0, "plus": 40.0, "premium": 70.0}

Shift = Literal["none", "price_rise", "new_plan", "lost_usage", "young_customers"]


def customers(rows: int, seed: int) -> pd.DataFrame:
    """Inputs and `churned`. The same rows and seed give the same customers."""
    random = np.random.default_rng(seed)
    plan = random.choice(list(CHARGES), rows, p=[0.5, 0.35, 0.15])
    usage = random.gamma(2.0, 15.0, rows)
    frame = pd.DataFrame(
        {
            "tenure_months": np.minimum(72, 1 + np.floor(random.exponential(24.0, rows))),
            "monthly_charge": np.array([CHARGES[name] for name in plan]) * random.lognormal(0.0, 0.15, rows),
            "support_calls": random.poisson(1.2, rows).astype(float),
            "usage_gib": usage,
            "contract": random.choice(["monthly", "yearly", "two_years"], rows, p=[0.55, 0.25, 0.2]),
            "plan": plan,
            "region": random.choice(["north", "south", "east", "west"], rows),
            "autopay": random.random(rows) < 0.45,
        }
    )
    frame[TARGET] = (random.random(rows) < churn_probability(frame)).astype(int)
    # The meter fails, whatever the customer does: what is missing says nothing about who leaves.
    frame.loc[random.random(rows) < 0.05, "usage_gib"] = np.nan
    return frame


def churn_probability(frame: pd.DataFrame) -> np.ndarray:
    """The truth that a model tries to find; needs `usage_gib` without gaps. No model can do better than this."""
    # Calls hurt most in the first year, a charge where little is used: a model without interactions misses both.
    first_year = frame["tenure_months"] <= 12
    dear = frame["monthly_charge"] / (5 + frame["usage_gib"])
    score = (
        -2.2
        + 1.5 * (frame["contract"] == "monthly")
        - 0.9 * (frame["contract"] == "two_years")
        - 0.02 * frame["tenure_months"]
        + 0.25 * frame["support_calls"]
        + 0.45 * first_year * frame["support_calls"]
        + 0.5 * np.log(dear)
        - 0.4 * frame["autopay"]
    )
    return (1 / (1 + np.exp(-score))).to_numpy()


def shifted(frame: pd.DataFrame, shift: Shift, seed: int) -> pd.DataFrame:
    """A copy in which the world has moved on, to see the drift check notice. `churned` is not drawn again.

    `price_rise`: charges 35 % higher; `new_plan`: 30 % of the rows have the plan `family`, unknown in training;
    `lost_usage`: `usage_gib` is missing in 40 % more rows; `young_customers`: tenure is a third of what it was.
    """
    random = np.random.default_rng(seed)
    moved = frame.copy()
    match shift:
        case "none":
            pass
        case "price_rise":
            moved["monthly_charge"] = moved["monthly_charge"] * 1.35
        case "new_plan":
            moved.loc[random.random(len(moved)) < 0.3, "plan"] = "family"
        case "lost_usage":
            moved.loc[random.random(len(moved)) < 0.4, "usage_gib"] = np.nan
        case "young_customers":
            moved["tenure_months"] = np.maximum(1, np.floor(moved["tenure_months"] / 3))
        case _:
            raise ValueError(f"there is no shift {shift!r}, only {', '.join(get_args(Shift))}")
    return moved


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Writes customers as CSV to standard output.")
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shift", choices=get_args(Shift), default="none")
    parser.add_argument(
        "--since", help="adds customer_id, from 1, and event_time, this time, as a feature store takes them"
    )
    given = parser.parse_args(arguments)
    frame = shifted(customers(given.rows, given.seed), given.shift, given.seed)
    if given.since is not None:
        frame.insert(0, "customer_id", np.arange(1, len(frame) + 1))
        frame.insert(1, "event_time", given.since)
    frame.to_csv(sys.stdout, index=False)


if __name__ == "__main__":
    main()
