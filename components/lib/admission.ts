import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/** What the API server asks of objects before it takes them. */
export interface AdmissionRule {
  /** Of the policy and its binding, which live in no namespace. */
  name: string;
  /** Namespaces whose objects are looked at. */
  namespaces: string[];
  resource: { group: string; version: string; plural: string };
  operations: ("CREATE" | "UPDATE")[];
  /** Expressions in CEL; an object for which one is false passes unseen. */
  when?: Record<string, string>;
  /** What must hold. */
  demands: Demand[];
}

/** An expression in CEL, and what is answered where it does not hold. */
export interface Demand {
  expression: string;
  message: string;
}

/** A rule some of whose expressions are known once the cloud has answered. */
export type PlannedRule = Omit<AdmissionRule, "demands"> & {
  demands: { expression: pulumi.Input<string>; message: string }[];
};

/** A list of texts in CEL, which has the escapes of JSON. */
export const celList = (texts: readonly string[]) => JSON.stringify(texts);

const empty = (value: unknown) =>
  value === undefined ||
  value === null ||
  value === "" ||
  (typeof value === "object" && Object.keys(value).length === 0);

/** A value in CEL, without what is empty in it. The API server takes no list or map of several types but as `dyn`. */
function celValue(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((each) => `dyn(${celValue(each)})`).join(", ")}]`;
  const kept = Object.entries(value).filter(([, each]) => !empty(each));
  return `{${kept.map(([key, each]) => `${JSON.stringify(key)}: dyn(${celValue(each)})`).join(", ")}}`;
}

/**
 * That the object at `of` has this field just so. What is empty is not there, as the API server writes objects; what it fills in by
 * itself has to be in the value, and `false` or 0 only where it writes them (`readOnly: false` it does not).
 */
export function celHolds(of: string, field: string, value: unknown): string {
  return empty(value) ? `!has(${of}.${field})` : `has(${of}.${field}) && dyn(${of}.${field}) == ${celValue(value)}`;
}

/** Whether every Secret that a pod, whose spec is at `at`, mounts or has as variables is one of these. */
export function celSecretsAmong(at: string, names: readonly string[]): string {
  return celSecrets(at, (name) => `${name} in ${celList(names)}`);
}

/**
 * Whether this holds for the name of every Secret that a pod, whose spec is at `at`, mounts or has as variables. Those that pull images
 * are the kubelet's alone, and not meant.
 */
export function celSecrets(at: string, holds: (name: string) => string): string {
  const variables = (list: string) =>
    [
      `${list}.all(c, (!has(c.env) || c.env.all(e, !has(e.valueFrom) || !has(e.valueFrom.secretKeyRef) || ${holds("e.valueFrom.secretKeyRef.name")}))`,
      `&& (!has(c.envFrom) || c.envFrom.all(e, !has(e.secretRef) || ${holds("e.secretRef.name")})))`,
    ].join(" ");
  return [
    `(!has(${at}.volumes) || ${at}.volumes.all(v, (!has(v.secret) || ${holds("v.secret.secretName")})`,
    `&& (!has(v.projected) || !has(v.projected.sources) || v.projected.sources.all(s, !has(s.secret) || ${holds("s.secret.name")}))))`,
    // Two lists of two types, which the API server does not join.
    `&& ${variables(`${at}.containers`)}`,
    `&& (!has(${at}.initContainers) || ${variables(`${at}.initContainers`)})`,
  ].join(" ");
}

/**
 * A policy and its binding. It fails closed: what it cannot decide on is refused. It has no parameters: up to Kubernetes 1.36 the API
 * server stops following those of a kind of its own with the last policy that has them, and a policy made later sees them as they were.
 * @see https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 */
export function admissionPolicy(
  name: string,
  rule: PlannedRule,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
  const { group, version, plural } = rule.resource;
  const conditions = Object.entries(rule.when ?? {}).map(([key, expression]) => ({ name: key, expression }));
  const policy = new k8s.admissionregistration.v1.ValidatingAdmissionPolicy(
    name,
    {
      metadata: { name: rule.name },
      spec: {
        failurePolicy: "Fail",
        matchConstraints: {
          namespaceSelector: {
            matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "In", values: rule.namespaces }],
          },
          resourceRules: [
            { apiGroups: [group], apiVersions: [version], resources: [plural], operations: rule.operations },
          ],
        },
        ...(conditions.length === 0 ? {} : { matchConditions: conditions }),
        validations: rule.demands.map((each) => ({ ...each, reason: "Forbidden" })),
      },
    },
    opts,
  );
  const binding = new k8s.admissionregistration.v1.ValidatingAdmissionPolicyBinding(
    name,
    {
      metadata: { name: rule.name },
      spec: {
        policyName: rule.name,
        validationActions: ["Deny"],
      },
    },
    { ...opts, dependsOn: [policy] },
  );
  return [policy, binding];
}
