"""Tables of random columns with a project that has them, written as people write tables."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from mlplatform.problems import BINARY, MULTICLASS, PROBLEM_TYPES, REGRESSION
from training_template.tables import Schema

Row = dict[str, Any]
_NAMES = ["x", "ä b", "a,b", 'say "x"', "0", "index", "prediction", "row", "Unnamed: 0", "a=b", "class", " padded ", "target", "x.1",
          "probability", "level_0", "names", "self", "\U0001f600", "a\nb", "version", "inputs", "missing", "x" * 90]  # fmt: skip
_WORDS = ["NA", "None", "null", "n/a", "nan", "true", "1", "1.0", "007", "1e5", " x ", "ü", "a,b", 'say "no"', "two\nlines", "old\rlines",
          "2026-01-02", "-", "=1+1", "\\", "missing", "any other"]  # fmt: skip
_MOMENTS = [
    "2026-01-31",
    "2026-01-31 10:15:00",
    "2026-01-31T10:15:00Z",
    "2026-01-31T10:15:00+05:30",
    "2026-01-31T10:15:00.123-08:00",
]

NUMBERS: dict[str, Callable[[Random, int], Any]] = {
    "plain": lambda random, at: random.gauss(50, 10),
    "counts": lambda random, at: random.randint(0, 9),
    "big": lambda random, at: 2**53 + random.choice((1, 3, 5)),
    "long": lambda random, at: random.randint(-(2**63), 2**63 - 1),
    "close": lambda random, at: random.choice((1.0, float(np.nextafter(1, 2)))),
    "wide": lambda random, at: random.gauss(0, 1) * 10.0 ** random.randint(-30, 30),
    "constant": lambda random, at: 7,
    "zeros": lambda random, at: random.choice((0.0, -0.0, 0.0, 1.0)),
    "id": lambda random, at: 100_000 + at,
    "seconds": lambda random, at: 1_700_000_000 + 61 * at,
    "months": lambda random, at: random.choice((202511, 202512, 202601)),
}
CATEGORIES: dict[str, Callable[[Random, int], Any]] = {
    "words": lambda random, at: random.choice(_WORDS),
    "codes": lambda random, at: random.randint(1, 5),
    "truths": lambda random, at: random.choice(("True", "False")),
    "one": lambda random, at: "only",
    "many": lambda random, at: f"v{random.randint(0, 79)}",
    "skewed": lambda random, at: f"v{min(int(random.expovariate(0.5)), 30)}",
    "unique": lambda random, at: f"customer {at}",
    "moments": lambda random, at: random.choice(_MOMENTS).replace("31", f"{random.randint(1, 28):02d}"),
}
#: What nothing is learnt from, and no file may fail at; lists and objects are in none of CSV.
OTHERS: dict[str, Callable[[Random, int], Any]] = {
    "note": lambda random, at: random.choice((None, 'said, "yes"\nand no', "")),
    "seen_at": lambda random, at: random.choice(_MOMENTS),
    "nested": lambda random, at: json.dumps({"a": [at]}),
}


@dataclass
class Drawn:
    """A table, and the project that it is for."""

    schema: Schema
    rows: list[Row]
    #: Names of the columns that another file may leave out of a row where it has nothing.
    names: list[str]
    #: The column that is wrong, and what has to be said of it.
    fault: tuple[str, str] | None = None
    kinds: dict[str, str] = field(default_factory=dict)


def drawn(random: Random, count: int) -> Drawn:
    names = random.sample(_NAMES, len(_NAMES))
    kind, target = random.choice(PROBLEM_TYPES), names.pop()
    numbers = {names.pop(): name for name in ["plain", *random.sample(list(NUMBERS), random.randint(0, 4))]}
    categories = {names.pop(): name for name in random.sample(list(CATEGORIES), random.randint(0, 4))}
    flags = [names.pop() for _ in range(random.randint(0, 2))]
    gaps = {name: random.choice((0.0, 0.0, 0.01, 0.25)) for name in [*numbers, *categories]}
    others = random.sample(list(OTHERS), random.randint(0, 3))
    classes = random.sample(_CLASSES, random.randint(2, 4)) if kind == MULTICLASS else []

    def row(at: int) -> Row:
        found = {name: NUMBERS[kind](random, at) for name, kind in numbers.items()}
        leaning = found[next(iter(numbers))]
        found |= {name: CATEGORIES[kind](random, at) for name, kind in categories.items()}
        found = {name: None if random.random() < gaps[name] else value for name, value in found.items()}
        found |= {name: random.random() < 0.3 for name in flags}
        found |= {name: OTHERS[name](random, at) for name in others}
        noise = leaning + random.gauss(0, 8)
        said = {BINARY: int(noise > 50), REGRESSION: noise}.get(kind)
        return {
            **found,
            target: classes[min(max(int((noise - 20) / 60 * len(classes)), 0), len(classes) - 1)] if classes else said,
        }

    schema = Schema(target, list(numbers), list(categories), flags, kind, sorted(classes), most_values=None)
    table = Drawn(schema, [row(at) for at in range(count)], [], None, {**numbers, **categories})
    table.names = list(table.rows[0])
    random.shuffle(table.names)
    return table


#: Among them what looks like numbers, truth values and gaps.
_CLASSES = ["gold", "1", "2", "True", "None", "né e", "a,b", "07"]


#: How a file says an answer, by the type of the problem.
_ANSWERS: dict[str, tuple[Callable[[Any], Any], ...]] = {
    BINARY: (lambda yes: yes, lambda yes: f"{yes}.0", lambda yes: yes == 1, lambda yes: f" {yes} ", lambda yes: ("FALSE", "true")[yes]),
    MULTICLASS: (lambda name: name, lambda name: f" {name}.0 " if name in ("1", "2") else name),
    REGRESSION: (lambda number: number, lambda number: f" {number} ", lambda number: f"{number:+.17e}"),
}  # fmt: skip


def _said(table: Drawn, rows: list[Row], random: Random) -> list[Row]:
    target, said = table.schema.target, random.choice(_ANSWERS[table.schema.problem_type])
    known = [None, "perhaps"] if table.schema.problem_type != MULTICLASS else [None]
    return [row if row.get(target) in known else {**row, target: said(row[target])} for row in rows]


def put(folder: Path, table: Drawn, rows: list[Row], random: Random, name: str) -> Path:
    """A file of the rows, in one of the ways in which people write them."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = _said(table, rows, random)
    end, body = random.choice((_csv, _lines, _parquet))(table, rows, random)
    if end != "parquet" and random.random() < 0.3:
        end, body = f"{end}.gz", gzip.compress(body)
    file = folder / f"{name}.{end}"
    file.write_bytes(body)
    return file


