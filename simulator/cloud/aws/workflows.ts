/** Step Functions, EventBridge Scheduler and Pipes: what starts and carries out runs. */
import { between, describeTypes, like, longest, oneOf, Refusal, type Situation } from "./describe";
import { runsOf } from "./machineRuns";
import * as type from "./tokens";

const startable = { to: [type.stateMachine, type.lambda, type.queue, type.topic], holds: false };
/** Any action of AWS that a schedule asks itself. https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html */
const universal = /^arn:aws[a-z-]*:scheduler:::aws-sdk:[a-z0-9]+:[a-z][A-Za-z0-9]+$/;
/** https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html */
const mostDefinitionBytes = 1024 * 1024;

describeTypes(
  {
    type: type.stateMachine,
    id: (x) => `arn:aws:states:${x.region}:${x.account.number}:stateMachine:${x.inputs.name}`,
    arn: "states:{region}:{account}:stateMachine:{name}",
    name: { longest: 80, allowed: /^[\w-]+$/, allowedMeans: "letters, digits, - and _" },
    forces: ["type"],
    refs: { roleArn: type.roleReference },
    limits: [
      oneOf("type", "STANDARD", "EXPRESS"),
      { path: "definition", wrong: (value) => definitionFault(String(value)) },
    ],
    defaults: { type: "STANDARD", publish: false },
    computed: {
      status: () => "ACTIVE",
      creationDate: () => "2000-01-01T00:00:00Z",
      revisionId: (x) => x.digits("revision", 8),
      stateMachineVersionArn: (x) => `${x.arn}:1`,
      versionDescription: () => "",
      loggingConfiguration: () => ({ includeExecutionData: false, level: "OFF", logDestination: "" }),
      encryptionConfiguration: () => ({ type: "AWS_OWNED_KEY" }),
      tracingConfiguration: () => ({ enabled: false }),
    },
    volatile: ["revisionId"],
    verify: (x) => trusted(x, "states.amazonaws.com"),
    // It is never refused, but not over before the last run has ended, and then whoever asked has given up.
    // https://docs.aws.amazon.com/step-functions/latest/apireference/API_DeleteStateMachine.html
    verifyDeletion: ({ id }, account) => {
      const { length } = runsOf(account, id);
      if (length > 0)
        throw new Refusal("Timeout", `the state machine ${id} is DELETING until ${length} runs have ended`);
    },
  },
  {
    // https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateActivity.html
    type: "aws:sfn/activity:Activity",
    id: (x) => `arn:aws:states:${x.region}:${x.account.number}:activity:${x.inputs.name}`,
    arn: "states:{region}:{account}:activity:{name}",
    name: { longest: 80, allowed: /^[\w-]+$/, allowedMeans: "letters, digits, - and _" },
    forces: ["encryptionConfiguration"],
    computed: {
      creationDate: () => "2000-01-01T00:00:00Z",
      encryptionConfiguration: () => ({ type: "AWS_OWNED_KEY" }),
    },
  },
  {
    // https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
    type: "aws:scheduler/schedule:Schedule",
    id: (x) => `${x.inputs.groupName ?? "default"}/${x.inputs.name}`,
    arn: (x) => `arn:aws:scheduler:${x.region}:${x.account.number}:schedule/default/${x.inputs.name}`,
    name: { longest: 64, allowed: /^[\w.-]+$/, allowedMeans: "letters, digits and -_." },
    forces: ["groupName"],
    required: ["target.arn", "target.roleArn"],
    refs: {
      "target.arn": { ...startable, unless: (value) => universal.test(value) },
      "target.roleArn": type.roleReference,
      "target.deadLetterConfig.arn": { to: [type.queue], holds: false },
      kmsKeyArn: type.keyReference,
    },
    limits: [
      like(
        "scheduleExpression",
        /^(rate\(\d+ (minute|minutes|hour|hours|day|days)\)|cron\(\S+ \S+ \S+ \S+ \S+ \S+\)|at\(\S+\))$/,
        "rate(…), at(…) or cron(…) with six fields",
      ),
      oneOf("flexibleTimeWindow.mode", "OFF", "FLEXIBLE"),
      oneOf("state", "ENABLED", "DISABLED"),
      between("target.retryPolicy.maximumEventAgeInSeconds", 60, 86400, "seconds"),
      between("target.retryPolicy.maximumRetryAttempts", 0, 185),
      longest("description", 512),
    ],
    defaults: { state: "ENABLED", scheduleExpressionTimezone: "UTC" },
    computed: { groupName: () => "default", actionAfterCompletion: () => "NONE" },
    verify: (x) => trusted(x, "scheduler.amazonaws.com", "target.roleArn"),
  },
  {
    // https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_CreatePipe.html
    type: "aws:pipes/pipe:Pipe",
    id: (x) => x.inputs.name,
    arn: "pipes:{region}:{account}:pipe/{name}",
    name: { longest: 64, allowed: /^[.\-_A-Za-z0-9]+$/, allowedMeans: "letters, digits and .-_" },
    forces: ["source"],
    refs: {
      source: { to: [type.queue], holds: false },
      target: startable,
      roleArn: type.roleReference,
      kmsKeyIdentifier: type.keyReference,
    },
    limits: [
      between("sourceParameters.sqsQueueParameters.batchSize", 1, 10000),
      between("sourceParameters.sqsQueueParameters.maximumBatchingWindowInSeconds", 0, 300, "seconds"),
      oneOf(
        "targetParameters.stepFunctionStateMachineParameters.invocationType",
        "REQUEST_RESPONSE",
        "FIRE_AND_FORGET",
      ),
      longest("targetParameters.inputTemplate", 8192),
      longest("description", 512),
      oneOf("desiredState", "RUNNING", "STOPPED"),
    ],
    defaults: { desiredState: "RUNNING", description: "Managed by Pulumi" },
    verify: (x) => {
      trusted(x, "pipes.amazonaws.com");
      const machine = x.referred("target");
      const { invocationType } = x.inputs.targetParameters?.stepFunctionStateMachineParameters ?? {};
      if (
        machine?.type === type.stateMachine &&
        machine.outputs.type === "STANDARD" &&
        invocationType !== "FIRE_AND_FORGET"
      ) {
        throw new Refusal("ValidationException", "a standard state machine is only invoked with FIRE_AND_FORGET");
      }
    },
  },
);

