import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type ChartName, charts, type LockedChart } from "../../charts/lock";
import { cachedChartFile, chartSource, rememberPulled } from "../../charts/source";

const locked = Object.entries(charts) as [ChartName, LockedChart][];

describe("the lock table of charts", () => {
  for (const [name, { version, source, sha256, manifestSha256 }] of locked) {
    it(`pins ${name} to one version, one trustworthy place and one content`, () => {
      expect(version, "an exact version").to.match(/^v?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/);
      expect(source).to.match(/^(https|oci):\/\/[a-z0-9.-]+(\/\S*[^/])?$/);
      expect(sha256 ?? manifestSha256).to.match(/^[0-9a-f]{64}$/);
      if (manifestSha256 !== undefined) expect(source, "registries alone have manifests").to.match(/^oci:/);
    });
  }

  it("keeps Karpenter and its CRDs at the same version", () => {
    expect(charts["karpenter-crd"].version).to.equal(charts.karpenter.version);
  });
});

describe("the source of a chart", () => {
  const before = process.env.MLPLATFORM_CHART_CACHE;
  let cache: string;

  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), "charts-"));
    process.env.MLPLATFORM_CHART_CACHE = cache;
  });

  afterEach(() => {
    rmSync(cache, { recursive: true });
    if (before === undefined) delete process.env.MLPLATFORM_CHART_CACHE;
    else process.env.MLPLATFORM_CHART_CACHE = before;
  });

  const put = (name: ChartName, content: string) => writeFileSync(cachedChartFile(name), content);

  for (const [name, { version, source }] of locked) {
    it(`of ${name} is its publisher, at the exact version, where no file is cached`, () => {
      const expected = source.startsWith("oci://")
        ? { chart: source, version }
        : { chart: name, version, repositoryOpts: { repo: source } };
      expect(chartSource(name)).to.deep.equal(expected);
    });
  }

  it("is the cached file where its digest is the locked one", () => {
    const entry: LockedChart = charts["external-dns"];
    const before = entry.sha256;
    try {
      entry.sha256 = createHash("sha256").update("made up").digest("hex");
      put("external-dns", "made up");
      expect(chartSource("external-dns")).to.deep.equal({ chart: join(cache, `external-dns-${entry.version}.tgz`) });
    } finally {
      if (before !== undefined) entry.sha256 = before;
    }
  });

  it("is never a cached file with another digest: the error names file, digests and remedy", () => {
    put("external-dns", "something else");
    expect(() => chartSource("external-dns"))
      .to.throw(cachedChartFile("external-dns"))
      .with.property("message")
      .that.contains(charts["external-dns"].sha256)
      .and.contains(createHash("sha256").update("something else").digest("hex"))
      .and.contains("Delete the file");
  });

  for (const [mirror, expected] of [
    [
      "https://charts.example.com/",
      { chart: "airflow", version: charts.airflow.version, repositoryOpts: { repo: "https://charts.example.com" } },
    ],
    [
      "oci://registry.example.com/charts",
      { chart: "oci://registry.example.com/charts/airflow", version: charts.airflow.version },
    ],
  ] as const) {
    it(`is the mirror ${mirror} where one is named and no file is cached`, () => {
      process.env.MLPLATFORM_CHART_MIRROR = mirror;
      try {
        expect(chartSource("airflow")).to.deep.equal(expected);
      } finally {
        delete process.env.MLPLATFORM_CHART_MIRROR;
      }
    });
  }

  it("is never a cached file of another version", () => {
    writeFileSync(join(cache, "external-dns-0.0.1.tgz"), "old");
    expect(chartSource("external-dns")).to.have.property("version", charts["external-dns"].version);
  });

  for (const [name] of locked) {
    it(`is never a file called ${name} that nobody pulled and the lock table does not name`, () => {
      put(name, "junk");
      expect(() => chartSource(name)).to.throw(cachedChartFile(name));
    });
  }

  it("is a file of a chart without a digest in the lock table only as it was pulled", () => {
    const [[name] = []] = locked.filter(([, { sha256 }]) => sha256 === undefined);
    put(name!, "pulled");
    rememberPulled(name!);
    expect(chartSource(name!)).to.deep.equal({ chart: cachedChartFile(name!) });
    put(name!, "junk");
    expect(() => chartSource(name!)).to.throw("is not the chart that was pulled");
  });
});
