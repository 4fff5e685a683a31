/** Which cluster a provider talks to, as its kubeconfig says. */
import * as fs from "node:fs";
import { parse } from "yaml";
import type { Account, Existing } from "../account";
import { clusterScope } from "../aws/eks";
import { cluster } from "../aws/tokens";
import type { Failure } from "../provider";
import { type Properties, unknown } from "../values";

export interface Connection {
  /** Scope in the account under which the cluster's objects are kept. */
  scope: string;
  /** The EKS cluster behind it; absent for a kubeconfig of somewhere else. */
  eks?: Existing;
  /** Why nothing can be reached. */
  unreachable?: string;
}

interface Kubeconfig {
  server: string;
  context: string;
}

/** Reads a kubeconfig given as text or as the path of a file. @throws when it is neither or names no server. */
export function readKubeconfig(given: string, context?: string): Kubeconfig {
  const text = /[\n{:]/.test(given.trim()) && !fs.existsSync(given) ? given : fs.readFileSync(given, "utf8");
  const config = parse(text) as Properties | null;
  const current = context ?? config?.["current-context"];
  const entry = (config?.contexts ?? []).find(({ name }: { name: string }) => name === current);
  const server = (config?.clusters ?? []).find(({ name }: { name: string }) => name === entry?.context?.cluster)
    ?.cluster?.server;
  if (typeof server !== "string") throw new Error(`kubeconfig has no server for its context "${current}"`);
  return { server, context: String(current) };
}

export function wrongKubeconfig(inputs: Properties): Failure[] {
  const { kubeconfig, context } = inputs;
  if (typeof kubeconfig !== "string" || kubeconfig === unknown) return [];
  try {
    readKubeconfig(kubeconfig, typeof context === "string" ? context : undefined);
    return [];
  } catch (error) {
    return [{ property: "kubeconfig", reason: (error as Error).message }];
  }
}

/** Looks the cluster up each time, since it may come and go while the provider stays configured. */
export function connect(config: Properties, account: Account): Connection {
  if (typeof config.kubeconfig !== "string") return { scope: `context/${config.context ?? "default"}` };
  let read: Kubeconfig;
  try {
    read = readKubeconfig(config.kubeconfig, config.context);
  } catch (error) {
    return { scope: "nowhere", unreachable: (error as Error).message };
  }
  if (!new URL(read.server).hostname.endsWith(".simulated.invalid"))
    return { scope: `context/${config.clusterIdentifier ?? read.context}` };
  const eks = account.resolve([cluster], read.server);
  if (eks === undefined)
    return { scope: "nowhere", unreachable: `no cluster of account ${account.number} answers at ${read.server}` };
  return { scope: clusterScope(eks.id), eks };
}
