/** How a run begins: what it is called, and whether it is its turn. */
import { brief, patient, type State, type States, tableErrors } from "../../lib/states";
import { layout, longestRunSeconds } from "../spec";
import { caught, type TrainingMachineFacts, toldFirst } from "./terms";

const begun = "$states.context.Execution.StartTime";
const moment = `$fromMillis($toMillis(${begun}), '[Y0001][M01][D01]-[H01][m01][s01]-[f001]')`;
const input = "$states.input";
const conditionFailed = ["DynamoDB.ConditionalCheckFailedException"];
/** Objects are known for so long that no event comes twice: queues and pipes give up earlier. */
const objectDays = 30;
const day = 24 * 3600;

const epoch = (seconds: number) => `{% $string($floor($toMillis(${begun}) / 1000) + ${seconds}) %}`;

/**
 * Names the run and says why it began. In JSONata, since the other language of Step Functions can neither cut texts nor reckon with
 * time, which the table needs for what it is to forget.
 */
export function nameRun({ spec, jobPrefix, searchPrefix }: TrainingMachineFacts): States {
  return {
    NameRun: {
      Type: "Pass",
      QueryLanguage: "JSONata",
      Output: {
        given: `{% ${input} %}`,
        model: spec.model,
        reason: `{% $type(${input}) = 'array' ? 'newData' : $exists(${input}.aborted) ? 'aborted' : $type(${input}.reason) = 'string' ? ${input}.reason : 'manual' %}`,
        holder: `{% $type(${input}.aborted) = 'string' ? ${input}.aborted : $states.context.Execution.Id %}`,
        run: `{% '${jobPrefix}' & ${moment} %}`,
        search: `{% '${searchPrefix}' & ${moment} %}`,
        startedAt: `{% ${begun} %}`,
        yesterday: `{% $substring($fromMillis($toMillis(${begun}) - ${day * 1000}), 0, 10) %}`,
        expires: epoch(longestRunSeconds(spec) + day),
        objectsExpire: epoch(objectDays * day),
        now: epoch(0),
      },
      Next: "WhatCame",
    },
    WhatCame: {
      Type: "Choice",
      Choices: [{ Variable: "$.reason", StringEquals: "aborted", Next: "ExplainAborted" }],
      Default: "ClaimModel",
    },
  };
}

/** Never two runs of one model: the second ends, unless it has objects, for which nobody would come again. */
export function claimModel(facts: TrainingMachineFacts, next: string): States {
  const { spec, tableName, newObjects } = facts;
  const waits: States = newObjects
    ? {
        WhetherToWait: {
          Type: "Choice",
          Choices: [{ Variable: "$.given[0]", IsPresent: true, Next: "WaitForOtherRun" }],
          Default: "NoteSkipped",
        },
        WaitForOtherRun: { Type: "Wait", Seconds: 300, Next: "ClaimModel" },
      }
    : {};
  return {
    ClaimModel: {
      Type: "Task",
      Resource: "arn:aws:states:::dynamodb:putItem",
      Parameters: {
        TableName: tableName,
        Item: {
          id: { S: `model#${spec.model}` },
          run: { "S.$": "$.holder" },
          reason: { "S.$": "$.reason" },
          expires: { "N.$": "$.expires" },
        },
        // What an aborted run has left is forgotten in the end, even if nobody cleans up.
        ConditionExpression: "attribute_not_exists(id) OR #run = :run OR expires < :now",
        ExpressionAttributeNames: { "#run": "run" },
        ExpressionAttributeValues: { ":run": { "S.$": "$.holder" }, ":now": { "N.$": "$.now" } },
      },
      ResultPath: null,
      TimeoutSeconds: 60,
      Retry: patient(...tableErrors),
      Catch: [
        { ErrorEquals: conditionFailed, ResultPath: null, Next: newObjects ? "WhetherToWait" : "NoteSkipped" },
        ...caught("ClaimModel"),
      ],
      Next: next,
    },
    ...waits,
    NoteSkipped: {
      Type: "Task",
      Resource: "arn:aws:states:::aws-sdk:s3:putObject",
      Parameters: {
        Bucket: facts.bucketName,
        "Key.$": `States.Format('${layout.records(spec.model)}{}.json', $.run)`,
        ContentType: "application/json",
        Body: {
          "run.$": "$.run",
          model: spec.model,
          "reason.$": "$.reason",
          "startedAt.$": "$.startedAt",
          verdict: { outcome: "skipped", cause: "another run of the model was under way" },
        },
      },
      ResultPath: null,
      TimeoutSeconds: 60,
      Retry: brief("States.TaskFailed"),
      Catch: caught("NoteSkipped"),
      Next: "SkippedAlreadyRunning",
    },
    SkippedAlreadyRunning: { Type: "Succeed" },
  };
}

