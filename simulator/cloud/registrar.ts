/** Registers the children of a component with the engine, as the component's own provider would. */
import * as grpc from "@grpc/grpc-js";
import type { Alias } from "@pulumi/pulumi/proto/alias_pb";
import type * as providerMessages from "@pulumi/pulumi/proto/provider_pb";
import * as resourceService from "@pulumi/pulumi/proto/resource_grpc_pb";
import * as messages from "@pulumi/pulumi/proto/resource_pb";
import * as rpc from "@pulumi/pulumi/runtime/rpc";
import { fromStruct, hasUnknown, type Properties, secret, toStruct, unknown, unmark, type Value } from "./values";

/** A component somebody asked for. */
export interface ConstructCall {
  type: string;
  name: string;
  inputs: Properties;
  preview: boolean;
  registrar: Registrar;
}

export interface ConstructAnswer {
  urn: string;
  outputs: Properties;
  /** URNs that each output came from. */
  dependencies: Record<string, string[]>;
}

/** A registered resource: its outputs carry what it is, so that inputs built from them depend on it. */
export interface Registered {
  urn: string;
  id: string;
  outputs: Properties;
  isComponent: boolean;
}

export interface ChildOptions {
  parent: string;
  dependsOn?: readonly Registered[];
  ignoreChanges?: string[];
  /** Reference `urn::id` of a provider other than the one the caller's options choose. */
  provider?: string;
  retainOnDelete?: boolean;
  component?: boolean;
}

/** An input taken from another resource. */
export class From {
  constructor(
    readonly value: Value,
    readonly urns: string[],
    readonly isSecret: boolean,
  ) {}

  /** Goes on computing once the value is known; unknown stays unknown. */
  map(compute: (value: Value) => Value): From {
    return new From(hasUnknown(this.value) ? unknown : compute(this.value), this.urns, this.isSecret);
  }
}

/** An output of a registered resource as an input of another. */
export function from(resource: Registered, property: string): From {
  const { value, isSecret, dependencies } = unmark(
    property === "id" ? (resource.id === "" ? unknown : resource.id) : resource.outputs[property],
  );
  return new From(value ?? undefined, [resource.urn, ...dependencies], isSecret);
}

/** Several values as one that is unknown or secret as soon as one of them is. */
export function all(values: Record<string, From>, compute: (values: Properties) => Value): From {
  const parts = Object.values(values);
  const known = Object.fromEntries(Object.entries(values).map(([name, { value }]) => [name, value]));
  return new From(
    parts.some(({ value }) => hasUnknown(value)) ? unknown : compute(known),
    [...new Set(parts.flatMap(({ urns }) => urns))],
    parts.some(({ isSecret }) => isSecret),
  );
}

/** A resource as a value: whoever receives it can read all its outputs. */
export function resource(registered: Registered): From {
  const { urn, id, isComponent } = registered;
  const reference = {
    [rpc.specialSigKey]: rpc.specialResourceSig,
    urn,
    packageVersion: "",
    ...(isComponent ? {} : { id }),
  };
  return new From(reference, [urn], false);
}

const messageBytes = 0x7fffffff;

export class Registrar {
  private readonly monitor: resourceService.ResourceMonitorClient;
  private readonly underWay = new Set<Promise<unknown>>();
  readonly preview: boolean;

  constructor(private readonly request: providerMessages.ConstructRequest) {
    this.preview = request.getDryrun();
    this.monitor = new resourceService.ResourceMonitorClient(
      request.getMonitorendpoint(),
      grpc.credentials.createInsecure(),
      {
        "grpc.max_receive_message_length": messageBytes,
        "grpc.max_send_message_length": messageBytes,
      },
    );
  }

