import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { chartSource } from "../../../charts/source";
import { jupyterhubValues } from "../../../charts/values/jupyterhub";
import type { SharedDags } from "../../../charts/values/jupyterhubDags";
import { dagScriptFiles, dagScripts, jupyterhubNamespace } from "../../../charts/values/jupyterhubNames";
import type { NotebookPeer } from "../../../charts/values/jupyterhubNetwork";
import { type NotebookProfile, planProfiles } from "../../../charts/values/jupyterhubProfiles";
import { type AppSurroundings, placementFor, type SignIn, type SignInProvider } from "../../contracts/app";
import type { Database, NodeClass, WorkloadIdentity } from "../../contracts/foundation";
import { dataProtection } from "../../foundation/data/protection";
import { after, type Dependency } from "../../lib/dependencies";
import { merge } from "../../lib/merge";
import { monitoringNamespace } from "../../lib/monitoringNames";
import { podQuota } from "../../lib/podQuota";
import type { PolicyStatement } from "../../lib/statements";
import { type DagsAccess, dagsSecret } from "../dagsSecret";
import { JupyterhubSecrets } from "./secrets";
import { jupyterhubClosed, jupyterhubIngress, jupyterhubMonitor, notebooksToStore } from "./traffic";

/** Service account of notebooks; without a token for the Kubernetes API. */
const notebookAccount = "notebook";

/** Another tool of the platform, as notebooks see it. */
export interface NotebookTool extends NotebookPeer {
  /** Address inside the cluster. A literal, since it stands in the chart's values. */
  url: string;
  /** How programs sign in there. Absent where they need not. */
  credential?: { userName: string; password: pulumi.Input<string> };
}

/** What JupyterHub needs beside its surroundings. */
export interface JupyterhubArgs extends AppSurroundings {
  /** Holds people, servers and tokens of the hub. */
  database: Database;
  /** Servers go to nodes of the purpose `notebooks`. */
  nodeClasses: NodeClass[];
  /** Image of servers. Absent: the pinned scientific one, and with GPUs one that has PyTorch. */
  image?: string;
  /** By name. Empty: a small and a large one, and one with a GPU where nodes of the purpose have them. */
  profiles: Record<string, NotebookProfile>;
  homeGiB: number;
  cullIdleMinutes: number;
  egressCidrs: string[];
  maxServers: number;
  /** What all servers may ask for together, the hub and its proxy with them. */
  serverQuota: { cpu: string; memoryGiB: number; gpus: number };
  /** Repository that each home gets a clone of. */
  dags?: SharedDags;
  /** What opens that repository; comes with its `secretName`. */
  dagsAccess?: DagsAccess;
  /** With a `tokenSeed`, servers act there as their owners, by tokens that the hub signs with it. It needs a sign-in. */
  mlflow?: NotebookTool & { tokenSeed?: pulumi.Input<string> };
  airflow?: NotebookTool;
  /** Models that answer in the cluster. */
  models?: NotebookPeer;
  /** The object store, where it runs in the cluster. */
  objectStore?: NotebookPeer;
  /** Blocks of the object store, where it is outside and known by them: notebooks reach its port 443, whatever `egressCidrs` say. */
  objectStoreCidrs?: pulumi.Input<string[]>;
  /** Variables of notebooks beside those of the tools, such as the region. Literals. */
  environment?: Record<string, string>;
  /** Variables that are secret, such as keys of the store, or that are known to the cloud only. */
  secretEnvironment?: Record<string, pulumi.Input<string>>;
  /** What notebooks may do in the cloud; the same for all. */
  permissions?: { identity: WorkloadIdentity; statements: pulumi.Input<PolicyStatement[]> };
}

/** Notebooks for people: one namespace, one hub, one server and one home for each person. */
export class Jupyterhub extends pulumi.ComponentResource {
  readonly namespace = jupyterhubNamespace;
  /** Depend on these to come after everything of the hub, and to be destroyed before any of it. */
  readonly ready: Dependency[];
  /** Absent where the hub is reached by port forwarding only. */
  readonly url?: string;
  /** Generated, where there is no sign-in: for everybody, and for the person `admin`. */
  readonly passwords?: { user: pulumi.Output<string>; admin: pulumi.Output<string> };

