import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../components/contracts/account";
import { trusted } from "../components/delivery/roles";
import { type FoundTokenProvider, lookAtTokenProvider, TokenProvider } from "../components/delivery/tokenProvider";
import { TokenRole } from "../components/delivery/tokenRole";
import { readAccount } from "../components/foundation/account";
import { stackTag } from "../components/foundation/awsProvider";
import { Bucket } from "../components/foundation/data/bucket";
import { Key } from "../components/foundation/data/key";
import { dataProtection } from "../components/foundation/data/protection";
import { bootstrapTag, type NamedBySettings, type StackState } from "../components/identity/policies/stackRoles";
import type { DeliverySettings } from "../components/settings/delivery";
import type { AwsFoundationSettings } from "../components/settings/foundation";
import { namespace } from "../components/settings/load";
import { needs } from "../components/settings/needs";
import { offersTaken, producersOf } from "../components/settings/offersTaken";
import { SettingsProblems } from "../components/settings/problems";
import type { Settings } from "../components/settings/settings";
import { type ManagedPolicies, managedPolicies } from "./managedPolicies";
import { bootstrapNames, madeRoles } from "./names";
import { refuseOthers } from "./refuseOthers";
import { rightsOf } from "./rights";
import { bootstrapProblems } from "./settingsProblems";

/** Days in which an update that went wrong can be taken back by an older version of the state. */
const oldStateDays = 365;
/** Days that Pulumi's own copies of the state stay, of which it makes one with each update. */
const backupDays = 90;
/** Days that parts of an upload that never finished stay. */
const unfinishedDays = 7;

/** Hours that a job may keep its role; an update waits for clusters and databases. */
const maxHours = { preview: 1, deploy: 3, drift: 1 };

/** What pipelines of one stack need in its account. */
export interface BootstrapArgs {
  delivery: DeliverySettings;
  account: AwsAccount;
  /** Name of the stack, such as `prod`. */
  environment: string;
  provider: FoundTokenProvider;
  named: NamedBySettings;
  /** Hosted zone that the settings name. */
  zoneId?: string | undefined;
}

/** A bucket for the state, keys for it and for the secrets in it, the account's trust in the git host, and a role for each job of the workflows. */
export class Bootstrap extends pulumi.ComponentResource {
  readonly outputs: Record<string, pulumi.Input<unknown>>;

  constructor(name: string, args: BootstrapArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:bootstrap:Bootstrap", name, {}, opts);
    const child = { parent: this };
    const { account, delivery, environment } = args;
    const names = bootstrapNames(name, environment, account.accountId);
    // A lost state takes with it the way to change anything that it describes: it is kept, whatever the stack's data are.
    const protection = dataProtection(true);
    const key = (role: string, description: string) =>
      new Key(`${name}-${role}`, { description, account, forLogs: false, protection }, child);
    const stateKey = key("state", `State of ${names.stack}`);
    const secretsKey = key("secrets", `Secrets in the state of ${names.stack}`);
    const bucket = new Bucket(
      `${name}-state`,
      {
        bucketName: names.stateBucket,
        keyArn: stateKey.arn,
        noncurrentVersionDays: oldStateDays,
        abortUploadDays: unfinishedDays,
        expirePrefixDays: { ".pulumi/backups/": backupDays },
        protection,
      },
      child,
    );
    const state: pulumi.Output<StackState> = pulumi
      .all([bucket.bucketArn, stateKey.arn, secretsKey.arn])
      .apply(([bucketArn, keyArn, secretsKeyArn]) => ({ bucketArn, keyArn, secretsKeyArn }));
    const provider = new TokenProvider(`${name}-tokens`, args.provider, child);
    const scope = { account, project: name, stack: names.stack, zoneId: args.zoneId };
    const policies: ManagedPolicies = managedPolicies(name, scope, child);
    const attached = { preview: [], deploy: [...policies.reads, ...policies.writes], drift: policies.reads };
    for (const role of madeRoles) {
      const made = new TokenRole(
        `${name}-${role}`,
        {
          roleName: names.roles[role],
          description: `Jobs of ${delivery.source.repository} that ${does[role]} ${names.stack}`,
          provider,
          trusted: trusted(delivery, environment, role),
          statements: state.apply((known) =>
            rightsOf(role, { names: scope, roles: names.roles, state: known, named: args.named }),
          ),
          maxHours: maxHours[role],
        },
        child,
      );
      for (const { called, policy } of attached[role]) {
        new aws.iam.RolePolicyAttachment(
          `${name}-${role}-${called}`,
          { role: made.roleName, policyArn: policy.arn },
          child,
        );
      }
    }
    this.outputs = { stateBucket: bucket.bucketName, roles: names.roles };
    this.registerOutputs();
  }
}

const does = { preview: "preview", deploy: "update", drift: "look at" };

function providerOf(settings: AwsFoundationSettings, stack: string): aws.Provider {
  return new aws.Provider("aws", {
    region: settings.region as aws.Region,
    defaultTags: { tags: { ...settings.tags, [stackTag]: bootstrapTag(stack) } },
    allowedAccountIds: [settings.accountId!],
  });
}

/**
 * Looks first, builds then.
 * @throws SettingsProblems where the settings ask for no roles, or the account cannot have them
 */
export async function bootstrap(settings: Settings): Promise<Bootstrap> {
  const environment = pulumi.getStack();
  const problems = bootstrapProblems(settings, namespace, environment);
  if (problems.length > 0) throw new SettingsProblems(problems, environment);
  const foundation = settings.foundation as AwsFoundationSettings;
  const delivery = settings.delivery!;
  const names = bootstrapNames(namespace, environment, foundation.accountId!);
  const provider = providerOf(foundation, names.stack);
  const account = await readAccount(foundation.region, { provider });
  const [tokens] = await Promise.all([
    lookAtTokenProvider(delivery.source, account, bootstrapTag(names.stack), { provider }),
    refuseOthers(Object.values(names.roles), bootstrapTag(names.stack), { provider }),
  ]);
  return new Bootstrap(
    namespace,
    {
      ...{ delivery, account, environment, provider: tokens },
      named: {
        storedSecrets: needs(settings).storedSecrets.map(({ name }) => name),
        buckets: Object.values(settings.data?.sources ?? {}).map(({ bucket }) => bucket),
        offers: producersOf(offersTaken(settings)),
      },
      zoneId: settings.access?.zoneId,
    },
    { providers: { aws: provider } },
  );
}
