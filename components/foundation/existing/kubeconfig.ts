import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { parse } from "yaml";
import { stableJson } from "../../lib/json";
import { type Problem, SettingsProblems } from "../../settings/problems";

/** One context of a kubeconfig, on its own. */
export interface KubeconfigContext {
  /** Kubeconfig with this context and nothing else. Secret: it may hold a token or a key. */
  kubeconfig: string;
  /** What the kubeconfig calls the cluster. */
  clusterName: string;
  /** TCP port at which it reaches the API server. */
  serverPortNumber: number;
}

type Fields = Record<string, unknown>;
type Entry = Fields & { name: string };

interface Lists {
  clusters: Entry[];
  contexts: Entry[];
  users: Entry[];
}

/** Files named in a kubeconfig, and the key that takes their content instead. */
const embedded: [string, string][] = [
  ["certificate-authority", "certificate-authority-data"],
  ["client-certificate", "client-certificate-data"],
  ["client-key", "client-key-data"],
];

/** Where kubectl looks. @see https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/ */
export function kubeconfigFiles(given: string | undefined, env: NodeJS.ProcessEnv = process.env): string[] {
  if (given !== undefined) return [resolve(given.replace(/^~(?=\/)/, homedir()))];
  const listed = (env.KUBECONFIG ?? "").split(delimiter).filter((file) => file !== "");
  return listed.length > 0 ? listed.map((file) => resolve(file)) : [join(homedir(), ".kube", "config")];
}

/**
 * Reads one context, with the content of the files it names: what the provider is given then stays the same whatever else
 * the files say, and wherever the program runs.
 * @throws SettingsProblems when there is no such file or context.
 */
export function readContext(
  settings: { kubeconfig?: string | undefined; context: string },
  env: NodeJS.ProcessEnv = process.env,
): KubeconfigContext {
  const files = kubeconfigFiles(settings.kubeconfig, env);
  const found = files.filter((file) => existsSync(file));
  if (found.length === 0) {
    throw problem({
      path: "foundation.kubeconfig",
      value: settings.kubeconfig ?? `(missing), so ${files.join(", ")}`,
      allowed: "a file that exists; without the key, what KUBECONFIG names, else ~/.kube/config",
      remedy:
        "Make the cluster first, or write the kubeconfig's path: `kind get kubeconfig > kubeconfig.yaml` for kind.",
    });
  }
  const lists = merged(found.map(readLists));
  const context = lists.contexts.find(({ name }) => name === settings.context);
  if (context === undefined) {
    const names = lists.contexts.map(({ name }) => name);
    throw problem({
      path: "foundation.context",
      value: settings.context,
      allowed: names.length > 0 ? names.join(", ") : `a context; ${found.join(", ")} has none`,
      remedy: "Write one of these, or set foundation.kubeconfig to the file that has the context.",
    });
  }
  const { cluster: clusterName, user: userName } = (context.context ?? {}) as Record<string, string>;
  const cluster = lists.clusters.find(({ name }) => name === clusterName);
  const user = lists.users.find(({ name }) => name === userName);
  if (cluster === undefined || typeof (cluster.cluster as Fields | undefined)?.server !== "string") {
    throw problem({
      path: "foundation.context",
      value: settings.context,
      allowed: "a context whose cluster stands in the kubeconfig with a server",
      remedy: `Repair it: kubectl config set-cluster ${clusterName ?? "NAME"} --server=https://…`,
    });
  }
  const kubeconfig = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": settings.context,
    contexts: [{ name: context.name, context: context.context }],
    clusters: [cluster],
    users: user === undefined ? [] : [user],
  };
  return {
    kubeconfig: stableJson(kubeconfig),
    clusterName: cluster.name,
    serverPortNumber: serverPort((cluster.cluster as { server: string }).server),
  };
}

/** Of an address that names none, the one of its scheme. */
function serverPort(server: string): number {
  const address = /^https?:\/\//.test(server) ? server : `https://${server}`;
  if (!URL.canParse(address)) {
    throw problem({
      path: "foundation.context",
      value: server,
      allowed: "a cluster whose server is an address such as https://host:6443",
      remedy: "Repair it: kubectl config set-cluster NAME --server=https://…",
    });
  }
  const { port, protocol } = new URL(address);
  return port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);
}

function readLists(file: string): Lists {
  let content: Fields | null = null;
  try {
    content = parse(readFileSync(file, "utf8")) as Fields | null;
  } catch (error) {
    throw problem({
      path: "foundation.kubeconfig",
      value: file,
      allowed: "a kubeconfig, which is YAML",
      remedy: `Repair the file or name another: ${(error as Error).message.split("\n")[0]}`,
    });
  }
  const list = (key: keyof Lists): Entry[] => {
    const entries = (content as Fields | null)?.[key];
    return Array.isArray(entries) ? (entries as Entry[]) : [];
  };
  const whole = (entries: Entry[], key: string): Entry[] =>
    entries.map((entry) => ({ ...entry, [key]: withFiles((entry[key] ?? {}) as Fields, dirname(file)) }));
  return {
    clusters: whole(list("clusters"), "cluster"),
    contexts: list("contexts"),
    users: whole(list("users"), "user"),
  };
}

/** The same fields with files' contents instead of their names. */
function withFiles(fields: Fields, folder: string): Fields {
  const taken = { ...fields };
  for (const [key, data] of embedded) {
    const file = taken[key];
    delete taken[key];
    if (typeof file !== "string" || taken[data] !== undefined) continue;
    taken[data] = read(resolve(folder, file)).toString("base64");
  }
  if (typeof taken.tokenFile === "string") taken.tokenFile = resolve(folder, taken.tokenFile); // Rotates: never copied.
  return taken;
}

function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw problem({
      path: "foundation.kubeconfig",
      value: file,
      allowed: "a readable file, since the kubeconfig names it",
      remedy: `${(error as Error).message}. Embed it: kubectl config view --raw --flatten`,
    });
  }
}

/** Of several files the first that says something about a name is right, as for kubectl. */
function merged(all: Lists[]): Lists {
  const first = (key: keyof Lists) =>
    all.flatMap((each) => each[key]).filter(({ name }, at, list) => list.findIndex((one) => one.name === name) === at);
  return { clusters: first("clusters"), contexts: first("contexts"), users: first("users") };
}

function problem(one: Problem): SettingsProblems {
  return new SettingsProblems([one]);
}
