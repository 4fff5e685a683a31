import { access, model, training } from "./configs";
import { refuse } from "./table";

describe("rules between settings: gate", () => {
  refuse([
    [
      "approvers who are in no group",
      model({ training: { image: "training", approvers: ["leads"] } }, { access: access({}) }),
      "models.churn.training.approvers[0]",
      /with the role admin or editor: ml-platform.*add leads: editor to access\.groups/s,
    ],
    [
      "approvers who may change nothing in MLflow",
      model(
        { training: { image: "training", approvers: ["leads"] } },
        { access: access({ groups: { leads: "viewer", "ml-platform": "admin" } }) },
      ),
      "models.churn.training.approvers[0]",
      /write leads: editor in access\.groups/,
    ],
    [
      "drift in the gate of a model whose traffic nobody keeps",
      training({ gate: { metric: "auc", maxDriftPsi: 0.2 } }),
      "models.churn.training.gate.maxDriftPsi",
      /add drift: \{\}/,
    ],
    [
      "metric that no pattern of a job could find",
      training({ gate: { metric: "a".repeat(201), atLeast: 0.5 } }),
      "models.churn.training.gate.metric",
      /200/,
    ],
    ["gate without metric", training({ gate: { atLeast: 0.8 } }), "models.churn.training.gate.metric", /add metric/],
    [
      "gate that lets everything through",
      training({ gate: { metric: "auc", beatChampion: false } }),
      "models.churn.training.gate",
      /lets everything through/,
    ],
    [
      "gate that nothing passes",
      training({ gate: { metric: "auc", atLeast: 0.9, atMost: 0.8 } }),
      "models.churn.training.gate.atMost",
      /nothing could pass/,
    ],
    [
      "a metric of numbers for a model of yes and no",
      training({ gate: { metric: "validation:rmse" } }),
      "models.churn.training.gate.metric",
      /such as roc_auc, .*write problemType: regression, with gate\.atMost as its bound, or metric: /,
    ],
    [
      "a metric of yes and no for a model of several classes",
      model({
        problemType: "multiclassClassification",
        training: { image: "training", gate: { metric: "roc_auc", atLeast: 0.7 } },
      }),
      "models.churn.training.gate.metric",
      /problemType: multiclassClassification.*f1_macro.*or metric: roc_auc_ovr/,
    ],
    [
      "an error with a least alone, which the worst passes",
      model({
        problemType: "regression",
        training: { image: "training", gate: { metric: "rmse", atLeast: 5, beatChampion: false } },
      }),
      "models.churn.training.gate.atLeast",
      /less is better.*write atMost: 5/,
    ],
    [
      "a metric of which more is better with a most alone",
      training({ gate: { metric: "roc_auc", atMost: 0.9 } }),
      "models.churn.training.gate.atMost",
      /more is better.*write atLeast: 0\.9/,
    ],
    [
      "an own metric with a bound on the side where all is better",
      training({ gate: { metric: "profit", direction: "maximize", atMost: 5 } }),
      "models.churn.training.gate.atMost",
      /write atLeast: 5/,
    ],
    [
      "a gate that looks for the worst",
      model({
        problemType: "regression",
        training: { image: "training", gate: { metric: "mae", direction: "maximize", atMost: 3 } },
      }),
      "models.churn.training.gate.direction",
      /minimize with mae, of which less is better; leave direction out/,
    ],
    [
      "a check of the gate whose bound lets the worst through",
      training({
        gate: { metric: "roc_auc", atLeast: 0.7, checks: [{ kind: "metric", metric: "log_loss", atLeast: 0.5 }] },
      }),
      "models.churn.training.gate.checks[0].atLeast",
      /write atMost: 0.5/,
    ],
    [
      "a check of the gate that asks nothing",
      training({ gate: { metric: "roc_auc", atLeast: 0.7, checks: [{ kind: "metric", metric: "log_loss" }] } }),
      "models.churn.training.gate.checks[0]",
      /this check asks nothing/,
    ],
    [
      "a check of fairness without a bound",
      training({ gate: { metric: "roc_auc", atLeast: 0.7, checks: [{ kind: "fairness", column: "plan" }] } }),
      "models.churn.training.gate.checks[0]",
      /maxDifference or minRatio/,
    ],
    [
      "a check of what is not measured of groups",
      training({
        gate: {
          ...{ metric: "roc_auc", atLeast: 0.7 },
          checks: [{ kind: "fairness", column: "plan", measure: "mae", maxDifference: 1 }],
        },
      }),
      "models.churn.training.gate.checks[0].measure",
      /problemType: binaryClassification: predicted, rate, roc_auc/,
    ],
    [
      "a check of a metric of another type of problem",
      training({
        gate: { metric: "roc_auc", atLeast: 0.7, checks: [{ kind: "metric", metric: "rmse", atMost: 5 }] },
      }),
      "models.churn.training.gate.checks[0].metric",
      /problemType/,
    ],
  ]);
});
