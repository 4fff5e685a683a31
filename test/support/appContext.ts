import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { databasesOf } from "../../components/apps/apps";
import type { AppContext } from "../../components/composition/surroundings";
import type { Cluster, Database, Foundation, NodeClass, ObjectStore } from "../../components/contracts/foundation";
import { parseSettings } from "../../components/settings/parse";
import { account } from "./foundation";

/** Stands for an output: what only hands outputs on hands this on too, and it says which one it is. */
export const told = <T = string>(what: string) => what as unknown as pulumi.Output<T>;

const nodes = (purpose: NodeClass["purpose"]): NodeClass => ({
  purpose,
  gpu: false,
  labels: { "mlplatform/purpose": purpose, "mlplatform/node-group": purpose },
  taints: [],
});

/** Nodes of the purposes `apps` and `training`, and GPUs for training behind a taint. */
export const nodeClasses: NodeClass[] = [
  nodes("apps"),
  nodes("training"),
  {
    purpose: "training",
    gpu: true,
    labels: { "mlplatform/purpose": "training", "mlplatform/node-group": "training-gpu" },
    taints: [{ key: "nvidia.com/gpu", value: "true", effect: "NoSchedule" }],
  },
];
export const onApps = { nodeSelector: { "mlplatform/purpose": "apps" }, tolerations: [] };
export const onTraining = { nodeSelector: { "mlplatform/purpose": "training" }, tolerations: [] };
export const onGpus = {
  nodeSelector: { "mlplatform/node-group": "training-gpu" },
  tolerations: [{ key: "nvidia.com/gpu", operator: "Equal", value: "true", effect: "NoSchedule" }],
};

const store = (purpose: string): ObjectStore => ({
  bucketName: told(`bucket of ${purpose}`),
  bucketArn: told(`ARN of ${purpose}`),
  uri: told(`URI of ${purpose}`),
});

const database = (app: string): Database => ({
  host: told("host"),
  portNumber: 5432,
  databaseName: app,
  userName: app,
  password: told(`password of ${app}`),
  ready: [],
});

/** What apps start from with a config, all made up; the foundation has what the config needs of it, and nothing else. */
export function appContext(
  raw: object,
  over: Partial<Omit<AppContext, "foundation">> & { foundation?: Partial<Foundation> } = {},
): AppContext {
  const settings = parseSettings(raw);
  const onAws = settings.foundation.kind === "aws";
  const { foundation, ...rest } = over;
  const cluster: Cluster = {
    name: told("cluster"),
    provider: {} as k8s.Provider,
    kubeconfig: told("kubeconfig"),
    nodeClasses,
    apiServerPorts: [443, 6443],
    storageClass: "made-up-disk",
    sharedStorageClass: "made-up-share",
    definedGroups: [],
    ready: [],
  };
  return {
    settings,
    cluster,
    identity: { grant: () => cluster.provider },
    ingress: { className: "made-up", annotations: {}, ready: [] },
    foundation: {
      stores: { artifacts: store("artifacts"), data: store("data"), logs: store("logs") },
      databases: Object.fromEntries(databasesOf(settings).map((app) => [app, database(app)])),
      images: { repositoryUrl: (image) => `registry.example.com/${image}`, pushed: () => [] },
      ...(onAws
        ? {
            aws: {
              account,
              logGroups: ["/made-up/*"],
              vpcId: told("VPC"),
              cidrs: ["10.0.0.0/16"],
              privateSubnetIds: told<string[]>("private subnets"),
              s3Cidrs: () => told<string[]>("blocks of S3"),
            },
          }
        : {}),
      readSecret: (name, key) => told(`${key} of ${name}`),
      ready: [],
      outputs: {},
      ...foundation,
    },
    ...rest,
  };
}

/** A store on the cluster or beside it, by what it holds. */
export const compatibleStore = (purpose: string): ObjectStore => ({
  ...store(purpose),
  compatible: {
    endpoint: told("endpoint"),
    portNumber: 8333,
    accessKeyId: told(`key id of ${purpose}`),
    secretAccessKey: told(`key of ${purpose}`),
  },
});
