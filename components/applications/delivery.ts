import * as pulumi from "@pulumi/pulumi";
import type { Foundation } from "../contracts/foundation";
import { Delivery } from "../delivery/delivery";
import type { FoundTokenProvider } from "../delivery/tokenProvider";
import { stackName } from "../foundation/awsProvider";
import type { Dependency } from "../lib/dependencies";
import { ownImages } from "../settings/needs";
import type { Settings } from "../settings/settings";
import { splitImage } from "../settings/trainingImage";

/** Images that a model's repository builds: what trains, what prepares, and what serves where a repository is called so. */
export function imagesOfModel(
  { models, foundation }: Pick<Settings, "models" | "foundation">,
  model: string,
): string[] {
  const training = models?.[model]?.training;
  const prepared = training?.prepare?.with === "container" ? training.prepare.image : undefined;
  const named = [training?.image, prepared].flatMap((image) =>
    image === undefined ? [] : (splitImage(image)?.name ?? []),
  );
  const repositories = foundation.kind === "aws" ? foundation.images.repositories : [];
  const own = new Set([...named, `${model}-serving`]);
  return repositories.filter((name) => own.has(name));
}

/** Lets a git host deliver to the stack. Where no cloud gives roles, workflows bring a kubeconfig and a registry of their own. */
export function installDelivery(
  name: string,
  {
    settings,
    foundation,
    tokens,
  }: { settings: Settings; foundation: Pick<Foundation, "aws">; tokens: FoundTokenProvider | undefined },
  opts: pulumi.ComponentResourceOptions,
): { ready: Dependency[]; outputs: Record<string, pulumi.Input<unknown>> } {
  const { aws } = foundation;
  if (settings.delivery === undefined || aws === undefined || tokens === undefined) return { ready: [], outputs: {} };
  const delivery = new Delivery(
    `${name}-delivery`,
    {
      settings: settings.delivery,
      account: aws.account,
      stack: stackName(),
      environment: pulumi.getStack(),
      provider: tokens,
      platformImages: ownImages,
      models: Object.fromEntries(
        Object.keys(settings.delivery.models).map((model) => [
          model,
          {
            images: imagesOfModel(settings, model),
            starts: settings.models?.[model]?.training?.engine !== "airflow",
          },
        ]),
      ),
    },
    opts,
  );
  return { ready: delivery.ready, outputs: { delivery: delivery.outputs } };
}
