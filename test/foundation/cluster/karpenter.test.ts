import { expect } from "chai";
import { chartSource } from "../../../charts/source";
import { Karpenter } from "../../../components/foundation/cluster/karpenter";
import { NodeRole } from "../../../components/foundation/cluster/nodeRole";
import { account, building, clusterName, Marker, nodePlan, RecordedIdentity, tags } from "../../support/foundation";
import { dependencies, inputs, outline, statements } from "../../support/outline";

const make = (identity: RecordedIdentity = new RecordedIdentity()) =>
  new Karpenter("k", {
    account,
    clusterName,
    nodeRole: new NodeRole("role", { account }),
    securityGroupId: "sg-cluster",
    subnetIds: ["subnet-a", "subnet-b"],
    pools: { apps: nodePlan("apps"), training: nodePlan("training", { purpose: "training", spot: true }) },
    keyArn: "arn:key",
    imageVersion: "1.61.0",
    consolidateAfterMinutes: 5,
    tags,
    identity,
    nodeSelector: { "mlplatform/purpose": "system" },
    after: [new Marker("nodes")],
  });
const crds = "kubernetes:helm.sh/v4:Chart k-crd";
const controller = "kubernetes:helm.sh/v4:Chart k-controller";
const nodeClass = "kubernetes:karpenter.k8s.aws/v1:EC2NodeClass k-apps-class";
const nodePool = "kubernetes:karpenter.sh/v1:NodePool k-apps";
const notices = ["capacity", "health", "rebalance", "spot", "state"];

describe("Karpenter", () => {
  it("is its CRDs, its controller, a queue of interruption notices, and a pool by each group's key", async () => {
    const made = outline(await building(make)).filter((line) => !line.includes(" role"));
    expect(made).to.deep.equal([
      "Karpenter k",
      "  Controller k-controller",
      `    ${controller}`,
      "  KarpenterPool k-apps",
      `    ${nodeClass}`,
      `    ${nodePool}`,
      "  KarpenterPool k-training",
      "    kubernetes:karpenter.k8s.aws/v1:EC2NodeClass k-training-class",
      "    kubernetes:karpenter.sh/v1:NodePool k-training",
      ...notices.map((notice) => `  cloudwatch.EventRule k-${notice}`),
      ...notices.map((notice) => `  cloudwatch.EventTarget k-${notice}`),
      "  iam.InstanceProfile k",
      `  ${crds}`,
      "  sqs.Queue k",
      "  sqs.QueuePolicy k",
    ]);
  });

  it("is made in turn, and so destroyed in turn: CRDs, controller, pools", async () => {
    const made = await building(make);
    expect(dependencies(made, crds)).to.deep.equal(["test:index:Marker nodes"]);
    expect(dependencies(made, controller)).to.include.members([
      crds,
      "kubernetes:apps/v1:Deployment k-crd-pods",
      "test:index:Marker granted-k-controller",
      "iam.RolePolicyAttachment role-AmazonEKSWorkerNodePolicy",
    ]);
    expect(dependencies(made, nodeClass)).to.include.members([
      controller,
      "kubernetes:apps/v1:Deployment k-controller-pods",
    ]);
    expect(dependencies(made, nodePool)).to.deep.equal([nodeClass]);
  });

  it("takes its CRDs from their own chart, not from the controller's", async () => {
    const made = await building(make);
    expect(inputs(made, crds)).to.deep.equal({
      ...chartSource("karpenter-crd"),
      name: "karpenter-crd",
      namespace: "kube-system",
    });
    expect(inputs(made, controller)).to.deep.include({ ...chartSource("karpenter"), skipCrds: true });
    expect(inputs(made, controller).values).to.deep.include({
      settings: { clusterName, interruptionQueue: clusterName },
      nodeSelector: { "mlplatform/purpose": "system" },
    });
  });

  it("hears of interruptions through an encrypted queue that only its own rules write to", async () => {
    const made = await building(make);
    expect(inputs(made, "sqs.Queue k")).to.deep.equal({
      name: clusterName,
      messageRetentionSeconds: 300,
      sqsManagedSseEnabled: true,
    });
    expect(JSON.parse(inputs(made, "cloudwatch.EventRule k-spot").eventPattern as string)).to.deep.equal({
      source: ["aws.ec2"],
      "detail-type": ["EC2 Spot Instance Interruption Warning"],
    });
    expect(inputs(made, "cloudwatch.EventTarget k-spot")).to.deep.equal({
      rule: "k-spot",
      arn: "arn:aws:fake:eu-west-1:000000000000:aws:sqs/queue:Queue/k",
    });
    const policy = JSON.stringify(statements(made, "sqs.QueuePolicy k"));
    for (const notice of notices) expect(policy).to.contain(`EventRule/k-${notice}`);
  });

  it("may pass its nodes the role of the managed groups, and no other", async () => {
    const identity = new RecordedIdentity();
    const made = await building(() => make(identity));
    expect(inputs(made, "iam.InstanceProfile k")).to.deep.equal({ role: "role" });
    const granted = identity.grants["k-controller"]!;
    expect([granted.namespace, granted.serviceAccount]).to.deep.equal(["kube-system", "karpenter"]);
  });
});
