import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { findPostgres, type PostgresServer } from "./postgres";

/** The commands below a heading of docs/backup.md, as they stand there. */
export function commands(heading: string): string {
  const guide = readFileSync(join(__dirname, "../../docs/backup.md"), "utf8");
  const [, found] = new RegExp(`### ${heading}\n[^#]*?\`\`\`sh\n([^]*?)\`\`\``).exec(guide) ?? [];
  if (found === undefined) throw new Error(`docs/backup.md has no commands below "${heading}"`);
  return found;
}

/** Runs commands as the guide's reader does, on one database. Beside this process, which reads what the server logs: it would wait for that for ever. */
export function shellOf(postgres: PostgresServer, database: string, copy: string) {
  return (script: string) =>
    promisify(execFile)("sh", ["-euc", script], {
      env: {
        PATH: `${process.env.PATH}:${findPostgres()}`,
        ...{ PGHOST: postgres.host, PGPORT: String(postgres.portNumber) },
        ...{ PGUSER: "platform", PGPASSWORD: "made-up" },
        ...{ DATABASES: database, BACKUP: copy },
      },
    });
}

/** A database of a tool as the platform makes it, and the administrator that RDS has, `platform`. */
export async function toolDatabase(postgres: PostgresServer, name: string): Promise<void> {
  const admin = await postgres.connect();
  await admin.query(`create role ${name} login password 'made-up'`);
  await admin.query("create role platform login createdb createrole password 'made-up'");
  await admin.query(`grant ${name} to platform`);
  await admin.query(`create database ${name} owner ${name} template template0`);
  await admin.query(`revoke all on database ${name} from public`);
  await admin.end();
}
