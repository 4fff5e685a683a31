/** From the image to data that may be trained on. */

import { sourceArguments, sourceVariables } from "../../contracts/dataSource";
import { dropping, hyperparameterVariables, layout, validating } from "../../contracts/trainingLoop";
import { brief, patient, type States, type Step } from "../../lib/states";
import { findLive, hasCompared, validatedInputs, whetherMoved } from "./dataDrift";
import { processing, processingInput } from "./processing";
import { call, caught, caughtByQuery, dataUri, explained, ofRun, readReport, type TrainingMachineFacts } from "./terms";

/** An image of the platform's registry by its digest, so that all jobs of a run have one and the record says which. */
export function resolveImage({ spec }: TrainingMachineFacts): Step {
  const { image } = spec;
  if ("uri" in image) {
    return {
      entry: "TakeImage",
      states: (Next) => ({ TakeImage: { Type: "Pass", Result: { uri: image.uri }, ResultPath: "$.image", Next } }),
    };
  }
  return {
    entry: "FindImage",
    states: (Next) => ({
      ...(image.tag === undefined ? newestImage(image.repositoryName) : taggedImage(image.repositoryName, image.tag)),
      TakeImage: {
        Type: "Pass",
        Parameters: { "uri.$": `States.Format('${image.repositoryUrl}@{}', $.image.digest)` },
        ResultPath: "$.image",
        Next,
      },
    }),
  };
}

const taggedImage = (RepositoryName: string, ImageTag: string): States =>
  call("FindImage", "aws-sdk:ecr:describeImages", {
    Parameters: { RepositoryName, ImageIds: [{ ImageTag }] },
    ResultSelector: { "digest.$": "States.ArrayGetItem($.ImageDetails[*].ImageDigest, 0)" },
    ResultPath: "$.image",
    Next: "TakeImage",
  });

/** Kind of an image that runs; an index of several kinds of processors has none. */
const runnable = ["docker.container.image", "oci.image.config"].map((kind) => `application/vnd.${kind}.v1+json`);

/**
 * What was pushed last: so a change of training code needs no update of the stack. In JSONata, which can sort. Signatures and attestations are
 * pushed after an image, under its digest as a tag, and are none. One answer holds all: a repository keeps fewer than 1000.
 */
function newestImage(RepositoryName: string): States {
  const kinds = `($not($exists(ArtifactMediaType)) or ArtifactMediaType in ${JSON.stringify(runnable).replaceAll('"', "'")})`;
  const named = "$count($filter(ImageTags, function($tag) { $not($contains($tag, /^sha256-/)) })) > 0";
  const found = `$states.result.ImageDetails[${kinds} and ${named}]`;
  const newest = `$sort(${found}, function($a, $b) { $a.ImagePushedAt < $b.ImagePushedAt })[0].ImageDigest`;
  return {
    FindImage: {
      Type: "Task",
      QueryLanguage: "JSONata",
      Resource: "arn:aws:states:::aws-sdk:ecr:describeImages",
      Arguments: { RepositoryName, Filter: { TagStatus: "TAGGED" }, MaxResults: 1000 },
      Output: `{% $merge([$states.input, {'image': {'digest': $count(${found}) > 0 ? ${newest} : ''}}]) %}`,
      TimeoutSeconds: 60,
      Retry: brief("States.TaskFailed"),
      Catch: caughtByQuery("FindImage"),
      Next: "WhetherPushed",
    },
    WhetherPushed: {
      Type: "Choice",
      Choices: [{ Variable: "$.image.digest", StringEquals: "", Next: "ExplainNothingPushed" }],
      Default: "TakeImage",
    },
    ...explained("ExplainNothingPushed", "NoImage", `States.Format('Nothing was pushed to ${RepositoryName} yet')`),
  };
}

