/** From what a built-in algorithm leaves to a model as every other. */

import { layout } from "../../contracts/trainingLoop";
import type { State, States, Step } from "../../lib/states";
import { processing, processingInput } from "./processing";
import { dataUri, ofRun, type TrainingMachineFacts } from "./terms";

/** A command of the training image makes an MLflow model of it; whatever comes after sees no difference. */
export function convert(facts: TrainingMachineFacts): Step[] {
  if (facts.spec.algorithm === undefined) return [];
  return [
    {
      entry: "Convert",
      states: (Next): States => ({
        ...converting(facts, "TakeConverted"),
        TakeConverted: {
          Type: "Pass",
          Parameters: { "job.$": "$.trained.job", "package.$": convertedFolder(facts, "/model.tar.gz") },
          ResultPath: "$.trained",
          Next,
        },
      }),
    },
  ];
}

/** Place of the run's model, or of something below it, as an expression. */
export const convertedFolder = ({ spec, bucketName }: TrainingMachineFacts, below = "") =>
  ofRun(`s3://${bucketName}/${layout.models(spec.model)}`, `${layout.converted}${below}`);

/** Its part that a pipeline has too. */
export function converting(facts: TrainingMachineFacts, next: string): Record<string, State> {
  const { spec, bucketName } = facts;
  const ofRows = { "S3Uri.$": ofRun(`s3://${bucketName}/${layout.outputs(spec.model)}`, layout.encoding) };
  return processing(facts, "Convert", {
    command: "convert",
    inputs: {
      ProcessingInputs: [
        processingInput("model", { "S3Uri.$": "$.trained.package" }),
        processingInput("encoding", ofRows),
        ...["train", "validation"].map((part) => processingInput(part, dataUri(facts, part))),
      ],
    },
    to: convertedFolder(facts),
    next,
  });
}
