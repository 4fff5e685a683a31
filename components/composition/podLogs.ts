import type * as pulumi from "@pulumi/pulumi";
import { fluentBit, type LogDestination } from "../../charts/values/fluentBit";
import { loki } from "../../charts/values/loki";
import type { Monitoring } from "../apps/monitoring/component";
import { PodLogs } from "../apps/podLogs/component";
import { Loki } from "../apps/podLogs/loki";
import { placementFor } from "../contracts/app";
import { stackName } from "../foundation/awsProvider";
import { podLogsPrefix } from "../foundation/logGroups";
import { PodLogGroups } from "../foundation/podLogGroups";
import type { Dependency } from "../lib/dependencies";
import { logsDashboard } from "../observability/dashboards/logs";
import type { PodLogsSettings } from "../settings/monitoring";
import type { Settings } from "../settings/settings";
import type { Applications } from "./composition";
import { toolLinks } from "./dashboards";
import { logPlace } from "./readableLogs";
import type { AppContext } from "./surroundings";

/** Where pods of the cluster itself run, beside those of the stack's namespaces. */
const clusterNamespace = "kube-system";

/**
 * Namespaces whose pods' lines are kept: every one that the stack makes, and the cluster's own where the cluster is the stack's. On a cluster
 * that others use, nothing of theirs is read.
 */
export function keptNamespaces({ foundation }: Pick<Settings, "foundation">, made: readonly string[]): string[] {
  const ownCluster = foundation.kind === "aws" && foundation.cluster.kind === "create";
  return [...new Set([...made, ...(ownCluster ? [clusterNamespace] : [])])].sort();
}

/** Keeps what pods of the stack write, where the stack asks for it. */
export function installPodLogs(
  name: string,
  context: AppContext,
  { monitoring, namespaces: made }: { monitoring: PodLogsMonitoring | undefined; namespaces: readonly string[] },
  opts: pulumi.ComponentResourceOptions,
): Pick<Applications, "ready" | "outputs"> {
  const { settings } = context;
  const logs = settings.monitoring?.logs;
  if (logs === undefined || monitoring === undefined) return { ready: [], outputs: {} };
  const namespaces = keptNamespaces(settings, made);
  const { account } = context.foundation.aws ?? {};
  const prefix = podLogsPrefix(stackName());
  const store = installStore(name, context, { logs, monitoring, namespaces }, opts);
  const collector = new PodLogs(
    name,
    {
      namespaces,
      maxHourlyMiB: logs.maxHourlyMiB,
      ...store,
      dashboard: logsDashboard({
        ...(account ? { places: namespaces.map((each) => logPlace(account, `${prefix}${each}`)) } : {}),
        alertAtDailyMiB: logs.alertAtDailyMiB,
        links: toolLinks(context),
      }),
      monitoringNamespace: monitoring.namespace,
      watching: monitoring.watching,
      ready: context.cluster.ready,
    },
    opts,
  );
  const podLogs = account
    ? { region: account.region, groupPrefix: prefix }
    : { lokiUrl: `http://${loki.host}:${loki.portNumber}` };
  return { ready: [...store.kept, collector, ...collector.ready], outputs: { podLogs } };
}

type PodLogsMonitoring = Pick<Monitoring, "namespace" | "crds" | "watching">;

/** What takes the lines: CloudWatch on AWS, Loki anywhere else. */
function installStore(
  name: string,
  { foundation, cluster, identity }: AppContext,
  { logs, monitoring, namespaces }: { logs: PodLogsSettings; monitoring: PodLogsMonitoring; namespaces: string[] },
  opts: pulumi.ComponentResourceOptions,
): { destination: LogDestination; kept: Dependency[] } {
  const { aws } = foundation;
  const { retentionDays } = logs;
  if (aws) {
    const prefix = podLogsPrefix(stackName());
    const { keyArn } = foundation.stores.logs;
    const groups = new PodLogGroups(
      `${name}-groups`,
      {
        account: aws.account,
        prefix,
        namespaces,
        retentionDays,
        ...(keyArn === undefined ? {} : { keyArn }),
        identity,
        writer: { namespace: fluentBit.namespace, serviceAccount: fluentBit.name },
      },
      opts,
    );
    return {
      destination: { kind: "cloudWatch", region: aws.account.region, groupPrefix: prefix },
      kept: [groups, ...groups.ready],
    };
  }
  const { uri, compatible } = foundation.stores.logs;
  if (compatible === undefined) throw new Error("a store that is not Amazon's has an endpoint");
  const own = compatible.narrower?.podLogs; // Made once with the stack's own store, and stays.
  const { accessKeyId, secretAccessKey } = own ?? compatible;
  const store = new Loki(
    `${name}-loki`,
    {
      retentionDays,
      store: { uri, compatible },
      key: { accessKeyId, secretAccessKey },
      keyMayChange: own === undefined,
      placement: placementFor(cluster.nodeClasses, "apps"),
      ...(cluster.storageClass === undefined ? {} : { storageClass: cluster.storageClass }),
      monitoringNamespace: monitoring.namespace,
      monitors: monitoring.crds,
      ready: cluster.ready,
    },
    opts,
  );
  return {
    destination: { kind: "loki", host: loki.host, portNumber: loki.portNumber },
    kept: [store, ...store.ready],
  };
}
