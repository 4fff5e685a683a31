import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/** A bound on what all pods of a namespace ask for together. */
export interface PodQuotaArgs {
  namespace: string;
  /** Of the objects, in that namespace. */
  objectName: string;
  /** Pods that have not ended. */
  maxPods: number;
  /** What they ask for together; absent where settings bound each of them. */
  requests?: { cpu: string; memoryGiB: number; gpus: number };
  /** What a container counts as that asks for nothing: without it a quota of requests refuses its pod. Comes with `requests`. */
  defaultRequest?: { cpu: string; memory: string };
}

/**
 * Keeps one namespace from taking the whole cluster.
 * @see https://kubernetes.io/docs/concepts/policy/resource-quotas/
 */
export function podQuota(name: string, args: PodQuotaArgs, opts: pulumi.CustomResourceOptions): pulumi.Resource[] {
  const { requests, defaultRequest } = args;
  const metadata = { name: args.objectName, namespace: args.namespace };
  const counted = defaultRequest
    ? [new k8s.core.v1.LimitRange(name, { metadata, spec: { limits: [{ type: "Container", defaultRequest }] } }, opts)]
    : [];
  const hard = {
    pods: String(args.maxPods),
    ...(requests
      ? {
          "requests.cpu": requests.cpu,
          "requests.memory": `${requests.memoryGiB}Gi`,
          "requests.nvidia.com/gpu": String(requests.gpus),
        }
      : {}),
  };
  return [...counted, new k8s.core.v1.ResourceQuota(name, { metadata, spec: { hard } }, opts)];
}
