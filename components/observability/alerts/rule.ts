import { ownerLabel } from "./labels";

/** Something a person has to look at, as Prometheus takes it. */
export interface AlertRule {
  alert: string;
  expr: string;
  /** How long it must hold; absent: one evaluation. */
  for?: string;
  labels: Record<string, string>;
  annotations: { summary: string; description: string; runbook_url: string };
}

/** A series that others build on. */
export interface RecordingRule {
  record: string;
  expr: string;
  labels?: Record<string, string>;
}

export interface RuleGroup {
  name: string;
  /** Between two evaluations; absent: as often as Prometheus scrapes. */
  interval?: string;
  rules: (AlertRule | RecordingRule)[];
}

/** One alert as it is written down in the tables here. */
export interface Written {
  alert: string;
  /** `critical` wakes somebody; `warning` can wait for the morning; `info` is told to nobody, and may hold others back. */
  severity: "critical" | "warning" | "info";
  /** How long it must hold, such as `5m`. */
  held?: string;
  expr: string;
  summary: string;
  description: string;
  labels?: Record<string, string>;
}

/** Whose alerts they are, and where a person reads what to do. */
export interface RuleContext {
  /** Value of the label `owner`. */
  owner: string;
  /** Address below which `<Alert>.md` is found. */
  runbooks: string;
}

export function alertRule(written: Written, context: RuleContext, labels: Record<string, string>): AlertRule {
  const { alert, severity, held, expr, summary, description } = written;
  return {
    alert,
    expr,
    ...(held === undefined ? {} : { for: held }),
    labels: { severity, [ownerLabel]: context.owner, ...labels, ...written.labels },
    annotations: { summary, description, runbook_url: `${context.runbooks}/${alert}.md` },
  };
}

export function isAlert(rule: AlertRule | RecordingRule): rule is AlertRule {
  return "alert" in rule;
}
