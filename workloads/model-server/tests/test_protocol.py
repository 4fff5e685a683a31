"""MLflow's scoring protocol, SageMaker's contract, Open Inference Protocol v2, the public port and bad input, on one server."""

import contextlib
import gzip
import json
import math
import socket
from typing import Any

import pytest
from mlflow.pyfunc.scoring_server import invocations

from conftest import COLUMNS, Made
from server import Server

JSON = "application/json"


@pytest.fixture(scope="module")
def made(models: dict[str, Made]) -> Made:
    return models["sklearn_trees"]


def forms(made: Made) -> list[tuple[str, str]]:
    rows = made.rows.head(3)
    split = json.loads(rows.to_json(orient="split"))
    shuffled = rows[list(reversed(COLUMNS))]
    records = rows.to_dict("records")
    payloads: list[Any] = [
        {"dataframe_split": split},
        {"dataframe_split": {"columns": COLUMNS, "data": rows.values.tolist()}},
        made.payload(shuffled),
        made.payload(shuffled.assign(extra=1)),
        {"dataframe_records": records},
        {"dataframe_records": [dict(reversed(each.items())) for each in records]},
        {"instances": records},
        {"inputs": {name: rows[name].tolist() for name in COLUMNS}},
        {"dataframe_records": records, "params": {}},
        {"dataframe_split": {"columns": COLUMNS, "data": [[1] * 12, [-0.0] * 12, [1e-320] * 12]}},
    ]
    return [(JSON, json.dumps(each)) for each in payloads] + [("text/csv", rows.to_csv(index=False))]


@pytest.mark.parametrize("place", range(11))
def test_each_form_of_mlflows_protocol_is_answered_as_mlflows_own_server_does(
    shared: Server, made: Made, place: int
) -> None:
    kind, body = forms(made)[place]
    wanted = invocations(body, kind, made.pyfunc, made.pyfunc.metadata.get_input_schema())
    status, headers, answer = shared.ask("POST", "/invocations", body, {"Content-Type": kind})
    assert (status, json.loads(answer)) == (wanted.status, json.loads(wanted.response))
    assert headers["x-model-name"] == "churn" and headers["x-model-version"] and headers["x-request-id"]


def test_rows_as_json_lines_get_one_line_each(shared: Server, made: Made) -> None:
    rows = made.rows.head(5)
    body = "\n".join(json.dumps(each) for each in rows.to_dict("records"))
    status, headers, answer = shared.ask("POST", "/invocations", body, {"Content-Type": "application/jsonlines"})
    assert status == 200 and headers["content-type"] == "application/jsonlines"
    assert [json.loads(line)["prediction"] for line in answer.splitlines()] == made.pyfunc.predict(rows).tolist()


def test_sagemakers_contract(shared: Server, made: Made) -> None:
    assert shared.get("/ping")[0] == 200
    attributes = {"Content-Type": JSON, "X-Amzn-SageMaker-Custom-Attributes": "trace=7"}
    status, headers, _ = shared.ask("POST", "/invocations", json.dumps(made.payload(made.rows.head(1))), attributes)
    assert status == 200 and headers["x-amzn-sagemaker-custom-attributes"] == "trace=7"


def test_a_package_that_does_not_tell_its_version_is_told_which_it_is(made: Made) -> None:
    with Server(SOURCE=made.path, VERSION="7", WORKERS=1) as server:
        assert server.ready(workers=1).get("/health/ready")[1]["x-model-version"] == "7"


def test_open_inference_protocol(shared: Server, made: Made) -> None:
    rows = made.rows.head(4)
    assert json.loads(shared.get("/v2/models/churn")[2])["inputs"][0] == {
        "name": "f0",
        "datatype": "FP64",
        "shape": [-1],
    }
    assert json.loads(shared.get("/v2/health/ready")[2]) == {"ready": True}
    columns = [{"name": name, "shape": [4], "datatype": "FP64", "data": rows[name].tolist()} for name in COLUMNS]
    table = [{"name": "x", "shape": [4, 12], "datatype": "FP64", "data": rows.values.tolist()}]
    for inputs in (columns, table):
        body = json.dumps({"id": "7", "inputs": inputs})
        status, _, answer = shared.ask("POST", "/v2/models/churn/infer", body, {"Content-Type": JSON})
        reply = json.loads(answer)
        assert status == 200, reply
        assert reply["id"] == "7" and reply["outputs"][0]["data"] == made.pyfunc.predict(rows).tolist()
    for path, body in (
        ("other", {"inputs": table}),
        ("churn", {}),
        ("churn", {"inputs": [{**table[0], "shape": [3]}]}),
    ):
        status, _, answer = shared.ask("POST", f"/v2/models/{path}/infer", json.dumps(body), {"Content-Type": JSON})
        assert 400 <= status < 500, answer


