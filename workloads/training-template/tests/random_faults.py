"""One fault of a table of random columns, with what validation has to say of it."""

from __future__ import annotations

from random import Random
from typing import Any

from mlplatform.problems import BINARY, MULTICLASS, REGRESSION
from random_columns import Drawn
from training_template.tables import Schema


def spoil(table: Drawn, random: Random) -> None:
    random.choice([each for each in FAULTS if each.__name__ not in _unfit(table)])(table, random)


def _unfit(table: Drawn) -> set[str]:
    schema = table.schema
    lacks = {"unflagged"} if not schema.flags else set()
    lacks |= {"too_many"} if "many" not in table.kinds.values() else set()
    lacks |= {"unlearnt"} if schema.problem_type != MULTICLASS else set()
    return lacks


def a_word(table: Drawn, random: Random) -> None:
    name = random.choice(list(table.schema.numbers))
    random.choice(table.rows)[name] = random.choice(("about 5", "1,5", "0x10", "1_000", "--1", "True", "12€"))
    table.fault = name, "is no number in 1 rows, first"


def too_large(table: Drawn, random: Random) -> None:
    name = random.choice(list(table.schema.numbers))
    random.choice(table.rows)[name] = random.choice((1e39, -3.5e38, 1.797e308))
    table.fault = name, "is beyond 3.403e+38"


def mostly_missing(table: Drawn, random: Random) -> None:
    name = random.choice([*table.schema.numbers, *table.schema.categories])
    for row in table.rows:
        row[name] = row[name] if random.random() < 0.2 else None
    table.fault = name, "is missing in"


def unflagged(table: Drawn, random: Random) -> None:
    name = random.choice(list(table.schema.flags))
    random.choice(table.rows)[name] = random.choice((None, "yes", "2"))
    table.fault = name, "is neither true nor false in 1 rows, first"


def too_many(table: Drawn, random: Random) -> None:
    table.schema = Schema(**{**_said(table.schema), "most_values": 40})
    for name, kind in table.kinds.items():
        if kind == "many":
            table.fault = name, "different values, at most 40 can be learnt"
        if kind in ("unique", "moments"):
            for row in table.rows:
                row[name] = "same"


def no_answer(table: Drawn, random: Random) -> None:
    name = table.schema.target
    random.choice(table.rows)[name] = None
    said = {BINARY: "is neither 0 nor 1 in 1 rows", MULTICLASS: "is none of", REGRESSION: "is no number in 1 rows"}
    table.fault = name, said[table.schema.problem_type]


def another_answer(table: Drawn, random: Random) -> None:
    name = table.schema.target
    random.choice(table.rows)[name] = "perhaps"
    said = {BINARY: "is neither 0 nor 1 in 1 rows", MULTICLASS: "is none of", REGRESSION: "is no number in 1 rows"}
    table.fault = name, said[table.schema.problem_type]


def one_answer(table: Drawn, random: Random) -> None:
    only = table.rows[0][table.schema.target]
    for row in table.rows:
        row[table.schema.target] = only
    table.fault = table.schema.target, "is always"


def unlearnt(table: Drawn, random: Random) -> None:
    table.schema = Schema(**{**_said(table.schema), "classes": [*table.schema.classes, "never"]})
    table.fault = table.schema.target, "is never never: it could not be learnt"


def left_out(table: Drawn, random: Random) -> None:
    name = random.choice([*table.schema.inputs, table.schema.target])
    for row in table.rows:
        del row[name]
    table.names.remove(name)
    table.fault = name, "missing"


def few_rows(table: Drawn, random: Random) -> None:
    del table.rows[120:]
    table.fault = "", "rows, at least"


FAULTS = (
    a_word,
    too_large,
    mostly_missing,
    unflagged,
    too_many,
    no_answer,
    another_answer,
    one_answer,
    unlearnt,
    left_out,
    few_rows,
)


def _said(schema: Schema) -> dict[str, Any]:
    return {
        name: getattr(schema, name)
        for name in ("target", "numbers", "categories", "flags", "problem_type", "classes", "most_values")
    }
