import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { parseSettings } from "../../components/settings/parse";
import { html } from "../../report/html";
import { draw } from "../../report/picture/picture";
import { documentOf, reportOf } from "../../report/report";
import { colours } from "../../report/style";
import { planned, planOf } from "../../test/report/plans";
import { skip } from "../../test/support/skip";
import { Browser, findChromium } from "./browser";

/** `#0b4a8f` as a browser says it. */
const rgb = (colour: string) =>
  `rgb(${[1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16)).join(", ")})`;

describe("The page of a report, in Chromium", function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), "mlplatform-page-"));
  let browser: Browser | undefined;

  before(async function () {
    const binary = findChromium();
    if (binary === undefined) skip(this, "needs Chromium: `apt-get install chromium`");
    const names = Array.from({ length: 900 }, (_, at) => `m${at}`);
    const settings = parseSettings({
      foundation: { kind: "aws", region: "eu-west-1" },
      mlflow: {},
      models: Object.fromEntries(names.map((name) => [name, { from: "models:/churn/3", serve: { flask: {} } }])),
    });
    const plan = planOf(
      planned("pulumi:providers:aws", "aws", { region: "eu-west-1" }),
      planned("aws:eks/cluster:Cluster", "eks", { version: "1.35" }),
      ...names.map((name) => planned("mlplatform:serving:ModelServer", `mlplatform-models-${name}`)),
    );
    const report = reportOf({ stack: "dev", plan, settings, warnings: [] });
    const file = join(folder, "report.html");
    writeFileSync(file, html(documentOf(report, await draw(report.graph))));
    browser = new Browser(binary);
    await browser.open(pathToFileURL(file).href);
  });
  after(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  it("is whole: it asks for nothing but itself, and has a row for each of 900 models", async () => {
    expect(browser!.asked).to.have.length(1);
    expect(await browser!.evaluate("document.querySelectorAll('tbody tr').length")).to.be.greaterThan(900);
  });

  for (const [scheme, { text, page, link }] of Object.entries(colours)) {
    it(`has the colours of ${scheme}, in the picture too`, async () => {
      await browser!.send("Emulation.setEmulatedMedia", {
        features: [{ name: "prefers-color-scheme", value: scheme }],
      });
      const style = (selector: string, property: string) =>
        browser!.evaluate<string>(`getComputedStyle(document.querySelector("${selector}")).${property}`);
      expect(await style("body", "backgroundColor")).to.equal(rgb(page));
      for (const selector of ["p", "td", "caption"]) expect(await style(selector, "color")).to.equal(rgb(text));
      expect(await style("nav a", "color")).to.equal(rgb(link));
      expect(await style("svg text", "fill")).to.equal(rgb(text));
      expect(await style("svg .node path", "stroke")).to.equal(rgb(text));
    });
  }

  it("is gone through with the keyboard: first past the links, then to sections and into wide tables", async () => {
    const focused = () =>
      browser!.evaluate<string>("document.activeElement.className || document.activeElement.getAttribute('href')");
    const seen: string[] = [];
    for (let times = 0; times < 12; times += 1) {
      await browser!.press("Tab");
      seen.push(await focused());
    }
    expect(seen[0]).to.equal("skip");
    expect(seen).to.include.members(["#cost", "#risk", "#picture", "#rights", "table"]);
  });

  it("scrolls nothing but its tables and its picture sideways, on a phone too", async () => {
    await browser!.send("Emulation.setDeviceMetricsOverride", {
      ...{ width: 400, height: 800, deviceScaleFactor: 1, mobile: true },
    });
    expect(await browser!.evaluate("document.documentElement.scrollWidth")).to.equal(400);
  });
});
