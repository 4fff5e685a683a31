import { expect } from "chai";
import { chartSource } from "../../../charts/source";
import { Karpenter } from "../../../components/foundation/cluster/karpenter";
import { KarpenterPool } from "../../../components/foundation/cluster/karpenterPool";
import { NodeRole } from "../../../components/foundation/cluster/nodeRole";
import { account, building, clusterName, Marker, nodePlan, RecordedIdentity, tags } from "../../support/foundation";
import { dependencies, inputs, outline, statements } from "../../support/outline";

const make = (identity: RecordedIdentity = new RecordedIdentity()) =>
  new Karpenter("k", {
    account,
    clusterName,
    nodeRole: new NodeRole("role", { account }),
    securityGroupId: "sg-cluster",
    pools: { apps: nodePlan("apps"), training: nodePlan("training", { purpose: "training", spot: true }) },
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

describe("a pool of Karpenter", () => {
  const pool = (over: Parameters<typeof nodePlan>[1]) =>
    building(
      () =>
        new KarpenterPool("pool", {
          poolName: "apps",
          plan: nodePlan("apps", over),
          clusterName,
          instanceProfile: "profile",
          securityGroupId: "sg-cluster",
          consolidateAfterMinutes: 5,
          tags,
          after: [new Marker("controller")],
        }),
    );

  it("starts nodes of the plan's types, up to its number, and takes away only empty ones", async () => {
    const plan = { purpose: "training", spot: true, instanceTypes: ["m7g.large"], maxNodes: 20 } as const;
    const made = await pool({ ...plan, instanceTypes: [...plan.instanceTypes] });
    expect(inputs(made, "kubernetes:karpenter.sh/v1:NodePool pool")).to.deep.equal({
      apiVersion: "karpenter.sh/v1",
      kind: "NodePool",
      metadata: { name: "apps" },
      spec: {
        template: {
          metadata: { labels: { "mlplatform/purpose": "training", "mlplatform/node-group": "apps" } },
          spec: {
            nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "apps" },
            taints: [{ key: "mlplatform/purpose", value: "training", effect: "NoSchedule" }],
            requirements: [
              { key: "node.kubernetes.io/instance-type", operator: "In", values: ["m7g.large"] },
              { key: "kubernetes.io/arch", operator: "In", values: ["arm64"] },
              { key: "karpenter.sh/capacity-type", operator: "In", values: ["spot"] },
            ],
            expireAfter: "Never",
          },
        },
        limits: { nodes: "20" },
        disruption: { consolidationPolicy: "WhenEmpty", consolidateAfter: "5m" },
      },
    });
  });

  it("starts nodes in this cluster's subnets, with an encrypted disk, tagged, closed to pods", async () => {
    const made = await pool({ diskGiB: 150 });
    const { spec } = inputs(made, "kubernetes:karpenter.k8s.aws/v1:EC2NodeClass pool-class");
    expect(spec).to.deep.equal({
      amiSelectorTerms: [{ alias: "bottlerocket@latest" }],
      instanceProfile: "profile",
      subnetSelectorTerms: [{ tags: { "karpenter.sh/discovery": clusterName } }],
      securityGroupSelectorTerms: [{ id: "sg-cluster" }],
      metadataOptions: { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1 },
      blockDeviceMappings: [
        {
          deviceName: "/dev/xvdb",
          ebs: { volumeSize: "150Gi", volumeType: "gp3", encrypted: true, deleteOnTermination: true },
        },
      ],
      userData: "[settings.kubernetes]\nmax-pods = 110\n",
      tags: { team: "ml-platform", Name: "mlplatform-test-apps" },
    });
    expect(dependencies(made, "kubernetes:karpenter.k8s.aws/v1:EC2NodeClass pool-class")).to.deep.equal([
      "test:index:Marker controller",
    ]);
  });
});
