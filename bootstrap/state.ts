import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { LocalWorkspace, type PulumiFn, Stack, type StackSummary } from "@pulumi/pulumi/automation";
import { type EngineCommand, EngineFailed } from "../simulator/engineCommand";
import type { StackHome } from "../simulator/stackHome";
import { UsageError } from "../simulator/usageError";

/** What opening a state takes. */
export interface StateOptions {
  home: StackHome;
  engine: EngineCommand;
  program: PulumiFn;
  /** Where the state is in the end: the bucket that the program makes. */
  backend: string;
}

/** What S3 says of a bucket that is not there, and the file system of a folder. */
const absent = /NoSuchBucket|no such file or directory|bucket does not exist/i;

/** Variables of the caller's own Pulumi that hold here too. */
const passed = ["PULUMI_HOME", "PULUMI_DEBUG_PROVIDERS"];

/**
 * The state of one stack's bootstrap. It begins in files beside the project, since the bucket is not there before the first run, and is moved into
 * the bucket right after: from then on whoever may read it runs the command, on any machine. It holds no secret, so its passphrase is empty; the
 * bucket encrypts it.
 */
export class BootstrapState {
  constructor(private readonly options: StateOptions) {}

  /**
   * The stack where its state is now.
   * @throws UsageError where what the state describes is there and the state is not
   */
  async open(): Promise<Stack> {
    const { home, backend } = this.options;
    const there = await this.summaries(backend);
    if (there?.some(({ name, resourceCount }) => name === home.stack && (resourceCount ?? 0) > 0)) {
      this.forgetLocal(); // It was moved, and the run ended before it was deleted.
      return this.stackAt(backend);
    }
    if (there !== undefined && !home.exists()) {
      throw new UsageError(
        `${backend.replace(/\?.*/, "")} is there, and holds no state of this command. Either it was begun elsewhere and did not end: run it again there. ` +
          "Or somebody else made the bucket: it has to go, or the stack needs another name.",
      );
    }
    home.removeStaleEngineLocks();
    return this.stackAt(this.local);
  }

  /** Moves the state into the bucket, if it is not there. What is read back decides whether the files go. */
  async settle(stack: Stack): Promise<boolean> {
    const { home, backend } = this.options;
    if (!home.exists()) return false;
    const state = await stack.exportStack();
    const moved = await this.stackAt(backend);
    await moved.importStack(state);
    const count = ({ deployment }: typeof state) => (deployment as { resources?: unknown[] }).resources?.length ?? 0;
    if (count(await moved.exportStack()) !== count(state)) {
      throw new Error(
        `The state in ${backend} is not what was put there. It is still in ${home.dir}: run the command again.`,
      );
    }
    this.forgetLocal();
    return true;
  }

  private get local(): string {
    return this.options.home.environment("").PULUMI_BACKEND_URL!;
  }

  private forgetLocal(): void {
    rmSync(dirname(this.options.home.stateFile), { recursive: true, force: true });
  }

  private variables(backend: string): Record<string, string> {
    return {
      ...Object.fromEntries(passed.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []))),
      PULUMI_BACKEND_URL: backend,
      PULUMI_CONFIG_PASSPHRASE: "",
      PULUMI_SKIP_UPDATE_CHECK: "true",
    };
  }

  private async workspace(backend: string): Promise<LocalWorkspace> {
    const { home, engine, program } = this.options;
    return LocalWorkspace.create({
      ...{ workDir: home.projectDir, pulumiCommand: engine.asPulumiCommand(), program },
      envVars: this.variables(backend),
    });
  }

  private async stackAt(backend: string): Promise<Stack> {
    const { stack } = this.options.home;
    const there = await this.summaries(backend);
    const open = there?.some(({ name }) => name === stack) ? Stack.select : Stack.create;
    return open.call(Stack, stack, await this.workspace(backend));
  }

  /** Stacks whose states are there; nothing where there is no such place. */
  private async summaries(backend: string): Promise<StackSummary[] | undefined> {
    try {
      return await (await this.workspace(backend)).listStacks();
    } catch (error) {
      if (error instanceof EngineFailed && absent.test(error.stderr)) return undefined;
      throw error;
    }
  }
}
