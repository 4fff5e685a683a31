import * as pulumi from "@pulumi/pulumi";
import { sparePromiseTraces } from "../../components/lib/promiseTraces";
import { inPreview, isMadeRemotely, type MadeRemotely, signatureKey } from "./madeRemotely";

/** One resource as the program asked for it. */
export interface Registration {
  type: string;
  name: string;
  /** Plain inputs: secrets unwrapped, see `secretInputs`. */
  inputs: Record<string, unknown>;
  /** Top-level inputs that hold a secret. */
  secretInputs: string[];
  parent?: string;
  provider: string;
  /** Explicit providers by package, as given to a remote component. */
  providers: Record<string, string>;
  protect: boolean;
  retainOnDelete: boolean;
  dependencies: string[];
  /** Inputs whose changes are left alone. */
  ignoreChanges: string[];
  /** Names under which it was known before. */
  aliases: string[];
  custom: boolean;
  remote: boolean;
}

type Outputs = Record<string, unknown> | undefined;

/** How the program is run. */
export interface RecordOptions {
  /** As in `pulumi preview`: what only the cloud knows stays unknown. */
  preview?: boolean;
  /** Stack config, with its namespace: `mlplatform:foundation`. */
  config?: Record<string, unknown>;
  stack?: string;
  /** Outputs of a resource beside its inputs, its id among them; by type and name. */
  outputs?: (type: string, name: string, inputs: Record<string, unknown>) => Outputs | Promise<Outputs>;
  /** Results of function calls by token. */
  calls?: Record<string, (inputs: Record<string, unknown>) => Record<string, unknown>>;
}

/** The getters of the engine's request that the harness leans on; they belong to the SDK's internals. */
const getters = [
  "getParent",
  "getProtect",
  "getRetainondelete",
  "getDependenciesList",
  "getIgnorechangesList",
  "getAliasesList",
  "getProvider",
  "getProvidersMap",
];

sparePromiseTraces();

const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

/** Outputs every resource has, so that the program finds something where the cloud would answer. */
function standardOutputs(type: string, name: string): Record<string, unknown> {
  return { arn: `arn:aws:fake:eu-west-1:000000000000:${type}/${name}`, name, urn: undefined };
}

/**
 * Runs `build` under mocks and returns what it registered, in order. Errors thrown anywhere in it, also inside `apply`, are
 * thrown from here. Shows what the program asks for; not what AWS, Helm or Kubernetes would say to it.
 */
export async function record(build: () => unknown, options: RecordOptions = {}): Promise<Registration[]> {
  const registrations: Registration[] = [];
  const failures: unknown[] = [];
  const onFailure = (failure: unknown) => failures.push(failure);
  process.on("unhandledRejection", onFailure);
  try {
    pulumi.runtime.setAllConfig(
      Object.fromEntries(
        Object.entries(options.config ?? {}).map(([key, value]) => [
          key,
          typeof value === "string" ? value : JSON.stringify(value),
        ]),
      ),
    );
    await pulumi.runtime.setMocks(
      {
        newResource: ({ type, name, inputs, id }) => {
          const { preview } = options;
          const told = (outputs: Record<string, unknown>) => (preview ? inPreview(outputs) : outputs);
          const made = (answered: Outputs) => {
            const own = told(answered ?? {});
            const remote = Object.values(own).flat().filter(isMadeRemotely);
            for (const each of remote) monitor().resources.set(each.urn, each);
            const state = { ...told(standardOutputs(type, name)), ...inputs, ...own };
            return { id: preview ? "" : id || String(own.id ?? `${name}-id`), state };
          };
          const answered = options.outputs?.(type, name, inputs);
          return answered instanceof Promise ? answered.then(made) : made(answered);
        },
        call: ({ token, inputs }) => {
          const answer = options.calls?.[token];
          if (!answer) throw new Error(`the test gives no answer to the call ${token}`);
          return answer(inputs);
        },
      },
      "mlplatform",
      options.stack ?? "test",
      options.preview ?? false,
    );
    noHooks();
    listen(registrations);
    await build();
    await drained(registrations);
  } finally {
    process.off("unhandledRejection", onFailure);
  }
  if (failures.length > 0) throw failures[0];
  return registrations;
}

