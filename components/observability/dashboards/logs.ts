import { PanelBuilder as LogsBuilder } from "@grafana/grafana-foundation-sdk/logs";
import { DataqueryBuilder as LokiQueryBuilder } from "@grafana/grafana-foundation-sdk/loki";
import { type LogPlace, logLines } from "./cloudWatch";
import { type Dashboard, dashboard, platformFolder, type ToolLinks, uids } from "./dashboard";
import { figure, graph, type PanelOf } from "./panels";

/** Where kept lines are searched. */
export interface LogsDashboardFacts {
  /** Log groups of CloudWatch, one for each namespace; absent where Loki keeps them. */
  places?: LogPlace[];
  /** MiB a day beyond which somebody is told. */
  alertAtDailyMiB: number;
  links: ToolLinks;
}

const anything = ".*";
const box = (name: string) => `\${${name}}`;

/** Search of what pods wrote, also of those that are gone, and whether all of it is kept. */
export function logsDashboard({ places, alertAtDailyMiB, links }: LogsDashboardFacts): Dashboard {
  const rate = (counter: string) => ({ expr: `sum by (pod) (rate(fluentbit_${counter}[5m]))`, legend: "{{pod}}" });
  return dashboard({
    name: "logs",
    uid: uids.logs,
    folder: platformFolder,
    title: "Logs",
    description:
      "What the stack's pods wrote, also those that are gone. Write a namespace, a part of a pod's name or of a line above: each is a regular expression.",
    from: "now-1h",
    still: places !== undefined,
    links,
    boxes: [
      { name: "namespace", label: "Namespace", value: anything },
      { name: "pod", label: "Pod", value: anything },
      { name: "search", label: "Line", value: anything },
    ],
    rows: [
      { title: "Search", panels: [places === undefined ? fromLoki() : fromCloudWatch(places)] },
      {
        title: "Is all of it kept?",
        panels: [
          figure(
            "Kept within a day",
            "bytes",
            [{ expr: "sum(increase(fluentbit_output_proc_bytes_total[1d]))", legend: "kept" }],
            { limit: alertAtDailyMiB * 1024 * 1024, width: 6 },
          ),
          figure(
            "Lines lost within a day",
            "none",
            [{ expr: "sum(increase(fluentbit_output_dropped_records_total[1d]))", legend: "lost" }],
            { limit: 1, width: 6 },
          ),
          figure("Nodes held back", "none", [{ expr: "sum(fluentbit_input_rate_gate_limited)", legend: "held back" }], {
            limit: 1,
            width: 6,
          }),
          figure("Nodes that deliver", "none", [{ expr: 'sum(up{job="fluent-bit"})', legend: "up" }], {
            limit: 1,
            limitIsLeast: true,
            width: 6,
          }),
          graph("Taken", "Bps", [rate("input_bytes_total")]),
          graph("Delivered", "Bps", [rate("output_proc_bytes_total")]),
          graph("Tried again", "none", [rate("output_retries_total")], {
            description: "Batches that were refused, or whose destination did not answer.",
          }),
        ],
      },
    ],
  });
}

const title = "Lines that were kept";
const description = "Newest first. No more than 1,000 lines: narrow the time or the boxes for others.";

/** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html */
function fromCloudWatch(places: LogPlace[]): PanelOf {
  const query = [
    "fields @timestamp, @logStream, @message",
    `filter @log like /pods\\/${box("namespace")}$/ and @logStream like /${box("pod")}/ and @message like /(?i)${box("search")}/`,
    "sort @timestamp desc",
    "limit 1000",
  ].join(" | ");
  return logLines(title, places, query, `${description} Each search is billed by what it reads.`);
}

/** @see https://grafana.com/docs/loki/latest/query/log_queries/ */
function fromLoki(): PanelOf {
  const source = { type: "loki", uid: "loki" };
  const expr = `{job="pods",namespace=~"${box("namespace")}",pod=~"${anything}${box("pod")}${anything}"} |~ "(?i)${box("search")}"`;
  return new LogsBuilder()
    .title(title)
    .description(description)
    .span(24)
    .height(16)
    .datasource(source)
    .showTime(true)
    .wrapLogMessage(true)
    .withTarget(new LokiQueryBuilder().datasource(source).refId("A").expr(expr).queryType("range").maxLines(1000));
}
