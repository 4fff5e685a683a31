"""Employees of a made-up company, drawn from the distributions below; nothing is downloaded.

| column               | distribution                                                                          |
|----------------------|---------------------------------------------------------------------------------------|
| years_here           | gamma with shape 1.5 and scale 3.5                                                    |
| salary_ratio         | pay over the market's; normal with mean 1.0 and deviation 0.12                        |
| satisfaction         | 1 to 5 with 8, 17, 30, 30, 15 %; missing in 10 %: not everybody answers               |
| commute_km           | exponential with mean 14                                                              |
| manager_changes      | in two years; Poisson with mean 0.6                                                   |
| overtime             | true in 30 %                                                                          |
| department           | engineering 40 %, sales 25 %, support 25 %, finance 10 %                              |
| resigned             | 1 with the probability of `resignation_probability`; about one employee in four       |
"""

from __future__ import annotations

import argparse
import sys
from typing import Literal, get_args

import numpy as np
import pandas as pd

TARGET = "resigned"
PROBLEM_TYPE = "binaryClassification"
NUMBERS = ["years_here", "salary_ratio", "satisfaction", "commute_km", "manager_changes"]
FLAGS = ["overtime"]
CATEGORIES = ["department"]
INPUTS = [*NUMBERS, *FLAGS, *CATEGORIES]

DEPARTMENTS = {"engineering": 0.4, "sales": 0.25, "support": 0.25, "finance": 0.1}

Shift = Literal["none", "pay_freeze", "new_department", "overtime_everywhere"]


def employees(rows: int, seed: int) -> pd.DataFrame:
    """Inputs and `resigned`. The same rows and seed give the same employees."""
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "years_here": random.gamma(1.5, 3.5, rows),
            "salary_ratio": random.normal(1.0, 0.12, rows),
            "satisfaction": random.choice([1.0, 2.0, 3.0, 4.0, 5.0], rows, p=[0.08, 0.17, 0.3, 0.3, 0.15]),
            "commute_km": random.exponential(14.0, rows),
            "manager_changes": random.poisson(0.6, rows).astype(float),
            "overtime": random.random(rows) < 0.3,
            "department": random.choice(list(DEPARTMENTS), rows, p=list(DEPARTMENTS.values())),
        }
    )
    frame[TARGET] = (random.random(rows) < resignation_probability(frame)).astype(int)
    frame.loc[random.random(rows) < 0.1, "satisfaction"] = np.nan
    return frame


def resignation_probability(frame: pd.DataFrame) -> np.ndarray:
    """The truth that a model tries to find; needs `satisfaction` without gaps. No model can do better than this."""
    score = (
        -0.3
        - 0.10 * frame["years_here"]
        - 3.5 * (frame["salary_ratio"] - 1)
        - 0.55 * (frame["satisfaction"] - 1)
        + 0.02 * frame["commute_km"]
        + 0.3 * frame["manager_changes"]
        + 0.8 * frame["overtime"]
        + 0.35 * (frame["department"] == "support")
    )
    return (1 / (1 + np.exp(-score))).to_numpy()


def shifted(frame: pd.DataFrame, shift: Shift, seed: int) -> pd.DataFrame:
    """A copy in which the world has moved on. `resigned` is not drawn again.

    `pay_freeze`: pay falls 10 % behind the market; `new_department`: a quarter works in `research`, unknown in
    training; `overtime_everywhere`: overtime for half of those who had none.
    """
    random = np.random.default_rng(seed)
    moved = frame.copy()
    match shift:
        case "none":
            pass
        case "pay_freeze":
            moved["salary_ratio"] = moved["salary_ratio"] * 0.9
        case "new_department":
            moved.loc[random.random(len(moved)) < 0.25, "department"] = "research"
        case "overtime_everywhere":
            moved["overtime"] = moved["overtime"] | (random.random(len(moved)) < 0.5)
        case _:
            raise ValueError(f"there is no shift {shift!r}, only {', '.join(get_args(Shift))}")
    return moved


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Writes employees as CSV to standard output.")
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shift", choices=get_args(Shift), default="none")
    given = parser.parse_args(arguments)
    shifted(employees(given.rows, given.seed), given.shift, given.seed).to_csv(sys.stdout, index=False)


if __name__ == "__main__":
    main()
