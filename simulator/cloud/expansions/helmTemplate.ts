/** Renders charts with helm itself, from files on this machine. */
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import { parseAllDocuments, stringify } from "yaml";
import type { Properties } from "../values";

export interface Rendering {
  releaseName: string;
  namespace: string;
  /** File or folder of the chart. */
  chart: string;
  values: Properties;
  includeCrds: boolean;
  /** Kubernetes version the chart is told, such as `1.34`. */
  kubernetesVersion: string;
}

const mostOutputBytes = 64 * 1024 * 1024;

/** Documents of the rendered chart. @throws with helm's own words when it fails. */
export async function helmTemplate(binary: string, rendering: Rendering): Promise<Properties[]> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "simulated-helm-"));
  try {
    const valuesFile = path.join(folder, "values.yaml");
    fs.writeFileSync(valuesFile, stringify(rendering.values));
    const args = [
      "template",
      rendering.releaseName,
      rendering.chart,
      "--namespace",
      rendering.namespace,
      "--values",
      valuesFile,
      "--no-hooks",
      "--kube-version",
      rendering.kubernetesVersion,
    ];
    if (rendering.includeCrds) args.push("--include-crds");
    const env = { ...process.env, HELM_CACHE_HOME: folder, HELM_CONFIG_HOME: folder, HELM_DATA_HOME: folder };
    const { stdout } = await promisify(execFile)(binary, args, { maxBuffer: mostOutputBytes, env });
    return parseAllDocuments(stdout)
      .map((document) => document.toJS() as Properties | null)
      .filter((document): document is Properties => document !== null && Object.keys(document).length > 0);
  } catch (error) {
    throw new Error(
      `helm template ${rendering.chart}: ${((error as { stderr?: string }).stderr || (error as Error).message).trim()}`,
    );
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** The file of a chart: the path given, else `<name>-<version>.tgz` in the cache. Nothing when neither is there. */
export function chartFile(chart: string, version: string | undefined, cacheDir: string): string | undefined {
  if (fs.existsSync(chart)) return chart;
  if (version === undefined) return undefined;
  const name = chart.split("/").pop()!;
  return [`${name}-${version}.tgz`, `${name}-${version.replace(/^v/, "")}.tgz`]
    .map((file) => path.join(cacheDir, file))
    .find((file) => fs.existsSync(file));
}
