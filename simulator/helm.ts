import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { onPath } from "./engine";
import { buildGoTool, Interrupted, runCommand, toolCache } from "./goBuild";
import type { Progress } from "./progress";
import { projectDir } from "./project";

/** The helm command, which renders charts into objects. */
export interface Helm {
  path: string;
  /** Such as `3.22.0`. */
  version: string;
  origin: "path" | "cache" | "built";
}

const moduleDir = join(projectDir, "tools", "helm");

/** Version that tools/helm/go.mod pins. */
function pinnedVersion(): string {
  const version = /helm\.sh\/helm\/v3 v(\S+)/.exec(readFileSync(join(moduleDir, "go.mod"), "utf8"))?.[1];
  if (!version) throw new Error(`${moduleDir}/go.mod pins no helm`);
  return version;
}

async function versionOf(binary: string): Promise<string | undefined> {
  const { code, stdout } = await runCommand(binary, ["version", "--template", "{{.Version}}"], { timeoutSeconds: 30 });
  return code === 0 ? stdout.trim().replace(/^v/, "") : undefined;
}

/** Helm 3 as it is on this machine, on PATH or built earlier; nothing where it is not. */
export async function installedHelm(): Promise<Helm | undefined> {
  for (const path of onPath("helm")) {
    const version = await versionOf(path);
    if (version?.startsWith("3.")) return { path, version, origin: "path" };
  }
  const cached = toolCache("helm", pinnedVersion(), "helm");
  return existsSync(cached) ? { path: cached, version: pinnedVersion(), origin: "cache" } : undefined;
}

/**
 * Helm 3, built from the Go module pinned in `tools/helm` where it is not on this machine: about two minutes, once.
 * @throws Error with what went wrong and the remedy.
 */
export async function findHelm(progress: Progress): Promise<Helm> {
  const installed = await installedHelm();
  if (installed) return installed;
  const version = pinnedVersion();
  const path = toolCache("helm", version, "helm");
  const tool = {
    title: "Helm",
    moduleDir,
    mainPackage: "helm.sh/helm/v3/cmd/helm",
    ldflags: `-s -w -X helm.sh/helm/v3/internal/version.version=v${version}`,
  };
  try {
    await buildGoTool(tool, path, progress);
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    throw new Error(
      `No Helm 3 on PATH, and it could not be built: ${(error as Error).message}\n` +
        "Install Helm 3 (https://helm.sh/docs/intro/install), or Go as new as tools/helm/go.mod says, and run again.",
    );
  }
  progress.done(`Helm ${version} built into ${path}`);
  return { path, version, origin: "built" };
}
