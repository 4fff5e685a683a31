import { minimalAws, onAws, onExisting } from "../fixtures";
import { byAirflow, model, numbered, range, receiving, search, training } from "./configs";
import { accept, refuse } from "./table";

describe("rules between settings: training", () => {
  refuse([
    ...(["data/", "raw", "samples/"] as const).map((onNewData): [string, unknown, string, RegExp] => [
      `DAGs that would read more than the data of an owner, below ${onNewData}`,
      {
        ...minimalAws(),
        ...{ mlflow: {}, airflow: { trainsFor: ["risk"] }, ...receiving },
        models: {
          churn: { from: "models:/churn@champion", owner: "risk", training: { image: "training", onNewData } },
          salaries: { from: "models:/salaries@champion" },
          rates: { from: "models:/rates@champion", training: { image: "training", onNewData: "raw/rates/" } },
        },
      },
      "models.churn.training.onNewData",
      /onNewData: data\/churn\/, or take risk out of airflow\.trainsFor/,
    ]),
    [
      "cron with five fields where six are due",
      training({ schedule: "cron(0 3 * * SUN)" }),
      "models.churn.training.schedule",
      /6 fields here, not 5/,
    ],
    [
      "schedule on a day that never comes",
      training({ schedule: "cron(0 3 30 2 ? *)" }),
      "models.churn.training.schedule",
      /never has a day 30/,
    ],
    [
      "both day fields given",
      training({ schedule: "cron(0 3 1 * SUN *)" }),
      "models.churn.training.schedule",
      /must be \?/,
    ],
    [
      "hour that does not exist",
      training({ schedule: "cron(0 24 ? * SUN *)" }),
      "models.churn.training.schedule",
      /hour cannot be "24"/,
    ],
    [
      "rate in the wrong number",
      training({ schedule: "rate(1 days)" }),
      "models.churn.training.schedule",
      /write rate\(1 day\)/,
    ],
    [
      "training of a version that never moves",
      model({ from: "models:/churn/3", training: { image: "training" } }),
      "models.churn.training",
      /models:\/name@champion/,
    ],
    [
      "hyperparameter longer than a variable of a processing job",
      training({ hyperparameters: { columns: "a".repeat(257) } }),
      "models.churn.training.hyperparameters.columns",
      /at most 256 characters.*put it into a file/s,
    ],
    [
      "hyperparameter of two lines",
      training({ engine: "sagemakerPipelines", hyperparameters: { columns: "a\nb" } }),
      "models.churn.training.hyperparameters.columns",
      /one line of at most 256/,
    ],
    [
      "two hyperparameters that are one variable",
      training({ hyperparameters: { depth: "1", Depth: "2" } }),
      "models.churn.training.hyperparameters.Depth",
      /SM_HP_DEPTH.*rename Depth or depth/s,
    ],
    [
      "hyperparameters that leave no room for the problem type among variables",
      training({ hyperparameters: numbered(100, () => "1") }),
      "models.churn.training.hyperparameters",
      /at most 99, which validate and evaluate get as variables/,
    ],
    [
      "more hyperparameters than a job takes",
      training({ hyperparameters: numbered(101, () => "1") }),
      "models.churn.training.hyperparameters",
      /at most 100/,
    ],
    [
      "hyperparameters and ranges that are too many for a search, which adds one",
      training({ hyperparameters: numbered(98, () => "1"), tune: search(numbered(2, () => range, "r")) }),
      "models.churn.training.hyperparameters",
      /at most 99/,
    ],
    [
      "more variables than a task on Fargate may be told",
      training({ prepare: { with: "container" }, hyperparameters: numbered(30, () => "a".repeat(250)) }),
      "models.churn.training.hyperparameters",
      /at most 7000 characters in all.*prepare\.with: glue/s,
    ],
    [
      "training image that the registry does not have",
      training({ image: "trainning:7" }),
      "models.churn.training.image",
      /foundation\.images\.repositories, or write training/,
    ],
    [
      "a column that is dropped twice",
      training({ prepare: { with: "container", drop: ["email", "phone", "email"] } }),
      "models.churn.training.prepare.drop[2]",
      /each once/,
    ],
    [
      "a column whose name would end the text that it stands in",
      training({ prepare: { with: "container", drop: ["o'clock"] } }),
      "models.churn.training.prepare.drop[0]",
      /without quotes, commas, braces and backslashes/,
    ],
    [
      "columns that are too many to be told to a task on Fargate",
      training({ prepare: { with: "container", drop: Object.keys(numbered(60, () => "", "c".repeat(110))) } }),
      "models.churn.training.hyperparameters",
      /at most 7000 characters in all/,
    ],
    [
      "columns that a script of Glue would have to drop itself",
      training({ prepare: { with: "glue", script: "churn/prepare.py", drop: ["email"] } }),
      "models.churn.training.prepare.drop",
      /remove/,
    ],
    [
      "task on Fargate whose image has no tag",
      {
        ...training({ image: "own", prepare: { with: "container" } }),
        ...onAws({ images: { repositories: ["own"] } }),
      },
      "models.churn.training.prepare.image",
      /write image: own:1/,
    ],
    [
      "task larger than Fargate has",
      training({ prepare: { with: "container", cpu: "32" } }),
      "models.churn.training.prepare.memoryMiB",
      /write with: glue/,
    ],
    [
      "a problem type told twice",
      training({ hyperparameters: { problem_type: "regression" } }),
      "models.churn.training.hyperparameters.problem_type",
      /write problemType beside training/,
    ],
    [
      "training in an Airflow that is off",
      training({ engine: "airflow" }),
      "models.churn.training.engine",
      /airflow, which is off/,
    ],
    [
      "raw data where training's runs write, which is emptied after a while",
      training({ onNewData: "extracts/churn/" }),
      "models.churn.training.onNewData",
      /outside extracts\/.*write onNewData: data\/churn\//,
    ],
    [
      "an algorithm that SageMaker brings along",
      training({ image: "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:1.7-1" }),
      "models.churn.training.image",
      /trains and does nothing else; write image: training and algorithm: \{ name: xgboost/,
    ],
    [
      "another one that SageMaker brings along",
      training({ image: "438346466558.dkr.ecr.eu-west-1.amazonaws.com/linear-learner:1" }),
      "models.churn.training.image",
      /built-in linear-learner has none of them, and no MLflow model is made/,
    ],
    [
      "hyperparameters that pods take and a look at live answers does not",
      byAirflow({ hyperparameters: { project: "x".repeat(257) } }),
      "models.churn.training.hyperparameters.project",
      /256 characters with monitor/,
    ],
    [
      "more hyperparameters than a look at live answers takes",
      byAirflow({ hyperparameters: numbered(101, () => "1") }),
      "models.churn.training.hyperparameters",
      /at most 99 with monitor/,
    ],
    [
      "Step Functions on an existing cluster",
      onExisting({}, { mlflow: {}, models: { churn: { from: "models:/churn@champion", training: { image: "x:1" } } } }),
      "models.churn.training.engine",
      /write engine: airflow/,
    ],
  ]);

  accept([
    ["DAGs that train for an owner", model({ owner: "risk" }, { airflow: { trainsFor: ["risk"] }, ...receiving })],
    ["training on an image of somebody else", training({ image: "registry.example.com/ml/train:7" })],
    [
      "training on an image without a tag",
      { ...training({ image: "own" }), ...onAws({ images: { repositories: ["own"] } }) },
    ],
    [
      "every form of schedule",
      {
        ...minimalAws(),
        mlflow: {},
        models: Object.fromEntries(
          [
            "cron(0 3 ? * SUN *)",
            "cron(0/15 8-17 ? * MON-FRI *)",
            "cron(0 0 L * ? *)",
            "cron(0 0 ? * 6#1 2027-2030)",
            "rate(5 minutes)",
          ].map((schedule, at) => [
            `m${at}`,
            { from: `models:/m${at}@champion`, training: { image: "training", schedule } },
          ]),
        ),
      },
    ],
  ]);
});
