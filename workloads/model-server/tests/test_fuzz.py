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
bodies = st.one_of(
    st.binary(max_size=200),
    json_values.map(lambda value: json.dumps(value).encode()),
    st.dictionaries(keys, json_values, min_size=1, max_size=2).map(lambda value: json.dumps(value).encode()),
    payloads(MODEL).map(lambda value: json.dumps(value).encode()),
    st.text(alphabet='{}[]",:0123456789.eE-+ \nf', max_size=120).map(str.encode),
)
kinds = st.sampled_from(
    ["application/json"] * 4 + ["text/csv", "application/jsonlines", "application/vnd.apache.parquet", "text/x"]
)


def test_no_body_makes_the_server_fail(shared: Server) -> None:
    seen: set[int] = set()
    connection = HTTPConnection("127.0.0.1", shared.port, timeout=180)

    @settings(quiet, max_examples=400)
    @given(bodies, kinds, st.sampled_from(["/invocations"] * 3 + ["/v2/models/churn/infer"]))
    def ask(body: bytes, kind: str, path: str) -> None:
        connection.request("POST", path, body, {"Content-Type": kind})
        answer = connection.getresponse()
        text = answer.read()
        seen.add(answer.status)
        assert answer.status in (200, 400, 413, 415), (answer.status, text)
        assert answer.status == 200 or json.loads(text)["message"]

    ask()
    assert {200, 400, 415} <= seen
    assert shared.metric("model_server_requests_total", status="500") == 0
