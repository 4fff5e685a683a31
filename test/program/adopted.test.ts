import { expect } from "chai";
import { TestStack } from "./runs";

const subnets = (first: number) => [0, 1, 2].map((step) => `subnet-0000000000000000${first + step}`);
const foundation = {
  kind: "aws",
  region: "eu-west-1",
  dataProtection: false,
  network: {
    kind: "adopt",
    vpcId: "vpc-00000000000000001",
    privateSubnetIds: subnets(1),
    publicSubnetIds: subnets(4),
  },
  cluster: { kind: "adopt", name: "existing" },
};
const none = { create: 0, update: 0, replace: 0, delete: 0 };

describe("a cluster that exists, on the simulated cloud", function () {
  this.timeout(240_000);
  const stack = new TestStack("adopted", { foundation, mlflow: {}, jupyterhub: {} });
  after(() => stack.remove());

  it("gets databases and buckets beside it; nothing of it is made or changed", async () => {
    const { changes, outputs } = await stack.succeed("up");
    expect(changes).to.include({ update: 0, replace: 0, delete: 0 });
    expect(outputs).to.include({ clusterName: "existing" });
    const types = new Set(stack.existing().map(({ type }) => type));
    expect([...types]).to.include.members(["aws:rds/instance:Instance", "aws:s3/bucket:Bucket"]);
    for (const type of ["eks/cluster:Cluster", "eks/nodeGroup:NodeGroup", "eks/addon:Addon", "ec2/vpc:Vpc"]) {
      expect([...types]).to.not.include(`aws:${type}`);
    }
  });

  it("lets the service account of notebooks read the models' data, and write what is theirs", () => {
    const named = (type: string) =>
      stack
        .plan()
        .resources.find((each) => each.type === type && each.urn.endsWith("::mlplatform-jupyterhub-notebook"))!;
    expect(named("aws:eks/podIdentityAssociation:PodIdentityAssociation").inputs).to.include({
      namespace: "jupyterhub",
      serviceAccount: "notebook",
    });
    const policy = JSON.parse(named("aws:iam/rolePolicy:RolePolicy").inputs.policy as string);
    const written = policy.Statement.filter(({ Action }: { Action: string[] }) => Action.includes("s3:PutObject"));
    expect(written.flatMap(({ Resource }: { Resource: string[] }) => Resource).join()).to.match(
      /^arn:aws:s3:::[^/]+\/scratch\/\*$/,
    );
  });

  it("shows no change in the preview right after", async () => {
    expect((await stack.succeed("preview")).changes).to.include(none);
  });

  it("stays when the stack goes, which leaves nothing of its own", async () => {
    await stack.succeed("destroy");
    expect(stack.existing()).to.deep.equal([]);
  });

  it("is refused by name and path where there is no such cluster", async () => {
    stack.configure({ foundation: { ...foundation, cluster: { kind: "adopt", name: "nowhere" } } });
    const lost = await stack.run("preview");
    expect(lost.error).to.match(/foundation\.cluster\.name.*nowhere/s);
    expect(stack.existing()).to.deep.equal([]);
  });
});

describe("a stack with accountId, on the simulated cloud", function () {
  this.timeout(240_000);
  const accountId = "1".repeat(12);
  const stack = new TestStack("numbered", { foundation: { ...foundation, accountId } });
  after(() => stack.remove());

  it("is rehearsed in an account of that number", async () => {
    await stack.succeed("up");
    const named = JSON.stringify(stack.plan());
    expect(named).to.contain(accountId);
    expect(named).to.not.match(/:0{12}:|\D0{12}\.dkr/);
    expect((await stack.succeed("preview")).changes).to.include(none);
  });

  it("is refused once the account is another one", async () => {
    stack.configure({ foundation: { ...foundation, accountId: "2".repeat(12) } });
    const refused = await stack.run("preview");
    expect(refused.result).to.equal("failed");
    expect(refused.error).to.contain(`AWS account ID not allowed: ${accountId}`);
  });

  it("is destroyed whole", async () => {
    stack.configure({ foundation: { ...foundation, accountId } });
    await stack.succeed("destroy");
    expect(stack.existing()).to.deep.equal([]);
  });
});
