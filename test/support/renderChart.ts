import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Output } from "@pulumi/pulumi";
import type { Context } from "mocha";
import { stringify } from "yaml";
import type { ChartName } from "../../charts/lock";
import { cachedChartFile, chartSource } from "../../charts/source";
import { installedHelm } from "../../simulator/helm";
import { skip } from "./skip";

/** As much of a Kubernetes object as tests look at. */
export interface Manifest {
  kind: string;
  metadata: { name: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  data?: Record<string, string>;
  rules?: unknown[];
  spec?: Record<string, unknown>;
}

export interface PodSpec {
  securityContext?: object;
  containers: Container[];
  initContainers?: Container[];
}

interface Container {
  name: string;
  image: string;
  securityContext?: object;
  resources?: { limits?: object };
  env?: { name: string; value?: string; valueFrom?: { secretKeyRef?: { name: string } } }[];
  envFrom?: { configMapRef?: { name: string } }[];
  volumeMounts?: { subPath?: string }[];
}

/** Renders a chart of the cache with helm, and skips the test where there is no helm or no such file. */
export async function renderChart(context: Context, name: ChartName, values: object): Promise<string> {
  if (!existsSync(cachedChartFile(name))) {
    skip(context, `the chart is not at ${cachedChartFile(name)}; put its package there, or set MLPLATFORM_CHART_CACHE`);
  }
  const helm = await installedHelm();
  if (helm === undefined) skip(context, "no Helm 3 on PATH; install it");
  const home = mkdtempSync(join(tmpdir(), "render-"));
  try {
    const file = join(home, "values.yaml");
    writeFileSync(file, stringify(values));
    const args = ["template", name, chartSource(name).chart, "--namespace", name, "--kube-version", "1.34.0"];
    return execFileSync(helm.path, [...args, "--include-crds", "--values", file], {
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
      timeout: 60_000,
      env: { HOME: home, PATH: process.env.PATH ?? "" },
    });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** Every pod that an object describes, at any depth. */
export function podSpecs(value: unknown): PodSpec[] {
  if (typeof value !== "object" || value === null) return [];
  const own = Array.isArray((value as PodSpec).containers) ? [value as PodSpec] : [];
  return [...own, ...Object.values(value).flatMap(podSpecs)];
}

/** Every value in a tree, with its path. */
export function leaves(value: unknown, path = ""): [string, unknown][] {
  if (typeof value !== "object" || value === null || Output.isInstance(value)) return [[path, value]];
  return Object.entries(value).flatMap(([key, nested]) => leaves(nested, `${path}.${key}`));
}
