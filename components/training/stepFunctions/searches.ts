/** SageMaker's searches for hyperparameters, alone or after those that the model has had. */

import {
  type LoopRange,
  type LoopSearch,
  mostJobsWithParents,
  trainedWith,
  trainingSeconds,
} from "../../contracts/trainingLoop";
import { mark } from "../../lib/mark";
import type { State, States } from "../../lib/states";
import { keep } from "./answers";
import { anotherChance, attempt, hearingSeconds, refused, tagged, trainingJob } from "./jobs";
import { call, caught, type TrainingMachineFacts } from "./terms";

/** Searches that one may learn from. https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_HyperParameterTuningJobWarmStartConfig.html */
const mostParents = 5;

/**
 * Beginning of the names of a model's searches that may learn from each other. SageMaker refuses those that have another objective, other names or
 * types of hyperparameters, more than ten other fixed values, or another isolation; an algorithm of its own, or another image, would not be refused,
 * and has nothing to teach.
 * @see https://github.com/aws/sagemaker-python-sdk/issues/3693 for what may change of jobs
 */
export function searchesLike(
  { spec, searchPrefix }: Pick<TrainingMachineFacts, "spec" | "searchPrefix">,
  search: LoopSearch,
): string {
  const { image, algorithm, instances } = spec;
  const named = <T>(values: Record<string, T>) => Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
  const same = {
    image: "uri" in image ? image.uri.replace(/(:[^/:@]+)?(@sha256:\w+)?$/, "") : image.repositoryName,
    algorithm: algorithm?.name,
    alone: instances === 1,
    objective: [search.direction, search.objective],
    fixed: named(trainedWith(spec)),
    ranges: named(search.ranges).map(([name, range]) => [name, range.type, "scale" in range ? range.scale : ""]),
  };
  return `${searchPrefix}${mark(JSON.stringify(same))}-`;
}

/** A search, and the job that did best. */
export function tune(facts: TrainingMachineFacts, search: LoopSearch, next: string): States {
  return {
    ...(search.warmStart ? learnFromPast(facts, search) : {}),
    Tune: searching("Tune", facts, search),
    ...call("FindBest", "aws-sdk:sagemaker:describeTrainingJob", {
      Parameters: { "TrainingJobName.$": "$.best.job" },
      ResultSelector: { "job.$": "$.TrainingJobName", "package.$": "$.ModelArtifacts.S3ModelArtifacts" },
      ResultPath: "$.trained",
      Next: next,
    }),
  };
}

/** First state of a search. */
export const searchEntry = ({ warmStart }: LoopSearch) => (warmStart ? "FindSearches" : "Tune");

/**
 * The last searches that went through. One learns from those that it is told of, not from those that they have learnt from. Data may be others than
 * theirs, so that only what they found out about values is taken along: the best job is one of the new search. Nothing of it is needed: a search
 * that cannot learn goes alone.
 */
function learnFromPast(facts: TrainingMachineFacts, search: LoopSearch): States {
  const past = "$states.result.HyperParameterTuningJobSummaries[ObjectiveStatusCounters.Succeeded > 0]";
  const fits = `function($each, $at) { $sum($past[[0..$at]].$sum(TrainingJobStatusCounters.*)) <= ${mostJobsWithParents - search.maxJobs} }`;
  return {
    ...keep("FindSearches", {
      action: "listHyperParameterTuningJobs",
      arguments: {
        NameContains: searchesLike(facts, search),
        StatusEquals: "Completed",
        SortBy: "CreationTime",
        SortOrder: "Descending",
        MaxResults: mostParents,
      },
      kept: `'learntFrom': ($past := [${past}]; [$filter($past, ${fits}).{'HyperParameterTuningJobName': HyperParameterTuningJobName}])`,
      next: "WhetherSearched",
      ifItFails: "LearnFromNone",
    }),
    WhetherSearched: {
      Type: "Choice",
      Choices: [{ Variable: "$.learntFrom[0]", IsPresent: true, Next: "TuneFurther" }],
      Default: "Tune",
    },
    TuneFurther: {
      ...searching("TuneFurther", facts, search, {
        WarmStartConfig: { "ParentHyperParameterTuningJobs.$": "$.learntFrom", WarmStartType: "TransferLearning" },
      }),
      Catch: [
        { ErrorEquals: [refused], ResultPath: "$.error", Next: "LearnFromNone" },
        ...caught("TuneFurther"), // Of a search that failed among it.
      ],
    },
    LearnFromNone: { Type: "Pass", Result: [], ResultPath: "$.learntFrom", Next: "Tune" },
  };
}

function searching(name: string, facts: TrainingMachineFacts, search: LoopSearch, more: object = {}): State {
  return {
    Type: "Task",
    Resource: "arn:aws:states:::sagemaker:createHyperParameterTuningJob.sync",
    Parameters: {
      "HyperParameterTuningJobName.$": attempt("$.search"),
      HyperParameterTuningJobConfig: {
        Strategy: search.strategy,
        HyperParameterTuningJobObjective: {
          Type: search.direction === "maximize" ? "Maximize" : "Minimize",
          MetricName: search.objective,
        },
        ResourceLimits: {
          MaxNumberOfTrainingJobs: search.maxJobs,
          MaxParallelTrainingJobs: search.parallel,
          MaxRuntimeInSeconds: trainingSeconds(facts.spec).waiting,
        },
        ParameterRanges: ranges(search.ranges),
      },
      TrainingJobDefinition: { ...trainingJob(facts), StaticHyperParameters: trainedWith(facts.spec) },
      ...more,
      Tags: tagged(facts),
    },
    ResultSelector: { "job.$": "$.BestTrainingJob.TrainingJobName" },
    ResultPath: "$.best",
    TimeoutSeconds: trainingSeconds(facts.spec).waiting + hearingSeconds,
    Retry: anotherChance,
    Catch: caught(name),
    Next: "FindBest",
  };
}

/** @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ParameterRanges.html */
function ranges(asked: Record<string, LoopRange>) {
  const named = Object.entries(asked);
  const numbers = (type: "continuous" | "integer") =>
    named.flatMap(([Name, range]) =>
      range.type === type
        ? [
            {
              Name,
              MinValue: String(range.min),
              MaxValue: String(range.max),
              ScalingType: range.scale[0]!.toUpperCase() + range.scale.slice(1),
            },
          ]
        : [],
    );
  return {
    ContinuousParameterRanges: numbers("continuous"),
    IntegerParameterRanges: numbers("integer"),
    CategoricalParameterRanges: named.flatMap(([Name, range]) =>
      range.type === "categorical" ? [{ Name, Values: range.values }] : [],
    ),
  };
}
