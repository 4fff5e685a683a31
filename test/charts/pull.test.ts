import { execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";
import { expect } from "chai";
import { type ChartName, charts, type LockedChart } from "../../charts/lock";
import { pullChart } from "../../charts/pull";
import { cachedChartFile, chartSource, digestOf } from "../../charts/source";
import { installedHelm } from "../../simulator/helm";
import { projectDir } from "../../simulator/project";
import { skip } from "../support/skip";

/** Charts that the repository of these tests does not have at the locked version. */
const missing: ChartName[] = ["seaweedfs"];
const all = Object.keys(charts) as ChartName[];

describe("fetching charts from a repository", function () {
  this.timeout(120_000);
  let home: string;
  let cache: string;
  let server: Server;
  let asked: string[] = [];
  const environment = { ...process.env };

  const fresh = (entries: Record<string, string>) => {
    for (const [key, value] of Object.entries(entries)) process.env[key] = value;
  };

  before(async function () {
    const helm = await installedHelm();
    if (helm === undefined) return skip(this, "no Helm 3 on PATH; install it");
    home = mkdtempSync(join(tmpdir(), "repository-"));
    const repository = join(home, "charts");
    mkdirSync(repository);
    const run = (...args: string[]) => execFileSync(helm.path, args, { stdio: "pipe", env: { HOME: home, PATH: "" } });
    for (const name of all) {
      const source = join(home, "source", name);
      mkdirSync(join(source, "templates"), { recursive: true });
      const version = missing.includes(name) ? "0.0.1" : charts[name].version;
      writeFileSync(join(source, "Chart.yaml"), `apiVersion: v2\nname: ${name}\nversion: ${version}\n`);
      writeFileSync(join(source, "values.yaml"), "made: up\n");
      run("package", source, "--destination", repository);
    }
    run("repo", "index", repository);
    server = createServer((request, response) => {
      const file = join(repository, basename(request.url ?? ""));
      asked.push(basename(file));
      if (existsSync(file)) response.end(readFileSync(file));
      else response.writeHead(404).end();
    });
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    fresh({
      PATH: [dirname(helm.path), process.env.PATH].join(delimiter),
      HELM_CACHE_HOME: join(home, "helm"),
      MLPLATFORM_CHART_MIRROR: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    });
  });

  after(() => {
    process.env = environment;
    server?.close();
    if (home !== undefined) rmSync(home, { recursive: true });
  });

  beforeEach(() => {
    asked = [];
    cache = join(mkdtempSync(join(tmpdir(), "charts-")), "not-there-yet");
    process.env.MLPLATFORM_CHART_CACHE = cache;
  });
  afterEach(() => rmSync(dirname(cache), { recursive: true }));

  /** Charts in the cache. */
  const files = () => readdirSync(cache).filter((file) => file.endsWith(".tgz"));

  /** Runs something while the lock table holds another digest of a chart. */
  async function whileLocked<T>(name: ChartName, sha256: string | undefined, what: () => Promise<T>): Promise<T> {
    const entry: LockedChart = charts[name];
    const before = { ...entry };
    try {
      if (sha256 === undefined) delete entry.sha256;
      else entry.sha256 = sha256;
      return await what();
    } finally {
      delete entry.sha256;
      Object.assign(entry, before);
    }
  }

  it("puts the chart into the cache, from where the program then takes it", () =>
    whileLocked("jupyterhub", undefined, async () => {
      const said = await pullChart("jupyterhub");
      expect(chartSource("jupyterhub")).to.deep.equal({ chart: cachedChartFile("jupyterhub") });
      expect(said).to.equal(`no digest is locked; this file's is ${digestOf(cachedChartFile("jupyterhub"))}`);
      expect(files()).to.deep.equal([basename(cachedChartFile("jupyterhub"))]);
    }));

  it("says so where the file is the one that is locked, and then asks the repository no more", async () => {
    const digest = await whileLocked("external-dns", undefined, async () => {
      await pullChart("external-dns");
      return digestOf(cachedChartFile("external-dns"));
    });
    asked = [];
    expect(await whileLocked("external-dns", digest, () => pullChart("external-dns"))).to.equal("as locked");
    expect(asked).to.deep.equal([]);
  });

  it("takes a version that begins with a v", async () => {
    expect(charts["cert-manager"].version).to.match(/^v/);
    await whileLocked("cert-manager", undefined, () => pullChart("cert-manager"));
    expect(files()).to.deep.equal(["cert-manager-v1.21.1.tgz"]);
  });

  it("refuses and removes a file with another digest than the locked one", async () => {
    const message = await failure(() => pullChart("external-dns"));
    expect(message).to.contain(charts["external-dns"].sha256).and.contain("the file was removed");
    expect(files()).to.deep.equal([]);
  });

  it("names the version that the repository does not have, and leaves nothing behind", async () => {
    const message = await failure(() => pullChart("seaweedfs"));
    expect(message).to.match(/seaweedfs.*4\.44\.0.*not found/s);
    expect(files()).to.deep.equal([]);
  });

  it("says that helm is needed where there is none", async () => {
    const path = process.env.PATH!;
    process.env.PATH = cache;
    try {
      expect(await failure(() => pullChart("jupyterhub"))).to.contain("helm is needed on the PATH");
    } finally {
      process.env.PATH = path;
    }
  });

  it("as npm run charts:pull goes on after what fails, keeps nothing that is not locked, and ends with 1", async () => {
    const child = spawn("npm", ["run", "--silent", "charts:pull"], {
      cwd: projectDir,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [out, err] = ["", ""];
    child.stdout.on("data", (text) => (out += text));
    child.stderr.on("data", (text) => (err += text));
    expect(await new Promise((ended) => child.on("close", ended))).to.equal(1);
    for (const name of all) expect(err).to.contain(`${name} ${charts[name].version}: `);
    expect(out).to.equal("");
    expect(files()).to.deep.equal([]);
  });
});

describe("a chart that only its registry's manifest names", () => {
  const name = "karpenter";
  const environment = { ...process.env };
  let home: string;

  /** Plays a Helm that is served a chart with this to say of it. */
  const served = (said: string) => {
    const path = join(home, "helm");
    const file = basename(cachedChartFile(name));
    writeFileSync(
      path,
      `#!/bin/sh\nwhile [ "$1" != --destination ]; do shift; done\necho x > "$2/${file}"\necho "${said}" >&2\n`,
    );
    chmodSync(path, 0o755);
    return { path };
  };

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "registry-"));
    process.env.MLPLATFORM_CHART_CACHE = join(home, "cache");
  });
  afterEach(() => {
    process.env = { ...environment };
    rmSync(home, { recursive: true });
  });

  it("is taken as the manifest that is locked, and then held to its file", async () => {
    const { manifestSha256 } = charts[name];
    expect(await pullChart(name, served(`Digest: sha256:${manifestSha256}`))).to.equal("as locked");
    expect(chartSource(name)).to.deep.equal({ chart: cachedChartFile(name) });
    writeFileSync(cachedChartFile(name), "junk");
    expect(await failure(() => pullChart(name, served("")))).to.contain("is not the chart that was pulled");
  });

  for (const [from, said, found] of [
    ["a registry with another manifest", `Digest: sha256:${"0a".repeat(32)}`, `the registry served ${"0a".repeat(32)}`],
    ["a repository, which has no manifests", "", "it came from no registry that names one"],
    [
      "a registry that says a part of it",
      `Digest: sha256:${charts[name].manifestSha256.slice(1)}`,
      "it came from no registry",
    ],
  ] as const)
    it(`is not taken from ${from}`, async () => {
      const message = await failure(() => pullChart(name, served(said)));
      expect(message).to.contain(charts[name].manifestSha256).and.contain(found).and.contain("crane copy");
      expect(existsSync(cachedChartFile(name))).to.equal(false);
    });
});

async function failure(what: () => Promise<unknown>): Promise<string> {
  try {
    await what();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("it succeeded");
}
