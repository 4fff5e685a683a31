import { imagesOfModel } from "../modelImages";
import type { RuleProblem } from "../problems";
import type { Settings } from "../settings";

/** A repository that would push nothing has nothing to deliver. */
export function emptyProblems(settings: Partial<Settings>, model: string): RuleProblem[] {
  const { models, foundation } = settings;
  if (foundation?.kind !== "aws" || Object.keys(imagesOfModel(settings, model)).length > 0) return [];
  const { repositories } = foundation.images;
  return [
    {
      path: ["delivery", "models", model],
      value: models?.[model]?.training?.image,
      allowed:
        `a model with an image of its own in foundation.images.repositories (${repositories.join(", ") || "there is none"}), where its repository pushes: ` +
        `its training.image, its training.prepare.image, or ${model}-serving`,
      remedy: `add ${model}-training to foundation.images.repositories and write training: { image: ${model}-training }`,
      restsOn: [
        ["models", model, "training"],
        ["foundation", "images", "repositories"],
      ],
    },
  ];
}

/** Who pushes an image runs code as every model that takes it, with that model's rights on data: so all of these are one repository's, of one branch. */
export function sharedImageProblems(settings: Partial<Settings>): RuleProblem[] {
  const { delivery, models = {} } = settings;
  const delivered = Object.keys(delivery?.models ?? {}).filter((model) => model in models);
  const from = (model: string) => {
    const block = delivery?.models[model];
    return block && `${block.repository.toLowerCase()} ${block.branch}`;
  };
  return delivered.flatMap((model, at) =>
    Object.values(imagesOfModel(settings, model)).flatMap((image): RuleProblem[] => {
      const takes = (other: string) => Object.values(imagesOfModel(settings, other)).includes(image);
      // Of two repositories the later is told; a model without one is told of by the repository that would run as it.
      const others = Object.keys(models).filter(
        (other) => takes(other) && from(other) !== from(model) && delivered.indexOf(other) < at,
      );
      if (others.length === 0) return [];
      const { repository, branch } = delivery!.models[model]!;
      return [
        {
          path: ["delivery", "models", model, "repository"],
          value: repository,
          allowed: `a repository whose images no other repository's model takes: whoever pushes ${image} runs code as ${others.join(" and ")} too`,
          remedy:
            `add an image of its own, such as ${model}-training, to foundation.images.repositories and write it in models.${model}.training; ` +
            `or name the same repository and branch for ${others.join(" and ")}: { repository: ${repository}, branch: ${branch} }`,
          restsOn: [["models"], ["delivery", "models"], ["foundation", "images", "repositories"]],
        },
      ];
    }),
  );
}
