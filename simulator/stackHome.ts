import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parse, stringify } from "yaml";
import { processExists } from "./processLock";
import type { Project, StackConfig } from "./stackConfig";
import { readStateFile } from "./stateFile";

/** A resource as the engine's state file has it. */
export interface StateResource {
  urn: string;
  type: string;
  id?: string;
  custom?: boolean;
  delete?: boolean;
  protect?: boolean;
  dependencies?: string[];
  outputs?: Record<string, unknown>;
  [other: string]: unknown;
}

/** The engine's own record of a stack. */
export interface Deployment {
  resources?: StateResource[];
  pending_operations?: { resource: StateResource; type: string }[];
  [other: string]: unknown;
}

/** Not a secret: the state of a simulated stack holds made-up values only. */
const passphrase = ["simulated", "stacks", "hold", "no", "secrets"].join("-");

/** The folder of one simulated stack: everything that a run reads or writes beside the program. */
export class StackHome {
  readonly dir: string;
  /** Where the engine is started: generated Pulumi.yaml and Pulumi.<stack>.yaml, so the project's own are never touched. */
  readonly projectDir: string;
  readonly planFile: string;
  readonly cloudFile: string;
  readonly lockFile: string;
  private readonly stateDir: string;
  private readonly engineDir: string;

  constructor(
    readonly project: Project,
    readonly stack: string,
    outDir: string,
  ) {
    this.dir = resolve(outDir, stack);
    this.projectDir = join(this.dir, "project");
    this.stateDir = join(this.dir, "state");
    this.engineDir = join(this.dir, "engine");
    this.planFile = join(this.dir, "plan.json");
    this.cloudFile = join(this.dir, "cloud.json");
    this.lockFile = join(this.dir, "run.lock");
  }

  /** Environment of every engine process of this stack. */
  environment(debugProviders: string, recordsAtEnd = false): Record<string, string> {
    return {
      ...(recordsAtEnd ? { PULUMI_SKIP_CHECKPOINTS: "true" } : {}),
      PULUMI_HOME: this.engineDir,
      // Without sidecar files: those are not written atomically, and a kill in between makes the stack unreadable.
      PULUMI_BACKEND_URL: `${pathToFileURL(this.stateDir).href}?metadata=skip`,
      PULUMI_CONFIG_PASSPHRASE: passphrase,
      PULUMI_DEBUG_PROVIDERS: debugProviders,
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      PULUMI_IGNORE_AMBIENT_PLUGINS: "true",
      PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS: "true",
      PULUMI_SUPPRESS_NEO_LINK: "true",
    };
  }

  /**
   * A file where the engine would make the folder of its logs, so that it keeps none: for each command an encrypted one of
   * every call with its values, which costs time and which nobody of a simulated stack reads.
   */
  private keepNoLogs(): void {
    const logs = join(this.engineDir, "logs");
    rmSync(logs, { recursive: true, force: true });
    writeFileSync(logs, "");
  }

  /** Makes the folders and writes the project and stack files that the engine reads. */
  prepare(config: StackConfig): void {
    for (const dir of [this.projectDir, this.stateDir, this.engineDir]) mkdirSync(dir, { recursive: true });
    this.keepNoLogs();
    // `main` is what relative paths of assets are resolved against, as with the plain command line.
    const projectFile = {
      ...this.project.settings,
      name: this.project.name,
      runtime: "nodejs",
      main: this.project.dir,
    };
    writeFileSync(join(this.projectDir, "Pulumi.yaml"), stringify(projectFile));

    const stackFile = join(this.projectDir, `Pulumi.${this.stack}.yaml`);
    const before = existsSync(stackFile) ? (parse(readFileSync(stackFile, "utf8")) ?? {}) : {};
    const { encryptionsalt } = before as { encryptionsalt?: string };
    const content = { ...(encryptionsalt ? { encryptionsalt } : {}), config: config.values };
    writeFileSync(stackFile, stringify(content));
  }

  /** The engine's state file. */
  get stateFile(): string {
    return join(this.stateDir, ".pulumi", "stacks", this.project.name, `${this.stack}.json`);
  }

  /** Whether the engine knows the stack already. */
  exists(): boolean {
    return existsSync(this.stateFile);
  }

  /** The stack as the engine last recorded it. */
  deployment(): Deployment {
    if (!this.exists()) return {};
    const state = readStateFile(this.stateFile, this.dir) as { checkpoint?: { latest?: Deployment } };
    return state.checkpoint?.latest ?? {};
  }

  /** Removes locks that engine processes left behind when they were killed. Returns the ids of those processes. */
  removeStaleEngineLocks(): number[] {
    const locksDir = join(this.stateDir, ".pulumi", "locks", "organization", this.project.name, this.stack);
    if (!existsSync(locksDir)) return [];
    const gone: number[] = [];
    for (const name of readdirSync(locksDir)) {
      const file = join(locksDir, name);
      const { pid, hostname: host } = readLock(file);
      if (pid !== undefined && (host !== hostname() || (processExists(pid) && commandOf(pid).includes("pulumi"))))
        continue;
      rmSync(file, { force: true });
      if (pid !== undefined) gone.push(pid);
    }
    return gone;
  }
}

/** Who wrote a lock of the engine; nobody where a kill cut it off. */
function readLock(file: string): { pid?: number; hostname?: string } {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as { pid: number; hostname: string };
  } catch {
    return {};
  }
}

/** Command line of a process, where the system tells (Linux); elsewhere any living process counts as an engine. */
function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "pulumi";
  }
}
