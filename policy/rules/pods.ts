import { at, holds, list, type Resource, text } from "../resource";
import type { Rule } from "../rule";

const templates: Readonly<Record<string, string[]>> = {
  Pod: ["spec"],
  Deployment: ["spec", "template", "spec"],
  StatefulSet: ["spec", "template", "spec"],
  DaemonSet: ["spec", "template", "spec"],
  ReplicaSet: ["spec", "template", "spec"],
  Job: ["spec", "template", "spec"],
  CronJob: ["spec", "jobTemplate", "spec", "template", "spec"],
};

/** What a pod of a resource runs; undefined where it makes none. */
export function podOf({ type, props }: Resource): unknown {
  const path = type.startsWith("kubernetes:") ? templates[type.split(":").at(-1)!] : undefined;
  return path === undefined ? undefined : at(props, ...path);
}

/** Containers of a pod, those that begin it too. */
export const containersOf = (pod: unknown): unknown[] => [
  ...list(at(pod, "containers")),
  ...list(at(pod, "initContainers")),
];

/** What is wrong with containers, by name. */
const each = (resource: Resource, wrong: (container: unknown, pod: unknown) => string | undefined): string[] => {
  const pod = podOf(resource);
  return containersOf(pod).flatMap((container) => {
    const found = wrong(container, pod);
    return found === undefined ? [] : [`Container ${text(at(container, "name"))} ${found}`];
  });
};

export const pods: readonly Rule[] = [
  {
    name: "pod-non-root",
    level: "mandatory",
    reason: "Who breaks out of a container that runs as root is root of the node.",
    remedy: "Set runAsNonRoot, and a user in the image.",
    check: {
      resource: (resource) =>
        each(resource, (container, pod) =>
          holds(at(container, "securityContext", "runAsNonRoot") ?? at(pod, "securityContext", "runAsNonRoot"))
            ? undefined
            : "may run as root",
        ),
    },
  },
  {
    name: "pod-read-only-root",
    level: "mandatory",
    reason:
      "What gets in writes its own programs beside those of the image, and they survive a restart of the process.",
    remedy: "Set readOnlyRootFilesystem, with an emptyDir where the program writes.",
    check: {
      resource: (resource) =>
        each(resource, (container) =>
          holds(at(container, "securityContext", "readOnlyRootFilesystem")) ? undefined : "may write over its image",
        ),
    },
  },
  {
    name: "pod-privileges",
    level: "mandatory",
    reason: "With privileges of the node, its processes, network or disk, a container is no wall.",
    remedy:
      "Set allowPrivilegeEscalation to false, drop ALL capabilities, and leave out privileged, hostPath, hostNetwork, hostPID and hostIPC.",
    check: {
      resource: (resource) => {
        const pod = podOf(resource);
        if (pod === undefined) return [];
        const ofNode = ["hostNetwork", "hostPID", "hostIPC"].filter((key) => at(pod, key) === true);
        const mounts = list(at(pod, "volumes")).filter((volume) => at(volume, "hostPath") !== undefined);
        return [
          ...ofNode.map((key) => `The pod has ${key}`),
          ...mounts.map((volume) => `The volume ${text(at(volume, "name"))} is a folder of the node`),
          ...each(resource, (container) => {
            const context = at(container, "securityContext");
            if (at(context, "privileged") === true) return "is privileged";
            if (at(context, "allowPrivilegeEscalation") !== false) return "may gain privileges";
            return list(at(context, "capabilities", "drop")).includes("ALL") ? undefined : "keeps capabilities";
          }),
        ];
      },
    },
  },
];
