"""
CSV as MLflow's server reads it, with or without a line of names. What is missing in it `mlplatform.tables` decides, as in a batch run:
`NA`, `None` and `null` are text where the signature says text.
"""

from io import BytesIO
from typing import Any

import pandas as pd
from mlflow.types import DataType, Schema

from mlplatform.tables.pandas_words import words_for_missing
from model_server.dates import dates_of, frame_in_utc
from model_server.errors import Refused
from model_server.optional import optional_integers

# What has no empty text, and no text at all.
_NUMBERS = (DataType.boolean, DataType.integer, DataType.long, DataType.float, DataType.double, DataType.datetime)


def read_csv(content: bytes, schema: Schema | None, header: bool) -> pd.DataFrame:
    """Without a header the columns are those of the signature, in its order. Raises Refused for a table of another width."""
    names = schema.input_names() if schema is not None and schema.has_input_names() else None
    options = _options(schema)
    if header:
        table = pd.read_csv(BytesIO(content), **options)
    else:
        width = pd.read_csv(BytesIO(content), header=None, nrows=1).shape[1]
        if names is not None and width != len(names):
            message = f"without a header there must be {len(names)} columns ({', '.join(names)}); there are {width}"
            raise Refused(400, "schema", message)
        table = pd.read_csv(BytesIO(content), header=None, names=names, index_col=False, **options)
    table = frame_in_utc(table, schema)
    # CSV does not say how wide a tensor's numbers are; the signature does.
    tensor = (
        schema.inputs[0] if schema is not None and schema.is_tensor_spec() and not schema.has_input_names() else None
    )
    return table if tensor is None or tensor.type.kind not in "fiub" else table.astype(tensor.type)


def _options(schema: Schema | None) -> dict[str, Any]:
    """Without a signature of columns nothing says what is text, and pandas guesses, as for MLflow's server."""
    if schema is None or schema.is_tensor_spec():
        return {}
    # By place where the signature has no names, with or without a header.
    names: Any = schema.input_names() if schema.has_input_names() else range(len(schema.inputs))
    columns = dict(zip(names, schema.inputs))
    # What cannot be said as a type of CSV: text until it is read as a moment; integers of which some are missing.
    dtypes = dict(zip(names, schema.pandas_types())) | dict.fromkeys(dates_of(schema), object) | {
        name: f"Int{8 * kind.to_numpy().itemsize}" for name, kind in optional_integers(schema).items()
    }  # fmt: skip
    words = {
        name: words_for_missing(each.type in _NUMBERS, each.required and each.type == DataType.string)
        for name, each in columns.items()
    }
    return {"dtype": dtypes, "keep_default_na": False, "na_values": words}
