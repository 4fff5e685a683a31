import * as common from "@grafana/grafana-foundation-sdk/common";
import {
  type Panel as BuiltPanel,
  DashboardLinkBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder as HeatmapBuilder } from "@grafana/grafana-foundation-sdk/heatmap";
import { DataqueryBuilder, PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as TableBuilder } from "@grafana/grafana-foundation-sdk/table";
import { PanelBuilder as TimeseriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";

/** A panel of any kind, as rows take it. */
export interface PanelOf {
  build(): BuiltPanel;
}

/** One query and what its series are called. */
export interface Query {
  expr: string;
  /** Such as `{{pod}}`. */
  legend: string;
}

/** A percentile of a histogram over a window, such as `percentile(0.99, "seconds_bucket", "5m")`. */
export function percentile(share: number, bucket: string, window: string): Query {
  return {
    expr: `histogram_quantile(${share}, sum by (le) (rate(${bucket}[${window}])))`,
    legend: `p${share * 100}`,
  };
}

/** What panels may be told beside their queries. */
export interface Look {
  /** Of 24 columns; 8 where nothing is said. */
  width?: number;
  /** What is shown and when to worry, for the little i beside the title. */
  description?: string;
  /** Draws a line, or turns red, from this value on. */
  limit?: number;
  /** The limit is the least that is good, instead of the most. */
  limitIsLeast?: boolean;
  stacked?: boolean;
  min?: number;
  max?: number;
  /** Where a click on a value leads. */
  link?: { title: string; url: string };
}

export const prometheus: common.DataSourceRef = { type: "prometheus", uid: "prometheus" };

const letters = [..."ABCDEFGHIJ"];
const height = 7;

function query({ expr, legend }: Query, at: number): DataqueryBuilder {
  return new DataqueryBuilder().datasource(prometheus).refId(letters[at]!).expr(expr).legendFormat(legend).range();
}

function limits({ limit, limitIsLeast }: Look): ThresholdsConfigBuilder {
  const [below, above] = limitIsLeast ? ["red", "green"] : ["green", "red"];
  return new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps([
      { value: null, color: limit === undefined ? "blue" : below! },
      ...(limit === undefined ? [] : [{ value: limit, color: above! }]),
    ]);
}

/** What all kinds of panels have, without which the SDK's kinds would have nothing in common. */
interface Common<Builder> extends PanelOf {
  span(width: number): Builder;
  height(height: number): Builder;
  unit(unit: string): Builder;
  description(text: string): Builder;
  datasource(reference: common.DataSourceRef): Builder;
  thresholds(limits: ThresholdsConfigBuilder): Builder;
  min(value: number): Builder;
  max(value: number): Builder;
  dataLinks(links: DashboardLinkBuilder[]): Builder;
}

export function look<Builder extends Common<Builder>>(
  builder: Builder,
  unit: string,
  given: Look,
  tall = height,
): Builder {
  const { width = 8, description, min, max, link } = given;
  builder.span(width).height(tall).unit(unit).thresholds(limits(given));
  if (description !== undefined) builder.description(description);
  if (min !== undefined) builder.min(min);
  if (max !== undefined) builder.max(max);
  if (link !== undefined) builder.dataLinks([new DashboardLinkBuilder(link.title).url(link.url)]);
  return builder;
}

/** Lines over time, without queries yet: of Prometheus or of CloudWatch. */
export function lines(title: string, unit: string, given: Look): TimeseriesBuilder {
  const panel = look(new TimeseriesBuilder().title(title), unit, { min: 0, ...given })
    .fillOpacity(given.stacked ? 30 : 8)
    .showPoints(common.VisibilityMode.Never)
    .legend(
      new common.VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom)
        .calcs([]),
    )
    .tooltip(
      new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi).sort(common.SortOrder.Descending),
    );
  if (given.stacked) panel.stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal));
  if (given.limit !== undefined) {
    const style = new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode.Line);
    panel.thresholdsStyle(style);
  }
  return panel;
}

/** Lines over time. */
export function graph(title: string, unit: string, queries: Query[], given: Look = {}): PanelOf {
  const panel = lines(title, unit, given).datasource(prometheus);
  for (const [at, each] of queries.entries()) panel.withTarget(query(each, at));
  return panel;
}

/** The last value of a few series, in large figures. */
export function figure(title: string, unit: string, queries: Query[], given: Look = {}): PanelOf {
  const panel = look(new StatBuilder().title(title), unit, { width: 4, ...given }, 4)
    .datasource(prometheus)
    .noValue("none")
    .colorMode(common.BigValueColorMode.Value)
    .graphMode(common.BigValueGraphMode.Area)
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(["lastNotNull"]));
  for (const [at, each] of queries.entries()) panel.withTarget(query(each, at));
  return panel;
}

/** Labels as figures, such as the version that is live. */
export function word(title: string, { expr, legend }: Query, given: Look = {}): PanelOf {
  return look(new StatBuilder().title(title), "none", { width: 4, ...given }, 4)
    .datasource(prometheus)
    .noValue("none")
    .textMode(common.BigValueTextMode.Name)
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(["lastNotNull"]))
    .withTarget(new DataqueryBuilder().datasource(prometheus).refId("A").expr(expr).legendFormat(legend).instant());
}

/** One row for each set of labels, one column for each query; queries are named after their columns. */
export function grid(title: string, unit: string, queries: Query[], given: Look = {}): PanelOf {
  const panel = look(new TableBuilder().title(title), unit, { width: 12, ...given }, 8).datasource(prometheus);
  for (const [at, { expr }] of queries.entries()) {
    panel.withTarget(
      new DataqueryBuilder()
        .datasource(prometheus)
        .refId(letters[at]!)
        .expr(expr)
        .instant()
        .format(PromQueryFormat.Table),
    );
  }
  panel.withTransformation({ id: "merge", options: {} });
  // A lone query's column is called "Value", those of several "Value #A" and so on.
  const columns = queries.map(({ legend }, at) => [queries.length === 1 ? "Value" : `Value #${letters[at]}`, legend]);
  panel.withTransformation({
    id: "organize",
    options: { excludeByName: { Time: true }, indexByName: {}, renameByName: Object.fromEntries(columns) },
  });
  return panel;
}

/** How the values of a histogram are spread over time. */
export function spread(title: string, unit: string, buckets: string, given: Look = {}): PanelOf {
  return look(new HeatmapBuilder().title(title), unit, { width: 12, ...given }, 8)
    .datasource(prometheus)
    .calculate(false)
    .withTarget(
      new DataqueryBuilder()
        .datasource(prometheus)
        .refId("A")
        .expr(buckets)
        .legendFormat("{{le}}")
        .format(PromQueryFormat.Heatmap)
        .range(),
    );
}