/** As many runs at once as the stack allows, whatever their model: each is a member of one set. */
export function claimSlot({ tableName, maxParallelRuns }: TrainingMachineFacts, next: string): States {
  return {
    ClaimSlot: {
      Type: "Task",
      Resource: "arn:aws:states:::dynamodb:updateItem",
      Parameters: {
        TableName: tableName,
        Key: { id: { S: "slots" } },
        UpdateExpression: "ADD #runs :run",
        ConditionExpression: "attribute_not_exists(#runs) OR contains(#runs, :name) OR size(#runs) < :most",
        ExpressionAttributeNames: { "#runs": "runs" },
        ExpressionAttributeValues: {
          ":run": { "SS.$": "States.Array($.holder)" },
          ":name": { "S.$": "$.holder" },
          ":most": { N: String(maxParallelRuns) },
        },
      },
      ResultPath: null,
      TimeoutSeconds: 60,
      Retry: patient(...tableErrors),
      Catch: [{ ErrorEquals: conditionFailed, ResultPath: null, Next: "WaitForSlot" }, ...caught("ClaimSlot")],
      Next: next,
    },
    WaitForSlot: { Type: "Wait", Seconds: 60, Next: "ClaimSlot" },
  };
}

/** Each object starts one run, however often it is told of; what was written anew is new. */
export function claimObjects({ tableName }: TrainingMachineFacts, next: string): States {
  const claim: State = {
    Type: "Task",
    Resource: "arn:aws:states:::dynamodb:putItem",
    Parameters: {
      TableName: tableName,
      Item: {
        id: { "S.$": "States.Format('object#{}#{}', $.object.key, $.object.etag)" },
        run: { "S.$": "$.holder" },
        expires: { "N.$": "$.expires" },
      },
      ConditionExpression: "attribute_not_exists(id) OR #run = :run",
      ExpressionAttributeNames: { "#run": "run" },
      ExpressionAttributeValues: { ":run": { "S.$": "$.holder" } },
    },
    ResultPath: null,
    TimeoutSeconds: 60,
    Retry: patient(...tableErrors),
    Catch: [{ ErrorEquals: conditionFailed, ResultPath: null, Next: "TakenAlready" }],
    Next: "Claimed",
  };
  return {
    WhetherObjects: {
      Type: "Choice",
      Choices: [{ Variable: "$.given[0]", IsPresent: true, Next: "ClaimEach" }],
      Default: next,
    },
    ClaimEach: {
      Type: "Map",
      ItemsPath: "$.given",
      ItemSelector: { "object.$": "$$.Map.Item.Value", "holder.$": "$.holder", "expires.$": "$.objectsExpire" },
      MaxConcurrency: 10,
      ItemProcessor: {
        ProcessorConfig: { Mode: "INLINE" },
        StartAt: "Claim",
        States: {
          Claim: claim,
          Claimed: { Type: "Pass", Parameters: { "key.$": "$.object.key" }, End: true },
          TakenAlready: { Type: "Pass", Result: {}, End: true },
        },
      },
      ResultSelector: { "keys.$": "States.ArrayUnique($[*].key)" },
      ResultPath: "$.objects",
      Catch: caught("ClaimEach"),
      Next: "AnythingNew",
    },
    AnythingNew: {
      Type: "Choice",
      Choices: [{ Variable: "$.objects.keys[0]", IsPresent: true, Next: next }],
      Default: "ExplainNothingNew",
    },
    ExplainNothingNew: {
      Type: "Pass",
      Result: { outcome: "skipped", cause: "the objects have been trained on already" },
      ResultPath: "$.verdict",
      Next: "Record",
    },
  };
}

/** What a run that was stopped from outside holds is freed by another one, which the event of its end starts. */
export function explainAborted(): States {
  return {
    ExplainAborted: {
      Type: "Pass",
      Parameters: {
        outcome: "aborted",
        "cause.$": "States.Format('{} was stopped, or took too long: what it held is freed', $.holder)",
      },
      ResultPath: "$.verdict",
      Next: toldFirst,
    },
  };
}
