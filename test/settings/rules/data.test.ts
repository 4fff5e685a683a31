import { minimalAws, minimalExisting } from "../fixtures";
import { model } from "./configs";
import { refuse } from "./table";

describe("rules between settings: data", () => {
  refuse([
    [
      "a source that nobody declared",
      { ...minimalAws(), jupyterhub: { reads: ["lake"] } },
      "jupyterhub.reads[0]",
      /add data\.sources\.lake/,
    ],
    [
      "a source under another name",
      { ...minimalAws(), data: { sources: { lake: { bucket: "company-lake" } } }, airflow: { reads: ["lak"] } },
      "airflow.reads[0]",
      /lake: names from data\.sources/,
    ],
    [
      "a source for a model that nobody prepares",
      model(
        { training: { image: "training" }, reads: ["lake"] },
        { data: { sources: { lake: { bucket: "company-lake" } } } },
      ),
      "models.churn.reads",
      /add models\.churn\.training\.prepare/,
    ],
    [
      "a source for a Studio that is off",
      {
        ...minimalAws(),
        data: { sources: { lake: { bucket: "company-lake" } } },
        training: { studio: { reads: ["lake"] } },
      },
      "training.studio.reads",
      /studio\.enabled: true/,
    ],
    [
      "a source of a cluster that exists",
      { ...minimalExisting(), data: { sources: { lake: { bucket: "company-lake" } } } },
      "data.sources",
      /only on foundation\.kind: aws/,
    ],
    [
      "a bucket that S3 would not take",
      { ...minimalAws(), data: { sources: { lake: { bucket: "Company_Lake" } } } },
      "data.sources.lake.bucket",
      /the name of a bucket/,
    ],
    [
      "a prefix that leaves its bucket",
      { ...minimalAws(), data: { sources: { lake: { bucket: "company-lake", prefix: "sales/../" } } } },
      "data.sources.lake.prefix",
      /a folder of the bucket/,
    ],
  ]);
});
