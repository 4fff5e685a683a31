import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { ModelsSpace, type ModelsSpaceArgs } from "../../components/serving/modelsSpace";
import { building, Follower, Marker } from "../support/foundation";
import { dependencies, inputs, outline, secretInputs, waitedFor } from "../support/outline";

const credentials = (user: string) => ({
  MLFLOW_TRACKING_USERNAME: pulumi.output(user),
  MLFLOW_TRACKING_PASSWORD: pulumi.secret(`made-up-${user}`),
});
const mlflow = {
  uri: "http://mlflow.mlflow.svc:5000",
  servers: credentials("model-servers"),
  releases: credentials("releases"),
};
const store = {
  endpoint: pulumi.output("http://store.invalid:8333"),
  portNumber: 8333,
  accessKeyId: pulumi.output("made-up-id"),
  secretAccessKey: pulumi.secret("made-up-key"),
};
const build = (over: Partial<ModelsSpaceArgs> = {}) =>
  building(() => {
    const space = new ModelsSpace("models", { ready: [new Marker("cluster")], maxPods: 80, ...over });
    new Follower(space.ready);
  });

describe("the namespace of models", () => {
  it("is shut in both directions, and admits restricted pods only", async () => {
    const made = await build();
    expect(outline(made)).to.include.members([
      "ModelsSpace models",
      "  kubernetes:core/v1:Namespace models",
      "  kubernetes:networking.k8s.io/v1:NetworkPolicy models-closed",
    ]);
    expect(inputs(made, "kubernetes:core/v1:Namespace models")).to.have.nested.property(
      "metadata.labels.pod-security\\.kubernetes\\.io/enforce",
      "restricted",
    );
    expect(inputs(made, "kubernetes:networking.k8s.io/v1:NetworkPolicy models-closed")).to.deep.include({
      metadata: { name: "models.closed", namespace: "models" },
      spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
    });
    expect(dependencies(made, "kubernetes:core/v1:Namespace models")).to.include("test:index:Marker cluster");
  });

  it("bounds how many pods there are, by a name that no model has", async () => {
    expect(inputs(await build(), "kubernetes:core/v1:ResourceQuota models-pods")).to.deep.include({
      metadata: { name: "models.pods", namespace: "models" },
      spec: { hard: { pods: "80" } },
    });
  });

  it("has no Secret where models come from elsewhere and the store is Amazon's", async () => {
    expect((await build()).filter(({ type }) => type.endsWith(":Secret"))).to.deep.equal([]);
  });

  it("holds the address of features where servers look some up there", async () => {
    const made = await build({ features: pulumi.secret("postgresql://reader@postgres/features") });
    expect(inputs(made, "kubernetes:core/v1:Secret models-features")).to.deep.include({
      metadata: { name: "models-features", namespace: "models" },
      stringData: { MODEL_SERVER_FEATURES_STORE: "postgresql://reader@postgres/features" },
    });
    expect(secretInputs(made)).to.deep.equal(["kubernetes:core/v1:Secret models-features: stringData"]);
  });

  it("holds variables to read the registry by, others to tag versions by, and the store's", async () => {
    const made = await build({ mlflow, store });
    const variables = (role: string) => inputs(made, `kubernetes:core/v1:Secret models-${role}`);
    expect(variables("servers")).to.deep.include({
      metadata: { name: "mlflow-model-servers", namespace: "models" },
      stringData: {
        MLFLOW_TRACKING_URI: "http://mlflow.mlflow.svc:5000",
        MLFLOW_TRACKING_USERNAME: "model-servers",
        MLFLOW_TRACKING_PASSWORD: "made-up-model-servers",
      },
    });
    expect(variables("releases")).to.have.nested.property("stringData.MLFLOW_TRACKING_USERNAME", "releases");
    expect(variables("store")).to.deep.include({
      metadata: { name: "model-store", namespace: "models" },
      stringData: {
        AWS_ENDPOINT_URL_S3: "http://store.invalid:8333",
        AWS_ACCESS_KEY_ID: "made-up-id",
        AWS_SECRET_ACCESS_KEY: "made-up-key",
        AWS_DEFAULT_REGION: "us-east-1",
      },
    });
    expect(secretInputs(made)).to.deep.equal(
      ["releases", "servers", "store"].map((role) => `kubernetes:core/v1:Secret models-${role}: stringData`),
    );
    expect(waitedFor(made)).to.include("kubernetes:core/v1:Secret models-servers");
  });
});
