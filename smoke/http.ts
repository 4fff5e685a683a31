import { type IncomingHttpHeaders, type RequestOptions, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { Fault } from "./fault";

/** Where a server is. */
export interface Place {
  /** Without a slash at its end. */
  url: string;
  /** What it is called in messages, such as `mlflow.mlflow.svc:5000`. */
  name: string;
  /** What it is called by its clients, where that is not in the address. */
  host?: string;
  /** How its name is looked up and what is believed of its certificate. */
  options?: RequestOptions & { rejectUnauthorized?: boolean };
}

export interface Asked {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  /** An object is sent as JSON. */
  body?: object | string | Buffer;
  as?: { user: string; password: string };
  token?: string;
  /** @default 20 */
  timeoutSeconds?: number;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
  text: string;
}

/** One request, without following redirects. @throws Fault where nothing answers. */
export function ask(place: Place, asked: Asked, signal: AbortSignal): Promise<Answer> {
  const url = new URL(place.url + asked.path);
  const { method = asked.body === undefined ? "GET" : "POST", timeoutSeconds = 20 } = asked;
  const body = typeof asked.body === "object" && !Buffer.isBuffer(asked.body) ? JSON.stringify(asked.body) : asked.body;
  const headers: Record<string, string | number> = {
    ...(place.host === undefined ? {} : { host: place.host }),
    ...(asked.as
      ? { authorization: `Basic ${Buffer.from(`${asked.as.user}:${asked.as.password}`).toString("base64")}` }
      : {}),
    ...(asked.token === undefined ? {} : { authorization: `Bearer ${asked.token}` }),
    ...(typeof asked.body === "object" && !Buffer.isBuffer(asked.body) ? { "content-type": "application/json" } : {}),
    ...(body === undefined ? {} : { "content-length": Buffer.byteLength(body) }),
    ...asked.headers,
  };
  const within = AbortSignal.any([signal, AbortSignal.timeout(timeoutSeconds * 1000)]);
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => {
      const reason =
        within.aborted && !signal.aborted ? `not within ${timeoutSeconds} s` : (error.code ?? error.message);
      reject(
        signal.aborted ? signal.reason : new Fault(`${place.name} does not answer ${method} ${path(url)}: ${reason}`),
      );
    };
    const send = url.protocol === "https:" ? requestHttps : requestHttp;
    const asking = send(url, { ...place.options, method, headers, agent: false, signal: within }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part)).on("error", fail);
      response.on("end", () => {
        const received = Buffer.concat(parts);
        resolve({
          status: response.statusCode!,
          headers: response.headers,
          body: received,
          text: received.toString("utf8"),
        });
      });
    });
    asking.on("error", fail).end(body);
  });
}

const path = (url: URL) => url.pathname;

/** What an answer says in JSON. @throws Fault where it is none, or its status is not one of success. */
export function json<T>(place: Place, what: string, { status, text }: Answer): T {
  if (status >= 300) throw new Fault(`${place.name} answers ${status} to ${what}: ${shortened(text)}`);
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new Fault(`${place.name} answers no JSON to ${what}: ${shortened(text)}`);
  }
}

/** The beginning of a text, in one line. */
export function shortened(text: string, length = 300): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > length ? `${line.slice(0, length)}…` : line;
}
