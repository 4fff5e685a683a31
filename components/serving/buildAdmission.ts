import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { type AdmissionRule, celHolds, celList, type Demand } from "../lib/admission";
import { userName } from "../lib/userName";
import { releaseControllerName } from "./releasedModels";

/** A pod's spec whose values are all known. */
export type KnownPod = pulumi.UnwrappedObject<k8s.types.input.core.v1.PodSpec>;

const pod = "object.spec.template.spec";
const container = `${pod}.containers[0]`;

const ofPod = ["serviceAccountName", "securityContext", "automountServiceAccountToken", "nodeSelector"] as const;
const ofContainer = [
  "image",
  "command",
  "env",
  "envFrom",
  "volumeMounts",
  "securityContext",
  "workingDir",
  "lifecycle",
] as const;
const elsewhere = ["hostNetwork", "hostPID", "hostIPC", "initContainers"];

/**
 * Jobs of the release controller are those that stand in the preview. To create cannot be limited to a name, so its role alone would let
 * whoever has its token run anything as any service account of the namespace.
 */
export function buildAdmission(namespace: string): Omit<AdmissionRule, "demands"> {
  return {
    name: "models-builds.mlplatform",
    namespaces: [namespace],
    resource: { group: "batch", version: "v1", plural: "jobs" },
    operations: ["CREATE"],
    when: {
      "by-the-controller": `request.userInfo.username == ${JSON.stringify(userName(namespace, releaseControllerName))}`,
    },
  };
}

/** What is asked of such a Job: all that the template's pod says but for its arguments. */
export function isTemplate(template: KnownPod): Demand {
  const given = template.containers[0]!;
  const volumes = template.volumes ?? [];
  const own = [
    `${pod}.containers.size() == 1`,
    ...elsewhere.map((field) => `!has(${pod}.${field})`),
    ...ofPod.map((field) => celHolds(pod, field, template[field])),
    ...ofContainer.map((field) => celHolds(container, field, given[field])),
    `has(${pod}.volumes) && ${pod}.volumes.size() == ${volumes.length}`,
    ...volumes.map(volumeHolds),
  ];
  return {
    expression: own.join(" && "),
    message:
      "A Job of the release controller is the template that the stack made; where an update broke off, run it again.",
  };
}

/** And of its arguments: the template's, and then which version is meant. */
export function namesVersion(first: readonly string[]): Demand {
  const asked = [
    `has(${container}.args)`,
    `${container}.args.size() == ${first.length + 4}`,
    ...first.map((argument, at) => `${container}.args[${at}] == ${JSON.stringify(argument)}`),
    `[${container}.args[${first.length}], ${container}.args[${first.length + 2}]] == ${celList(["--model", "--from"])}`,
  ];
  return {
    expression: asked.join(" && "),
    message: "A Job of the release controller says which version it is about, and nothing else.",
  };
}

/** How large scratch space is, the API server writes in its own way; it harms nobody. */
function volumeHolds(volume: NonNullable<KnownPod["volumes"]>[number], at: number): string {
  const { emptyDir, ...rest } = volume;
  const here = `${pod}.volumes[${at}]`;
  const named = `${here}.name == ${JSON.stringify(volume.name)}`;
  if (emptyDir !== undefined) return `${named} && has(${here}.emptyDir)`;
  const { name: _name, ...source } = rest;
  return [named, ...Object.entries(source).map(([kind, value]) => celHolds(here, kind, value))].join(" && ");
}
