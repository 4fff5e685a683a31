import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { madeUpKubeconfig } from "./kubeconfig";
import { TestStack } from "./runs";

const context = "kind-made-up";
const server = "kubernetes:postgresql.cnpg.io/v1:Cluster";
/** As the account has it, of whatever version. */
const stored = "kubernetes:postgresql.cnpg.io/Cluster";
const folder = "mlplatform-old/database-0a1b2c3d";

describe("PostgreSQL in a cluster that is brought back by a setting, on the simulated cloud", function () {
  this.timeout(600_000);
  const home = mkdtempSync(join(tmpdir(), "restored-"));
  const kubeconfig = join(home, "config");
  const config = (database: object) => ({
    foundation: { kind: "existing", kubeconfig, context, dataProtection: false, database },
    mlflow: {},
    backup: { store: { endpoint: "https://s3.backup.example.com", bucket: "backups", secretName: "backup-store" } },
  });
  const stack = new TestStack("restored", config({ restoreFrom: { folder } }));
  /** Folder that the server writes its own backups to. */
  const ownFolder = () => {
    const spec = stack.outputs(stored, "mlplatform-database").spec as {
      backup: { barmanObjectStore: { destinationPath: string; serverName: string } };
    };
    return `${spec.backup.barmanObjectStore.destinationPath}/${spec.backup.barmanObjectStore.serverName}`;
  };
  let first: string;
  before(() => {
    writeFileSync(kubeconfig, madeUpKubeconfig(context));
    stack.prepare(`context/${context}`, "Namespace", "mlplatform");
    const data = { accessKeyId: "bWFkZSB1cA==", secretAccessKey: "bWFkZSB1cA==" };
    stack.prepare(`context/${context}`, "Secret", "backup-store", { data });
  });
  after(() => {
    stack.remove();
    rmSync(home, { recursive: true });
  });

  it("is made of its backups, and a second run changes nothing", async () => {
    await stack.succeed("up");
    expect(stack.asked(server)[0]?.inputs.spec).to.deep.include({ bootstrap: { recovery: { source: "backup" } } });
    first = ownFolder();
    expect((await stack.succeed("preview")).changes).to.include({ create: 0, update: 0, replace: 0, delete: 0 });
  });

  it("is refused from another folder or moment while it lives", async () => {
    for (const other of [{ folder, time: "2026-11-30T12:00:00Z" }, { folder: "mlplatform-old/database-99999999" }]) {
      stack.configure(config({ restoreFrom: other }));
      const { result, error } = await stack.run("preview");
      expect(result).to.equal("failed");
      expect(error, error).to.contain(`the one that lives was made of ${folder} latest`);
    }
  });

  it("stays in its folder when the setting is taken out, and is then refused to be restored", async () => {
    stack.configure(config({}));
    const { operations } = await stack.succeed("up");
    expect(operations.map(({ kind, type }) => `${kind} ${type}`)).to.deep.equal([`update ${server}`]);
    expect(ownFolder()).to.equal(first);
    stack.configure(config({ restoreFrom: { folder } }));
    expect((await stack.run("preview")).error).to.contain("the one that lives was not restored");
  });

  it("is made anew of that folder once it is gone, and writes to another", async () => {
    stack.loses(stored, "mlplatform-database");
    await stack.succeed("refresh");
    stack.configure(config({ restoreFrom: { folder: first.replace("s3://backups/", "") } }));
    await stack.succeed("up");
    expect(ownFolder()).not.to.equal(first);
    expect((await stack.succeed("preview")).changes).to.include({ create: 0, update: 0, replace: 0, delete: 0 });
  });
});
