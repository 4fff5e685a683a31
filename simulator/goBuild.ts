import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { waitForLock } from "./processLock";
import type { Progress } from "./progress";

/** A command that is built from a pinned Go module of `tools/`. */
export interface GoTool {
  /** What messages call it, such as `Pulumi engine`. */
  title: string;
  /** Folder with the go.mod that pins it. */
  moduleDir: string;
  /** Import path of its main package. */
  mainPackage: string;
  /** Linker flags that give the binary its version. */
  ldflags: string;
}

/** Where finished binaries are kept between checkouts: `$XDG_CACHE_HOME/mlplatform`, or `~/.cache/mlplatform`. */
export function toolCache(...parts: string[]): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "mlplatform", ...parts);
}

interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The user ended a step that takes long, with Ctrl-C. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

/**
 * Runs a command to its end. `missing` is true where it does not exist; a command over its time is ended and fails.
 * @throws Interrupted on Ctrl-C, after ending the command.
 */
export async function runCommand(
  command: string,
  args: string[],
  options: {
    cwd?: string;
    env?: NodeJS.ProcessEnv;
    /** What it reads on its standard input. */
    input?: string;
    timeoutSeconds?: number;
    onLine?: (line: string) => void;
  } = {},
): Promise<Finished & { missing: boolean; timedOut: boolean }> {
  return new Promise((resolve, reject) => {
    const child: ChildProcess = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
      detached: true, // Own group, so that ending it ends what it started (compilers, downloads).
    });
    child.stdin?.on("error", () => {}); // It ended before it had read all; how it ended says why.
    child.stdin?.end(options.input);
    let stdout = "";
    let stderr = "";
    let timedOut = false;
    const endGroup = () => {
      try {
        if (child.pid) process.kill(-child.pid, "SIGKILL");
      } catch {
        // Already gone.
      }
    };
    const onInterrupt = () => {
      endGroup();
      reject(new Interrupted(`Interrupted while ${command} ran.`));
    };
    process.once("SIGINT", onInterrupt);
    process.once("SIGTERM", onInterrupt);
    const timer = options.timeoutSeconds
      ? setTimeout(() => {
          timedOut = true;
          endGroup();
        }, options.timeoutSeconds * 1000)
      : undefined;
    const finish = (result: Finished & { missing: boolean }) => {
      clearTimeout(timer);
      process.off("SIGINT", onInterrupt);
      process.off("SIGTERM", onInterrupt);
      resolve({ ...result, timedOut });
    };
    child.stdout?.on("data", (chunk: Buffer) => {
      stdout += chunk;
    });
    let partial = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      stderr += chunk;
      const lines = (partial + chunk).split("\n");
      partial = lines.pop() ?? "";
      for (const line of lines) options.onLine?.(line);
    });
    child.on("error", (error: NodeJS.ErrnoException) =>
      finish({ code: null, stdout, stderr: error.message, missing: error.code === "ENOENT" }),
    );
    child.on("close", (code) => finish({ code, stdout, stderr, missing: false }));
  });
}

/** The last lines of a build's output, where Go says what went wrong. */
function tail(text: string): string {
  return text.trim().split("\n").slice(-6).join("\n");
}

/**
 * Builds `tool` into `binary`, unless another process has just done so. The file appears complete or not at all.
 * @throws Error with Go's own words and the remedy.
 */
export async function buildGoTool(tool: GoTool, binary: string, progress: Progress): Promise<void> {
  const found = await runCommand("go", ["version"]);
  if (found.missing) throw new Error("Go is not installed (https://go.dev/dl)");

  mkdirSync(dirname(binary), { recursive: true });
  const release = await waitForLock(`${binary}.lock`, (holder) =>
    progress.update(`waiting for process ${holder}, which is building the ${tool.title}`),
  );
  const unfinished = `${binary}.${process.pid}.unfinished`;
  try {
    if (existsSync(binary)) return;
    const started = Date.now();
    const elapsed = () => `${Math.round((Date.now() - started) / 1000)} s`;
    const env = { ...process.env, CGO_ENABLED: "0" };

    let downloaded = 0;
    progress.update(`${tool.title}: downloading Go modules`);
    const listed = await runCommand("go", ["list", "-deps", tool.mainPackage], {
      cwd: tool.moduleDir,
      env,
      onLine: (line) => {
        if (line.startsWith("go: downloading")) downloaded += 1;
        progress.update(`${tool.title}: downloading Go modules, ${downloaded} so far, ${elapsed()}`);
      },
    });
    if (listed.code !== 0) throw new Error(`go list failed in ${tool.moduleDir}:\n${tail(listed.stderr)}`);
    const total = listed.stdout.trim().split("\n").length;

    let compiled = 0;
    const show = () =>
      progress.update(
        `${tool.title}: compiled ${compiled} of at most ${total} packages, ${elapsed()} (once per machine)`,
      );
    const ticker = setInterval(show, 1000); // The linker is silent for long; the clock shows that it lives.
    const built = await runCommand(
      "go",
      ["build", "-v", "-buildvcs=false", "-ldflags", tool.ldflags, "-o", unfinished, tool.mainPackage],
      {
        cwd: tool.moduleDir,
        env,
        onLine: () => {
          compiled += 1;
        },
      },
    ).finally(() => clearInterval(ticker));
    if (built.code !== 0) throw new Error(`go build failed in ${tool.moduleDir}:\n${tail(built.stderr)}`);
    renameSync(unfinished, binary);
  } finally {
    rmSync(unfinished, { force: true });
    release();
  }
}
