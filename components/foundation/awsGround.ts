import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../contracts/account";
import type { StoredSecret } from "../contracts/foundation";
import type { AwsFoundationSettings } from "../settings/foundation";
import type { OfferTaken } from "../settings/offersTaken";
import { SettingsProblems } from "../settings/problems";
import { readAccount } from "./account";
import { awsProvider, stackName } from "./awsProvider";
import { lookAtCluster } from "./cluster/adoptedCluster";
import { refuseCreator } from "./cluster/creator";
import { type ClusterState, lookAtOwnCluster } from "./cluster/runningCluster";
import { lookAtRestored } from "./data/restored";
import { Lookups } from "./lookups";
import { type AdoptedVpc, lookAtVpc } from "./network/lookAtVpc";
import { chooseZones } from "./network/zones";
import { lookAtOffersTaken } from "./offersTaken";
import type { SharedCluster } from "./ownership/sharedCluster";
import { lookAtSources } from "./sources";

/** What must be known of the account before the first resource is made, in plain values. */
export interface AwsGround {
  provider: aws.Provider;
  account: AwsAccount;
  network: { kind: "create"; zones: string[] } | { kind: "adopt"; vpc: AdoptedVpc };
  /** What is there of the stack's own cluster; absent where it is somebody else's. */
  cluster?: ClusterState;
  /** The cluster, where somebody else keeps it. */
  sharedCluster?: SharedCluster;
}

/** @throws SettingsProblems that name each secret which is not there. */
async function lookAtSecrets(secrets: StoredSecret[], opts: pulumi.InvokeOptions): Promise<void> {
  const lookups = new Lookups();
  await Promise.all(
    secrets.map(({ path, name }) =>
      lookups.find(
        path,
        name,
        "the name of a secret in Secrets Manager that has a value",
        aws.secretsmanager.getSecretVersion({ secretId: name }, opts),
      ),
    ),
  );
  if (lookups.problems.length > 0) throw new SettingsProblems(lookups.problems);
}

/**
 * Looks at the account the stack is going to be built in.
 * @throws SettingsProblems when the account cannot hold what the settings describe.
 */
export async function lookAtAws(
  settings: AwsFoundationSettings,
  storedSecrets: StoredSecret[] = [],
  sources: Record<string, { bucket: string }> = {},
  offers: readonly OfferTaken[] = [],
): Promise<AwsGround> {
  const provider = awsProvider(settings);
  const opts = { provider };
  const { cluster, database, network, region } = settings;
  const { assumeRoleArn } = settings;
  const [account, found, , , , access, state] = await Promise.all([
    readAccount(region, opts),
    network.kind === "create"
      ? chooseZones(network.zones, region, opts).then((zones) => ({ kind: "create" as const, zones }))
      : lookAtVpc(network, opts).then((vpc) => ({ kind: "adopt" as const, vpc })),
    lookAtSecrets(storedSecrets, opts),
    lookAtSources(sources, region, opts),
    lookAtOffersTaken(offers, opts),
    cluster.kind === "adopt" && network.kind === "adopt"
      ? lookAtCluster(
          { name: cluster.name, region, ...(assumeRoleArn === undefined ? {} : { assumeRoleArn }) },
          network.vpcId,
          opts,
        )
      : undefined,
    cluster.kind === "create" ? lookAtOwnCluster(stackName(), cluster, opts) : undefined,
    cluster.kind === "create" ? refuseCreator(cluster, stackName(), opts) : undefined,
    database.restoreFrom === undefined ? undefined : lookAtRestored(database.restoreFrom, stackName(), opts),
  ]);
  return {
    ...{ provider, account, network: found },
    ...(state ? { cluster: state } : {}),
    ...(cluster.kind === "adopt" && access
      ? { sharedCluster: { access, adopted: cluster.adopt, joined: [], path: "foundation.cluster.adopt" } }
      : {}),
  };
}
