"""Columns that a request may leave out. MLflow takes a column that lacks nothing for required, and a server refuses a row without it: what
lacked something anywhere in a project's data, also in rows that a training never reads, is optional."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Collection
from pathlib import Path

import numpy as np
import pandas as pd

from mlplatform.tables.values import is_marked, is_missing
from training_template.logs import fields
from training_template.tables import GAPS, Schema

log = logging.getLogger(__name__)


def write_gaps(frame: pd.DataFrame, folder: Path) -> None:
    """Keeps in `train/`, the one folder that each training reads, which columns lack something in any row of any split. A mark such as NA
    is missing to a number and a value to a text, and only who trains knows which it is."""
    known = {str(name): values.unique() for name, values in frame.items()}
    marked = [name for name, values in known.items() if any(map(is_marked, values))]
    empty = [name for name in marked if any(map(is_missing, known[name]))]
    (folder / GAPS).write_text(json.dumps({"marked": marked, "empty": empty}), encoding="utf-8")


def read_gaps(folder: Path, schema: Schema) -> list[str]:
    """Of the schema's columns those that lacked something when the data were prepared; none where nobody has said."""
    try:
        kept = json.loads((folder / GAPS).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    return [name for name in schema.inputs if name in kept["empty" if name in schema.categories else "marked"]]


def telling(
    fitted_on: pd.DataFrame,
    held_out: pd.DataFrame,
    seen: Collection[str],
    refused: Callable[[pd.DataFrame], str | None],
) -> pd.DataFrame:
    """Rows for a signature: those held out, and one of each gap that they happen to lack.

    @param seen columns that lack something in other rows
    @param refused why the model does not answer such rows; None where it does. Of a model that nobody has fitted with gaps a column stays
        required which it cannot do without
    """
    gaps = fitted_on.isna() & ~held_out.isna().any()
    places = [gaps[name].to_numpy().argmax() for name in gaps.columns[gaps.any()]]
    rows = [held_out, fitted_on.iloc[sorted(set(places))]] if places else [held_out]
    known = held_out.isna().any() | fitted_on.isna().any()
    for name in seen:
        if known[name] or held_out[name].dtype.kind == "b":
            continue
        row = held_out.head(1).copy()
        row[name] = pd.Series([np.nan], row.index, dtype=row[name].dtype)
        reason = refused(row)
        if reason is None:
            rows.append(row)
        else:
            log.warning("a column stays required", extra=fields(column=name, reason=reason))
    return pd.concat(rows, ignore_index=True) if len(rows) > 1 else held_out


def example(inputs: pd.DataFrame) -> pd.DataFrame:
    """Rows for a model's example: without gaps, or with the fewest where each has one."""
    fewest = inputs.isna().sum(axis=1).to_numpy().argsort(kind="stable")
    return inputs.iloc[fewest[:3]].reset_index(drop=True)
