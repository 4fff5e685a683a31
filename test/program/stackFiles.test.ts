import { expect } from "chai";
import { ownPack } from "../../simulator/project";
import { TestStack } from "./runs";

const boundaryArn = "arn:aws:iam::000000000000:policy/mlplatform-boundary";
const none = { create: 0, update: 0, replace: 0, delete: 0 };

for (const name of ["dev", "prod"]) {
  describe(`the whole program with Pulumi.${name}.yaml, on the simulated cloud`, function () {
    this.timeout(240_000);
    const stack = new TestStack(name);
    after(() => stack.remove());
    let planned: Map<string, string[]>;

    const outline = () => new Map(stack.plan().resources.map(({ urn, type }) => [urn, [type]]));

    it("previews without making anything, breaks no rule of the policy pack, and gives every role its boundary", async () => {
      const boundaries = new Map<string, unknown>();
      const { changes, findings } = await stack.succeed("preview", {
        policyPack: { path: ownPack },
        overrides: [`governance.permissionsBoundaryArn=${boundaryArn}`],
        onEvent: ({ resourcePreEvent }) => {
          const made = resourcePreEvent?.metadata.new;
          if (made?.type === "aws:iam/role:Role") boundaries.set(made.urn, made.inputs.permissionsBoundary);
        },
      });
      expect(findings).to.deep.equal([]);
      // The cluster's own role, which a package of components makes, is among them.
      expect([...boundaries.keys()].join()).to.contain("eks:index:Cluster$");
      expect(new Set(boundaries.values())).to.deep.equal(new Set([boundaryArn]));
      expect(changes.create).to.be.greaterThan(150);
      expect(stack.existing()).to.deep.equal([]);
      planned = outline();
    });

    it("builds what it previewed; only what charts render on a new cluster comes on top", async () => {
      const { changes, outputs } = await stack.succeed("up");
      expect(changes).to.include({ update: 0, replace: 0, delete: 0 });
      const built = outline();
      const chartChild = (urn: string) => urn.includes("$kubernetes:helm.sh/v4:Chart$");
      expect([...built.keys()].filter((urn) => !planned.has(urn) && !chartChild(urn))).to.deep.equal([]);
      expect([...planned.keys()].filter((urn) => !built.has(urn))).to.deep.equal([]);
      expect(outputs).to.include.keys(
        "vpcId",
        "clusterName",
        "kubeconfig",
        "databaseHost",
        "artifactsBucket",
        "certificateArn",
      );
      expect(outputs.kubeconfig).to.equal("[secret]");
    });

    it("shows no change in the preview right after", async () => {
      const { changes } = await stack.succeed("preview");
      expect(changes).to.include(none);
    });

    it("shows no change after a refresh either", async () => {
      expect((await stack.succeed("refresh")).changes).to.include(none);
      expect((await stack.succeed("preview")).changes).to.include(none);
    });

    if (name === "prod") {
      it("is not destroyed while its data is protected", async () => {
        const result = await stack.run("destroy");
        expect(result.result).to.equal("failed");
        expect(result.error).to.match(/protect/);
        expect(stack.existing().some(({ type }) => type === "aws:rds/instance:Instance")).to.equal(true);
      });
    }

    it("is destroyed whole, leaving nothing in the account but its one trust in the git host", async () => {
      if (name === "prod") await stack.succeed("up", { overrides: ["foundation.dataProtection=false"] });
      await stack.succeed("destroy");
      expect(stack.existing().map(({ type }) => type)).to.deep.equal([
        "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
      ]);
    });
  });
}
