import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { backupAlarms } from "../../components/observability/alarms/backup";
import { databaseAlarms } from "../../components/observability/alarms/database";
import { missedStartsAlarm } from "../../components/observability/alarms/missedStarts";
import { qualityAlarms } from "../../components/observability/alarms/quality";
import { stateMachineAlarm } from "../../components/observability/alarms/stateMachine";
import { violationsAlarm } from "../../components/observability/alarms/violations";
import { modelRules } from "../../components/observability/alerts/model";
import { alertRules } from "../../components/observability/alerts/platform";
import { isAlert } from "../../components/observability/alerts/rule";
import { planAlarms } from "../../components/serving/sagemaker/alarms";
import { projectDir } from "../../simulator/project";
import { allDashboards, shown } from "../support/dashboards";
import { watchedModel } from "../support/watchedModel";

describe("runbooks", () => {
  const folder = join(projectDir, "docs", "runbooks");
  const context = { owner: "platform", runbooks: "docs/runbooks" };
  const groups = [
    ...alertRules(
      {
        ...{ airflow: true, mlflow: true, jupyterhub: true, models: true, database: true, objectStore: true },
        databaseLossHours: 24,
        objectLossHours: 24,
        logs: { alertAtDailyMiB: 10, inCluster: true },
      },
      context,
    ),
    ...modelRules(watchedModel("churn"), context),
  ];
  const ofPrometheus = groups.flatMap(({ rules }) => rules.filter(isAlert).map(({ alert }) => alert));
  const database = { instanceClass: "db.t4g.medium", storageGiB: 20 };
  const ofCloudWatch = [
    ...backupAlarms({ maxLossHours: 24, objects: true }),
    ...databaseAlarms(database),
    stateMachineAlarm("Made up"),
    missedStartsAlarm,
    violationsAlarm("Made up", "made-up"),
    ...qualityAlarms({ model: "churn", namespace: "made-up", everyHours: 24, windows: 3 }),
    ...(["realtime", "serverless", "asynchronous"] as const).flatMap((kind) =>
      planAlarms("made-up", kind, { p99Millis: 200, errorRatePercent: 1 }, 10),
    ),
  ].map(({ runbook }) => runbook);
  const alerts = [...new Set([...ofPrometheus, ...ofCloudWatch])].sort();
  const books = readdirSync(folder).sort();
  const text = (book: string) => readFileSync(join(folder, book), "utf8");

  it("are there for every alert and every alarm of CloudWatch, and for nothing else", () => {
    expect(books).to.deep.equal(alerts.map((alert) => `${alert}.md`));
  });

  it("say what it means, where to look and what to do, and no more than a page of it", () => {
    for (const book of books) {
      const headings = [...text(book).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading);
      expect(headings, book).to.deep.equal([book.slice(0, -3), "What it means", "Look here", "Do this"]);
      expect(text(book).split("\n").length, book).to.be.lessThan(30);
    }
  });

  it("name, in italics, only panels and dashboards that there are, as do the incidents in docs/on-call.md", () => {
    const dashboards = allDashboards().map(shown);
    const titles = dashboards.flatMap(({ title, panels }) => [title!, ...panels.map((panel) => panel.title)]);
    const incidents = readFileSync(join(projectDir, "docs", "on-call.md"), "utf8");
    for (const [book, words] of [...books.map((each) => [each, text(each)]), ["on-call.md", incidents]]) {
      const named = [...words!.matchAll(/(?<!\*)\*([^*\n]+)\*(?!\*)/g)].map(([, name]) => name!);
      expect(
        named.filter((name) => !titles.includes(name)),
        book,
      ).to.deep.equal([]);
    }
  });

  it("say where the words of a pod are that is gone, wherever they send somebody to those of one that runs", () => {
    const ofCollectors = ["logs", "logs-nodes"]; // Their own words are not kept.
    for (const book of books) {
      const spoken = [...text(book).matchAll(/kubectl -n (\S+) logs (?:deploy\w*|job)\/([^ `]+)/g)];
      for (const [, namespace, pod] of spoken) {
        if (ofCollectors.includes(namespace!)) continue;
        expect(text(book), book).to.contain(`*Logs*, with the namespace \`${namespace}\` and the pod \`${pod}\``);
      }
    }
    expect(books.filter((book) => text(book).includes("*Logs*, with the namespace")).length).to.be.at.least(18);
  });

  it("link only to what is there", () => {
    for (const book of books) {
      for (const [, target] of text(book).matchAll(/\]\(([^)]+)\)/g)) expect(books, book).to.include(target);
    }
  });
});
