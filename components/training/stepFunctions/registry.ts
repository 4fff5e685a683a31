/** What the registrar in the cluster is asked for: MLflow's registry is not reached from outside. */

import { pickUpMinutes, trainedWith } from "../../contracts/trainingLoop";
import { brief, type State } from "../../lib/states";
import type { AwsEngine } from "../../settings/engines";
import { caught, dataAddress, type TrainingMachineFacts } from "./terms";

const heartbeatSeconds = 300;

/** One question to the registrar. It does each thing once for a run, so a question may be put again. */
export function askRegistrar(
  name: string,
  { spec, registrarArn }: TrainingMachineFacts,
  asked: {
    action: "champion" | "register" | "promote" | "candidate" | "judged" | "decided";
    parameters: object;
    result: object;
    path: string;
    timeoutSeconds?: number;
    /** How often it is asked again while MLflow does not answer; absent: for about a minute. */
    whileAway?: object[];
    next: string;
    /** Where the run goes on if nobody answers; absent: as after every failure. */
    ifItFails?: object[];
  },
): Record<string, State> {
  return {
    [name]: {
      Type: "Task",
      Resource: registrarArn,
      Parameters: { action: asked.action, model: spec.model, "runId.$": "$.run", ...asked.parameters },
      ResultSelector: asked.result,
      ResultPath: asked.path,
      TimeoutSeconds: asked.timeoutSeconds ?? pickUpMinutes * 60,
      HeartbeatSeconds: heartbeatSeconds,
      Retry: [
        { ErrorEquals: ["Refused"], MaxAttempts: 0 }, // Its last word.
        ...(asked.whileAway ?? []),
        ...brief("States.HeartbeatTimeout", "States.Timeout", "States.TaskFailed"),
      ],
      Catch: asked.ifItFails ?? caught(name),
      Next: asked.next,
    },
  };
}

/** What a version says of how it was trained, whichever engine did. */
export const historyOf = (facts: TrainingMachineFacts, engine: AwsEngine) => ({
  "modelPackage.$": "$.trained.package",
  "reason.$": "$.reason",
  "image.$": "$.image.uri",
  ...dataAddress(facts),
  engine,
  "source.$": "$$.Execution.Id",
  hyperparameters: trainedWith(facts.spec),
});
