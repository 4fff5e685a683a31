import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { buildGoTool, Interrupted, runCommand, toolCache } from "./goBuild";
import type { Progress } from "./progress";
import { projectDir } from "./project";

/** Pulumi's command-line tool, which is its engine. */
export interface Engine {
  /** Absolute path of the binary. */
  path: string;
  /** Such as `3.259.0`. */
  version: string;
  /** How it came to this machine: installed by the user, built earlier, downloaded by the npm package, or built just now. */
  origin: "path" | "cache" | "npm" | "built";
}

const probeTimeoutSeconds = 15;
const downloadTimeoutSeconds = 300;

/** The engine version that goes with the SDK: that of the npm package `pulumi` in package.json. */
export function pinnedEngineVersion(): string {
  const manifest = JSON.parse(readFileSync(join(projectDir, "package.json"), "utf8"));
  return manifest.devDependencies.pulumi;
}

/** Whether an installed engine can serve this SDK: same major version, and not older. */
export function isUsable(installed: string, pinned: string): boolean {
  const numbers = (version: string) => version.replace(/^v/, "").split(/[.+-]/).map(Number);
  const [major = 0, minor = 0] = numbers(installed);
  const [pinnedMajor = 0, pinnedMinor = 0] = numbers(pinned);
  return major === pinnedMajor && minor >= pinnedMinor;
}

/** Every `command` on PATH, leaving out npm's shims: those of `pulumi` download when they are run. */
export function onPath(command: string, path = process.env.PATH ?? ""): string[] {
  return path
    .split(delimiter)
    .filter((dir) => dir !== "" && !dir.includes(join("node_modules", ".bin")))
    .map((dir) => join(dir, command))
    .filter((file) => existsSync(file));
}

async function versionOf(binary: string): Promise<string | undefined> {
  const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true", PULUMI_HOME: toolCache("engine", "home") };
  const { code, stdout } = await runCommand(binary, ["version"], { env, timeoutSeconds: 30 });
  return code === 0 ? stdout.trim().replace(/^v/, "") : undefined;
}

/** Where the npm package `pulumi` keeps what it downloads. */
function npmBinary(version: string): string {
  return join(process.env.PULUMI_HOME || join(homedir(), ".pulumi"), "versions", version, "bin", "pulumi");
}

/** Asks for the installer that the npm package would run, so that a machine without a route learns it at once. */
async function reachesDownloads(): Promise<string | undefined> {
  try {
    const response = await fetch("https://get.pulumi.com/install.sh", {
      method: "HEAD",
      signal: AbortSignal.timeout(probeTimeoutSeconds * 1000),
    });
    return response.ok ? undefined : `get.pulumi.com answers ${response.status}`;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    return `get.pulumi.com cannot be reached (${cause})`;
  }
}

async function downloadByNpm(version: string, progress: Progress): Promise<string | undefined> {
  const shim = join(projectDir, "node_modules", "pulumi", "run.js");
  if (!existsSync(shim)) return "the npm package `pulumi` is not installed";
  progress.update("Pulumi engine: asking get.pulumi.com");
  const unreachable = await reachesDownloads();
  if (unreachable) return unreachable;
  const started = Date.now();
  const show = () =>
    progress.update(`Pulumi engine: downloading ${version}, ${Math.round((Date.now() - started) / 1000)} s`);
  const ticker = setInterval(show, 1000);
  const env = { ...process.env, PULUMI_VERSION: version };
  const result = await runCommand(process.execPath, [shim, "version"], {
    env,
    timeoutSeconds: downloadTimeoutSeconds,
  }).finally(() => clearInterval(ticker));
  if (result.timedOut) return `the download took more than ${downloadTimeoutSeconds} s`;
  if (result.code !== 0 || !existsSync(npmBinary(version))) {
    return `the download failed (${result.stderr.trim().split("\n").slice(-1)[0]})`;
  }
  return undefined;
}

/**
 * Finds the engine, or gets it: PATH, this user's cache, the npm package `pulumi`, and at last a build from the Go
 * module pinned in `tools/`, about four minutes on two cores, once per machine.
 * @throws Error that lists what was tried and what to do.
 */
export async function findEngine(progress: Progress): Promise<Engine> {
  const pinned = pinnedEngineVersion();
  const tried: string[] = [];

  const installed = onPath("pulumi");
  for (const path of installed) {
    const version = await versionOf(path);
    if (version && isUsable(version, pinned)) return { path, version, origin: "path" };
    const why = version
      ? `is ${version}, this program needs ${pinned} or newer of the same major version`
      : "does not run";
    tried.push(`PATH: ${path} ${why}`);
    progress.note(`Not used: ${path} ${why}.`);
  }
  if (installed.length === 0) tried.push("PATH: no `pulumi`");

  const cached = toolCache("engine", pinned, "pulumi");
  if (existsSync(cached)) {
    const version = await versionOf(cached);
    if (version) return { path: cached, version, origin: "cache" };
    tried.push(`cache: ${cached} does not run; delete it`);
  } else {
    if (!existsSync(npmBinary(pinned))) {
      const problem = await downloadByNpm(pinned, progress);
      if (problem) {
        tried.push(`npm package \`pulumi\`: ${problem}`);
        progress.note(`Not downloaded: ${problem}. Building the Pulumi engine with Go instead.`);
      }
    }
    const downloaded = npmBinary(pinned);
    if (existsSync(downloaded)) {
      const version = await versionOf(downloaded);
      if (version) return { path: downloaded, version, origin: "npm" };
      tried.push(`npm package \`pulumi\`: ${downloaded} does not run; delete it`);
    }
    try {
      const tool = {
        title: "Pulumi engine",
        moduleDir: join(projectDir, "tools"),
        mainPackage: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
        ldflags: `-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${pinned}`,
      };
      await buildGoTool(tool, cached, progress);
      progress.done(`Pulumi engine ${pinned} built into ${cached}`);
      return { path: cached, version: pinned, origin: "built" };
    } catch (error) {
      if (error instanceof Interrupted) throw error;
      tried.push(`build: ${(error as Error).message}`);
    }
  }
  throw new Error(
    `No Pulumi engine could be found or made:\n${tried.map((line) => `  - ${line}`).join("\n")}\n` +
      `Install Pulumi ${pinned} (https://www.pulumi.com/docs/install) so that \`pulumi\` is on PATH, or Go, and run again.`,
  );
}
