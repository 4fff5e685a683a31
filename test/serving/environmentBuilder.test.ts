import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import {
  EnvironmentBuilder,
  type EnvironmentBuilderArgs,
  environmentsName,
} from "../../components/serving/environmentBuilder";
import { toIndexes } from "../../components/serving/indexes";
import { building, Follower, Marker, RecordedIdentity } from "../support/foundation";
import { dependencies, inputs, outline, waitedFor } from "../support/outline";

const indexes = {
  indexUrl: "https://pypi.org/simple",
  extraIndexUrls: ["https://pypi.example.com:8443/team/simple"],
  egressCidrs: ["0.0.0.0/0"],
  sourceBuilds: false,
  timeoutMinutes: 30,
  maxSizeMiB: 8192,
};
const identity = () => new RecordedIdentity();

function args(over: Partial<EnvironmentBuilderArgs> = {}): EnvironmentBuilderArgs {
  return {
    space: {
      namespace: "models",
      secrets: { servers: "mlflow-model-servers", releases: "mlflow-releases", store: "model-store" },
      ready: [new Marker("space")],
    },
    image: "registry.example.com/ml/model-server:1.2.0",
    store: pulumi.output("s3://artifacts/environments"),
    indexes,
    memoryMiB: 2048,
    timeoutMinutes: 30,
    placement: { nodeSelector: { "mlplatform/purpose": "serving" }, tolerations: [] },
    region: "eu-west-1",
    mlflow: { namespace: "mlflow", portNumber: 5000 },
    reach: { storeCidrs: ["3.5.68.0/22"] },
    fromBucket: false,
    identity: identity(),
    statements: [],
    pinned: [],
    before: [new Marker("pushed")],
    ...over,
  };
}
const build = (over: () => Partial<EnvironmentBuilderArgs> = () => ({}), preview = false) =>
  building(
    () => {
      const builder = new EnvironmentBuilder("environments", args(over()));
      new Follower(builder.ready);
    },
    { preview },
  );
type Made = Awaited<ReturnType<typeof build>>;
const cronJob = "kubernetes:batch/v1:CronJob environments";
// biome-ignore lint/suspicious/noExplicitAny: what Kubernetes takes.
const template = (made: Made): any => (inputs(made, cronJob).spec as any).jobTemplate.spec;

