import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { charts } from "../charts/lock";
import { addonNames } from "../components/foundation/cluster/addon";
import { kubernetesVersions } from "../components/settings/cluster";
import { postgresVersions } from "../components/settings/database";

const root = join(__dirname, "..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

/** Files below a folder that end so, as paths from the project's root. */
function files(folder: string, end: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(end))
    .map((file) => `${folder}/${file}`);
}

/** Images that the sources name with a tag, or begin a Dockerfile with: tags by the name of the repository. */
export function pinnedImages(): Record<string, string[]> {
  const sources = [...files("charts/values", ".ts"), ...files("components", ".ts")].map(read);
  const dockerfiles = files("workloads", "Dockerfile").map(read);
  const named = [
    ...sources.flatMap((text) => [...text.matchAll(/"((?:docker\.io|ghcr\.io|quay\.io)\/[^":\s]+):([^"\s]+)"/g)]),
    ...dockerfiles.flatMap((text) => [...text.matchAll(/^FROM ([^\s:$]+):([^\s@]+)/gm)]),
    ...sources.flatMap((text) =>
      [...text.matchAll(/registry: "([^"]+)", repository: "([^"]+)", tag: "([^"]+)"/g)].map(
        ([whole, registry, repository, tag]) => [whole, `${registry}/${repository}`, tag!],
      ),
    ),
  ];
  const tags: Record<string, Set<string>> = {};
  for (const [, name = "", tag = ""] of named) tags[name] = (tags[name] ?? new Set()).add(tag);
  return Object.fromEntries(Object.entries(tags).map(([name, all]) => [name, [...all].sort()]));
}

/** The version that a list of Python packages holds of one of them. */
function pythonPackage(list: string, name: string): string {
  const [, version] = new RegExp(`^${name}==(\\S+)`, "m").exec(read(`workloads/requirements/${list}.txt`)) ?? [];
  if (version === undefined) throw new Error(`workloads/requirements/${list}.txt does not hold ${name}`);
  return version;
}

/** Everything whose version this program chooses, by what it is called in the ledger. What AWS chooses stands as such. */
export function pinnedVersions(): Record<string, string> {
  const [runtime] = /nodejs\d+\.x/.exec(read("components/foundation/lambdaFunction.ts")) ?? [];
  return {
    ...Object.fromEntries(kubernetesVersions.map((version) => [`Kubernetes ${version} (EKS)`, version])),
    [`EKS add-ons: ${addonNames.join(", ")}`]: "EKS's default for the cluster's version",
    ...Object.fromEntries(postgresVersions.map((version) => [`PostgreSQL ${version} (RDS)`, version])),
    "Lambda runtime": runtime ?? "",
    ...Object.fromEntries(Object.entries(charts).map(([name, { version }]) => [`chart ${name}`, version])),
    ...Object.fromEntries(Object.entries(pinnedImages()).map(([name, tags]) => [`image ${name}`, tags.join(", ")])),
    Airflow: pythonPackage("airflow", "apache-airflow"),
    MLflow: pythonPackage("mlflow", "mlflow"),
    JupyterHub: pythonPackage("jupyterhub", "jupyterhub"),
  };
}
