import { expect } from "chai";
import type { Client } from "pg";
import type { DatabaseAccessResult } from "../../functions/databaseAccess";
import type { Action, DatabaseAccessInput } from "../../functions/databaseAccess/event";
import { findPostgres, howToEnablePostgres, type PostgresServer, startPostgres } from "../support/postgres";
import { type SimulatedSecretsManager, startSecretsManager } from "../support/secretsManager";
import { skip } from "../support/skip";
import { PackagedFunction } from "./packagedFunction";

export const masterArn = "arn:aws:secretsmanager:eu-west-1:000000000000:secret:rds-master";
/** As on RDS: may log in, create databases and roles, and is no superuser. */
export const master = { username: "master", password: "master-of-the-test" };
export const secretArn = (name: string) => `arn:aws:secretsmanager:eu-west-1:000000000000:secret:${name}`;
/** With characters that would end a careless literal; all begin alike, so that a leak is found. */
export const passwordOf = (name: string, version = "1") => `pass-${name}-'\\$-${version}`;

export const inputFor = (name: string, change: Partial<DatabaseAccessInput> = {}): DatabaseAccessInput => ({
  databaseName: name,
  userName: name,
  passwordSecretArn: secretArn(name),
  keepData: false,
  passwordVersion: "1",
  ...change,
});

/** Fails when the text holds a password or what stands for one. */
export function expectNoPassword(text: string): void {
  for (const secret of ["master-of-the-test", "pass-", "SCRAM-SHA-256$"]) expect(text).not.to.contain(secret);
}

/** The message with which `work` fails; that it does, and that no password is in it, is asserted. */
export async function reasonOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (reason: Error) => reason,
  );
  expect(error, "it should have been refused").to.be.instanceOf(Error);
  expectNoPassword(`${error!.message}\n${error!.stack}`);
  return error!.message;
}

/** The function as packaged, with a PostgreSQL over TLS and a simulated Secrets Manager of its own; skipped where no PostgreSQL is. */
export class DatabaseAccessOnPostgres extends PackagedFunction<DatabaseAccessResult> {
  server!: PostgresServer;
  secrets!: SimulatedSecretsManager;
  superuser!: Client;

  constructor() {
    super("databaseAccess");
    const self = this;
    before(async function () {
      this.timeout(60_000);
      if (findPostgres() === undefined) skip(this, `no PostgreSQL found; ${howToEnablePostgres}`);
      await self.start();
    });
    after(async () => {
      await this.superuser?.end();
      await Promise.all([this.server?.stop(), this.secrets?.stop()]);
    });
    afterEach(() => expectNoPassword(JSON.stringify(this.printed)));
  }

  ask(
    action: Action | "read",
    input: object,
    { before: prev_input = null as unknown, seconds = 30, functionName = "access-1" } = {},
  ): Promise<DatabaseAccessResult> {
    return this.invoke({ ...input, tf: { action, prev_input } }, seconds, { functionName });
  }

  /** Creates database and user of that name, password included. */
  create(name: string): Promise<DatabaseAccessResult> {
    this.putPassword(name, passwordOf(name));
    return this.ask("create", inputFor(name));
  }

  putPassword(name: string, password: string): void {
    this.secrets.values.set(secretArn(name), JSON.stringify({ username: name, password }));
  }

  login(name: string, database = name, password = passwordOf(name)): Promise<Client> {
    return this.server.connect({ user: name, password, database });
  }

  async databaseExists(name: string): Promise<boolean> {
    return (await this.superuser.query("SELECT 1 FROM pg_database WHERE datname = $1", [name])).rowCount === 1;
  }

  async userExists(name: string): Promise<boolean> {
    return (await this.superuser.query("SELECT 1 FROM pg_roles WHERE rolname = $1", [name])).rowCount === 1;
  }

  private async start(): Promise<void> {
    [this.server, this.secrets] = await Promise.all([startPostgres({ tls: true }), startSecretsManager()]);
    this.superuser = await this.server.connect();
    // https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Roles.rds_superuser.html
    await this.superuser.query(
      `CREATE ROLE ${master.username} LOGIN CREATEDB CREATEROLE PASSWORD '${master.password}'`,
    );
    this.secrets.values.set(masterArn, JSON.stringify(master));
  }

  protected override environment(): Record<string, string> {
    return {
      ...super.environment(),
      AWS_ENDPOINT_URL_SECRETS_MANAGER: this.secrets.url,
      MASTER_SECRET_ARN: masterArn,
      DATABASE_HOST: this.server.host,
      DATABASE_PORT: String(this.server.portNumber),
      DATABASE_CA_FILE: this.server.certificate!.authorityFile,
    };
  }
}
