"""What Model Monitor's analyzer calls for each captured request: its rows, flat, with their values as text.

The analyzer takes no request in one encoding with an answer in another, and the model server answers in JSON whatever it was asked in; so it is
given requests alone, which say what the data are. It brings no library that could be relied on but Python's own.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-pre-and-post-processing.html
"""

import csv
import io
import json
import os
from decimal import Decimal
from functools import lru_cache

#: Where the analyzer is told that the constraints lie which it compares with.
CONSTRAINTS = "baseline_constraints"
TRUTHS = {"true": "True", "false": "False", "1": "True", "0": "False", "1.0": "True", "0.0": "False"}
#: Numbers with more digits before the point, or zeros behind it, are no measurements; a float has up to 309.
MOST_DIGITS = 400


def preprocess_handler(inference_record):
    """The rows of one request; none of what cannot be read."""
    known = features(os.environ.get(CONSTRAINTS, ""))
    asked = inference_record.endpoint_input
    try:
        # A field of CSV that is beyond its header has no name.
        return [
            {str(name): text(known.get(name, {}), value) for name, value in row.items() if name is not None}
            for row in rows_of(asked.encoding, asked.data)
        ]
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError, csv.Error):
        return []


def rows_of(encoding, data):
    """As the model server reads them: CSV with a header, or JSON of MLflow's forms."""
    if encoding == "CSV":
        return list(csv.DictReader(io.StringIO(data)))
    if encoding != "JSON":
        return []
    asked = json.loads(data)
    split = asked.get("dataframe_split")
    if split:
        return [dict(zip(split["columns"], row)) for row in split["data"]]
    rows = asked.get("dataframe_records") or asked.get("instances") or asked["inputs"]
    if isinstance(rows, dict):
        columns = [value if isinstance(value, list) else [value] for value in rows.values()]
        return [dict(zip(rows, values)) for values in zip(*columns)]
    return [row for row in rows if isinstance(row, dict)]


@lru_cache(maxsize=1)
def features(path):
    """Columns of the constraints by their names; none where they are not there."""
    try:
        with open(path, encoding="utf-8") as file:
            return {feature["name"]: feature for feature in json.load(file)["features"]}
    except (OSError, ValueError, KeyError):
        return {}


def text(feature, value):
    """As the analyzer tells types by: a fraction has a point, a whole number none, and neither an exponent."""
    if value is None or value == "" or value != value:
        return None
    if set(feature.get("string_constraints", {}).get("domains", ["?"])) <= set(TRUTHS.values()):
        return TRUTHS.get(str(value).lower(), str(value))
    kind = feature.get("inferred_type")
    if isinstance(value, bool) or (isinstance(value, str) and kind not in ("Integral", "Fractional")):
        return str(value)
    try:
        number = Decimal(str(value))
        if not number.is_finite() or abs(number.adjusted()) > MOST_DIGITS:
            return str(value)
        whole = number == number.to_integral_value()
    except ArithmeticError:
        return str(value)
    if whole:
        return "{}.0".format(int(number)) if kind == "Fractional" else str(int(number))
    return format(number, "f")
