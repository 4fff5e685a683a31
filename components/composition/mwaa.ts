import * as pulumi from "@pulumi/pulumi";
import { Mwaa, type MwaaArgs } from "../apps/mwaa/component";
import { runDags } from "../identity/policies/dags";
import type { Dependency } from "../lib/dependencies";
import type { AirflowSettings } from "../settings/airflow";
import { cloudWatchRetention } from "../settings/network";
import { foldersForDags } from "./dagsData";
import { readable } from "./sources";
import { onStore } from "./storeStatements";
import type { AppContext } from "./surroundings";

/** Amazon's managed Airflow in place of one in the cluster. */
type MwaaExecutor = Extract<AirflowSettings["executor"], { kind: "mwaa" }>;

/** Makes MWAA where a stack runs its DAGs there. It is reached from inside the VPC, so it is no app with an address. */
export function installMwaa(
  name: string,
  context: AppContext,
  opts: pulumi.ComponentResourceOptions,
): { ready: Dependency[]; outputs: Record<string, pulumi.Input<unknown>> } {
  const { airflow } = context.settings;
  if (airflow?.executor.kind !== "mwaa") return { ready: [], outputs: {} };
  const environmentName = `${pulumi.getProject()}-${pulumi.getStack()}`;
  const mwaa = new Mwaa(name, mwaaArgs(context, environmentName, airflow, airflow.executor), opts);
  return { ready: [mwaa, ...mwaa.ready], outputs: { airflowUrl: mwaa.url } };
}

/** What MWAA gets for a stack's settings; the rules have seen to it that the stack is on AWS and its DAGs in the bucket. */
export function mwaaArgs(
  context: AppContext,
  environmentName: string,
  settings: AirflowSettings,
  executor: MwaaExecutor,
): MwaaArgs {
  const { foundation } = context;
  const { dags } = settings;
  if (foundation.aws === undefined || dags.kind !== "bucket") throw new Error("MWAA reads DAGs from a bucket of AWS");
  const { account, vpcId, privateSubnetIds } = foundation.aws;
  return {
    account,
    environmentName,
    environmentClass: executor.environmentClass,
    maxWorkers: executor.maxWorkers,
    dags: foundation.stores.data,
    dagPrefix: dags.prefix,
    vpcId,
    privateSubnetIds,
    taskStatements: onStore(foundation.stores.data, (store) => [
      ...runDags(store, foldersForDags(context.settings)),
      ...readable(context, settings.reads),
    ]),
    logRetentionDays: cloudWatchRetention(settings.logRetentionDays),
    ready: foundation.ready,
  };
}
