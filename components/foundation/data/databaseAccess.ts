import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { bundleFunction } from "../../../functions/bundle";
import { makeDatabases } from "../../identity/policies/data";
import { policyDocument, trustService } from "../../identity/statements";
import { after } from "../../lib/dependencies";
import type { AwsAccount } from "../account";
import { stackName } from "../awsProvider";
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
const memoryMiB = 256;

/**
 * One Lambda function in the private subnets; `AppDatabase` invokes it, once per app.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
 */
export class DatabaseAccess extends pulumi.ComponentResource {
  readonly functionName: pulumi.Output<string>;

  constructor(name: string, args: DatabaseAccessArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:DatabaseAccess", name, {}, opts);
    const child = { parent: this };
    const bundle = bundleFunction("databaseAccess");

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
    const logs = new aws.cloudwatch.LogGroup(
      name,
      {
        name: functionLogs(stackName(), "database-access"),
        retentionInDays: args.logRetentionDays,
        kmsKeyId: args.keyArn,
      },
      child,
    );
    const role = new aws.iam.Role(
      name,
      { assumeRolePolicy: trustService("lambda.amazonaws.com", args.account.accountId) },
      child,
    );
    const inNetwork = new aws.iam.RolePolicyAttachment(
      name,
      {
        role: role.name,
        // Lambda checks for the network interface permissions of this policy when it puts a function into a VPC.
        policyArn: `arn:${args.account.partition}:iam::aws:policy/service-role/AWSLambdaENIManagementAccess`,
      },
      child,
    );
    const granted = new aws.iam.RolePolicy(
      name,
      {
        role: role.id,
        policy: pulumi
          .all([logs.arn, args.postgres.masterSecretArn, pulumi.all(args.passwordSecretArns), args.keyArn])
          .apply(([logArn, master, passwords, keyArn]) =>
            policyDocument(makeDatabases(logArn, [master, ...passwords], keyArn)),
          ),
      },
      child,
    );
    const made = new aws.lambda.Function(
      name,
      {
        description: "Makes one database and one user per app",
        runtime: "nodejs22.x",
        architectures: ["arm64"],
        handler: "index.handler",
        code: new pulumi.asset.AssetArchive({ "index.js": new pulumi.asset.FileAsset(bundle.file) }),
        role: role.arn,
        timeout: timeoutSeconds,
        memorySize: memoryMiB,
        vpcConfig: { subnetIds: args.network.privateSubnetIds, securityGroupIds: [guard.id] },
        environment: {
          variables: {
            MASTER_SECRET_ARN: args.postgres.masterSecretArn,
            DATABASE_HOST: args.postgres.host,
            DATABASE_PORT: String(postgresPort),
            DATABASE_CA_FILE: "/var/runtime/ca-cert.pem", // The certificates of RDS, which Lambda ships.
          },
        },
        loggingConfig: { logFormat: "JSON", logGroup: logs.name },
      },
      { ...child, dependsOn: after(inNetwork, granted, letIn, ...args.network.ready) },
    );
    this.functionName = made.name;
    this.registerOutputs({ functionName: this.functionName });
  }
}
