/** The way out, the same for every run: tell, note, free, and end as it went. */

import { layout } from "../../contracts/trainingLoop";
import { anything, brief, type State, type States } from "../../lib/states";
import { freeSlot } from "./slots";
import { explained, type TrainingMachineFacts, toldFirst } from "./terms";
import { giveBack, turnOf } from "./turn";

/** What goes wrong on the way out keeps nothing from going out. */
const goesOn = (Next: string) => [{ ErrorEquals: anything, ResultPath: "$.onTheWayOut", Next }];

/** States that all others lead to. @param afterFailure where a run goes first of which a state failed */
export function endings(facts: TrainingMachineFacts, afterFailure: string): States {
  return {
    ...explained(
      "ExplainFailure",
      "TrainingFailed",
      "States.Format('{} failed: {}', $failedState, States.JsonToString($.error))",
      afterFailure,
    ),
    ...tellOwner(facts),
    ...record(facts),
    ...free(facts),
    HowItEnded: {
      Type: "Choice",
      Choices: [{ Variable: "$.verdict.error", IsPresent: true, Next: "Failed" }],
      Default: "Done",
    },
    Done: { Type: "Succeed" },
    Failed: { Type: "Fail", ErrorPath: "$.verdict.error", CausePath: "$.verdict.cause" },
  };
}

function tellOwner({ spec, topicArn }: TrainingMachineFacts): States {
  const told: State =
    topicArn === undefined
      ? { Type: "Pass", Next: "Record" }
      : {
          Type: "Task",
          Resource: "arn:aws:states:::sns:publish",
          Parameters: {
            TopicArn: topicArn,
            Subject: `Training of ${spec.model} did not end well`,
            "Message.$": "States.Format('Run {}, begun by {}: {}', $.run, $.reason, $.verdict.cause)",
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
function record({ spec, bucketName }: TrainingMachineFacts): States {
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
      Catch: goesOn("FreeSlot"),
      Next: "FreeSlot",
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
