/** The way out, the same for every run: tell, note, free, and end as it went. */

import { layout } from "../../contracts/trainingLoop";
import { anything, brief, type State, type States } from "../../lib/states";
import { freeSlot } from "./slots";
import { explained, type TrainingMachineFacts, toldFirst } from "./terms";
import { giveBack, turnOf } from "./turn";

/** What goes wrong on the way out keeps nothing from going out. */
export const goesOn = (Next: string) => [{ ErrorEquals: anything, ResultPath: "$.onTheWayOut", Next }];

/** States that all others lead to. @param afterFailure where a run goes first of which a state failed */
export function endings(facts: TrainingMachineFacts, afterFailure: string): States {
  return {
    ...explainFailure(afterFailure),
    ...tellOwner(facts, {
      subject: `Training of ${facts.spec.model} did not end well`,
      message: "States.Format('Run {}, begun by {}: {}', $.run, $.reason, $.verdict.cause)",
    }),
    ...record(facts, { next: "FreeSlot", ifItFails: goesOn("FreeSlot") }),
    ...free(facts),
    ...howItEnded,
  };
}

/** Of whatever state failed. @param next where the run goes on then */
export const explainFailure = (next?: string): States =>
  explained(
    "ExplainFailure",
    "TrainingFailed",
    "States.Format('{} failed: {}', $failedState, States.JsonToString($.error))",
    next,
  );

/** The end, as the verdict says. */
export const howItEnded: States = {
  HowItEnded: {
    Type: "Choice",
    Choices: [{ Variable: "$.verdict.error", IsPresent: true, Next: "Failed" }],
    Default: "Done",
  },
  Done: { Type: "Succeed" },
  Failed: { Type: "Fail", ErrorPath: "$.verdict.error", CausePath: "$.verdict.cause" },
};

/** @param said to the owner; the message is an expression */
export function tellOwner(
  { topicArn }: TrainingMachineFacts,
  { subject, message }: { subject: string; message: string },
): States {
  const told: State =
    topicArn === undefined
      ? { Type: "Pass", Next: "Record" }
      : {
          Type: "Task",
          Resource: "arn:aws:states:::sns:publish",
          Parameters: {
            TopicArn: topicArn,
            Subject: subject,
            "Message.$": message,
          },
          ResultPath: null,
          TimeoutSeconds: 60,
          Retry: brief("States.TaskFailed"),
          Catch: goesOn("Record"),
          Next: "Record",
        };
  return { [toldFirst]: told };
}

/** Everything that is known when the run ends: why it began, image, metrics, reasons, version, and what became of it. */
export function record(
  { spec, bucketName }: TrainingMachineFacts,
  { next, ifItFails }: { next: string; ifItFails: object[] },
): States {
  return {
    Record: {
      Type: "Task",
      Resource: "arn:aws:states:::aws-sdk:s3:putObject",
      Parameters: {
        Bucket: bucketName,
        "Key.$": `States.Format('${layout.records(spec.model)}{}.json', $.run)`,
        ContentType: "application/json",
        "Body.$": "$",
      },
      ResultPath: null,
      TimeoutSeconds: 60,
      Retry: brief("States.TaskFailed"),
      Catch: ifItFails,
      Next: next,
    },
  };
}

function free(facts: TrainingMachineFacts): States {
  const turn = turnOf(facts.spec.model);
  const last = facts.newObjects ? "FreeWaiting" : "HowItEnded";
  return {
    FreeSlot: freeSlot(facts, goesOn("FreeModel"), "FreeModel"),
    FreeModel: giveBack(facts, turn.now, goesOn(last), last),
    ...(facts.newObjects ? { FreeWaiting: giveBack(facts, turn.next, goesOn("HowItEnded"), "HowItEnded") } : {}),
  };
}
