import { expect } from "chai";
import type { RunResult } from "../../simulator/runOptions";
import { TestStack } from "./runs";

const foundation = {
  kind: "aws",
  region: "eu-west-1",
  dataProtection: false,
  cluster: {
    sharedStorage: true,
    scaling: { kind: "karpenter" },
    nodeGroups: {
      system: { purpose: "system", instanceTypes: ["m7i.large"], minNodes: 2, maxNodes: 3 },
      training: { purpose: "training", instanceTypes: ["m7i.xlarge"], maxNodes: 2 },
    },
  },
};

/** Deletes in the order the account saw them. */
class Deletes {
  private readonly order: { type: string; name: string }[];

  constructor(result: RunResult) {
    this.order = result.operations.filter(({ kind }) => kind === "delete");
  }

  /** Positions of what matches; there is at least one. */
  at(type: string, name: RegExp = /./): number[] {
    const found = this.order.flatMap((each, index) => (each.type === type && name.test(each.name) ? [index] : []));
    expect(found, `deletes of ${type} ${name}`).not.to.deep.equal([]);
    return found;
  }
}

describe("destroy, on the simulated cloud", function () {
  this.timeout(240_000);
  const stack = new TestStack("order", { foundation, mlflow: {}, backup: { objects: true, lock: "governance" } });
  let deletes: Deletes;
  before(async () => {
    await stack.succeed("up");
    deletes = new Deletes(await stack.succeed("destroy"));
  });
  after(() => stack.remove());

  const chart = "kubernetes:helm.sh/v4:Chart";
  const orders: [string, () => number[], () => number[]][] = [
    [
      "the last nodes before the routes they reach AWS by",
      () => deletes.at("aws:eks/nodeGroup:NodeGroup"),
      () => deletes.at("aws:ec2/route:Route"),
    ],
    [
      "the last nodes before the gateways",
      () => deletes.at("aws:eks/nodeGroup:NodeGroup"),
      () => [...deletes.at("aws:ec2/natGateway:NatGateway"), ...deletes.at("aws:ec2/internetGateway:InternetGateway")],
    ],
    [
      "Karpenter's pools before their classes",
      () => deletes.at("kubernetes:karpenter.sh/v1:NodePool"),
      () => deletes.at("kubernetes:karpenter.k8s.aws/v1:EC2NodeClass"),
    ],
    [
      "Karpenter's pools and classes before its permissions and its queue",
      () => deletes.at("kubernetes:karpenter.k8s.aws/v1:EC2NodeClass"),
      () => [
        ...deletes.at("aws:eks/podIdentityAssociation:PodIdentityAssociation", /karpenter/),
        ...deletes.at("aws:sqs/queue:Queue"),
      ],
    ],
    [
      "storage classes before the drivers",
      () => deletes.at("kubernetes:storage.k8s.io/v1:StorageClass"),
      () => deletes.at("aws:eks/addon:Addon", /storage/),
    ],
    [
      "drivers before the nodes they run on",
      () => deletes.at("aws:eks/addon:Addon", /storage|services|coredns/),
      () => deletes.at("aws:eks/nodeGroup:NodeGroup"),
    ],
    [
      "nodes before the network add-on that gives their pods addresses",
      () => deletes.at("aws:eks/nodeGroup:NodeGroup"),
      () => deletes.at("aws:eks/addon:Addon", /vpc-cni/),
    ],
    [
      "the app's database before the function that drops it and the rule that lets it in",
      () => deletes.at("aws:lambda/invocation:Invocation"),
      () => [
        ...deletes.at("aws:lambda/function:Function"),
        ...deletes.at("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", /access-to-postgres/),
        ...deletes.at("aws:rds/instance:Instance"),
      ],
    ],
    [
      "what fills the vault of backups before the vault, and its lock too",
      () => [
        ...deletes.at("aws:backup/selection:Selection"),
        ...deletes.at("aws:backup/plan:Plan"),
        ...deletes.at("aws:backup/vaultLockConfiguration:VaultLockConfiguration"),
      ],
      () => deletes.at("aws:backup/vault:Vault"),
    ],
    [
      "mount targets before the file system",
      () => deletes.at("aws:efs/mountTarget:MountTarget"),
      () => deletes.at("aws:efs/fileSystem:FileSystem"),
    ],
    [
      "the cluster before its key",
      () => deletes.at("aws:eks/cluster:Cluster"),
      () => deletes.at("aws:kms/key:Key", /cluster/),
    ],
  ];
  for (const [title, first, then] of orders) {
    it(`removes ${title}`, () => {
      expect(Math.max(...first())).to.be.below(Math.min(...then()));
    });
  }

  it("makes no operation of the charts themselves: they are components", () => {
    expect(() => deletes.at(chart)).to.throw();
  });
});

describe("destroy of a protected stack, on the simulated cloud", function () {
  this.timeout(240_000);
  const stack = new TestStack("guarded", { foundation: { ...foundation, dataProtection: true } });
  after(() => stack.remove());

  it("is refused before the first thing is deleted", async () => {
    await stack.succeed("up");
    const before = stack.existing().length;
    const result = await stack.run("destroy");
    expect(result.result).to.equal("failed");
    expect(result.error).to.match(/mlplatform-guard.*protected/s);
    expect(result.operations.map(({ type, name }) => `${type} ${name}`)).to.deep.equal([]);
    expect(stack.existing().length).to.equal(before);
  });
});
