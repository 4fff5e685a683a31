import { expect } from "chai";
import { lookAtRestoredServer } from "../../../components/foundation/existing/restoredServer";
import { lookAtLiving } from "../../../components/foundation/existingGround";
import type { ClusterReader, ObjectKey } from "../../../components/foundation/ownership/clusterReader";
import type { ExistingFoundationSettings } from "../../../components/settings/existingFoundation";

const folder = "mlplatform-old/database-0a1b2c3d";
const time = "2026-11-30T12:00:00Z";
const living = (annotations: Record<string, string>): Pick<ClusterReader, "find"> => ({
  find: async () => ({ labels: {}, annotations, managers: [] }),
});
const nobody: Pick<ClusterReader, "find"> = { find: async () => undefined };
const outcome = (from: { folder: string; time?: string }, reader: Pick<ClusterReader, "find">) =>
  lookAtRestoredServer(from, "database", reader).then(
    () => "goes on",
    (error: Error) => error.message,
  );

describe("a server in a cluster that is to be made of backups", () => {
  it("is made where none lives, or where the one that lives was made of the same", async () => {
    expect(await outcome({ folder }, nobody)).to.equal("goes on");
    expect(await outcome({ folder, time }, living({ "mlplatform/restored-from": `${folder} ${time}` }))).to.equal(
      "goes on",
    );
  });

  it("is refused beside one that was not, or of another folder or moment, with the way out", async () => {
    const neverRestored = await outcome({ folder }, living({}));
    expect(neverRestored).to.contain("foundation.database.restoreFrom");
    expect(neverRestored).to.contain("the one that lives was not restored");
    expect(neverRestored).to.contain("kubectl -n mlplatform delete clusters.postgresql.cnpg.io database");
    for (const other of [{ folder, time }, { folder: "mlplatform-old/database-99999999" }])
      expect(await outcome(other, living({ "mlplatform/restored-from": `${folder} latest` }))).to.contain(
        `the one that lives was made of ${folder} latest`,
      );
  });

  it("is not made where the cluster does not say what lives", async () => {
    const silent: Pick<ClusterReader, "find"> = {
      find: async () => {
        throw new Error("connection refused");
      },
    };
    expect(await outcome({ folder }, silent))
      .to.contain("cannot be asked")
      .and.to.contain("connection refused");
  });

  it("is looked for only where the settings restore one, and by its name", async () => {
    const asked: ObjectKey[] = [];
    const reader: Pick<ClusterReader, "find"> = {
      find: async (key) => {
        asked.push(key);
        return undefined;
      },
    };
    const settings = (database: object) => ({ database }) as ExistingFoundationSettings;
    await lookAtLiving(settings({ kind: "adopt", host: "postgres.data.svc" }), reader);
    await lookAtLiving(settings({ kind: "cloudnativepg", instances: 1 }), reader);
    expect(asked).to.deep.equal([]);
    await lookAtLiving(settings({ kind: "cloudnativepg", restoreFrom: { folder } }), reader);
    expect(asked).to.deep.equal([
      { apiVersion: "postgresql.cnpg.io/v1", kind: "Cluster", namespace: "mlplatform", name: "database" },
    ]);
  });
});
