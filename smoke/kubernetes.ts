import type {
  V1DaemonSet,
  V1Deployment,
  V1Namespace,
  V1Pod,
  V1ReplicaSet,
  V1StatefulSet,
} from "@kubernetes/client-node";
import { modelsNamespace } from "../charts/values/modelServer";
import { dagPodNamespace, taskNamespace } from "../components/contracts/airflowNames";
import type { Act, Check } from "./check";
import { podKind } from "./cluster";
import { Fault, LastingFault } from "./fault";
import { brokenPod, isDone, isReady } from "./pods";

/** Where people and DAGs start pods, whose ends are theirs. */
const ofPeople = new Set<string>([taskNamespace, dagPodNamespace]);
const person = "singleuser-server";

type Workload = V1Deployment | V1StatefulSet | V1DaemonSet;
const workloads = ["Deployment", "StatefulSet", "DaemonSet"].map((kind) => ({ apiVersion: "apps/v1", kind }));

/** How many pods there should be, and how many are ready. */
function counted({ kind, spec, status }: Workload & { kind?: string }): { wanted: number; ready: number } {
  if (kind === "DaemonSet") {
    const { desiredNumberScheduled = 0, numberReady = 0 } = (status ?? {}) as V1DaemonSet["status"] & object;
    return { wanted: desiredNumberScheduled, ready: numberReady };
  }
  const { replicas = 1 } = (spec ?? {}) as { replicas?: number };
  const { readyReplicas = 0 } = (status ?? {}) as { readyReplicas?: number };
  return { wanted: replicas, ready: readyReplicas };
}

/** Servers of models wait, unready, for a first version: whether they answer is for the checks of models. */
function mayWait(namespace: string, pod: V1Pod): boolean {
  const serves = pod.metadata?.labels?.["app.kubernetes.io/name"] === "model-server";
  return namespace === modelsNamespace && serves && brokenPod(pod)?.endsWith("is not ready") === true;
}

async function troubles(act: Act, namespace: string): Promise<{ running: number; faults: string[] }> {
  const found = await act.cluster.list<V1Pod>(podKind, { namespace });
  const pods = found.filter(
    (pod) => !pod.metadata?.deletionTimestamp && !isDone(pod) && pod.metadata?.labels?.component !== person,
  );
  const ownedByJob = (pod: V1Pod) => pod.metadata?.ownerReferences?.some(({ kind }) => kind === "Job") ?? false;
  // A Job tries again: of its pods those count that cannot even start.
  const counting = pods.filter((pod) => !ownedByJob(pod) || pod.status?.phase === "Pending");
  const faults = counting
    .filter((pod) => !mayWait(namespace, pod))
    .map(brokenPod)
    .filter((reason) => reason !== undefined);
  if (faults.length === 0) faults.push(...(await missingPods(act, namespace, counting)));
  return { running: counting.filter(isReady).length, faults };
}

/** Of workloads whose pods are refused before there is one. */
async function missingPods(act: Act, namespace: string, pods: V1Pod[]): Promise<string[]> {
  const instance = "app.kubernetes.io/instance";
  const waiting = new Set(
    pods.filter((pod) => mayWait(namespace, pod)).map(({ metadata }) => metadata?.labels?.[instance]),
  );
  const all = await Promise.all(
    workloads.map(async ({ apiVersion, kind }) =>
      (await act.cluster.list<Workload>({ apiVersion, kind }, { namespace })).map((each) => ({ ...each, kind })),
    ),
  );
  const short = all
    .flat()
    .filter((each) => counted(each).ready < counted(each).wanted)
    .filter(({ spec }) => !waiting.has(spec?.template.metadata?.labels?.[instance] ?? ""));
  if (short.length === 0) return [];
  const sets = await act.cluster.list<V1ReplicaSet>({ apiVersion: "apps/v1", kind: "ReplicaSet" }, { namespace });
  return short.map((each) => {
    const { wanted, ready } = counted(each);
    const refused = sets
      .filter(({ metadata }) => metadata?.ownerReferences?.some(({ name }) => name === each.metadata?.name))
      .flatMap(({ status }) => status?.conditions ?? [])
      .find(({ type, status }) => type === "ReplicaFailure" && status === "True");
    const why = refused?.message ? `: ${refused.message}` : "";
    return `${each.kind} ${namespace}/${each.metadata?.name} has ${ready} of ${wanted} pods${why}`;
  });
}

export const kubernetesChecks: Check[] = [
  {
    piece: "kubernetes",
    name: "find every namespace of the stack",
    limitSeconds: 30,
    where: "docs/smoke.md#before-you-start",
    async run(act) {
      const found = await act.cluster.list<V1Namespace>({ apiVersion: "v1", kind: "Namespace" }, {});
      const there = new Set(found.map(({ metadata }) => metadata?.name));
      const missing = act.outputs.namespaces.filter((each) => !there.has(each));
      if (missing.length > 0) {
        throw new LastingFault(
          `${missing.join(", ")} not there: is the kubeconfig that of ${act.outputs.clusterName}, and has \`pulumi up\` ended well?`,
        );
      }
      return { detail: `${act.outputs.namespaces.length} namespaces` };
    },
  },
  {
    piece: "kubernetes",
    name: "see every pod run",
    limitSeconds: 120,
    where: "docs/smoke.md#pods-that-do-not-run",
    async run(act) {
      const namespaces = act.outputs.namespaces.filter((each) => !ofPeople.has(each));
      const running = await act.until("moment at which every pod was ready", async () => {
        const all = await Promise.all(namespaces.map((each) => troubles(act, each)));
        const faults = all.flatMap((each) => each.faults);
        act.say(`${faults.length} pods are not ready`);
        if (faults.length > 0) throw new Fault(faults.join("; "));
        return all.reduce((sum, each) => sum + each.running, 0);
      });
      return { detail: `${running} pods are ready` };
    },
  },
];
