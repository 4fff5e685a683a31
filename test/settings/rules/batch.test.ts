import { minimalAws, onExisting } from "../fixtures";
import { model } from "./configs";
import { refuse } from "./table";

describe("rules between settings: batch", () => {
  refuse([
    [
      "a model named after another's batch scoring",
      { ...minimalAws(), models: { churn: { from: "s3://b1b/m" }, "churn-batch": { from: "s3://b1b/m" } } },
      "models.churn-batch",
      /beside the model churn/,
    ],
    ["batch that never starts", model({ batch: {} }), "models.churn.batch", /a schedule, or onNewData/],
    [
      "a schedule that Kubernetes does not know",
      model({ batch: { schedule: "cron(0 3 L * ? *)" } }),
      "models.churn.batch.schedule",
      /L or W in the day of month.*28.*or write with: sagemaker/,
    ],
    [
      "a rate that does not divide the day",
      model({ batch: { schedule: "rate(5 hours)" } }),
      "models.churn.batch.schedule",
      /every 5 hours.*write rate\(4 hours\)/,
    ],
    [
      "results scored again for ever",
      model({ batch: { onNewData: "predictions/churn/" } }),
      "models.churn.batch.onNewData",
      /outside predictions\/.*write onNewData: incoming\/churn\//,
    ],
    [
      "rows to score where training's runs write",
      model({ training: { image: "training" }, batch: { onNewData: "outputs/rows/" } }),
      "models.churn.batch.onNewData",
      /objects are deleted after a while/,
    ],
    [
      "a batch input that nothing reads",
      model({ batch: { onNewData: "incoming/churn/", input: "all/churn/" } }),
      "models.churn.batch.input",
      /only with schedule/,
    ],
    [
      "instances of batch transform that do not exist",
      model({
        from: "models:/churn/3",
        batch: { with: "sagemaker", schedule: "rate(1 day)", instanceType: "ml.m5.huge" },
      }),
      "models.churn.batch.instanceType",
      /a size of ml\.m5/,
    ],
    [
      "batch transform on an existing cluster",
      onExisting(
        {},
        {
          mlflow: {},
          models: { churn: { from: "models:/churn/3", batch: { with: "sagemaker", schedule: "rate(1 day)" } } },
        },
      ),
      "models.churn.batch.with",
      /only on foundation\.kind: aws/,
    ],
  ]);
});
