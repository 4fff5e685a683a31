import type { PlannedResource } from "../../simulator/plan";
import { pieceOf } from "../pieces";
import { at, list, number, type PlanIndex, text } from "../planIndex";

/** One box of the picture: a thing that people know the stack by, with all that belongs to it. */
export interface Box {
  id: string;
  piece: string;
  lines: string[];
}

export interface Graph {
  boxes: Box[];
  /** Who needs whom, by ids. */
  edges: [string, string][];
}

/** More models than these are one box for each way to serve them: nobody reads a picture of a thousand. */
const mostModels = 12;

type Describe = (resource: PlannedResource) => string[];

const named =
  (title: string): Describe =>
  () => [title];

/** What is drawn, by type, and what is written on it. */
const drawn: Readonly<Record<string, Describe>> = {
  "awsx:ec2:Vpc": ({ inputs }) => ["Network", text(inputs.cidrBlock)],
  "aws:eks/cluster:Cluster": ({ inputs }) => ["EKS", `Kubernetes ${text(inputs.version)}`],
  "aws:eks/nodeGroup:NodeGroup": ({ inputs }) => [
    `Nodes: ${text(at(inputs, "labels", "mlplatform/node-group"))}`,
    text(list(inputs.instanceTypes)[0]),
    `${number(at(inputs, "scalingConfig", "minSize"))} to ${number(at(inputs, "scalingConfig", "maxSize"))}`,
  ],
  "aws:rds/instance:Instance": ({ inputs }) => ["PostgreSQL", text(inputs.instanceClass)],
  "kubernetes:postgresql.cnpg.io/v1:Cluster": named("PostgreSQL"),
  "aws:s3/bucket:Bucket": ({ name }) => ["Bucket", text(name.split("-").at(-1))],
  "aws:efs/fileSystem:FileSystem": named("Shared files"),
  "mlplatform:foundation:Images": named("Images"),
  "mlplatform:apps:Airflow": named("Airflow"),
  "mlplatform:apps:Mwaa": named("Airflow (MWAA)"),
  "mlplatform:apps:Mlflow": named("MLflow"),
  "mlplatform:apps:Jupyterhub": named("JupyterHub"),
  "mlplatform:apps:Monitoring": named("Prometheus and Grafana"),
  "mlplatform:apps:LandingPage": named("Landing page"),
  "mlplatform:serving:ModelServer": ({ name }) => ["Flask", model(name)],
  "aws:sagemaker/endpoint:Endpoint": ({ name }) => ["SageMaker", model(name)],
  "mlplatform:serving:ReleaseController": named("Releases"),
  "mlplatform:training:TrainingLoop": ({ name }) => ["Training", model(name)],
};

/** Nobody needs one group of nodes: pods run where there is room. */
const neededByNobody = "aws:eks/nodeGroup:NodeGroup";

const ofModels = new Set([
  "mlplatform:serving:ModelServer",
  "aws:sagemaker/endpoint:Endpoint",
  "mlplatform:training:TrainingLoop",
]);

/** Name of a model, from that of the component that is for it alone. */
const model = (name: string): string => name.replace(/^.*?-(models|endpoint|training)-/, "");

/** The boxes of a stack and what they need, without what follows from others. */
export function graphOf(index: PlanIndex): Graph {
  const byUrn = new Map(index.resources.map((each) => [each.urn, each]));
  const boxes = new Map<string, Box>();
  const boxOf = new Map<string, string | undefined>();
  const find = (resource: PlannedResource): string | undefined => {
    if (boxOf.has(resource.urn)) return boxOf.get(resource.urn);
    const describe = drawn[resource.type];
    const parent = byUrn.get(resource.parent);
    const many = ofModels.has(resource.type) && index.all(resource.type).length > mostModels;
    const id = describe ? (many ? resource.type : resource.urn) : parent && find(parent);
    boxOf.set(resource.urn, id);
    if (describe && id !== undefined && !boxes.has(id)) {
      const lines = describe(resource).filter((line) => line !== "");
      const all = many ? [lines[0] ?? "", `${index.all(resource.type).length} models`] : lines;
      boxes.set(id, { id, piece: pieceOf(resource), lines: all });
    }
    return id;
  };
  for (const resource of index.resources) find(resource);
  const edges = new Map<string, [string, string]>();
  for (const resource of index.resources) {
    const from = boxOf.get(resource.urn);
    if (from === undefined) continue;
    // What a provider needs is needed by all that it makes.
    for (const urn of [...resource.dependencies, ...(byUrn.get(resource.provider)?.dependencies ?? [])]) {
      const needed = byUrn.get(urn);
      const to = needed && boxOf.get(needed.urn);
      const drawnAs = to === undefined ? undefined : byUrn.get(to)?.type;
      if (to !== undefined && to !== from && drawnAs !== neededByNobody) edges.set(`${from} ${to}`, [from, to]);
    }
  }
  return { boxes: [...boxes.values()], edges: [...edges.values()] };
}
