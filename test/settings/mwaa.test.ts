import { expect } from "chai";
import { onAws, problemsOf, theProblemOf } from "./fixtures";

const managed = (more: object, foundation: object = {}) =>
  onAws(foundation, { airflow: { executor: { kind: "mwaa" }, dags: { kind: "bucket" }, ...more } });

describe("MWAA", () => {
  for (const [key, value] of [
    ["image", "registry.example.com/airflow:1.0.0"],
    ["schedulers", 2],
    ["apiServers", 2],
    ["workerCpu", "2"],
    ["workerMemoryMiB", 2048],
    ["historyDays", 30],
  ] as const) {
    it(`is not told what it would not hear of: ${key}`, () => {
      const { path, remedy } = theProblemOf(managed({ [key]: value }));
      expect(path).to.equal(`airflow.${key}`);
      expect(remedy).to.contain(`leave ${key} out`);
    });
  }

  it("follows the rest, and minds no default", () => {
    expect(problemsOf(managed({ logRetentionDays: 30, schedulers: 1 }))).to.deep.equal([]);
  });
});

describe("a stack without a way out", () => {
  const always = [
    ...["s3", "ecr.api", "ecr.dkr", "ec2", "eks", "eks-auth", "sts", "logs"],
    ...["secretsmanager", "elasticloadbalancing", "kms", "autoscaling"],
  ];
  const network = { network: { nat: "none", endpoints: always } };
  const loop = { schedule: "rate(1 day)", image: "training", onDrift: true };
  const churn = { from: "models:/churn@champion", serve: { flask: {} }, drift: {}, training: loop };

  for (const [what, raw, missing] of [
    ["MWAA", managed({}, network), ["sqs", "monitoring", "airflow.api", "airflow.env", "airflow.ops"]],
    [
      "alerts by mail",
      onAws(network, {
        monitoring: { cloudWatch: false, receivers: { team: { kind: "email", addresses: ["ml@example.com"] } } },
      }),
      ["sns"],
    ],
    [
      "DAGs from CodeCommit",
      onAws(network, {
        airflow: { dags: { kind: "git", repository: "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/dags" } },
      }),
      ["git-codecommit"],
    ],
    [
      "training that drift starts",
      onAws(network, { mlflow: {}, models: { churn } }),
      ["sagemaker.api", "states", "events"],
    ],
  ] as const) {
    it(`needs the endpoints of ${what}`, () => {
      const { path, allowed } = theProblemOf(raw);
      expect(path).to.equal("foundation.network.endpoints");
      expect(allowed.split("missing are ")[1]!.split(", ")).to.have.members([...missing]);
    });
  }
});
