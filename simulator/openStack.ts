import { LocalWorkspace, type PulumiFn, Stack } from "@pulumi/pulumi/automation";
import type { EngineCommand } from "./engineCommand";
import type { StackConfig } from "./stackConfig";
import type { StackHome } from "./stackHome";

export interface OpenOptions {
  home: StackHome;
  config: StackConfig;
  engine: EngineCommand;
  program: PulumiFn;
  /** Value of `PULUMI_DEBUG_PROVIDERS`. */
  debugProviders: string;
  recordsAtEnd: boolean;
}

/** The stack for the Automation API, made where it does not exist, with its secrets encrypted. */
export async function openStack(options: OpenOptions): Promise<Stack> {
  const { home, config, engine, program, debugProviders, recordsAtEnd } = options;
  const workspace = await LocalWorkspace.create({
    workDir: home.projectDir,
    pulumiCommand: engine.asPulumiCommand(),
    program,
    envVars: home.environment(debugProviders, recordsAtEnd),
  });
  // Every engine command names its stack, and outputs come from the events: without these calls of the Automation API,
  // which start the engine four times more, a run is a second shorter.
  workspace.selectStack = async () => undefined;
  workspace.stackOutputs = async () => ({});
  const stack = home.exists() ? await Stack.select(home.stack, workspace) : await Stack.create(home.stack, workspace);
  stack.info = async () => undefined;
  for (const path of config.secretPaths) {
    await stack.setConfig(configPath(path), { value: simulatedValue(config, path), secret: true }, true);
  }
  return stack;
}

/** A path the way `pulumi config set --path` reads it. */
function configPath(path: (string | number)[]): string {
  const [key, ...steps] = path;
  return `${key}${steps.map((step) => (typeof step === "number" ? `[${step}]` : `["${step}"]`)).join("")}`;
}

function simulatedValue(config: StackConfig, path: (string | number)[]): string {
  return String(
    path.reduce<unknown>((value, step) => (value as Record<string | number, unknown>)[step], config.values),
  );
}
