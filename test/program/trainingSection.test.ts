import { expect } from "chai";
import { TestStack } from "./runs";

const foundation = {
  kind: "aws",
  region: "eu-west-1",
  dataProtection: false,
  network: { zones: 2, flowLogs: { enabled: false } },
};
const scored = { churn: { from: "models:/churn@champion", batch: { schedule: "cron(0 3 ? * SUN *)" } } };

describe("the section `training`, on the simulated cloud", function () {
  this.timeout(300_000);
  const stack = new TestStack("t", { foundation, mlflow: { replicas: 1 }, models: scored });
  after(() => stack.remove());

  it("adds crawlers to the catalog that predictions have, and keeps its database", async () => {
    await stack.succeed("up");
    const before = stack.names("aws:glue/catalogDatabase:CatalogDatabase");
    expect(before).to.have.length(1);
    expect(stack.names("aws:glue/crawler:Crawler")).to.deep.equal([]);
    stack.configure({ foundation, mlflow: { replicas: 1 }, models: scored, training: {} });
    const { changes, outputs } = await stack.succeed("up");
    expect(changes).to.include({ update: 0, replace: 0, delete: 0 });
    expect(stack.names("aws:glue/crawler:Crawler")).to.have.length(2);
    expect(stack.names("aws:glue/catalogDatabase:CatalogDatabase")).to.deep.equal(before);
    expect(outputs).to.include({ catalogDatabase: "mlplatform_t", athenaWorkgroup: "mlplatform-t" });
  });

  const declared = (columns: object) => ({
    foundation,
    mlflow: { replicas: 1 },
    models: {
      churn: {
        ...scored.churn,
        training: { engine: "stepFunctions", image: "training", features: { entity: "customer_id", columns } },
      },
    },
    training: { featureStore: "onlineAndOffline" },
  });

  it("keeps features, and makes a group anew where a column is added, since SageMaker changes none", async () => {
    stack.configure(declared({ tenure: "Integral" }));
    const { outputs } = await stack.succeed("up");
    expect(outputs.featureGroups).to.deep.equal({ churn: { name: "mlplatform-t-churn", table: "features_churn" } });
    stack.configure(declared({ tenure: "Integral", charges: "Fractional" }));
    const { changes } = await stack.succeed("up");
    expect(changes).to.include({ replace: 1, delete: 0 });
    expect(stack.names("aws:sagemaker/featureGroup:FeatureGroup")).to.have.length(1);
  });

  it("lets people into Studio, and changes what one may do where the role changes", async () => {
    const endpoints = [
      ...["s3", "sts", "logs", "kms", "states", "sagemaker.api", "sagemaker.runtime"],
      ...["athena", "glue", "sagemaker.featurestore-runtime"],
    ];
    const working = (users: object) => ({
      ...declared({ tenure: "Integral" }),
      foundation: { ...foundation, network: { ...foundation.network, endpoints } },
      training: { featureStore: "onlineAndOffline", studio: { enabled: true, users } },
    });
    stack.configure(working({ ann: "viewer", bob: "approver" }));
    const { outputs } = await stack.succeed("up");
    expect(outputs.studioDomainId).to.match(/^d-/);
    stack.configure(working({ ann: "dataScientist" }));
    const { changes } = await stack.succeed("up");
    expect(changes).to.include({ create: 0, update: 1, replace: 0, delete: 1 });
    expect(stack.names("aws:sagemaker/userProfile:UserProfile")).to.deep.equal(["mlplatform-studio-ann"]);
  });

  it("stands up a notebook instance inside the VPC, without root or internet, that brings the examples when it starts", async () => {
    const endpoints = [
      ...["s3", "sts", "logs", "kms", "states", "sagemaker.api", "sagemaker.runtime"],
      ...["athena", "glue", "sagemaker.featurestore-runtime"],
    ];
    const studio = { enabled: true, users: { ann: "dataScientist" }, notebooks: { ann: { role: "mlEngineer" } } };
    stack.configure({
      ...declared({ tenure: "Integral" }),
      foundation: { ...foundation, network: { ...foundation.network, endpoints } },
      training: { featureStore: "onlineAndOffline", studio },
    });
    const { outputs, changes } = await stack.succeed("up");
    expect(changes).to.include({ update: 0, replace: 0, delete: 0 });
    expect(outputs.notebooks).to.deep.equal({ ann: "mlplatform-t-ann" });
    const asked = (type: string) => stack.plan().resources.find((each) => each.type === type)!.inputs;
    const instance = asked("aws:sagemaker/notebookInstance:NotebookInstance");
    expect(instance).to.include({
      directInternetAccess: "Disabled",
      rootAccess: "Disabled",
      instanceType: "ml.t3.medium",
    });
    expect(instance).to.include.keys("kmsKeyId", "subnetId", "securityGroups");
    expect(instance.instanceMetadataServiceConfiguration).to.deep.equal({ minimumInstanceMetadataServiceVersion: "2" });
    const { onStart } = asked(
      "aws:sagemaker/notebookInstanceLifecycleConfiguration:NotebookInstanceLifecycleConfiguration",
    );
    const script = Buffer.from(String(onStart), "base64").toString();
    expect(script).to.match(/^#!\/bin\/bash\nset -euo pipefail\n/);
    expect(script).to.match(/aws s3 cp --only-show-errors 's3:\/\/[a-z0-9.-]+\/source\/notebooks\/examples\.zip'/);
    const policy = stack
      .plan()
      .resources.find(
        ({ type, name }) => type === "aws:iam/rolePolicy:RolePolicy" && name === "mlplatform-notebook-ann",
      )!;
    // Who makes the instance makes its interface.
    expect(String(policy.inputs.policy)).to.contain("s3:GetObject").and.not.contain("NetworkInterface");
    expect(asked("aws:s3/bucketObjectv2:BucketObjectv2").key).to.equal("source/notebooks/examples.zip");
  });

  it("shows no change in the preview right after", async () => {
    expect((await stack.succeed("preview")).changes).to.include({ create: 0, update: 0, replace: 0, delete: 0 });
  });

  it("leaves nothing when all is destroyed", async () => {
    await stack.succeed("destroy");
    expect(stack.existing()).to.deep.equal([]);
  });
});
