import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { modelServerValues } from "../../charts/values/modelServer";
import { addSamples } from "../../components/identity/policies/serving";
import { ModelServer, type ModelServerArgs } from "../../components/serving/modelServer";
import { building, Follower, keyArn, Marker, RecordedIdentity } from "../support/foundation";
import { modelServerFacts } from "../support/modelServerChart";
import { dependencies, inputs, outline, secretInputs, waitedFor } from "../support/outline";

const chart = "kubernetes:helm.sh/v4:Chart models-churn";
const ingress = "kubernetes:networking.k8s.io/v1:Ingress models-churn-ingress";

function args(over: Partial<ModelServerArgs> = {}): ModelServerArgs {
  const { publicPrefix: _, samplePercent: __, variablesFrom: ___, nodeSelector, ...facts } = modelServerFacts();
  const { monitoringNamespace: ____, ...quiet } = facts;
  return {
    ...quiet,
    space: { namespace: "models", secrets: { servers: "mlflow-model-servers" }, ready: [new Marker("space")] },
    placement: { nodeSelector, tolerations: [] },
    identity: new RecordedIdentity(),
    usesStore: false,
    ...over,
  };
}

const published = (className = "alb") => ({
  address: {
    host: "models.ml.example.com",
    url: "https://models.ml.example.com",
    tlsSecretName: "models-tls",
    ingress: { className, annotations: { "made-up/annotation": "cloud" }, ready: [new Marker("ingress-controller")] },
  },
});
const sampled = () => ({
  samples: { percent: 10, uri: pulumi.output("s3://data/samples") },
  statements: addSamples({ bucketArn: "arn:aws:s3:::data", keyArn }, "churn"),
});

let server: ModelServer;
const outputs = (type: string) =>
  type === "random:index/randomPassword:RandomPassword" ? { result: "made-up-token" } : undefined;
const build = (over: () => Partial<ModelServerArgs> = () => ({}), preview = false) =>
  building(
    () => {
      server = new ModelServer("models-churn", args(over()));
      new Follower(server.ready);
    },
    { outputs, preview },
  );

