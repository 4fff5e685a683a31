import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { PullSecret } from "../contracts/foundation";
import { type AdmissionRule, admissionPolicy, celSecrets } from "../lib/admission";
import type { Dependency } from "../lib/dependencies";
import { platformNamespace } from "./existing/space";
import { groupOf, kindOfToken } from "./ownership/clusterReader";

const reference = "imagePullSecrets";

/** Where kinds that pods are made of, or by, say how images are pulled. */
const places: Record<string, readonly string[]> = {
  "/Pod": ["spec"],
  "apps/Deployment": ["spec", "template", "spec"],
  "apps/StatefulSet": ["spec", "template", "spec"],
  "apps/DaemonSet": ["spec", "template", "spec"],
  "batch/Job": ["spec", "template", "spec"],
  "batch/CronJob": ["spec", "jobTemplate", "spec", "template", "spec"],
  // Pods that are made later, such as notebooks and tasks, take it from their account:
  // https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#add-imagepullsecrets-to-a-service-account
  "/ServiceAccount": [],
  // Operators make the pods of these, and the accounts of the first.
  "postgresql.cnpg.io/Cluster": ["spec"],
  "monitoring.coreos.com/Prometheus": ["spec"],
  "monitoring.coreos.com/Alertmanager": ["spec"],
};

/** Has every pod of the platform, of own and of third-party charts, pull its images by a Secret of this name. */
export function pullingBy(secretName: string): pulumi.ResourceTransform {
  return async ({ custom, type, props, opts }) => {
    if (!custom || !type.startsWith("kubernetes:")) return undefined;
    const kind = kindOfToken(type);
    const place = places[`${groupOf(kind)}/${kind.kind}`];
    if (place === undefined) return undefined;
    // The SDK hands over an absent deleteBeforeReplace as false, which would overrule the provider.
    const { deleteBeforeReplace, ...given } = opts as pulumi.CustomResourceOptions;
    return {
      props: withReference(props, place, secretName) as pulumi.Inputs,
      opts: { ...given, ...(deleteBeforeReplace ? { deleteBeforeReplace } : {}) },
    };
  };
}

function withReference(value: unknown, [step, ...rest]: readonly string[], secretName: string): unknown {
  if (pulumi.Output.isInstance(value)) {
    return value.apply((known) => withReference(known, step === undefined ? [] : [step, ...rest], secretName));
  }
  const found = (value ?? {}) as Record<string, unknown>;
  if (step !== undefined) return { ...found, [step]: withReference(found[step], rest, secretName) };
  return { ...found, [reference]: added(found[reference], secretName) };
}

function added(before: unknown, name: string): unknown {
  if (pulumi.Output.isInstance(before)) return before.apply((known) => added(known, name));
  const others = (before as { name: string }[] | undefined) ?? [];
  return others.some((each) => each.name === name) ? others : [...others, { name }];
}

/** A namespace that the program makes. */
export interface MadeNamespace {
  name: string;
  resource: Dependency;
}

/** Notes every namespace that is made below a component, as it is made. */
export function notingNamespaces(into: MadeNamespace[]): pulumi.ResourceTransformation {
  return ({ type, props, resource }) => {
    if (type !== "kubernetes:core/v1:Namespace") return undefined;
    const { name } = props.metadata as { name: string };
    into.push({ name, resource });
    return undefined;
  };
}

export interface PullSecretsArgs {
  secret: PullSecret;
  namespaces: readonly MadeNamespace[];
}

/** Keeps the login for the kubelet, which pulls images by it: people start pods in some of these namespaces. */
export function pullSecretAdmission(secretName: string, namespaces: readonly string[]): AdmissionRule {
  return {
    name: "pull-secret.mlplatform",
    namespaces: [...namespaces],
    resource: { group: "", version: "v1", plural: "pods" },
    operations: ["CREATE"],
    demands: [
      {
        expression: celSecrets("object.spec", (name) => `${name} != ${JSON.stringify(secretName)}`),
        message: `No pod reads the Secret ${secretName}: images are pulled by it without a volume or a variable.`,
      },
    ],
  };
}

/** The Secret by which images are pulled, in each namespace: a pod takes it from its own. The kubelet waits where it comes later. */
export class PullSecrets extends pulumi.ComponentResource {
  constructor(name: string, { secret, namespaces }: PullSecretsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:PullSecrets", name, {}, opts);
    const names = namespaces.map((namespace) => namespace.name);
    const guard = admissionPolicy(name, pullSecretAdmission(secret.name, names), { parent: this });
    for (const namespace of namespaces) {
      if (namespace.name === platformNamespace) continue; // Somebody put it there, and here it is read.
      new k8s.core.v1.Secret(
        `${name}-${namespace.name}`,
        {
          metadata: { name: secret.name, namespace: namespace.name },
          type: "kubernetes.io/dockerconfigjson",
          stringData: { ".dockerconfigjson": secret.dockerConfigJson },
        },
        { parent: this, dependsOn: [namespace.resource, ...guard] as pulumi.Resource[] },
      );
    }
    this.registerOutputs();
  }
}
