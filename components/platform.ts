import * as pulumi from "@pulumi/pulumi";
import { databasesOf } from "./apps/apps";
import { type Applications, installApplications } from "./composition/composition";
import { installDelivery } from "./composition/delivery";
import { installPodLogs } from "./composition/podLogs";
import { installWithoutCluster } from "./composition/withoutCluster";
import type { Foundation } from "./contracts/foundation";
import { type FoundTokenProvider, lookAtTokenProvider } from "./delivery/tokenProvider";
import { AwsFoundation } from "./foundation/aws";
import { type AwsGround, lookAtAws } from "./foundation/awsGround";
import { stackName } from "./foundation/awsProvider";
import { ExistingFoundation } from "./foundation/existing";
import { type ExistingGround, lookAtExisting, lookAtLiving } from "./foundation/existingGround";
import type { ReadCluster } from "./foundation/ownership/clusterReader";
import { ownership } from "./foundation/ownership/ownership";
import { type MadeNamespace, notingNamespaces, PullSecrets, pullingBy } from "./foundation/pullSecrets";
import { boundedBy } from "./governance/boundary";
import { DestroyGuard } from "./governance/destroyGuard";
import { tellQuotas } from "./governance/quotaNotice";
import type { Dependency } from "./lib/dependencies";
import { consumerAccounts } from "./settings/consumers";
import type { ExistingFoundationSettings } from "./settings/existingFoundation";
import type { AwsFoundationSettings } from "./settings/foundation";
import { needs } from "./settings/needs";
import { offersTaken } from "./settings/offersTaken";
import type { Settings } from "./settings/settings";

/** Where the platform is to be built: what the stack says of it, and what was found there. */
export type Ground =
  | ({ kind: "aws"; settings: AwsFoundationSettings; tokens?: FoundTokenProvider } & AwsGround)
  | ({ kind: "existing"; settings: ExistingFoundationSettings } & ExistingGround);

/** The settings, and what was found where they are to be built. */
export interface PlatformArgs {
  settings: Settings;
  ground: Ground;
}

/** The whole platform: the foundation, and everything that stands on it. */
export class Platform extends pulumi.ComponentResource {
  /** What the stack exports. */
  readonly outputs: Record<string, pulumi.Input<unknown>>;

  constructor(name: string, args: PlatformArgs, opts?: pulumi.ComponentResourceOptions) {
    const namespaces: MadeNamespace[] = [];
    super("mlplatform:index:Platform", name, {}, { ...opts, transformations: [notingNamespaces(namespaces)] });
    const { settings, ground } = args;
    const foundation = this.foundation(name, args);
    const { cluster, identity, ingress } = foundation;
    const aws: Record<string, pulumi.ProviderResource> = ground.kind === "aws" ? { aws: ground.provider } : {};
    const context = cluster && identity && ingress ? { settings, foundation, cluster, identity, ingress } : undefined;
    const onCluster = { parent: this, providers: { ...(cluster ? { kubernetes: cluster.provider } : {}), ...aws } };
    const applications: Applications = context
      ? installApplications(name, context, onCluster)
      : installWithoutCluster(name, { settings, foundation }, { parent: this, providers: aws });
    // Of whatever namespaces there are by now.
    const made = namespaces.map((each) => each.name);
    const logs = context
      ? installPodLogs(
          `${name}-monitoring-logs`,
          context,
          { monitoring: applications.monitoring, namespaces: made },
          onCluster,
        )
      : { ready: [], outputs: {} };
    if (foundation.pullSecret && cluster) {
      new PullSecrets(
        `${name}-pull`,
        { secret: foundation.pullSecret, namespaces },
        { parent: this, providers: { kubernetes: cluster.provider } },
      );
    }
    const pieces: Dependency[] = [...foundation.ready, ...applications.ready, ...logs.ready];
    const delivery = installDelivery(
      name,
      {
        ...{ settings, foundation },
        tokens: ground.kind === "aws" ? ground.tokens : undefined,
      },
      { parent: this, providers: aws },
    );
    pieces.push(...delivery.ready);
    new DestroyGuard(
      `${name}-guard`,
      { guarded: pieces, refuse: settings.foundation.dataProtection },
      { parent: this },
    );
    this.outputs = {
      ...foundation.outputs,
      ...applications.outputs,
      ...logs.outputs,
      ...delivery.outputs,
      // Which pieces there are, to whoever looks from outside.
      ...(cluster ? { namespaces: namespaces.map((each) => each.name).sort() } : {}),
    };
    this.registerOutputs();
  }

  private foundation(name: string, { settings, ground }: PlatformArgs): Foundation {
    const { access } = settings;
    const asked = { ...needs(settings), databases: databasesOf(settings), ...(access ? { access } : {}) };
    return ground.kind === "aws"
      ? new AwsFoundation(
          name,
          { settings: ground.settings, ground, ...asked, consumers: consumerAccounts(settings) },
          { parent: this },
        )
      : new ExistingFoundation(name, { settings: ground.settings, ground, ...asked }, { parent: this });
  }
}

/** What the program asks of the world beside its engine. */
export interface Outside {
  /** Absent where there is nothing to look at: then nothing is compared with what a cluster has. */
  readCluster?: ReadCluster;
}

/** Looks first, builds then: what cannot be built is refused before the first resource. */
export async function platform(settings: Settings, { readCluster }: Outside = {}): Promise<Platform> {
  const ground = await lookAt(settings);
  if (ground.kind === "aws") await tellQuotas(settings, { provider: ground.provider });
  const transforms: pulumi.ResourceTransform[] = [];
  const { sharedCluster } = ground;
  if (sharedCluster !== undefined && readCluster !== undefined) {
    const reader = readCluster(sharedCluster.access);
    if (ground.kind === "existing") await lookAtLiving(ground.settings, reader);
    transforms.push(ownership({ stack: stackName(), ...sharedCluster, reader }));
  }
  const pullSecretName = ground.kind === "existing" ? ground.settings.images.pullSecretName : undefined;
  if (pullSecretName !== undefined) transforms.push(pullingBy(pullSecretName));
  const boundaryArn = settings.governance?.permissionsBoundaryArn;
  if (boundaryArn !== undefined) transforms.push(boundedBy(boundaryArn));
  return new Platform("mlplatform", { settings, ground }, transforms.length > 0 ? { transforms } : {});
}

async function lookAt(settings: Settings): Promise<Ground> {
  const { foundation } = settings;
  const { storedSecrets } = needs(settings);
  if (foundation.kind === "existing") {
    return { kind: "existing", settings: foundation, ...lookAtExisting(foundation, storedSecrets) };
  }
  const ground = await lookAtAws(foundation, storedSecrets, settings.data?.sources, offersTaken(settings));
  const { provider, account } = ground;
  const tokens =
    settings.delivery && (await lookAtTokenProvider(settings.delivery.source, account, stackName(), { provider }));
  return { kind: "aws", settings: foundation, ...(tokens ? { tokens } : {}), ...ground };
}
