import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { airflowVersion } from "../../../charts/values/airflow";
import { containerSecurity, podSecurity, resources } from "../../../charts/values/airflowPods";
import type { Placement } from "../../contracts/app";
import { after, type Dependency } from "../../lib/dependencies";
import { stableJson } from "../../lib/json";
import { mark } from "../../lib/mark";
import { airflowSecretNames } from "./secrets";

/** What keeps a running Airflow in order. */
export interface AirflowUpkeepArgs {
  namespace: string;
  /** Absent: the official image. */
  image?: string;
  /** Days that runs stay in the database. */
  historyDays: number;
  /** Most tasks at a time, by name of a pool. */
  pools: Record<string, number>;
  placement: Placement;
  /** The chart: database and service accounts exist after it. */
  after: Dependency[];
}

/** Pods that run one command on Airflow's database, and may do nothing in the cluster. */
export class AirflowUpkeep extends pulumi.ComponentResource {
  constructor(name: string, args: AirflowUpkeepArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:apps:AirflowUpkeep", name, {}, opts);
    const child = { parent: this, dependsOn: after(...args.after) };
    // Removed for good: the tables it would otherwise move rows to grow for ever.
    const clean = `exec airflow db clean --yes --skip-archive --clean-before-timestamp "$(date -u -d '-${args.historyDays} days' +%Y-%m-%dT%H:%M:%S)"`;
    new k8s.batch.v1.CronJob(
      `${name}-history`,
      {
        metadata: { name: "airflow-history", namespace: args.namespace },
        spec: {
          schedule: "17 3 * * *",
          concurrencyPolicy: "Forbid",
          successfulJobsHistoryLimit: 1,
          failedJobsHistoryLimit: 1,
          jobTemplate: { spec: { backoffLimit: 1, template: pod(args, "history", clean) } },
        },
      },
      child,
    );
    if (Object.keys(args.pools).length > 0) {
      const pools = Object.fromEntries(
        Object.entries(args.pools).map(([pool, slots]) => [
          pool,
          { slots, description: "Kept by the platform", include_deferred: false },
        ]),
      );
      const text = stableJson(pools);
      // A Job never changes: other pools are another Job.
      const jobName = `airflow-pools-${mark(text)}`;
      const load = 'printf %s "$POOLS" > /tmp/pools.json && exec airflow pools import /tmp/pools.json';
      new k8s.batch.v1.Job(
        `${name}-pools`,
        {
          metadata: { name: jobName, namespace: args.namespace },
          spec: { backoffLimit: 6, template: pod(args, "pools", load, [{ name: "POOLS", value: text }]) },
        },
        child,
      );
    }
    this.registerOutputs();
  }
}

function pod(
  args: AirflowUpkeepArgs,
  role: string,
  command: string,
  env: k8s.types.input.core.v1.EnvVar[] = [],
): k8s.types.input.core.v1.PodTemplateSpec {
  const fromSecret = (variable: string, name: string, key: string) => ({
    name: variable,
    valueFrom: { secretKeyRef: { name, key } },
  });
  return {
    metadata: { labels: { tier: "airflow", component: role, release: "airflow" } },
    spec: {
      restartPolicy: "Never",
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: podSecurity(50000),
      ...args.placement,
      containers: [
        {
          name: role,
          image: args.image ?? `docker.io/apache/airflow:${airflowVersion}`,
          args: ["bash", "-c", command],
          env: [
            fromSecret("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", airflowSecretNames.metadata, "connection"),
            fromSecret("AIRFLOW__CORE__FERNET_KEY", airflowSecretNames.fernetKey, "fernet-key"),
            ...env,
          ],
          securityContext: containerSecurity,
          resources: resources("100m", 512, 1024),
        },
      ],
    },
  };
}
