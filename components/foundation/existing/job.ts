import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Placement } from "../../contracts/app";
import { after, type Dependency } from "../../lib/dependencies";
import { ignoreDisruption, undisturbed } from "../../lib/undisturbed";
import { restrictedPod } from "../restrictedPod";
import { platformNamespace } from "./space";

/** Something done once, by a pod that may do little else. */
export interface JobArgs {
  /** Name in Kubernetes, also the pod's label `mlplatform/job`. */
  job: string;
  image: string;
  /** Run by `/bin/sh -eu`. */
  script: string;
  env: k8s.types.input.core.v1.EnvVar[];
  /** User of the image that is not root. */
  userId: number;
  /** Changes when the pod must run again; a name or a uid, never a secret. */
  runAgainWith?: pulumi.Input<string>;
  egress: k8s.types.input.networking.v1.NetworkPolicyEgressRule[];
  placement: Placement;
  after: Dependency[];
}

/** Label of the pods of a job. */
export const jobLabel = "mlplatform/job";

/** A Job with a read-only root and a network policy of its own. Kept when done, else each refresh would make it anew. */
export function job(name: string, args: JobArgs, opts: pulumi.CustomResourceOptions): k8s.batch.v1.Job {
  const labels = { [jobLabel]: args.job };
  const traffic = new k8s.networking.v1.NetworkPolicy(
    `${name}-traffic`,
    {
      metadata: { name: args.job, namespace: platformNamespace },
      spec: { podSelector: { matchLabels: labels }, policyTypes: ["Ingress", "Egress"], egress: args.egress },
    },
    { ...opts, dependsOn: after(...args.after) },
  );
  return new k8s.batch.v1.Job(
    name,
    {
      metadata: { name: args.job, namespace: platformNamespace },
      spec: {
        backoffLimit: 5,
        podFailurePolicy: { rules: [ignoreDisruption] },
        activeDeadlineSeconds: 900,
        template: {
          metadata: {
            labels,
            annotations: {
              ...undisturbed,
              ...(args.runAgainWith === undefined ? {} : { "mlplatform/run": args.runAgainWith }),
            },
          },
          spec: restrictedPod(
            {
              name: "job",
              image: args.image,
              command: ["/bin/sh", "-euc", args.script],
              env: [{ name: "HOME", value: "/tmp" }, ...args.env],
              resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "256Mi" } },
            },
            args.placement,
            args.userId,
          ),
        },
      },
    },
    { ...opts, dependsOn: after(traffic, ...args.after) },
  );
}
