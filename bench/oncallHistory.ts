import { recordedEverySeconds } from "../components/observability/alerts/burnRates";
import { recorded, seldom } from "../components/observability/alerts/modelRates";

/** Samples of some time, as OpenMetrics text that ends. */
export type History = Generator<string>;

const hour = 3600;
/** One file for so long: Prometheus reads a file once for each block that it makes of it, and blocks are as long. */
const fileSeconds = 2 * hour;

interface Past {
  name: string;
  everySeconds: number;
  forSeconds: number;
  value: number;
}

/** What rules look back at for longer than minutes, as it is when models keep their objectives. */
function pasts(): Past[] {
  const values = { requests: 10, failures: 0.005, slow: 0.02 };
  const kinds = Object.keys(recorded) as (keyof typeof recorded)[];
  return [
    ...kinds.flatMap((kind): Past[] => [
      { name: recorded[kind], everySeconds: recordedEverySeconds, forSeconds: 6 * hour, value: values[kind] },
      { name: seldom(kind), everySeconds: 300, forSeconds: 72 * hour, value: values[kind] },
    ]),
    {
      name: "model_drift_last_check_timestamp_seconds",
      everySeconds: recordedEverySeconds,
      forSeconds: 49 * hour,
      value: 1,
    },
    { name: "model_server_samples_total", everySeconds: recordedEverySeconds, forSeconds: hour, value: 1 },
  ];
}

/** Three days of history of each model, in files that follow each other. */
export function* modelsHistory(models: string[], nowSeconds: number): History {
  const now = Math.floor(nowSeconds / 300) * 300;
  for (let start = Math.floor((now - 72 * hour) / fileSeconds) * fileSeconds; start < now; start += fileSeconds) {
    const lines: string[] = [];
    for (const { name, everySeconds, forSeconds, value } of pasts()) {
      lines.push(`# TYPE ${name} ${name.endsWith("_total") ? "unknown" : "gauge"}`);
      const first = Math.max(start, now - forSeconds);
      for (const model of models) {
        for (let at = first; at < Math.min(start + fileSeconds, now); at += everySeconds) {
          lines.push(`${name}{model="${model}"} ${value} ${at}`);
        }
      }
    }
    yield `${lines.join("\n")}\n# EOF\n`;
  }
}
