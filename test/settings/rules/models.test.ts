import { minimalAws, onExisting } from "../fixtures";
import { model, webhook } from "./configs";
import { accept, type Refused, refuse } from "./table";

describe("rules between settings: models", () => {
  refuse([
    ...["default", "drift-monitor", "release-controller"].map(
      (name): Refused => [
        `a model named ${name}`,
        { ...minimalAws(), models: { [name]: { from: "s3://bucket/model" } } },
        `models.${name}`,
        /which are taken.*another name/,
      ],
    ),
    ...["churn-canary", "churn-release"].map(
      (name): Refused => [
        `a model named ${name}`,
        { ...minimalAws(), models: { [name]: { from: "s3://bucket/model" } } },
        `models.${name}`,
        /stands beside a model.*write churn/,
      ],
    ),
    [
      "two models with a gate on one registered model",
      {
        ...model({ training: { image: "training", approve: "manual" } }),
        models: {
          churn: { from: "models:/churn@champion", training: { image: "training", approve: "manual" } },
          quick: {
            from: "models:/churn@quick",
            training: { image: "training", gate: { metric: "auc", atLeast: 0.7 } },
          },
        },
      },
      "models.quick.from",
      /gate or the approvers of models\.churn.*write from: models:\/quick@champion, or leave gate out of models\.quick\.training/s,
    ],
    [
      "alias by which people ask, as the one that goes live",
      model({ from: "models:/churn@candidate", training: { image: "training" } }),
      "models.churn.from",
      /write from: models:\/churn@champion/,
    ],
    [
      "name of a trained model that no role could have",
      {
        ...minimalAws(),
        mlflow: {},
        models: { ["churn".padEnd(28, "x")]: { from: "models:/churn@champion", training: { image: "training" } } },
      },
      `models.${"churn".padEnd(28, "x")}`,
      /at most 27 characters/,
    ],
    [
      "model called like who registers",
      { ...minimalAws(), models: { registrar: { from: "s3://bucket/m" } } },
      "models.registrar",
      /registrar and default/,
    ],
    [
      "a problem type that is none",
      model({ problemType: "forecast" }),
      "models.churn.problemType",
      /binaryClassification.*multiclassClassification.*regression/,
    ],
    [
      "fewer replicas at most than at least",
      model({ serve: { flask: { minReplicas: 4, maxReplicas: 2 } } }),
      "models.churn.serve.flask.maxReplicas",
      /write maxReplicas: 4/,
    ],
    [
      "fewer instances at most than at least",
      model({ serve: { sagemaker: { minInstances: 4, maxInstances: 2 } } }),
      "models.churn.serve.sagemaker.maxInstances",
      /write maxInstances: 4/,
    ],
    [
      "SageMaker type that does not exist",
      model({ serve: { sagemaker: { instanceType: "ml.q5.large" } } }),
      "models.churn.serve.sagemaker.instanceType",
      /no family q5/,
    ],
    ["canary of everything", model({ canary: { percent: 100 } }), "models.churn.canary.percent", /lower it to 99/],
    [
      "canary larger than SageMaker allows",
      model({ serve: { sagemaker: {} }, canary: { percent: 60 } }),
      "models.churn.canary.percent",
      /write percent: 50/,
    ],
    [
      "error rate of everything",
      model({ objectives: { errorRatePercent: 100 } }),
      "models.churn.objectives.errorRatePercent",
      /lower it to less than 100/,
    ],
    ["pinned to an alias", model({ release: "pinned" }), "models.churn.release", /release: continuous/],
    [
      "continuous without an alias",
      model({ from: "models:/churn/3", release: "continuous" }),
      "models.churn.release",
      /write release: pinned/,
    ],
    [
      "model from a registry that is off",
      { ...minimalAws(), models: { churn: { from: "models:/churn/3" } } },
      "models.churn.from",
      /add mlflow: \{\}/,
    ],
    [
      "a model whose owner is a dead-man's switch",
      model({ owner: "a" }, { monitoring: { receivers: { a: webhook, b: webhook }, watchdogReceiver: "a" } }),
      "models.churn.owner",
      /nothing but the sign of life.*name another/s,
    ],
    [
      "owner nobody knows",
      model(
        { owner: "markting" },
        { monitoring: { receivers: { marketing: { kind: "webhook", secretName: "hook" } } } },
      ),
      "models.churn.owner",
      /write owner: marketing/,
    ],
    [
      "SageMaker on an existing cluster",
      onExisting({}, { mlflow: {}, models: { churn: { from: "models:/churn/3", serve: { sagemaker: {} } } } }),
      "models.churn.serve.sagemaker",
      /only on foundation\.kind: aws/,
    ],
  ]);

  accept([
    [
      "names that only look like those beside a model",
      { ...minimalAws(), models: { "churn-batch": { from: "s3://b1b/m" }, canary: { from: "s3://b1b/m" } } },
    ],
  ]);
});
