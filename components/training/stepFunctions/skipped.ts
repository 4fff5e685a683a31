/** A run that does not begin. */
import { layout } from "../../contracts/trainingLoop";
import { brief, type States } from "../../lib/states";
import { caught, type TrainingMachineFacts } from "./terms";

/** Notes why, and ends well. It holds nothing yet. */
export function noteSkipped(facts: TrainingMachineFacts, name: string, cause: string, end: string): States {
  return {
    [name]: {
      Type: "Task",
      Resource: "arn:aws:states:::aws-sdk:s3:putObject",
      Parameters: {
        Bucket: facts.bucketName,
        "Key.$": `States.Format('${layout.records(facts.spec.model)}{}.json', $.run)`,
        ContentType: "application/json",
        Body: {
          "run.$": "$.run",
          model: facts.spec.model,
          "reason.$": "$.reason",
          "startedAt.$": "$.startedAt",
          verdict: { outcome: "skipped", cause },
        },
      },
      ResultPath: null,
      TimeoutSeconds: 60,
      Retry: brief("States.TaskFailed"),
      Catch: caught(name),
      Next: end,
    },
    [end]: { Type: "Succeed" },
  };
}
