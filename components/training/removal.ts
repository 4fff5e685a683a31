import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../foundation/account";
import type { ObjectStore } from "../foundation/contracts";
import { stopPipelines } from "../identity/policies/pipeline";
import { deletePackages, stopRuns } from "../identity/policies/training";
import { TrainingFunction, type TrainingFunctionArgs } from "./trainingFunction";

/** For whom functions take away what no resource of a model is. */
export interface RemovalArgs extends Pick<TrainingFunctionArgs, "account" | "logRetentionDays" | "keyArn"> {
  account: AwsAccount;
  stack: string;
  store: ObjectStore;
  table: { name: pulumi.Output<string>; arn: pulumi.Output<string> };
  /** Whether any loop trains by a pipeline. */
  pipelines: boolean;
}

/** Names of the functions. */
export interface Removal {
  /** Deletes versions of package groups. */
  packages: pulumi.Output<string>;
  /** Stops runs of state machines. */
  runs: pulumi.Output<string>;
  /** Stops runs of pipelines; absent where there is none. */
  pipelines?: pulumi.Output<string>;
}

/** Functions that are asked before a model goes, for what its runs have made: AWS deletes nothing around it. */
export function removal(name: string, args: RemovalArgs, child: pulumi.ComponentResourceOptions): Removal {
  const { account, stack, store, table, logRetentionDays, keyArn } = args;
  const common = { account, logRetentionDays, ...(keyArn === undefined ? {} : { keyArn }) };
  const packages = new TrainingFunction(
    `${name}-packages`,
    {
      ...common,
      source: "packageVersions",
      description: "Deletes the versions of a package group that goes",
      timeoutSeconds: 300,
      statements: (logGroupArn) => logGroupArn.apply((log) => deletePackages(account, log, stack)),
    },
    child,
  );
  const runs = new TrainingFunction(
    `${name}-runs`,
    {
      ...common,
      source: "machineRuns",
      description: "Stops the runs of a model that goes",
      timeoutSeconds: 300,
      environment: { TABLE_NAME: table.name },
      statements: (logGroupArn) =>
        pulumi
          .all([logGroupArn, table.arn, store.keyArn])
          .apply(([log, tableArn, keyArn]) => stopRuns(account, log, { stack, tableArn, keyArn })),
    },
    child,
  );
  if (!args.pipelines) return { packages: packages.name, runs: runs.name };
  const pipelines = new TrainingFunction(
    `${name}-pipelines`,
    {
      ...common,
      source: "pipelineRuns",
      description: "Stops the runs of a pipeline that goes",
      timeoutSeconds: 900, // Jobs take some minutes to end.
      statements: (logGroupArn) => logGroupArn.apply((log) => stopPipelines(account, log, stack)),
    },
    child,
  );
  return { packages: packages.name, runs: runs.name, pipelines: pipelines.name };
}
