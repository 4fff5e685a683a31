from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from conftest import CONFIGS, TABLES, Root
from training_template import data_baseline, projects
from training_template.boosted import encoded
from training_template.splits import split_rows
from training_template.tables import Schema, read_typed

CODES = Schema("left", ["age", "debt"], ["branch"], ["member"])


def written(root: Root, name: str) -> dict[str, Any]:
    return root.report(f"baseline/{name}.json")


def by_name(content: dict[str, Any]) -> dict[str, Any]:
    return {feature["name"]: feature for feature in content["features"]}


@pytest.mark.parametrize("project", CONFIGS)
def test_data_that_pass_leave_what_their_training_rows_are_like(root: Root, project: str) -> None:
    frame = TABLES[project](1500, 5)
    root.data(frame)
    root.environment.setenv("SM_HP_PROJECT", project)
    assert root.run("validate") == 0
    schema = projects.find(CONFIGS[project])[1].schema
    statistics, constraints = written(root, "statistics"), written(root, "constraints")
    assert statistics["dataset"] == {"item_count": len(split_rows(frame)["train"])}
    for content in (statistics, constraints):
        assert content["version"] == 0.0
        # Not the answer, which no request has.
        assert [feature["name"] for feature in content["features"]] == sorted(schema.inputs)
    kinds = {name: feature["inferred_type"] for name, feature in by_name(constraints).items()}
    assert kinds == {name: feature["inferred_type"] for name, feature in by_name(statistics).items()}
    assert {kinds[name] for name in [*schema.categories, *schema.flags]} == {"String"}
    for name in schema.numbers:
        assert kinds[name] in ("Integral", "Fractional")
        assert set(by_name(constraints)[name]) == {"name", "inferred_type", "completeness", "num_constraints"}
        assert by_name(statistics)[name]["numerical_statistics"].keys() == {
            *("common", "mean", "sum", "std_dev", "min", "max", "distribution"),
        }
    if project == "churn":
        assert (kinds["tenure_months"], kinds["monthly_charge"]) == ("Integral", "Fractional")
        assert by_name(constraints)["plan"]["string_constraints"] == {"domains": ["basic", "plus", "premium"]}
        assert by_name(constraints)["autopay"]["string_constraints"] == {"domains": ["False", "True"]}
        assert 0.9 < by_name(constraints)["usage_gib"]["completeness"] < 1
        assert by_name(constraints)["tenure_months"]["completeness"] == 1


def test_data_that_do_not_pass_leave_none(root: Root) -> None:
    root.data(TABLES["churn"](1500, 5).drop(columns="plan"))
    root.environment.setenv("SM_HP_PROJECT", "churn")
    assert root.run("validate") == 0
    assert not (root.paths.processing("output") / "baseline").exists()


def test_whole_numbers_are_a_category_where_the_project_says_so_however_a_file_writes_them(root: Root) -> None:
    whole = pd.DataFrame({"branch": [7, 8], "age": [1, 2], "debt": [-1.5, 2], "member": [1, 0], "left": [0, 1]})
    gap = whole.assign(branch=["7", np.nan], member=[True, False])
    folder = root.paths.processing("data") / "train"
    root.put(folder, whole)
    root.put(folder, gap, "part-1.csv")
    gap.assign(branch=[7.0, np.nan]).to_parquet(folder / "part-2.parquet")
    rows = read_typed(folder, CODES)
    assert rows["branch"].tolist()[:3] == ["7", "8", "7"]
    assert set(rows["branch"].dropna()) == {"7", "8"}
    data_baseline.write_baseline(CODES, rows, root.paths.processing("output"))
    constraints = by_name(written(root, "constraints"))
    assert constraints["branch"]["inferred_type"] == "String"
    assert constraints["branch"]["string_constraints"] == {"domains": ["7", "8"]}
    assert constraints["branch"]["completeness"] == pytest.approx(4 / 6)
    assert constraints["member"]["string_constraints"] == {"domains": ["False", "True"]}
    assert constraints["age"]["num_constraints"] == {"is_non_negative": True}
    assert constraints["debt"]["num_constraints"] == {"is_non_negative": False}
    buckets = by_name(written(root, "statistics"))["branch"]["string_statistics"]["distribution"]["categorical"][
        "buckets"
    ]
    assert {bucket["value"]: bucket["count"] for bucket in buckets} == {"7": 3, "8": 1}


