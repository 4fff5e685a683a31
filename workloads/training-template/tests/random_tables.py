"""Tables drawn at random, with the values that each column has to have wherever it is read, and files that say them in one of many ways."""

from __future__ import annotations

import csv
import gzip
import io
import json
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

#: Values by column: `n` a number, `w` a whole number, `c` a category, `f` a truth value, `t` a moment in ISO 8601, `y` 1 or 0.
Rows = list[dict[str, Any]]
_WORDS = [
    "a",
    "B",
    "NA",
    "None",
    "null",
    "n/a",
    "true",
    "1",
    "1.0",
    "007",
    "1e5",
    " x ",
    "ü",
    "\U0001f600",
    "a,b",
    'say "no"',
    "two\nlines",
    "old\rlines",
    "\r",
    "2026-01-02",
    "-",
    "#",
    "=1+1",
    "'",
    "\\",
    "\t.",
]


def drawn(random: Random, count: int) -> Rows:
    gaps = random.choice((0.0, 0.1, 0.3))

    def gap(value: Any) -> Any:
        return None if random.random() < gaps else value

    moments = [
        f"20{random.randint(10, 30)}-{random.randint(1, 12):02d}-{random.randint(1, 28):02d}T{random.randint(0, 23):02d}:{random.randint(0, 59):02d}:{random.randint(0, 59):02d}"
        for _ in range(count)
    ]
    return [{"n": gap(_number(random)), "w": gap(random.choice((0, 1, -7, random.randint(-(2**63), 2**63 - 1), 2**53 + 1, 2**63 - 1, -(2**63)))),
             "c": gap(random.choice(_WORDS)), "f": random.random() < 0.5, "t": gap(moments[place]), "y": place % 2} for place in range(count)]  # fmt: skip


def _number(random: Random) -> float:
    return random.choice(
        (
            random.gauss(0, 1),
            random.gauss(0, 1) * 10.0 ** random.randint(-300, 30),
            float(random.randint(-9, 9)),
            -0.0,
            5e-324,
            0.1 + 0.2,
            1 / 3,
        )
    )


@dataclass(frozen=True)
class File:
    name: str
    body: bytes


def written(rows: Rows, random: Random) -> File:
    """In one of the ways that readers promise to take."""
    name, body = random.choice((_csv, _csv, _lines, _parquet))(rows, random)
    if not name.endswith(".parquet") and random.random() < 0.3:
        return File(name + random.choice((".gz", ".GZ")), gzip.compress(body[:9]) + gzip.compress(body[9:]))
    return File(name, body)


def _csv(rows: Rows, random: Random) -> tuple[str, bytes]:
    names = random.sample(list(rows[0]), len(rows[0]))
    numbers_gap = random.choice(("", "NA", "NaN", "null", "None", "N/A", "#N/A", "nan", " "))
    out = io.StringIO()
    end = random.choice(("\n", "\r\n", "\r"))
    # The writer quotes a line's end within a text only where it is the one that it writes.
    bare = any(sign in (row["c"] or "") for row in rows for sign in "\r\n" if sign not in end)
    quoting = csv.QUOTE_ALL if bare else random.choice((csv.QUOTE_ALL, csv.QUOTE_MINIMAL))
    writer = csv.writer(out, lineterminator=end, quoting=quoting)
    header = list(names)
    indexed = random.random() < 0.15
    writer.writerow(["", *header] if indexed else header)
    truths = random.choice((("true", "false"), ("True", "False"), ("TRUE", "FALSE"), ("1", "0"), ("1.0", "0.0")))
    between = random.choice(("T", " "))
    for place, row in enumerate(rows):
        cells = []
        for name in names:
            value = row[name]
            if value is None:
                cells.append("" if name == "c" else numbers_gap)
            elif name == "n":
                cells.append(random.choice((repr(value), f"{value:.17g}", f"{value:.16e}", f"{value:+.17g}")))
            elif name == "f":
                cells.append(truths[not value])
            elif name == "t":
                cells.append(value.replace("T", between) + random.choice(("", "Z", "+00:00", ".000")))
            else:
                cells.append(str(value))
        writer.writerow([place, *cells] if indexed else cells)
    text = out.getvalue()
    if random.random() < 0.3:
        text = "\ufeff" + text
    if random.random() < 0.2:
        text = text.rstrip("\r\n")
    return random.choice(("rows.csv", "Rows.CSV")), text.encode()


