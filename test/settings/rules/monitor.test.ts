import { onExisting } from "../fixtures";
import { byAirflow, model, monitored, numbered, training } from "./configs";
import { accept, refuse } from "./table";

const elsewhere = "210987654321.dkr.ecr.eu-west-1.amazonaws.com/ml/train:7";

describe("rules between settings: monitor", () => {
  refuse([
    [
      "a check of requests that nobody captures",
      model({ serve: { flask: {} }, drift: { dataQuality: { baseline: "baselines/churn" } } }),
      "models.churn.drift.dataQuality",
      /kind realtime/,
    ],
    [
      "comparison with the live version's rows from which nothing follows",
      training({ dataDrift: { effect: "warn" } }),
      "models.churn.training.dataDrift",
      /add maxPsi: 0\.2/,
    ],
    [
      "change that makes a training worth it, larger than the one that forbids it",
      training({ schedule: "cron(0 3 ? * SUN *)", dataDrift: { maxPsi: 0.1, minPsi: 0.1 } }),
      "models.churn.training.dataDrift.minPsi",
      /less than maxPsi, 0\.1.*swap minPsi and maxPsi/s,
    ],
    [
      "change that makes a training worth it, of runs that all are",
      training({ dataDrift: { minPsi: 0.02 } }),
      "models.churn.training.dataDrift.minPsi",
      /add schedule or onNewData/,
    ],
    [
      "more columns without drift than the job that compares new rows may be told",
      model({
        serve: { flask: {} },
        training: { image: "training", dataDrift: { maxPsi: 0.2 } },
        drift: { columns: numbered(100, () => "ignore") },
      }),
      "models.churn.drift.columns",
      /at most 99 with dataDrift and the engine stepFunctions: the job that validates/,
    ],
    [
      "more columns without drift than a job may be told",
      model({
        serve: { flask: {} },
        training: { image: "training", gate: { metric: "auc", maxDriftPsi: 0.2 } },
        drift: { columns: numbered(100, () => "ignore") },
      }),
      "models.churn.drift.columns",
      /at most 99 with gate.maxDriftPsi/,
    ],
    [
      "a column without drift whose name is longer than what a job may be told",
      model({
        serve: { flask: {} },
        training: { image: "training", gate: { metric: "auc", maxDriftPsi: 0.2 } },
        drift: { columns: { ["c".repeat(248)]: "ignore" } },
      }),
      `models.churn.drift.columns.${"c".repeat(248)}`,
      /at most 247 characters with gate.maxDriftPsi/,
    ],
    [
      "retraining on drift without drift check",
      training({ onDrift: true }),
      "models.churn.training.onDrift",
      /no drift check/,
    ],
    [
      "looks in the cluster at hours that no clock has",
      {
        ...onExisting({ images: { registry: "registry.example.com" } }),
        ...{ mlflow: {}, airflow: {} },
        models: {
          churn: {
            ...{ from: "models:/churn@champion", serve: { flask: {} }, drift: {} },
            training: { engine: "airflow", image: "training", gate: { metric: "roc_auc", atLeast: 0.7 } },
            monitor: { everyHours: 30, modelQuality: {} },
          },
        },
      },
      "models.churn.monitor.everyHours",
      /write everyHours: 24/,
    ],
    [
      "retraining on decay where no labels are judged",
      training({ onDecay: {} }),
      "models.churn.training.onDecay",
      /no monitor judges labelled answers/,
    ],
    [
      "retraining on the decay of a metric of another type of problem",
      monitored(
        { modelQuality: {} },
        { training: { image: "training", gate: { metric: "roc_auc", atLeast: 0.7 }, onDecay: { metric: "rmse" } } },
      ),
      "models.churn.training.onDecay.metric",
      /problemType: binaryClassification/,
    ],
    [
      "a check by Model Monitor without anything to compare with",
      model({ serve: { sagemaker: {} }, drift: { dataQuality: {} } }),
      "models.churn.drift.dataQuality.baseline",
      /not trained on AWS.*write baseline: baselines\/churn\//s,
    ],
    [
      "a monitor that looks at nothing",
      monitored({}, {}),
      "models.churn.monitor",
      /looks at nothing.*add dataQuality/s,
    ],
    [
      "a monitor without answers to look at",
      monitored({ modelQuality: {} }, { drift: undefined }),
      "models.churn.monitor",
      /no drift check.*add drift: \{\}/s,
    ],
    [
      "a monitor without an evaluation to compare with",
      monitored({ modelQuality: {} }, { training: { image: "training" } }),
      "models.churn.monitor",
      /the evaluation of its runs.*add training\.gate/s,
    ],
    [
      "a monitor of data quality without anything that was kept of training",
      monitored({ dataQuality: {} }, { training: undefined }),
      "models.churn.monitor",
      /what its runs keep of a version/,
    ],
    [
      "a monitor in an image that SageMaker does not take, with which pods may train",
      byAirflow({ image: "ghcr.io/own/train:7" }),
      "models.churn.monitor",
      /of Amazon ECR.*platform's registry/s,
    ],
    [
      "a monitor in an image of which the newest would have to be looked for",
      monitored({ bias: { columns: ["sex"] } }, { training: { image: "own", gate: { metric: "auc", atLeast: 0.7 } } }),
      "models.churn.monitor",
      /write training\.image: own:1/,
    ],
    [
      "labels where training's runs write",
      monitored({ modelQuality: {}, labels: "outputs/labels" }, {}),
      "models.churn.monitor.labels",
      /objects are deleted after a while/,
    ],
  ]);

  accept([
    [
      "a check by Model Monitor of a model whose training makes what it compares with",
      model({ serve: { sagemaker: {} }, drift: { dataQuality: {} }, training: { image: "training" } }),
    ],
    [
      "a monitor of data quality alone of training without a gate",
      monitored({ dataQuality: {} }, { training: { image: "training" } }),
    ],
    ["a monitor of what Airflow trains", byAirflow({})],
    ["a monitor of what Airflow trains by an image of ECR elsewhere", byAirflow({ image: elsewhere })],
    [
      "a monitor of what a pipeline trains",
      monitored(
        { modelQuality: {} },
        { training: { engine: "sagemakerPipelines", image: "training", gate: { metric: "auc", atLeast: 0.7 } } },
      ),
    ],
  ]);
});
