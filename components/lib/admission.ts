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
  /** Expressions in CEL that must hold, and what is answered where they do not. */
  demands: { expression: string; message: string }[];
  /** An object of the cluster that expressions know as `params`; without it nothing is admitted. */
  compared?: { apiVersion: string; kind: string; name: string; namespace: string };
}

/** A list of texts in CEL, which has the escapes of JSON. */
export const celList = (texts: readonly string[]) => JSON.stringify(texts);

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
 * A policy and its binding. It fails closed: what it cannot decide on is refused.
 * @see https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 */
export function admissionPolicy(
  name: string,
  rule: AdmissionRule,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
  const { group, version, plural } = rule.resource;
  const { compared } = rule;
  const conditions = Object.entries(rule.when ?? {}).map(([key, expression]) => ({ name: key, expression }));
  const policy = new k8s.admissionregistration.v1.ValidatingAdmissionPolicy(
    name,
    {
      metadata: { name: rule.name },
      spec: {
        failurePolicy: "Fail",
        ...(compared === undefined ? {} : { paramKind: { apiVersion: compared.apiVersion, kind: compared.kind } }),
        matchConstraints: {
          namespaceSelector: {
            matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "In", values: rule.namespaces }],
          },
          resourceRules: [
            { apiGroups: [group], apiVersions: [version], resources: [plural], operations: rule.operations },
          ],
        },
        ...(conditions.length === 0 ? {} : { matchConditions: conditions }),
        validations: rule.demands.map(({ expression, message }) => ({ expression, message, reason: "Forbidden" })),
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
        ...(compared === undefined
          ? {}
          : {
              paramRef: {
                name: compared.name,
                namespace: compared.namespace,
                parameterNotFoundAction: "Deny",
              },
            }),
      },
    },
    { ...opts, dependsOn: [policy] },
  );
  return [policy, binding];
}
