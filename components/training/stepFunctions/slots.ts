/** As many runs at once as the stack allows, whatever their model. */
import { patient, type State, type States, tableErrors } from "../../lib/states";
import { caught, caughtByQuery, conditionFailed, epochNow, type TrainingMachineFacts, waitSeconds } from "./terms";

const key = { id: { S: "slots" } };
const names = { "#held": "held" };

/**
 * Slots are a map from a run to when its time is up. A run looks who has one, forgets those whose time is up, and puts itself in, if nobody
 * else has changed the map meanwhile; else it looks again at once, since somebody got on.
 */
export function claimSlot(facts: TrainingMachineFacts, next: string): States {
  const { tableName, maxParallelRuns } = facts;
  const kept = `$sift($held, function($until, $run) { $number($until.N) > ${epochNow} and $run != $states.input.holder })`;
  const mine = "{$states.input.holder: {'N': $states.input.expires}}";
  return {
    LookForSlot: {
      Type: "Task",
      QueryLanguage: "JSONata",
      Resource: "arn:aws:states:::dynamodb:getItem",
      Arguments: { TableName: tableName, Key: key, ConsistentRead: true },
      Output: `{% ($held := $states.result.Item.held.M; $kept := ${kept}; $merge([$states.input, {'slots': {'seen': $merge([{}, $held]), 'taken': $count($keys($kept)), 'then': $merge([$kept, ${mine}])}}])) %}`,
      TimeoutSeconds: 60,
      Retry: patient(...tableErrors),
      Catch: caughtByQuery("LookForSlot"),
      Next: "WhetherSlot",
    },
    WhetherSlot: {
      Type: "Choice",
      Choices: [{ Variable: "$.slots.taken", NumericLessThan: maxParallelRuns, Next: "ClaimSlot" }],
      Default: "WaitForSlot",
    },
    ClaimSlot: {
      Type: "Task",
      Resource: "arn:aws:states:::dynamodb:updateItem",
      Parameters: {
        TableName: tableName,
        Key: key,
        UpdateExpression: "SET #held = :then",
        ConditionExpression: "attribute_not_exists(#held) OR #held = :seen",
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: { ":then": { "M.$": "$.slots.then" }, ":seen": { "M.$": "$.slots.seen" } },
      },
      ResultPath: "$.slots",
      ResultSelector: {},
      TimeoutSeconds: 60,
      Retry: patient(...tableErrors),
      Catch: [{ ErrorEquals: conditionFailed, ResultPath: null, Next: "LookForSlot" }, ...caught("ClaimSlot")],
      Next: next,
    },
    WaitForSlot: { Type: "Wait", Seconds: waitSeconds(facts, 9), Next: "LookForSlot" },
  };
}

/** Gives the run's slot back, if it has one. */
export const freeSlot = ({ tableName }: TrainingMachineFacts, Catch: object[], Next: string): State => ({
  Type: "Task",
  Resource: "arn:aws:states:::dynamodb:updateItem",
  Parameters: {
    TableName: tableName,
    Key: key,
    UpdateExpression: "REMOVE #held.#run",
    ExpressionAttributeNames: { ...names, "#run.$": "$.holder" },
  },
  ResultPath: null,
  TimeoutSeconds: 60,
  Retry: patient(...tableErrors),
  Catch,
  Next,
});
