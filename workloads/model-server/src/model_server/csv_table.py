"""CSV as MLflow's server reads it, with or without a line of names."""

from io import BytesIO
from typing import Any

import pandas as pd
from mlflow.types import Schema

from model_server.dates import dates_of, frame_in_utc
from model_server.errors import Refused
from model_server.optional import optional_integers


def read_csv(content: bytes, schema: Schema | None, header: bool) -> pd.DataFrame:
    """Without a header the columns are those of the signature, in its order. Raises Refused for a table of another width."""
    names = schema.input_names() if schema is not None and schema.has_input_names() else None
    dtypes = _dtypes(schema, header)
    if header:
        table = pd.read_csv(BytesIO(content), dtype=dtypes)
    else:
        width = pd.read_csv(BytesIO(content), header=None, nrows=1).shape[1]
        if names is not None and width != len(names):
            message = f"without a header there must be {len(names)} columns ({', '.join(names)}); there are {width}"
            raise Refused(400, "schema", message)
        table = pd.read_csv(BytesIO(content), header=None, names=names, dtype=dtypes, index_col=False)
    table = frame_in_utc(table, schema)
    # CSV does not say how wide a tensor's numbers are; the signature does.
    tensor = (
        schema.inputs[0] if schema is not None and schema.is_tensor_spec() and not schema.has_input_names() else None
    )
    return table if tensor is None or tensor.type.kind not in "fiub" else table.astype(tensor.type)


def _dtypes(schema: Schema | None, header: bool) -> dict[Any, Any] | None:
    if schema is None or schema.is_tensor_spec():
        return None
    names = schema.input_names() if schema.has_input_names() else range(0 if header else len(schema.inputs))
    found = dict(zip(names, schema.pandas_types()))
    # What cannot be said as a type of CSV: text until it is read as a moment; integers of which some are missing.
    return found | dict.fromkeys(dates_of(schema), object) | {
        name: f"Int{8 * kind.to_numpy().itemsize}" for name, kind in optional_integers(schema).items()
    }  # fmt: skip
