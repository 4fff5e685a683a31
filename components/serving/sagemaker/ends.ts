import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../../contracts/account";
import { lambdaFunction } from "../../foundation/lambdaFunction";
import { startMachine } from "../../identity/policies/batch";
import { endEndpoints } from "../../identity/policies/endpointEnds";
import { lookAtEndpoints } from "../../identity/policies/training";
import { after, type Dependency } from "../../lib/dependencies";
import { shortened } from "../../lib/mark";
import { policyDocument, trustService } from "../../lib/statements";
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
    const role = new aws.iam.Role(
      name,
      { assumeRolePolicy: trustService("states.amazonaws.com", account.accountId) },
      child,
    );
    const topicArns = pulumi.all(endpoints.map(({ topicArn }) => topicArn));
    const permitted = new aws.iam.RolePolicy(
      name,
      {
        role: role.id,
        policy: pulumi
          .all([age.arn, topicArns])
          .apply(([functionArn, arns]) => policyDocument(endEndpoints(account, functionArn, names, arns))),
      },
      child,
    );
    const machine = new aws.sfn.StateMachine(
      name,
      { name: args.machineName, roleArn: role.arn, definition: age.arn.apply(endsDefinition) },
      { ...child, dependsOn: after(permitted) },
    );
    const starter = new aws.iam.Role(
      `${name}-clock`,
      { assumeRolePolicy: trustService("scheduler.amazonaws.com", account.accountId) },
      child,
    );
    const mayStart = new aws.iam.RolePolicy(
      `${name}-clock`,
      {
        role: starter.id,
        policy: pulumi
          .all([machine.arn, args.missedStartsArn])
          .apply(([arn, queueArn]) => policyDocument(startMachine(arn, queueArn))),
      },
      child,
    );
    for (const { topicArn, ...endpoint } of endpoints) {
      new aws.scheduler.Schedule(
        `${name}-${endpoint.model}`,
        {
          name: shortened(`${args.machineName}-${endpoint.model}`, longestName),
          scheduleExpression: "rate(1 hour)",
          flexibleTimeWindow: { mode: "OFF" },
          target: {
            arn: machine.arn,
            roleArn: starter.arn,
            ...(args.missedStartsArn === undefined ? {} : { deadLetterConfig: { arn: args.missedStartsArn } }),
            input: pulumi.output(topicArn).apply((arn) => {
              const input: EndInput = { ...endpoint, ...tellAt(endpoint.ttlHours), topicArn: arn };
              return JSON.stringify(input);
            }),
            retryPolicy: { maximumEventAgeInSeconds: 3600, maximumRetryAttempts: 10 },
          },
        },
        { ...child, dependsOn: after(mayStart, ...args.after) },
      );
    }
    this.machineArn = machine.arn;
    this.registerOutputs();
  }
}
