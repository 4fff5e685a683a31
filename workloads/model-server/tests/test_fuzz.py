"""Made-up bodies: none of them makes the server fail."""

import json
from http.client import HTTPConnection

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mlflow.types import ColSpec, DataType, Schema

from conftest import COLUMNS
from server import Server
from test_rows import doubles, payloads

# The same bodies in every run, so that a run does not fail by chance; no limit of time, so that none fails for a busy machine.
quiet = settings(deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))

json_values = st.recursive(
    st.none() | st.booleans() | doubles | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
keys = st.sampled_from(["dataframe_split", "dataframe_records", "instances", "inputs", "params", "columns", "data"])
MODEL = Schema([ColSpec(DataType.double, name) for name in COLUMNS])
tensors = st.fixed_dictionaries({
    "inputs": st.lists(st.fixed_dictionaries({}, optional={
        "name": st.sampled_from(["x", "f0", "\ud800"]), "shape": st.lists(st.integers(-1, 12), max_size=2) | json_values,
        "datatype": st.sampled_from(["FP64", "INT8", "BYTES", "BOOL", "FP16"]), "data": json_values | st.just([[0.5] * 12]),
        "parameters": st.sampled_from([{}, {"binary_data_size": 8}, {"binary_data_size": -1}, None, 3]),
    }), max_size=3),
}, optional={"outputs": json_values, "parameters": json_values, "id": json_values})  # fmt: skip
bodies = st.one_of(
    st.binary(max_size=200),
    json_values.map(lambda value: json.dumps(value).encode()),
    st.dictionaries(keys, json_values, min_size=1, max_size=2).map(lambda value: json.dumps(value).encode()),
    payloads(MODEL).map(lambda value: json.dumps(value).encode()),
    tensors.map(lambda value: json.dumps(value).encode()),
    st.sampled_from(
        [b'{"inputs": "\\ud800"}', b'{"inputs": ["\\udfff"]}', b'{"\\ud800": 1}', b'{"dataframe_split": "\\ud800"}']
    ),
    st.text(alphabet='{}[]",:0123456789.eE-+ \nf', max_size=120).map(str.encode),
)
kinds = st.sampled_from(
    ["application/json"] * 4 + ["text/csv", "application/jsonlines", "application/vnd.apache.parquet", "text/x"]
)

lengths = st.sampled_from([None, None, "0", "20", "99999", "x", "-1"])


def test_no_body_makes_the_server_fail(shared: Server) -> None:
    seen: set[int] = set()
    connection = HTTPConnection("127.0.0.1", shared.port, timeout=180)

    @settings(quiet, max_examples=400)
    @given(bodies, kinds, st.sampled_from(["/invocations"] * 3 + ["/v2/models/churn/infer"]), lengths)
    def ask(body: bytes, kind: str, path: str, length: str | None) -> None:
        binary = {"Inference-Header-Content-Length": length} if length is not None and path.startswith("/v2") else {}
        connection.request("POST", path, body, {"Content-Type": kind, **binary})
        answer = connection.getresponse()
        text = answer.read()
        seen.add(answer.status)
        assert answer.status in (200, 400, 413, 415), (answer.status, text)
        assert answer.status == 200 or json.loads(text)["error" if path.startswith("/v2") else "message"]

    ask()
    assert {200, 400, 415} <= seen
    assert shared.metric("model_server_requests_total", status="500") == 0
