import * as pulumi from "@pulumi/pulumi";
import { installApplications } from "./applications/applications";
import { AwsFoundation } from "./foundation/aws";
import { type AwsGround, lookAtAws } from "./foundation/awsGround";
import { stackName, stackTag } from "./foundation/awsProvider";
import { Budget } from "./governance/budget";
import { DestroyGuard } from "./governance/destroyGuard";
import type { Dependency } from "./lib/dependencies";
import { needs } from "./needs";
import type { AwsFoundationSettings } from "./settings/foundation";
import { SettingsProblems } from "./settings/problems";
import type { Settings } from "./settings/settings";

/** The settings, and what was found where they are to be built. */
export interface PlatformArgs {
  settings: Settings & { foundation: AwsFoundationSettings };
  ground: AwsGround;
}

/** The whole platform: the foundation, and everything that stands on it. */
export class Platform extends pulumi.ComponentResource {
  /** What the stack exports. */
  readonly outputs: Record<string, pulumi.Input<unknown>>;

  constructor(name: string, args: PlatformArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:index:Platform", name, {}, opts);
    const { settings, ground } = args;
    const { foundation: aws, access } = settings;
    const foundation = new AwsFoundation(
      name,
      { settings: aws, ground, ...needs(settings), ...(access ? { access } : {}) },
      { parent: this },
    );
    const { cluster, identity, ingress } = foundation;
    const applications =
      cluster && identity && ingress
        ? installApplications(
            name,
            { settings, foundation, cluster, identity, ingress },
            { parent: this, providers: { kubernetes: cluster.provider, aws: ground.provider } },
          )
        : { ready: [], outputs: {} };
    const pieces: Dependency[] = [...foundation.ready, ...applications.ready];
    if (settings.governance?.budget) {
      const budget = new Budget(
        `${name}-budget`,
        { ...settings.governance.budget, tag: { key: stackTag, value: stackName() } },
        { parent: this, providers: { aws: ground.provider } },
      );
      pieces.push(budget);
    }
    new DestroyGuard(`${name}-guard`, { guarded: pieces, refuse: aws.dataProtection }, { parent: this });
    this.outputs = { ...foundation.outputs, ...applications.outputs };
    this.registerOutputs();
  }
}

/** Sections whose pieces are described and checked, but not installed by this version. */
const describedOnly = ["models", "training", "delivery"] as const;

/** Looks first, builds then: what cannot be built is refused before the first resource. */
export async function platform(settings: Settings): Promise<Platform> {
  const { foundation } = settings;
  if (foundation.kind === "existing") {
    throw new SettingsProblems([
      {
        path: "foundation.kind",
        value: "existing",
        allowed: "aws",
        remedy: "This version describes and checks an existing cluster, but builds on AWS only: use `kind: aws`.",
      },
    ]);
  }
  const waiting = describedOnly.filter((section) => settings[section] !== undefined);
  if (waiting.length > 0) {
    pulumi.log.warn(`Described and checked, but not built by this version: ${waiting.join(", ")}.`);
  }
  const { signIn } = settings.access ?? {};
  const ground = await lookAtAws(
    foundation,
    signIn && "clientSecretName" in signIn
      ? [{ path: "access.signIn.clientSecretName", name: signIn.clientSecretName }]
      : [],
  );
  return new Platform("mlplatform", { settings: { ...settings, foundation }, ground });
}
