import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { bundleFunction } from "../../functions/bundle";

const root = join(__dirname, "../..");

describe("bundleFunction", function () {
  this.timeout(60_000); // A busy machine takes its time to start esbuild.

  it("writes the file whose hash it tells", () => {
    const { file, sha256 } = bundleFunction("databaseAccess");
    expect(createHash("sha256").update(readFileSync(file)).digest("hex")).to.equal(sha256);
  });

  it("gives the same bytes in another process with another working directory, and leaves an equal file alone", () => {
    const { file, sha256 } = bundleFunction("databaseAccess");
    const written = statSync(file).mtimeMs;
    const program = `console.log(require(${JSON.stringify(join(root, "functions/bundle.ts"))}).bundleFunction("databaseAccess").sha256)`;
    const again = execFileSync(process.execPath, ["--import", require.resolve("tsx"), "-e", program], { cwd: "/" });
    expect(again.toString().trim()).to.equal(sha256);
    expect(statSync(file).mtimeMs).to.equal(written);
  });

  it("names no path of this machine, brings the PostgreSQL client and leaves the AWS SDK to the runtime", () => {
    const code = readFileSync(bundleFunction("databaseAccess").file, "utf8");
    expect(code).not.to.contain(root);
    const required = new Set([...code.matchAll(/require\("([^"]+)"\)/g)].map(([, name]) => name!));
    const outside = [...required].filter((name) => !require("node:module").isBuiltin(name));
    expect(outside).to.have.members(["@aws-sdk/client-secrets-manager", "pg-native"]);
  });

  it("refuses a function that does not exist, by name", () => {
    expect(() => bundleFunction("noSuchFunction")).to.throw(/noSuchFunction/);
  });
});