def test_codes_keep_their_zeros_and_versions_their_dots(root: Root) -> None:
    folder = root.paths.processing("data")
    for split, values in {
        "zeros": ["007", "1"],
        "versions": ["3.0", "3.1"],
        "whole": ["5.0", "6.0"],
        "mixed": ["5.0", "unknown"],
    }.items():
        root.put(folder / split, pd.DataFrame({"branch": values, "age": 1, "debt": 1, "member": 1, "left": [0, 1]}))
        assert read_typed(folder / split, CODES)["branch"].tolist() == values
        requests = CODES.asked(pd.DataFrame({"branch": values}, dtype=object))
        assert requests["branch"].tolist() == values, "as the model is asked"


@pytest.mark.parametrize(
    ("value", "said"), [(7, "7"), (7.0, "7"), (7.5, "7.5"), ("7", "7"), ("7.0", "7.0"), (True, "True"), (1e400, "inf")]
)
def test_a_category_is_the_same_text_in_training_in_requests_and_to_a_model_whatever_is_beside_it(
    value: Any, said: str
) -> None:
    for others in ([], ["unknown"], ["7.0"], [8.0], [np.nan]):
        values = pd.Series([value, *others], dtype=object)
        assert CODES.text("branch", values)[0] == said
        told = encoded({"numbers": [], "flags": [], "categories": {"branch": [said]}}, pd.DataFrame({"branch": values}))
        assert told[f"branch={said}"][0] == 1


def test_a_number_that_is_never_known_and_many_values_are_not_constrained(root: Root) -> None:
    rows = pd.DataFrame(
        {"age": np.nan, "debt": np.inf, "branch": [f"b{place}" for place in range(200)], "member": True}
    )
    data_baseline.write_baseline(CODES, rows, root.paths.processing("output"))
    constraints = by_name(written(root, "constraints"))
    assert constraints["age"] == {"name": "age", "inferred_type": "Unknown", "completeness": 0}
    assert constraints["debt"]["inferred_type"] == "Unknown"
    assert "string_constraints" not in constraints["branch"]
    text = (root.paths.processing("output") / "baseline" / "statistics.json").read_text()
    assert len(json.loads(text)["features"]) == 4


@pytest.mark.parametrize(
    "values",
    [[1.0, np.nextafter(1, 2)], [2.0**53, 2.0**53 + 2], [5e-324, 1e-323], [-3.4e38, 3.4e38], [7.0], [0.0, -0.0]],
    ids=str,
)
def test_numbers_however_close_or_far_apart_have_ten_buckets_with_all_of_them(values: list[float]) -> None:
    statistics, _ = data_baseline.number(np.array(values * 30), 0)
    buckets = statistics["numerical_statistics"]["distribution"]["kll"]["buckets"]
    assert len(buckets) == 10 and sum(bucket["count"] for bucket in buckets) == len(values) * 30
    assert buckets[0]["lower_bound"] <= min(values) and max(values) <= buckets[-1]["upper_bound"]


def test_buckets_are_those_of_numpy_where_it_has_any() -> None:
    known = np.round(np.random.default_rng(1).gamma(2.0, 15.0, 5000))
    statistics, _ = data_baseline.number(known, 0)
    buckets = statistics["numerical_statistics"]["distribution"]["kll"]["buckets"]
    counts, edges = np.histogram(known, 10)
    assert [bucket["count"] for bucket in buckets] == counts.tolist()
    assert [bucket["lower_bound"] for bucket in buckets] == edges[:-1].tolist()


@pytest.mark.parametrize("rows", [2048, 2049, 50_000])
def test_a_sketch_stands_for_all_values_and_has_their_quantiles(rows: int) -> None:
    known = np.random.default_rng(1).gamma(2.0, 15.0, rows)
    levels = data_baseline.sketch(known)
    assert max(map(len, levels)) <= 2048
    weights = np.repeat([2.0**height for height in range(len(levels))], [len(level) for level in levels])
    assert weights.sum() == rows
    values = np.concatenate(levels)
    for middle in (0.1, 0.5, 0.9):
        below = weights[values <= np.quantile(known, middle)].sum() / rows
        assert below == pytest.approx(middle, abs=0.002)
