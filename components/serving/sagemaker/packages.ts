import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Placement } from "../../contracts/app";
import type { WorkloadIdentity } from "../../contracts/foundation";
import { after, type Dependency } from "../../lib/dependencies";
import type { PolicyStatement } from "../../lib/statements";
import { undisturbed } from "../../lib/undisturbed";
import type { ModelsSpace } from "../modelsSpace";
import {
  type ReleaseReach,
  releaseContainerSecurity,
  releaseEgress,
  releasePodSecurity,
  verdictIsFinal,
} from "../releasePods";

/** Versions that are to be packed for SageMaker, each once. */
export interface PackagesArgs {
  packages: {
    model: string;
    from: string;
    versionKey: string;
    url: pulumi.Output<string>;
    /** Where it stands which packages go with it, once that Job has decided; absent: none do. */
    environment?: { verdict: pulumi.Output<string>; decided: Dependency };
  }[];
  space: Pick<ModelsSpace, "namespace" | "secrets" | "ready">;
  /** With its tag. */
  image: string;
  placement: Placement;
  /** Where models are read from. */
  mlflow?: ReleaseReach["mlflow"];
  identity: WorkloadIdentity;
  /** To read what is packed and to write the packages. */
  statements: pulumi.Input<PolicyStatement[]>;
  region: string;
  /** Depend on these beside the namespace: what is read. */
  ready: Dependency[];
}

/** Of the account, the policy and the pods' label. A dot is in no model's name. */
const packing = "models.packing";
/** A model of some gigabytes, read, packed and written. */
const deadlineSeconds = 1800;

/** One Job for each version, which an update waits for: it puts a `model.tar.gz` where SageMaker finds it. */
export class Packages extends pulumi.ComponentResource {
  /** By model: the package is there after it. */
  readonly jobs: Record<string, k8s.batch.v1.Job> = {};

  constructor(name: string, args: PackagesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:serving:Packages", name, {}, opts);
    const child = { parent: this };
    const { namespace } = args.space;
    const inside = { ...child, dependsOn: after(...args.space.ready) };
    const metadata = { name: packing, namespace };
    const account = new k8s.core.v1.ServiceAccount(name, { metadata, automountServiceAccountToken: false }, inside);
    const granted = args.identity.grant(
      name,
      { namespace, serviceAccount: packing, statements: args.statements },
      child,
    );
    const labels = { "app.kubernetes.io/name": packing };
    const traffic = new k8s.networking.v1.NetworkPolicy(
      name,
      {
        metadata,
        spec: {
          podSelector: { matchLabels: labels },
          policyTypes: ["Ingress", "Egress"],
          egress: releaseEgress({ ...(args.mlflow ? { mlflow: args.mlflow } : {}), podIdentity: true }),
        },
      },
      inside,
    );
    for (const each of args.packages) {
      this.jobs[each.model] = new k8s.batch.v1.Job(
        `${name}-${each.model}`,
        {
          // A Job cannot be changed: another version is another Job. Kept when done, else each refresh would make it anew.
          // One that failed is made anew by the next update, which else would tell of the failure for ever.
          metadata: {
            name: `${each.model}-package-${each.versionKey}`,
            namespace,
            labels,
            annotations: { "pulumi.com/replaceUnready": "true" },
          },
          spec: {
            backoffLimit: 2,
            podFailurePolicy: verdictIsFinal,
            activeDeadlineSeconds: deadlineSeconds,
            template: { metadata: { labels, annotations: undisturbed }, spec: this.pod(args, each) },
          },
        },
        {
          ...child,
          dependsOn: after(
            account,
            granted,
            traffic,
            ...args.space.ready,
            ...args.ready,
            ...(each.environment ? [each.environment.decided] : []),
          ),
          customTimeouts: { create: "35m", update: "35m" },
        },
      );
    }
    this.registerOutputs();
  }

  private pod(
    { image, placement, space, region }: PackagesArgs,
    { model, from, url, environment }: PackagesArgs["packages"][number],
  ): k8s.types.input.core.v1.PodSpec {
    const { releases } = space.secrets;
    return {
      restartPolicy: "Never",
      serviceAccountName: packing,
      automountServiceAccountToken: false, // Pods get their credentials for AWS without it.
      enableServiceLinks: false,
      ...placement,
      securityContext: releasePodSecurity,
      containers: [
        {
          name: "release",
          image,
          args: [
            ...["pack", model, "--from", from, "--to", url],
            ...(environment ? ["--verdict", environment.verdict] : []),
          ],
          env: [
            { name: "HOME", value: "/tmp" },
            { name: "AWS_REGION", value: region },
          ],
          ...(releases === undefined ? {} : { envFrom: [{ secretRef: { name: releases } }] }),
          terminationMessagePolicy: "FallbackToLogsOnError",
          securityContext: releaseContainerSecurity,
          resources: { requests: { cpu: "250m", memory: "512Mi" }, limits: { memory: "2Gi" } },
          volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
        },
      ],
      volumes: [{ name: "tmp", emptyDir: { sizeLimit: "20Gi" } }],
    };
  }
}
