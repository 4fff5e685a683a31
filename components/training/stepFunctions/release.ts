/** From a candidate that passed to a version that is live: register, approve, look at the endpoint, promote. */

import { approvalDays, type LoopSpec, releaseMinutes } from "../../contracts/trainingLoop";
import { anything, brief, patient, type States, type Step } from "../../lib/states";
import { packageDecision } from "../packageDecision";
import { keep } from "./answers";
import { evaluationAddress, packageMetrics } from "./baseline";
import { goesOn } from "./endings";
import { askRegistrar, historyOf } from "./registry";
import { freeSlot } from "./slots";
import { call, caught, explained, type TrainingMachineFacts, toldFirst, waitSeconds } from "./terms";

/** What trained in the image's place, for who looks at a package. */
export const algorithmOf = ({ algorithm }: Pick<LoopSpec, "algorithm">) =>
  algorithm === undefined ? {} : { algorithm: `${algorithm.name}:${algorithm.version}` };

/** A version in MLflow's registry, and a package in the model's group, where a person sees it in the console and in Studio. */
export function register(facts: TrainingMachineFacts): Step {
  const { spec, packages } = facts;
  const metrics = spec.gate ? { "metrics.$": "$.judged.metrics" } : { metrics: {} };
  return {
    entry: "Register",
    states: (next) => ({
      ...askRegistrar("Register", facts, {
        action: "register",
        parameters: { ...historyOf(facts, "stepFunctions"), ...metrics },
        result: { "version.$": "$.version" },
        path: "$.registered",
        next: "Package",
      }),
      ...call("Package", "aws-sdk:sagemaker:createModelPackage", {
        Parameters: {
          ModelPackageGroupName: packages.groupName,
          "ModelPackageDescription.$": "States.Format('Version {} in MLflow, of {}', $.registered.version, $.run)",
          InferenceSpecification: {
            Containers: [{ Image: packages.image, "ModelDataUrl.$": "$.trained.package" }],
            SupportedContentTypes: ["application/json", "text/csv"],
            SupportedResponseMIMETypes: ["application/json", "text/csv"],
          },
          "ModelMetrics.$": packageMetrics,
          ModelApprovalStatus: spec.approve === "manual" ? "PendingManualApproval" : "Approved",
          CustomerMetadataProperties: {
            "run.$": "$.run",
            "version.$": "$.registered.version",
            "image.$": "$.image.uri",
            ...algorithmOf(spec),
            ...evaluationAddress(facts),
          },
          "ClientToken.$": "States.Hash($.run, 'MD5')", // At most 36 characters.
        },
        ResultSelector: { "arn.$": "$.ModelPackageArn" },
        ResultPath: "$.package",
        Next: next,
      }),
    }),
  };
}

/** The run waits for somebody to set the package approved or rejected; the event of that answers it. */
export function approve(facts: TrainingMachineFacts): Step[] {
  const { spec, tableName, topicArn } = facts;
  if (spec.approve === "automatic") return [];
  const asked = topicArn === undefined ? "Approve" : "AskForApproval";
  return [
    {
      entry: "LeaveSlot",
      states: (next) => ({
        // No job runs after it, and a person may take days.
        LeaveSlot: freeSlot(facts, [{ ErrorEquals: anything, ResultPath: null, Next: asked }], asked),
        ...(topicArn === undefined ? {} : askForApproval(facts, topicArn)),
        Approve: {
          Type: "Task",
          Resource: "arn:aws:states:::aws-sdk:dynamodb:putItem.waitForTaskToken",
          Parameters: {
            TableName: tableName,
            Item: {
              id: { "S.$": "States.Format('approval#{}', $.package.arn)" },
              token: { "S.$": "$$.Task.Token" },
              run: { "S.$": "$.run" },
              expires: { "N.$": "$.expires" },
            },
          },
          ResultPath: null,
          TimeoutSeconds: approvalDays * 24 * 3600,
          Retry: brief("DynamoDb.DynamoDbException", "DynamoDb.ProvisionedThroughputExceededException"),
          Catch: [
            { ErrorEquals: ["Rejected"], ResultPath: "$.error", Next: "ExplainApprovalRejected" },
            { ErrorEquals: ["States.Timeout"], ResultPath: "$.error", Next: "ExplainApprovalTimedOut" },
            ...caught("Approve"),
          ],
          Next: "SeeApproval",
        },
        ...decided("Approval", facts, next),
        ...explained("ExplainApprovalRejected", "ApprovalRejected", "$.error.Cause", "SeeRejection"),
        ...decided("Rejection", facts, toldFirst, toldFirst),
        ...explained(
          "ExplainApprovalTimedOut",
          "ApprovalTimedOut",
          `States.Format('Nobody decided on {} within ${approvalDays} days', $.package.arn)`,
        ),
      }),
    },
  ];
}

