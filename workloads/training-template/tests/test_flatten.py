"""Requests as SageMaker captures them, made flat for Model Monitor, beside the baseline that training makes."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from conftest import CONFIGS, TABLES, Root
from training_template import data_baseline, projects
from training_template.tables import TRUTHS

FILE = Path(__file__).parents[2] / "model-monitor" / "flatten.py"
#: How the analyzer tells a type: https://github.com/awslabs/deequ, StatefulDataType.
KINDS = {"Fractional": r"^(-|\+)? ?\d*\.\d*$", "Integral": r"^(-|\+)? ?\d*$", "Boolean": "^(true|false)$", "String": ""}


@pytest.fixture
def flatten() -> Any:
    spec = importlib.util.spec_from_file_location("flatten", FILE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def captured(data: str, encoding: str = "JSON") -> SimpleNamespace:
    return SimpleNamespace(endpoint_input=SimpleNamespace(encoding=encoding, data=data))


def kind(value: str) -> str:
    return next(name for name, pattern in KINDS.items() if re.match(pattern, value))


@pytest.mark.parametrize("project", CONFIGS)
def test_rows_have_the_types_and_values_of_the_baseline_whichever_form_they_are_sent_in(
    root: Root, flatten: Any, monkeypatch: pytest.MonkeyPatch, project: str
) -> None:
    schema = projects.find(CONFIGS[project])[1].schema
    rows = schema.typed(TABLES[project](600, 5))
    data_baseline.write_baseline(schema, rows, root.paths.processing("output"))
    path = root.paths.processing("output") / "baseline" / "constraints.json"
    monkeypatch.setenv("baseline_constraints", str(path))
    asked = rows[schema.inputs].head(50).round(4)
    records = json.loads(asked.to_json(orient="records"))
    bodies = [
        captured(json.dumps({"dataframe_records": records})),
        captured(json.dumps({"dataframe_split": json.loads(asked.to_json(orient="split", index=False))})),
        captured(json.dumps({"instances": records})),
        captured(json.dumps({"inputs": {name: [row[name] for row in records] for name in schema.inputs}})),
        captured(asked.to_csv(index=False), "CSV"),
    ]
    first, *others = [flatten.preprocess_handler(body) for body in bodies]
    assert len(first) == 50 and all(each == first for each in others)
    for feature in json.loads(path.read_text())["features"]:
        values = [row[feature["name"]] for row in first if row[feature["name"]] is not None]
        assert {kind(value) for value in values} == {feature["inferred_type"]}
        assert set(values) <= set(feature.get("string_constraints", {}).get("domains", values))


def test_numbers_have_no_exponent_and_flags_are_true_or_false(
    flatten: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "constraints.json"
    domains = {"string_constraints": {"domains": ["False", "True"]}}
    features = [
        {"name": "part", "inferred_type": "Fractional"},
        {"name": "whole", "inferred_type": "Integral"},
        {"name": "flag", "inferred_type": "String", **domains},
    ]
    path.write_text(json.dumps({"features": features}))
    monkeypatch.setenv("baseline_constraints", str(path))
    rows = [
        {"part": 1e9, "whole": 5.0, "flag": 1},
        {"part": 1e-7, "whole": "6", "flag": "false"},
        {"part": None, "whole": 2.5, "flag": "maybe", "new": 3.0},
    ]
    assert flatten.preprocess_handler(captured(json.dumps({"dataframe_records": rows}))) == [
        {"part": "1000000000.0", "whole": "5", "flag": "True"},
        {"part": "0.0000001", "whole": "6", "flag": "False"},
        {"part": None, "whole": "2.5", "flag": "maybe", "new": "3"},
    ]


@pytest.mark.timeout(10)
@pytest.mark.parametrize("kind", ["Integral", "Fractional", "String"])
def test_numbers_beyond_all_measure_are_said_as_they_came(
    flatten: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    path = tmp_path / "constraints.json"
    path.write_text(json.dumps({"features": [{"name": "a", "inferred_type": kind}]}))
    monkeypatch.setenv("baseline_constraints", str(path))
    texts = [
        "inf",
        "-Infinity",
        "sNaN",
        "1e3000000",
        "1e-999999999",
        "0e999999999",
        "1e99999999999999999999",
        "9" * 402,
    ]
    assert flatten.preprocess_handler(captured("\n".join(["a", *texts]), "CSV")) == [{"a": text} for text in texts]
    for data in ('{"inputs": {"a": [1e400, 3, NaN]}}', '{"inputs": {"a": [Infinity, 3, NaN]}}'):
        whole = "3.0" if kind == "Fractional" else "3"
        assert flatten.preprocess_handler(captured(data)) == [{"a": "inf"}, {"a": whole}, {"a": None}]


def test_a_flag_is_true_or_false_by_the_texts_that_are_in_training(flatten: Any) -> None:
    assert {key: str(value) for key, value in TRUTHS.items()} == flatten.TRUTHS


def test_fields_without_a_name_are_no_column(flatten: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("baseline_constraints", raising=False)
    assert flatten.preprocess_handler(captured("a,b\n1,2,3,4\n5\n", "CSV")) == [
        {"a": "1", "b": "2"}, {"a": "5", "b": None},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        ("bm8=", "BASE64"),
        ("no JSON", "JSON"),
        ("[1]", "JSON"),
        ("{}", "JSON"),
        ('{"inputs": [[1, 2]]}', "JSON"),
        ("[" * 100_000, "JSON"),
        ("a\n" + "x" * 200_000, "CSV"),
        ('{"inputs": {"a": ' + "9" * 5000 + "}}", "JSON"),
    ],
)
def test_what_has_no_columns_gives_no_rows(flatten: Any, data: str, encoding: str) -> None:
    assert flatten.preprocess_handler(captured(data, encoding)) == []


def test_what_is_nested_too_deeply_ends_no_job(flatten: Any) -> None:
    for depth in range(800, 1100):
        data = '{"inputs": {"a": [' + "[" * depth + "]" * depth + "]}}"
        assert len(flatten.preprocess_handler(captured(data))) <= 1


def test_without_constraints_it_says_what_it_was_given(flatten: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("baseline_constraints", raising=False)
    asked = pd.DataFrame({"a": [1.5], "b": ["x"], "c": [True]})
    body = captured(json.dumps({"dataframe_records": asked.to_dict("records")}))
    assert flatten.preprocess_handler(body) == [{"a": "1.5", "b": "x", "c": "True"}]
