import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, type ClientConfig } from "pg";
import { issueServerCertificate, type ServerCertificate } from "./certificates";
import { freePort } from "./freePort";

/** A real PostgreSQL server of its own: empty, on a free port, gone with the test. */
export interface PostgresServer {
  host: string;
  portNumber: number;
  /** Major version, such as 15. */
  majorVersion: number;
  superuser: { username: string; password: string };
  /** Present when TLS is on; then the server takes nothing but TLS over TCP. */
  certificate?: ServerCertificate;
  /** Connected client, as the superuser unless told otherwise. The caller ends it. */
  connect(options?: ClientConfig): Promise<Client>;
  /** Everything that the server has logged so far; every statement is. */
  log(): string;
  stop(): Promise<void>;
}

export const howToEnablePostgres =
  "install it with `apt-get install postgresql`, or name its bin directory in POSTGRES_BIN";

/** Directory with `initdb` and `postgres`, or nothing: `POSTGRES_BIN`, else PATH, else where Debian keeps the newest. */
export function findPostgres(): string | undefined {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const candidates = process.env.POSTGRES_BIN
    ? [process.env.POSTGRES_BIN]
    : [...(process.env.PATH ?? "").split(delimiter), ...versions.map((version) => join(debian, version, "bin"))];
  const found = candidates.find((candidate) => existsSync(join(candidate, "initdb")));
  return found && dirname(realpathSync(join(found, "initdb")));
}

/**
 * Starts a server with password authentication (SCRAM) on `localhost`. As root it runs as user `postgres` or `nobody`,
 * since PostgreSQL refuses root.
 *
 * @throws when no PostgreSQL is found or it does not start within 30 seconds; the message carries its log.
 */
export async function startPostgres(options: { tls: boolean }): Promise<PostgresServer> {
  const bin = findPostgres();
  if (bin === undefined) throw new Error(`No PostgreSQL found; ${howToEnablePostgres}`);
  const home = mkdtempSync(join(tmpdir(), "postgres-"));
  const data = join(home, "data");
  const user = unprivilegedUser();
  const superuser = { username: "postgres", password: "superuser-of-the-test" };

  const passwordFile = join(home, "password");
  writeFileSync(passwordFile, superuser.password);
  mkdirSync(data, { mode: 0o700 });
  chmodSync(home, 0o755);
  const certificate = options.tls ? issueServerCertificate(home, "server") : undefined;
  if (certificate) chmodSync(certificate.keyFile, 0o600);
  if (user)
    for (const path of [home, data, passwordFile, ...(certificate ? [certificate.keyFile] : [])])
      chownSync(path, user.uid, user.gid);

  const asUser = { ...user, cwd: home, env: { ...process.env, HOME: home, LC_ALL: "C" } };
  const initdb = [
    "-D",
    data,
    "-U",
    superuser.username,
    "--pwfile",
    passwordFile,
    "-E",
    "UTF8",
    "--locale=C",
    "--no-sync",
  ];
  execFileSync(join(bin, "initdb"), [...initdb, "--auth=scram-sha-256"], { ...asUser, stdio: "pipe" });
  writeFileSync(join(data, "pg_hba.conf"), `${options.tls ? "hostssl" : "host"} all all all scram-sha-256\n`);

  const portNumber = await freePort();
  const settings: Record<string, string | number> = {
    listen_addresses: "localhost",
    port: portNumber,
    unix_socket_directories: home,
    fsync: "off",
    log_statement: "all",
    ...(certificate && { ssl: "on", ssl_cert_file: certificate.certificateFile, ssl_key_file: certificate.keyFile }),
  };
  const server = spawn(
    join(bin, "postgres"),
    ["-D", data, ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])],
    { ...asUser, stdio: ["ignore", "pipe", "pipe"] },
  );
  let output = "";
  for (const stream of [server.stdout, server.stderr]) stream.on("data", (text) => (output += text));
  const killOnExit = () => server.kill("SIGKILL");
  process.once("exit", killOnExit);

  const connect = async (config: ClientConfig = {}) => {
    const client = new Client({
      ...{
        host: "localhost",
        port: portNumber,
        user: superuser.username,
        password: superuser.password,
        database: "postgres",
      },
      ...(certificate && { ssl: { ca: readFileSync(certificate.authorityFile, "utf8") } }),
      ...config,
    });
    client.on("error", () => undefined);
    try {
      await client.connect();
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
    return client;
  };
  const stop = async () => {
    process.removeListener("exit", killOnExit);
    await ended(server);
    rmSync(home, { recursive: true, force: true });
  };
  try {
    await untilAccepting(server, connect, () => output);
  } catch (error) {
    await stop();
    throw error;
  }
  const majorVersion = Number(readFileSync(join(data, "PG_VERSION"), "utf8"));
  return { host: "localhost", portNumber, majorVersion, superuser, certificate, connect, log: () => output, stop };
}

async function untilAccepting(server: ChildProcess, connect: () => Promise<Client>, log: () => string): Promise<void> {
  for (const giveUp = Date.now() + 30_000; ; await sleep(50)) {
    try {
      return await (await connect()).end();
    } catch (error) {
      if (server.exitCode !== null || Date.now() > giveUp) {
        throw new Error(`PostgreSQL does not start: ${(error as Error).message}\n${log()}`);
      }
    }
  }
}

/** Fast shutdown; a server that takes more than 10 seconds for it is killed. */
async function ended(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null) return;
  const exit = new Promise((resolve) => server.once("exit", resolve));
  server.kill("SIGINT");
  const late = setTimeout(() => server.kill("SIGKILL"), 10_000);
  await exit;
  clearTimeout(late);
}

/** As whom PostgreSQL runs where root starts it, which it refuses to run as. */
export function unprivilegedUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string, name: string) => Number(execFileSync("id", [flag, name], { stdio: "pipe" }));
  for (const name of ["postgres", "nobody"]) {
    try {
      return { uid: id("-u", name), gid: id("-g", name) };
    } catch {
      // The next one, then.
    }
  }
  throw new Error("PostgreSQL refuses to run as root, and there is neither a user postgres nor a user nobody");
}
