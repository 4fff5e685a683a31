import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../contracts/account";
import type { ObjectStore } from "../contracts/foundation";
import { functionNameOf } from "../foundation/lambdaFunction";
import type { StoppingFunction } from "../foundation/machineRuns";
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

/** The functions. */
export interface Removal {
  /** Deletes versions of package groups. */
  packages: pulumi.Output<string>;
  /** Stops runs of state machines. */
  runs: StoppingFunction;
  /** Stops runs of pipelines; absent where there is none. */
  pipelines?: StoppingFunction;
}

/** Functions that are asked before a model goes, for what its runs have made: AWS deletes nothing around it. */
export function removal(name: string, args: RemovalArgs, child: pulumi.ComponentResourceOptions): Removal {
  const { account, stack, store, table, logRetentionDays, keyArn } = args;
  const common = { account, logRetentionDays, ...(keyArn === undefined ? {} : { keyArn }) };
  const names = {
    runs: functionNameOf(stack, "training-runs"),
    pipelines: functionNameOf(stack, "training-pipelines"),
  };
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
      functionName: names.runs,
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
  const stopping = (functionName: string, made: TrainingFunction) => ({ functionName, ready: [made] });
  if (!args.pipelines) return { packages: packages.name, runs: stopping(names.runs, runs) };
  const pipelines = new TrainingFunction(
    `${name}-pipelines`,
    {
      ...common,
      source: "pipelineRuns",
      functionName: names.pipelines,
      description: "Stops the runs of a pipeline that goes",
      timeoutSeconds: 900, // Jobs take some minutes to end.
      statements: (logGroupArn) => logGroupArn.apply((log) => stopPipelines(account, log, stack)),
    },
    child,
  );
  return {
    packages: packages.name,
    runs: stopping(names.runs, runs),
    pipelines: stopping(names.pipelines, pipelines),
  };
}
