import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Database } from "../../contracts/foundation";
import type { Dependency } from "../../lib/dependencies";
import type { DatabaseAccess } from "./databaseAccess";
import type { DatabasePassword } from "./databasePassword";
import { postgresPort } from "./postgres";
import type { DataProtection } from "./protection";

/** A database for one app inside the shared server. */
export interface AppDatabaseArgs {
  /** Name of the database and of its only user. */
  databaseName: string;
  access: DatabaseAccess;
  password: DatabasePassword;
  host: pulumi.Output<string>;
  /** The rule that lets pods connect. */
  reachable: pulumi.Resource;
  protection: DataProtection;
}

/** One database and one user that may reach nothing else. */
export class AppDatabase extends pulumi.ComponentResource implements Database {
  readonly host: pulumi.Output<string>;
  readonly portNumber: number;
  readonly databaseName: string;
  readonly userName: string;
  readonly password: pulumi.Output<string>;
  readonly ready: Dependency[];

  constructor(name: string, args: AppDatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:AppDatabase", name, {}, opts);
    const made = new aws.lambda.Invocation(
      name,
      {
        functionName: args.access.functionName,
        lifecycleScope: "CRUD", // Runs the function on destroy too, so that the database goes with its app.
        // Only another name is another database; whatever else changes is changed in place.
        triggers: { databaseName: args.databaseName },
        input: pulumi.jsonStringify({
          databaseName: args.databaseName,
          userName: args.databaseName,
          passwordSecretArn: args.password.secretArn,
          passwordVersion: args.password.versionId,
          keepData: args.protection.keep,
        }),
      },
      { parent: this },
    );
    this.host = args.host;
    this.portNumber = postgresPort;
    this.databaseName = args.databaseName;
    this.userName = args.databaseName;
    this.password = args.password.value;
    this.ready = [made, args.reachable];
    this.registerOutputs({ databaseName: this.databaseName });
  }
}
