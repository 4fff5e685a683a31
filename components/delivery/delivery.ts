import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../contracts/account";
import { pullBases, pushImages, startRuns } from "../identity/policies/delivery";
import { arn } from "../identity/policies/terms";
import { trainingMachineName } from "../identity/policies/training";
import type { Dependency } from "../lib/dependencies";
import type { DeliverySettings } from "../settings/delivery";
import { deliveryRoleName, modelRoleName, trusted, trustedOfModel } from "./roles";
import { type FoundTokenProvider, TokenProvider } from "./tokenProvider";
import { TokenRole } from "./tokenRole";

/** What a git host may do with one stack on AWS. */
export interface DeliveryArgs {
  settings: DeliverySettings;
  account: AwsAccount;
  /** Name of the stack in the account, such as `mlplatform-dev`. */
  stack: string;
  /** Name of the stack, such as `dev`. */
  environment: string;
  provider: FoundTokenProvider;
  /** Images that the platform's repository builds. */
  platformImages: readonly string[];
  /** Images of the platform that a model's are built on. */
  baseImages: readonly string[];
  /** What each model's repository builds, and whether it may start a state machine that trains. */
  models: Record<string, { images: string[]; starts: boolean }>;
}

/** Hours in which images are built and pushed. */
const buildHours = 2;

/** Trust in a git host, and a role for each repository that builds images: those of its own names and no others. */
export class Delivery extends pulumi.ComponentResource {
  readonly ready: Dependency[];
  readonly outputs: Record<string, pulumi.Input<unknown>>;

  constructor(name: string, args: DeliveryArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:delivery:Delivery", name, {}, opts);
    const child = { parent: this };
    const { account, settings, stack } = args;
    const provider = new TokenProvider(`${name}-tokens`, args.provider, child);
    // As the registry of the stack names them: see foundation/data/images.ts.
    const repositories = (images: readonly string[]) =>
      images.map((image) => arn(account, "ecr", `repository/${pulumi.getProject()}/${args.environment}/${image}`));
    const images = new TokenRole(
      `${name}.images`, // No model's name has a dot: one may be called images.
      {
        roleName: deliveryRoleName(stack, "images"),
        description: `Pushes the platform's images for ${stack}`,
        provider,
        trusted: trusted(settings, args.environment, "images"),
        statements: pushImages(repositories(args.platformImages)),
        maxHours: buildHours,
      },
      child,
    );
    const models = Object.entries(args.models).map(([model, own]) => ({
      model,
      role: new TokenRole(
        `${name}-${model}`,
        {
          roleName: modelRoleName(stack, model),
          description: `Pushes the images of ${model} and starts its training for ${stack}`,
          provider,
          trusted: trustedOfModel(settings, model),
          statements: [
            ...pushImages(repositories(own.images)),
            pullBases(repositories(args.baseImages)),
            ...(own.starts ? startRuns(account, [trainingMachineName(stack, model)]) : []),
          ],
          maxHours: buildHours,
        },
        child,
      ),
    }));
    this.ready = [this, ...provider.ready, ...images.ready, ...models.flatMap(({ role }) => role.ready)];
    this.outputs = {
      imagesRole: images.arn,
      ...(models.length === 0
        ? {}
        : { modelRoles: Object.fromEntries(models.map(({ model, role }) => [model, role.arn])) }),
    };
    this.registerOutputs();
  }
}
