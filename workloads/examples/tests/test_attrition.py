import json
import subprocess

import mlflow
import numpy as np
import pandas as pd
import pytest

from attrition import scoring
from attrition.data import INPUTS, TARGET, employees, resignation_probability, shifted
from attrition.features import attrition_model, weights_of
from attrition.score import main as score_main
from attrition.score import score
from attrition.train import train
from conftest import EXAMPLES
from mlplatform.baseline import Baseline


@pytest.fixture(scope="module")
def fitted():
    frame = employees(6000, 2)
    model = attrition_model(1.0).fit(frame[INPUTS], frame[TARGET])
    return model, weights_of(model, frame)


class TestData:
    def test_distributions_are_the_documented_ones(self):
        frame = employees(60000, 3)
        assert frame["years_here"].mean() == pytest.approx(5.25, abs=0.1)
        assert frame["salary_ratio"].std() == pytest.approx(0.12, abs=0.003)
        assert frame["satisfaction"].isna().mean() == pytest.approx(0.1, abs=0.01)
        assert frame["satisfaction"].value_counts(normalize=True)[3.0] == pytest.approx(0.3, abs=0.01)
        assert frame["commute_km"].mean() == pytest.approx(14, abs=0.3)
        assert frame["overtime"].mean() == pytest.approx(0.3, abs=0.01)
        assert frame["department"].value_counts(normalize=True)["finance"] == pytest.approx(0.1, abs=0.01)
        assert frame[TARGET].mean() == pytest.approx(0.25, abs=0.02)
        known = frame[frame["satisfaction"].notna()]
        assert known[TARGET].mean() == pytest.approx(resignation_probability(known).mean(), abs=0.01)

    @pytest.mark.parametrize(
        ("shift", "changed"),
        [("none", []), ("pay_freeze", ["salary_ratio"]), ("new_department", ["department"]),
         ("overtime_everywhere", ["overtime"])],
    )  # fmt: skip
    def test_a_shift_moves_its_column_and_no_other(self, shift, changed):
        frame = employees(2000, 5)
        moved = shifted(frame, shift, 1)
        assert [name for name in frame if not moved[name].equals(frame[name])] == changed


class TestContributions:
    def test_weights_alone_give_the_probability_of_the_fitted_model(self, fitted):
        model, weights = fitted
        rows = employees(1000, 11)[INPUTS]
        expected = model.predict_proba(rows)[:, 1]
        assert np.allclose(scoring.explain(weights, rows)["probability"], expected, rtol=0, atol=1e-12)

    def test_base_and_contributions_add_up_to_the_log_odds(self, fitted):
        answers = scoring.explain(fitted[1], employees(1000, 12)[INPUTS])
        parts = answers.filter(like="contribution_")
        assert list(parts) == [f"contribution_{name}" for name in INPUTS]
        log_odds = np.log(answers["probability"] / (1 - answers["probability"]))
        assert np.allclose(answers["base"] + parts.sum(axis=1), log_odds, atol=1e-10)

    def test_they_are_counted_from_the_usual_employee(self, fitted):
        answers = scoring.explain(fitted[1], employees(6000, 2)[INPUTS])
        assert np.allclose(answers.filter(like="contribution_").mean(), 0, atol=0.01)

    def test_one_feature_changes_its_own_contribution_only(self, fitted):
        row = employees(1, 1)[INPUTS].assign(overtime=False)
        before, after = (scoring.explain(fitted[1], row.assign(overtime=value)) for value in (False, True))
        moved = (after - before).iloc[0]
        assert moved["contribution_overtime"] == pytest.approx(fitted[1]["flags"]["overtime"]["weight"])
        others = moved.drop(["probability", "contribution_overtime"])
        assert np.allclose(others, 0)

    def test_what_is_missing_or_unknown_is_answered(self, fitted):
        model, weights = fitted
        row = employees(1, 1)[INPUTS].assign(satisfaction=np.nan, department="research")
        answer = scoring.explain(weights, row)
        assert answer["contribution_satisfaction"].iloc[0] == pytest.approx(0)
        assert answer["probability"].iloc[0] == pytest.approx(model.predict_proba(row)[0, 1])

    def test_the_truth_is_found(self, fitted):
        weights = fitted[1]
        assert weights["numbers"]["salary_ratio"]["weight"] == pytest.approx(-3.5, abs=0.7)
        assert weights["flags"]["overtime"]["weight"] == pytest.approx(0.8, abs=0.2)


class TestTraining:
    def test_beats_the_simple_model_but_never_the_truth(self, tracking):
        metrics = train().metrics
        assert metrics["model"]["roc_auc"] > metrics["simple"]["roc_auc"] + 0.05
        assert metrics["model"]["roc_auc"] < metrics["ceiling"]["roc_auc"] + 0.01
        assert metrics["gain"]["roc_auc_low"] > 0.05

    def test_the_served_model_explains_itself_without_this_repository(self, tracking, environment, tmp_path):
        train(rows=3000, register_as="attrition", go_live=True)
        rows = employees(5, 8)[INPUTS]
        rows.to_csv(tmp_path / "rows.csv", index=False)
        script = (
            "import mlflow, pandas, sys\n"
            "model = mlflow.pyfunc.load_model('models:/attrition@champion')\n"
            "print(model.predict(pandas.read_csv(sys.argv[1])).to_json(orient='records'))"
        )
        without = {name: value for name, value in environment.items() if name != "PYTHONPATH"}
        done = subprocess.run(
            ["python", "-c", script, str(tmp_path / "rows.csv")],
            env=without, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        answers = json.loads(done.stdout.splitlines()[-1])
        assert len(answers) == 5 and set(answers[0]) == {"probability", "base", *(f"contribution_{c}" for c in INPUTS)}

    def test_contributions_are_stored_beside_predictions(self, tracking, tmp_path, capsys):
        train(rows=3000, register_as="attrition", go_live=True)
        source = employees(30, 9).assign(manager_changes=lambda frame: frame["manager_changes"].astype(int))
        source.to_csv(tmp_path / "in.csv", index=False)
        score_main(["--input", str(tmp_path / "in.csv"), "--output", str(tmp_path / "out.csv")])
        stored = pd.read_csv(tmp_path / "out.csv")
        assert json.loads(capsys.readouterr().out.splitlines()[-1])["rows"] == 30
        assert list(stored)[: source.shape[1]] == list(source)
        again = score("models:/attrition@champion", source)
        assert np.allclose(stored["contribution_overtime"], again["contribution_overtime"])

    def test_its_baseline_watches_the_probability_and_not_each_contribution(self, tracking):
        train(rows=3000, register_as="attrition")
        baseline = Baseline.from_json(mlflow.artifacts.load_text("models:/attrition/1/drift_baseline.json"))
        assert list(baseline.predictions) == ["probability"]
        assert baseline.features["satisfaction"].kind == "categorical"

    def test_mlflow_run(self, tracking, environment, tmp_path):
        done = subprocess.run(
            ["mlflow", "run", str(EXAMPLES / "attrition"), "--env-manager", "local", "--experiment-name", "tests",
             "-P", "rows=3000"],
            env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert json.loads(next(line for line in done.stdout.splitlines() if line.startswith("{")))["version"] is None
