import type * as aws from "@pulumi/aws";
import type { AwsFoundationSettings } from "../settings/foundation";
import { type AwsAccount, readAccount } from "./account";
import { awsProvider } from "./awsProvider";
import { lookAtCluster } from "./cluster/adoptedCluster";
import { type AdoptedVpc, lookAtVpc } from "./network/lookAtVpc";
import { chooseZones } from "./network/zones";

/** What must be known of the account before the first resource is made, in plain values. */
export interface AwsGround {
  provider: aws.Provider;
  account: AwsAccount;
  network: { kind: "create"; zones: string[] } | { kind: "adopt"; vpc: AdoptedVpc };
}

/**
 * Looks at the account the stack is going to be built in.
 * @throws SettingsProblems when the account cannot hold what the settings describe.
 */
export async function lookAtAws(settings: AwsFoundationSettings): Promise<AwsGround> {
  const provider = awsProvider(settings);
  const opts = { provider };
  const { cluster, network, region } = settings;
  const [account, found] = await Promise.all([
    readAccount(region, opts),
    network.kind === "create"
      ? chooseZones(network.zones, region, opts).then((zones) => ({ kind: "create" as const, zones }))
      : lookAtVpc(network, opts).then((vpc) => ({ kind: "adopt" as const, vpc })),
    cluster.kind === "adopt" && network.kind === "adopt" ? lookAtCluster(cluster.name, network.vpcId, opts) : undefined,
  ]);
  return { provider, account, network: found };
}
