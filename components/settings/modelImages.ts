import { ownImages } from "./needs";
import type { Settings } from "./settings";
import { splitImage } from "./trainingImage";

/**
 * Images that a model's repository builds, by what they do: those that `foundation.images.repositories` has. Never one of the platform's own, which all
 * models run.
 */
export function imagesOfModel(
  { models, foundation }: Partial<Pick<Settings, "models" | "foundation">>,
  model: string,
): Record<string, string> {
  const training = models?.[model]?.training;
  const preparing = training?.prepare?.with === "container" ? training.prepare.image : undefined;
  const nameOf = (image: string | undefined) => (image === undefined ? undefined : splitImage(image)?.name);
  const repositories = foundation?.kind === "aws" ? foundation.images.repositories : [];
  const named = { training: nameOf(training?.image), prepare: nameOf(preparing), serving: `${model}-serving` };
  return Object.fromEntries(
    Object.entries(named).flatMap(([what, name]) =>
      name !== undefined && repositories.includes(name) && !ownImages.includes(name) ? [[what, name]] : [],
    ),
  );
}