/** What the SDK's typings leave out: `setMocks` has put its own monitor in place of the engine's. */
interface Monitor {
  registerResource(request: Request, callback: unknown): unknown;
  /** What a resource reference may lead to, by URN. */
  resources: Map<string, MadeRemotely>;
}
type Request = Record<string, () => unknown>;
type Alias = { getSpec(): { getName(): string } | undefined };

function monitor(): Monitor {
  return (pulumi.runtime as unknown as { getMonitor(): Monitor }).getMonitor();
}

/** Hooks are called by an engine: mocks say they take them, and have nobody who does. */
function noHooks(): void {
  const done = async () => {};
  const taking = { registerErrorHook: done, registerResourceHook: done, awaitStackRegistrations: done, shutdown: done };
  const { getStore } = require("@pulumi/pulumi/runtime/state") as { getStore(): { callbacks?: unknown } };
  getStore().callbacks = taking;
}

function listen(registrations: Registration[]): void {
  const listened = monitor();
  const register = listened.registerResource.bind(listened);
  listened.registerResource = (request, callback) => {
    for (const getter of getters) {
      if (typeof request[getter] !== "function") {
        throw new Error(`the SDK no longer offers ${getter}; test/support/record.ts must follow it`);
      }
    }
    registrations.push(registration(request));
    return register(request, callback);
  };
}

function registration(request: Request): Registration {
  const object = request.getObject!() as { toJavaScript(): Record<string, unknown> };
  const inputs = object.toJavaScript();
  const parent = request.getParent!() as string;
  const providers = request.getProvidersMap!() as { entries(): Iterable<[string, string]> };
  return {
    type: request.getType!() as string,
    name: request.getName!() as string,
    inputs: unwrapped(inputs) as Record<string, unknown>,
    secretInputs: Object.keys(inputs).filter((key) => holdsSecret(inputs[key])),
    ...(parent === "" ? {} : { parent }),
    provider: request.getProvider!() as string,
    providers: Object.fromEntries(providers.entries()),
    protect: request.getProtect!() === true,
    retainOnDelete: request.getRetainondelete!() === true,
    dependencies: request.getDependenciesList!() as string[],
    ignoreChanges: request.getIgnorechangesList!() as string[],
    aliases: (request.getAliasesList!() as Alias[]).flatMap((each) => each.getSpec()?.getName() ?? []),
    custom: request.getCustom!() as boolean,
    remote: request.getRemote!() as boolean,
  };
}

function isSecret(value: unknown): value is { value: unknown } {
  return (
    typeof value === "object" && value !== null && (value as Record<string, unknown>)[signatureKey] === secretSignature
  );
}

function holdsSecret(value: unknown): boolean {
  if (isSecret(value)) return true;
  return typeof value === "object" && value !== null && Object.values(value).some(holdsSecret);
}

/** A value without the marks of what is secret in it. */
export function unwrapped(value: unknown): unknown {
  if (isSecret(value)) return unwrapped(value.value);
  if (Array.isArray(value)) return value.map(unwrapped);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, nested]) => [key, unwrapped(nested)]));
  }
  return value;
}

/** Waits until nothing new has been registered for a while: a program goes on registering after it has returned. */
async function drained(registrations: Registration[]): Promise<void> {
  const { waitForRPCs } = pulumi.runtime as unknown as { waitForRPCs(): Promise<void> };
  let quietRounds = 0;
  let count = -1;
  while (quietRounds < 3) {
    await waitForRPCs();
    await new Promise((resolve) => setImmediate(resolve));
    quietRounds = registrations.length === count ? quietRounds + 1 : 0;
    count = registrations.length;
  }
}

/** The only registration of a type and name. */
export function one(registrations: Registration[], type: string, name?: string): Registration {
  const found = registrations.filter((each) => each.type === type && (name === undefined || each.name === name));
  if (found.length !== 1) {
    throw new Error(
      `${found.length} registrations of ${type} ${name ?? ""}: ${found.map((each) => each.name).join(", ")}`,
    );
  }
  return found[0]!;
}
