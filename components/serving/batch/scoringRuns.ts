import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../../contracts/account";
import { functionNameOf, lambdaFunction } from "../../foundation/lambdaFunction";
import type { StoppingFunction } from "../../foundation/machineRuns";
import { stopScoring } from "../../identity/policies/batch";

/** Whose runs may be stopped. */
export interface ScoringRunsArgs {
  account: AwsAccount;
  stack: string;
  /** Encrypts the log. */
  keyArn?: pulumi.Input<string> | undefined;
  logRetentionDays: number;
}

/** The function that stops runs of batch scoring before their machine goes, one for all models of a stack. */
export class ScoringRuns extends pulumi.ComponentResource {
  readonly stopping: StoppingFunction;

  constructor(name: string, args: ScoringRunsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:serving:ScoringRuns", name, {}, opts);
    const { account, stack } = args;
    const functionName = functionNameOf(stack, "batch-runs");
    const made = lambdaFunction(
      name,
      {
        ...{ account, functionName },
        source: "machineRuns",
        description: "Stops the runs of batch scoring of a model that goes",
        timeoutSeconds: 300,
        statements: (logGroupArn) => logGroupArn.apply((log) => stopScoring(account, log, stack)),
        log: { retentionDays: args.logRetentionDays, keyArn: args.keyArn },
      },
      { parent: this },
    );
    this.stopping = { functionName, ready: [made] };
    this.registerOutputs();
  }
}
