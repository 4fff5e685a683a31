import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { modelRules } from "../../components/observability/alerts/model";
import { modelRates } from "../../components/observability/alerts/modelRates";
import { alertRules } from "../../components/observability/alerts/platform";
import { isAlert } from "../../components/observability/alerts/rule";
import { onPath } from "../../simulator/engine";
import { allDashboards, shown, withoutVariables } from "../../test/support/dashboards";
import { Prometheus, recorded } from "../../test/support/prometheus";
import { readExpression } from "../../test/support/promql";
import { skip } from "../../test/support/skip";
import { watchedModel } from "../../test/support/watchedModel";

const folder = join(__dirname, "../../test/oncall/recorded");
const jobs = readdirSync(folder).flatMap((file) => (file.endsWith(".prom") ? [file.slice(0, -5)] : []));
const exposed = recorded(folder, jobs);
const context = { owner: "platform", runbooks: "docs/runbooks" };
const groups = [
  ...alertRules(
    {
      ...{ airflow: true, mlflow: true, jupyterhub: true, models: true },
      logs: { alertAtDailyMiB: 10_240, inCluster: true },
    },
    context,
  ),
  ...modelRates([watchedModel("churn").objectives.p99Millis]),
  ...modelRules(watchedModel("churn"), context),
];
const recordedNames = groups.flatMap(({ rules }) => rules.flatMap((rule) => (isAlert(rule) ? [] : [rule.record])));
const dashboards = allDashboards().map(shown);

interface Asked {
  where: string;
  expr: string;
}

/** Every expression that a dashboard asks Prometheus: of panels, marks and choices. */
const asked = dashboards.flatMap(({ title, panels, annotations, templating }): Asked[] => [
  ...panels.flatMap((panel) =>
    (panel.targets ?? []).flatMap(({ expr, refId }) =>
      expr === undefined ? [] : [{ where: `${title} / ${panel.title} / ${refId}`, expr: withoutVariables(expr) }],
    ),
  ),
  ...(annotations?.list ?? []).map((mark) => ({
    where: `${title} / mark ${mark.name}`,
    expr: withoutVariables((mark as unknown as { expr: string }).expr),
  })),
  ...(templating?.list ?? [])
    .filter(({ type }) => type !== "textbox")
    .map(({ name, query }) => {
      const [, series, label] = /^label_values\((.+), (\w+)\)$/.exec(String(query))!;
      return { where: `${title} / choice ${name}`, expr: `count by (${label}) (${series}{${label}!=""})` };
    }),
]);

/** Names that Prometheus makes by itself, or by rules of ours. */
const ofPrometheus = ["ALERTS", "up", ...recordedNames];
const emitted = new Set([
  ...ofPrometheus,
  ...Object.values(exposed).flatMap((text) =>
    [...text.matchAll(/^([a-zA-Z_:][\w:]*)(?:\{| )/gm)].map(([, name]) => name!),
  ),
]);

describe("what dashboards and alerts ask of Prometheus", () => {
  const rules = groups.flatMap((group) =>
    group.rules.map((rule) => ({ where: "alert" in rule ? rule.alert : rule.record, expr: rule.expr })),
  );

  it("is PromQL by its grammar", () => {
    for (const { where, expr } of [...asked, ...rules]) expect(readExpression(expr).faults, where).to.deep.equal([]);
  });

  it("would be found out if it were not", () => {
    expect(readExpression("sum(rate(up[5m])").faults).to.not.deep.equal([]);
    expect(readExpression("sum by (a) (rate(b_total{c=~'d'}[5m])) / on () e")).to.deep.equal({
      names: ["b_total", "e"],
      faults: [],
    });
  });

  it("names only what exporters were seen to emit", () => {
    for (const { where, expr } of [...asked, ...rules]) {
      // Counted only once it happens, which no recorded cluster has seen.
      const rare = where === "MigrationJobFailed" ? ["kube_job_status_succeeded"] : [];
      for (const name of readExpression(expr).names) expect([...emitted, ...rare], where).to.include(name);
    }
  });
});

describe("a real Prometheus that scraped recorded samples", function () {
  this.timeout(120_000);
  const prometheus = new Prometheus();

  before(async function () {
    if (onPath("prometheus").length === 0) {
      skip(this, "no prometheus on PATH; install it (Debian: apt-get install prometheus)");
    }
    // Every second instead of every half minute.
    const hurried = groups.map(({ name, rules }) => ({ name, rules }));
    await prometheus.start(exposed, hurried);
  });
  after(() => prometheus.stop());

  it("answers every panel, mark and choice with series", async () => {
    let counts: [Asked, number][] = [];
    for (let tries = 0; tries < 30; tries++) {
      await sleep(2000);
      counts = await Promise.all(
        asked.map(async (each): Promise<[Asked, number]> => [each, (await prometheus.query(each.expr)).length]),
      );
      if (counts.every(([, count]) => count > 0)) break;
    }
    const width = Math.max(...counts.map(([{ where }]) => where.length));
    const lines = counts.map(([{ where }, count]) => `${where.padEnd(width)}  ${count}`);
    const elsewhere = dashboards.flatMap(({ title, panels }) =>
      panels.filter((panel) => panel.datasource?.type === "cloudwatch").map((panel) => `${title} / ${panel.title}`),
    );
    const empty = counts.filter(([, count]) => count === 0).map(([{ where, expr }]) => `${where}: ${expr}`);
    if (process.env.SHOW_PANELS) {
      process.stdout.write(`${lines.join("\n")}\n\nOf CloudWatch, not asked here:\n${elsewhere.join("\n")}\n`);
    }
    process.stdout.write(
      `      ${counts.length} queries, ${empty.length} empty; ${elsewhere.length} panels of CloudWatch apart; ` +
        "SHOW_PANELS=1 prints the table\n",
    );
    expect(empty).to.deep.equal([]);
  });
});
