import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { version } from "../../package.json";
import { OtherVersion } from "../../simulator/otherVersion";
import { projectDir } from "../../simulator/project";

describe("npm run upgrade -- --plan", function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), "mlplatform-plan-"));
  after(() => rmSync(folder, { recursive: true }));
  const state = join(folder, "state.json");
  const plan = (...flags: string[]) =>
    spawnSync(join(projectDir, "node_modules/.bin/tsx"), ["upgrade/cli.ts", "--plan", "--stack", "dev", ...flags], {
      cwd: projectDir,
      encoding: "utf8",
    });

  it("says how to export a state where the file is not there or holds none", () => {
    const missing = plan("--state", join(folder, "none.json"));
    expect([missing.status, missing.stderr]).to.satisfy(([status, said]: [number, string]) => {
      return (
        status === 1 && said.includes("ENOENT") && said.endsWith(`npx pulumi stack export > ${folder}/none.json\n`)
      );
    });
    writeFileSync(state, "not JSON");
    const damaged = plan("--state", state);
    expect(damaged.status).to.equal(1);
    expect(damaged.stderr).to.match(/^--state .*state\.json holds no exported state: .*\nWrite one: npx pulumi stack/);
  });

  it("plans nothing from a release to itself, whose images nobody may push again", () => {
    writeFileSync(state, JSON.stringify({ deployment: { resources: [] } }));
    const { status, stderr } = plan("--state", state, "--from", version);
    expect(status).to.equal(1);
    expect(stderr).to.equal(
      `dev runs ${version}, and so is this checkout called in package.json: check out the release that the stack is to have.\n`,
    );
  });
});

describe("another version of the repository", () => {
  it("that is not there is said by its name, and leaves no folder", async () => {
    const folders = () => readdirSync(tmpdir()).filter((name) => name.startsWith("mlplatform-version-"));
    const before = folders();
    let used = false;
    const error = await OtherVersion.at("no-such-ref", async () => (used = true)).catch((raised: Error) => raised);
    expect((error as Error).message).to.match(/^no-such-ref: .*no-such-ref/);
    expect(used).to.equal(false);
    expect(folders().filter((name) => !before.includes(name) && existsSync(join(tmpdir(), name)))).to.deep.equal([]);
  });
});
