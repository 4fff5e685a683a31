import { expect } from "chai";
import type { Client } from "pg";
import { bundleFunction } from "../../functions/bundle";
import type { DatabaseAccessResult, InvocationContext } from "../../functions/databaseAccess";
import type { Action, DatabaseAccessInput } from "../../functions/databaseAccess/event";
import { findPostgres, howToEnablePostgres, type PostgresServer, startPostgres } from "../support/postgres";
import { type SimulatedSecretsManager, startSecretsManager } from "../support/secretsManager";
import { skip } from "../support/skip";

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

/**
 * The function as packaged, with a PostgreSQL over TLS and a simulated Secrets Manager of its own. One per `describe`,
 * whose hooks it sets: environment restored and printed lines checked after each test, skipped where no PostgreSQL is.
 */
export class PackagedFunction {
  handler!: (event: unknown, context: InvocationContext) => Promise<DatabaseAccessResult>;
  server!: PostgresServer;
  secrets!: SimulatedSecretsManager;
  superuser!: Client;
  /** What the function has printed in this test, line by line. */
  printed: string[] = [];

  constructor() {
    const self = this;
    const { log } = console;
    const environment = { ...process.env };
    before(async function () {
      this.timeout(60_000);
      if (findPostgres() !== undefined) await self.start();
    });
    after(async () => {
      await this.superuser?.end();
      await Promise.all([this.server?.stop(), this.secrets?.stop()]);
    });
    beforeEach(function () {
      if (findPostgres() === undefined) skip(this, `no PostgreSQL found; ${howToEnablePostgres}`);
      Object.assign(process.env, self.environment());
      self.printed = [];
      console.log = (line: string) => self.printed.push(line);
    });
    afterEach(() => {
      if (this.server === undefined) return;
      console.log = log;
      for (const name of Object.keys(this.environment())) {
        if (environment[name] === undefined) delete process.env[name];
        else process.env[name] = environment[name];
      }
      for (const line of this.printed) expect(JSON.parse(line)).to.include.keys("level", "message");
      expectNoPassword(this.printed.join("\n"));
    });
  }

  invoke(
    action: Action | "read",
    input: object,
    { before: prev_input = null as unknown, seconds = 30, functionName = "access-1" } = {},
  ): Promise<DatabaseAccessResult> {
    const end = Date.now() + seconds * 1_000;
    const context = { functionName, getRemainingTimeInMillis: () => end - Date.now() };
    return this.handler({ ...input, tf: { action, prev_input } }, context);
  }

  /** Creates database and user of that name, password included. */
  create(name: string): Promise<DatabaseAccessResult> {
    this.putPassword(name, passwordOf(name));
    return this.invoke("create", inputFor(name));
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
    this.handler = require(bundleFunction("databaseAccess").file).handler;
    [this.server, this.secrets] = await Promise.all([startPostgres({ tls: true }), startSecretsManager()]);
    this.superuser = await this.server.connect();
    // https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Roles.rds_superuser.html
    await this.superuser.query(
      `CREATE ROLE ${master.username} LOGIN CREATEDB CREATEROLE PASSWORD '${master.password}'`,
    );
    this.secrets.values.set(masterArn, JSON.stringify(master));
  }

  private environment(): Record<string, string> {
    return {
      AWS_REGION: "eu-west-1",
      AWS_ACCESS_KEY_ID: "simulated",
      AWS_SECRET_ACCESS_KEY: "simulated",
      AWS_ENDPOINT_URL_SECRETS_MANAGER: this.secrets.url,
      MASTER_SECRET_ARN: masterArn,
      DATABASE_HOST: this.server.host,
      DATABASE_PORT: String(this.server.portNumber),
      DATABASE_CA_FILE: this.server.certificate!.authorityFile,
    };
  }
}
