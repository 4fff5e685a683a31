import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import { Account, somebodyElse } from "../../simulator/cloud/account";
import type { Engine } from "../../simulator/engine";
import { findEngine } from "../../simulator/engine";
import type { Plan } from "../../simulator/plan";
import { silentProgress } from "../../simulator/progress";
import { runStack } from "../../simulator/run";
import type { Command, RunOptions, RunResult } from "../../simulator/runOptions";

let engine: Promise<Engine> | undefined;

/** The engine, found once per process. */
function theEngine(): Promise<Engine> {
  engine ??= findEngine(silentProgress);
  return engine;
}

/** One stack of the whole program on a simulated account of its own. */
export class TestStack {
  private readonly outDir = mkdtempSync(join(tmpdir(), "mlplatform-"));

  constructor(
    private readonly stack: string,
    private sections?: Record<string, unknown>,
  ) {}

  /** Replaces the stack's config. */
  configure(sections: Record<string, unknown>): void {
    this.sections = sections;
  }

  async run(command: Command, options: Partial<RunOptions> = {}): Promise<RunResult> {
    const configFile = this.sections && join(this.outDir, "config.yaml");
    if (configFile) writeFileSync(configFile, stringify(this.sections));
    return runStack({
      command,
      stack: this.stack,
      engine: await theEngine(),
      outDir: this.outDir,
      ...(configFile ? { configFile } : {}),
      ...options,
    });
  }

  /** Runs and expects success. */
  async succeed(command: Command, options: Partial<RunOptions> = {}): Promise<RunResult> {
    const result = await this.run(command, options);
    if (result.result === "failed") throw new Error(`${command} of ${this.stack} failed: ${result.error}`);
    return result;
  }

  /** What the last run asked the engine for. */
  plan(): Plan {
    return JSON.parse(readFileSync(join(this.outDir, this.stack, "plan.json"), "utf8"));
  }

  /** Puts a Kubernetes object of somebody else's into a cluster, before the first run. */
  prepare(scope: string, kind: "Namespace" | "Secret", name: string, fields: Record<string, unknown> = {}): void {
    const file = join(this.outDir, this.stack, "cloud.json");
    mkdirSync(dirname(file), { recursive: true });
    const account = new Account(file);
    const namespaced = kind === "Namespace" ? {} : { namespace: "mlplatform" };
    const object = { apiVersion: "v1", kind, metadata: { name, ...namespaced }, ...fields };
    account.put({
      type: `kubernetes:/${kind}`,
      name,
      urn: `somebody-else:${kind}:${name}`,
      id: kind === "Namespace" ? name : `mlplatform/${name}`,
      scope,
      handles: [],
      claims: [],
      uses: [],
      inputs: object,
      outputs: object,
      generation: 0,
      madeBy: somebodyElse,
    });
  }

  /** What exists in the simulated account that the program or a controller made. */
  existing(): { type: string; name: string }[] {
    return new Account(join(this.outDir, this.stack, "cloud.json")).list();
  }

  remove(): void {
    rmSync(this.outDir, { recursive: true, force: true });
  }
}