/** Raw data becomes the run's extract. @throws when there is nobody to prepare it. */
export function prepare(facts: TrainingMachineFacts): Step[] {
  const { spec } = facts;
  if (spec.prepare === undefined) return [];
  const dropped = spec.prepare.with === "container" ? dropping(spec.prepare).map((each) => `, '${each}'`) : [];
  const from = `s3://${facts.bucketName}/${spec.rawFolder}`;
  const to = ofRun(`s3://${facts.bucketName}/${layout.extracts(spec.model)}`, "/");
  const TimeoutSeconds = spec.prepare.timeoutMinutes * 60 + 600; // The job's own limit ends it, and says so.
  const Retry = [
    ...patient("Glue.ConcurrentRunsExceededException", "Glue.ThrottlingException", "ECS.AmazonECSException"),
    { ErrorEquals: ["States.TaskFailed"], IntervalSeconds: 60, MaxAttempts: 1, BackoffRate: 2, JitterStrategy: "FULL" },
  ];
  const task = { Type: "Task", ResultPath: null, TimeoutSeconds, Retry, Catch: caught("Prepare") };
  const glue = (JobName: string) => ({
    ...task,
    Resource: "arn:aws:states:::glue:startJobRun.sync",
    Parameters: { JobName, Arguments: { "--input": from, "--output.$": to, ...sourceArguments(spec.sources) } },
  });
  const container = ({ clusterArn, definitionArn }: NonNullable<TrainingMachineFacts["task"]>) => ({
    ...task,
    Resource: "arn:aws:states:::ecs:runTask.sync",
    Parameters: {
      LaunchType: "FARGATE",
      Cluster: clusterArn,
      TaskDefinition: definitionArn,
      NetworkConfiguration: {
        AwsvpcConfiguration: {
          Subnets: facts.network.subnetIds,
          SecurityGroups: [facts.network.securityGroupId],
          AssignPublicIp: "DISABLED",
        },
      },
      Overrides: {
        ContainerOverrides: [
          {
            Name: "prepare",
            "Command.$": `States.Array('prepare', '--input', '${from}', '--output', ${to}${dropped.join("")})`,
            Environment: Object.entries({ ...hyperparameterVariables(spec), ...sourceVariables(spec.sources) }).map(
              ([Name, Value]) => ({ Name, Value }),
            ),
          },
        ],
      },
      PropagateTags: "TASK_DEFINITION",
    },
  });
  const prepared = facts.glueJobName !== undefined ? glue(facts.glueJobName) : facts.task && container(facts.task);
  if (prepared === undefined)
    throw new Error(`models.${spec.model}.training.prepare: nothing was made to prepare with`);
  return [{ entry: "Prepare", states: (Next) => ({ Prepare: { ...prepared, Next } }) }];
}

/** Data that is not what it should be ends the run before anything is trained on it. */
export function validateData(facts: TrainingMachineFacts): Step {
  const { dataDrift } = facts.spec;
  const compares = dataDrift !== undefined;
  return {
    entry: compares ? "FindLive" : "ValidateData",
    states: (Next): States => ({
      ...(compares ? findLive(facts, "ValidateData") : {}),
      ...processing(facts, "ValidateData", {
        command: "validate",
        flags: validating(facts.spec),
        inputs: compares
          ? { "ProcessingInputs.$": `${validatedInputs}.inputs` }
          : { ProcessingInputs: [processingInput("data", dataUri(facts))] },
        next: "ReadValidation",
      }),
      ...readReport("ReadValidation", facts, "validation", "WhetherDataPassed"),
      WhetherDataPassed: {
        Type: "Choice",
        Choices: [
          {
            And: [
              { Variable: "$.validation.report.passed", IsPresent: true },
              { Variable: "$.validation.report.passed", BooleanEquals: true },
              ...(compares ? [hasCompared] : []),
            ],
            Next: dataDrift?.minPsi === undefined ? Next : "WhetherMoved",
          },
        ],
        Default: "ExplainDataRejected",
      },
      ...(dataDrift?.minPsi === undefined ? {} : whetherMoved(dataDrift, Next)),
      ...explained(
        "ExplainDataRejected",
        "DataRejected",
        "States.Format('The data did not pass: {}', States.JsonToString($.validation.report))",
      ),
    }),
  };
}
