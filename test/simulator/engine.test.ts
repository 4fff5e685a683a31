import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect } from "chai";
import { findEngine, isUsable, onPath, pinnedEngineVersion } from "../../simulator/engine";
import { buildGoTool } from "../../simulator/goBuild";
import { silentProgress } from "../../simulator/progress";
import { projectDir } from "../../simulator/project";

describe("which engine may be used", () => {
  const versions: [string, boolean][] = [
    ["3.259.0", true],
    ["v3.259.7", true],
    ["3.300.1", true],
    ["3.258.9", false],
    ["4.0.0", false],
    ["2.9.0", false],
    ["3.300.0-alpha.1", true],
    ["unknown", false],
  ];
  for (const [version, usable] of versions) {
    it(`${usable ? "accepts" : "refuses"} ${version} for 3.259.0`, () => {
      expect(isUsable(version, "3.259.0")).to.equal(usable);
    });
  }

  it("is pinned once: npm package, SDK and Go module agree", () => {
    const { dependencies } = JSON.parse(readFileSync(join(projectDir, "package.json"), "utf8"));
    expect(dependencies["@pulumi/pulumi"]).to.equal(pinnedEngineVersion());
    expect(readFileSync(join(projectDir, "tools", "go.mod"), "utf8")).to.contain(
      `github.com/pulumi/pulumi/pkg/v3 v${pinnedEngineVersion()} `,
    );
  });
});

describe("finding the engine", function () {
  this.timeout(20_000);
  let dir: string;
  let notes: string[];
  const saved = { ...process.env };
  const progress = { ...silentProgress, note: (text: string) => notes.push(text) };
  const install = (place: string, command: string, script: string) => {
    const file = join(dir, place, command);
    mkdirSync(join(dir, place), { recursive: true });
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
    return file;
  };
  const pinned = pinnedEngineVersion();

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "engine-"));
    notes = [];
    process.env.PATH = [join(dir, "bin"), "/bin"].join(delimiter);
    process.env.XDG_CACHE_HOME = join(dir, "cache");
    process.env.PULUMI_HOME = join(dir, "pulumi");
  });
  afterEach(() => {
    process.env = { ...saved };
    rmSync(dir, { recursive: true });
  });

  it("takes the one on PATH", async () => {
    const path = install("bin", "pulumi", "echo v3.999.0");
    expect(await findEngine(progress)).to.deep.equal({ path, version: "3.999.0", origin: "path" });
  });

  it("passes over one that is too old, says so, and goes on to the cache", async () => {
    install("bin", "pulumi", "echo v3.1.0");
    const path = install(`cache/mlplatform/engine/${pinned}`, "pulumi", `echo v${pinned}`);
    expect(await findEngine(progress)).to.deep.equal({ path, version: pinned, origin: "cache" });
    expect(notes.join()).to.contain(`is 3.1.0, this program needs ${pinned} or newer`);
  });

  it("never runs npm's shim on PATH, which would download", () => {
    const bin = join(dir, "node_modules", ".bin");
    install("node_modules/.bin", "pulumi", "exit 1");
    expect(onPath("pulumi", [bin, join(dir, "bin")].join(delimiter))).to.deep.equal([]);
  });

  it("takes what the npm package has downloaded before", async () => {
    const path = install(`pulumi/versions/${pinned}/bin`, "pulumi", `echo v${pinned}`);
    expect(await findEngine(progress)).to.deep.equal({ path, version: pinned, origin: "npm" });
  });
});

describe("building a tool with Go", function () {
  this.timeout(20_000);
  let dir: string;
  const savedPath = process.env.PATH;
  const tool = () => ({ title: "Tool", moduleDir: dir, mainPackage: "example.invalid/tool", ldflags: "-s" });
  const fakeGo = (build: string) => {
    const script = [
      "#!/bin/sh",
      'case "$1" in',
      "version) echo go ;;",
      'list) echo "go: downloading a" >&2; echo one; echo two ;;',
      `build) ${build} ;;`,
      "esac",
    ].join("\n");
    writeFileSync(join(dir, "go"), script, { mode: 0o755 });
    process.env.PATH = `${dir}${delimiter}/bin${delimiter}/usr/bin`;
  };
  // The path after `-o` is the seventh argument of `go build`.
  const succeed = `echo built >> ${"$"}(dirname ${"$"}0)/count; echo one >&2; sleep 1; echo tool > "$7"`;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "go-build-"));
  });
  afterEach(() => {
    process.env.PATH = savedPath;
    rmSync(dir, { recursive: true });
  });

  it("is done once when two ask for it at the same time", async () => {
    fakeGo(succeed);
    const binary = join(dir, "cache", "tool");
    await Promise.all([1, 2].map(() => buildGoTool(tool(), binary, silentProgress)));
    expect(readFileSync(binary, "utf8")).to.equal("tool\n");
    expect(readFileSync(join(dir, "count"), "utf8")).to.equal("built\n");
  });

  it("leaves no file behind when it fails, and repeats Go's words", async () => {
    fakeGo('echo half > "$7"; echo "undefined: thing" >&2; exit 1');
    const binary = join(dir, "cache", "tool");
    const error = await buildGoTool(tool(), binary, silentProgress).catch((reason: Error) => reason);
    expect(String(error)).to.contain("go build failed").and.to.contain("undefined: thing");
    expect(existsSync(binary)).to.equal(false);
  });

  it("shows how far it is", async () => {
    fakeGo(succeed);
    const lines: string[] = [];
    await buildGoTool(tool(), join(dir, "tool"), { ...silentProgress, update: (text) => lines.push(text) });
    expect(lines.join("\n")).to.contain("compiled 1 of at most 2 packages");
  });

  it("says that Go is missing", async () => {
    process.env.PATH = dir;
    const error = await buildGoTool(tool(), join(dir, "tool"), silentProgress).catch((reason: Error) => reason);
    expect(String(error)).to.contain("Go is not installed");
  });
});
