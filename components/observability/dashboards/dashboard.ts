import {
  AnnotationQueryBuilder,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  QueryVariableBuilder,
  RowBuilder,
  TextBoxVariableBuilder,
  VariableRefresh,
  VariableSort,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { type PanelOf, prometheus } from "./panels";

/** A dashboard as Grafana takes it. */
export interface Dashboard {
  /** Part of the ConfigMap's name. */
  name: string;
  /** What links are made of; at most 40 characters, and the same for ever. */
  uid: string;
  folder: string;
  /** Compact, and the same for the same facts. */
  json: string;
}

/** Tools of the stack by their title, with their addresses, which dashboards link to. */
export type ToolLinks = Record<string, string>;

/** Folders of Grafana. */
export const platformFolder = "Platform";
export const modelsFolder = "Models";

/** Width of Grafana's grid. */
const columns = 24;

/** Tag of all dashboards that the platform makes; links between them go by it. */
const tag = "mlplatform";

/**
 * Platform dashboards have an underscore in their uid and no model's name has one: so a model's name is its uid, and both
 * are found from anywhere by name alone.
 */
export const uids = {
  overview: "mlplatform_overview",
  cluster: "mlplatform_cluster",
  capacity: "mlplatform_capacity",
  airflow: "mlplatform_airflow",
  mlflow: "mlplatform_mlflow",
  jupyterhub: "mlplatform_jupyterhub",
  training: "mlplatform_training",
  cloud: "mlplatform_cloud",
  logs: "mlplatform_logs",
} as const;

/** Something that happened, as a mark on every panel. */
export interface Mark {
  name: string;
  color: string;
  expr: string;
  title: string;
  /** Whether the value is the time, in milliseconds. */
  valueIsTime?: boolean;
}

/** A choice at the head of a dashboard: the values of a label. */
export interface Choice {
  name: string;
  label: string;
  /** Series that has the label of that name. */
  series: string;
}

/** A box at the head of a dashboard that a person writes into. */
export interface Box {
  name: string;
  label: string;
  /** What is in it at first. */
  value: string;
}

export interface Layout {
  name: string;
  uid: string;
  folder: string;
  title: string;
  description: string;
  rows: { title: string; panels: PanelOf[] }[];
  links: ToolLinks;
  marks?: Mark[];
  choices?: Choice[];
  boxes?: Box[];
  /** Asks again only when somebody wants it, where each time is billed. */
  still?: boolean;
  /** What is shown at first; six hours where nothing is said. */
  from?: string;
}

/** Lays a dashboard out and writes it as JSON. */
export function dashboard(layout: Layout): Dashboard {
  const { name, uid, folder, title, description, rows, links } = layout;
  const builder = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags([tag, folder.toLowerCase()])
    .timezone("browser")
    .time({ from: layout.from ?? "now-6h", to: "now" })
    .refresh(layout.still ? "" : "1m")
    .tooltip(DashboardCursorSync.Crosshair)
    .readonly()
    .link(toUrl("Overview", `/d/${uids.overview}`))
    .link(toUrl("Alerts", "/alerting/list?search=state:firing").keepTime(false))
    .link(
      new DashboardLinkBuilder("Dashboards")
        .type(DashboardLinkType.Dashboards)
        .tags([tag])
        .asDropdown(true)
        .keepTime(true),
    );
  for (const [tool, url] of Object.entries(links)) builder.link(toUrl(tool, url).keepTime(false).targetBlank(true));
  for (const choice of layout.choices ?? []) builder.withVariable(variable(choice));
  for (const { name: box, label, value } of layout.boxes ?? []) {
    builder.withVariable(
      new TextBoxVariableBuilder(box).label(label).defaultValue(value).current({ text: value, value }),
    );
  }
  for (const mark of layout.marks ?? []) builder.annotation(annotation(mark));
  let id = 1;
  let y = 0;
  for (const row of rows.filter(({ panels }) => panels.length > 0)) {
    builder.withRow(new RowBuilder(row.title).id(id++).gridPos({ x: 0, y: y++, w: columns, h: 1 }));
    // The SDK would let a panel that does not fit stand beyond the edge.
    let [x, tallest] = [0, 0];
    for (const panel of row.panels) {
      const built = panel.build();
      const { w, h } = built.gridPos!;
      if (x + w > columns) [x, y, tallest] = [0, y + tallest, 0];
      const placed = { ...built, id: id++, gridPos: { x, y, w, h } };
      builder.withPanel({ build: () => placed });
      [x, tallest] = [x + w, Math.max(tallest, h)];
    }
    y += tallest;
  }
  return { name, uid, folder, json: JSON.stringify(builder.build()) };
}

function toUrl(title: string, url: string): DashboardLinkBuilder {
  return new DashboardLinkBuilder(title).type(DashboardLinkType.Link).url(url).icon("external link").keepTime(true);
}

function variable({ name, label, series }: Choice): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(prometheus)
    .query(`label_values(${series}, ${name})`)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue(".*")
    .current({ text: "All", value: "$__all" });
}

function annotation({ name, color, expr, title, valueIsTime }: Mark): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name(name)
    .datasource(prometheus)
    .enable(true)
    .iconColor(color)
    .expr(expr)
    .titleFormat(title)
    .useValueForTime(valueIsTime ?? false)
    .step("60s");
}
