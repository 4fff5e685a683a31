/** Pods of a loop. Airflow fills in the expressions in braces, which workloads/loops/training_loops.py defines. */
import type { Placement } from "../../contracts/app";
import { undisturbed } from "../../lib/undisturbed";
import type { AirflowGround } from "./facts";

/** Name of the run: small letters, digits and hyphens. */
export const runName = "{{ run_name(dag_run) }}";
/** Why it began. */
export const reason = "{{ reason(dag_run) }}";
/** Who started it; empty where nobody did. */
export const askedBy = "{{ asked_by(dag_run) }}";
/** Who has approved or rejected its version, and when, as JSON. */
export const answer = "{{ answer(ti) }}";
/** The run as Airflow knows it. */
export const dagRun = "{{ dag.dag_id }} {{ run_id }}";
/** The day before the run, as samples of traffic are filed. */
export const dayBefore = "{{ day_before(dag_run) }}";
/** How the steps of the run went, as JSON. */
export const stepStates = "{{ step_states(dag, dag_run) }}";

/** What SageMaker's containers call their own, and so those of the training image. */
const root = "/opt/ml";
/** Whoever the image runs as can write what others of the pod left: all belong to this group. */
const sharedGroup = 10001;

/** What one container may use. */
export interface PodSize {
  cpu: string;
  memoryMiB: number;
  gpus?: number;
}

/** Of every pod of every loop, for network policies. */
export const podLabels = { "app.kubernetes.io/name": "training" };

/** Whose loop a pod is of, for network policies too. */
export const modelLabel = "mlplatform/model";

/** Of containers that copy, ask and judge. */
const small: PodSize = { cpu: "250m", memoryMiB: 2048 };

/** A pod in JSON, as `pod_template_dict` of Airflow's KubernetesPodOperator takes it. */
export type LoopPod = Record<string, unknown>;

type Container = Record<string, unknown>;
type Variable = { name: string; value: string };

const locked = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };

function resources({ cpu, memoryMiB, gpus = 0 }: PodSize) {
  const memory = `${memoryMiB}Mi`;
  const devices = gpus === 0 ? {} : { "nvidia.com/gpu": String(gpus) };
  return { requests: { cpu, memory, ...devices }, limits: { memory, ...devices } };
}

const mounts = [
  { name: "ml", mountPath: root },
  { name: "scratch", mountPath: "/tmp" },
];

const ofConfigMap = (name: string) => ({ configMapRef: { name } });
const ofSecret = (name: string) => ({ secretRef: { name } });

/** A step of the release image: `release step` with a request, which it reads once the expressions are filled in. */
export function tool(name: string, ground: AirflowGround, request: object, variables: Variable[] = []): Container {
  return {
    name,
    image: ground.toolImage,
    args: ["step", "--request", JSON.stringify(request)],
    env: [{ name: "TRAINING_RUN", value: runName }, { name: "TRAINING_REASON", value: reason }, ...variables],
    envFrom: [
      ofConfigMap(ground.environmentConfigMap),
      ofSecret(ground.mlflowSecret),
      ...(ground.storeSecret === undefined ? [] : [ofSecret(ground.storeSecret)]),
    ],
    securityContext: { ...locked, runAsNonRoot: true, readOnlyRootFilesystem: true },
    resources: resources(small),
    terminationMessagePolicy: "FallbackToLogsOnError",
    volumeMounts: mounts,
  };
}

/** A command of the training image. With `store` it reads and writes the data store itself, with `features` that of features. */
export function command(
  name: string,
  ground: AirflowGround,
  args: {
    image: string;
    args: string[];
    hyperparameters: Record<string, string>;
    variables?: Record<string, string>;
    size: PodSize;
    store?: boolean;
    features?: boolean;
  },
): Container {
  const storeSecret = args.store ? ground.storeSecret : undefined;
  const featuresSecret = args.features ? ground.featuresSecret : undefined;
  return {
    name,
    image: args.image,
    imagePullPolicy: "Always", // What was pushed under the tag since is trained with.
    args: args.args,
    env: [
      ...Object.entries(args.hyperparameters)
        .filter(([key]) => /^\w+$/.test(key))
        .map(([key, value]) => ({ name: `SM_HP_${key.toUpperCase()}`, value: literal(value) })),
      ...Object.entries(args.variables ?? {}).map(([name, value]) => ({ name, value })),
    ],
    ...(args.store
      ? {
          envFrom: [
            ofConfigMap(ground.environmentConfigMap),
            ...(storeSecret === undefined ? [] : [ofSecret(storeSecret)]),
            ...(featuresSecret === undefined ? [] : [ofSecret(featuresSecret)]),
          ],
        }
      : {}),
    securityContext: locked,
    resources: resources(args.size),
    terminationMessagePolicy: "FallbackToLogsOnError",
    volumeMounts: mounts,
  };
}

/** Containers one after the other: Kubernetes starts the last one, which Airflow calls `base`, when those before are done. */
export function pod(
  model: string,
  ground: AirflowGround,
  args: { containers: [...before: Container[], last: Container]; minutes: number; placement?: Placement },
): LoopPod {
  const { nodeSelector, tolerations } = args.placement ?? ground.placement;
  const before = args.containers.slice(0, -1);
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      labels: { ...podLabels, [modelLabel]: model, "mlplatform/run": runName },
      annotations: undisturbed,
    },
    spec: {
      restartPolicy: "Never",
      serviceAccountName: ground.serviceAccount,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      activeDeadlineSeconds: args.minutes * 60,
      securityContext: { fsGroup: sharedGroup, seccompProfile: { type: "RuntimeDefault" } },
      nodeSelector,
      tolerations,
      ...(before.length === 0 ? {} : { initContainers: before }),
      containers: [{ ...args.containers.at(-1), name: "base" }],
      volumes: [
        { name: "ml", emptyDir: {} },
        { name: "scratch", emptyDir: {} },
      ],
    },
  };
}

/** A text that Airflow leaves as it is. */
export function literal(text: string): string {
  return /\{[{%#]/.test(text) ? `{{ ${JSON.stringify(text)} }}` : text;
}
