import type { WatchedModel } from "../../components/observability/watchedModel";

/** A model as alerts and dashboards are told of it, with everything that it may have on Kubernetes. */
export function watchedModel(
  name: string,
  { everyHours } = { everyHours: 24 },
): WatchedModel & Required<Pick<WatchedModel, "kubernetes" | "drift" | "quality">> {
  return {
    name,
    owner: "retention",
    objectives: { p99Millis: 200, errorRatePercent: 1 },
    bakeMinutes: 10,
    takenFrom: "dev",
    kubernetes: { namespace: "models", deployment: name, canaryDeployment: `${name}-canary` },
    drift: { maxPsi: 0.2, everyHours, samplePercent: 10 },
    quality: { everyHours, labelled: true, windows: 3, alarmed: false },
  };
}
