import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../../contracts/account";
import { type LoopGate, layout } from "../../contracts/trainingLoop";
import { machineRuns, type StoppingFunction } from "../../foundation/machineRuns";
import { startedByClock } from "../../foundation/starters";
import { stateMachine } from "../../foundation/stateMachine";
import { checkCandidates } from "../../identity/policies/candidateCheck";
import { repositoryArn } from "../../identity/policies/sagemaker";
import { checkMachineName } from "../../identity/policies/training";
import type { Dependency } from "../../lib/dependencies";
import type { TrainingMachineFacts } from "../stepFunctions/terms";
import { checkDefinition, checkSchedule } from "./definition";

/** What measures the versions of one model that people ask for. */
export interface CandidateCheckArgs {
  account: AwsAccount;
  stack: string;
  model: string;
  gate: LoopGate;
  /** Of the model's loop. */
  facts: pulumi.Output<TrainingMachineFacts>;
  bucketArn: pulumi.Input<string>;
  tableArn: pulumi.Input<string>;
  logGroupArn: pulumi.Input<string>;
  /** Stops runs before the machine goes. */
  stopping: StoppingFunction;
  /** Queue for looks that could not be started. */
  missedStartsArn: pulumi.Input<string> | undefined;
  /** Depend on these before anything starts. */
  after: Dependency[];
}

/** A state machine that looks every few minutes whether somebody asks, and measures what is asked for as the loop does. */
export class CandidateCheck extends pulumi.ComponentResource {
  readonly machineArn: pulumi.Output<string>;
  /** Depend on these to come after it. */
  readonly ready: Dependency[];

  constructor(name: string, args: CandidateCheckArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:training:CandidateCheck", name, {}, opts);
    const child = { parent: this };
    const { account, stack, model, gate, facts } = args;
    const machine = stateMachine(
      name,
      {
        account,
        machineName: checkMachineName(stack, model),
        definition: facts.apply((told) => checkDefinition(told, gate)),
        statements: pulumi.all([facts, args.bucketArn, args.tableArn]).apply(([told, bucketArn, tableArn]) =>
          checkCandidates(account, {
            model,
            store: { bucketArn, keyArn: told.keyArn },
            jobPrefix: told.jobPrefix,
            jobRoleArn: told.jobRoleArn,
            tableArn,
            looksForTraffic: gate.maxDriftPsi !== undefined,
            ...("uri" in told.spec.image
              ? {}
              : { repositoryArn: repositoryArn(account, told.spec.image.repositoryUrl) }),
            topicArn: told.topicArn,
            gateArn: told.functions.gate,
            rowsFolder: told.spec.prepare ? layout.extracts(model) : `${told.spec.rawFolder}test/`,
          }),
        ),
        log: { groupArn: args.logGroupArn, level: "ERROR", withData: false }, // Most runs find that nobody asks.
        after: args.after,
      },
      child,
    );
    const stopped = machineRuns(`${name}-runs`, { by: args.stopping, machine, turns: [] }, this);
    startedByClock(
      `${name}-at`,
      {
        ...{ account, machineArn: machine.arn, missedStartsArn: args.missedStartsArn },
        ...{ expression: checkSchedule, input: {}, after: [stopped] },
      },
      child,
    );
    this.machineArn = machine.arn;
    this.ready = [this, machine];
    this.registerOutputs();
  }
}