  /** Waits for what is under way, and for what that begins: a component that fails for one child has others that are made meanwhile. */
  async close(): Promise<void> {
    while (this.underWay.size > 0) {
      await Promise.allSettled(this.underWay);
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.monitor.close();
  }

  /** An input of the component; `urns` are the resources it came from. */
  input(property: string): From {
    const given = fromStruct(this.request.getInputs())[property];
    const { value, isSecret, dependencies } = unmark(given);
    const declared = this.request.getInputdependenciesMap().get(property)?.getUrnsList() ?? [];
    return new From(value, [...new Set([...declared, ...dependencies])], isSecret);
  }

  /** An input that is a map, each part of which knows where it came from; as a whole it has come from nowhere. */
  parts(property: string): Properties {
    const parts = withOrigins(fromStruct(this.request.getInputs())[property]);
    return (parts instanceof From ? parts.value : parts) ?? {};
  }

  /** Reference of the provider the caller chose for a package, if any. */
  providerFor(packageName: string): string | undefined {
    return this.request.getProvidersMap().get(packageName);
  }

  /** The component itself, with the options its caller gave. */
  async component(): Promise<Registered> {
    const request = new messages.RegisterResourceRequest();
    request.setType(this.request.getType());
    request.setName(this.request.getName());
    request.setParent(this.request.getParent());
    request.setCustom(false);
    request.setObject(toStruct({}));
    request.setDependenciesList(this.request.getDependenciesList());
    const protect = this.request.getProtect();
    if (protect !== undefined) request.setProtect(protect);
    const retain = this.request.getRetainondelete();
    if (retain !== undefined) request.setRetainondelete(retain);
    request.setAliasspecs(true);
    request.setAliasesList(this.request.getAliasesList() as Alias[]);
    request.setDeletedwith(this.request.getDeletedwith());
    this.passProviders(request);
    return this.send(request);
  }

  /** One child. Inputs may hold `From` at any depth. */
  async resource(type: string, name: string, inputs: Properties, options: ChildOptions): Promise<Registered> {
    const request = new messages.RegisterResourceRequest();
    request.setType(type);
    request.setName(name);
    request.setParent(options.parent);
    request.setCustom(options.component !== true);
    const plain: Properties = {};
    const dependencies = new Set((options.dependsOn ?? []).map(({ urn }) => urn));
    for (const [property, given] of Object.entries(inputs)) {
      const found = { urns: new Set<string>(), isSecret: false };
      const value = settle(given, found);
      if (value === undefined) continue;
      plain[property] = value;
      const propertyDependencies = new messages.RegisterResourceRequest.PropertyDependencies();
      propertyDependencies.setUrnsList([...found.urns]);
      request.getPropertydependenciesMap().set(property, propertyDependencies);
      for (const urn of found.urns) dependencies.add(urn);
    }
    request.setObject(toStruct(plain));
    request.setDependenciesList([...dependencies]);
    request.setIgnorechangesList(options.ignoreChanges ?? []);
    if (options.retainOnDelete !== undefined) request.setRetainondelete(options.retainOnDelete);
    const provider = options.provider ?? this.providerFor(type.split(":")[0]!);
    if (provider !== undefined && options.component !== true) request.setProvider(provider);
    if (options.component === true) this.passProviders(request);
    return this.send(request);
  }

  /** Reads the name of the component, which its children carry in theirs. */
  get name(): string {
    return this.request.getName();
  }

  /** Asks a provider, with the provider the caller chose for the package. */
  async invoke(token: string, args: Properties): Promise<Properties> {
    const request = new messages.ResourceInvokeRequest();
    request.setTok(token);
    request.setArgs(toStruct(args));
    const provider = this.providerFor(token.split(":")[0]!);
    if (provider !== undefined) request.setProvider(provider);
    const response = await new Promise<providerMessages.InvokeResponse>((resolve, reject) =>
      this.monitor.invoke(request, (error, answer) => (error ? reject(error) : resolve(answer))),
    );
    const failures = response.getFailuresList();
    if (failures.length > 0) throw new Error(failures.map((failure) => failure.getReason()).join("; "));
    return unmark(fromStruct(response.getReturn())).value;
  }

  /** Ends the registration of a component. */
  async outputs(component: Registered, outputs: Properties): Promise<ConstructAnswer> {
    const plain: Properties = {};
    const dependencies: Record<string, string[]> = {};
    for (const [property, given] of Object.entries(outputs)) {
      const found = { urns: new Set<string>(), isSecret: false };
      const value = settle(given, found);
      if (value === undefined) continue;
      plain[property] = value;
      dependencies[property] = [...found.urns];
    }
    const request = new messages.RegisterResourceOutputsRequest();
    request.setUrn(component.urn);
    request.setOutputs(toStruct(plain));
    await new Promise<void>((resolve, reject) =>
      this.monitor.registerResourceOutputs(request, (error) => (error ? reject(error) : resolve())),
    );
    return { urn: component.urn, outputs: plain, dependencies };
  }

  private passProviders(request: messages.RegisterResourceRequest): void {
    for (const [packageName, reference] of this.request.getProvidersMap().entries()) {
      request.getProvidersMap().set(packageName, reference);
    }
  }

  private async send(request: messages.RegisterResourceRequest): Promise<Registered> {
    request.setAcceptsecrets(true);
    request.setAcceptresources(true);
    request.setSupportspartialvalues(true);
    request.setAliasspecs(true);
    const answered = new Promise<messages.RegisterResourceResponse>((resolve, reject) =>
      this.monitor.registerResource(request, (error, answer) => (error ? reject(error) : resolve(answer))),
    );
    this.underWay.add(answered);
    const response = await answered.finally(() => this.underWay.delete(answered));
    return {
      urn: response.getUrn(),
      id: response.getId(),
      outputs: fromStruct(response.getObject()),
      isComponent: !request.getCustom(),
    };
  }
}

function withOrigins(given: Value): Value {
  if (Array.isArray(given)) return given.map(withOrigins);
  if (given === null || typeof given !== "object") return given;
  if (rpc.specialSigKey in given) {
    const { value, isSecret, dependencies } = unmark(given);
    return new From(value, dependencies, isSecret);
  }
  return Object.fromEntries(Object.entries(given).map(([key, member]) => [key, withOrigins(member)]));
}

function settle(given: Value, found: { urns: Set<string>; isSecret: boolean }): Value {
  if (given instanceof From) {
    for (const urn of given.urns) found.urns.add(urn);
    if (given.value === undefined) return undefined;
    return given.isSecret ? secret(given.value) : given.value;
  }
  if (Array.isArray(given)) return given.map((member) => settle(member, found));
  if (given === null || typeof given !== "object") return given;
  return Object.fromEntries(
    Object.entries(given)
      .map(([key, member]) => [key, settle(member, found)] as const)
      .filter(([, member]) => member !== undefined),
  );
}
