import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../../contracts/account";
import { makeDatabases } from "../../identity/policies/data";
import { stackName } from "../awsProvider";
import { lambdaFunction } from "../lambdaFunction";
import { functionLogs } from "../logGroups";
import type { NetworkFacts } from "../network/facts";
import { SecurityGroup } from "../network/securityGroup";
import { allowPostgres, type Postgres, postgresPort } from "./postgres";

/** The function that makes databases and users inside the instance, which nothing outside the VPC can reach. */
export interface DatabaseAccessArgs {
  account: AwsAccount;
  network: NetworkFacts;
  postgres: Postgres;
  /** Secrets that hold the passwords of the users to be made. */
  passwordSecretArns: pulumi.Input<string>[];
  keyArn: pulumi.Input<string>;
  logRetentionDays: number;
}

/** Waiting for an instance that has just been made, and connecting. */
const timeoutSeconds = 300;

/** One Lambda function in the private subnets; `AppDatabase` invokes it, once per app. */
export class DatabaseAccess extends pulumi.ComponentResource {
  readonly functionName: pulumi.Output<string>;

  constructor(name: string, args: DatabaseAccessArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:DatabaseAccess", name, {}, opts);
    const child = { parent: this };
    const guard = new SecurityGroup(
      name,
      {
        vpcId: args.network.vpcId,
        description: "Function that makes databases: PostgreSQL and Secrets Manager",
        ingress: [],
        egress: [
          { key: "postgres", portNumber: postgresPort, peerSecurityGroupId: args.postgres.securityGroupId },
          { key: "secrets-manager", portNumber: 443, cidrIpv4: "0.0.0.0/0" }, // By NAT where there is no endpoint.
        ],
      },
      child,
    );
    const letIn = allowPostgres(`${name}-to-postgres`, args.postgres.securityGroupId, guard.id, child);
    const made = lambdaFunction(
      name,
      {
        account: args.account,
        source: "databaseAccess",
        description: "Makes one database and one user per app",
        timeoutSeconds,
        environment: {
          MASTER_SECRET_ARN: args.postgres.masterSecretArn,
          DATABASE_HOST: args.postgres.host,
          DATABASE_PORT: String(postgresPort),
          DATABASE_CA_FILE: "/var/runtime/ca-cert.pem", // The certificates of RDS, which Lambda ships.
        },
        statements: (logGroupArn) =>
          pulumi
            .all([logGroupArn, args.postgres.masterSecretArn, pulumi.all(args.passwordSecretArns), args.keyArn])
            .apply(([logArn, master, passwords, keyArn]) => makeDatabases(logArn, [master, ...passwords], keyArn)),
        vpc: {
          subnetIds: args.network.privateSubnetIds,
          securityGroupId: guard.id,
          ready: [letIn, ...args.network.ready],
        },
        log: {
          name: functionLogs(stackName(), "database-access"),
          retentionDays: args.logRetentionDays,
          keyArn: args.keyArn,
        },
      },
      child,
    );
    this.functionName = made.name;
    this.registerOutputs({ functionName: this.functionName });
  }
}
