import type { Settings } from "../../components/settings/settings";
import { type PlanIndex, text } from "../planIndex";

/** What stops with one thing that fails, with the setting that changes it. */
export function singlePoints(index: PlanIndex, settings: Partial<Settings>): string[] {
  const { foundation, airflow, mlflow, models = {} } = settings;
  const found: string[] = [];
  const gateways = index.all("aws:ec2/natGateway:NatGateway").length;
  if (gateways > 0 && gateways < index.zones)
    found.push(
      `${gateways} NAT gateway for ${index.zones} zones: without it the other zones have no way out. \`foundation.network.nat: perZone\``,
    );
  for (const { name, inputs } of index.all("aws:rds/instance:Instance"))
    if (inputs.multiAz !== true)
      found.push(
        `The database ${name} is in one zone: every tool waits for it. \`foundation.database.multiZone: true\``,
      );
  if (
    foundation?.kind === "existing" &&
    foundation.database.kind === "cloudnativepg" &&
    foundation.database.instances < 2
  )
    found.push("The database has one instance: every tool waits for it. `foundation.database.instances: 2`");
  if (foundation?.kind === "aws" && foundation.cluster.kind === "create") {
    const groups = Object.entries(foundation.cluster.nodeGroups);
    for (const [name, { purpose, minNodes }] of groups)
      if (purpose === "system" && minNodes < 2)
        found.push(
          `Node group ${name} begins with ${minNodes} node: with it goes what starts other nodes. \`foundation.cluster.nodeGroups.${name}.minNodes: 2\``,
        );
  }
  if (airflow !== undefined && airflow.executor.kind !== "mwaa") {
    if (airflow.schedulers < 2)
      found.push("Airflow has one scheduler: nothing starts while it starts anew. `airflow.schedulers: 2`");
    if (airflow.apiServers < 2)
      found.push(
        "Airflow has one API server: no pages and no task's report while it starts anew. `airflow.apiServers: 2`",
      );
  }
  if (mlflow !== undefined && mlflow.replicas < 2)
    found.push("MLflow has one pod: runs that train wait while it starts anew. `mlflow.replicas: 2`");
  for (const [model, { serve }] of Object.entries(models)) {
    if (serve.flask !== undefined && serve.flask.minReplicas < 2)
      found.push(
        `Model ${model} has one pod: no answers while it starts anew. \`models.${model}.serve.flask.minReplicas: 2\``,
      );
    if (serve.sagemaker?.kind === "realtime" && serve.sagemaker.minInstances < 2)
      found.push(`Model ${model} has one instance, and no canary. \`models.${model}.serve.sagemaker.minInstances: 2\``);
  }
  return found;
}

/** Types whose loss is a loss of data, and what is in them. */
const dataOf: Readonly<Record<string, string>> = {
  "aws:s3/bucket:Bucket": "objects",
  "aws:rds/instance:Instance": "what the tools know",
  "aws:backup/vault:Vault": "backups",
  "aws:efs/fileSystem:FileSystem": "shared files",
  "aws:dynamodb/table:Table": "records",
  "aws:kms/key:Key": "everything that is encrypted with it",
  "aws:ecr/repository:Repository": "images",
  "aws:sagemaker/modelPackageGroup:ModelPackageGroup": "versions of a model",
  "aws:sagemaker/featureGroup:FeatureGroup": "features",
  "aws:sagemaker/domain:Domain": "homes of Studio",
  "aws:secretsmanager/secret:Secret": "a secret",
  "kubernetes:core/v1:PersistentVolumeClaim": "a volume",
  "kubernetes:postgresql.cnpg.io/v1:Cluster": "what the tools know",
};

/** What is lost with a resource of a type; undefined where nothing is. */
export const dataIn = (type: string): string | undefined => dataOf[type];

/** What holds data and goes with `pulumi destroy`. */
export function unprotected(index: PlanIndex): string[] {
  return index.resources
    .filter((resource) => !index.ofChart(resource) && dataIn(resource.type) !== undefined)
    .filter(({ protect, retainOnDelete }) => !protect && !retainOnDelete)
    .map(({ type, name }) => `${text(type.split(":").at(-1))} ${name}: ${dataIn(type)}`);
}