def _lines(rows: Rows, random: Random) -> tuple[str, bytes]:
    leave_out, ascii_only, as_text = random.random() < 0.5, random.random() < 0.5, random.random() < 0.3
    lines: list[str] = []
    # The first row has every column: one that no row has is missing to training.
    for row in rows:
        named = {
            name: str(value) if as_text and value is not None and name in "nw" else value for name, value in row.items()
        }
        kept = {name: value for name, value in named.items() if value is not None or not leave_out or not lines}
        if lines and random.random() < 0.2:
            kept = dict(random.sample(list(kept.items()), len(kept)))
        lines.append(json.dumps(kept, ensure_ascii=ascii_only))
    return random.choice(("rows.jsonl", "rows.ndjson", "rows.json")), random.choice(("\n", "\r\n", "\n\n")).join(
        lines
    ).encode()


def _parquet(rows: Rows, random: Random) -> tuple[str, bytes]:
    made = {}
    for name in rows[0]:
        values = [row[name] for row in rows]
        made[name] = _arrow(name, values, random)
        if (
            random.random() < 0.2
            and name in "nwc"
            and not made[name].null_count
            and not pa.types.is_string_view(made[name].type)
        ):
            made[name] = made[name].dictionary_encode()
    target = io.BytesIO()
    pq.write_table(
        pa.table(made),
        target,
        row_group_size=random.choice((1, 3, 10_000)),
        compression=random.choice(("snappy", "zstd", "none", "gzip")),
    )
    return "rows.parquet", target.getvalue()


def _arrow(name: str, values: list[Any], random: Random) -> Any:
    if name == "c":
        kind = random.choice((pa.string(), pa.large_string(), pa.string_view(), pa.binary()))
        return pa.array([value if value is None or kind != pa.binary() else value.encode() for value in values], kind)
    if name == "t":
        zone = random.choice((None, "UTC", "Asia/Kolkata"))
        moments = [None if value is None else int(np.datetime64(value, "ns").astype(np.int64)) for value in values]
        unit = random.choice(("s", "ms", "us", "ns"))
        return pa.array(moments, pa.timestamp("ns", zone)).cast(pa.timestamp(unit, zone))
    if name == "f":
        return (
            pa.array(values)
            if random.random() < 0.7
            else pa.array([int(value) for value in values], random.choice((pa.int8(), pa.uint64(), pa.float64())))
        )
    if name == "w" and random.random() < 0.3:
        return pa.array(
            [None if value is None else Decimal(value) for value in values],
            random.choice((pa.decimal128(25, 0), pa.decimal128(30, 2))),
        )
    if name == "y":
        return pa.array(values, random.choice((pa.int64(), pa.int8(), pa.uint32(), pa.float32())))
    return pa.array(values)


def spoiled(file: File, random: Random) -> File:
    """What no reader may take for a table: cut, of another encoding, packed, or with a row that is none."""
    body = file.body
    if file.name.lower().endswith(".gz") or file.name.endswith(".parquet"):
        place = random.randint(len(body) // 3, len(body) - 2)
        return File(file.name, body[:place])
    if file.name.lower().endswith(".csv"):
        return File(
            file.name,
            random.choice(
                (
                    body.decode().encode("utf-16"),
                    b"PK\x03\x04" + body,
                    body + b"\n1,2\n",
                    body + b'\n"open,1,2,3,4,5\n',
                    body.replace(b"n", b"w", 1) if False else b"\xff" + body,
                )
            ),
        )
    return File(file.name, random.choice((body + b"\n{", body + b'\n["a"]', body.decode().encode("utf-16"))))
