import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parse, stringify } from "yaml";
import { Account, somebodyElse } from "../../simulator/cloud/account";
import { machineRun } from "../../simulator/cloud/aws/machineRuns";
import { modelPackage } from "../../simulator/cloud/aws/packageVersions";
import { pipelineRun } from "../../simulator/cloud/aws/pipelineRuns";
import { resize } from "../../simulator/cloud/controllers/autoscaler";
import type { Engine } from "../../simulator/engine";
import { findEngine } from "../../simulator/engine";
import type { Plan } from "../../simulator/plan";
import { silentProgress } from "../../simulator/progress";
import { projectDir } from "../../simulator/project";
import { runStack } from "../../simulator/run";
import type { Command, RunOptions, RunResult } from "../../simulator/runOptions";
import { readProject } from "../../simulator/stackConfig";
import { StackHome } from "../../simulator/stackHome";
import { type ReleasedStack, restore, simulatedOverrides } from "../../upgrade/releases";

let engine: Promise<Engine> | undefined;

/** The engine, found once per process. */
function theEngine(): Promise<Engine> {
  engine ??= findEngine(silentProgress);
  return engine;
}

/** One stack of the whole program on a simulated account of its own. */
export class TestStack {
  private readonly outDir = mkdtempSync(join(tmpdir(), "mlplatform-"));
  private overrides: readonly string[] = [];

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
      recordsAtEnd: true,
      ...(configFile ? { configFile } : {}),
      ...options,
      overrides: [...this.overrides, ...(options.overrides ?? [])],
    });
  }

  /** Goes on where a release left the stack, by the stack file of then. */
  asReleased(released: ReleasedStack): void {
    restore(new StackHome(readProject(projectDir), this.stack, this.outDir), released);
    this.configure(parse(released.stackFile));
    this.overrides = simulatedOverrides(this.stack, this.outDir);
  }

  /** Goes on in the account of another stack, as that stack left it. */
  inAccountOf(other: TestStack): void {
    const file = (each: TestStack) => join(each.outDir, each.stack, "cloud.json");
    mkdirSync(dirname(file(this)), { recursive: true });
    copyFileSync(file(other), file(this));
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

  /** What the last run asked for of one type. */
  asked(type: string): Plan["resources"] {
    return this.plan().resources.filter((each) => each.type === type);
  }

  /** Does what the cluster autoscaler does: a node group has so many nodes. */
  scales(nodeGroup: string, nodes: number): void {
    const account = this.account();
    resize(account, nodeGroup, nodes);
    account.close();
  }

  /** What the account says of a thing that the program made, by its logical name. */
  outputs(
    type: string,
    name: string,
  ): { [property: string]: unknown; scalingConfig: { desiredSize: number }; launchTemplate: { version: string } } {
    return [...this.account().all()].find((each) => each.type === type && each.name === name)!.outputs as ReturnType<
      TestStack["outputs"]
    >;
  }

  /** Puts a Kubernetes object of somebody else's into a cluster, before the first run. */
  prepare(
    scope: string,
    kind: "Namespace" | "Secret" | "ConfigMap" | "PersistentVolumeClaim",
    name: string,
    fields: Record<string, unknown> = {},
    namespace = "mlplatform",
  ): void {
    const file = join(this.outDir, this.stack, "cloud.json");
    mkdirSync(dirname(file), { recursive: true });
    const account = new Account(file);
    const namespaced = kind === "Namespace" ? {} : { namespace };
    const { labels = {}, ...rest } = fields;
    const object = { apiVersion: "v1", kind, metadata: { name, ...namespaced, labels }, ...rest };
    account.put({
      type: `kubernetes:/${kind}`,
      name,
      urn: `somebody-else:${kind}:${name}`,
      id: kind === "Namespace" ? name : `${namespace}/${name}`,
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

  /** An object of a cluster, as it is. */
  object(scope: string, type: string, id: string): Record<string, unknown> | undefined {
    return this.account().get(type, scope, id)?.outputs;
  }

  /** An object that the program made, by its logical name. */
  find(type: string, name: string): { metadata: { labels?: Record<string, string> } } {
    return [...this.account().all()].find((each) => each.type === type && each.name === name)!.outputs as never;
  }

  /** What exists in the simulated account that the program or a controller made. */
  existing(): { type: string; name: string }[] {
    return this.account().list();
  }

  /** Names of what exists of one type. */
  names(type: string): string[] {
    return this.existing().flatMap((each) => (each.type === type ? [each.name] : []));
  }

  /** The configuration that an endpoint has. */
  live(endpointName: string): string | undefined {
    return this.account().get("aws:sagemaker/endpoint:Endpoint", "eu-west-1", endpointName)?.outputs.endpointConfigName;
  }

  /** Ids of what exists and begins so. */
  named(beginning: string): string[] {
    return [...this.account().all()].map(({ id }) => id).filter((id) => id.startsWith(beginning));
  }

  /** Deletes a thing that the program made, by its logical name, as somebody does who is not the program. */
  loses(type: string, name: string): void {
    const account = this.account();
    const lost = [...account.all()].find((each) => each.type === type && each.name === name)!;
    account.remove(Account.key(lost.type, lost.scope, lost.id));
    account.close();
  }

  /** Deletes an endpoint, as somebody does who is not the program. */
  ends(endpointName: string): void {
    const account = this.account();
    account.remove(Account.key("aws:sagemaker/endpoint:Endpoint", "eu-west-1", endpointName));
    account.close();
  }

  /** Does to an endpoint what the release controller does: a model, a configuration, and both live. */
  release(endpointName: string, version: string): void {
    const account = this.account();
    const endpoint = account.get("aws:sagemaker/endpoint:Endpoint", "eu-west-1", endpointName)!;
    const first = account.resolve(
      ["aws:sagemaker/endpointConfiguration:EndpointConfiguration"],
      endpoint.outputs.endpointConfigName,
    )!;
    const name = `${endpointName}--${version}-abcdef`;
    const made = { name, urn: `release:${name}`, id: name, handles: [name], claims: [], uses: [], generation: 0 };
    const productionVariants = [{ ...first.outputs.productionVariants[0], modelName: name }];
    const marks = { "mlplatform/live-version": version, "mlplatform/live-commit": "unknown" };
    const common = { ...made, scope: "eu-west-1", madeBy: "release controller" };
    account.put(
      { ...common, type: "aws:sagemaker/model:Model", urn: `${made.urn}/model`, inputs: { name }, outputs: { name } },
      { ...common, type: first.type, inputs: { name }, outputs: { ...first.outputs, name, productionVariants } },
      {
        ...endpoint,
        inputs: { ...endpoint.inputs, endpointConfigName: name, tags: { ...endpoint.inputs.tags, ...marks } },
        outputs: {
          ...endpoint.outputs,
          endpointConfigName: name,
          tags: { ...endpoint.outputs.tags, ...marks },
          tagsAll: { ...endpoint.outputs.tagsAll, ...marks },
        },
      },
    );
    account.close();
  }

  /** Does to a package group what a run does that registers a version. */
  version(groupName: string, version: number): void {
    const id = `arn:aws:sagemaker:eu-west-1:000000000000:model-package/${groupName}/${version}`;
    this.made(modelPackage, id, { modelPackageGroupName: groupName });
  }

  /** Has a state machine a run that waits. */
  waits(machineName: string): void {
    const arn = (kind: string) => `arn:aws:states:eu-west-1:000000000000:${kind}:${machineName}`;
    this.made(machineRun, `${arn("execution")}:waits`, { stateMachineArn: arn("stateMachine") });
  }

  /** Has a pipeline a run that goes on. */
  trains(pipelineName: string): void {
    const arn = `arn:aws:sagemaker:eu-west-1:000000000000:pipeline/${pipelineName}/execution/trains`;
    this.made(pipelineRun, arn, { pipelineName });
  }

  private made(type: string, id: string, inputs: Record<string, string>): void {
    const account = this.account();
    const nothing = { claims: [], uses: [], outputs: {}, generation: 0 };
    const urn = `training:${id}`;
    account.put({ type, name: id, urn, id, scope: "eu-west-1", handles: [id], inputs, madeBy: "training", ...nothing });
    account.close();
  }

  private account(): Account {
    return new Account(join(this.outDir, this.stack, "cloud.json"));
  }

  remove(): void {
    rmSync(this.outDir, { recursive: true, force: true });
  }
}
