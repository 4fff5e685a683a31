/** Whose turn it is: one run of a model at once, and one that waits. */

import { patient, type State, type States, tableErrors } from "../../lib/states";
import { noteSkipped } from "./skipped";
import { caught, caughtByQuery, conditionFailed, epochNow, type TrainingMachineFacts, waitSeconds } from "./terms";

/**
 * Puts an item that one run has until it gives it back, or its time is up. In JSONata, which can reckon with the time at which the state is
 * entered: what has expired since a run began to wait is free.
 */
function claim(name: string, { tableName }: TrainingMachineFacts, id: string, taken: string, Next: string): State {
  return {
    Type: "Task",
    QueryLanguage: "JSONata",
    Resource: "arn:aws:states:::dynamodb:putItem",
    Arguments: {
      TableName: tableName,
      Item: {
        id: { S: id },
        run: { S: "{% $states.input.holder %}" },
        reason: { S: "{% $states.input.reason %}" },
        expires: { N: "{% $states.input.expires %}" },
      },
      ConditionExpression: "attribute_not_exists(id) OR #run = :run OR expires < :now",
      ExpressionAttributeNames: { "#run": "run" },
      ExpressionAttributeValues: {
        ":run": { S: "{% $states.input.holder %}" },
        ":now": { N: `{% $string(${epochNow}) %}` },
      },
    },
    Output: "{% $states.input %}",
    TimeoutSeconds: 60,
    Retry: patient(...tableErrors),
    Catch: [{ ErrorEquals: conditionFailed, Output: "{% $states.input %}", Next: taken }, ...caughtByQuery(name)],
    Next,
  };
}

/** Gives such an item back. Another run may hold it by now. */
export function giveBack({ tableName }: TrainingMachineFacts, id: string, Catch: object[], Next: string): State {
  return {
    Type: "Task",
    Resource: "arn:aws:states:::dynamodb:deleteItem",
    Parameters: {
      TableName: tableName,
      Key: { id: { S: id } },
      ConditionExpression: "#run = :run",
      ExpressionAttributeNames: { "#run": "run" },
      ExpressionAttributeValues: { ":run": { "S.$": "$.holder" } },
    },
    ResultPath: null,
    TimeoutSeconds: 60,
    Retry: patient(...tableErrors),
    Catch,
    Next,
  };
}

/** Items of the table that a model's run may hold. */
export const turnOf = (model: string) => ({ now: `model#${model}`, next: `waiting#${model}` });

/**
 * Never two runs of one model: the second ends, unless it has objects, for which nobody would come again. Of those one waits, for all: it reads
 * the whole folder once it is its turn.
 */
export function claimModel(facts: TrainingMachineFacts, next: string): States {
  const { spec, newObjects } = facts;
  const turn = turnOf(spec.model);
  const waits: States = newObjects
    ? {
        WhetherToWait: {
          Type: "Choice",
          Choices: [{ Variable: "$.given[0]", IsPresent: true, Next: "ClaimWaiting" }],
          Default: "NoteSkipped",
        },
        ClaimWaiting: claim("ClaimWaiting", facts, turn.next, "ExplainLeft", "WaitForOtherRun"),
        WaitForOtherRun: { Type: "Wait", Seconds: waitSeconds(facts, 14), Next: "ClaimModel" },
        ExplainLeft: {
          Type: "Pass",
          Result: { outcome: "skipped", cause: "a run that waits for its turn trains on the objects" },
          ResultPath: "$.verdict",
          Next: "Record",
        },
      }
    : {};
  return {
    ClaimModel: claim("ClaimModel", facts, turn.now, newObjects ? "WhetherToWait" : "NoteSkipped", next),
    ...waits,
    ...noteSkipped(facts, "NoteSkipped", "another run of the model was under way", "SkippedAlreadyRunning"),
  };
}

/** Before any data are read: objects that come from now on are for another run, which may wait. */
export function stopWaiting(facts: TrainingMachineFacts, next: string): States {
  const mine = [{ ErrorEquals: conditionFailed, ResultPath: null, Next: next }];
  return {
    StopWaiting: giveBack(facts, turnOf(facts.spec.model).next, [...mine, ...caught("StopWaiting")], next),
  };
}
