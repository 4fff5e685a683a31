import { expect } from "chai";
import { usedTypes } from "../../components/settings/rules/usedTypes";
import { type SchemaNode, settingsSchema } from "../../components/settings/schemaTree";
import { type Settings, settings } from "../../components/settings/settings";
import { onAws, problemsOf } from "./fixtures";

const machine = "ml.p4d.24xlarge";

const studio = ["sts", "logs", "kms", "states", "sagemaker.api", "sagemaker.runtime", "athena", "glue"];

/** A stack that names an instance type wherever it can. */
const everywhere = (type: string) => ({
  ...onAws({ network: { endpoints: ["s3", ...studio] } }),
  mlflow: {},
  models: {
    churn: {
      from: "models:/churn@champion",
      serve: { sagemaker: { instanceType: type } },
      batch: { with: "sagemaker", schedule: "rate(1 day)", instanceType: type },
      drift: { dataQuality: { baseline: "baselines/churn/", instanceType: type } },
      monitor: { modelQuality: {}, instanceType: type },
      training: { image: "training", gate: { metric: "auc", atLeast: 0.7 }, instanceType: type },
    },
  },
  training: { studio: { enabled: true, notebooks: { desk: { instanceType: type } } } },
});
const onSageMaker = [
  "models.churn.batch.instanceType",
  "models.churn.drift.dataQuality.instanceType",
  "models.churn.monitor.instanceType",
  "models.churn.serve.sagemaker.instanceType",
  "models.churn.training.instanceType",
  "training.studio.notebooks.desk.instanceType",
];

const pathsOf = (raw: object) => problemsOf(raw).map(({ path }) => path);

/** Places of the schema that name an instance type; `*` stands for any name. */
function typePlaces(node: SchemaNode, at: string[] = []): string[] {
  return [
    ...[...(node.oneOf ?? []), ...(node.anyOf ?? [])].flatMap((branch) => typePlaces(branch, at)),
    ...Object.entries(node.properties ?? {}).flatMap(([key, child]) =>
      /^instance(Type|Types|Class)$/.test(key) ? [[...at, key].join(".")] : typePlaces(child, [...at, key]),
    ),
    ...(typeof node.additionalProperties === "object" ? typePlaces(node.additionalProperties, [...at, "*"]) : []),
  ];
}

describe("instance types that a stack may start", () => {
  it("are all those that the schema has a place for", () => {
    const parsed = settings.parse(everywhere("ml.m5.large")) as Settings;
    const named = usedTypes(parsed).flatMap(({ path, fixed }) =>
      fixed ? [] : [path.filter((step) => typeof step === "string").join(".")],
    );
    const places = named.map((path) =>
      path.replace(/^models\.\w+/, "models.*").replace(/(nodeGroups|notebooks)\.\w+/, "$1.*"),
    );
    expect([...new Set(places)]).to.have.members([...new Set(typePlaces(settingsSchema()))]);
  });

  it("are refused of a denied family, wherever they stand", () => {
    expect(pathsOf(everywhere(machine))).to.deep.equal([]);
    const denied = { ...everywhere(machine), governance: { deniedInstanceFamilies: ["p4d"] } };
    expect(pathsOf(denied)).to.deep.equal(onSageMaker);
  });

  it("are refused outside the allowed families, wherever they stand", () => {
    const limited = { ...everywhere(machine), governance: { allowedInstanceFamilies: ["m5", "m7i", "t4g"] } };
    expect(pathsOf(limited)).to.deep.equal(onSageMaker);
  });

  it("are refused where the family does not exist, wherever they stand", () => {
    expect(pathsOf(everywhere("ml.p44d.24xlarge"))).to.deep.equal(onSageMaker);
  });

  it("include the one that checks of a run take, which no setting changes", () => {
    const [problem, ...others] = problemsOf({
      ...everywhere("ml.c5.large"),
      governance: { deniedInstanceFamilies: ["m5"] },
    });
    expect(others.map(({ path }) => path)).to.deep.equal([]);
    expect(problem).to.include({ path: "models.churn.training", value: '"ml.m5.xlarge"' });
    expect(problem?.remedy).to.match(/take m5 off the list, or write engine: airflow/);
  });
});
