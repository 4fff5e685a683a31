import { minimalAws, onExisting } from "../fixtures";
import { model, numbered } from "./configs";
import { accept, refuse } from "./table";

const columns = { tenure: "Integral" };
const features = (
  more: object,
  sections: object = { training: { featureStore: "offline" } },
  loop: object = {},
  block: object = {},
) =>
  model(
    { training: { image: "training", features: { entity: "customer_id", columns, ...more }, ...loop }, ...block },
    sections,
  );
/** So many columns of the longest names. */
const wide = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`c${String(n).padStart(63, "0")}`, "Fractional"]));
const prepared = (more: object, sections: object, serve: object = { flask: {} }) =>
  model(
    {
      serve,
      training: {
        ...{ image: "training", prepare: { with: "container" } },
        features: { entity: "customer_id", columns, ...more },
      },
    },
    sections,
  );
const featureDatabase = { writerSecretName: "features-writer", readerSecretName: "features-reader" };
const inPostgres = (training: object, of: object = {}, serve: object = { flask: {} }) =>
  onExisting(
    { images: { registry: "registry.example.com/ml" } },
    {
      ...{ mlflow: {}, airflow: {}, training: { featureDatabase } },
      models: {
        churn: {
          ...{ from: "models:/churn@champion", serve },
          training: {
            ...{ engine: "airflow", image: "training", prepare: { with: "container" } },
            features: { entity: "customer_id", columns, ...of },
            ...training,
          },
        },
      },
    },
  );

describe("rules between settings: features", () => {
  refuse([
    ["features without a store", features({}, {}), "models.churn.training.features", /featureStore: offline/],
    [
      "a feature store that keeps nothing",
      { ...minimalAws(), training: { featureStore: "offline" } },
      "training.featureStore",
      /no model declares training\.features/,
    ],
    [
      "a loop that would publish without anybody who prepares",
      features({ loop: "publish" }, { training: { featureStore: "onlineAndOffline" } }),
      "models.churn.training.features.loop",
      /prepare: \{ with: container \}/,
    ],
    [
      "a loop that would publish where nothing says what is known",
      prepared({ loop: "publish" }, { training: { featureStore: "offline" } }),
      "models.churn.training.features.loop",
      /featureStore: onlineAndOffline/,
    ],
    [
      "a loop that would read without tables",
      prepared({ loop: "read" }, { training: { featureStore: "offline", catalog: { enabled: false } } }),
      "models.churn.training.features.loop",
      /catalog: \{ enabled: true \}/,
    ],
    [
      "features looked up where only the history is kept",
      prepared({ lookup: true }, { training: { featureStore: "offline" } }),
      "models.churn.training.features.lookup",
      /featureStore: onlineAndOffline/,
    ],
    [
      "features looked up for a model that answers nobody",
      prepared({ lookup: true }, { training: { featureStore: "onlineAndOffline" } }, {}),
      "models.churn.training.features.lookup",
      /serve: \{ flask: \{\} \}/,
    ],
    [
      "more features than a variable on SageMaker takes",
      prepared(
        { lookup: true, columns: numbered(40, () => "Fractional", "feature_of_customers_") },
        { training: { featureStore: "onlineAndOffline" } },
        { sagemaker: { kind: "serverless" } },
      ),
      "models.churn.training.features.lookup",
      /1024 characters/,
    ],
    ...["feature_time", "record_number", "xmin"].map((name): [string, unknown, string, RegExp] => [
      `a feature called ${name}, where loops and servers use the group`,
      prepared(
        { lookup: true, columns: { ...columns, [name]: "String" } },
        { training: { featureStore: "onlineAndOffline" } },
      ),
      `models.churn.training.features.columns.${name}`,
      /rename it/,
    ]),
    [
      "features whose description no task on Fargate is told",
      features(
        { loop: "publish", columns: wide(800) },
        { training: { featureStore: "onlineAndOffline" } },
        { prepare: { with: "container" } },
      ),
      "models.churn.training.features.columns",
      /at most 60000 characters as a variable of the task.*declare fewer columns/,
    ],
    [
      "features whose description no pod is told",
      features(
        { lookup: true, columns: wide(1700) },
        { training: { featureStore: "onlineAndOffline" } },
        {},
        { serve: { flask: {} } },
      ),
      "models.churn.training.features.columns",
      /at most 130000 characters as a variable of a pod/,
    ],
    ["features of nobody", features({ columns: {} }), "models.churn.training.features.columns", /add a column/],
    [
      "one column for whom and when",
      features({ entity: "event_time" }),
      "models.churn.training.features.eventTime",
      /another column than entity/,
    ],
    [
      "a column that is there already",
      features({ columns: { ...columns, customer_id: "String" } }),
      "models.churn.training.features.columns.customer_id",
      /remove columns\.customer_id/,
    ],
    [
      "a column that Feature Store has",
      features({ columns: { ...columns, write_time: "String" } }),
      "models.churn.training.features.columns.write_time",
      /names other than/,
    ],
    [
      "a column that Athena would only read in quotes",
      features({ columns: { "Tenure Months": "Integral" } }),
      'models.churn.training.features.columns["Tenure Months"]',
      /small letters/,
    ],
    [
      "features on a cluster that exists",
      onExisting(
        { images: { registry: "registry.example.com/ml" } },
        {
          mlflow: {},
          airflow: {},
          models: {
            churn: {
              from: "models:/churn@champion",
              training: { engine: "airflow", image: "training", features: { entity: "customer_id", columns } },
            },
          },
        },
      ),
      "models.churn.training.features",
      /featureDatabase/,
    ],
    [
      "a database of features on AWS",
      features({}, { training: { featureStore: "offline", featureDatabase } }),
      "training.featureDatabase",
      /featureStore: onlineAndOffline/,
    ],
    [
      "a database of features that nobody declares",
      inPostgres({ features: undefined }),
      "training.featureDatabase",
      /remove featureDatabase/,
    ],
    ["features that nobody uses", inPostgres({}), "models.churn.training.features.loop", /loop: publish/],
    [
      "features that nobody prepares, on a cluster that exists",
      inPostgres({ prepare: undefined }, { loop: "publish" }),
      "models.churn.training.features.loop",
      /prepare: \{ with: container \}/,
    ],
    [
      "features that nobody asks for, on a cluster that exists",
      inPostgres({}, { lookup: true }, {}),
      "models.churn.training.features.lookup",
      /serve: \{ flask: \{\} \}/,
    ],
    [
      "a column that PostgreSQL would cut",
      inPostgres({}, { lookup: true, columns: { ["c".repeat(64)]: "String" } }),
      "models.churn.training.features.columns",
      /at most 63 letters/,
    ],
  ]);

  accept([
    [
      "a loop that publishes, and a server that looks up",
      prepared({ loop: "publish", lookup: true }, { training: { featureStore: "onlineAndOffline" } }),
    ],
    ["features in PostgreSQL, published and looked up", inPostgres({}, { loop: "publish", lookup: true })],
    ["a loop that reads a history", prepared({ loop: "read" }, { training: { featureStore: "offline" } })],
  ]);
});
