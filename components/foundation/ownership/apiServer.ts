import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { type RequestOptions, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { promisify } from "node:util";
import {
  type ClusterAccess,
  type ClusterReader,
  groupsOfWebhooks,
  type ObjectKey,
  type ObjectMark,
  type WebhookKind,
  type Webhooks,
} from "./clusterReader";

interface User {
  token?: string;
  tokenFile?: string;
  username?: string;
  password?: string;
  "client-certificate-data"?: string;
  "client-key-data"?: string;
  exec?: {
    apiVersion: string;
    command: string;
    args?: string[] | null;
    env?: { name: string; value: string }[] | null;
  };
}

interface Server {
  server: string;
  "certificate-authority-data"?: string;
  "insecure-skip-tls-verify"?: boolean;
  "tls-server-name"?: string;
}

interface Kubeconfig {
  clusters: { cluster: Server }[];
  users: { user: User }[];
}

interface WebhookConfiguration {
  metadata: { name: string; labels?: Record<string, string> };
  webhooks?: unknown;
}

/** Metadata alone: what a Secret holds is not asked for. https://kubernetes.io/docs/reference/using-api/api-concepts/ */
const metadataOnly = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1, application/json";
const timeoutMillis = 20_000;

/** Asks the API server that a kubeconfig of one context names, as kubectl would. */
export function readApiServer({ kubeconfig }: ClusterAccess): ClusterReader {
  const { clusters, users } = JSON.parse(kubeconfig) as Kubeconfig;
  const { cluster } = clusters[0]!;
  const user = users[0]?.user ?? {};
  let login: Promise<RequestOptions> | undefined;
  let expires = 0;
  const kinds = new Map<string, Promise<{ kind: string; name: string; namespaced: boolean }[]>>();

  /** Anew once a token has expired: those of EKS last 14 minutes, and a run that makes databases takes longer. */
  function signedIn(): Promise<RequestOptions> {
    if (login === undefined || Date.now() >= expires) {
      expires = Number.POSITIVE_INFINITY;
      const attempt = authentication(cluster, user).then((found) => {
        expires = found.expires;
        return found.options;
      });
      attempt.catch(() => {
        login = undefined; // The next object is asked for anew.
      });
      login = attempt;
    }
    return login;
  }

  async function get(path: string, accept = metadataOnly): Promise<unknown> {
    const login = await signedIn();
    const headers = { ...(login.headers as Record<string, string>), accept };
    return ask(new URL(cluster.server.replace(/\/+$/, "") + path), { ...login, headers });
  }

  async function served(apiVersion: string) {
    const answer = await get(apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`);
    return (
      (answer as { resources?: { kind: string; name: string; namespaced: boolean }[] } | undefined)?.resources ?? []
    );
  }

  return {
    async find(key: ObjectKey): Promise<ObjectMark | undefined> {
      const { apiVersion, name } = key;
      const listed = kinds.get(apiVersion) ?? served(apiVersion);
      kinds.set(apiVersion, listed);
      listed.catch(() => kinds.delete(apiVersion));
      const kind = (await listed).find((each) => each.kind === key.kind && !each.name.includes("/"));
      if (kind === undefined) return undefined; // The cluster does not know the kind yet, so it has none.
      const group = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
      const inside = kind.namespaced ? `/namespaces/${encodeURIComponent(key.namespace ?? "default")}` : "";
      const found = await get(`${group}${inside}/${kind.name}/${encodeURIComponent(name)}`);
      if (found === undefined) return undefined;
      const { metadata = {} } = found as { metadata?: Partial<ObjectMark> & { managedFields?: { manager: string }[] } };
      return {
        labels: metadata.labels ?? {},
        annotations: metadata.annotations ?? {},
        managers: (metadata.managedFields ?? []).map(({ manager }) => manager),
      };
    },
    async webhooks(kind: WebhookKind): Promise<Webhooks[]> {
      const plural = `${kind.toLowerCase()}s`;
      const answer = await get(`/apis/admissionregistration.k8s.io/v1/${plural}`, "application/json");
      const { items = [] } = (answer ?? {}) as { items?: WebhookConfiguration[] };
      return items.map(({ metadata, webhooks }) => ({
        name: metadata.name,
        labels: metadata.labels ?? {},
        groups: groupsOfWebhooks(webhooks),
      }));
    },
  };
}

async function authentication(cluster: Server, user: User): Promise<{ options: RequestOptions; expires: number }> {
  const decoded = (text: string | undefined) => (text === undefined ? undefined : Buffer.from(text, "base64"));
  const fromCommand: Credentials = user.exec === undefined ? {} : await credentials(user.exec);
  const token =
    user.token ?? (user.tokenFile === undefined ? fromCommand.token : readFileSync(user.tokenFile, "utf8").trim());
  const basic = user.username === undefined ? undefined : `${user.username}:${user.password ?? ""}`;
  const options = {
    ...{ ca: decoded(cluster["certificate-authority-data"]), servername: cluster["tls-server-name"] },
    ...(cluster["insecure-skip-tls-verify"] ? { rejectUnauthorized: false } : {}),
    ...{
      cert: decoded(user["client-certificate-data"]) ?? fromCommand.clientCertificateData,
      key: decoded(user["client-key-data"]) ?? fromCommand.clientKeyData,
    },
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(token === undefined && basic !== undefined
        ? { authorization: `Basic ${Buffer.from(basic).toString("base64")}` }
        : {}),
    },
  };
  return { options, expires: expiryOf(user, fromCommand.expirationTimestamp) };
}

/** When credentials are to be fetched anew, in time for one more request. A token in a file is read again every minute, as by kubectl. */
function expiryOf({ token, tokenFile }: User, expirationTimestamp: string | undefined): number {
  if (token === undefined && tokenFile !== undefined) return Date.now() + 60_000;
  return expirationTimestamp === undefined ? Number.POSITIVE_INFINITY : Date.parse(expirationTimestamp) - timeoutMillis;
}

interface Credentials {
  token?: string;
  clientCertificateData?: string;
  clientKeyData?: string;
  expirationTimestamp?: string;
}

/** https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins */
async function credentials(exec: NonNullable<User["exec"]>): Promise<Credentials> {
  const given = Object.fromEntries((exec.env ?? []).map(({ name, value }) => [name, value]));
  const info = { apiVersion: exec.apiVersion, kind: "ExecCredential", spec: { interactive: false } };
  const { stdout } = await promisify(execFile)(exec.command, exec.args ?? [], {
    env: { ...process.env, ...given, KUBERNETES_EXEC_INFO: JSON.stringify(info) },
    timeout: timeoutMillis,
  });
  return (JSON.parse(stdout) as { status?: Credentials }).status ?? {};
}

/** The answer; nothing where there is no such thing. */
function ask(url: URL, options: RequestOptions): Promise<unknown> {
  const request = url.protocol === "http:" ? requestHttp : requestHttps;
  return new Promise((resolve, reject) => {
    const sent = request(url, { ...options, timeout: timeoutMillis }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("error", reject);
      response.on("end", () => {
        const { statusCode = 0 } = response;
        if (statusCode === 404) resolve(undefined);
        else if (statusCode !== 200) reject(new Error(`${url.host} answers ${statusCode} to GET ${url.pathname}`));
        else resolve(JSON.parse(text));
      });
    });
    sent.on("timeout", () => sent.destroy(new Error(`${url.host} does not answer within ${timeoutMillis / 1000} s`)));
    sent.on("error", reject);
    sent.end();
  });
}
