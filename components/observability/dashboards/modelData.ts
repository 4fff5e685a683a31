import { patienceHours } from "../patience";
import type { WatchedModel } from "../watchedModel";
import { figure, graph, spread } from "./panels";

/** What it says. */
export function predictions(name: string) {
  const mine = `{model="${name}"}`;
  return [
    graph(
      "Predictions by outcome",
      "cps",
      [
        {
          expr: `sum by (version, outcome) (rate(model_predictions_total${mine}[5m]))`,
          legend: "{{version}} {{outcome}}",
        },
      ],
      { stacked: true },
    ),
    graph(
      "Input refused, by reason",
      "cps",
      [{ expr: `sum by (reason) (rate(model_input_rejected_total${mine}[5m]))`, legend: "{{reason}}" }],
      { stacked: true, description: "A caller sends what the model's signature does not allow." },
    ),
    graph(
      "Median and 90th percentile of predictions",
      "none",
      [0.5, 0.9].map((share) => ({
        // Where values below zero can be, there is neither a sum nor a mean of them.
        expr: `histogram_quantile(${share}, sum by (le, version) (rate(model_prediction_value_bucket${mine}[15m])))`,
        legend: `{{version}} p${share * 100}`,
      })),
      { description: "A step without a new version means that the input changed." },
    ),
    spread("How predictions are spread", "none", `sum by (le) (increase(model_prediction_value_bucket${mine}[15m]))`, {
      width: 24,
    }),
  ];
}

/** How far what it is asked is from what it learned. */
export function drifting({ name }: WatchedModel, { maxPsi, everyHours }: NonNullable<WatchedModel["drift"]>) {
  const mine = `{model="${name}"}`;
  return [
    graph(
      "Stability index by feature",
      "none",
      [{ expr: `max by (feature) (model_drift_psi${mine})`, legend: "{{feature}}" }],
      { width: 12, limit: maxPsi, description: "Live input against the training data; the line is what is allowed." },
    ),
    figure(
      "Last check",
      "s",
      [{ expr: `time() - max(model_drift_last_check_timestamp_seconds${mine})`, legend: "ago" }],
      { limit: patienceHours(everyHours) * 3600 },
    ),
    graph("Input kept for the check", "cps", [
      { expr: `sum(rate(model_server_samples_total${mine}[5m]))`, legend: "kept" },
      { expr: `sum(rate(model_server_samples_dropped_total${mine}[5m]))`, legend: "dropped" },
    ]),
  ];
}
