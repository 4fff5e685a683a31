import type { PlannedResource } from "../simulator/plan";

/** Components by type, and the piece of the platform that they belong to. The first that is met from the resource outwards counts. */
const pieces: [RegExp, string][] = [
  [/^mlplatform:apps:Airflow/, "Airflow"],
  [/^mlplatform:apps:Mwaa/, "Airflow"],
  [/^mlplatform:apps:Mlflow/, "MLflow"],
  [/^mlplatform:apps:Jupyterhub/, "JupyterHub"],
  [/^mlplatform:apps:(Monitoring|Dashboards|ModelWatch)/, "Monitoring"],
  [/^mlplatform:apps:LandingPage/, "Landing page"],
  [/^mlplatform:foundation:(CloudAlarms|AlertTopic|FailedRuns|MissedStarts)/, "Monitoring"],
  [/^mlplatform:foundation:(AwsCluster|ExistingCluster)/, "Cluster"],
  [/^mlplatform:foundation:(Network|FlowLogs)/, "Network"],
  [/^mlplatform:foundation:(AwsData|Bucket|Postgres|ExistingData)/, "Databases and stores"],
  [/^mlplatform:serving:/, "Models"],
  [/^mlplatform:training:/, "Training"],
  [/^mlplatform:data:/, "Data catalogue"],
  [/^mlplatform:studio:/, "Studio"],
  [/^mlplatform:delivery:/, "Delivery"],
  [/^mlplatform:governance:/, "Governance"],
];

/** Piece of the platform that a resource belongs to. */
export function pieceOf({ urn }: PlannedResource): string {
  const types = (urn.split("::")[2] ?? "").split("$").reverse();
  for (const type of types) {
    const found = pieces.find(([pattern]) => pattern.test(type));
    if (found) return found[1];
  }
  return "Platform";
}

/** Model that a resource is there for alone, among those of the stack. */
export function modelOf({ name }: PlannedResource, models: readonly string[]): string | undefined {
  const found = models.filter((model) =>
    ["endpoint", "models", "training", "batch", "drift"].some(
      (part) => name.includes(`-${part}-${model}-`) || name.endsWith(`-${part}-${model}`),
    ),
  );
  return found.sort((a, b) => b.length - a.length)[0];
}
