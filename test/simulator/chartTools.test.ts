import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { charts } from "../../charts/lock";
import { cachedChartFile } from "../../charts/source";
import { getChartTools, missingCharts } from "../../simulator/chartTools";
import { isUnexpandedNotice, unexpandedNotice } from "../../simulator/cloud/unexpandedCharts";
import { type Helm, installedHelm } from "../../simulator/helm";
import { silentProgress } from "../../simulator/progress";
import { skip } from "../support/skip";

describe("what charts are rendered with", function () {
  this.timeout(60_000);
  const environment = { ...process.env };
  let home: string;
  let helm: Helm;
  let server: Server;
  let asked = 0;
  before(async function () {
    const found = await installedHelm();
    if (found === undefined) return skip(this, "no Helm 3: install it, or run `make up` once, which builds it");
    helm = found;
    server = createServer((_, response) => {
      asked += 1;
      response.writeHead(404).end();
    });
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  });
  beforeEach(() => {
    asked = 0;
    home = mkdtempSync(join(tmpdir(), "charts-"));
    process.env.MLPLATFORM_CHART_CACHE = join(home, "cache");
    process.env.MLPLATFORM_CHART_MIRROR = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    process.env = { ...environment };
    rmSync(home, { recursive: true, force: true });
  });
  after(() => server?.close());

  it("is Helm, without which one line says so and how to get it, and the run goes on", async () => {
    const said = await getChartTools(silentProgress, async () => {
      throw new Error("No Helm 3 on PATH, and it could not be built: no Go\nInstall Helm 3");
    });
    expect(said).to.contain("No chart shows its objects").and.to.contain("Install Helm 3").and.to.not.contain("\n");
  });

  it("is asked of publishers once: one that cannot be reached is not waited for by each run of the day", async () => {
    const find = async () => helm;
    const said = await getChartTools(silentProgress, find);
    expect(said)
      .to.contain("Shown as one resource each")
      .and.to.contain("npm run charts:pull")
      .and.to.contain("airflow");
    expect(said).to.not.contain("\n");
    expect(asked).to.be.greaterThan(0);
    asked = 0;
    expect(await getChartTools(silentProgress, find)).to.contain("npm run charts:pull");
    expect(asked).to.equal(0);
  });

  it("is nothing to say where every chart is here", async () => {
    const find = async () => helm;
    await getChartTools(silentProgress, find); // Makes the folder.
    for (const name of missingCharts()) writeFileSync(cachedChartFile(name), "");
    expect(missingCharts()).to.deep.equal([]);
    expect(await getChartTools(silentProgress, find)).to.equal(undefined);
    expect(existsSync(join(home, "cache", "unreached"))).to.equal(false);
    expect(Object.keys(charts).length).to.be.greaterThan(5);
  });

  it("leaves the other notices as they are", () => {
    expect(isUnexpandedNotice(unexpandedNotice("mlplatform-airflow", "helm is not at hand"))).to.equal(true);
    expect(isUnexpandedNotice('chart "x": values not known in the preview, so its objects are not shown')).to.equal(
      false,
    );
  });
});
