import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { issueServerCertificate } from "../../test/support/certificates";
import { findPostgres, howToEnablePostgres, unprivilegedUser } from "../../test/support/postgres";
import type { Demo } from "../demo";
import { one } from "../generated";
import type { Program } from "../supervisor";

/** PostgreSQL over TLS, with the databases, users and passwords that the operator would make. */
export function postgres(demo: Demo): Program {
  const bin = findPostgres();
  if (bin === undefined) throw new Error(`PostgreSQL is needed: ${howToEnablePostgres}.`);
  const home = join(demo.folder, "postgres");
  const user = unprivilegedUser();
  const certificate = join(home, "tls");
  const data = join(home, "data");
  if (!existsSync(join(data, "PG_VERSION"))) initialize(bin, { home, data, user, password: superuserPassword(demo) });
  if (!existsSync(certificate)) {
    mkdirSync(certificate);
    issueServerCertificate(certificate, "server");
    for (const path of [certificate, join(certificate, "server-server.key")]) {
      if (user) chownSync(path, user.uid, user.gid);
    }
    chmodSync(join(certificate, "server-server.key"), 0o600);
  }
  const settings: Record<string, string | number> = {
    listen_addresses: "localhost",
    port: demo.ports.postgres,
    unix_socket_directories: home,
    max_connections: 200,
    ssl: "on",
    ssl_cert_file: join(certificate, "server-server.pem"),
    ssl_key_file: join(certificate, "server-server.key"),
  };
  return {
    name: "postgres",
    title: "PostgreSQL",
    command: [
      join(bin, "postgres"),
      "-D",
      data,
      ...Object.entries(settings).flatMap(([key, value]) => ["-c", `${key}=${value}`]),
    ],
    env: { LC_ALL: "C", HOME: home },
    folder: home,
    ...(user ? { user } : {}),
    ports: [demo.ports.postgres],
    ready: async () => {
      await session(demo, async () => undefined);
      return true;
    },
    readySeconds: 60,
    endSignal: "SIGINT", // Open connections are no reason to stay.
  };
}

/** Makes the databases that the program asks for; those that are there stay as they are. */
export async function makeDatabases(demo: Demo): Promise<string[]> {
  const databases = demo.generated.objects("Database").map(({ spec }) => spec as { name: string; owner: string });
  await session(demo, async (client) => {
    for (const { name, owner } of databases) {
      const password = client.escapeLiteral(passwordOf(demo, owner));
      const { rowCount: users } = await client.query("SELECT 1 FROM pg_roles WHERE rolname = $1", [owner]);
      await client.query(`${users ? "ALTER" : "CREATE"} USER ${client.escapeIdentifier(owner)} PASSWORD ${password}`);
      const { rowCount } = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [name]);
      if (!rowCount) {
        await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)} OWNER ${client.escapeIdentifier(owner)}`);
      }
    }
  });
  return databases.map(({ name }) => name);
}

async function session(demo: Demo, work: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({
    host: "localhost",
    port: demo.ports.postgres,
    user: "postgres",
    password: superuserPassword(demo),
    database: "postgres",
    // Its certificate is of the day on which the demo began; both ends are this machine.
    ssl: { rejectUnauthorized: false },
  });
  client.on("error", () => undefined);
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

function passwordOf(demo: Demo, user: string): string {
  const secrets = demo.generated.objects("Secret").filter(({ type }) => type === "kubernetes.io/basic-auth");
  const found = secrets.filter(({ stringData }) => stringData.username === user);
  return one(found, `the Secret of ${user}`).stringData.password;
}

function superuserPassword(demo: Demo): string {
  return demo.secretFor("postgres superuser");
}

function initialize(
  bin: string,
  where: { home: string; data: string; user?: { uid: number; gid: number } | undefined; password: string },
): void {
  const { home, data, user } = where;
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const passwordFile = join(home, "password");
  writeFileSync(passwordFile, where.password, { mode: 0o600 });
  if (user) for (const path of [home, data, passwordFile]) chownSync(path, user.uid, user.gid);
  const options = ["-D", data, "-U", "postgres", "--pwfile", passwordFile, "-E", "UTF8", "--locale=C"];
  try {
    execFileSync(join(bin, "initdb"), [...options, "--auth=scram-sha-256"], {
      stdio: "pipe",
      cwd: "/",
      env: { LC_ALL: "C", PATH: process.env.PATH ?? "" },
      ...user,
    });
  } catch (error) {
    const told = (error as { stderr?: Buffer }).stderr?.toString() ?? (error as Error).message;
    throw new Error(
      `PostgreSQL cannot keep its data in ${data}: ${told.trim()}\n` +
        "It does not run as root; where its user may not enter that folder, name another one: --state /var/tmp/demo",
    );
  }
  writeFileSync(join(data, "pg_hba.conf"), "hostssl all all all scram-sha-256\n");
}
