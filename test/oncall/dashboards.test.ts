import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { logsDashboard } from "../../components/observability/dashboards/logs";
import { modelDashboard } from "../../components/observability/dashboards/model";
import { platformDashboards } from "../../components/observability/dashboards/platform";
import { answeredWithin, latencyBucketsSeconds } from "../../components/observability/latency";
import { projectDir } from "../../simulator/project";
import { allDashboards, endpoint, links, shown, wholePlatform } from "../support/dashboards";
import { watchedModel } from "../support/watchedModel";

describe("dashboards", () => {
  const all = allDashboards();

  it("are the same each time they are made", () => {
    expect(allDashboards()).to.deep.equal(all);
  });

  it("have uids that stay: what links and bookmarks are made of", () => {
    expect(all.map(({ uid }) => uid)).to.deep.equal([
      "mlplatform_overview",
      "mlplatform_cluster",
      "mlplatform_capacity",
      "mlplatform_training",
      "mlplatform_airflow",
      "mlplatform_mlflow",
      "mlplatform_jupyterhub",
      "mlplatform_cloud",
      "mlplatform_logs",
      "churn",
    ]);
  });

  it("have uids that Grafana takes, also for the longest name of a model", () => {
    const longest = modelDashboard(watchedModel("m".repeat(40)), links);
    for (const { uid } of [...all, longest]) expect(uid).to.match(/^[a-zA-Z0-9_-]{1,40}$/);
  });

  it("fit into a ConfigMap many times over", () => {
    for (const { name, json } of all) expect(Buffer.byteLength(json), name).to.be.lessThan(128 * 1024);
  });

  it("are of a schema that Grafana 13 knows, with panels that have numbers, sources and room of their own", () => {
    for (const each of all) {
      const { uid, title, schemaVersion, panels } = shown(each);
      expect({ uid, schemaVersion }).to.deep.equal({ uid: each.uid, schemaVersion: 42 });
      expect(new Set(panels.map(({ id }) => id)).size, title).to.equal(panels.length);
      const taken = new Set<string>();
      for (const panel of panels) {
        const { x, y, w, h } = panel.gridPos;
        expect(x + w, `${title} / ${panel.title}`).to.be.within(1, 24);
        for (let column = x; column < x + w; column++) {
          for (let line = y; line < y + h; line++) {
            expect(taken.has(`${column},${line}`), `${title} / ${panel.title} lies over another`).to.equal(false);
            taken.add(`${column},${line}`);
          }
        }
        if (panel.type === "row") continue;
        expect(panel.targets, panel.title).to.not.equal(undefined);
        for (const { datasource } of panel.targets!) expect(datasource?.uid).to.be.oneOf(["prometheus", "cloudwatch"]);
      }
    }
  });

  it("lead to the overview, to alerts, to each other and to the tools that people reach", () => {
    for (const each of all) {
      const found = shown(each).links!.map(({ title, url, tags }) => [title, url || tags.join()]);
      expect(found).to.deep.equal([
        ["Overview", "/d/mlplatform_overview"],
        ["Alerts", "/alerting/list?search=state:firing"],
        ["Dashboards", "mlplatform"],
        ["MLflow", "https://mlflow.ml.example.com"],
        ["Airflow", "https://airflow.ml.example.com"],
      ]);
    }
  });

  it("link from a model's row in the overview to its dashboard", () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: placeholders of Grafana
    expect(all[0]!.json).to.contain("/d/${__data.fields.model}?${__url_time_range}");
  });

  it("are of what the stack has: nothing of CloudWatch, GPUs, models and tools that are not there", () => {
    const { cloud: _, ...rest } = wholePlatform;
    const none = { airflow: false, mlflow: false, jupyterhub: false, models: false, gpus: false };
    const small = platformDashboards({ ...rest, ...none });
    expect(small.map(({ name }) => name)).to.deep.equal(["platform-overview", "cluster", "capacity", "training"]);
    const text = small.map(({ json }) => json).join("");
    expect(text).to.not.match(/cloudwatch|nvidia|model_|airflow_|mlflow_http|jupyterhub_/);
  });

  it("show of a model what it has: each target, and drift where it is looked for", () => {
    const rows = (model: Parameters<typeof modelDashboard>[0]) =>
      shown(modelDashboard(model, {})).panels.flatMap(({ type, title }) => (type === "row" ? [title] : []));
    const { drift: _, quality: ___, ...still } = watchedModel("churn");
    const { kubernetes: __, ...elsewhere } = still;
    const sagemaker = endpoint;
    expect(rows(watchedModel("churn")))
      .to.include.members(["Drift", "Quality by labels"])
      .and.not.include("SageMaker: what it promises");
    expect(rows(still)).to.not.include.members(["Drift"]).and.not.include.members(["Quality by labels"]);
    expect(rows({ ...elsewhere, sagemaker })).to.deep.equal([
      "Now",
      "SageMaker: what it promises",
      "SageMaker: instances",
    ]);
    const both = rows({ ...still, sagemaker });
    expect(both.indexOf("SageMaker: what it promises")).to.equal(both.indexOf("Kubernetes: what it promises") + 1);
  });

  it("of kept logs ask where the stack keeps them, by what somebody writes into the boxes", () => {
    const expressions = (places?: Parameters<typeof logsDashboard>[0]["places"]) =>
      shown(logsDashboard({ ...(places ? { places } : {}), alertAtDailyMiB: 10, links })).panels.flatMap(
        ({ targets = [] }) =>
          targets.map((each) => each as { expr?: string; expression?: string; logGroups?: object[] }),
      );
    const [searched] = expressions([endpoint.logs]);
    expect(searched!.logGroups).to.deep.equal([{ arn: `${endpoint.logs.arn}:*`, name: endpoint.logs.group }]);
    expect(searched!.expression).to.equal(
      [
        "fields @timestamp, @logStream, @message",
        // biome-ignore lint/suspicious/noTemplateCurlyInString: variables of Grafana
        "filter @log like /pods\\/${namespace}$/ and @logStream like /${pod}/ and @message like /(?i)${search}/",
        "sort @timestamp desc",
        "limit 1000",
      ].join(" | "),
    );
    expect(expressions()[0]!.expr).to.equal(
      // biome-ignore lint/suspicious/noTemplateCurlyInString: variables of Grafana
      '{job="pods",namespace=~"${namespace}",pod=~".*${pod}.*"} |~ "(?i)${search}"',
    );
    const [cloud, loki] = [
      logsDashboard({ places: [endpoint.logs], alertAtDailyMiB: 10, links }),
      logsDashboard({ alertAtDailyMiB: 10, links }),
    ];
    expect(cloud.json).to.not.contain('"loki"');
    expect(loki.json).to.not.contain("cloudwatch");
    expect([JSON.parse(cloud.json).refresh, JSON.parse(loki.json).refresh]).to.deep.equal(["", "1m"]); // Each search of CloudWatch is billed.
  });

  it("draw a model's own objectives", () => {
    const { panels } = JSON.parse(
      modelDashboard({ ...watchedModel("churn"), objectives: { p99Millis: 125, errorRatePercent: 0.5 } }, {}).json,
    ) as { panels: { title: string; fieldConfig?: { defaults: { thresholds: { steps: object[] } } } }[] };
    const limit = (title: string) =>
      panels.find((panel) => panel.title === title)!.fieldConfig!.defaults.thresholds.steps.at(-1);
    expect(limit("Latency")).to.deep.equal({ value: 0.125, color: "red" });
    expect(limit("Failed")).to.deep.equal({ value: 0.005, color: "red" });
  });
});

describe("answers within a time", () => {
  it("are counted by the bounds that the model server has", () => {
    const source = readFileSync(join(projectDir, "workloads/model-server/src/model_server/metrics.py"), "utf8");
    const [, bounds] = /"model_server_request_duration_seconds": \([^(]*\([^)]*\),[^(]*\(([^)]*)\)/.exec(source)!;
    expect(bounds!.split(",").map(Number)).to.deep.equal(latencyBucketsSeconds);
  });

  const within = (seconds: number) => answeredWithin("b", 'm="x"', seconds);
  const rate = (bound: string) => `sum(b{m="x",le=~"${bound}"})`;

  it("are those of the bucket that ends there", () => {
    expect(within(0.2)).to.equal(rate("0[.]2"));
    expect(within(1)).to.equal(rate("1([.]0)?"));
  });

  it("are spread evenly between two bounds", () => {
    expect(within(0.4)).to.equal(`(${rate("0[.]3")} * 0.5 + ${rate("0[.]5")} * 0.5)`);
    expect(within(0.00025)).to.equal(`${rate("0[.]0005")} * 0.5`);
  });

  it("beyond the last bound are those within it", () => {
    expect(within(3600)).to.equal(rate("60([.]0)?"));
  });
});