/**
 * MLflow is told what was decided and by whom before anything follows from it, so that neither the version nor the run's record is without it.
 * The event of the decision tells MLflow, too, for a day; it is noted once.
 * @param ifItFails where the run goes on then; absent: as after every failure
 */
function decided(
  what: "Approval" | "Rejection",
  facts: TrainingMachineFacts,
  next: string,
  ifItFails?: string,
): States {
  const decision = packageDecision({ by: "somebody in SageMaker", at: "$states.context.State.EnteredTime" });
  const kept = Object.entries(decision).map(([name, expression]) => `'${name}': ${expression}`);
  return {
    ...keep(`See${what}`, {
      action: "describeModelPackage",
      arguments: { ModelPackageName: "{% $states.input.package.arn %}" },
      kept: `'decided': {${kept.join(", ")}}`,
      next: `Note${what}`,
      ...(ifItFails === undefined ? {} : { ifItFails }),
    }),
    ...askRegistrar(`Note${what}`, facts, {
      action: "decided",
      parameters: Object.fromEntries(Object.keys(decision).map((name) => [`${name}.$`, `$.decided.${name}`])),
      result: { "version.$": "$.version" },
      path: "$.noted",
      whileAway: patient("Unavailable"),
      next,
      ...(ifItFails === undefined ? {} : { ifItFails: goesOn(ifItFails) }),
    }),
  };
}

const askForApproval = ({ spec }: TrainingMachineFacts, TopicArn: string): States =>
  call("AskForApproval", "sns:publish", {
    Parameters: {
      TopicArn,
      Subject: `${spec.model}: a version waits for your approval`,
      "Message.$": `States.Format('Version {} of ${spec.model} passed. Approve or reject {} within ${approvalDays} days.', $.registered.version, $.package.arn)`,
    },
    ResultPath: null,
    Next: "Approve",
  });

/** A version that cannot go live is not promoted: nothing of what is live changes. */
export function checkEndpoint(facts: TrainingMachineFacts): Step[] {
  const { endpointName } = facts.spec;
  if (endpointName === undefined) return [];
  const is = (StringEquals: string, Next: string) => ({ Variable: "$.endpoint.status", StringEquals, Next });
  return [
    {
      entry: "EndpointStatus",
      states: (next) => ({
        ...call("EndpointStatus", "lambda:invoke", {
          Parameters: { FunctionName: facts.functions.endpointStatus, Payload: { endpointName } },
          ResultSelector: { "status.$": "$.Payload.status" },
          ResultPath: "$.endpoint",
          Next: "WhetherEndpointReady",
        }),
        WhetherEndpointReady: {
          Type: "Choice",
          Choices: [is("inService", next), is("updating", "WaitForEndpoint"), is("absent", "ExplainEndpointAbsent")],
          Default: "ExplainEndpointFailed",
        },
        WaitForEndpoint: { Type: "Wait", Seconds: waitSeconds(facts, 9), Next: "EndpointStatus" },
        ...explained(
          "ExplainEndpointAbsent",
          "EndpointAbsent",
          `States.Format('There is no endpoint ${endpointName} to put version {} on', $.registered.version)`,
        ),
        ...explained(
          "ExplainEndpointFailed",
          "EndpointFailed",
          `States.Format('The endpoint ${endpointName} is {}, so version {} is not put on it', $.endpoint.status, $.registered.version)`,
        ),
      }),
    },
  ];
}

/** Moves the alias, and waits for what whoever follows it makes of the version. */
export function promote(facts: TrainingMachineFacts): Step {
  return {
    entry: "Promote",
    states: (next) => ({
      ...askRegistrar("Promote", facts, {
        action: "promote",
        parameters: { "version.$": "$.registered.version" },
        result: { "outcome.$": "$.outcome" },
        path: "$.released",
        timeoutSeconds: releaseMinutes(facts.spec) * 60,
        next: "WhetherLive",
      }),
      WhetherLive: {
        Type: "Choice",
        Choices: [{ Variable: "$.released.outcome", StringEquals: "live", Next: "Live" }],
        Default: "ExplainRolledBack",
      },
      Live: {
        Type: "Pass",
        Parameters: { outcome: "live", "cause.$": "States.Format('version {} is live', $.registered.version)" },
        ResultPath: "$.verdict",
        Next: next,
      },
      ...explained(
        "ExplainRolledBack",
        "RolledBack",
        "States.Format('Version {}: {}', $.registered.version, $.released.outcome)",
      ),
    }),
  };
}
