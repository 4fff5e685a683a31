import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { pytestSuite } from "../../test/support/pytest";

const workloads = join(__dirname, "../../workloads");

pytestSuite("Drift check", {
  environment: "examples",
  folder: join(workloads, "drift"),
  installSeconds: 600,
  runSeconds: 2400,
});

describe("What the drift check is installed with", () => {
  const pins = (name: string) =>
    readFileSync(join(workloads, "requirements", `${name}.txt`), "utf8")
      .split("\n")
      .filter((line) => /^\S+==/.test(line));

  it("is in the environment of its tests, version by version", () => {
    expect(pins("examples")).to.include.members(pins("drift"));
  });

  it("is what MLflow's server has, where both have it: a baseline is read by the client of the server that keeps it", () => {
    const versions = (name: string) => new Map(pins(name).map((pin) => pin.split("==") as [string, string]));
    const server = versions("mlflow");
    for (const [name, version] of versions("examples")) {
      if (server.has(name)) expect(version, name).to.equal(server.get(name));
    }
  });

  it("leaves out what only training needs", () => {
    expect(pins("drift").join("\n")).to.not.match(/^(mlflow|pandas|scikit-learn|pytest|moto)==/m);
  });
});
