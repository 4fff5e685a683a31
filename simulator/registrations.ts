import { ResourceMonitorClient } from "@pulumi/pulumi/proto/resource_grpc_pb";
import type {
  ReadResourceRequest,
  ReadResourceResponse,
  RegisterResourceRequest,
  RegisterResourceResponse,
} from "@pulumi/pulumi/proto/resource_pb";
import { readableStruct } from "./mask";

/** What the program, or a component's provider, asked the engine for. */
export interface Registration {
  urn: string;
  type: string;
  name: string;
  parent: string;
  /** Reference as it was sent: `<urn>::<id>`, or nothing where the engine chooses the default provider. */
  provider: string;
  dependencies: string[];
  protect: boolean;
  retainOnDelete: boolean;
  /** Made readable; secrets are masked. */
  inputs: Record<string, unknown>;
  /** A component that its own provider expands. */
  remote: boolean;
}

type Method = (request: unknown, ...rest: unknown[]) => unknown;
type Answer = (error: unknown, response?: { getUrn(): string }) => void;

function describe(request: RegisterResourceRequest, response: RegisterResourceResponse): Registration {
  return {
    urn: response.getUrn(),
    type: request.getType(),
    name: request.getName(),
    parent: request.getParent(),
    provider: request.getProvider(),
    dependencies: request.getDependenciesList(),
    protect: request.getProtect() ?? false,
    retainOnDelete: request.getRetainondelete() ?? false,
    inputs: readableStruct(request.getObject()),
    remote: request.getRemote(),
  };
}

function describeRead(request: ReadResourceRequest, response: ReadResourceResponse): Registration {
  return {
    urn: response.getUrn(),
    type: request.getType(),
    name: request.getName(),
    parent: request.getParent(),
    provider: request.getProvider(),
    dependencies: request.getDependenciesList(),
    protect: false,
    retainOnDelete: false,
    inputs: readableStruct(request.getProperties()),
    remote: false,
  };
}

/** The resources of a run, as they are registered. */
export interface Registrations {
  /** Those that are registered, by URN. */
  all: Map<string, Registration>;
  /** How many the program and its components have asked for so far, registered or still waiting for others. */
  wanted(): number;
  clear(): void;
  /** Ends the recording. */
  stop(): void;
}

const typeAndNameOf = (request: RegisterResourceRequest) => `${request.getType()} ${request.getName()}`;

/**
 * Records every resource that is registered from this process while a run lasts: by the program and by the simulated
 * component providers. Engine events lack dependencies, and their inputs have passed the providers' checks, which add
 * random names; what was asked for is the same in a preview and in an update.
 */
export function recordRegistrations(): Registrations {
  const all = new Map<string, Registration>();
  const wanted = new Set<string>();
  const runtime: Record<
    "registerResource",
    (...args: unknown[]) => unknown
  > = require("@pulumi/pulumi/runtime/resource");
  const originalOfProgram = runtime.registerResource;
  // The program describes all it wants before the first of it is made; components then add what they expand into.
  runtime.registerResource = (...args) => {
    const [, , type, name] = args;
    wanted.add(`${type} ${name}`);
    return originalOfProgram(...args);
  };
  const prototype = ResourceMonitorClient.prototype as unknown as Record<string, Method>;
  const original = { registerResource: prototype.registerResource!, readResource: prototype.readResource! };

  const wrap = (method: Method, keep: (request: never, response: never) => Registration): Method =>
    function (this: unknown, request, ...rest) {
      wanted.add(typeAndNameOf(request as RegisterResourceRequest));
      const answerAt = rest.findLastIndex((argument) => typeof argument === "function");
      const answer = rest[answerAt] as Answer;
      rest[answerAt] = ((error, response) => {
        if (!error && response) {
          const registration = keep(request as never, response as never);
          // A remote component is registered twice, by the program and by its provider: the program's inputs count.
          if (!all.get(registration.urn)?.remote) all.set(registration.urn, registration);
        }
        answer(error, response);
      }) satisfies Answer;
      return method.call(this, request, ...rest);
    };

  prototype.registerResource = wrap(original.registerResource, describe);
  prototype.readResource = wrap(original.readResource, describeRead);
  return {
    all,
    wanted: () => wanted.size,
    clear: () => {
      all.clear();
      wanted.clear();
    },
    stop: () => {
      runtime.registerResource = originalOfProgram;
      prototype.registerResource = original.registerResource;
      prototype.readResource = original.readResource;
    },
  };
}
