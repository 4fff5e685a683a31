import mlflow
import numpy as np
import pandas as pd
import pytest

from delivery.data import INPUTS, TARGET, deliveries, expected_minutes, main, shifted
from delivery.train import RULES, train
from mlplatform.baseline import Baseline
from mlplatform.evaluation import MeanByGroup, gain_interval, multiclass_metrics, regression_metrics
from mlplatform.gate import gate


@pytest.fixture(scope="module")
def large():
    return deliveries(60000, 3)


class TestData:
    def test_same_seed_same_deliveries(self):
        pd.testing.assert_frame_equal(deliveries(500, 4), deliveries(500, 4))
        assert not deliveries(500, 4).equals(deliveries(500, 5))

    def test_distributions_are_the_documented_ones(self, large):
        assert large["distance_km"].mean() == pytest.approx(5, abs=0.1)
        assert large["parcels"].mean() == pytest.approx(2.5, abs=0.03)
        assert large["weight_kg"].median() == pytest.approx(6, abs=0.1)
        assert large["weight_kg"].isna().mean() == pytest.approx(0.04, abs=0.005)
        assert set(large["hour"]) == set(map(float, range(8, 20)))
        assert large["vehicle"].value_counts(normalize=True).to_dict() == pytest.approx(
            {"van": 0.5, "bike": 0.3, "truck": 0.2}, abs=0.01
        )
        assert large["district"].nunique() == 4
        assert large["rain"].mean() == pytest.approx(0.25, abs=0.01)
        known = large[large["weight_kg"].notna()]
        off = known[TARGET] / expected_minutes(known)
        assert (off.mean(), off.std()) == (pytest.approx(1, abs=0.005), pytest.approx(0.2, abs=0.005))
        assert (large[TARGET] > 0).all()

    @pytest.mark.parametrize(
        ("shift", "changed"),
        [("none", []), ("road_works", [TARGET]), ("cargo_bikes", ["vehicle"]), ("lost_scales", ["weight_kg"]),
         ("long_ways", ["distance_km"])],
    )  # fmt: skip
    def test_a_shift_moves_its_column_and_no_other(self, shift, changed):
        frame = deliveries(2000, 5)
        moved = shifted(frame, shift, 1)
        assert [name for name in frame if not moved[name].equals(frame[name])] == changed

    def test_they_are_written_as_csv(self, capsys):
        main(["--rows", "20", "--seed", "3"])
        lines = capsys.readouterr().out.splitlines()
        assert len(lines) == 21 and lines[0].split(",") == [*INPUTS, TARGET]


class TestTraining:
    def test_beats_the_simple_model_but_never_the_truth(self, tracking):
        training = train(rows=12000)
        metrics = training.metrics
        assert training.verdict.passed
        assert metrics["model"]["rmse"] < metrics["simple"]["rmse"] - 5
        assert metrics["model"]["rmse"] > metrics["ceiling"]["rmse"] - 0.1
        assert metrics["gain"]["rmse_low"] > 5

    def test_a_larger_error_does_not_become_champion(self, tracking):
        good = train(rows=4000, max_iter=40, register_as="delivery", go_live=True)
        bad = train(rows=4000, max_iter=10, learning_rate=0.03, register_as="delivery", go_live=True)
        assert good.promoted and not bad.promoted
        assert any("at most" in reason and "what is live" in reason for reason in bad.verdict.reasons)
        assert mlflow.MlflowClient().get_model_version_by_alias("delivery", "champion").run_id == good.run_id
        baseline = Baseline.from_json(mlflow.artifacts.load_text("models:/delivery/1/drift_baseline.json"))
        assert list(baseline.features) == INPUTS
        assert baseline.predictions["prediction"].kind == "numeric"

    def test_the_gate_asks_for_a_gain_over_the_simple_model(self):
        same = {"rmse": 9.0, "mae": 5.0}
        assert not gate(RULES, same, same).passed
        assert gate(RULES, {"rmse": 7.9, "mae": 5.0}, same).passed


class TestMetrics:
    def test_of_numbers(self):
        found = regression_metrics(np.array([1.0, 2.0, 4.0]), np.array([2.0, 2.0, 2.0]))
        assert found == pytest.approx({"rmse": (5 / 3) ** 0.5, "mae": 1.0, "mape": 0.5, "r2": 1 - 5 / (14 / 3)})

    def test_that_rows_do_not_have_are_nan(self):
        zero = regression_metrics(np.array([0.0, 0.0]), np.array([0.5, 0.5]))
        assert np.isnan(zero["mape"]) and np.isnan(zero["r2"]) and zero["mae"] == 0.5

    def test_of_classes_in_any_order_with_one_that_no_row_has(self):
        truth = np.array(["z", "a", "z", "a"], dtype=object)
        likely = np.array([[0.7, 0.1, 0.2], [0.1, 0.1, 0.8], [0.6, 0.2, 0.2], [0.6, 0.1, 0.3]])
        found = multiclass_metrics(truth, likely, ["z", "m", "a"])
        assert found["accuracy"] == 0.75 == found["balanced_accuracy"]
        assert found["log_loss"] == pytest.approx(-np.log([0.7, 0.8, 0.6, 0.3]).mean())
        assert found["roc_auc_ovr"] == pytest.approx((0.875 + 1.0) / 2)

    def test_a_gain_is_more_of_what_is_measured(self):
        truth = np.random.default_rng(1).normal(size=400)
        near, far = truth + 0.1, truth + 1.0
        gain = gain_interval(truth, near, far, 1, 50, lambda true, said: -float(np.abs(true - said).mean()))
        assert gain.low == pytest.approx(0.9) == gain.high

    def test_the_mean_of_a_small_group_is_drawn_to_that_of_all(self):
        frame = pd.DataFrame({"kind": ["a"] * 80 + ["b"] * 20})
        truth = np.array([10.0] * 80 + [20.0] * 20)
        found = MeanByGroup("kind").fit(frame, truth).predict(pd.DataFrame({"kind": ["a", "b", "c"]}))
        assert found == pytest.approx([(800 + 20 * 12) / 100, (400 + 20 * 12) / 40, 12])