describe("what builds packages of models", () => {
  it("is a template that never runs by itself, an account without a token, and a policy", async () => {
    const made = await build();
    expect(outline(made)).to.include.members([
      "EnvironmentBuilder environments",
      "  kubernetes:batch/v1:CronJob environments",
      "  kubernetes:core/v1:ServiceAccount environments",
      "  kubernetes:networking.k8s.io/v1:NetworkPolicy environments",
    ]);
    expect(inputs(made, cronJob).spec).to.deep.include({ suspend: true });
    expect(inputs(made, "kubernetes:core/v1:ServiceAccount environments")).to.deep.include({
      automountServiceAccountToken: false,
    });
    expect(made.filter(({ type }) => type.includes("rbac"))).to.deep.equal([]);
  });

  it("is a pod that is restricted, holds no key but its own and cannot ask Kubernetes", async () => {
    const { spec } = template(await build()).template;
    expect(spec).to.deep.include({
      serviceAccountName: environmentsName,
      automountServiceAccountToken: false,
      restartPolicy: "Never",
      nodeSelector: { "mlplatform/purpose": "serving" },
    });
    expect(spec.securityContext).to.deep.include({ runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
    const [container] = spec.containers;
    expect(container.securityContext).to.deep.equal({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    expect(container.envFrom).to.deep.equal([{ secretRef: { name: "mlflow-model-servers" } }]);
    expect(container.args).to.deep.equal([
      ...["environment", "--store", "s3://artifacts/environments"],
      ...["--verdict", "/dev/termination-log"],
    ]);
    expect(container.terminationMessagePath).to.equal("/dev/termination-log");
    expect(container.env).to.deep.include.members([
      { name: "MODEL_SERVER_INDEX_URL", value: "https://pypi.org/simple" },
      { name: "MODEL_SERVER_EXTRA_INDEX_URLS", value: "https://pypi.example.com:8443/team/simple" },
      { name: "MODEL_SERVER_SOURCE_BUILDS", value: "false" },
      { name: "AWS_REGION", value: "eu-west-1" },
    ]);
  });

  it("reads passwords and an authority of indexes from a Secret, and has the store's key where that is not Amazon's", async () => {
    const made = await build(() => ({
      indexSecretName: "index",
      fromBucket: true,
      space: {
        namespace: "models",
        secrets: {
          environmentsWriting: "models-environments-builder",
          environmentsReading: "no",
          store: "model-store",
        },
        ready: [],
      },
    }));
    const { spec } = template(made).template;
    expect(spec.containers[0].env).to.deep.include.members([
      { name: "NETRC", value: "/etc/index/netrc" },
      { name: "MODEL_SERVER_INDEX_CA_FILE", value: "/etc/index/ca.crt" },
    ]);
    expect(spec.volumes).to.deep.include({ name: "index", secret: { secretName: "index", defaultMode: 0o440 } });
    expect(spec.containers[0].envFrom).to.deep.equal([
      { secretRef: { name: "models-environments-builder" } },
      { secretRef: { name: "model-store" } },
    ]);
  });

  it("ends at once when the model is at fault, and tries again when an index is", async () => {
    const job = template(await build());
    expect(job).to.deep.include({ backoffLimit: 2, activeDeadlineSeconds: 2100, ttlSecondsAfterFinished: 86400 });
    expect(job.podFailurePolicy.rules[0]).to.deep.equal({
      action: "FailJob",
      onExitCodes: { containerName: "environment", operator: "In", values: [1] },
    });
  });

  it("reaches DNS, the indexes, MLflow, the store and the identity's agent, and nothing else", async () => {
    const of = async (over: () => Partial<EnvironmentBuilderArgs>) =>
      inputs(await build(over), "kubernetes:networking.k8s.io/v1:NetworkPolicy environments").spec as {
        ingress?: unknown;
        egress: unknown[];
        podSelector: unknown;
      };
    const { egress, ingress, podSelector } = await of(() => ({}));
    expect(ingress).to.equal(undefined);
    expect(podSelector).to.deep.equal({ matchLabels: { "app.kubernetes.io/name": environmentsName } });
    const tcp = (port: number) => ({ port, protocol: "TCP" });
    expect(egress).to.deep.equal([
      { ports: [{ port: 53, protocol: "UDP" }, tcp(53)] },
      { to: [{ ipBlock: { cidr: "0.0.0.0/0" } }], ports: [tcp(443), tcp(8443)] },
      {
        to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "mlflow" } } }],
        ports: [tcp(5000)],
      },
      { to: [{ ipBlock: { cidr: "3.5.68.0/22" } }], ports: [tcp(443)] },
      { to: [{ ipBlock: { cidr: "169.254.170.23/32" } }], ports: [tcp(80)] },
    ]);
    const own = await of(() => ({ reach: { storePort: 8333 }, statements: undefined! }));
    expect(own.egress.at(-1)).to.deep.equal({ ports: [tcp(8333)] });
  });

  it("decides on versions that the stack names before they are packed, each once", async () => {
    const verdict = pulumi.output("s3://artifacts/environments/versions/churn/3.json");
    const made = await build(() => ({
      pinned: [{ model: "churn", from: "models:/churn/3", versionKey: "3", verdict }],
    }));
    const job = "kubernetes:batch/v1:Job environments-churn";
    expect(inputs(made, job).metadata).to.deep.include({ name: "churn-environment-3", namespace: "models" });
    // biome-ignore lint/suspicious/noExplicitAny: what Kubernetes takes.
    const spec = inputs(made, job).spec as any;
    expect(spec.template.spec.containers[0].args.slice(5)).to.deep.equal([
      ...["--model", "churn", "--from", "models:/churn/3"],
      ...["--verdict", "s3://artifacts/environments/versions/churn/3.json"],
    ]);
    // Kept when done, else each refresh would make it anew.
    expect(spec).to.not.have.property("ttlSecondsAfterFinished");
    expect(dependencies(made, job)).to.include("test:index:Marker pushed");
  });

  it("starts no pod before the grant, the account and the policy are there", async () => {
    const made = await build();
    expect(dependencies(made, cronJob)).to.include.members([
      "test:index:Marker space",
      "kubernetes:core/v1:ServiceAccount environments",
      "kubernetes:networking.k8s.io/v1:NetworkPolicy environments",
    ]);
    expect(waitedFor(made)).to.include(cronJob);
  });

  it("asks for the same in a preview", async () => {
    expect(outline(await build(undefined, true))).to.deep.equal(outline(await build()));
  });
});

describe("the ways out to indexes", () => {
  it("are blocks by the ports of what is outside, and the namespace of what is a Service", () => {
    const rules = toIndexes({
      indexUrl: "http://devpi.tools.svc:3141/root/pypi/+simple",
      extraIndexUrls: ["https://pypi.example.com/simple"],
      egressCidrs: ["10.0.0.0/8"],
    });
    expect(rules).to.deep.equal([
      { to: [{ ipBlock: { cidr: "10.0.0.0/8" } }], ports: [{ port: 443, protocol: "TCP" }] },
      { to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "tools" } } }] },
    ]);
  });

  it("are none but the Service's where no block is named", () => {
    expect(toIndexes({ indexUrl: "https://pypi.org/simple", extraIndexUrls: [], egressCidrs: [] })).to.deep.equal([]);
  });
});
