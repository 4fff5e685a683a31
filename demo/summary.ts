import type { Demo } from "./demo";
import { adminPassword } from "./services/airflow";
import { hubPasswords } from "./services/jupyterhub";
import { machine } from "./services/mlflow";
import { findPrometheus } from "./services/prometheus";
import type { Happened } from "./story";

/** What happened, and where to look at it. */
export function summary(demo: Demo, happened: Happened[], notes: string[]): string {
  const { ports } = demo;
  const at = (port: number, path = "/") => `http://127.0.0.1:${port}${path}`;
  const mlflow = machine(demo, "admin");
  const links = [
    ["Airflow", at(ports.airflow), `admin / ${adminPassword(demo)}`],
    ["MLflow", at(ports.mlflow), `${mlflow.username} / ${mlflow.password}`],
    ["JupyterHub", at(ports.jupyterhub), `any name / ${hubPasswords(demo).user}`],
    ["Model's API", at(ports.model, "/docs"), ""],
    ...(findPrometheus() ? [["Prometheus", at(ports.prometheus, "/alerts"), ""]] : []),
  ];
  return [
    "",
    "What happened",
    ...happened.map(({ what, detail }) => `  ${what.padEnd(22)} ${detail}`),
    "",
    "Where to look (until `make demo-stop`)",
    ...links.map(([name, link, who]) => `  ${name!.padEnd(12)} ${link!.padEnd(34)} ${who}`.trimEnd()),
    "",
    ...notes.map((note) => `Note: ${note}`),
    "Simulated: Kubernetes (pods are processes), S3 (moto), and the customers. Everything else is the real program.",
    `Logs: ${demo.folder}/logs`,
  ].join("\n");
}
