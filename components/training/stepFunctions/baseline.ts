/** What the data of a version were like, beside its model: requests are checked against it as long as the version is live. */

import { layout } from "../../contracts/trainingLoop";
import type { States, Step } from "../../lib/states";
import { call, explained, ofRun, type TrainingMachineFacts } from "./terms";

/** Where the run holds what a package says of its version, as `ModelMetrics` of SageMaker. */
export const packageMetrics = "$.measured";

/** An image of somebody's own may leave no baseline, and then the report of {@link validateData} does not say `baseline`. */
const whetherBaseline = (Next: string, Default: string): States => ({
  WhetherBaseline: {
    Type: "Choice",
    Choices: [
      {
        And: [
          { Variable: "$.validation.report.baseline", IsPresent: true },
          { Variable: "$.validation.report.baseline", BooleanEquals: true },
        ],
        Next,
      },
    ],
    Default,
  },
});

/** Where live requests will be compared with it, a run without one ends before anything is trained, and paid for. */
export function demandBaseline({ spec }: TrainingMachineFacts): Step[] {
  if (!spec.liveBaseline) return [];
  return [
    {
      entry: "WhetherBaseline",
      states: (next) => ({
        ...whetherBaseline(next, "ExplainNoBaseline"),
        ...explained(
          "ExplainNoBaseline",
          "NoBaseline",
          "States.Format('The image of run {} leaves no baseline of the rows that it trains on, which drift.dataQuality compares requests with', $.run)",
        ),
      }),
    },
  ];
}

/**
 * Copies what `validate` has left from the run's outputs, which are deleted one day, into the folder of its model. Any machine may put it
 * between its gate and what registers the version.
 */
export function keepBaseline(facts: TrainingMachineFacts): Step {
  const kept = (file: string) => keptFile(facts, file);
  const ofModel = modelQuality(facts);
  const { liveBaseline } = facts.spec;
  const { statistics, constraints } = layout.dataBaseline;
  return {
    entry: liveBaseline ? "KeepStatistics" : "WhetherBaseline",
    states: (Next): States => ({
      ...(liveBaseline
        ? {}
        : {
            ...whetherBaseline("KeepStatistics", "WithoutBaseline"),
            WithoutBaseline: { Type: "Pass", Parameters: ofModel, ResultPath: packageMetrics, Next },
          }),
      ...keep("KeepStatistics", facts, { from: statistics, to: statistics }, "KeepConstraints"),
      ...keep("KeepConstraints", facts, { from: constraints, to: constraints }, "WithBaseline"),
      WithBaseline: {
        Type: "Pass",
        Parameters: {
          ...ofModel,
          ModelDataQuality: { Statistics: kept(statistics), Constraints: kept(constraints) },
        },
        ResultPath: packageMetrics,
        Next,
      },
    }),
  };
}

const keptUri = ({ spec, bucketName }: TrainingMachineFacts, file: string) =>
  ofRun(`s3://${bucketName}/${layout.models(spec.model)}`, file);

const keptFile = (facts: TrainingMachineFacts, file: string) => ({
  ContentType: "application/json",
  "S3Uri.$": keptUri(facts, file),
});

/** What a package says of how its version was judged; nothing where no version is. */
export const modelQuality = (facts: TrainingMachineFacts) =>
  facts.spec.gate ? { ModelQuality: { Statistics: keptFile(facts, layout.baseline) } } : {};

/** The same for people who look at the package. */
export const evaluationAddress = (facts: TrainingMachineFacts): Record<string, string> =>
  facts.spec.gate ? { "baseline.$": keptUri(facts, layout.baseline) } : {};

/** What was measured of a version stays beside its model; where reports are it would be deleted while the version may still be live. */
export const keepEvaluation = (facts: TrainingMachineFacts, next: string): States =>
  keep("KeepEvaluation", facts, { from: "/evaluation.json", to: layout.baseline }, next);

/** A file of the run's outputs stays beside its model. */
const keep = (
  name: string,
  { spec, bucketName }: TrainingMachineFacts,
  { from, to }: { from: string; to: string },
  Next: string,
): States =>
  call(name, "aws-sdk:s3:copyObject", {
    Parameters: {
      Bucket: bucketName,
      "CopySource.$": ofRun(`${bucketName}/${layout.outputs(spec.model)}`, from),
      "Key.$": ofRun(layout.models(spec.model), to),
    },
    ResultPath: null,
    Next,
  });
