import { minimalAws, minimalExisting, onExisting } from "../fixtures";
import { groups, model, numbered, receiving, training } from "./configs";
import { accept, refuse } from "./table";

describe("rules between settings: applications", () => {
  refuse([
    [
      "tables of a source for notebooks without a workgroup",
      {
        ...minimalAws(),
        data: { sources: { lake: { bucket: "company-lake", database: "sales" } } },
        jupyterhub: { reads: ["lake"] },
        training: { catalog: { enabled: false } },
      },
      "training.catalog.enabled",
      /write enabled: true, or remove data\.sources\.lake\.database/,
    ],
    [
      "MWAA with DAGs from git",
      { ...minimalAws(), airflow: { executor: { kind: "mwaa" } } },
      "airflow.dags.kind",
      /bucket with MWAA/,
    ],
    [
      "DAG volume without shared storage",
      { ...minimalAws(), airflow: { dags: { kind: "volume" } } },
      "airflow.dags.kind",
      /sharedStorage/,
    ],
    [
      "git sync together with a DAG volume",
      {
        ...minimalAws(),
        airflow: { dags: { kind: "git", repository: "https://example.com/dags.git", storageGiB: 5 } },
      },
      "airflow.dags.storageGiB",
      /goes with kind: volume/,
    ],
    [
      "GPU profile without GPU nodes",
      { ...minimalAws(), jupyterhub: { profiles: { gpu: { gpus: 1 } } } },
      "jupyterhub.profiles.gpu.gpus",
      /no GPU nodes have the purpose notebooks/,
    ],
    [
      "DAGs that train for an owner of nothing",
      model({ owner: "risk" }, { airflow: { trainsFor: ["sales"] }, ...receiving }),
      "airflow.trainsFor[0]",
      /models\.<name>\.owner: sales/,
    ],
    [
      "DAGs that train for owners of many models",
      {
        ...minimalAws(),
        ...{ mlflow: {}, airflow: { trainsFor: ["risk"] }, ...receiving },
        models: numbered(21, () => ({ from: "models:/churn@champion", owner: "risk" }), "m"),
      },
      "airflow.trainsFor",
      /at most 20 models/,
    ],
    [
      "DAGs that train on a cluster that exists",
      onExisting(
        { images: { registry: "registry.example.com/ml" } },
        {
          ...{ mlflow: {}, airflow: { trainsFor: ["risk"] }, ...receiving },
          models: { churn: { from: "models:/churn@champion", owner: "risk", serve: { flask: {} } } },
        },
      ),
      "airflow.trainsFor",
      /leave trainsFor out/,
    ],
    [
      "people in a Studio that is off",
      { ...minimalAws(), training: { studio: { users: { ann: "viewer" } } } },
      "training.studio.users",
      /write enabled: true/,
    ],
    [
      "a rate where Glue knows none",
      { ...minimalAws(), training: { catalog: { crawlSchedule: "rate(1 day)" } } },
      "training.catalog.crawlSchedule",
      /Glue knows no rate/,
    ],
    [
      "more of the section training than an existing cluster has",
      onExisting({}, { training: { maxParallelRuns: 2 } }),
      "training",
      /all of training but logRetentionDays/,
    ],
    [
      "a profile of notebooks with more CPU than all servers together may have",
      { ...minimalAws(), jupyterhub: { profiles: { wide: { cpu: "7800m" } }, serverQuota: { cpu: "8" } } },
      "jupyterhub.profiles.wide.cpu",
      /at most 7\.7 CPU.*raise jupyterhub\.serverQuota\.cpu to "8\.8" or more/,
    ],
    [
      "a profile of notebooks with more memory than all servers together may have",
      { ...minimalAws(), jupyterhub: { profiles: { wide: { memoryMiB: 4096 } }, serverQuota: { memoryGiB: 4 } } },
      "jupyterhub.profiles.wide.memoryMiB",
      /at most 3456 MiB.*raise jupyterhub\.serverQuota\.memoryGiB to 5 or more/,
    ],
    [
      "a profile of notebooks with more GPUs than all servers together may have",
      { ...minimalExisting(), jupyterhub: { profiles: { wide: { gpus: 9 } } } },
      "jupyterhub.profiles.wide.gpus",
      /at most 8 GPUs.*raise jupyterhub\.serverQuota\.gpus to 9 or more/,
    ],
    [
      "uploads from notebooks to where the code of others lies",
      { ...training({ onNewData: "landing/churn" }), jupyterhub: { uploads: ["landing/churn/", "source/churn/"] } },
      "jupyterhub.uploads[1]",
      /landing\/churn\/: what models of the stack read.*write landing\/churn\//,
    ],
    [
      "uploads from notebooks to where a model looks, but customers' requests lie",
      { ...training({ onNewData: "samples/churn" }), jupyterhub: { uploads: ["samples/churn/"] } },
      "jupyterhub.uploads[0]",
      /none, since no model of the stack.*remove it/,
    ],
    [
      "uploads from notebooks that no model reads",
      { ...minimalAws(), jupyterhub: { uploads: ["data/churn/"] } },
      "jupyterhub.uploads[0]",
      /none, since no model of the stack.*remove it/,
    ],
    [
      "notebook instances without Studio",
      { ...minimalAws(), training: { studio: { notebooks: { ann: {} } } } },
      "training.studio.notebooks",
      /write enabled: true, or leave notebooks out/,
    ],
    [
      "MWAA on an existing cluster",
      onExisting({}, { airflow: { executor: { kind: "mwaa" }, dags: { kind: "bucket" } } }),
      "airflow.executor.kind",
      /only on foundation\.kind: aws/,
    ],
    [
      "many workers in the smallest MWAA",
      {
        ...minimalAws(),
        airflow: { executor: { kind: "mwaa", environmentClass: "mw1.micro" }, dags: { kind: "bucket" } },
      },
      "airflow.executor.maxWorkers",
      /write maxWorkers: 1, or/,
    ],
  ]);

  accept([
    [
      "one worker in the smallest MWAA",
      {
        ...minimalAws(),
        airflow: { executor: { kind: "mwaa", environmentClass: "mw1.micro", maxWorkers: 1 }, dags: { kind: "bucket" } },
      },
    ],
    [
      "a GPU profile with GPU nodes",
      {
        ...groups({ gpu: { purpose: "notebooks", gpu: true, instanceTypes: ["g6.xlarge"] } }),
        jupyterhub: { profiles: { gpu: { gpus: 1 } } },
      },
    ],
  ]);
});
