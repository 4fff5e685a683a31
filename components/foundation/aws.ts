import * as pulumi from "@pulumi/pulumi";
import type { AccessSettings } from "../settings/access";
import type { AwsFoundationSettings } from "../settings/foundation";
import { type AwsAccount, readAccount } from "./account";
import { AwsCluster } from "./awsCluster";
import { AwsData } from "./awsData";
import { awsProvider, stackName } from "./awsProvider";
import type {
  Cluster,
  Database,
  Foundation,
  ImageRegistry,
  Ingress,
  ObjectStore,
  StorePurpose,
  WorkloadIdentity,
} from "./contracts";
import { Key } from "./data/key";
import { dataProtection } from "./data/protection";
import { Certificate } from "./dns/certificate";
import { AdoptedNetwork, type AdoptedVpc, lookAtVpc } from "./network/adoptedNetwork";
import type { NetworkFacts } from "./network/facts";
import { FlowLogs } from "./network/flowLogs";
import { Network } from "./network/network";
import { chooseZones } from "./network/zones";

/** What the platform wants of AWS. */
export interface AwsFoundationArgs {
  settings: AwsFoundationSettings;
  access?: AccessSettings;
  /** Apps that get a database and a user of their own. */
  databases: string[];
  /** Images the platform builds; one repository each. */
  images: string[];
}

/** What must be known of the account before the first resource is made. */
interface Surroundings {
  account: AwsAccount;
  network: { kind: "create"; zones: string[] } | { kind: "adopt"; vpc: AdoptedVpc };
}

/** Reads the account, refuses what it cannot hold, and only then builds. */
export async function awsFoundation(args: AwsFoundationArgs): Promise<AwsFoundation> {
  const { settings } = args;
  const provider = awsProvider(settings);
  const opts = { provider };
  const { network } = settings;
  const [account, found] = await Promise.all([
    readAccount(settings.region, opts),
    network.kind === "create"
      ? chooseZones(network.zones, settings.region, opts).then((zones) => ({ kind: "create" as const, zones }))
      : lookAtVpc(network, opts).then((vpc) => ({ kind: "adopt" as const, vpc })),
  ]);
  return new AwsFoundation("foundation", args, { account, network: found }, { providers: { aws: provider } });
}

/** VPC, EKS, RDS, S3, KMS and ECR in one AWS account. */
export class AwsFoundation extends pulumi.ComponentResource implements Foundation {
  readonly cluster?: Cluster;
  readonly identity?: WorkloadIdentity;
  readonly ingress?: Ingress;
  readonly stores: Record<StorePurpose, ObjectStore>;
  readonly databases: Record<string, Database>;
  readonly images: ImageRegistry;
  readonly outputs: Record<string, pulumi.Input<unknown>>;

  constructor(
    name: string,
    args: AwsFoundationArgs,
    surroundings: Surroundings,
    opts: pulumi.ComponentResourceOptions,
  ) {
    super("mlplatform:foundation:AwsFoundation", name, {}, opts);
    const child = { parent: this };
    const { settings, access } = args;
    const { account } = surroundings;
    const clusterName = settings.cluster.kind === "adopt" ? settings.cluster.name : stackName();
    const protection = dataProtection(settings.dataProtection);

    const dataKey = new Key(
      "data",
      { description: "Buckets, databases, secrets, images and logs", account, forLogs: true, protection },
      child,
    );
    const network = this.network(args, surroundings, clusterName, dataKey);

    const certificate =
      access?.zoneId !== undefined && access.certificate?.kind !== "adopt"
        ? new Certificate("certificate", { domain: access.domain, zoneId: access.zoneId }, child)
        : undefined;
    const certificateArn = access?.certificate?.kind === "adopt" ? access.certificate.arn : certificate?.arn;

    const cluster = new AwsCluster(
      "cluster",
      { settings, ...(access ? { access } : {}), account, network, clusterName, certificateArn, protection },
      child,
    );
    this.cluster = cluster;
    this.identity = cluster.identity;
    this.ingress = cluster.ingress;

    const data = new AwsData(
      "data",
      {
        settings,
        account,
        network,
        keyArn: dataKey.arn,
        protection,
        clientSecurityGroupId: cluster.securityGroupId,
        databases: args.databases,
        images: args.images,
      },
      child,
    );
    this.stores = data.stores;
    this.databases = data.databases;
    this.images = data.images;

    this.outputs = {
      region: account.region,
      vpcId: network.vpcId,
      ...cluster.outputs,
      ...data.outputs,
      ...(certificateArn === undefined ? {} : { certificateArn }),
    };
    this.registerOutputs();
  }

  private network(args: AwsFoundationArgs, surroundings: Surroundings, clusterName: string, key: Key): NetworkFacts {
    const child = { parent: this };
    const { account } = surroundings;
    const { network } = args.settings;
    if (surroundings.network.kind === "adopt" || network.kind === "adopt") {
      const { vpc } = surroundings.network as Extract<Surroundings["network"], { kind: "adopt" }>;
      return new AdoptedNetwork("network", { vpc, clusterName }, child);
    }
    const made = new Network(
      "network",
      { ...network, region: account.region, zones: surroundings.network.zones, clusterName },
      child,
    );
    if (network.flowLogs.enabled) {
      const { retentionDays } = network.flowLogs;
      new FlowLogs(
        "flow-logs",
        { vpcId: made.vpcId, retentionDays, keyArn: key.arn, accountId: account.accountId },
        child,
      );
    }
    return made;
  }
}