def _csv(table: Drawn, rows: list[Row], random: Random) -> tuple[str, bytes]:
    gap, truths = (
        random.choice(("", "NA", "null")),
        random.choice((("true", "false"), ("True", "False"), ("1", "0"), ("1.0", "0.0"))),
    )
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator=random.choice(("\n", "\r\n")))
    writer.writerow(table.names)
    for row in rows:
        writer.writerow(["" if row[name] is None and name not in table.schema.numbers else gap if row[name] is None
                         else truths[not row[name]] if isinstance(row[name], bool) else row[name] for name in table.names])  # fmt: skip
    return "csv", (random.choice(("", "\ufeff")) + text.getvalue()).encode()


def _lines(table: Drawn, rows: list[Row], random: Random) -> tuple[str, bytes]:
    leaves_out = random.random() < 0.6
    # The first row has every column, also in a file where one is empty throughout.
    kept = [
        {name: row[name] for name in table.names if row[name] is not None or not leaves_out or not at}
        for at, row in enumerate(rows)
    ]
    return random.choice(("jsonl", "ndjson", "json")), "\n".join(
        json.dumps(row, ensure_ascii=random.random() < 0.5) for row in kept
    ).encode()


def _parquet(table: Drawn, rows: list[Row], random: Random) -> tuple[str, bytes]:
    made = {}
    for name in table.names:
        values = [row[name] for row in rows]
        if len({type(value) for value in values if value is not None}) > 1:
            values = [None if value is None else str(value) for value in values]
        column = pa.array(values)
        if random.random() < 0.4 and not pa.types.is_null(column.type) and not pa.types.is_boolean(column.type):
            column = column.dictionary_encode()
        made[name] = column
    target = io.BytesIO()
    pq.write_table(pa.table(made), target, row_group_size=random.choice((50, 10_000)))
    return "parquet", target.getvalue()