describe("a model in the cluster, as a component", () => {
  it("is the chart alone where nothing is published, sampled or watched", async () => {
    const made = await build();
    expect(outline(made).filter((line) => !/test:index|Grant/.test(line))).to.deep.equal([
      "ModelServer models-churn",
      `  ${chart}`,
    ]);
    expect(server.inClusterUrl).to.equal("http://churn.models.svc:8080");
    expect(server.url).to.equal(undefined);
    expect(server.tokenSecret).to.equal(undefined);
  });

  it("asks for the same in a preview", async () => {
    const over = () => ({ ...published(), ...sampled() });
    expect(outline(await build(over, true))).to.deep.equal(outline(await build(over)));
  });

  it("gives the chart exactly its values, literal and without a secret", async () => {
    const made = await build(() => ({
      ...published(),
      ...sampled(),
      monitors: [new Marker("monitors")],
      monitoringNamespace: "monitoring",
    }));
    expect(inputs(made, chart)).to.deep.include({
      name: "churn",
      namespace: "models",
      values: modelServerValues(modelServerFacts()),
    });
    expect(secretInputs(made)).to.deep.equal(["kubernetes:core/v1:Secret models-churn-token: stringData"]);
  });

  it("has samples added by its own pods and nobody else's, with the place in an object that they read", async () => {
    const made = await build(sampled);
    expect(inputs(made, "kubernetes:core/v1:ConfigMap models-churn-facts")).to.deep.include({
      metadata: { name: "churn-facts", namespace: "models" },
      data: { MODEL_SERVER_SAMPLE_URI: "s3://data/samples" },
    });
    expect(addSamples({ bucketArn: "arn:aws:s3:::data", keyArn }, "churn")).to.deep.equal([
      {
        Sid: "AddSamples",
        Effect: "Allow",
        Action: ["s3:PutObject"],
        Resource: ["arn:aws:s3:::data/samples/churn/*"],
      },
      {
        Sid: "EncryptSamples",
        Effect: "Allow",
        Action: ["kms:GenerateDataKey", "kms:Decrypt"],
        Resource: [keyArn],
      },
    ]);
  });

  it("gets the address of features only where it looks some up, with a way there", async () => {
    const of = async (features?: ModelServerArgs["features"]) => {
      const { values } = inputs(await build(() => (features ? { features } : {})), chart) as unknown as {
        values: { envFrom: object[]; networkPolicy: { storePorts: number[] } };
      };
      return [values.envFrom, values.networkPolicy.storePorts];
    };
    const [secrets, ports] = await of({ secretName: "models-features", portNumber: 5433 });
    expect(secrets).to.deep.include({ secretRef: { name: "models-features" } });
    expect(ports).to.deep.equal([443, 5433]);
    const [none, way] = await of();
    expect(none).to.not.deep.include({ secretRef: { name: "models-features" } });
    expect(way).to.deep.equal([443]);
  });

  it("gets the store's keys only where it goes there itself", async () => {
    const space = { namespace: "models" as const, secrets: { store: "model-store" }, ready: [] };
    const secrets = async (usesStore: boolean) =>
      (inputs(await build(() => ({ space, usesStore })), chart).values as { envFrom: object[] }).envFrom;
    expect(await secrets(true)).to.deep.equal([{ secretRef: { name: "model-store" } }]);
    expect(await secrets(false)).to.deep.equal([]);
  });

  it("is published below its own path of the models' host, with a token", async () => {
    const made = await build(published);
    expect(inputs(made, ingress)).to.deep.include({
      metadata: {
        name: "churn",
        namespace: "models",
        annotations: {
          "made-up/annotation": "cloud",
          "alb.ingress.kubernetes.io/healthcheck-path": "/churn/health/ready",
          "pulumi.com/skipAwait": "true",
        },
      },
      spec: {
        ingressClassName: "alb",
        tls: [{ hosts: ["models.ml.example.com"], secretName: "models-tls" }],
        rules: [
          {
            host: "models.ml.example.com",
            http: {
              paths: [
                {
                  path: "/churn",
                  pathType: "Prefix",
                  backend: { service: { name: "churn", port: { number: 8081 } } },
                },
              ],
            },
          },
        ],
      },
    });
    expect(inputs(made, "kubernetes:core/v1:Secret models-churn-token")).to.deep.include({
      metadata: { name: "churn-token", namespace: "models" },
      stringData: { token: "made-up-token" },
    });
    expect(server.url).to.equal("https://models.ml.example.com/churn");
    expect(server.tokenSecret).to.equal("churn-token");
  });

  it("tells nginx how large and how long requests may be", async () => {
    const told = async (timeoutMillis: number) =>
      (
        inputs(await build(() => ({ ...published("nginx"), timeoutMillis })), ingress).metadata as {
          annotations: Record<string, string>;
        }
      ).annotations;
    expect(await told(10000)).to.include({
      "nginx.ingress.kubernetes.io/proxy-body-size": "6m",
      "nginx.ingress.kubernetes.io/proxy-read-timeout": "60",
    });
    expect(await told(120000)).to.include({ "nginx.ingress.kubernetes.io/proxy-read-timeout": "121" });
  });

  it("comes after the namespace, and the ingress after what balances load: so it is gone first on destroy", async () => {
    const made = await build(() => ({ ...published(), monitors: [new Marker("monitors")] }));
    expect(dependencies(made, chart)).to.include.members([
      "test:index:Marker space",
      "test:index:Marker monitors",
      "kubernetes:core/v1:Secret models-churn-token",
    ]);
    expect(dependencies(made, ingress)).to.include.members(["test:index:Marker ingress-controller", chart]);
    expect(waitedFor(made)).to.include.members([chart, ingress]);
  });
});
