import { minimalAws, onAws, onExisting } from "../fixtures";
import { access } from "./configs";
import { accept, refuse } from "./table";

describe("rules between settings: foundation", () => {
  refuse([
    [
      "too many tags",
      onAws({ tags: Object.fromEntries(Array.from({ length: 41 }, (_, at) => [`t${at}`, "x"])) }),
      "foundation.tags",
      /at most 40/,
    ],
    [
      "tags that IAM takes for one",
      onAws({ tags: { team: "ml", Team: "ml" } }),
      "foundation.tags.Team",
      /each key once: IAM takes it for team/,
    ],
    [
      "a tag that the platform writes",
      onAws({ tags: { "MLplatform/stack": "x" } }),
      'foundation.tags["MLplatform/stack"]',
      /platform's own/,
    ],
    ["a tag that moves", onAws({ images: { tag: "latest" } }), "foundation.images.tag", /an exact tag such as 1\.2\.0/],
    ["a tag that moves, of a branch", onExisting({ images: { tag: "main-latest" } }), "foundation.images.tag", /exact/],
    [
      "a model on an existing cluster without a place for images",
      onExisting({}, { models: { churn: { from: "s3://bucket/model", serve: { flask: {} } } } }),
      "foundation.images.registry",
      /model-server and release, which the model churn needs/,
    ],
    [
      "sign-in without TLS",
      onExisting({}, { access: access({ zoneId: undefined }) }),
      "foundation.certificates.kind",
      /certManager/,
    ],
    [
      "required tag left out",
      { ...minimalAws(), governance: { requiredTags: ["team"] } },
      "foundation.tags.team",
      /add the tag team/,
    ],
    [
      "image repository twice",
      onAws({ images: { repositories: ["team/a", "team/a"] } }),
      "foundation.images.repositories[1]",
      /each once/,
    ],
    [
      "image repository of the platform's own",
      onAws({ images: { repositories: ["notebook"] } }),
      "foundation.images.repositories[0]",
      /model-server, release, drift, notebook, training.*team\/notebook/,
    ],
    ...["cn-north-1", "us-iso-east-1", "us-isob-east-1", "eu-isoe-west-1"].map(
      (region): [string, unknown, string, RegExp] => [
        `region ${region}`,
        onAws({ region }),
        "foundation.region",
        /not supported yet/,
      ],
    ),
    ["equals sign in a tag's key", onAws({ tags: { "a=b": "c" } }), 'foundation.tags["a=b"]', /no = or comma/],
    ["equals sign in a tag's value", onAws({ tags: { a: "b=c" } }), "foundation.tags.a", /no = or comma/],
    ["comma in a tag's value", onAws({ tags: { a: "b,c" } }), "foundation.tags.a", /no = or comma/],
  ]);

  accept([
    [
      "an existing cluster with everything it can do",
      {
        ...onExisting({ images: { registry: "registry.example.com/ml" } }),
        airflow: {},
        mlflow: {},
        jupyterhub: {},
        monitoring: {},
        models: {
          churn: {
            from: "models:/churn@champion",
            serve: { flask: {} },
            training: { engine: "airflow", image: "x:1" },
          },
        },
      },
    ],
  ]);
});
