"""Deliveries of a made-up courier, drawn from the distributions below; nothing is downloaded.

| column           | distribution                                                                              |
|------------------|-------------------------------------------------------------------------------------------|
| distance_km      | gamma with shape 2 and scale 2.5                                                          |
| parcels          | 1 + Poisson with mean 1.5                                                                 |
| weight_kg        | log-normal around 6, sigma 0.6; missing in 4 % of the rows, at random                     |
| hour             | of the day, 8 to 19, equally                                                              |
| vehicle          | van 50 %, bike 30 %, truck 20 %                                                           |
| district         | centre, north, south, harbour, equally                                                    |
| rain             | true in 25 %                                                                              |
| minutes          | `expected_minutes` times a gamma with mean 1 and deviation 0.2                            |
"""

from __future__ import annotations

import argparse
import sys
from typing import Literal, get_args

import numpy as np
import pandas as pd

TARGET = "minutes"
PROBLEM_TYPE = "regression"
NUMBERS = ["distance_km", "parcels", "weight_kg", "hour"]
CATEGORIES = ["vehicle", "district"]
FLAGS = ["rain"]
INPUTS = [*NUMBERS, *CATEGORIES, *FLAGS]

#: Kilometres an hour, by what drives.
SPEEDS = {"van": 24.0, "bike": 16.0, "truck": 20.0}

Shift = Literal["none", "road_works", "cargo_bikes", "lost_scales", "long_ways"]


def deliveries(rows: int, seed: int) -> pd.DataFrame:
    """Inputs and `minutes`. The same rows and seed give the same deliveries."""
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "distance_km": random.gamma(2.0, 2.5, rows),
            "parcels": 1.0 + random.poisson(1.5, rows),
            "weight_kg": random.lognormal(np.log(6.0), 0.6, rows),
            "hour": random.integers(8, 20, rows).astype(float),
            "vehicle": random.choice(list(SPEEDS), rows, p=[0.5, 0.3, 0.2]),
            "district": random.choice(["centre", "north", "south", "harbour"], rows),
            "rain": random.random(rows) < 0.25,
        }
    )
    frame[TARGET] = expected_minutes(frame) * random.gamma(25.0, 1 / 25.0, rows)
    # The scales fail, whatever is on them: what is missing says nothing about how long it takes.
    frame.loc[random.random(rows) < 0.04, "weight_kg"] = np.nan
    return frame


def expected_minutes(frame: pd.DataFrame) -> np.ndarray:
    """The truth that a model tries to find; needs `weight_kg` without gaps. No model can do better than this."""
    # Traffic stops cars at both ends of the day, rain stops bikes: a model without interactions misses both.
    busy = frame["hour"].isin([8.0, 9.0, 16.0, 17.0, 18.0])
    on_bike = frame["vehicle"] == "bike"
    pace = 1 + 0.5 * (busy & ~on_bike) + 0.35 * (frame["rain"] & on_bike) + 0.2 * (frame["district"] == "centre")
    driving = 60 * frame["distance_km"] / frame["vehicle"].map(SPEEDS).fillna(SPEEDS["van"]) * pace
    handing_over = 2.5 + 1.5 * frame["parcels"] + 0.12 * frame["weight_kg"]
    return (driving + handing_over).to_numpy(dtype=float)


def shifted(frame: pd.DataFrame, shift: Shift, seed: int) -> pd.DataFrame:
    """A copy in which the world has moved on. `minutes` is drawn again in `road_works` alone: there the answer has changed, not the question.

    `road_works`: the same ways take 40 % longer; `cargo_bikes`: a third goes by `cargo_bike`, unknown in training;
    `lost_scales`: `weight_kg` is missing in 40 % more rows; `long_ways`: ways are half as long again.
    """
    random = np.random.default_rng(seed)
    moved = frame.copy()
    match shift:
        case "none":
            pass
        case "road_works":
            moved[TARGET] = moved[TARGET] * 1.4
        case "cargo_bikes":
            moved.loc[random.random(len(moved)) < 0.33, "vehicle"] = "cargo_bike"
        case "lost_scales":
            moved.loc[random.random(len(moved)) < 0.4, "weight_kg"] = np.nan
        case "long_ways":
            moved["distance_km"] = moved["distance_km"] * 1.5
        case _:
            raise ValueError(f"there is no shift {shift!r}, only {', '.join(get_args(Shift))}")
    return moved


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Writes deliveries as CSV to standard output.")
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shift", choices=get_args(Shift), default="none")
    given = parser.parse_args(arguments)
    shifted(deliveries(given.rows, given.seed), given.shift, given.seed).to_csv(sys.stdout, index=False)


if __name__ == "__main__":
    main()
