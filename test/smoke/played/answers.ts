import type { IncomingMessage, ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";

/** One request to a played server, read whole. */
export interface Received {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage["headers"];
  body: Buffer;
  /** What it says in JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: as the caller has sent it.
  said: any;
}

export interface Reply {
  status?: number;
  headers?: Record<string, string>;
  /** An object is sent as JSON. */
  body?: object | string | Buffer;
}

/** A server that answers whole requests by one function. */
export function answering(reply: (received: Received) => Reply | Promise<Reply>) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await buffer(request);
    const { pathname, searchParams } = new URL(request.url!, "http://played");
    const { method = "GET", headers } = request;
    const said = headers["content-type"] === "application/json" ? JSON.parse(body.toString()) : {};
    const given = await reply({ method, path: pathname, query: searchParams, headers, body, said });
    const text = given.body ?? "";
    const sent = typeof text === "string" || Buffer.isBuffer(text) ? text : JSON.stringify(text);
    response.writeHead(given.status ?? 200, given.headers).end(sent);
  };
}

/** Name and password of a request. */
export function basic({ headers }: Received): { user: string; password: string } | undefined {
  const [, encoded] = /^Basic (.+)$/.exec(headers.authorization ?? "") ?? [];
  if (encoded === undefined) return undefined;
  const [user = "", password = ""] = Buffer.from(encoded, "base64").toString().split(":");
  return { user, password };
}
