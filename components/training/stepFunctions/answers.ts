import { brief, type States } from "../../lib/states";
import { caughtByQuery } from "./terms";

/** Asks SageMaker and keeps something of the answer. In JSONata: what is found alone in a list is in one or not, depending on who interprets the other language. */
export function keep(
  name: string,
  asked: { action: string; arguments: Record<string, unknown>; kept: string; next: string; ifItFails?: string },
): States {
  return {
    [name]: {
      Type: "Task",
      QueryLanguage: "JSONata",
      Resource: `arn:aws:states:::aws-sdk:sagemaker:${asked.action}`,
      Arguments: asked.arguments,
      Output: `{% $merge([$states.input, {${asked.kept}}]) %}`,
      TimeoutSeconds: 60,
      Retry: brief("States.TaskFailed"),
      Catch: caughtByQuery(name, asked.ifItFails),
      Next: asked.next,
    },
  };
}
