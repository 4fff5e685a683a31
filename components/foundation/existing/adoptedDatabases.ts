import * as pulumi from "@pulumi/pulumi";
import type { Placement } from "../../contracts/app";
import type { Database } from "../../contracts/foundation";
import { after, type Dependency } from "../../lib/dependencies";
import { adoptedDatabaseSql } from "./adoptedDatabaseSql";
import { job } from "./job";
import { dns } from "./space";
import { UserPassword } from "./userPassword";

/** A PostgreSQL server that somebody else keeps. It must speak TLS: passwords pass over the network. */
export interface AdoptedDatabasesArgs {
  /** Apps; each gets a database and a user by its own name. */
  apps: string[];
  host: string;
  portNumber: number;
  /** Secret in the namespace `mlplatform` with `username` and `password` of who may create databases and roles. */
  adminSecretName: string;
  /** Written on what is made; what carries another name is left alone. */
  keeper: string;
  placement: Placement;
  /** The namespace. */
  ready: Dependency[];
}

/** The official image, for its psql. @see https://hub.docker.com/_/postgres */
const image = "docker.io/library/postgres:17.6-alpine";
/** User `postgres` of that image. */
const userId = 70;

const script = `psql --no-psqlrc --set ON_ERROR_STOP=1 --file - <<'SQL'
${adoptedDatabaseSql}SQL
`;

/**
 * A database and a user for each app on a server that exists, made by a Job. Databases stay when an app or the stack goes: a
 * server that the platform does not own is not for it to empty.
 */
export class AdoptedDatabases extends pulumi.ComponentResource {
  readonly host: pulumi.Output<string>;
  readonly databases: Record<string, Database>;

  constructor(name: string, args: AdoptedDatabasesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:AdoptedDatabases", name, {}, opts);
    const child = { parent: this };
    const { portNumber } = args;
    this.host = pulumi.output(args.host);
    this.databases = Object.fromEntries(
      args.apps.map((app) => {
        const password = new UserPassword(
          `${name}-${app}`,
          { userName: app, verifier: true },
          { ...child, dependsOn: after(...args.ready) },
        );
        const made = job(
          `${name}-${app}`,
          {
            job: `database-${app}`,
            image,
            script,
            userId,
            env: environment(app, args, password.secretName),
            runAgainWith: password.secret.metadata.uid,
            egress: [dns, { ports: [{ port: portNumber, protocol: "TCP" }] }],
            placement: args.placement,
            after: [...args.ready, password],
          },
          child,
        );
        const facts: Database = {
          host: this.host,
          portNumber,
          databaseName: app,
          userName: app,
          password: password.value,
          ready: [made],
        };
        return [app, facts];
      }),
    );
    this.registerOutputs();
  }
}

function environment(app: string, args: AdoptedDatabasesArgs, secretName: string) {
  const from = (name: string, key: string) => ({ valueFrom: { secretKeyRef: { name, key } } });
  return [
    { name: "PGHOST", value: args.host },
    { name: "PGPORT", value: String(args.portNumber) },
    { name: "PGDATABASE", value: "postgres" },
    { name: "PGSSLMODE", value: "require" },
    { name: "PGUSER", ...from(args.adminSecretName, "username") },
    { name: "PGPASSWORD", ...from(args.adminSecretName, "password") },
    { name: "APP_NAME", value: app },
    { name: "APP_KEEPER", value: args.keeper },
    { name: "APP_VERIFIER", ...from(secretName, "verifier") },
  ];
}
