import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { airflowNamespace, dagPodNamespace, serviceAccounts } from "../../contracts/airflowNames";

type Rule = k8s.types.input.rbac.v1.PolicyRule;

/** What service accounts may do in one namespace. */
export interface Rights {
  /** Of Role and RoleBinding. */
  name: string;
  namespace: string;
  rules: Rule[];
  subjects: { name: string; namespace: string }[];
}

const core = (resources: string[], verbs: string[]): Rule => ({ apiGroups: [""], resources, verbs });

const launching: Rule[] = [
  core(["pods"], ["create", "delete", "get", "list", "patch", "watch"]),
  core(["pods/log"], ["get"]),
  core(["events"], ["list", "watch"]),
];
/** To run pods, and to take what their sidecar has for XCom out of them. */
const launchingWithXcom: Rule[] = [...launching, core(["pods/exec"], ["create", "get"])];
const reading: Rule[] = [core(["pods"], ["get", "list", "watch"]), core(["pods/log"], ["get", "list"])];
const clearing: Rule[] = [core(["pods"], ["list", "delete"])];

/**
 * Who of Airflow may do what with pods. The chart's own roles cover Airflow's namespace, where its keys are, and let tasks make pods
 * there; so it makes none of them.
 */
export function airflowRights(workers: { namespace: string; kind: "kubernetes" | "celery" }): Rights[] {
  const of = (account: string, namespace = airflowNamespace) => ({ name: account, namespace });
  const { apiServer, cleanup, scheduler, triggerer, worker } = serviceAccounts;
  const startedByDags: Rights = {
    name: "airflow-launcher",
    namespace: dagPodNamespace,
    rules: launchingWithXcom,
    subjects: [of(worker, workers.namespace), of(triggerer)],
  };
  if (workers.kind === "celery") return [startedByDags];
  return [
    startedByDags,
    { name: "airflow-executor", namespace: workers.namespace, rules: launching, subjects: [of(scheduler)] },
    { name: "airflow-log-reader", namespace: workers.namespace, rules: reading, subjects: [of(apiServer)] },
    ...[...new Set([workers.namespace, dagPodNamespace])].map(
      (namespace): Rights => ({ name: "airflow-cleanup", namespace, rules: clearing, subjects: [of(cleanup)] }),
    ),
  ];
}

/** To start pods of training loops, without a way into them while they run. */
export function loopRights(namespace: string, launcher: { name: string; namespace: string }): Rights {
  return { name: "airflow-launcher", namespace, rules: launching, subjects: [launcher] };
}

/** Makes the Role and its RoleBinding. */
export function bindRights(name: string, rights: Rights, opts: pulumi.CustomResourceOptions): pulumi.Resource[] {
  const metadata = { name: rights.name, namespace: rights.namespace };
  const role = new k8s.rbac.v1.Role(name, { metadata, rules: rights.rules }, opts);
  const binding = new k8s.rbac.v1.RoleBinding(
    name,
    {
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: rights.name },
      subjects: rights.subjects.map((subject) => ({ kind: "ServiceAccount", ...subject })),
    },
    { ...opts, dependsOn: [role] },
  );
  return [role, binding];
}
