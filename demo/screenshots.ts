import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { onPath } from "../simulator/engine";
import { AirflowApi } from "./api/airflow";
import type { Demo } from "./demo";
import { hubPasswords } from "./services/jupyterhub";
import { basic, machine } from "./services/mlflow";
import { model } from "./services/models";
import { findPrometheus } from "./services/prometheus";

/** Takes pictures of the pages of a demo that runs. @returns their names @throws without Chromium, or when a page stays empty */
export async function screenshots(demo: Demo, folder: string): Promise<string[]> {
  const browser = ["chromium", "chromium-browser", "google-chrome"].flatMap((name) => onPath(name))[0];
  if (browser === undefined) throw new Error("Chromium is needed: install it with `apt-get install chromium`.");
  const at = (port: number, path: string) => `http://127.0.0.1:${port}${path}`;
  const { ports } = demo;
  const shows = (text: string) => `document.body && document.body.innerText.includes(${JSON.stringify(text)})`;
  const person = "ada";
  const pages = [
    {
      name: "airflow",
      url: at(ports.airflow, `/dags/${model}_training`),
      wait: shows("go_live"),
      cookies: { _token: await new AirflowApi(demo).signIn() },
      settleSeconds: 4,
    },
    {
      name: "mlflow",
      url: at(ports.mlflow, `/#/models/${model}`),
      wait: shows("champion"),
      headers: basic(machine(demo, "admin")),
    },
    {
      name: "jupyterhub",
      url: at(ports.jupyterhub, `/user/${person}/lab/tree/notebooks/1-explore.ipynb`),
      wait: shows("Customers of a made-up telephone company"),
      form: {
        url: at(ports.jupyterhub, `/hub/login?next=%2Fhub%2Fspawn%2F${person}`),
        fields: { username: person, password: hubPasswords(demo).user },
      },
      settleSeconds: 4,
    },
    { name: "model", url: at(ports.model, "/docs"), wait: shows(model), settleSeconds: 2 },
    ...(findPrometheus()
      ? [{ name: "prometheus", url: at(ports.prometheus, "/alerts"), wait: shows("ModelDrift") }]
      : []),
  ];
  mkdirSync(folder, { recursive: true });
  const { status, stderr } = spawnSync(demo.python("notebooks"), ["-m", "local_platform.screenshots"], {
    input: JSON.stringify({ browser, folder, pages }),
    env: { PATH: process.env.PATH ?? "", HOME: demo.folder, ...demo.pythonEnvironment("demo/src") },
    timeout: 600_000,
  });
  if (status !== 0) throw new Error(stderr.toString().slice(-2000));
  return pages.map(({ name }) => name);
}