/** Services take only roles that trust them. */
function trusted(x: Situation, service: string, path = "roleArn"): void {
  const trust = x.referred(path)?.outputs.assumeRolePolicy;
  if (typeof trust === "string" && !trust.includes(service)) {
    throw new Refusal("ValidationException", `the role cannot be assumed: its trust policy does not name ${service}`);
  }
}

function definitionFault(text: string): string | undefined {
  if (Buffer.byteLength(text) > mostDefinitionBytes) return `is longer than ${mostDefinitionBytes} bytes`;
  let definition: { StartAt?: string; States?: Record<string, Record<string, unknown>> };
  try {
    definition = JSON.parse(text);
  } catch (error) {
    return `is not JSON: ${(error as Error).message}`;
  }
  const { StartAt, States = {} } = definition;
  if (StartAt === undefined || !Object.hasOwn(States, StartAt)) return `starts at ${StartAt}, which is no state`;
  for (const [name, state] of Object.entries(States)) {
    if (name.length > 80) return `has the state ${name}, longer than 80 characters`;
    for (const next of [
      state.Next,
      state.Default,
      ...[state.Catch, state.Choices].flat().map((each) => nextOf(each)),
    ]) {
      if (typeof next === "string" && !Object.hasOwn(States, next))
        return `leads from ${name} to ${next}, which is no state`;
    }
  }
  return undefined;
}

const nextOf = (each: unknown) => (each as { Next?: unknown } | undefined)?.Next;
