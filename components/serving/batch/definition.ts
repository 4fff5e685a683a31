import { claimEach, listObjects, nothingNew, releaseEach, wholeFolder, writeList } from "./definitionInput";
import { resolveModel } from "./definitionModel";
import { caught, type MachineFacts, patient, rowFormat, type State } from "./definitionTerms";

const failed = "TellWhatFailed";
/** Rows that SageMaker sends at once, in MiB, and how long it waits for their predictions, in seconds. */
const request = { mib: 6, timeoutSeconds: 600 };
/**
 * What the server is told besides: the model's own limits are those of requests to its endpoint, and samples are of those alone.
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTransformJob.html
 */
const environment = {
  MODEL_SERVER_MAX_BODY_MIB: String(request.mib + 1), // SageMaker's megabytes may be either kind.
  MODEL_SERVER_TIMEOUT_MILLIS: String(request.timeoutSeconds * 1000),
  MODEL_SERVER_SAMPLE_PERCENT: "0",
};

/**
 * The state machine of one model in Amazon States Language: live model, rows, transform job, note. An array as input means new
 * objects, as `[{key, etag}]`; anything else means the whole folder.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/connect-sagemaker.html
 */
export function batchDefinition(facts: MachineFacts): string {
  const { input, tableName } = facts;
  const byObjects = tableName === undefined ? {} : newObjectStates(facts, tableName);
  const byFolder = input === undefined ? {} : { ...listObjects(facts, input), ...wholeFolder(facts, input) };
  const first =
    tableName === undefined
      ? { afterModel: "LookIntoFolder", extra: {} }
      : input === undefined
        ? { afterModel: "ClaimEach", extra: {} }
        : {
            afterModel: "WhatStarted",
            extra: {
              WhatStarted: {
                Type: "Choice",
                Choices: [{ Variable: "$.events[0]", IsPresent: true, Next: "ClaimEach" }],
                Default: "LookIntoFolder",
              },
            },
          };
  return JSON.stringify({
    Comment: `Scores rows with ${facts.model}`,
    StartAt: "NameRun",
    States: {
      NameRun: {
        Type: "Pass",
        Parameters: {
          "events.$": "$",
          "job.$": `States.Format('${facts.jobPrefix}{}', States.Hash($$.Execution.Id, 'MD5'))`,
          "date.$": "States.ArrayGetItem(States.StringSplit($$.State.EnteredTime, 'T'), 0)",
        },
        Next: "FindModel",
      },
      ...resolveModel(facts.live, first.afterModel, tableName !== undefined),
      ...first.extra,
      ...byObjects,
      ...byFolder,
      Transform: transform(facts),
      NoteRun: noteRun(facts),
      Scored: { Type: "Succeed" },
      ...endings(facts),
    },
  });
}

function newObjectStates(facts: MachineFacts, tableName: string): Record<string, State> {
  return { ...claimEach(tableName, facts.bucketName), ...nothingNew(), ...writeList(facts) };
}

function transform(facts: MachineFacts): State {
  const results = `s3://${facts.bucketName}/predictions/${facts.model}`;
  return {
    Type: "Task",
    Resource: "arn:aws:states:::sagemaker:createTransformJob.sync",
    Parameters: {
      "TransformJobName.$": "$.job",
      "ModelName.$": "$.modelName",
      BatchStrategy: "MultiRecord",
      MaxPayloadInMB: request.mib,
      ModelClientConfig: { InvocationsTimeoutInSeconds: request.timeoutSeconds, InvocationsMaxRetries: 2 },
      Environment: environment,
      TransformInput: {
        DataSource: { "S3DataSource.$": "$.rows" },
        ContentType: rowFormat,
        SplitType: "Line",
        CompressionType: "None",
      },
      TransformOutput: {
        "S3OutputPath.$": `States.Format('${results}/date={}/{}', $.date, $.job)`,
        Accept: rowFormat,
        AssembleWith: "Line",
        ...(facts.keyArn === undefined ? {} : { KmsKeyId: facts.keyArn }),
      },
      TransformResources: { InstanceType: facts.instanceType, InstanceCount: facts.instances },
      DataProcessing: { JoinSource: "Input" },
      Tags: Object.entries(facts.tags).map(([Key, Value]) => ({ Key, Value })),
    },
    ResultPath: null,
    TimeoutSeconds: facts.timeoutMinutes * 60,
    Retry: patient("SageMaker.ResourceLimitExceededException", "SageMaker.ThrottlingException"),
    Catch: caught("StopJob"),
    Next: "NoteRun",
  };
}

function noteRun({ bucketName, model }: MachineFacts): State {
  return {
    Type: "Task",
    Resource: "arn:aws:states:::aws-sdk:s3:putObject",
    Parameters: {
      Bucket: bucketName,
      "Key.$": `States.Format('predictions/${model}/_runs/{}.json', $.job)`,
      ContentType: "application/json",
      Body: { model, "sagemakerModel.$": "$.modelName", "job.$": "$.job", "date.$": "$.date", "rows.$": "$.rows" },
    },
    ResultPath: null,
    Retry: patient("States.TaskFailed"),
    Catch: caught(failed), // The rows are scored: only the note is missing, so nothing is given back.
    Next: "Scored",
  };
}

function endings({ tableName, topicArn, model }: MachineFacts): Record<string, State> {
  const told = topicArn === undefined ? "Failed" : failed;
  const giveBack = tableName === undefined ? { GiveBack: { Type: "Pass", Next: told } } : releaseEach(tableName, told);
  return {
    StopJob: {
      Type: "Task",
      Resource: "arn:aws:states:::aws-sdk:sagemaker:stopTransformJob",
      Parameters: { "TransformJobName.$": "$.job" },
      ResultPath: null,
      // Most failed jobs have stopped already, which SageMaker reports as an error.
      Catch: [{ ErrorEquals: ["States.ALL"], ResultPath: "$.stopped", Next: "GiveBack" }],
      Next: "GiveBack",
    },
    ...giveBack,
    [failed]:
      topicArn === undefined
        ? { Type: "Pass", Next: "Failed" }
        : {
            Type: "Task",
            Resource: "arn:aws:states:::sns:publish",
            Parameters: {
              TopicArn: topicArn,
              Subject: `Batch scoring with ${model} failed`,
              "Message.$": "States.Format('Job {}: {}', $.job, States.JsonToString($.error))",
            },
            ResultPath: null,
            Retry: patient("States.TaskFailed"),
            Catch: [{ ErrorEquals: ["States.ALL"], ResultPath: "$.told", Next: "Failed" }],
            Next: "Failed",
          },
    Failed: { Type: "Fail", Error: "ScoringFailed", CausePath: "States.JsonToString($.error)" },
  };
}
