import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { stringify } from "yaml";
import { type SimulatedCloud, startSimulatedCloud } from "../../simulator/cloud";
import { parseFailure } from "../../simulator/failureRules";
import { projectDir } from "../../simulator/project";
import { TestStack } from "./runs";

const project = join(projectDir, "bootstrap");
const trust = "aws:iam/openIdConnectProvider:OpenIdConnectProvider";
const unchanged = { create: 0, update: 0, replace: 0, delete: 0 };
const sections = (delivery: object) => ({
  "mlplatform:foundation": { kind: "aws", region: "eu-west-1", accountId: "000000000000" },
  "mlplatform:delivery": delivery,
});
const github = { source: { provider: "github", repository: "example/ml" } };
const gitlab = { source: { provider: "gitlab", host: "git.example.com", repository: "group/ml" } };

describe("what pipelines need, made on the simulated cloud", function () {
  this.timeout(600_000);
  const [dev, prod] = [new TestStack("dev", sections(github)), new TestStack("prod", sections(gitlab))];
  after(() => [dev, prod].map((stack) => stack.remove()));

  it("is made once, with tags that are not those of the stack, and nothing changes when it is run again", async () => {
    await dev.succeed("up", { project });
    expect(dev.names("aws:iam/role:Role").sort()).to.deep.equal(
      ["deploy", "drift", "preview"].map((role) => `mlplatform-${role}`),
    );
    const { tagsAll } = dev.outputs("aws:kms/key:Key", "mlplatform-secrets");
    expect(tagsAll).to.deep.equal({ "mlplatform/stack": "mlplatform-dev/bootstrap" });
    expect((await dev.succeed("up", { project })).changes).to.include(unchanged);
    expect((await dev.succeed("refresh", { project })).changes).to.include(unchanged);
  });

  it("of a second stack, from a GitLab of one's own, stands beside it, with a trust of its own", async () => {
    prod.inAccountOf(dev);
    await prod.succeed("up", { project });
    expect(prod.names(trust)).to.have.length(2);
    expect((await prod.succeed("preview", { project })).changes).to.include(unchanged);
  });

  it("uses the trust that another stack has made", async () => {
    prod.configure(sections(github));
    await prod.succeed("up", { project });
    expect(prod.asked(trust)).to.deep.equal([]);
    expect((await prod.succeed("preview", { project })).changes).to.include(unchanged);
  });

  it("is not taken away by destroy: the state would go with it", async () => {
    expect((await dev.run("destroy", { project })).error).to.match(/protected/);
    expect(dev.names("aws:s3/bucket:Bucket")).to.deep.equal(["mlplatform-state"]);
  });
});

describe("npm run bootstrap, as a process on the simulated cloud", function () {
  this.timeout(900_000);
  const folder = mkdtempSync(join(tmpdir(), "mlplatform-bootstrap-"));
  const bucket = join(folder, "bucket");
  let cloud: SimulatedCloud;
  before(async () => {
    cloud = await startSimulatedCloud({
      stateFile: join(folder, "cloud.json"),
      failures: [parseFailure("aws:s3/bucketVersioning:BucketVersioning", 1)],
    });
    cpSync(join(projectDir, "Pulumi.yaml"), join(folder, "Pulumi.yaml"));
    writeFileSync(join(folder, "Pulumi.prod.yaml"), stringify({ config: sections(github) }));
  });
  after(async () => {
    await cloud.close();
    rmSync(folder, { recursive: true });
  });

  /** Runs it as on a machine of its own, whose files are below `machine`. A folder stands for the bucket. */
  const run = (machine: string, ...args: string[]) =>
    new Promise<{ code: number | null; says: string }>((resolve) => {
      const child = spawn(
        process.execPath,
        [
          ...["--import", "tsx", join(project, "cli.ts"), "--stack", "prod"],
          ...["--project", folder, "--out", join(folder, machine), ...args],
        ],
        {
          cwd: projectDir,
          stdio: ["ignore", "pipe", "pipe"],
          env: {
            ...{ PATH: process.env.PATH, HOME: process.env.HOME, PULUMI_HOME: join(folder, "home") },
            ...{ PULUMI_DEBUG_PROVIDERS: cloud.debugProviders, PULUMI_BACKEND_URL: pathToFileURL(bucket).href },
          },
        },
      );
      let says = "";
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding("utf8").on("data", (text) => (says += text));
      child.once("close", (code) => resolve({ code, says }));
    });

  it("shows what it would make, and makes nothing", async () => {
    const { code, says } = await run("first", "--preview");
    expect(code, says).to.equal(0);
    expect(says).to.match(/aws:s3:Bucket mlplatform-state create/);
    expect(cloud.operations).to.deep.equal([]);
  });

  it("makes nothing that nobody agreed to", async () => {
    const { code, says } = await run("first");
    expect([code, cloud.operations.length]).to.deep.equal([1, 0]);
    expect(says).to.match(/run it with --yes/);
  });

  it("keeps its state where a run stops halfway, and says why it stopped", async () => {
    const { code, says } = await run("first", "--yes");
    expect([code, existsSync(bucket)]).to.deep.equal([1, false]);
    expect(says).to.match(/BucketVersioning mlplatform-state/);
  });

  it("goes on from there, moves its state into the bucket, and says what to set", async () => {
    mkdirSync(bucket); // The simulated cloud has buckets and no objects.
    const buckets = () => cloud.operations.filter(({ type }) => type === "aws:s3/bucket:Bucket").length;
    expect(buckets()).to.equal(1);
    const { code, says } = await run("first", "--yes");
    expect(code, says).to.equal(0);
    expect(says).to.match(/The state of this command is in pulumi-mlplatform-prod-000000000000 now/);
    expect(says).to.match(/npx pulumi stack init prod --secrets-provider='awskms:/);
    expect(buckets(), "made once").to.equal(1);
  });

  it("changes nothing when it is run again, from another machine too", async () => {
    const before = cloud.operations.length;
    for (const machine of ["first", "second"]) {
      const { code, says } = await run(machine, "--yes");
      expect(code, says).to.equal(0);
      expect(says)
        .to.match(/48 unchanged/)
        .and.to.not.match(/moved|is in .* now/);
    }
    expect(cloud.operations.length).to.equal(before);
  });

  it("refuses to begin again where the bucket is there and its state is not", async () => {
    rmSync(join(bucket, ".pulumi"), { recursive: true });
    const before = cloud.operations.length;
    const { code, says } = await run("third", "--yes");
    expect([code, cloud.operations.length]).to.deep.equal([1, before]);
    expect(says).to.match(/is there, and holds no state of this command/);
  });
});