  constructor(name: string, args: JupyterhubArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:apps:Jupyterhub", name, {}, opts);
    const child = { parent: this };
    const protection = dataProtection(args.keepData);
    const namespace = new k8s.core.v1.Namespace(
      name,
      {
        metadata: { name: jupyterhubNamespace, labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
      },
      { ...child, ...protection.options }, // Homes are in it, and go with it.
    );
    const inNamespace = { ...child, dependsOn: [namespace] };
    const metadata = (objectName: string) => ({ name: objectName, namespace: jupyterhubNamespace });

    const signIn = args.address ? args.signIn : undefined;
    const { environment, secretEnvironment } = toolEnvironment(args);
    const notebookVariables = { ...secretEnvironment, ...args.secretEnvironment };
    const tokenSeed = signIn ? args.mlflow?.tokenSeed : undefined; // Where anybody may take any name, no name means anything.
    const secrets = new JupyterhubSecrets(
      `${name}-secrets`,
      {
        ...{ namespace, database: args.database, notebookVariables, protection },
        ...(signIn ? { signIn } : {}),
        ...(tokenSeed === undefined ? {} : { tokenSeed }),
      },
      child,
    );
    const account = new k8s.core.v1.ServiceAccount(
      `${name}-notebook`,
      { metadata: metadata(notebookAccount), automountServiceAccountToken: false },
      inNamespace,
    );
    const granted = args.permissions?.identity.grant(
      `${name}-notebook`,
      {
        namespace: jupyterhubNamespace,
        serviceAccount: notebookAccount,
        statements: args.permissions.statements,
      },
      child,
    );
    const closed = jupyterhubClosed(name, jupyterhubNamespace, inNamespace);
    const bound = podQuota(
      `${name}-servers`,
      {
        namespace: jupyterhubNamespace,
        objectName: "servers",
        maxPods: 2 * args.maxServers + 20, // The hub itself keeps to maxServers; this is for pods that it does not know.
        requests: args.serverQuota,
        defaultRequest: { cpu: "50m", memory: "128Mi" },
      },
      inNamespace,
    );
    const before: Dependency[] = [account, closed, ...bound, ...secrets.ready, ...(granted ? [granted] : [])];
    if (args.dags) {
      before.push(
        new k8s.core.v1.ConfigMap(
          `${name}-dags`,
          { metadata: metadata(dagScripts), data: dagScriptFiles() },
          inNamespace,
        ),
      );
    }

    if (args.objectStoreCidrs) {
      before.push(notebooksToStore(name, jupyterhubNamespace, args.objectStoreCidrs, inNamespace));
    }
    if (args.dagsAccess) before.push(dagsSecret(`${name}-git`, jupyterhubNamespace, args.dagsAccess, inNamespace));

    const gpuNodes = args.nodeClasses.some(({ purpose, gpu }) => purpose === "notebooks" && gpu);
    const values = jupyterhubValues({
      ...(args.image === undefined ? {} : { image: args.image }),
      profiles: planProfiles(args.profiles, gpuNodes),
      placement: args.placement,
      notebookPlacement: {
        cpu: placementFor(args.nodeClasses, "notebooks"),
        gpu: placementFor(args.nodeClasses, "notebooks", true),
      },
      serviceAccount: notebookAccount,
      podIdentity: args.permissions !== undefined,
      homeGiB: args.homeGiB,
      ...(args.storageClass === undefined ? {} : { storageClass: args.storageClass }),
      keepHomes: args.keepData,
      cullIdleMinutes: args.cullIdleMinutes,
      maxServers: args.maxServers,
      peers: [args.mlflow, args.airflow, args.models, args.objectStore].filter((peer) => peer !== undefined),
      egressCidrs: args.egressCidrs,
      environment: { ...environment, ...args.environment },
      secretVariables: Object.keys(notebookVariables),
      ...(args.dags ? { dags: args.dags } : {}),
      ...(signIn && args.address ? { signIn: { ...withoutSecret(signIn), url: args.address.url } } : {}),
      ...(args.mlflow && tokenSeed !== undefined ? { mlflowAsOwner: { uri: args.mlflow.url } } : {}),
      ...(args.monitors ? { monitoringNamespace } : {}),
    });
    const chart = new k8s.helm.v4.Chart(
      name,
      {
        ...chartSource("jupyterhub"),
        name: "jupyterhub",
        namespace: jupyterhubNamespace,
        values: merge(values, args.values),
      },
      { ...child, dependsOn: after(...args.ready, ...args.database.ready, ...before) },
    );
    this.ready = [namespace, ...before, chart, chart.resources];

    const inside = { namespace: jupyterhubNamespace };
    if (args.address) {
      this.url = args.address.url;
      const route = { ...inside, address: args.address, after: [chart, chart.resources] };
      this.ready.push(jupyterhubIngress(name, route, child));
    }
    if (args.monitors) {
      const first = [...secrets.ready, ...args.monitors];
      this.ready.push(jupyterhubMonitor(name, { ...inside, after: first }, child));
    }
    if (secrets.passwords) this.passwords = secrets.passwords;
    this.registerOutputs();
  }
}

function withoutSecret({ clientSecret: _, ...rest }: SignIn): Omit<SignIn, "clientSecret"> & SignInProvider {
  return rest;
}

/** What notebooks find of the other tools: MLflow's client reads its variables itself. */
function toolEnvironment({ mlflow, airflow }: Pick<JupyterhubArgs, "mlflow" | "airflow">) {
  const credentials = (prefix: string, tool?: NotebookTool) =>
    tool?.credential
      ? { [`${prefix}_USERNAME`]: tool.credential.userName, [`${prefix}_PASSWORD`]: tool.credential.password }
      : {};
  return {
    environment: {
      ...(mlflow ? { MLFLOW_TRACKING_URI: mlflow.url } : {}),
      ...(airflow ? { AIRFLOW_URL: airflow.url } : {}),
    },
    secretEnvironment: { ...credentials("MLFLOW_TRACKING", mlflow), ...credentials("AIRFLOW", airflow) },
  };
}
