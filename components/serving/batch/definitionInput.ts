/** The rows of a run: a folder, or a list of objects that no other run has taken. */
import { caught, type MachineFacts, patient, type State } from "./definitionTerms";

const tableErrors = ["DynamoDB.ProvisionedThroughputExceededException", "DynamoDB.ThrottlingException"];
const identity = "States.Format('{}#{}', $.key, $.etag)";

/**
 * Takes each object in the table, by key and etag, unless another run has it. Events may come twice: of two that say the same, one
 * run gets one. An object written anew has another etag.
 */
export function claimEach(tableName: string, bucketName: string): Record<string, State> {
  const taken = {
    object: { "S.$": identity },
    run: { "S.$": "$$.Execution.Name" },
    execution: { "S.$": "$$.Execution.Id" },
    job: { "S.$": "$.name" },
  };
  return {
    ClaimEach: {
      Type: "Map",
      ItemsPath: "$.events",
      ItemSelector: { "key.$": "$$.Map.Item.Value.key", "etag.$": "$$.Map.Item.Value.etag", "name.$": "$.job" },
      MaxConcurrency: 10,
      ItemProcessor: {
        ProcessorConfig: { Mode: "INLINE" },
        StartAt: "Find",
        States: {
          // Listed, not asked for: a key that is not there is an empty list, and no error.
          Find: {
            Type: "Task",
            Resource: "arn:aws:states:::aws-sdk:s3:listObjectsV2",
            Parameters: { Bucket: bucketName, "Prefix.$": "$.key", MaxKeys: 1 },
            ResultSelector: { "keys.$": "$.Contents[*].Key" },
            ResultPath: "$.found",
            Retry: patient("States.TaskFailed"),
            Next: "StillThere",
          },
          StillThere: {
            Type: "Choice",
            Choices: [
              {
                And: [
                  { Variable: "$.found.keys[0]", IsPresent: true },
                  { Variable: "$.found.keys[0]", StringEqualsPath: "$.key" },
                ],
                Next: "Claim",
              },
            ],
            Default: "PassedOver", // Deleted since it was told of: SageMaker fails over a list that names it.
          },
          Claim: {
            Type: "Task",
            Resource: "arn:aws:states:::dynamodb:putItem",
            Parameters: {
              TableName: tableName,
              Item: taken,
              // A repeated attempt of the same run finds its own note.
              ConditionExpression: "attribute_not_exists(#object) OR #run = :run",
              ExpressionAttributeNames: { "#object": "object", "#run": "run" },
              ExpressionAttributeValues: { ":run": { "S.$": "$$.Execution.Name" } },
            },
            ResultPath: null,
            Retry: patient(...tableErrors),
            Catch: [{ ErrorEquals: ["DynamoDB.ConditionalCheckFailedException"], ResultPath: null, Next: "WhoHasIt" }],
            Next: "Claimed",
          },
          Claimed: { Type: "Pass", Parameters: { "key.$": "$.key" }, End: true },
          WhoHasIt: {
            Type: "Task",
            Resource: "arn:aws:states:::dynamodb:getItem",
            Parameters: { TableName: tableName, Key: { object: { "S.$": identity } }, ConsistentRead: true },
            ResultPath: "$.held",
            Retry: patient(...tableErrors),
            Next: "SaysWhich",
          },
          SaysWhich: {
            Type: "Choice",
            Choices: [{ Variable: "$.held.Item.execution.S", IsPresent: true, Next: "HowItEnded" }],
            Default: "PassedOver",
          },
          // A run that was aborted had no time to give back what it had taken.
          HowItEnded: {
            Type: "Task",
            Resource: "arn:aws:states:::aws-sdk:sfn:describeExecution",
            Parameters: { "ExecutionArn.$": "$.held.Item.execution.S" },
            ResultSelector: { "status.$": "$.Status" },
            ResultPath: "$.ended",
            // Nothing is known of runs that ended more than 90 days ago.
            Catch: [{ ErrorEquals: ["States.ALL"], ResultPath: "$.unknown", Next: "PassedOver" }],
            Next: "DidItScore",
          },
          DidItScore: {
            Type: "Choice",
            Choices: [
              {
                Or: ["ABORTED", "FAILED", "TIMED_OUT"].map((status) => ({
                  Variable: "$.ended.status",
                  StringEquals: status,
                })),
                Next: "HowItsJobEnded",
              },
            ],
            Default: "PassedOver",
          },
          HowItsJobEnded: {
            Type: "Task",
            Resource: "arn:aws:states:::aws-sdk:sagemaker:describeTransformJob",
            Parameters: { "TransformJobName.$": "$.held.Item.job.S" },
            ResultSelector: { "status.$": "$.TransformJobStatus" },
            ResultPath: "$.job",
            // It was not started.
            Catch: [{ ErrorEquals: ["States.ALL"], ResultPath: "$.unknown", Next: "TakeOver" }],
            Next: "DidItsJobScore",
          },
          DidItsJobScore: {
            Type: "Choice",
            Choices: [
              { Variable: "$.job.status", StringEquals: "Completed", Next: "PassedOver" },
              { Variable: "$.job.status", StringEquals: "InProgress", Next: "LetItEnd" },
              { Variable: "$.job.status", StringEquals: "Stopping", Next: "LetItEnd" },
            ],
            Default: "TakeOver",
          },
          LetItEnd: { Type: "Wait", Seconds: 60, Next: "HowItsJobEnded" },
          TakeOver: {
            Type: "Task",
            Resource: "arn:aws:states:::dynamodb:putItem",
            Parameters: {
              TableName: tableName,
              Item: taken,
              ConditionExpression: "#run = :before",
              ExpressionAttributeNames: { "#run": "run" },
              ExpressionAttributeValues: { ":before": { "S.$": "$.held.Item.run.S" } },
            },
            ResultPath: null,
            Retry: patient(...tableErrors),
            // Another run was quicker.
            Catch: [
              { ErrorEquals: ["DynamoDB.ConditionalCheckFailedException"], ResultPath: null, Next: "PassedOver" },
            ],
            Next: "Claimed",
          },
          PassedOver: { Type: "Pass", Result: {}, End: true },
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
