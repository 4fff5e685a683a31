import { readFileSync } from "node:fs";
import { expect } from "chai";
import { leftOut, suiteNames, suites } from "../runner/suites";
import { olderThan } from "../support/olderVersions";

describe("the drill of older databases", () => {
  it("says of each older version of MLflow all packages that were of another version, and nothing else", () => {
    const older = olderThan("mlflow", "mlflow");
    expect(older).to.have.length(2);
    for (const { file, version } of older)
      expect(
        [...readFileSync(file, "utf8").matchAll(/^(\S+?)==(\S+)/gm)].map(([, name, at]) => [name, at]),
      ).to.deep.equal(["mlflow", "mlflow-skinny", "mlflow-tracing"].map((name) => [name, version]));
  });

  it("runs by its name alone, and is told of where names are", () => {
    const names = (only: string[]) => suites(["quick", "real"], only).map(({ suite }) => suite);
    expect(names([])).to.include.members(["restore", "upgrade", "types"]);
    expect(names([])).not.to.include("olderDatabases");
    expect(names(["olderDatabases"])).to.deep.equal(["olderDatabases"]);
    expect(suiteNames("real")).to.include.members(["restore", "olderDatabases (by this name alone)"]);
    expect(leftOut(["real"], [])).to.deep.equal([
      "olderDatabases: installs older versions, for minutes: make drill-upgrade",
    ]);
    expect([...leftOut(["quick"], []), ...leftOut(["real"], ["restore"])]).to.deep.equal([]);
  });
});
