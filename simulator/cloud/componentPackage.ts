/** Packages that serve nothing but components. */
import { Refusal } from "./account";
import type { Cloud, Provider, ProviderPackage } from "./provider";
import type { ConstructAnswer, ConstructCall } from "./registrar";

export type Expansion = (call: ConstructCall, cloud: Cloud) => Promise<ConstructAnswer>;

/** A package whose components register what their real provider would. */
export function componentPackage(name: string, sdk: string, expansions: Record<string, Expansion>): ProviderPackage {
  const refuse = (what: string): never => {
    throw new Refusal(
      "UnknownType",
      `the simulated cloud does not know ${what}; expand it in simulator/cloud/expansions`,
    );
  };
  const configure = (_: unknown, cloud: Cloud): Provider => ({
    check: ({ type }) => refuse(type),
    diff: ({ type }) => refuse(type),
    create: async ({ type }) => refuse(type),
    update: async ({ type }) => refuse(type),
    read: ({ type }) => refuse(type),
    delete: async ({ type }) => refuse(type),
    invoke: async (token) => refuse(token),
    construct: async (call) => (expansions[call.type] ?? (() => refuse(call.type)))(call, cloud),
  });
  return { name, sdk, acceptsSecrets: true, configure };
}
