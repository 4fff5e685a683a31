import { expect } from "chai";
import { TestStack } from "./runs";

const nodeGroup = "aws:eks/nodeGroup:NodeGroup";
const apps = "mlplatform-nodes-apps";
const none = { create: 0, update: 0, replace: 0, delete: 0 };

interface Choice {
  version?: string;
  tags?: Record<string, string>;
  maxNodes?: number;
  instanceTypes?: string[];
  nodeImageVersion?: string;
}

const config = ({
  version = "1.34",
  tags = { team: "ml" },
  maxNodes = 4,
  instanceTypes = ["m7i.large"],
  ...more
}: Choice) => ({
  foundation: {
    kind: "aws",
    region: "eu-west-1",
    dataProtection: false,
    tags,
    cluster: {
      version,
      ...more,
      nodeGroups: {
        system: { purpose: "system", instanceTypes: ["m7i.large"], minNodes: 2, maxNodes: 3 },
        apps: { purpose: "apps", instanceTypes, minNodes: 1, maxNodes },
      },
    },
  },
});

describe("nodes of managed groups, on the simulated cloud", function () {
  this.timeout(240_000);
  const stack = new TestStack("nodes", config({}));
  const running = () => stack.outputs(nodeGroup, apps);
  const change = async (choice: Choice) => {
    stack.configure(config(choice));
    return stack.succeed("up");
  };
  const touched = (operations: { kind: string; type: string; name: string }[], types: RegExp) =>
    operations
      .filter(({ type }) => types.test(type))
      .map(({ kind, type, name }) => `${kind} ${type.split(":")[2]} ${name}`);

  before(() => stack.succeed("up"));
  after(() => stack.remove());

  it("go on when their most is raised while the autoscaler has started more than there were at first", async () => {
    stack.scales(apps, 4);
    expect((await stack.succeed("preview")).changes, "the autoscaler's work is no change").to.include(none);
    const { operations } = await change({ maxNodes: 8 });
    expect(touched(operations, /nodeGroup/)).to.deep.equal([`update NodeGroup ${apps}`]);
    expect(running().scalingConfig).to.deep.equal({ minSize: 1, maxSize: 8, desiredSize: 4 });
    expect((await stack.succeed("preview")).changes).to.include(none);
  });

  it("are not rolled by a tag, which the group gets at once and the launch template has for the next", async () => {
    const { tagsAll: _, ...before } = running();
    const { operations } = await change({ maxNodes: 8, tags: { team: "platform" } });
    expect(touched(operations, /launchTemplate/)).to.have.length(2);
    expect(touched(operations, /nodeGroup/).filter((each) => !each.startsWith("update"))).to.deep.equal([]);
    const { tagsAll, ...after } = running();
    expect(tagsAll).to.include({ team: "platform" });
    expect(after, "its template, release and version stay, so no node is ended").to.deep.equal(before);
  });

  const tags = { team: "platform" };
  it("are as many in the group that takes the place of one of another type, which goes last", async () => {
    stack.scales(apps, 5);
    const { operations } = await change({ maxNodes: 8, tags, instanceTypes: ["m7i.xlarge"] });
    expect(touched(operations, /nodeGroup/)).to.deep.equal([`create NodeGroup ${apps}`, `delete NodeGroup ${apps}`]);
    expect(running().scalingConfig.desiredSize).to.equal(5);
  });

  const now: Choice = { maxNodes: 8, tags, instanceTypes: ["m7i.xlarge"] };
  it("are refused two minor versions at once, with the steps", async () => {
    stack.configure(config({ ...now, version: "1.36" }));
    const { error } = await stack.run("preview");
    expect(error).to.contain("EKS goes up one minor version at a time");
    expect(error).to.contain('Write one after the other and run pulumi up for each: "1.35", "1.36".');
  });

  for (const version of ["1.35", "1.36"]) {
    it(`follow the control plane to ${version}: first it, then the proxy and the network, the nodes, and DNS`, async () => {
      const { operations } = await change({ ...now, version });
      const moved = operations.filter(({ type }) => /^aws:eks\/(cluster|nodeGroup|addon):/.test(type));
      const names = moved.map(({ kind, name }) => `${kind} ${name}`);
      const at = (name: string) => names.indexOf(`update ${name}`);
      expect(at("mlplatform-eks-eksCluster"), "the control plane is first").to.equal(
        names.findIndex((each) => each.startsWith("update")),
      );
      for (const group of [apps, "mlplatform-nodes-system"]) {
        expect(at(group)).to.be.above(at("mlplatform-nodes-kube-proxy"));
        expect(at(group)).to.be.above(at("mlplatform-nodes-vpc-cni"));
        expect(at(group)).to.be.below(at("mlplatform-nodes-coredns"));
      }
      expect(running().version).to.equal(version);
      expect(running().scalingConfig.desiredSize, "no node is ended").to.equal(5);
      expect(stack.outputs("aws:eks/addon:Addon", "mlplatform-nodes-kube-proxy").addonVersion).to.contain(version);
      expect((await stack.succeed("preview")).changes).to.include(none);
    });
  }

  it("never go back", async () => {
    stack.configure(config({ ...now, version: "1.35" }));
    expect((await stack.run("preview")).error).to.contain('Write version: "1.36".');
  });

  it("take a new image by one setting", async () => {
    const { operations } = await change({ ...now, version: "1.36", nodeImageVersion: "1.62.0" });
    expect(touched(operations, /nodeGroup/).sort()).to.deep.equal([
      `update NodeGroup ${apps}`,
      "update NodeGroup mlplatform-nodes-system",
    ]);
    expect(running().releaseVersion).to.equal("1.62.0-00000000");
  });
});
