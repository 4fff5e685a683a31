import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Placement } from "../contracts/app";
import type { WorkloadIdentity } from "../contracts/foundation";
import { after, type Dependency } from "../lib/dependencies";
import type { PolicyStatement } from "../lib/statements";
import { type LonePodArgs, lonePod } from "./lonePod";
import type { ModelsSpace } from "./modelsSpace";
import { releasePod } from "./releasePod";
import { releaseEgress } from "./releasePods";

/** What a worker of the release path is given by the stack. */
export interface ReleaseWorkerPlace {
  region: string;
  image: string;
  space: Pick<ModelsSpace, "namespace" | "secrets" | "ready">;
  mlflow: { namespace: string; portNumber: number };
  placement: Placement;
  identity: WorkloadIdentity;
  statements: pulumi.Input<PolicyStatement[]>;
  /** Depend on these before making a ServiceMonitor; absent where nothing monitors. */
  monitors?: Dependency[];
  monitoringNamespace?: string;
}

/** What makes one worker another. */
export interface ReleaseWorker extends Pick<LonePodArgs, "strategy" | "after"> {
  /** Of the Deployment and of everything that belongs to it. */
  workerName: string;
  command: string[];
  /** Content of the file that the command reads. */
  configuration: pulumi.Inputs;
}

/**
 * One pod of the release path that asks the cloud for work as an account of its own, and nothing of Kubernetes.
 * @returns what to depend on to come after it, and to be destroyed before it
 */
export function releaseWorker(
  name: string,
  { workerName, command, configuration, after: besides, ...more }: ReleaseWorker,
  place: ReleaseWorkerPlace,
  child: { parent: pulumi.Resource },
): Dependency[] {
  const { namespace, ready, secrets } = place.space;
  const metadata = { name: workerName, namespace, labels: { "app.kubernetes.io/name": workerName } };
  const account = new k8s.core.v1.ServiceAccount(
    name,
    { metadata, automountServiceAccountToken: false },
    { ...child, dependsOn: after(...ready) },
  );
  const granted = place.identity.grant(
    name,
    { namespace, serviceAccount: workerName, statements: place.statements },
    child,
  );
  return lonePod(
    name,
    {
      ...more,
      metadata,
      config: { file: `${workerName}.json`, content: configuration },
      egress: releaseEgress({ mlflow: place.mlflow, podIdentity: true }),
      pod: releasePod({
        name: workerName,
        configMountPath: `/etc/${workerName}`,
        image: place.image,
        command,
        region: place.region,
        secrets: [secrets.releases],
        placement: place.placement,
        kubernetes: false,
        ready: false,
        memoryLimit: "2Gi",
        probePeriodSeconds: 20,
        startupFailures: 15,
      }),
      ready,
      after: [account, granted, ...besides],
      monitors: place.monitors,
      monitoringNamespace: place.monitoringNamespace,
    },
    child,
  );
}
