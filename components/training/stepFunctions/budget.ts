/** Whether a run that nobody asked for may begin in a month whose budget is used up. */
import { heldByBudget, unasked } from "../../contracts/trainingLoop";
import { patient, type States, tableErrors } from "../../lib/states";
import { noteSkipped } from "./skipped";
import { caughtByQuery, type TrainingMachineFacts } from "./terms";

/** What starts runs beside people. */
const byItself = [...unasked, "drift", "decay"];

/** Before objects are taken: the next that land once the month is over start a run, which reads the whole folder. */
export function lookForHold(facts: TrainingMachineFacts, next: string): States {
  return {
    LookForHold: {
      Type: "Task",
      QueryLanguage: "JSONata",
      Resource: "arn:aws:states:::dynamodb:getItem",
      Arguments: { TableName: facts.tableName, Key: { id: { S: heldByBudget } }, ConsistentRead: true },
      Output: "{% $merge([$states.input, {'held': $exists($states.result.Item)}]) %}",
      TimeoutSeconds: 60,
      Retry: patient(...tableErrors),
      Catch: caughtByQuery("LookForHold"),
      Next: "WhetherHeld",
    },
    WhetherHeld: {
      Type: "Choice",
      Choices: [
        {
          And: [
            { Variable: "$.held", BooleanEquals: true },
            { Or: byItself.map((reason) => ({ Variable: "$.reason", StringEquals: reason })) },
          ],
          Next: "NoteHeld",
        },
      ],
      Default: next,
    },
    ...noteSkipped(facts, "NoteHeld", "the month's budget is used up", "HeldByBudget"),
  };
}
