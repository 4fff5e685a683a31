import json
import subprocess

import mlflow
import numpy as np
import pandas as pd
import pytest

from churn.data import INPUTS, TARGET, churn_probability, customers, main, shifted
from churn.train import RULES, train
from conftest import EXAMPLES
from mlplatform.baseline import Baseline
from mlplatform.gate import gate


@pytest.fixture(scope="module")
def large():
    return customers(60000, 3)


class TestData:
    def test_same_seed_same_customers(self):
        pd.testing.assert_frame_equal(customers(500, 4), customers(500, 4))
        assert not customers(500, 4).equals(customers(500, 5))

    def test_distributions_are_the_documented_ones(self, large):
        assert large["plan"].value_counts(normalize=True).to_dict() == pytest.approx(
            {"basic": 0.5, "plus": 0.35, "premium": 0.15}, abs=0.01
        )
        assert large["contract"].value_counts(normalize=True)["monthly"] == pytest.approx(0.55, abs=0.01)
        assert large["support_calls"].mean() == pytest.approx(1.2, abs=0.02)
        assert large["support_calls"].var() == pytest.approx(1.2, abs=0.05)
        assert large["usage_gib"].mean() == pytest.approx(30, abs=0.5)
        assert large["usage_gib"].isna().mean() == pytest.approx(0.05, abs=0.005)
        assert large["tenure_months"].between(1, 72).all() and (large["tenure_months"] % 1 == 0).all()
        logs = np.log(large.loc[large["plan"] == "plus", "monthly_charge"] / 40)
        assert (logs.mean(), logs.std()) == (pytest.approx(0, abs=0.01), pytest.approx(0.15, abs=0.01))
        assert large["autopay"].mean() == pytest.approx(0.45, abs=0.01)
        assert large[TARGET].mean() == pytest.approx(2 / 9, abs=0.01)

    def test_who_churns_follows_the_probability_that_is_written_down(self, large):
        known = large[large["usage_gib"].notna()]
        probability = churn_probability(known)
        for low, high in [(0, 0.1), (0.1, 0.3), (0.3, 0.6), (0.6, 1)]:
            band = (probability >= low) & (probability < high)
            assert known[TARGET][band].mean() == pytest.approx(probability[band].mean(), abs=0.02)

    def test_region_changes_nothing(self, large):
        rates = large.groupby("region")[TARGET].mean()
        assert rates.max() - rates.min() < 0.02

    @pytest.mark.parametrize(
        ("shift", "changed"),
        [
            ("none", []),
            ("price_rise", ["monthly_charge"]),
            ("new_plan", ["plan"]),
            ("lost_usage", ["usage_gib"]),
            ("young_customers", ["tenure_months"]),
        ],
    )
    def test_a_shift_moves_its_column_and_no_other(self, shift, changed):
        frame = customers(2000, 5)
        before = frame.copy()
        moved = shifted(frame, shift, 1)
        pd.testing.assert_frame_equal(frame, before)
        assert [name for name in frame if not moved[name].equals(frame[name])] == changed

    def test_unknown_shift_is_refused_with_those_there_are(self):
        with pytest.raises(ValueError, match="'earthquake', only none, price_rise"):
            shifted(customers(1, 1), "earthquake", 1)

    def test_prints_csv(self, capsys):
        main(["--rows", "20", "--shift", "price_rise"])
        lines = capsys.readouterr().out.splitlines()
        assert len(lines) == 21 and lines[0] == ",".join(customers(1, 1).columns)


class TestTraining:
    def test_beats_the_simple_model_but_never_the_truth(self, tracking):
        training = train()
        metrics = training.metrics
        assert metrics["model"]["roc_auc"] > metrics["simple"]["roc_auc"] + 0.05
        assert metrics["model"]["log_loss"] < metrics["simple"]["log_loss"]
        assert metrics["model"]["roc_auc"] < metrics["ceiling"]["roc_auc"] + 0.01
        assert metrics["gain"]["roc_auc_low"] > 0.05
        assert training.verdict.passed and training.version is None

    def test_what_is_registered_can_be_served(self, tracking):
        training = train(rows=4000, max_iter=30, register_as="churn", go_live=True)
        assert training.promoted
        model = mlflow.pyfunc.load_model("models:/churn@champion")
        rows = customers(50, 99)[INPUTS]
        answers = np.asarray(model.predict(rows))
        assert answers.shape == (50, 2) and np.allclose(answers.sum(axis=1), 1)
        assert model.metadata.get_input_schema().input_names() == INPUTS
        assert len(model.input_example) == 3
        # A plan that nobody had and a usage that nobody knows are answered too.
        strange = rows.head(1).assign(plan="family", usage_gib=np.nan)
        assert np.isfinite(np.asarray(model.predict(strange))).all()
        with pytest.raises(mlflow.exceptions.MlflowException, match="monthly_charge"):
            model.predict(rows.drop(columns="monthly_charge"))

    def test_the_same_seed_trains_the_same_model(self, tracking):
        first, second = (train(rows=3000, max_iter=10) for _ in range(2))
        assert first.metrics == second.metrics

    def test_a_run_tells_what_was_done(self, tracking):
        run = mlflow.get_run(train(rows=3000, max_iter=10).run_id)
        assert run.data.params == {"rows": "3000", "seed": "7", "max_iter": "10", "learning_rate": "0.08"}
        assert {"roc_auc", "simple_roc_auc", "ceiling_roc_auc", "gain_roc_auc_low"} <= set(run.data.metrics)
        assert run.inputs.dataset_inputs[0].dataset.name == "customers"

    def test_a_version_keeps_the_baseline_of_its_training_data(self, tracking):
        training = train(rows=4000, max_iter=10, register_as="churn")
        uri = f"models:/churn/{training.version}/drift_baseline.json"
        baseline = Baseline.from_json(mlflow.artifacts.load_text(uri))
        assert list(baseline.features) == INPUTS and baseline.rows == 3000
        assert list(baseline.predictions) == ["0", "1"]
        tagged = mlflow.MlflowClient().get_model_version("churn", training.version).tags["drift_baseline_uri"]
        assert Baseline.from_json(mlflow.artifacts.load_text(tagged)).to_json() == baseline.to_json()

    def test_a_worse_candidate_does_not_become_champion(self, tracking):
        good = train(rows=6000, register_as="churn", go_live=True)
        bad = train(rows=6000, max_iter=1, learning_rate=0.001, register_as="churn", go_live=True)
        assert good.promoted and not bad.promoted
        assert any("what is live" in reason for reason in bad.verdict.reasons)
        assert mlflow.MlflowClient().get_model_version_by_alias("churn", "champion").run_id == good.run_id

    def test_the_gate_asks_for_a_gain_over_the_simple_model(self):
        same = {"roc_auc": 0.7, "log_loss": 0.5}
        assert not gate(RULES, same, same).passed

    def test_mlflow_run(self, tracking, environment, tmp_path):
        done = subprocess.run(
            ["mlflow", "run", str(EXAMPLES / "churn"), "--env-manager", "local", "--experiment-name", "projects",
             "-P", "rows=3000", "-P", "max_iter=10", "-P", "register=churn", "-P", "promote=yes"],
            env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        told = json.loads(next(line for line in done.stdout.splitlines() if line.startswith("{")))
        assert told["promoted"] is True
        run = mlflow.get_run(told["run_id"])
        assert run.data.params["max_iter"] == "10"
        assert mlflow.get_experiment(run.info.experiment_id).name == "projects"
