import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../../contracts/account";
import type { ObjectStore } from "../../contracts/foundation";
import { runMwaa, trustMwaa } from "../../identity/policies/mwaa";
import { after, type Dependency } from "../../lib/dependencies";
import { type PolicyStatement, policyDocument } from "../../lib/statements";

/** What Amazon's managed Airflow needs; it runs beside the cluster, not in it. */
export interface MwaaArgs {
  account: AwsAccount;
  /** Unique in the account and region; changing it replaces the environment. */
  environmentName: string;
  environmentClass: string;
  /** Most workers; `mw1.micro` has one, whatever is asked for. */
  maxWorkers: number;
  /** A versioned bucket without public access. */
  dags: ObjectStore;
  /** Prefix of the DAGs, without a slash at its end. */
  dagPrefix: string;
  vpcId: pulumi.Input<string>;
  /** Private subnets in different zones, at least two; the first two are used. */
  privateSubnetIds: pulumi.Input<pulumi.Input<string>[]>;
  logRetentionDays: number;
  /** What tasks may do besides what the environment itself needs. */
  taskStatements?: pulumi.Input<PolicyStatement[]>;
  /** Depend on these before the environment: routes, endpoints, bucket. */
  ready: Dependency[];
}

/** The newest version that MWAA offers and that the DAGs of the platform run on. https://docs.aws.amazon.com/mwaa/latest/userguide/airflow-versions.html */
const version = "3.0.6";

/** Log group of each part, by the key the environment's configuration has for it. */
const logGroups = {
  dagProcessingLogs: "DAGProcessing",
  schedulerLogs: "Scheduler",
  taskLogs: "Task",
  webserverLogs: "WebServer",
  workerLogs: "Worker",
};

/** Names of the log groups of an environment. */
export function mwaaLogGroups(environmentName: string): string[] {
  return Object.values(logGroups).map((part) => `airflow-${environmentName}-${part}`);
}

/**
 * An environment of Amazon's managed Airflow, its web page reached from inside the VPC alone, and by whom IAM lets. It takes
 * half an hour to make, and is billed by the hour.
 * @see https://docs.aws.amazon.com/mwaa/latest/userguide/create-environment.html
 */
export class Mwaa extends pulumi.ComponentResource {
  /** Web page, reached from inside the VPC by those who may `airflow:CreateWebLoginToken`. */
  readonly url: pulumi.Output<string>;
  readonly environmentArn: pulumi.Output<string>;
  readonly roleArn: pulumi.Output<string>;
  /** Depend on these to come after it. */
  readonly ready: Dependency[];

  constructor(name: string, args: MwaaArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:apps:Mwaa", name, {}, opts);
    const child = { parent: this };
    const { account, dags } = args;
    const role = new aws.iam.Role(name, { assumeRolePolicy: trustMwaa(account.accountId) }, child);
    const permitted = new aws.iam.RolePolicy(
      name,
      {
        role: role.id,
        policy: pulumi
          .all([dags.bucketArn, dags.keyArn, args.taskStatements ?? []])
          .apply(([bucketArn, keyArn, more]) =>
            policyDocument([...runMwaa(account, args.environmentName, { bucketArn, keyArn }, args.dagPrefix), ...more]),
          ),
      },
      child,
    );
    const group = new aws.ec2.SecurityGroup(
      name,
      { vpcId: args.vpcId, description: "Managed Airflow, among its own parts", tags: { Name: name } },
      child,
    );
    const rules = [
      new aws.vpc.SecurityGroupIngressRule(
        name,
        { securityGroupId: group.id, ipProtocol: "-1", referencedSecurityGroupId: group.id },
        child,
      ),
      // Tasks are there to reach things.
      new aws.vpc.SecurityGroupEgressRule(
        name,
        { securityGroupId: group.id, ipProtocol: "-1", cidrIpv4: "0.0.0.0/0" },
        child,
      ),
    ];
    // Made here, so that they end with the stack and their logs at their age; MWAA's own would stay for ever.
    const logs = Object.values(logGroups).map(
      (part) =>
        new aws.cloudwatch.LogGroup(
          `${name}-${part}`,
          {
            name: `airflow-${args.environmentName}-${part}`,
            retentionInDays: args.logRetentionDays,
            kmsKeyId: dags.keyArn,
          },
          child,
        ),
    );
    const environment = new aws.mwaa.Environment(
      name,
      {
        name: args.environmentName,
        airflowVersion: version,
        environmentClass: args.environmentClass,
        ...sizes(args),
        dagS3Path: args.dagPrefix,
        sourceBucketArn: dags.bucketArn,
        executionRoleArn: role.arn,
        kmsKey: dags.keyArn,
        webserverAccessMode: "PRIVATE_ONLY",
        networkConfiguration: {
          securityGroupIds: [group.id],
          subnetIds: pulumi.output(args.privateSubnetIds).apply((ids) => ids.slice(0, 2)),
        },
        loggingConfiguration: Object.fromEntries(
          Object.keys(logGroups).map((key) => [
            key,
            { enabled: true, logLevel: key === "taskLogs" ? "INFO" : "WARNING" },
          ]),
        ),
        airflowConfigurationOptions: { "core.load_examples": "False" },
      },
      { ...child, dependsOn: after(permitted, ...rules, ...logs, ...args.ready) },
    );
    this.url = pulumi.interpolate`https://${environment.webserverUrl}`;
    this.environmentArn = environment.arn;
    this.roleArn = role.arn;
    this.ready = [environment];
    this.registerOutputs({ url: this.url });
  }
}

/** The smallest class takes one of everything and refuses more. */
function sizes({ environmentClass, maxWorkers }: MwaaArgs) {
  return environmentClass === "mw1.micro"
    ? { schedulers: 1, minWorkers: 1, maxWorkers: 1, minWebservers: 1, maxWebservers: 1 }
    : { minWorkers: 1, maxWorkers };
}
