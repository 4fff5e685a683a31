/** Speaks the engine's provider protocol for one package, over gRPC. */
import * as fs from "node:fs";
import * as grpc from "@grpc/grpc-js";
import * as plugin from "@pulumi/pulumi/proto/plugin_pb";
import * as providerService from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as messages from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb.js";
import { Refusal } from "./account";
import type { Operations } from "./operations";
import type { Cloud, Failure, Provider, ProviderPackage, Subject } from "./provider";
import { Registrar } from "./registrar";
import { fromStruct, markLike, type Properties, toStruct, unmark } from "./values";

const unlimited = { "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 };

/** A package served on a port of its own. */
export interface Served {
  port: number;
  close(): Promise<void>;
}

export async function serve(pack: ProviderPackage, cloud: Cloud, operations: Operations): Promise<Served> {
  const server = new grpc.Server(unlimited);
  // The engine opens one connection for each provider that a program configures, and says no more on later calls.
  const configured = new Map<string, Provider>();
  let latest: Provider | undefined;
  const providerOf = (peer: string): Provider => {
    const provider = configured.get(peer) ?? latest;
    if (provider === undefined)
      throw new Refusal("NotConfigured", `provider ${pack.name} was asked before it was configured`);
    return provider;
  };
  const version = (
    JSON.parse(fs.readFileSync(require.resolve(`${pack.sdk}/package.json`), "utf8")) as { version: string }
  ).version;

  const handlers: Record<string, grpc.handleUnaryCall<never, unknown>> = {
    attach: answer(() => new Empty()),
    cancel: answer(() => new Empty()),
    handshake: answer(() => {
      const response = new messages.ProviderHandshakeResponse();
      response.setAcceptSecrets(pack.acceptsSecrets);
      response.setAcceptResources(false);
      response.setAcceptOutputs(true);
      return response;
    }),
    getPluginInfo: answer(() => new plugin.PluginInfo().setVersion(version)),
    getSchema: answer(() => new messages.GetSchemaResponse().setSchema("{}")),
    getMapping: answer(() => new messages.GetMappingResponse()),
    getMappings: answer(() => new messages.GetMappingsResponse()),

    checkConfig: answer((request: messages.CheckRequest) => {
      const inputs = fromStruct(request.getNews());
      return checkResponse(inputs, pack.checkConfig?.(unmark(inputs).value) ?? []);
    }),

    diffConfig: answer((request: messages.DiffRequest) => {
      const olds = unmark(fromStruct(request.getOldInputs() ?? request.getOlds())).value;
      const news = unmark(fromStruct(request.getNews())).value;
      const response = new messages.DiffResponse();
      const changed = [...new Set([...Object.keys(olds), ...Object.keys(news)])].filter(
        (key) => key !== "version" && JSON.stringify(olds[key]) !== JSON.stringify(news[key]),
      );
      response.setDiffsList(changed);
      response.setReplacesList(pack.configReplaces?.(olds, news) ?? []);
      response.setChanges(
        changed.length > 0 ? messages.DiffResponse.DiffChanges.DIFF_SOME : messages.DiffResponse.DiffChanges.DIFF_NONE,
      );
      return response;
    }),

    configure: answer((request: messages.ConfigureRequest, peer) => {
      const config = unmark(fromStruct(request.getArgs())).value as Properties;
      latest = pack.configure(config, cloud);
      configured.set(peer, latest);
      const response = new messages.ConfigureResponse();
      response.setAcceptsecrets(pack.acceptsSecrets);
      response.setSupportspreview(true);
      response.setAcceptresources(false);
      response.setAcceptoutputs(true);
      return response;
    }),

    invoke: answer(async (request: messages.InvokeRequest, peer) => {
      const args = unmark(fromStruct(request.getArgs())).value;
      const found = await providerOf(peer).invoke(request.getTok(), args, request.getPreview());
      const response = new messages.InvokeResponse();
      if ("failures" in found) response.setFailuresList(found.failures.map(checkFailure));
      else response.setReturn(toStruct(found.result));
      return response;
    }),

    check: answer((request: messages.CheckRequest, peer) => {
      const given = fromStruct(request.getNews());
      const { inputs, failures } = providerOf(peer).check(
        subjectOf(request),
        plain(request.getOlds()),
        unmark(given).value,
        request.getRandomseed_asU8(),
      );
      return checkResponse(markLike(inputs, given), failures);
    }),

    diff: answer((request: messages.DiffRequest, peer) => {
      const found = providerOf(peer).diff(
        subjectOf(request),
        request.getId(),
        plain(request.getOldInputs()),
        plain(request.getNews()),
        plain(request.getOlds()),
      );
      return diffResponse(found.differences, found.deleteBeforeReplace, request.getIgnorechangesList());
    }),

    create: answer(async (request: messages.CreateRequest, peer) => {
      const subject = subjectOf(request);
      const given = fromStruct(request.getProperties());
      const provider = providerOf(peer);
      const create = () => provider.create(subject, unmark(given).value, request.getPreview());
      const { id, outputs } = request.getPreview()
        ? await create()
        : await operations.run("create", subject, create, ({ id }) => id);
      return new messages.CreateResponse().setId(id).setProperties(toStruct(markLike(outputs, given)));
    }),

    update: answer(async (request: messages.UpdateRequest, peer) => {
      const subject = subjectOf(request);
      const olds = { inputs: plain(request.getOldInputs()), outputs: plain(request.getOlds()) };
      const given = fromStruct(request.getNews());
      const provider = providerOf(peer);
      const asked = unmark(given).value;
      const update = async () =>
        !request.getPreview() && operations.failures.takesBack(subject)
          ? { ...olds.outputs, ...asked }
          : provider.update(subject, request.getId(), olds, asked, request.getPreview());
      const outputs = request.getPreview()
        ? await update()
        : await operations.run("update", subject, update, () => request.getId());
      return new messages.UpdateResponse().setProperties(toStruct(markLike(outputs, given)));
    }),

    read: answer((request: messages.ReadRequest, peer) => {
      const found = providerOf(peer).read(subjectOf(request), request.getId());
      const response = new messages.ReadResponse();
      if (found === undefined) return response;
      // What was secret stays so: the engine sends what it knows, with the marks on it.
      const inputs = markLike(found.inputs, fromStruct(request.getInputs()));
      const outputs = markLike(found.outputs, fromStruct(request.getProperties()));
      return response.setId(found.id).setInputs(toStruct(inputs)).setProperties(toStruct(outputs));
    }),

    delete: answer(async (request: messages.DeleteRequest, peer) => {
      const subject = subjectOf(request);
      const provider = providerOf(peer);
      const remove = () => provider.delete(subject, request.getId(), plain(request.getProperties()));
      await operations.run("delete", subject, remove, () => request.getId());
      return new Empty();
    }),

    construct: answer(async (request: messages.ConstructRequest, peer) => {
      const provider = providerOf(peer);
      if (provider.construct === undefined) {
        throw new Refusal("UnknownType", `the simulated cloud does not know component ${request.getType()}`);
      }
      const registrar = new Registrar(request);
      try {
        const { urn, outputs, dependencies } = await provider.construct({
          type: request.getType(),
          name: request.getName(),
          inputs: fromStruct(request.getInputs()),
          preview: request.getDryrun(),
          registrar,
        });
        const response = new messages.ConstructResponse().setUrn(urn).setState(toStruct(outputs));
        for (const [property, urns] of Object.entries(dependencies)) {
          response
            .getStatedependenciesMap()
            .set(property, new messages.ConstructResponse.PropertyDependencies().setUrnsList(urns));
        }
        return response;
      } finally {
        await registrar.close();
      }
    }),
  };
  const unserved: grpc.handleUnaryCall<never, unknown> = (_, callback) => callback({ code: grpc.status.UNIMPLEMENTED });
  const implementation: grpc.UntypedServiceImplementation = {};
  for (const method of Object.keys(providerService.ResourceProviderService)) {
    implementation[method] = (handlers[method] ?? unserved) as grpc.UntypedHandleCall;
  }
  server.addService(providerService.ResourceProviderService, implementation);
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  return {
    port,
    close: async () => server.forceShutdown(),
  };
}

/** Turns a function over messages into a handler; what it throws becomes the provider's answer to the engine. */
function answer<Request, Response>(
  handle: (request: Request, peer: string) => Response | Promise<Response>,
): grpc.handleUnaryCall<never, unknown> {
  return (call, callback) => {
    Promise.resolve()
      .then(() => handle(call.request as Request, call.getPeer()))
      .then(
        (response) => callback(null, response),
        (error: Error) => callback({ code: grpc.status.UNKNOWN, details: detailsOf(error) }),
      );
  };
}

function detailsOf(error: Error): string {
  if (error instanceof Refusal) return error.message;
  const details = (error as Partial<grpc.ServiceError>).details;
  return details ?? `${error.stack ?? error.message}`;
}

/** Values without marks. */
function plain(message: Parameters<typeof fromStruct>[0]): Properties {
  return unmark(fromStruct(message)).value;
}

function subjectOf(request: { getUrn(): string }): Subject {
  const urn = request.getUrn();
  const parts = urn.split("::");
  return { urn, type: parts[2]!.split("$").pop()!, name: parts.slice(3).join("::") };
}

function checkFailure({ property, reason }: Failure): messages.CheckFailure {
  return new messages.CheckFailure().setProperty(property).setReason(reason);
}

function checkResponse(inputs: Properties, failures: Failure[]): messages.CheckResponse {
  return new messages.CheckResponse().setInputs(toStruct(inputs)).setFailuresList(failures.map(checkFailure));
}

function diffResponse(
  differences: { path: string; kind: "add" | "update" | "delete"; replaces: boolean }[],
  deleteBeforeReplace: boolean,
  ignored: string[],
): messages.DiffResponse {
  const counted = differences.filter(
    ({ path }) => !ignored.some((entry) => path === entry || path.startsWith(`${entry}.`)),
  );
  const response = new messages.DiffResponse();
  const { DiffChanges } = messages.DiffResponse;
  response.setChanges(counted.length > 0 ? DiffChanges.DIFF_SOME : DiffChanges.DIFF_NONE);
  response.setDiffsList([...new Set(counted.map(({ path }) => path.split(/[.[]/)[0]!))]);
  response.setReplacesList([
    ...new Set(counted.filter(({ replaces }) => replaces).map(({ path }) => path.split(/[.[]/)[0]!)),
  ]);
  response.setDeletebeforereplace(deleteBeforeReplace);
  response.setHasdetaileddiff(true);
  const { Kind } = messages.PropertyDiff;
  const kinds = {
    add: [Kind.ADD, Kind.ADD_REPLACE],
    update: [Kind.UPDATE, Kind.UPDATE_REPLACE],
    delete: [Kind.DELETE, Kind.DELETE_REPLACE],
  } as const;
  for (const { path, kind, replaces } of counted) {
    response
      .getDetaileddiffMap()
      .set(path, new messages.PropertyDiff().setKind(kinds[kind][replaces ? 1 : 0]).setInputdiff(true));
  }
  return response;
}
