/** What the rows of the version that is live were like, at one place: a schedule of Model Monitor is told no other. */

import { layout } from "../../contracts/trainingLoop";
import type { States, Step } from "../../lib/states";
import { call, ofRun, type TrainingMachineFacts } from "./terms";

/** After the release, so that a version that was rolled back leaves that of the one before it. Both files are there: see `demandBaseline`. */
export function publishBaseline(facts: TrainingMachineFacts): Step[] {
  const { spec } = facts;
  if (!spec.liveBaseline) return [];
  const { statistics, constraints } = layout.dataBaseline;
  return [
    {
      entry: "PublishStatistics",
      states: (next) => ({
        ...publish("PublishStatistics", facts, statistics, "PublishConstraints"),
        ...publish("PublishConstraints", facts, constraints, next),
      }),
    },
  ];
}

const publish = (name: string, { spec, bucketName }: TrainingMachineFacts, file: string, Next: string): States =>
  call(name, "aws-sdk:s3:copyObject", {
    Parameters: {
      Bucket: bucketName,
      "CopySource.$": ofRun(`${bucketName}/${layout.outputs(spec.model)}`, file),
      Key: `${layout.liveBaseline(spec.model)}${file.split("/").at(-1)}`,
    },
    ResultPath: null,
    Next,
  });
