import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { Packages, type PackagesArgs } from "../../../components/serving/sagemaker/packages";
import { building, Marker, RecordedIdentity } from "../../support/foundation";
import { dependencies, inputs } from "../../support/outline";

const secrets = { servers: "mlflow-model-servers", releases: "mlflow-releases" };
const args = (): PackagesArgs => ({
  packages: [
    {
      model: "churn",
      from: "models:/churn/3",
      versionKey: "3",
      url: pulumi.output("s3://artifacts/models/churn/3/model.tar.gz"),
    },
  ],
  space: { namespace: "models", secrets, ready: [new Marker("space")] },
  image: "registry.example.com/ml/release:1.2.0",
  placement: { nodeSelector: {}, tolerations: [] },
  mlflow: { namespace: "mlflow", portNumber: 5000 },
  identity: new RecordedIdentity(),
  statements: [],
  region: "eu-west-1",
  ready: [new Marker("mlflow")],
});
const job = "kubernetes:batch/v1:Job packages-churn";
const make = () => building(() => new Packages("packages", args()));

describe("packages of the versions that the stack names", () => {
  it("hold what was decided on before, where packages of their own are built", async () => {
    const made = await building(() => {
      const [first] = args().packages;
      const verdict = pulumi.output("s3://artifacts/environments/versions/churn/3.json");
      const packages = [{ ...first!, environment: { verdict, decided: new Marker("decided") } }];
      return new Packages("packages", { ...args(), packages });
    });
    const { template } = inputs(made, job).spec as { template: { spec: { containers: { args: string[] }[] } } };
    expect(template.spec.containers[0]!.args.slice(-2)).to.deep.equal([
      "--verdict",
      "s3://artifacts/environments/versions/churn/3.json",
    ]);
    expect(dependencies(made, job)).to.include("test:index:Marker decided");
  });

  it("are made by a Job each, named after the version, as who may write them", async () => {
    const made = await make();
    expect(inputs(made, job).metadata).to.deep.include({ name: "churn-package-3", namespace: "models" });
    const { template } = inputs(made, job).spec as {
      template: { spec: { serviceAccountName: string; containers: { args: string[]; envFrom: object[] }[] } };
    };
    expect(template.spec.serviceAccountName).to.equal("models.packing");
    expect(template.spec.containers[0]!.args).to.deep.equal([
      ...["pack", "churn", "--from", "models:/churn/3"],
      ...["--to", "s3://artifacts/models/churn/3/model.tar.gz"],
    ]);
    expect(template.spec.containers[0]!.envFrom).to.deep.equal([{ secretRef: { name: "mlflow-releases" } }]);
    expect(dependencies(made, job)).to.include.members([
      "test:index:Marker granted-packages",
      "test:index:Marker mlflow",
      "test:index:Marker space",
      "kubernetes:networking.k8s.io/v1:NetworkPolicy packages",
    ]);
  });

  it("fail at once when the model is none, after further attempts when a pod was lost, and are tried anew by the next update", async () => {
    const made = await make();
    expect(inputs(made, job).spec).to.deep.include({
      backoffLimit: 2,
      podFailurePolicy: {
        rules: [
          { action: "FailJob", onExitCodes: { containerName: "release", operator: "In", values: [1] } },
          { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
        ],
      },
    });
    const { annotations } = inputs(made, job).metadata as { annotations: object };
    expect(annotations).to.deep.equal({ "pulumi.com/replaceUnready": "true" });
  });
});
