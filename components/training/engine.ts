import type * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../contracts/account";
import type { LoopSpec } from "../contracts/trainingLoop";
import type { Dependency } from "../lib/dependencies";
import type { Removal } from "./removal";
import type { TrainingMachineFacts } from "./stepFunctions/terms";

/**
 * What is an engine's own in a loop on AWS. Turns, data, approval, release and records are those of the state machine, whatever trains
 * behind it; an engine is a folder beside this file, and a line in `engines.ts`.
 */
export interface TrainingEngine {
  /** Beginnings of the names of a loop's jobs, which their logs have too. */
  jobPrefixes(stack: string, spec: Pick<LoopSpec, "model" | "tune">): string[];
  /** Makes what trains beside the state machine, where there is such a thing, and says what the machine does. */
  runner(name: string, args: RunnerArgs, child: pulumi.ComponentResourceOptions): Runner;
}

/** The loop that an engine trains for. */
export interface RunnerArgs {
  account: AwsAccount;
  stack: string;
  spec: LoopSpec;
  facts: pulumi.Output<TrainingMachineFacts>;
  removal: Removal;
}

/** What trains a model. */
export interface Runner {
  /** The state machine, in Amazon States Language. */
  definition: pulumi.Output<string>;
  /** Whether the state machine asks the function that judges; else the engine does. */
  judgedByMachine: boolean;
  /** The pipeline that the state machine starts; absent where it starts jobs itself. */
  pipelineArn?: pulumi.Output<string>;
  /** The state machine comes after these. */
  ready: Dependency[];
}
