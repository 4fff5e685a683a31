import { answeredWithin } from "../latency";
import { patienceHours } from "../patience";
import type { WatchedModel } from "../watchedModel";
import { burning, fastBurns, recordedEverySeconds, slowBurns } from "./burnRates";
import { modelLabel } from "./labels";
import { down, waiting } from "./modelDown";
import { quality } from "./modelQuality";
import { increase, ratio, recorded, timed } from "./modelRates";
import { promotion } from "./promotion";
import { type AlertRule, alertRule, type RecordingRule, type RuleContext, type RuleGroup, type Written } from "./rule";

/** A model that is down is noticed soon; what lasts, is rare, or can wait for the morning is looked at less often. */
const downInterval = "1m";
const slowInterval = "5m";

/** How much later than its bake a release may end: pods start and load the model first. */
const releaseMinutes = 60;

/**
 * Alerts of one model, over what `modelRates` records of all models. What is served on SageMaker alone has no series here
 * but those of its releases; its objectives are watched by alarms of CloudWatch.
 */
export function modelRules(model: WatchedModel, context: RuleContext): RuleGroup[] {
  const { name, kubernetes } = model;
  const alert = (written: Written): AlertRule =>
    alertRule(written, { ...context, owner: model.owner ?? context.owner }, { [modelLabel]: name });
  const group = (what: string, rules: RuleGroup["rules"], interval: string): RuleGroup[] =>
    rules.length === 0 ? [] : [{ name: `model.${name}.${what}`, interval, rules }];
  return [
    ...(kubernetes
      ? group("objectives", [slow(model), ...objectives(model, fastBurns).map(alert)], `${recordedEverySeconds}s`)
      : []),
    ...(kubernetes ? group("objectives-slow", objectives(model, slowBurns).map(alert), slowInterval) : []),
    ...(kubernetes
      ? group("down", [down(model, kubernetes), waiting(model, kubernetes)].map(alert), downInterval)
      : []),
    ...group("serving", [...releases(model), ...(kubernetes ? serving(model) : [])].map(alert), slowInterval),
    ...group("drift", drift(model).map(alert), slowInterval),
    ...group("quality", quality(model).map(alert), slowInterval),
  ];
}

function slow({ name, objectives }: WatchedModel): RecordingRule {
  const mine = `${modelLabel}="${name}"`;
  const within = answeredWithin(timed.within, mine, objectives.p99Millis / 1000);
  return {
    record: recorded.slow,
    expr: `clamp_min(sum(${timed.answers}{${mine}}) - ${within}, 0)`,
    labels: { [modelLabel]: name },
  };
}

function objectives({ name, objectives: { p99Millis, errorRatePercent } }: WatchedModel, burns: typeof fastBurns) {
  const mine = `{${modelLabel}="${name}"}`;
  return burns.flatMap((burn): Written[] => {
    const common = { severity: burn.severity, labels: { window: burn.long } };
    const over = (bad: "failures" | "slow", objective: number) =>
      burning(
        (window) => ratio(bad, window) + mine,
        (window) => increase(bad, window) + mine,
        objective,
        burn,
      );
    const words = (what: string) =>
      `{{ $value | humanizePercentage }} of the requests of the last ${burn.long} ${what}`;
    return [
      {
        ...common,
        alert: "ModelErrorRateHigh",
        expr: over("failures", errorRatePercent / 100),
        summary: `${name} fails`,
        description: `${words("failed")}; ${errorRatePercent} % may.`,
      },
      {
        ...common,
        alert: "ModelLatencyHigh",
        expr: over("slow", 0.01),
        summary: `${name} is slow`,
        description: `${words(`took longer than ${p99Millis} ms`)}; 1 % may.`,
      },
    ];
  });
}

/** Workers of a model that may end within a quarter of an hour before somebody has to look. */
const workerEnds = 3;

/** A counter that has just appeared has no increase yet: that it was not there before counts as one. */
function happened(counter: string, window: string): string {
  return `(increase(${counter}[${window}]) > 0 or (${counter} > 0 unless ${counter} offset ${window}))`;
}

