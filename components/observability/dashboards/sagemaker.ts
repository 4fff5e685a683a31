import type { WatchedModel } from "../watchedModel";
import { cloudGraph, failureLines, type Metric } from "./cloudWatch";
import type { Layout } from "./dashboard";

/**
 * An endpoint as CloudWatch sees it, in the order in which the same model's Kubernetes side is shown. Latencies are in
 * microseconds there, so objectives are drawn in them.
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
 */
export function sagemakerRows(
  { endpointName, region, logs }: NonNullable<WatchedModel["sagemaker"]>,
  { p99Millis, errorRatePercent }: WatchedModel["objectives"],
): Layout["rows"] {
  const of = (namespace: string, name: string, statistic: string, legend: string): Metric => ({
    namespace,
    name,
    dimensions: { EndpointName: endpointName, VariantName: "*" },
    statistic,
    legend,
  });
  const requests = (name: string, statistic: string, legend: string) => of("AWS/SageMaker", name, statistic, legend);
  const instances = (name: string, legend: string) => of("/aws/sagemaker/Endpoints", name, "Average", legend);
  return [
    {
      title: "SageMaker: what it promises",
      panels: [
        cloudGraph("Traffic on SageMaker", "none", region, [
          requests("Invocations", "Sum", "requests"),
          requests("Invocation4XXErrors", "Sum", "refused"),
          requests("Invocation5XXErrors", "Sum", "failed"),
        ]),
        cloudGraph(
          "Latency on SageMaker",
          "µs",
          region,
          [
            requests("ModelLatency", "p50", "model p50"),
            requests("ModelLatency", "p99", "model p99"),
            requests("OverheadLatency", "p99", "SageMaker itself p99"),
          ],
          { limit: p99Millis * 1000, description: "The line is the objective of p99." },
        ),
        cloudGraph(
          "Failed on SageMaker",
          "percentunit",
          region,
          [requests("Invocation5XXErrors", "Average", "failed")],
          { limit: errorRatePercent / 100, description: "The mean of a metric that is 1 for a request that failed." },
        ),
      ],
    },
    {
      title: "SageMaker: instances",
      panels: [
        cloudGraph("CPU and memory of instances", "percent", region, [
          instances("CPUUtilization", "CPU"),
          instances("MemoryUtilization", "memory"),
          instances("DiskUtilization", "disk"),
        ]),
        cloudGraph("GPU of instances", "percent", region, [
          instances("GPUUtilization", "GPU"),
          instances("GPUMemoryUtilization", "memory of the GPU"),
        ]),
        cloudGraph("Requests for each instance", "none", region, [
          requests("InvocationsPerInstance", "Sum", "requests"),
        ]),
        failureLines("Log of the endpoint", [logs], " Of all instances, and of versions on trial."),
      ],
    },
  ];
}
