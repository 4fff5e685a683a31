import { patienceHours } from "../patience";
import type { WatchedModel } from "../watchedModel";
import { figure, graph } from "./panels";

/** What answers were worth whose truth is known by now. */
export function judged(name: string, { everyHours, windows }: NonNullable<WatchedModel["quality"]>) {
  const mine = `{model="${name}"}`;
  return [
    graph(
      "Metrics of labelled answers",
      "none",
      [
        { expr: `max by (version, metric) (model_quality${mine})`, legend: "{{version}} {{metric}}" },
        { expr: `max by (metric) (model_quality_limit${mine})`, legend: "worst allowed {{metric}}" },
      ],
      { width: 12, description: `Each look judges ${everyHours} hours of answers. A step may be another version.` },
    ),
    graph(
      "When the version was evaluated",
      "none",
      [{ expr: `max by (version, metric) (model_quality_evaluated${mine})`, legend: "{{version}} {{metric}}" }],
      { width: 12, description: "The same metrics, on the test rows of its training." },
    ),
    figure(
      "Bad windows in a row",
      "none",
      [{ expr: `max(model_quality_bad_windows${mine})`, legend: "windows" }],
      windows === undefined ? {} : { limit: windows },
    ),
    graph("Answers that were judged", "none", [
      { expr: `max(model_quality_rows${mine})`, legend: "sampled" },
      { expr: `max(model_quality_labelled_rows${mine})`, legend: "labelled" },
    ]),
    figure(
      "Last look at labels",
      "s",
      [{ expr: `time() - max(model_quality_last_look_timestamp_seconds${mine})`, legend: "ago" }],
      { limit: patienceHours(everyHours) * 3600 },
    ),
  ];
}
