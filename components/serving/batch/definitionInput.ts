/** The rows of a run: a folder, or a list of objects that no other run has taken. */
import { caught, type MachineFacts, patient, type State } from "./definitionTerms";

const tableErrors = ["DynamoDB.ProvisionedThroughputExceededException", "DynamoDB.ThrottlingException"];
const identity = "States.Format('{}#{}', $.key, $.etag)";

/**
 * Takes each object in the table, by key and etag, unless another run has it. Events may come twice: of two that say the same, one
 * run gets one. An object written anew has another etag.
 */
export function claimEach(tableName: string): Record<string, State> {
  return {
    ClaimEach: {
      Type: "Map",
      ItemsPath: "$.events",
      MaxConcurrency: 10,
      ItemProcessor: {
        ProcessorConfig: { Mode: "INLINE" },
        StartAt: "Claim",
        States: {
          Claim: {
            Type: "Task",
            Resource: "arn:aws:states:::dynamodb:putItem",
            Parameters: {
              TableName: tableName,
              Item: { object: { "S.$": identity }, run: { "S.$": "$$.Execution.Name" } },
              // A repeated attempt of the same run finds its own note.
              ConditionExpression: "attribute_not_exists(#object) OR #run = :run",
              ExpressionAttributeNames: { "#object": "object", "#run": "run" },
              ExpressionAttributeValues: { ":run": { "S.$": "$$.Execution.Name" } },
            },
            ResultPath: null,
            Retry: patient(...tableErrors),
            Catch: [
              { ErrorEquals: ["DynamoDB.ConditionalCheckFailedException"], ResultPath: null, Next: "TakenAlready" },
            ],
            Next: "Claimed",
          },
          Claimed: { Type: "Pass", Parameters: { "key.$": "$.key" }, End: true },
          TakenAlready: { Type: "Pass", Result: {}, End: true },
        },
      },
      ResultSelector: { "keys.$": "States.ArrayUnique($[*].key)" },
      ResultPath: "$.claimed",
      Catch: caught(),
      Next: "AnythingNew",
    },
  };
}

export function nothingNew(): Record<string, State> {
  return {
    AnythingNew: {
      Type: "Choice",
      Choices: [{ Variable: "$.claimed.keys[0]", IsPresent: true, Next: "HeadList" }],
      Default: "NothingNew",
    },
    NothingNew: { Type: "Succeed" },
  };
}

/** Writes the list of objects that SageMaker reads. @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_S3DataSource.html */
export function writeList({ bucketName, model }: MachineFacts): Record<string, State> {
  const key = `States.Format('predictions/${model}/_runs/{}.manifest', $.job)`;
  return {
    HeadList: { Type: "Pass", Result: { prefix: `s3://${bucketName}/` }, ResultPath: "$.head", Next: "ShapeList" },
    ShapeList: {
      Type: "Pass",
      // States.Array of arrays, flattened by the path of the next state: the language has no other way to put two lists together.
      Parameters: { "lists.$": "States.Array(States.Array($.head), $.claimed.keys)" },
      ResultPath: "$.shaped",
      Next: "WriteList",
    },
    WriteList: {
      Type: "Task",
      Resource: "arn:aws:states:::aws-sdk:s3:putObject",
      Parameters: {
        Bucket: bucketName,
        "Key.$": key,
        ContentType: "application/json",
        "Body.$": "$.shaped.lists[*][*]",
      },
      ResultPath: null,
      Retry: patient("States.TaskFailed"),
      Catch: caught(),
      Next: "TakeList",
    },
    TakeList: {
      Type: "Pass",
      Parameters: {
        S3DataType: "ManifestFile",
        "S3Uri.$": `States.Format('s3://${bucketName}/predictions/${model}/_runs/{}.manifest', $.job)`,
      },
      ResultPath: "$.rows",
      Next: "Transform",
    },
  };
}

/** A transform job over an empty folder fails; an empty folder is no failure. */
export function listObjects({ bucketName }: MachineFacts, input: string): Record<string, State> {
  return {
    LookIntoFolder: {
      Type: "Task",
      Resource: "arn:aws:states:::aws-sdk:s3:listObjectsV2",
      Parameters: { Bucket: bucketName, Prefix: input, MaxKeys: 1 },
      ResultSelector: { "count.$": "$.KeyCount" },
      ResultPath: "$.folder",
      Retry: patient("States.TaskFailed"),
      Catch: caught(),
      Next: "AnythingThere",
    },
    AnythingThere: {
      Type: "Choice",
      Choices: [{ Variable: "$.folder.count", NumericGreaterThan: 0, Next: "TakeFolder" }],
      Default: "NothingThere",
    },
    NothingThere: { Type: "Succeed" },
  };
}

export function wholeFolder({ bucketName }: MachineFacts, input: string): Record<string, State> {
  return {
    TakeFolder: {
      Type: "Pass",
      Result: { S3DataType: "S3Prefix", S3Uri: `s3://${bucketName}/${input}` },
      ResultPath: "$.rows",
      Next: "Transform",
    },
  };
}

/** Gives what a failed run had taken back, so that the same events can be sent again. */
export function releaseEach(tableName: string, next: string): Record<string, State> {
  return {
    GiveBack: {
      Type: "Choice",
      Choices: [{ Variable: "$.events[0]", IsPresent: true, Next: "ReleaseEach" }],
      Default: next,
    },
    ReleaseEach: {
      Type: "Map",
      ItemsPath: "$.events",
      MaxConcurrency: 10,
      ItemProcessor: {
        ProcessorConfig: { Mode: "INLINE" },
        StartAt: "Release",
        States: {
          Release: {
            Type: "Task",
            Resource: "arn:aws:states:::dynamodb:deleteItem",
            Parameters: {
              TableName: tableName,
              Key: { object: { "S.$": identity } },
              ConditionExpression: "#run = :run",
              ExpressionAttributeNames: { "#run": "run" },
              ExpressionAttributeValues: { ":run": { "S.$": "$$.Execution.Name" } },
            },
            ResultPath: null,
            Retry: patient(...tableErrors),
            Catch: [{ ErrorEquals: ["DynamoDB.ConditionalCheckFailedException"], ResultPath: null, Next: "NotOurs" }],
            End: true,
          },
          NotOurs: { Type: "Succeed" },
        },
      },
      ResultPath: null,
      Catch: [{ ErrorEquals: ["States.ALL"], ResultPath: "$.givenBack", Next: next }],
      Next: next,
    },
  };
}
