import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../contracts/account";
import { startedByClock, starterRole } from "../foundation/starters";
import { after, type Dependency } from "../lib/dependencies";
import { NewObjects } from "../serving/batch/newObjects";
import { trainingErrors } from "./stepFunctions/terms";

/** What starts runs of one model. */
export interface TriggersArgs {
  account: AwsAccount;
  /** In the events of the drift check. */
  stack: string;
  model: string;
  bucketName: pulumi.Input<string>;
  machineArn: pulumi.Output<string>;
  /** Queue for what the schedule could not start. */
  missedStartsArn?: pulumi.Input<string>;
  /** As EventBridge writes it, in UTC. */
  schedule?: string;
  /** Folder whose new objects start a run. */
  newObjects?: { folder: string };
  /** Whether drift starts one. */
  drift: boolean;
  /** Whether labelled answers that have become too bad start one. */
  decay: boolean;
  /** Depend on these before anything starts. */
  after: Dependency[];
}

/**
 * Events of runs that ended without their way out: stopped, out of time, or failed by what no state can catch, such as too many events or a
 * report that is too large. Whoever cleans up is not cleaned up after, lest a fault in that goes on for ever.
 * Such an event has what DescribeExecution answers, so `error` too, which AWS's examples leave out: without it the run is cleaned up after for
 * nothing, which frees nothing that another holds.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */
export const endedOnItsWay = (machineArn: string) => ({
  source: ["aws.states"],
  "detail-type": ["Step Functions Execution Status Change"],
  detail: {
    stateMachineArn: [machineArn],
    input: [{ "anything-but": { prefix: '{"aborted"' } }],
    $or: [
      { status: ["ABORTED", "TIMED_OUT"] },
      { status: ["FAILED"], error: [{ "anything-but": [...trainingErrors] }, { exists: false }] },
    ],
  },
});

/** A run is started by the clock, by new objects, by drift or by decay; and one that did not get to its end is cleaned up after. */
export class TrainingTriggers extends pulumi.ComponentResource {
  constructor(name: string, args: TriggersArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:training:TrainingTriggers", name, {}, opts);
    const child = { parent: this };
    const { account, machineArn } = args;
    if (args.schedule !== undefined) {
      const { schedule: expression, missedStartsArn, after } = args;
      startedByClock(
        `${name}-clock`,
        { account, machineArn, expression, input: { reason: "schedule" }, missedStartsArn, after },
        child,
      );
    }
    if (args.newObjects) {
      const { bucketName } = args;
      const { folder } = args.newObjects;
      new NewObjects(`${name}-new`, { account, bucketName, folder, ending: "", machineArn, after: args.after }, child);
    }
    const starter = starterRole(`${name}-event`, { account, machineArn, service: "events.amazonaws.com" }, child);
    if (args.drift) {
      this.byEvent(`${name}-drift`, args, starter, {
        description: `Live input of ${args.model} has moved away from its training data`,
        pattern: pulumi.output({
          source: ["mlplatform.drift"],
          "detail-type": ["Drift detected"],
          detail: { stack: [args.stack], model: [args.model] },
        }),
        target: { input: JSON.stringify({ reason: "drift" }) },
      });
    }
    if (args.decay) {
      this.byEvent(`${name}-decay`, args, starter, {
        description: `Labelled answers of ${args.model} have been too bad for some windows in a row`,
        pattern: pulumi.output({
          source: ["mlplatform.drift"],
          "detail-type": ["Quality decayed"],
          detail: { stack: [args.stack], model: [args.model] },
        }),
        target: { input: JSON.stringify({ reason: "decay" }) },
      });
    }
    this.byEvent(`${name}-ended`, args, starter, {
      description: `A run of ${args.model} was stopped, took too long, or failed where nothing could be caught`,
      pattern: machineArn.apply(endedOnItsWay),
      target: {
        inputTransformer: {
          inputPaths: { execution: "$.detail.executionArn", status: "$.detail.status" },
          inputTemplate: '{"aborted": <execution>, "status": <status>}',
        },
      },
    });
    this.registerOutputs();
  }

  private byEvent(
    name: string,
    args: TriggersArgs,
    roleArn: pulumi.Output<string>,
    event: {
      description: string;
      pattern: pulumi.Output<object>;
      target: Pick<aws.cloudwatch.EventTargetArgs, "input" | "inputTransformer">;
    },
  ): void {
    const rule = new aws.cloudwatch.EventRule(
      name,
      { description: event.description, eventPattern: event.pattern.apply((pattern) => JSON.stringify(pattern)) },
      { parent: this, dependsOn: after(...args.after) },
    );
    new aws.cloudwatch.EventTarget(
      name,
      { rule: rule.name, arn: args.machineArn, roleArn, ...event.target },
      { parent: this },
    );
  }
}
