import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { PinnedRelease, type PinnedReleaseArgs, versionKey } from "../../components/serving/pinnedRelease";
import { ReleaseController, type ReleaseControllerArgs } from "../../components/serving/releaseController";
import type { ReleasedModel } from "../../components/serving/releasedModels";
import { building, Follower, Marker, RecordedIdentity } from "../support/foundation";
import { dependencies, inputs, outline, the, waitedFor } from "../support/outline";

const churn: ReleasedModel = {
  name: "churn",
  from: "models:/churn@champion",
  release: "continuous",
  canary: { percent: 10, bakeMinutes: 10 },
  objectives: { p99Millis: 200, errorRatePercent: 1 },
  kubernetes: true,
};
/** On SageMaker only. */
const fraud = (): ReleasedModel => ({
  ...churn,
  name: "fraud",
  from: "models:/fraud@champion",
  kubernetes: false,
  sagemaker: pulumi.output({ endpointName: "mlplatform-dev-fraud", model: { ExecutionRoleArn: "made-up-arn" } }),
});
const secrets = { servers: "mlflow-model-servers", releases: "mlflow-releases" };

function args(over: Partial<ReleaseControllerArgs> = {}): ReleaseControllerArgs {
  return {
    stack: "mlplatform-dev",
    region: "eu-west-1",
    image: "registry.example.com/ml/release:1.2.0",
    models: [churn],
    space: { namespace: "models", secrets, ready: [new Marker("space")] },
    placement: { nodeSelector: { "mlplatform/purpose": "apps" }, tolerations: [] },
    reach: { mlflow: { namespace: "mlflow", portNumber: 5000 } },
    identity: new RecordedIdentity(),
    after: [new Marker("endpoints")],
    ...over,
  };
}
const build = (over: () => Partial<ReleaseControllerArgs> = () => ({}), preview = false) =>
  building(
    () => {
      const controller = new ReleaseController("release-controller", args(over()));
      new Follower(controller.ready);
    },
    { preview },
  );

type Made = Awaited<ReturnType<typeof build>>;
const deployment = "kubernetes:apps/v1:Deployment release-controller";
const configured = (made: Made) =>
  JSON.parse(
    (inputs(made, "kubernetes:core/v1:ConfigMap release-controller").data as Record<string, string>)["models.json"]!,
  );
const rulesOf = (made: Made, name = "release-controller") =>
  inputs(made, `kubernetes:rbac.authorization.k8s.io/v1:Role ${name}`).rules;
type PodSpec = { containers: Record<string, unknown>[]; [key: string]: unknown };
const podOf = (made: Made, of: string) => (inputs(made, of).spec as { template: { spec: PodSpec } }).template.spec;
const held = {
  securityContext: {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
  },
};
const heldPod = { runAsNonRoot: true, runAsUser: 10001, runAsGroup: 10001, fsGroup: 10001 };