def test_the_public_port_demands_the_token_and_the_prefix(shared: Server, made: Made) -> None:
    body = json.dumps(made.payload(made.rows.head(1)))

    def asked(path: str, **headers: str) -> int:
        return shared.ask("POST", path, body, {"Content-Type": JSON, **headers}, port=shared.public_port)[0]

    assert asked("/churn/invocations") == 401
    assert asked("/churn/invocations", Authorization="Bearer wrong") == 401
    assert asked("/churn/invocations", Authorization="Bearer made-up-token") == 200
    assert asked("/invocations", Authorization="Bearer made-up-token") == 404
    assert asked("/churnx/invocations", Authorization="Bearer made-up-token") == 404
    assert shared.get("/churn/health/ready", shared.public_port)[0] == 200
    assert shared.get("/churn/docs", shared.public_port)[0] == 401
    assert shared.get("/metrics", shared.public_port)[0] == 404
    assert shared.get("/metrics", shared.metrics_port)[0] == 200
    assert shared.ask("POST", "/invocations", body, {"Content-Type": JSON}, port=shared.metrics_port)[0] == 404


def test_request_ids_are_kept_or_made(shared: Server) -> None:
    assert shared.ask("GET", "/ping", headers={"X-Request-Id": "abc-7"})[1]["x-request-id"] == "abc-7"
    attributes = {"X-Amzn-SageMaker-Custom-Attributes": "trace=1; request_id=abc-8"}  # All that SageMaker hands on.
    assert shared.ask("GET", "/ping", headers=attributes)[1]["x-request-id"] == "abc-8"
    assert shared.ask("GET", "/ping", headers={**attributes, "X-Request-Id": "abc-7"})[1]["x-request-id"] == "abc-7"
    for other in ("not_request_id=1", "request_id="):
        given = shared.ask("GET", "/ping", headers={"X-Amzn-SageMaker-Custom-Attributes": other})[1]["x-request-id"]
        assert len(given) > 16
    made_up = shared.ask("GET", "/ping", headers={"X-Request-Id": "x" * 200})[1]["x-request-id"]
    assert made_up != shared.get("/ping")[1]["x-request-id"] and len(made_up) < 64


SPLIT = {"columns": COLUMNS, "data": [[0.5] * 12]}
BAD: list[tuple[str, Any, dict[str, str], int, str]] = [
    ("malformed JSON", b'{"dataframe_split": ', {}, 400, "JSON"),
    ("no JSON at all", b"\xff\xfe\x00", {}, 400, "JSON"),
    ("empty body", b"", {}, 400, "JSON"),
    ("a list", b"[1]", {}, 400, "object"),
    ("a number", b"7", {}, 400, "object"),
    ("no known key", b'{"rows": []}', {}, 400, "dataframe_split"),
    ("two keys", json.dumps({"dataframe_split": SPLIT, "inputs": []}), {}, 400, "exactly one"),
    ("nested deeper than any reader goes", b'{"inputs": ' + b"[" * 100_000, {}, 400, "JSON"),
    ("a column missing", json.dumps({"dataframe_split": {"columns": COLUMNS[:-1], "data": [[0.5] * 11]}}), {}, 400, "f11"),
    ("rows of different length", json.dumps({"dataframe_split": {**SPLIT, "data": [[1.0], [1.0, 2.0]]}}), {}, 400, ""),
    ("text for a number", json.dumps({"dataframe_split": {**SPLIT, "data": [["a"] * 12]}}), {}, 400, "f0"),
    ("an object for a number", json.dumps({"dataframe_split": {**SPLIT, "data": [[{}] * 12]}}), {}, 400, ""),
    ("null that the model cannot take", json.dumps({"dataframe_split": {**SPLIT, "data": [[None] * 12]}}), {}, 400, "NaN"),
    ("NaN that the model cannot take", json.dumps({"dataframe_split": {**SPLIT, "data": [[math.nan] * 12]}}), {}, 400, "NaN"),
    ("infinity", json.dumps({"dataframe_split": {**SPLIT, "data": [[math.inf] * 12]}}), {}, 400, "infinity"),
    ("no rows", json.dumps({"dataframe_split": {**SPLIT, "data": []}}), {}, 400, ""),
    ("unknown type of content", b"x", {"Content-Type": "text/plain"}, 415, "application/json"),
    ("other charset", b"{}", {"Content-Type": "application/json; charset=latin-1"}, 415, "UTF-8"),
    ("CSV with other columns", b"a,b\n1,2\n", {"Content-Type": "text/csv"}, 400, "f0"),
    ("CSV that is binary", b"\xff\x00\xff", {"Content-Type": "text/csv"}, 400, "UTF-8"),
    ("empty CSV", b"", {"Content-Type": "text/csv"}, 400, "empty"),
    ("Parquet that is none", b"PAR1", {"Content-Type": "application/vnd.apache.parquet"}, 400, "Parquet"),
    ("body too large", b" " * (1024 * 1024 + 1), {}, 413, "1 MiB"),
    ("zip bomb", gzip.compress(b" " * 200_000_000, 9), {"Content-Encoding": "gzip"}, 413, "unpacks"),
    ("gzip that is none", b"{}", {"Content-Encoding": "gzip"}, 400, "gzip"),
    ("gzip cut short", gzip.compress(b'{"a": 1}' * 99)[:-12], {"Content-Encoding": "gzip"}, 400, "early"),
    ("unknown encoding", b"{}", {"Content-Encoding": "br"}, 415, "gzip"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "headers", "status", "says"), [each[1:] for each in BAD], ids=[each[0] for each in BAD]
)
def test_bad_input_is_refused_with_what_is_wrong(
    shared: Server, body: Any, headers: Any, status: int, says: str
) -> None:
    got, _, answer = shared.ask("POST", "/invocations", body, {"Content-Type": JSON, **headers})
    assert got == status, answer
    told = json.loads(answer)
    assert says in told["message"] and told["error_code"]