function releases(model: WatchedModel): Written[] {
  const { name, bakeMinutes } = model;
  const outcome = (value: string) =>
    `sum by (target) ${happened(`model_releases_total{model="${name}",outcome="${value}"}`, "15m")}`;
  return [
    {
      alert: "ModelCanaryRolledBack",
      severity: "warning",
      expr: outcome("rolled_back"),
      summary: `A new version of ${name} was rolled back`,
      description: "It missed an objective while it was tried on {{ $labels.target }}. The version before it answers.",
    },
    {
      alert: "ModelReleaseFailed",
      severity: "warning",
      expr: outcome("failed"),
      summary: `A new version of ${name} could not be tried`,
      description: "Its release on {{ $labels.target }} failed before it had answered. The version before it answers.",
    },
    {
      alert: "ModelFilesChanged",
      severity: "critical",
      expr: `max by (version) (model_files_changed{model="${name}"}) == 1`,
      summary: `Files of ${name} are not those that were released`,
      description:
        "Files of version {{ $labels.version }} have changed since the release path recorded them. Pods that run go on; none " +
        "that starts will load it.",
    },
    {
      alert: "ModelRejectedStays",
      severity: "critical",
      expr: `max(model_release_rejected_stays{model="${name}"}) == 1`,
      summary: `A version of ${name} answers that was rejected`,
      description: "There is no other version to go back to: none was approved before it, or none of those loads.",
    },
    {
      alert: "ModelReleaseStuck",
      severity: "warning",
      held: `${bakeMinutes + releaseMinutes}m`,
      expr: `max by (target) (model_release_state{model="${name}",state!~"live|rejected"}) == 1`,
      summary: `A release of ${name} does not end`,
      description: `On {{ $labels.target }} a new version has been tried for more than ${bakeMinutes + releaseMinutes} minutes.`,
    },
    {
      alert: "ModelNoVersion",
      severity: "warning",
      held: "1h",
      expr: `max(model_release_alias_missing{model="${name}"}) == 1`,
      summary: `${name} has no version to serve`,
      description: "The alias that it follows names no version of the registry: nothing was trained or promoted yet.",
    },
    ...promotion(model),
  ];
}

function serving({ name, drift }: WatchedModel): Written[] {
  const sampled = `model_server_samples_total{model="${name}"}`;
  const rules: Written[] = [
    {
      alert: "ModelLoadFailing",
      severity: "warning",
      expr: `sum by (version) ${happened(`model_server_model_load_failures_total{model="${name}"}`, "15m")}`,
      summary: `${name} cannot be loaded`,
      description: "Version {{ $labels.version }} could not be fetched or loaded by a pod.",
    },
    {
      alert: "ModelWorkersEnding",
      severity: "warning",
      // One that ends costs the requests that it had in hand, and is replaced; again and again it is the model.
      expr: `sum by (reason) (increase(model_server_worker_ends_total{model="${name}"}[15m])) > ${workerEnds}`,
      summary: `Workers of ${name} end again and again`,
      description: `{{ $value | humanize }} workers ({{ $labels.reason }}) in 15 minutes: each took the requests that it had in hand with it.`,
    },
  ];
  if (drift === undefined) return rules;
  const answers = `${increase("requests", "1h")}{model="${name}"}`;
  return [
    ...rules,
    {
      alert: "ModelSamplingStale",
      severity: "warning",
      held: "30m",
      expr: `(sum(increase(${sampled}[1h])) == 0 or absent(${sampled})) and on () ${answers} * ${drift.samplePercent / 100} > 20`,
      summary: `Input of ${name} is no longer kept`,
      description: "It answers requests, and none was sampled for an hour: drift cannot be seen.",
    },
  ];
}

function drift({ name, drift: wanted }: WatchedModel): Written[] {
  if (wanted === undefined) return [];
  const { maxPsi, everyHours } = wanted;
  const patience = patienceHours(everyHours);
  const mine = `{model="${name}"}`;
  const checked = `model_drift_last_check_timestamp_seconds${mine}`;
  const answers = `label_replace(max(model_prediction_drift_psi${mine}), "feature", "what it answers", "", "")`;
  return [
    {
      alert: "ModelDrift",
      severity: "warning",
      held: "5m",
      // Only the check knows what chance alone reaches with as few rows as it had.
      expr:
        `(max by (feature) (model_drift_psi${mine}) or ${answers}) > ${maxPsi} ` +
        `and on () max(model_drift_detected${mine}) == 1`,
      summary: `The input of ${name} drifts`,
      description: `{{ $labels.feature }} is spread otherwise than in training: its index is {{ printf "%.3f" $value }}, ${maxPsi} is allowed.`,
    },
    {
      alert: "ModelDriftBaselineMissing",
      severity: "warning",
      held: "5m",
      expr: `max(model_drift_baseline_missing${mine}) == 1`,
      summary: `Nothing to compare the input of ${name} with`,
      description: "The live version has no usable drift_baseline.json: drift cannot be seen.",
    },
    {
      alert: "ModelDriftCheckStale",
      severity: "warning",
      expr: `time() - max(${checked}) > ${patience * 3600} or absent_over_time(${checked}[${patience}h])`,
      summary: `Nobody looks whether ${name} drifts`,
      description: `The last check is more than ${patience} hours ago; one is due every ${everyHours}.`,
    },
  ];
}
