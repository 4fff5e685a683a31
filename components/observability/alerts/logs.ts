import type { Written } from "./rule";

/** What the alerts on kept logs depend on. */
export interface LogFacts {
  /** MiB a day beyond which somebody is told. */
  alertAtDailyMiB: number;
  /** Whether Loki keeps them. */
  inCluster: boolean;
}

/** Fluent Bit on each node. @see https://docs.fluentbit.io/manual/administration/monitoring */
export function logs({ alertAtDailyMiB, inCluster }: LogFacts): Written[] {
  const taken = "sum by (pod) (increase(fluentbit_input_records_total[15m]))";
  const delivered = "sum by (pod) (increase(fluentbit_output_proc_records_total[15m]))";
  const nothingRead = "sum(increase(fluentbit_input_records_total[1h])) == 0";
  const noneAnswers = 'absent(up{job="fluent-bit"} == 1)';
  const lokiDown = 'absent(up{job="logs/loki"} == 1)';
  return [
    ...(inCluster ? [logStoreDown(lokiDown), logsNotStored] : []),
    {
      alert: "LogsNotDelivered",
      severity: "warning",
      held: "10m",
      expr: `((${taken} > 0 and ${delivered} == 0) or ${nothingRead} or ${noneAnswers})${inCluster ? ` unless on () ${lokiDown}` : ""}`,
      summary: "What pods write is not kept",
      description:
        "For a quarter of an hour no line has left {{ $labels.pod }}; or no Fluent Bit answers, or none reads anything. Lines wait in files and in a buffer of 1 GiB a node; then the oldest go.",
    },
    {
      alert: "LogLinesDropped",
      severity: "warning",
      expr: "sum by (pod) (increase(fluentbit_output_dropped_records_total[30m])) > 0",
      summary: "Lines of pods were lost",
      description:
        "{{ $labels.pod }} has given up {{ $value }} lines within half an hour: its buffer was full, or they were refused.",
    },
    {
      alert: "LogsHeldBack",
      severity: "warning",
      held: "15m",
      expr: "avg by (pod) (avg_over_time(fluentbit_input_rate_gate_limited[15m])) > 0.5",
      summary: "A node's pods write more than is taken",
      description:
        "{{ $labels.pod }} has been at `monitoring.logs.maxHourlyMiB` for most of half an hour: what is kept comes late, and what the kubelet rotates away first is never kept.",
    },
    {
      alert: "LogVolumeHigh",
      severity: "warning",
      held: "30m",
      expr: `sum(increase(fluentbit_output_proc_bytes_total[1d])) > ${alertAtDailyMiB} * 1048576`,
      summary: "Pods write more than a day's bound",
      description:
        "{{ $value | humanize1024 }}B within a day, and `monitoring.logs.alertAtDailyMiB` allows " +
        `${alertAtDailyMiB} MiB. It is kept all the same, and billed.`,
    },
  ];
}

const logStoreDown = (expr: string): Written => ({
  alert: "LogStoreDown",
  severity: "warning",
  held: "10m",
  expr,
  summary: "Loki does not answer",
  description:
    "Lines wait on the nodes, in a buffer of 1 GiB each; nothing that was kept can be searched until it is back.",
});

/** Loki tries again, each time counted, so one that goes on failing is told from a store that was started anew. */
const logsNotStored: Written = {
  alert: "LogsNotStored",
  severity: "warning",
  held: "30m",
  expr: 'sum(increase(loki_ingester_chunks_flush_failures_total{job="logs/loki"}[15m])) > 0',
  summary: "Loki cannot write to its store",
  description:
    "For half an hour the object store has refused what Loki puts there. Lines wait in Loki's volume of 10 GiB; once that is full, or lost, so are they.",
};
