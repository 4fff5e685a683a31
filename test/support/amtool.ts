import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { onPath } from "../../simulator/engine";
import { buildGoTool, runCommand, toolCache } from "../../simulator/goBuild";
import type { Progress } from "../../simulator/progress";
import { projectDir } from "../../simulator/project";

/** Alertmanager's own command, which says whether a configuration is one and who gets which alert. */

const moduleDir = join(projectDir, "tools", "alertmanager");
/** The first that knows `url_file` of webhooks; Debian's is older. */
const oldestMinor = 26;

function pinnedVersion(): string {
  const version = /github\.com\/prometheus\/alertmanager v(\S+)/.exec(
    readFileSync(join(moduleDir, "go.mod"), "utf8"),
  )?.[1];
  if (!version) throw new Error(`${moduleDir}/go.mod pins no alertmanager`);
  return version;
}

async function recent(binary: string): Promise<boolean> {
  const { code, stdout, stderr } = await runCommand(binary, ["--version"], { timeoutSeconds: 30 });
  const [, major, minor] = /version (\d+)\.(\d+)\./.exec(stdout + stderr) ?? [];
  return code === 0 && (Number(major) > 0 || Number(minor) >= oldestMinor);
}

/** amtool as it is on this machine, on PATH or built earlier; nothing where it is not, or too old. */
export async function installedAmtool(): Promise<string | undefined> {
  for (const path of onPath("amtool")) if (await recent(path)) return path;
  const cached = toolCache("amtool", pinnedVersion(), "amtool");
  return existsSync(cached) ? cached : undefined;
}

/** Builds amtool from the Go module pinned in `tools/alertmanager` where it is not on this machine: about two minutes, once. */
export async function findAmtool(progress: Progress): Promise<string> {
  const installed = await installedAmtool();
  if (installed) return installed;
  const version = pinnedVersion();
  const path = toolCache("amtool", version, "amtool");
  await buildGoTool(
    {
      title: "amtool",
      moduleDir,
      mainPackage: "github.com/prometheus/alertmanager/cmd/amtool",
      ldflags: `-s -w -X github.com/prometheus/common/version.Version=${version}`,
    },
    path,
    progress,
  );
  progress.done(`amtool ${version} built into ${path}`);
  return path;
}
