import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type {
  AwsFacts,
  Cluster,
  Database,
  Foundation,
  ImageRegistry,
  Ingress,
  ObjectStore,
  StorePurpose,
  WorkloadIdentity,
} from "../contracts/foundation";
import { openFor } from "../identity/policies/promotion";
import type { Dependency } from "../lib/dependencies";
import type { AccessSettings } from "../settings/access";
import type { ConsumerAccounts } from "../settings/consumers";
import type { AwsFoundationSettings } from "../settings/foundation";
import { AwsCluster } from "./awsCluster";
import { AwsData } from "./awsData";
import type { AwsGround } from "./awsGround";
import { stackName } from "./awsProvider";
import { AccessLogs } from "./data/accessLogs";
import { Key } from "./data/key";
import { dataProtection } from "./data/protection";
import { Certificate } from "./dns/certificate";
import { AdoptedNetwork } from "./network/adoptedNetwork";
import type { NetworkFacts } from "./network/facts";
import { FlowLogs } from "./network/flowLogs";
import { Network } from "./network/network";

/** What the platform wants of AWS. */
export interface AwsFoundationArgs {
  ground: AwsGround;
  settings: AwsFoundationSettings;
  access?: AccessSettings;
  /** Apps that get a database and a user of their own. */
  databases: string[];
  /** Images the platform builds; one repository each. */
  images: string[];
  /** Days that objects stay, by folder of the data bucket. */
  expireDataDays: Record<string, number>;
  /** Other accounts that take models of this stack. */
  consumers: ConsumerAccounts;
  /** How long anything behind the load balancer may leave a connection silent, at most 4000. */
  longestRequestSeconds: number;
  /** Account that gets copies of backups, where the settings name one. */
  copiesTo?: string;
}

/** VPC, S3, KMS and ECR in one AWS account; EKS and RDS, unless the stack has no cluster. */
export class AwsFoundation extends pulumi.ComponentResource implements Foundation {
  readonly cluster?: Cluster;
  readonly identity?: WorkloadIdentity;
  readonly ingress?: Ingress;
  readonly stores: Record<StorePurpose, ObjectStore>;
  readonly databases: Record<string, Database>;
  readonly images: ImageRegistry;
  readonly aws: AwsFacts;
  readonly ready: Dependency[];
  readonly outputs: Record<string, pulumi.Input<unknown>>;

  constructor(name: string, args: AwsFoundationArgs, opts?: pulumi.ComponentResourceOptions) {
    super(
      "mlplatform:foundation:AwsFoundation",
      name,
      {},
      pulumi.mergeOptions(opts, { providers: { aws: args.ground.provider } }),
    );
    const child = { parent: this };
    const { settings, access } = args;
    const { account } = args.ground;
    // Of one's own account, policies of roles decide.
    const copied =
      args.copiesTo === undefined || args.copiesTo === account.accountId ? {} : { copiesTo: args.copiesTo };
    const protection = dataProtection(settings.dataProtection);

    const dataKey = new Key(
      `${name}-data`,
      {
        description: "Buckets, databases, secrets, images and logs",
        account,
        forLogs: true,
        allowed: openFor(account, `${name}-data`, args.consumers.models),
        ...copied,
        protection,
      },
      child,
    );
    const network = this.network(name, args, dataKey);
    const { accessLogDays: retentionDays } = settings.storage;
    const accessLogs =
      retentionDays === undefined
        ? undefined
        : new AccessLogs(`${name}-access-logs`, { account, retentionDays, protection }, child);
    const logged = accessLogs === undefined ? {} : { accessLogsBucket: accessLogs.bucketName };

    const certificate =
      access?.zoneId !== undefined && access.certificate?.kind !== "adopt"
        ? new Certificate(`${name}-certificate`, { domain: access.domain, zoneId: access.zoneId }, child)
        : undefined;
    const certificateArn = access?.certificate?.kind === "adopt" ? access.certificate.arn : certificate?.arn;

    let cluster: AwsCluster | undefined;
    const logGroups: string[] = [];
    if (settings.cluster.kind !== "none") {
      const clusterName = settings.cluster.kind === "adopt" ? settings.cluster.name : stackName();
      cluster = new AwsCluster(
        name,
        {
          ...{ settings, cluster: settings.cluster, account, network, clusterName, certificateArn, protection },
          ...(args.ground.cluster === undefined ? {} : { state: args.ground.cluster }),
          ...(access ? { access } : {}),
          longestRequestSeconds: args.longestRequestSeconds,
          ...logged,
          ...copied,
        },
        child,
      );
      this.cluster = cluster;
      this.identity = cluster.identity;
      this.ingress = cluster.ingress;
      logGroups.push(`/aws/eks/${clusterName}/*`, `/aws/rds/instance/${stackName()}/*`);
    }
    this.aws = {
      account,
      logGroups,
      vpcId: network.vpcId,
      cidrs: network.cidrs,
      privateSubnetIds: network.privateSubnetIds,
      ...(cluster ? { scalingGroups: cluster.scalingGroups } : {}),
      s3Cidrs: () => aws.ec2.getPrefixListOutput({ name: `com.amazonaws.${account.region}.s3` }, child).cidrBlocks,
    };

    const data = new AwsData(
      name,
      {
        settings,
        account,
        network,
        keyArn: dataKey.arn,
        protection,
        ...(cluster ? { clientSecurityGroupId: cluster.securityGroupId } : {}),
        databases: args.databases,
        images: args.images,
        expireDataDays: args.expireDataDays,
        consumers: args.consumers,
        ...logged,
      },
      child,
    );
    this.stores = data.stores;
    this.databases = data.databases;
    this.images = data.images;

    this.ready = [this, ...network.ready, ...(cluster ? [...cluster.ready, ...cluster.ingress.ready] : [])];
    this.outputs = {
      region: account.region,
      vpcId: network.vpcId,
      ...cluster?.outputs,
      ...data.outputs,
      ...(certificateArn === undefined ? {} : { certificateArn }),
    };
    this.registerOutputs();
  }

  /** @throws in the run, when Secrets Manager has no secret of that name. */
  readSecret(name: string): pulumi.Output<string> {
    return pulumi.secret(aws.secretsmanager.getSecretVersionOutput({ secretId: name }, { parent: this }).secretString);
  }

  private network(name: string, args: AwsFoundationArgs, key: Key): NetworkFacts {
    const child = { parent: this };
    const { account, network: found } = args.ground;
    const { network } = args.settings;
    if (found.kind === "adopt") {
      return new AdoptedNetwork(`${name}-network`, { vpc: found.vpc }, child);
    }
    if (network.kind === "adopt") throw new Error("the VPC to adopt was not looked at");
    const { endpointAccounts, podCidr, ...rest } = network;
    const made = new Network(
      `${name}-network`,
      {
        ...rest,
        account,
        zones: found.zones,
        ...(args.settings.cluster.kind === "none" ? {} : { podCidr }),
        ...(endpointAccounts === undefined ? {} : { endpointAccounts }),
      },
      child,
    );
    if (network.flowLogs.enabled) {
      const { retentionDays } = network.flowLogs;
      new FlowLogs(
        `${name}-flow-logs`,
        { vpcId: made.vpcId, retentionDays, keyArn: key.arn, accountId: account.accountId },
        child,
      );
    }
    return made;
  }
}
