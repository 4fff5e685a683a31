import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { checkDrift, tellDrift } from "../../components/identity/policies/drift";
import { DriftMonitor, type DriftMonitorArgs } from "../../components/serving/driftMonitor";
import { account, building, keyArn, Marker, RecordedIdentity } from "../support/foundation";
import { dependencies, inputs, outline } from "../support/outline";
import { allowed } from "../support/policyEvaluator";

const bucketArn = "arn:aws:s3:::data";
const kind = { name: "monitor" };
const deployment = `kubernetes:apps/v1:Deployment ${kind.name}`;
const policy = `kubernetes:networking.k8s.io/v1:NetworkPolicy ${kind.name}`;

const args = (over: Partial<DriftMonitorArgs> = {}): DriftMonitorArgs => ({
  image: "registry.example.com/drift:1.2.3",
  models: [
    { name: "churn", from: "models:/churn@champion", maxPsi: 0.2, everyHours: 24, columns: { customer_id: "ignore" } },
  ],
  samplesUri: pulumi.output("s3://data/samples"),
  reportsUri: pulumi.output("s3://data/drift"),
  space: { namespace: "models", secrets: { servers: "registry-reader" }, ready: [new Marker("space")] },
  placement: { nodeSelector: { "mlplatform/purpose": "apps" }, tolerations: [] },
  region: "eu-west-1",
  mlflow: { namespace: "mlflow", portNumber: 5000 },
  identity: new RecordedIdentity(),
  statements: checkDrift({ bucketArn, keyArn }),
  ...over,
});

const make = (over: () => Partial<DriftMonitorArgs> = () => ({})) =>
  building(() => new DriftMonitor(kind.name, args(over())));

interface Pod {
  automountServiceAccountToken: boolean;
  serviceAccountName: string;
  nodeSelector: object;
  securityContext: object;
  containers: {
    image: string;
    args: string[];
    env: object[];
    envFrom: object[];
    securityContext: object;
    resources: object;
    volumeMounts: { name: string; readOnly?: boolean }[];
  }[];
}
const podOf = (made: Awaited<ReturnType<typeof make>>) =>
  (inputs(made, deployment).spec as { template: { spec: Pod } }).template.spec;
const egressOf = (made: Awaited<ReturnType<typeof make>>) =>
  JSON.stringify((inputs(made, policy).spec as { egress: object[] }).egress);

