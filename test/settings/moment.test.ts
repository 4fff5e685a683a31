import { expect } from "chai";
import { parseSettings } from "../../components/settings/parse";

const restored = (time: string) => {
  const { foundation } = parseSettings(
    {
      foundation: {
        kind: "existing",
        context: "kind-test",
        database: { restoreFrom: { folder: "mlplatform-dev/database-0a1b2c3d", time } },
      },
      backup: { store: { endpoint: "https://s3.example.com", bucket: "backups", secretName: "backup-store" } },
    },
    {},
  );
  return JSON.stringify(foundation.database);
};

describe("a moment in the settings", () => {
  it("is the same with quotes and without, where Pulumi hands it on in other words", () => {
    expect(restored("2026-11-30 12:00:00 +0000 UTC")).to.equal(restored("2026-11-30T12:00:00Z"));
    expect(restored("2026-11-30T12:00:00Z")).to.contain('"time":"2026-11-30T12:00:00Z"');
  });

  it("is refused in another zone, with one that is right", () => {
    for (const other of ["2026-11-30T12:00:00+01:00", "2026-11-30 12:00:00 +0100 CET", "2026-11-30"])
      expect(() => restored(other)).to.throw(/a moment in UTC such as 2026-11-30T12:00:00Z/);
  });
});
