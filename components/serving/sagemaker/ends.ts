import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../../contracts/account";
import { lambdaFunction } from "../../foundation/lambdaFunction";
import { clockRole, startedByClock } from "../../foundation/starters";
import { stateMachine } from "../../foundation/stateMachine";
import { endEndpoints } from "../../identity/policies/endpointEnds";
import { arn } from "../../identity/policies/terms";
import { lookAtEndpoints } from "../../identity/policies/training";
import type { Dependency } from "../../lib/dependencies";
import { shortened } from "../../lib/mark";
import { type EndInput, endsDefinition, tellAt } from "./endsDefinition";

/** An endpoint that ends by itself. */
export interface EndingEndpoint {
  model: string;
  endpointName: string;
  ttlHours: number;
  /** Where the owner is told. */
  topicArn: pulumi.Input<string>;
}

/** Endpoints that end, and who looks. */
export interface EndsArgs {
  account: AwsAccount;
  /** Name of the state machine, which begins as all of the stack do. */
  machineName: string;
  endpoints: EndingEndpoint[];
  /** Encrypts the function's log. */
  keyArn?: pulumi.Input<string> | undefined;
  logRetentionDays: number;
  /** Queue for what a schedule could not start. */
  missedStartsArn?: pulumi.Input<string>;
  /** Depend on these to come after the endpoints. */
  after: Dependency[];
}

/** https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html */
const longestName = 64;

/** A state machine that looks at each of these endpoints every hour, tells its owner, and deletes it once its time is over. */
export class Ends extends pulumi.ComponentResource {
  readonly machineArn: pulumi.Output<string>;

  constructor(name: string, args: EndsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:serving:Ends", name, {}, opts);
    const child = { parent: this };
    const { account, endpoints } = args;
    const names = endpoints.map(({ endpointName }) => endpointName);
    const age = lambdaFunction(
      `${name}-age`,
      {
        account,
        source: "endpointStatus",
        description: "Tells how old an endpoint is",
        timeoutSeconds: 30,
        statements: (logGroupArn) => logGroupArn.apply((log) => lookAtEndpoints(account, log, names)),
        log: { retentionDays: args.logRetentionDays, keyArn: args.keyArn },
      },
      child,
    );
    const topicArns = pulumi.all(endpoints.map(({ topicArn }) => topicArn));
    const machine = stateMachine(
      name,
      {
        account,
        machineName: args.machineName,
        definition: age.arn.apply(endsDefinition),
        statements: pulumi
          .all([age.arn, topicArns])
          .apply(([functionArn, arns]) => endEndpoints(account, functionArn, names, arns)),
      },
      child,
    );
    const started = { account, machineArn: machine.arn, missedStartsArn: args.missedStartsArn };
    const roleArn = clockRole(`${name}-clock`, started, child);
    for (const { topicArn, ...endpoint } of endpoints) {
      const endpointArn = arn(account, "sagemaker", `endpoint/${endpoint.endpointName}`);
      const told = { ...endpoint, endpointArn, ...tellAt(endpoint.ttlHours) };
      startedByClock(
        `${name}-${endpoint.model}`,
        {
          ...started,
          roleArn,
          expression: "rate(1 hour)",
          input: pulumi.output(topicArn).apply((known): EndInput => ({ ...told, topicArn: known })),
          scheduleName: shortened(`${args.machineName}-${endpoint.model}`, longestName),
          after: args.after,
        },
        child,
      );
    }
    this.machineArn = machine.arn;
    this.registerOutputs();
  }
}
