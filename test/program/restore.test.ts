import { expect } from "chai";
import { TestStack } from "./runs";

const config = (database: object) => ({
  foundation: {
    kind: "aws",
    region: "eu-west-1",
    dataProtection: false,
    cluster: { nodeGroups: { system: { purpose: "system", instanceTypes: ["m7i.large"], minNodes: 2, maxNodes: 3 } } },
    database,
  },
});
const snapshot = (name: string) => config({ restoreFrom: { kind: "snapshot", snapshot: name } });
const server = "aws:rds/instance:Instance";

describe("a database that is brought back by a setting, on the simulated cloud", function () {
  this.timeout(600_000);
  const stack = new TestStack("restored", snapshot("mlplatform-restored-before"));
  after(() => stack.remove());

  it("is made of the snapshot, and a second run changes nothing", async () => {
    await stack.succeed("up");
    expect(stack.asked(server)[0]?.inputs).to.include({ snapshotIdentifier: "mlplatform-restored-before" });
    expect((await stack.succeed("preview")).changes).to.include({ create: 0, update: 0, replace: 0, delete: 0 });
  });

  it("is refused from another snapshot while it lives", async () => {
    stack.configure(snapshot("mlplatform-restored-other"));
    const { result, error } = await stack.run("preview");
    expect(result).to.equal("failed");
    expect(error).to.contain("the one that lives was made of mlplatform-restored-before");
  });

  it("stays when the setting is taken out, and is then refused to be restored", async () => {
    stack.configure(config({}));
    const { operations } = await stack.succeed("up");
    expect(operations.map(({ kind, type }) => `${kind} ${type}`)).to.deep.equal([`update ${server}`]);
    stack.configure(snapshot("mlplatform-restored-before"));
    expect((await stack.run("preview")).error).to.contain("the one that lives was not restored");
  });
});
