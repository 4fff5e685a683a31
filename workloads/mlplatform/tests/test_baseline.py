import json

import numpy as np
import pytest

from mlplatform.baseline import Baseline, BaselineError, NumericColumn


def numbers(rows=10000, seed=1):
    return np.random.default_rng(seed).normal(10, 2, rows)


class TestNumbers:
    def test_ten_bins_hold_a_tenth_each(self):
        column = NumericColumn.of(numbers())
        coarse = list(column.coarse(column.counts).values())
        assert coarse[0] == 0 and coarse[-2:] == [0, 0]
        assert coarse[1:-2][1:] == [1000] * 9 and coarse[1] == 1000

    def test_counts_add_up_whatever_is_counted(self):
        column = NumericColumn.of(numbers())
        given = [None, float("nan"), float("inf"), 1e300, -1e300, "7", "seven", True, 10, *numbers(100)]
        assert column.count(given).sum() == len(given)
        coarse = column.coarse(column.count(given))
        assert (coarse["below training"], coarse["above training"], coarse["missing"]) == (2, 1, 4)

    def test_what_training_never_saw_is_told_on_both_sides(self):
        column = NumericColumn.of([5.0] * 100)
        coarse = column.coarse(column.count([4, 5, 5, 6]))
        assert coarse == {"below training": 1, "up to 5": 2, "above training": 1, "missing": 0}

    def test_few_values_have_a_bin_each(self):
        column = NumericColumn.of([0, 0, 0, 1, 1, 2] * 50)
        assert column.coarse(column.counts) == {
            "below training": 0, "up to 0": 150, "up to 1": 100, "up to 2": 50, "above training": 0, "missing": 0,
        }  # fmt: skip

    def test_a_value_that_lost_digits_stays_in_its_bin(self):
        values = [0.1, 0.2, 0.3] * 40
        column = NumericColumn.of(values)
        assert (column.count([float(np.float32(value)) for value in values]) == column.counts).all()

    def test_coarse_edges_are_fine_edges(self):
        column = NumericColumn.of(numbers())
        assert np.isin(column.coarse_edges, column.edges).all() and column.edges.size > 150


class TestBaseline:
    def baseline(self):
        given = {"n": numbers(200), "t": ["a", "b"] * 100, "f": [True, False] * 100}
        return Baseline.of(given, np.linspace(0, 1, 200))

    def test_survives_being_written(self):
        baseline = self.baseline()
        again = Baseline.from_json(baseline.to_json())
        assert again.to_json() == baseline.to_json()
        fresh = numbers(50, 2)
        assert (again.features["n"].count(fresh) == baseline.features["n"].count(fresh)).all()

    def test_kinds_follow_the_values(self):
        kinds = {name: column.kind for name, column in self.baseline().features.items()}
        assert kinds == {"n": "numeric", "t": "categorical", "f": "categorical"}
        codes = Baseline.of({"code": [1, 2, 3] * 10}, [0.5] * 30, categorical=["code"])
        assert codes.features["code"].kind == "categorical"

    def test_what_cannot_be_compared_is_left_out_with_the_reason(self):
        given = {
            "id": [f"id-{i}" for i in range(3000)],
            "empty": [None] * 3000,
            "when": np.arange(3000).astype("datetime64[s]"),
            "row": range(3000),
            "n": numbers(3000),
        }
        baseline = Baseline.of(given, np.zeros(3000))
        assert list(baseline.features) == ["n"]
        assert baseline.left_out == {
            "id": "its 3000 values are nearly all different",
            "empty": "no value of it is known",
            "when": "dates always move on",
            "row": "its 3000 values are whole numbers that never come twice",
        }

    def test_outputs_have_names(self):
        inputs = {"n": [1.0, 2.0]}
        assert list(Baseline.of(inputs, [1, 2]).predictions) == ["prediction"]
        assert list(Baseline.of(inputs, [[1, 2], [3, 4]]).predictions) == ["0", "1"]
        assert list(Baseline.of(inputs, {"p": [1, 2]}).predictions) == ["p"]
        with pytest.raises(BaselineError, match="3 dimensions"):
            Baseline.of(inputs, np.zeros((2, 2, 2)))

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda given: given.update(format="other/9"), "'other/9'"),
            (lambda given: given.pop("features"), "incomplete"),
            (lambda given: given["features"]["n"].update(edges=[3, 2, 1]), "column 'n': its edges do not rise"),
            (lambda given: given["features"]["n"]["counts"].pop(), "column 'n': it needs"),
            (lambda given: given["features"]["t"]["counts"].pop(), "column 't': it needs"),
            (lambda given: given["features"]["t"].update(others=[1]), "column 't': its other values do not add up"),
            (lambda given: given["features"]["t"].update(kind="odd"), "column 't': its kind is 'odd'"),
        ],
    )
    def test_a_damaged_file_is_refused_with_the_place(self, change, message):
        given = json.loads(self.baseline().to_json())
        change(given)
        with pytest.raises(BaselineError, match=message):
            Baseline.from_json(json.dumps(given))

    @pytest.mark.parametrize("text", ["", "[]", "null", "{}", "no json"])
    def test_what_is_no_baseline_is_refused(self, text):
        with pytest.raises(BaselineError, match="no drift baseline"):
            Baseline.from_json(text)

    def test_unknown_codes_and_empty_tables_are_refused(self):
        with pytest.raises(BaselineError, match="no column is named x"):
            Baseline.of({"n": [1.0]}, [1.0], categorical=["x"])
        with pytest.raises(BaselineError, match="no column to compare"):
            Baseline.of({"n": [None]}, [1.0])
