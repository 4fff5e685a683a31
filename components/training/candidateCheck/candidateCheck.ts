import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../../contracts/account";
import { type LoopGate, layout } from "../../contracts/trainingLoop";
import { machineRuns, type StoppingFunction } from "../../foundation/machineRuns";
import { startedByClock } from "../../foundation/starters";
import { checkCandidates } from "../../identity/policies/candidateCheck";
import { repositoryArn } from "../../identity/policies/sagemaker";
import { checkMachineName } from "../../identity/policies/training";
import { after, type Dependency } from "../../lib/dependencies";
import { policyDocument, trustService } from "../../lib/statements";
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
    const role = new aws.iam.Role(
      name,
      { assumeRolePolicy: trustService("states.amazonaws.com", account.accountId) },
      child,
    );
    const policy = pulumi.all([facts, args.bucketArn, args.tableArn]).apply(([told, bucketArn, tableArn]) => {
      const { spec } = told;
      return policyDocument(
        checkCandidates(account, {
          model,
          store: { bucketArn, keyArn: told.keyArn },
          jobPrefix: told.jobPrefix,
          jobRoleArn: told.jobRoleArn,
          tableArn,
          looksForTraffic: gate.maxDriftPsi !== undefined,
          ...("uri" in spec.image ? {} : { repositoryArn: repositoryArn(account, spec.image.repositoryUrl) }),
          topicArn: told.topicArn,
          gateArn: told.functions.gate,
          rowsFolder: spec.prepare ? layout.extracts(model) : `${spec.rawFolder}test/`,
        }),
      );
    });
    const permitted = new aws.iam.RolePolicy(name, { role: role.id, policy }, child);
    const machine = new aws.sfn.StateMachine(
      name,
      {
        name: checkMachineName(stack, model), // People look for it, and policies name it.
        roleArn: role.arn,
        definition: facts.apply((told) => checkDefinition(told, gate)),
        loggingConfiguration: {
          level: "ERROR", // Most runs find that nobody asks.
          includeExecutionData: false,
          logDestination: pulumi.interpolate`${args.logGroupArn}:*`,
        },
      },
      { ...child, dependsOn: after(permitted, ...args.after) },
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