describe("who decides on releases", () => {
  it("is one pod that never has a second beside it, with an account, a role and a policy of its own", async () => {
    const made = await build();
    expect(outline(made).filter((line) => !line.startsWith("test:"))).to.deep.equal([
      "ReleaseController release-controller",
      "  kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicy release-controller-pods",
      "  kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicyBinding release-controller-pods",
      "  kubernetes:apps/v1:Deployment release-controller",
      "  kubernetes:core/v1:ConfigMap release-controller",
      "  kubernetes:core/v1:ServiceAccount release-controller",
      "  kubernetes:networking.k8s.io/v1:NetworkPolicy release-controller",
      "  kubernetes:rbac.authorization.k8s.io/v1:Role release-controller",
      "  kubernetes:rbac.authorization.k8s.io/v1:RoleBinding release-controller",
    ]);
    expect(inputs(made, deployment).spec).to.deep.include({ replicas: 1, strategy: { type: "Recreate" } });
    const pod = podOf(made, deployment);
    expect(pod.securityContext).to.deep.equal({ ...heldPod, seccompProfile: { type: "RuntimeDefault" } });
    expect(pod.containers[0]).to.deep.include({
      ...held,
      image: "registry.example.com/ml/release:1.2.0",
      args: ["follow"],
      envFrom: [{ secretRef: { name: "mlflow-releases" } }],
    });
    expect(pod.containers[0]!.volumeMounts).to.deep.include({
      name: "config",
      mountPath: "/etc/release",
      readOnly: true,
    });
  });

  it("is told of the models exactly this, sorted by name", async () => {
    const made = await build(() => ({ models: [fraud(), churn] }));
    const { kubernetes: _, ...told } = churn;
    expect(configured(made)).to.deep.equal({
      stack: "mlplatform-dev",
      namespace: "models",
      region: "eu-west-1",
      models: [
        {
          ...told,
          kubernetes: {
            deployment: "churn",
            canaryDeployment: "churn-canary",
            configMap: "churn-release",
            metricsPort: 9090,
          },
        },
        {
          ...told,
          name: "fraud",
          from: "models:/fraud@champion",
          sagemaker: { endpointName: "mlplatform-dev-fraud", model: { ExecutionRoleArn: "made-up-arn" } },
        },
      ],
    });
  });

  it("may scale canaries and nothing else, and write no configuration but that of releases", async () => {
    expect(rulesOf(await build(() => ({ models: [fraud(), churn] })))).to.deep.equal([
      { apiGroups: [""], resources: ["configmaps"], verbs: ["list", "create", "delete"] },
      {
        apiGroups: [""],
        resources: ["configmaps"],
        verbs: ["get", "update"],
        resourceNames: ["churn-release", "fraud-release"],
      },
      {
        apiGroups: ["apps"],
        resources: ["deployments"],
        verbs: ["get"],
        resourceNames: ["churn", "churn-canary", "release-controller"],
      },
      { apiGroups: ["apps"], resources: ["deployments/scale"], verbs: ["patch"], resourceNames: ["churn-canary"] },
      { apiGroups: [""], resources: ["pods"], verbs: ["list", "patch"] },
    ]);
  });

  it("may delete no ConfigMap where nothing is served on SageMaker, whose records alone it clears away", async () => {
    const rules = rulesOf(await build(() => ({ models: [churn] }))) as { verbs: string[] }[];
    expect(rules.filter(({ verbs }) => verbs.includes("delete"))).to.deep.equal([]);
  });

  it("may scale nothing at all where no model is in the cluster: a rule without names would mean every name", async () => {
    const rules = rulesOf(await build(() => ({ models: [fraud()] }))) as { resources: string[] }[];
    expect(rules.flatMap(({ resources }) => resources)).to.not.include("deployments/scale");
  });

  it("may patch pods only after a policy holds it to one annotation, and none where no model is in the cluster", async () => {
    const policy =
      "kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicyBinding release-controller-pods";
    expect(dependencies(await build(), "kubernetes:rbac.authorization.k8s.io/v1:Role release-controller")).to.include(
      policy,
    );
    const elsewhere = await build(() => ({ models: [fraud()] }));
    expect(JSON.stringify(rulesOf(elsewhere))).to.not.contain('"patch"');
    expect(outline(elsewhere).join()).to.not.contain("ValidatingAdmissionPolicy");
  });

  it("gets an identity in the cloud, and a way to its agent, only where it does something there", async () => {
    const identity = new RecordedIdentity();
    const ports = (made: Made) =>
      JSON.stringify(inputs(made, "kubernetes:networking.k8s.io/v1:NetworkPolicy release-controller").spec);
    expect(ports(await build(() => ({ identity })))).to.not.contain("169.254.170.23");
    expect(identity.grants).to.deep.equal({});
    const made = await build(() => ({ identity, statements: [] }));
    expect(ports(made)).to.contain("169.254.170.23");
    expect(identity.grants["release-controller"]).to.include({
      namespace: "models",
      serviceAccount: "release-controller",
    });
    expect(dependencies(made, deployment)).to.include("test:index:Marker granted-release-controller");
  });

  it("is asked for metrics by monitoring alone, where there is any", async () => {
    const policy = async (over: () => Partial<ReleaseControllerArgs>) =>
      inputs(await build(over), "kubernetes:networking.k8s.io/v1:NetworkPolicy release-controller").spec as {
        ingress: object[];
      };
    expect((await policy(() => ({}))).ingress).to.deep.equal([]);
    const monitored = () => ({ monitors: [new Marker("monitors")], monitoringNamespace: "monitoring" });
    expect((await policy(monitored)).ingress).to.deep.equal([
      {
        from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } } }],
        ports: [{ port: 9090, protocol: "TCP" }],
      },
    ]);
    const made = await build(monitored);
    const service = inputs(made, "kubernetes:core/v1:Service release-controller") as {
      metadata: { labels: object };
      spec: { selector: object; ports: { name: string }[] };
    };
    const monitor = inputs(made, "kubernetes:monitoring.coreos.com/v1:ServiceMonitor release-controller-metrics")
      .spec as { selector: { matchLabels: object }; endpoints: { port: string }[] };
    expect(monitor.selector.matchLabels).to.deep.equal(service.metadata.labels);
    expect(service.spec.selector).to.deep.equal(service.metadata.labels);
    expect(service.spec.ports.map(({ name }) => name)).to.include(monitor.endpoints[0]!.port);
  });

  it("comes after what it changes, and so is gone before it", async () => {
    const made = await build();
    expect(dependencies(made, deployment)).to.include.members([
      "test:index:Marker endpoints",
      "test:index:Marker space",
      "kubernetes:core/v1:ConfigMap release-controller",
      "kubernetes:networking.k8s.io/v1:NetworkPolicy release-controller",
      "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding release-controller",
    ]);
    expect(waitedFor(made)).to.include(deployment);
  });

  it("asks for the same in a preview, where endpoints are not known yet", async () => {
    const over = () => ({ models: [fraud(), churn] });
    expect(outline(await build(over, true))).to.deep.equal(outline(await build(over)));
  });
});