def test_a_good_gzip_body_is_taken(shared: Server, made: Made) -> None:
    body = gzip.compress(json.dumps(made.payload(made.rows.head(2))).encode())
    assert shared.ask("POST", "/invocations", body, {"Content-Type": JSON, "Content-Encoding": "gzip"})[0] == 200


RAW: list[tuple[str, bytes, bytes]] = [
    ("not HTTP", b"hello\r\n\r\n", b" 400 "),
    ("a head without end", b"GET / HTTP/1.1\r\nx: " + b"a" * 200_000, b" 431 "),
    ("a body that never ends", b"POST /invocations HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
     + b"10000\r\n" + b"a" * 65536 + b"\r\n" + (b"10000\r\n" + b"a" * 65536 + b"\r\n") * 20, b" 413 "),
    ("a body that never comes", b"POST /invocations HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{", b" 408 "),
    ("a head that never comes", b"POST /invoc", b" 408 "),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "status"), [each[1:] for each in RAW], ids=[each[0] for each in RAW])
def test_a_client_that_breaks_the_rules_is_told_and_left(shared: Server, sent: bytes, status: bytes) -> None:
    with socket.create_connection(("127.0.0.1", shared.port), timeout=120) as client:
        with contextlib.suppress(ConnectionError):
            client.sendall(sent)
        answer = client.recv(4096)
        assert status in answer.splitlines()[0] + b" ", answer


def test_thousands_of_requests_in_one_packet_are_answered_in_their_order(shared: Server) -> None:
    count = 2000
    with socket.create_connection(("127.0.0.1", shared.port), timeout=120) as client:
        client.sendall(b"GET /v2 HTTP/1.1\r\nHost: a\r\n\r\n" + b"GET /ping HTTP/1.1\r\nHost: a\r\n\r\n" * count)
        answer = b""
        while answer.count(b"HTTP/1.1 200 OK") < count + 1:
            received = client.recv(1024 * 1024)
            assert received, answer[-1000:]
            answer += received
    assert b"extensions" in answer[: answer.index(b'"status"')]


def test_nothing_bad_left_a_mark(shared: Server, made: Made) -> None:
    assert shared.predict(made.payload(made.rows.head(1)))[0] == 200
    assert shared.metric("model_server_requests_total", status="500") == 0
    assert shared.metric("model_input_rejected_total", reason="body_too_large") >= 2
    assert shared.metric("model_predictions_total", outcome="rejected") >= len(BAD) - 2
    for pid in shared.workers():
        with open(f"/proc/{pid}/status") as status:
            peak = next(line for line in status if line.startswith("VmHWM"))
        assert int(peak.split()[1]) < 900_000, f"kB at most: {peak}"