describe("the drift monitor", () => {
  it("is one Deployment with an account, what it watches, and a policy of its own", async () => {
    expect(outline(await make())).to.deep.equal([
      "DriftMonitor monitor",
      "  kubernetes:apps/v1:Deployment monitor",
      "  kubernetes:core/v1:ConfigMap monitor",
      "  kubernetes:core/v1:ServiceAccount monitor",
      "  kubernetes:networking.k8s.io/v1:NetworkPolicy monitor",
    ]);
  });

  it("is told the models in a ConfigMap, and where samples and reports are", async () => {
    const { metadata, data } = inputs(await make(), "kubernetes:core/v1:ConfigMap monitor") as {
      metadata: { name: string; namespace: string };
      data: Record<string, string>;
    };
    expect([metadata.namespace, metadata.name]).to.deep.equal(["models", "drift-monitor"]);
    expect(JSON.parse(data["models.json"]!)).to.deep.equal({
      samples: "s3://data/samples",
      reports: "s3://data/drift",
      models: [
        {
          name: "churn",
          from: "models:/churn@champion",
          drift: { maxPsi: 0.2, everyHours: 24, columns: { customer_id: "ignore" } },
        },
      ],
    });
  });

  it("is told the bus on which drift is an event, where something waits for it, without a restart", async () => {
    const events = { bus: "default", stack: "mlplatform-dev" };
    const made = await make(() => ({ events }));
    const { data } = inputs(made, "kubernetes:core/v1:ConfigMap monitor") as { data: Record<string, string> };
    expect(JSON.parse(data["models.json"]!).events).to.deep.equal(events);
    expect(podOf(made)).to.deep.equal(podOf(await make()));
  });

  it("does not restart for another model: nothing of the pod depends on what is watched", async () => {
    const models = ["churn", "fraud"].map((name) => ({ name, from: `models:/${name}/1`, maxPsi: 1, everyHours: 1 }));
    expect(podOf(await make(() => ({ models })))).to.deep.equal(podOf(await make()));
  });

  it("never has a second beside it, and no update waits for its image", async () => {
    const { metadata, spec } = inputs(await make(), deployment) as {
      metadata: { annotations: object };
      spec: { replicas: number; strategy: object };
    };
    expect([spec.replicas, spec.strategy]).to.deep.equal([1, { type: "Recreate" }]);
    expect(metadata.annotations).to.deep.equal({ "pulumi.com/skipAwait": "true" });
  });

  it("runs as nobody in particular, writes to /tmp only and gets no token of the cluster", async () => {
    const pod = podOf(await make());
    expect(pod.automountServiceAccountToken).to.equal(false);
    expect(pod.securityContext).to.include({ runAsNonRoot: true, runAsUser: 10001 });
    const container = pod.containers[0]!;
    expect(container.image).to.equal("registry.example.com/drift:1.2.3");
    expect(container.securityContext).to.deep.equal({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    expect(container.volumeMounts.filter(({ readOnly }) => !readOnly).map(({ name }) => name)).to.deep.equal(["tmp"]);
    expect(container.resources).to.deep.equal({
      requests: { cpu: "50m", memory: "256Mi" },
      limits: { memory: "512Mi" },
    });
  });

  it("signs in to MLflow as a reader, and to a store that is not Amazon's with that store's keys", async () => {
    const named = (secrets: object[]) => secrets;
    expect(named(podOf(await make()).containers[0]!.envFrom)).to.deep.equal([
      { secretRef: { name: "registry-reader" } },
    ]);
    const space = () => ({ namespace: "models" as const, secrets: { releases: "editor", store: "keys" }, ready: [] });
    const without = podOf(await make(() => ({ space: space() })));
    expect(named(without.containers[0]!.envFrom)).to.deep.equal([{ secretRef: { name: "keys" } }]);
  });

  it("starts after its permission, its config and its policy", async () => {
    expect(dependencies(await make(), deployment)).to.include.members([
      "kubernetes:core/v1:ConfigMap monitor",
      "kubernetes:core/v1:ServiceAccount monitor",
      policy,
      "test:index:Marker granted-monitor",
      "test:index:Marker space",
    ]);
  });

  it("is granted what it needs under the account that its pod has", async () => {
    const identity = new RecordedIdentity();
    const made = await make(() => ({ identity }));
    expect(identity.grants.monitor).to.include({ namespace: "models", serviceAccount: "drift-monitor" });
    expect(podOf(made).serviceAccountName).to.equal("drift-monitor");
  });

  it("is granted nothing where its store has keys of its own", async () => {
    const identity = new RecordedIdentity();
    await make(() => ({ identity, statements: undefined as never, storePort: 8333 }));
    expect(identity.grants).to.deep.equal({});
  });

  it("goes to DNS, MLflow, the store and the agent that hands out credentials, and nowhere else", async () => {
    const onAws = egressOf(await make());
    expect([...onAws.matchAll(/"port":(\d+)/g)].map(([, port]) => port)).to.deep.equal([
      ...["53", "53", "443", "5000", "80"],
    ]);
    expect(onAws).to.contain('"cidr":"169.254.170.23/32"').and.contain('"kubernetes.io/metadata.name":"mlflow"');
    const elsewhere = egressOf(
      await make(() => ({ statements: undefined as never, mlflow: undefined as never, storePort: 8333 })),
    );
    expect([...elsewhere.matchAll(/"port":(\d+)/g)].map(([, port]) => port)).to.deep.equal(["53", "53", "8333"]);
  });

  it("lets nobody in, and Prometheus to its metrics where there is one", async () => {
    const closed = inputs(await make(), policy).spec as { ingress: object[]; policyTypes: string[] };
    expect([closed.ingress, closed.policyTypes]).to.deep.equal([[], ["Ingress", "Egress"]]);
    const made = await make(() => ({ monitors: [new Marker("crds")], monitoringNamespace: "monitoring" }));
    expect((inputs(made, policy).spec as { ingress: object[] }).ingress).to.deep.equal([
      {
        from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } } }],
        ports: [{ port: 9090, protocol: "TCP" }],
      },
    ]);
    const monitor = "kubernetes:monitoring.coreos.com/v1:ServiceMonitor monitor-metrics";
    expect(dependencies(made, monitor)).to.include("test:index:Marker crds");
    expect(inputs(made, monitor).spec).to.deep.equal({
      selector: { matchLabels: { "app.kubernetes.io/name": "drift-monitor" } },
      endpoints: [{ port: "metrics", path: "/metrics", interval: "30s" }],
    });
  });
});

describe("permissions of the drift check", () => {
  const statements = checkDrift({ bucketArn, keyArn });

  it("write below drift/ and read below samples/, and nowhere else", () => {
    const on = (action: string) =>
      statements.filter(({ Action }) => Action.includes(action)).flatMap(({ Resource }) => Resource);
    expect(on("s3:PutObject")).to.deep.equal([`${bucketArn}/drift/*`]);
    expect(on("s3:GetObject")).to.deep.equal([`${bucketArn}/samples/*`, `${bucketArn}/drift/*`]);
    expect(statements.flatMap(({ Action }) => Action).join()).to.not.match(/Delete|\*/);
  });

  it("list only those two folders", () => {
    expect(statements.find(({ Action }) => Action.includes("s3:ListBucket"))?.Condition).to.deep.equal({
      StringLike: { "s3:prefix": ["samples/*", "drift/*"] },
    });
  });

  it("tell of drift on the account's own bus, in the name of nobody else", () => {
    const told = [tellDrift(account)];
    const bus = (name: string) => `arn:aws:events:${account.region}:${account.accountId}:event-bus/${name}`;
    const put = (resource: string, source?: string) =>
      allowed(told, {
        action: "events:PutEvents",
        resource,
        ...(source === undefined ? {} : { context: { "events:source": source } }),
      });
    expect(put(bus("default"), "mlplatform.drift")).to.equal(true);
    expect(put(bus("default"), "aws.sagemaker")).to.equal(false);
    expect(put(bus("default"))).to.equal(false);
    expect(put(bus("other"), "mlplatform.drift")).to.equal(false);
    expect(allowed(told, { action: "events:PutRule", resource: bus("default") })).to.equal(false);
    expect(allowed(statements, { action: "events:PutEvents", resource: bus("default") })).to.equal(false);
  });

  it("say nothing of keys where no cloud keeps them", () => {
    expect(checkDrift({ bucketArn }).flatMap(({ Action }) => Action)).to.deep.equal([
      ...["s3:ListBucket", "s3:GetObject", "s3:GetObject", "s3:PutObject"],
    ]);
  });
});
