import { type ChildProcess, spawn } from "node:child_process";
import { delimiter, dirname } from "node:path";
import type { PulumiCommand } from "@pulumi/pulumi/automation";
import type { Engine } from "./engine";

/** The engine ended with an error, or was killed. */
export class EngineFailed extends Error {
  override readonly name = "EngineFailed";

  constructor(
    /** What the engine was asked to do, such as `stack init`. */
    readonly step: string,
    readonly stdout: string,
    readonly stderr: string,
  ) {
    super(`pulumi ${step} failed:\n${stderr.trim() || stdout.trim()}`);
  }
}

/**
 * The Automation API's way to run the engine, with the child process at hand: it can be killed, and it runs in a process
 * group of its own so that Ctrl-C reaches it once, through this process, and not a second time from the terminal. The
 * engine takes a second interrupt as "stop at once, whatever is lost".
 */
export class EngineCommand {
  readonly version: string;
  private child: ChildProcess | undefined;

  constructor(readonly engine: Engine) {
    this.version = engine.version;
  }

  get command(): string {
    return this.engine.path;
  }

  /** This object as the type that the Automation API asks for; its own class cannot be constructed. */
  asPulumiCommand(): PulumiCommand {
    return this as unknown as PulumiCommand;
  }

  /** Sends a signal to the running engine, if one runs. */
  signal(signal: NodeJS.Signals): void {
    try {
      if (this.child?.pid) process.kill(-this.child.pid, signal);
    } catch {
      // It has just ended.
    }
  }

  async run(
    args: string[],
    cwd: string,
    environment: Record<string, string>,
    onOutput?: (text: string) => void,
    onError?: (text: string) => void,
  ): Promise<{ stdout: string; stderr: string; code: number }> {
    const inherited = Object.fromEntries(
      // Settings of the user's own Pulumi, such as a backend or a token, have no business in a simulated run.
      Object.entries(process.env).filter(([name]) => !name.startsWith("PULUMI_")),
    );
    const env = {
      ...inherited,
      ...environment,
      PATH: dirname(this.command) + delimiter + (process.env.PATH ?? ""),
      PULUMI_AUTOMATION_API: "true",
    };
    const child = spawn(this.command, ["--non-interactive", ...args], {
      cwd,
      env,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.child = child;
    const endWithUs = () => this.signal("SIGKILL");
    process.once("exit", endWithUs);
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      onOutput?.(text);
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      onError?.(text);
    });
    try {
      const ended = new Promise<number | null>((resolve, reject) => {
        child.once("error", reject);
        child.once("close", resolve);
      });
      const code = await ended;
      if (code !== 0)
        throw new EngineFailed(
          args
            .filter((arg) => !arg.startsWith("-"))
            .slice(0, 2)
            .join(" "),
          stdout,
          stderr,
        );
      return { stdout, stderr, code };
    } finally {
      process.off("exit", endWithUs);
      this.child = undefined;
    }
  }
}