const pinned = (over: Partial<PinnedReleaseArgs> = {}): PinnedReleaseArgs => ({
  model: "churn",
  from: "models:/churn/3",
  canary: churn.canary,
  objectives: churn.objectives,
  namespace: "models",
  image: "registry.example.com/ml/release:1.2.0",
  placement: { nodeSelector: {}, tolerations: [] },
  apiServerPorts: [443, 8443],
  after: [new Marker("served"), new Marker("controller")],
  ...over,
});
const job = "kubernetes:batch/v1:Job churn-release";
const releasing = (over: () => Partial<PinnedReleaseArgs> = () => ({})) =>
  building(() => {
    const release = new PinnedRelease("churn-release", pinned(over()));
    new Follower(release.ready);
  });

describe("the release of a version that the stack names", () => {
  it("is a Job that waits for this version, named after it: a Job cannot be changed", async () => {
    const made = await releasing();
    expect(inputs(made, job).metadata).to.deep.include({ name: "churn-release-3", namespace: "models" });
    const pod = podOf(made, job);
    expect(pod.containers[0]).to.deep.include({
      ...held,
      args: ["wait", "churn", "--version", "3", "--timeout-minutes", "30"],
    });
    expect(pod.securityContext).to.deep.include(heldPod);
    const next = await releasing(() => ({ from: "models:/churn/4" }));
    expect(inputs(next, job).metadata).to.have.property("name", "churn-release-4");
  });

  it("is another Job when the version is judged differently, and a failed one is made anew: the controller tries again then", async () => {
    const template = async (over: Partial<PinnedReleaseArgs>) =>
      (inputs(await releasing(() => over), job).spec as { template: object }).template;
    const before = await template({});
    expect(await template({ objectives: { ...churn.objectives, p99Millis: 500 } })).to.not.deep.equal(before);
    expect(await template({ canary: { ...churn.canary, percent: 20 } })).to.not.deep.equal(before);
    expect(await template({})).to.deep.equal(before);
    const { annotations } = inputs(await releasing(), job).metadata as { annotations: object };
    expect(annotations).to.deep.equal({ "pulumi.com/replaceUnready": "true" });
  });

  it("fails at once when the version was taken back, and tries again when only its pod was lost", async () => {
    expect(inputs(await releasing(), job).spec).to.deep.include({
      backoffLimit: 3,
      podFailurePolicy: {
        rules: [
          { action: "FailJob", onExitCodes: { containerName: "release", operator: "In", values: [1] } },
          { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
        ],
      },
    });
  });

  it("reaches the Kubernetes API at the cluster's own ports, as the controller does", async () => {
    const policy = (name: string) => `kubernetes:networking.k8s.io/v1:NetworkPolicy ${name}`;
    const https = (made: Made, name: string) => {
      const { egress } = inputs(made, policy(name)).spec as { egress: { ports: { port: number }[] }[] };
      return egress.flatMap(({ ports }) => ports).map(({ port }) => port);
    };
    expect(https(await releasing(), "churn-release")).to.include.members([443, 8443]);
    expect(https(await build(() => ({ reach: { apiServerPorts: [443, 16443] } })), "release-controller"))
      .to.include.members([443, 16443])
      .and.not.include(6443);
  });

  it("is given more time than the command, and the command more than the canary", async () => {
    const made = await releasing(() => ({ canary: { percent: 10, bakeMinutes: 60 } }));
    const { activeDeadlineSeconds } = inputs(made, job).spec as { activeDeadlineSeconds: number };
    const command = Number((podOf(made, job).containers[0]!.args as string[]).at(-1));
    expect(command).to.be.above(60);
    expect(activeDeadlineSeconds).to.be.above(command * 60);
  });

  it("may read the one object that tells the outcome", async () => {
    expect(rulesOf(await releasing(), "churn-release")).to.deep.equal([
      { apiGroups: [""], resources: ["configmaps"], verbs: ["get"], resourceNames: ["churn-release"] },
    ]);
    expect(podOf(await releasing(), job)).to.include({ serviceAccountName: "churn-release" });
  });

  it("comes after the model and who releases it", async () => {
    const made = await releasing();
    expect(dependencies(made, job)).to.include.members(["test:index:Marker served", "test:index:Marker controller"]);
    expect(waitedFor(made)).to.include(job);
    expect(the(made, job).protect).to.equal(false);
  });
});

describe("the key of a version", () => {
  it("is the registry's number, else the beginning of a digest: names of Jobs stay short", () => {
    expect(versionKey("models:/churn/31")).to.equal("31");
    expect(versionKey("s3://bucket/model")).to.equal("d270957640");
    expect(versionKey(`runs:/${"0".repeat(32)}/model`)).to.match(/^[0-9a-f]{10}$/);
    expect(versionKey("s3://bucket/other")).to.not.equal(versionKey("s3://bucket/model"));
    expect(`${"a".repeat(40)}-release-${versionKey("s3://bucket/model")}`.length).to.be.at.most(63);
  });

  it("is none for an alias", () => {
    expect(() => versionKey("models:/churn@champion")).to.throw("follows an alias");
  });
});
