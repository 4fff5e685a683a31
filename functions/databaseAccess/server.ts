import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { log } from "../log";
import type { Credentials } from "./secrets";

/** Where the instance is and how it is recognised. */
export interface Server {
  host: string;
  portNumber: number;
  /** Certificates of the authorities that may have signed the server's, PEM. */
  authorities: string;
}

/** An instance that starts, restarts or fails over answers like this; its name may not resolve yet. */
const passing = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ETIMEDOUT",
  "EPIPE",
  "53300", // too_many_connections
  "57P01", // admin_shutdown
  "57P03", // cannot_connect_now
]);
/** What `pg` says, without a code, when nothing answers in time or the server hangs up. */
const passingMessages = /^timeout expired$|^Connection terminated/;

/**
 * The server named by the environment: `DATABASE_HOST`, `DATABASE_PORT`, and `DATABASE_CA_FILE`, which on AWS Lambda
 * is `/var/runtime/ca-cert.pem`. Node.js runtimes ship Amazon's authorities in that file and, since Node.js 20, no
 * longer load it by themselves: https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html.
 */
export function serverFrom(environment: NodeJS.ProcessEnv): Server {
  const portNumber = Number(required(environment, "DATABASE_PORT"));
  if (!Number.isInteger(portNumber)) throw new Error(`DATABASE_PORT: ${environment.DATABASE_PORT}; allowed: a number`);
  const file = required(environment, "DATABASE_CA_FILE");
  try {
    return { host: required(environment, "DATABASE_HOST"), portNumber, authorities: readFileSync(file, "utf8") };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    throw new Error(`DATABASE_CA_FILE: ${file} cannot be read; on AWS Lambda it is /var/runtime/ca-cert.pem`);
  }
}

/** @throws when the variable is absent or empty. */
export function required(environment: NodeJS.ProcessEnv, name: string): string {
  const value = environment[name];
  if (!value) throw new Error(`Environment variable ${name} is missing`);
  return value;
}

/**
 * Runs `work` on one connection, which is closed in any case. TLS is not optional: a server whose certificate or host
 * name does not fit is refused. An instance that does not accept connections yet is tried again until the deadline.
 *
 * @param deadline in milliseconds since the epoch; also bounds every statement.
 */
export async function withConnection<T>(
  server: Server,
  credentials: Credentials,
  database: string,
  deadline: number,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = await connect(server, credentials, database, deadline);
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function connect(server: Server, credentials: Credentials, database: string, deadline: number): Promise<Client> {
  const where = `${server.host}:${server.portNumber}/${database}`;
  for (let attempt = 1; ; attempt++) {
    const remaining = Math.max(1, deadline - Date.now());
    const client = new Client({
      host: server.host,
      port: server.portNumber,
      user: credentials.username,
      password: credentials.password,
      database,
      ssl: { ca: server.authorities, rejectUnauthorized: true, minVersion: "TLSv1.2" },
      connectionTimeoutMillis: Math.min(10_000, remaining),
      statement_timeout: remaining,
      application_name: "databaseAccess",
    });
    client.on("error", () => undefined); // The statement under way reports it; unheard, it would end the process.
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => undefined);
      const { code, message } = error as NodeJS.ErrnoException;
      if (!passing.has(code ?? "") && !passingMessages.test(message)) {
        throw new Error(`${where} refused for good: ${code ?? "no code"}: ${message}`);
      }
      const pause = Math.min(5_000, 500 * 2 ** attempt);
      if (Date.now() + pause > deadline) {
        throw new Error(
          `${where} accepted no connection in ${attempt} attempts: ${code ?? ""} ${message}. ` +
            "Check that the instance is available and that its security group admits the function",
        );
      }
      log("warn", "the instance accepts no connection yet", { attempt, code, pauseMilliseconds: pause });
      await sleep(pause);
    }
  }
}
