/** New objects, of which the queue may tell twice. */
import { patient, type State, type States, tableErrors } from "../../lib/states";
import { caught, conditionFailed, type TrainingMachineFacts } from "./terms";

/** Each object is of one run, however often it is told of; what was written anew is new. */
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
