/** Runs small programs on the real engine against a simulated cloud of their own. */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as automation from "@pulumi/pulumi/automation";
import { type CloudOptions, type SimulatedCloud, startSimulatedCloud } from "../../../simulator/cloud";
import { Account } from "../../../simulator/cloud/account";
import { type Engine, findEngine } from "../../../simulator/engine";
import { EngineCommand } from "../../../simulator/engineCommand";
import { skip } from "../../support/skip";

export interface Ran {
  succeeded: boolean;
  /** Changes by kind: `create`, `update`, `replace`, `delete`, `same`. */
  changes: Record<string, number>;
  outputs: Record<string, { value: unknown; secret: boolean }>;
  /** All that the engine printed. */
  text: string;
}

let found: Promise<Engine> | undefined;

/** The engine, looked for once. Skips the test, saying why, where it cannot be had. */
export async function engineOrSkip(context: Mocha.Context): Promise<Engine> {
  const silent = { update() {}, note() {}, done() {}, failed() {} };
  found ??= findEngine(silent);
  try {
    return await found;
  } catch (error) {
    return skip(context, `needs Pulumi's engine: ${(error as Error).message}`);
  }
}

/** A stack with its account, kept over several runs. */
export class Bench {
  readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), "simulated-"));
  cloud: SimulatedCloud | undefined;
  private made = false;

  constructor(
    readonly engine: Engine,
    private readonly options: Omit<CloudOptions, "stateFile"> = {},
  ) {}

  up(
    program: automation.PulumiFn,
    more: Partial<CloudOptions> = {},
    options: Pick<automation.UpOptions, "continueOnError" | "signal"> = {},
  ): Promise<Ran> {
    return this.run(program, more, (stack, onOutput) =>
      stack.up({ onOutput, onError: onOutput, color: "never", suppressProgress: true, ...options }),
    );
  }

  preview(program: automation.PulumiFn): Promise<Ran> {
    return this.run(program, {}, async (stack, onOutput) => {
      const { changeSummary } = await stack.preview({
        onOutput,
        onError: onOutput,
        color: "never",
        suppressProgress: true,
        diff: true,
      });
      return { summary: { resourceChanges: changeSummary }, outputs: {} };
    });
  }

  refresh(program: automation.PulumiFn): Promise<Ran> {
    return this.run(program, {}, async (stack, onOutput) => {
      const { summary } = await stack.refresh({ onOutput, onError: onOutput, color: "never", suppressProgress: true });
      return { summary, outputs: {} };
    });
  }

  destroy(more: Partial<CloudOptions> = {}): Promise<Ran> {
    return this.run(
      async () => {},
      more,
      async (stack, onOutput) => {
        const { summary } = await stack.destroy({
          onOutput,
          onError: onOutput,
          color: "never",
          suppressProgress: true,
        });
        return { summary, outputs: {} };
      },
    );
  }

  /** The stack's resources as the engine keeps them. */
  async resources(): Promise<
    {
      urn: string;
      type: string;
      id?: string;
      inputs?: Record<string, unknown>;
      outputs?: Record<string, unknown>;
      parent?: string;
      dependencies?: string[];
      protect?: boolean;
      retainOnDelete?: boolean;
      provider?: string;
      propertyDependencies?: Record<string, string[]>;
    }[]
  > {
    const stack = await this.stack(async () => {}, "");
    return (await stack.exportStack()).deployment.resources ?? [];
  }

  /** Id of the only resource with a logical name and type. */
  async idOf(type: string, name: string): Promise<string> {
    const match = (await this.resources()).filter(({ urn, type: of }) => of === type && urn.endsWith(`::${name}`));
    if (match.length !== 1) throw new Error(`${match.length} resources are ${type} "${name}"`);
    return match[0]!.id!;
  }

  /** Deletes a cluster and its node groups behind the engine's back, as somebody at a console might. */
  async losingCluster(urn: string): Promise<void> {
    const account = new Account(path.join(this.folder, "account.json"));
    const cluster = [...account.all()].find((each) => each.urn === urn)!;
    const inside = [...account.all()].filter(
      ({ scope, inputs }) => scope === `cluster/${cluster.id}` || inputs.clusterName === cluster.id,
    );
    account.remove(...[cluster, ...inside].map(({ type, scope, id }) => Account.key(type, scope, id)));
    account.close();
  }

  /** The stack's record as it lies on disk, secrets encrypted. */
  stateText(): string {
    return fs.readFileSync(path.join(this.folder, ".pulumi", "stacks", "simulated", "test.json"), "utf8");
  }

  remove(): void {
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  private async stack(program: automation.PulumiFn, debugProviders: string): Promise<automation.Stack> {
    const open = this.made ? automation.LocalWorkspace.selectStack : automation.LocalWorkspace.createStack;
    this.made = true;
    return open.call(
      automation.LocalWorkspace,
      { stackName: "test", projectName: "simulated", program },
      {
        workDir: this.folder,
        pulumiCommand: new EngineCommand(this.engine).asPulumiCommand(),
        pulumiHome: path.join(this.folder, "home"),
        projectSettings: { name: "simulated", runtime: "nodejs", backend: { url: `file://${this.folder}` } },
        envVars: {
          PULUMI_CONFIG_PASSPHRASE: "simulated",
          PULUMI_SKIP_UPDATE_CHECK: "true",
          // A stack that exists names plugins; the engine would go and download the real ones.
          PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
          PULUMI_DEBUG_PROVIDERS: debugProviders,
        },
      },
    );
  }

  private async run(
    program: automation.PulumiFn,
    more: Partial<CloudOptions>,
    act: (
      stack: automation.Stack,
      onOutput: (text: string) => void,
    ) => Promise<{ summary: { resourceChanges?: Record<string, number> }; outputs: automation.OutputMap }>,
  ): Promise<Ran> {
    let text = "";
    this.cloud = await startSimulatedCloud({
      ...this.options,
      ...more,
      stateFile: path.join(this.folder, "account.json"),
    });
    try {
      const stack = await this.stack(program, this.cloud.debugProviders);
      const { summary, outputs } = await act(stack, (chunk) => {
        text += chunk;
      });
      return { succeeded: true, changes: summary.resourceChanges ?? {}, outputs: outputs as Ran["outputs"], text };
    } catch (error) {
      return { succeeded: false, changes: {}, outputs: {}, text: `${text}\n${(error as Error).message}` };
    } finally {
      await this.cloud.close();
    }
  }
}
