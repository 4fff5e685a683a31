import { trainedOnAws } from "../engines";
import type { ModelSettings } from "../models";
import type { RuleProblem } from "../problems";
import type { Settings } from "../settings";

/** Whether anything is made for a model on SageMaker: an endpoint, or what batch transform runs. */
export function usesSageMaker({ serve, batch }: Pick<ModelSettings, "serve" | "batch">): boolean {
  return serve.sagemaker !== undefined || batch?.with === "sagemaker";
}

/**
 * The AWS provider waits 60 minutes for an endpoint to be in service, whatever it is told, and then calls the update failed. Within them
 * instances start, the canary is watched, and the old fleet stays five minutes more: what is left for watching, with a reserve for large models.
 * @see https://github.com/hashicorp/terraform-provider-aws/pull/39090
 */
const mostPinnedBakeMinutes = 20;

/**
 * A ConfigMap holds 1 MiB, and the release controller's has all that is needed to make the next version of each model on SageMaker, its tags
 * twice, beside a few lines for each model in the cluster.
 */
const mostEntryBytes = 1_000_000;
export const entryBytes = 3_000;

/** What SageMaker could not tell apart, or what no alarm could ever see. */
export function sagemakerRules(settings: Partial<Settings>): RuleProblem[] {
  const { models } = settings;
  const each = Object.entries(models ?? {}).flatMap(([name, model]) => {
    const problems: RuleProblem[] = [];
    if (usesSageMaker(model) && name.includes("--")) {
      problems.push({
        path: ["models", name],
        value: name,
        allowed: "a name without two dashes together, which come before the version on SageMaker",
        remedy: `rename the model: ${name.replace(/-{2,}/g, "-")}`,
      });
    }
    const { canary, objectives, serve } = model;
    const own = serve.sagemaker?.image;
    const region = settings.foundation?.kind === "aws" ? settings.foundation.region : undefined;
    const [, theirs] = /\.dkr\.ecr\.([a-z0-9-]+)\./.exec(own ?? "") ?? [];
    if (theirs !== undefined && region !== undefined && theirs !== region) {
      problems.push({
        path: ["models", name, "serve", "sagemaker", "image"],
        value: own,
        // https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ContainerDefinition.html
        allowed: `an image of Amazon ECR in ${region}: SageMaker pulls from the endpoint's own region`,
        remedy: `push or replicate it to ${own!.replace(`.${theirs}.`, `.${region}.`)}`,
        restsOn: [["foundation", "region"]],
      });
    }
    if (model.batch?.with === "sagemaker" && serve.sagemaker === undefined && model.release === "continuous") {
      problems.push({
        path: ["models", name, "batch", "with"],
        value: "sagemaker",
        allowed:
          "kubernetes for a model that follows an alias without an endpoint: nobody would make its SageMaker model",
        remedy: "write batch.with: kubernetes, or add serve.sagemaker, or name a version in from",
        restsOn: [["models", name, "serve"]],
      });
    }
    if (model.drift?.dataQuality !== undefined && serve.sagemaker?.kind !== "realtime") {
      problems.push({
        path: ["models", name, "drift", "dataQuality"],
        value: undefined,
        allowed: "only with serve.sagemaker of the kind realtime: Model Monitor looks at no other",
        remedy: "leave dataQuality out, or write serve: { sagemaker: {} }",
        restsOn: [["models", name, "serve"]],
      });
    }
    const trained = trainedOnAws(model.training);
    if (model.drift?.dataQuality !== undefined && model.drift.dataQuality.baseline === undefined && !trained) {
      problems.push({
        path: ["models", name, "drift", "dataQuality", "baseline"],
        value: undefined,
        allowed:
          "a prefix with statistics.json and constraints.json, for a model that is not trained on AWS: nobody makes them of what is live",
        remedy: `write baseline: baselines/${name}/, or add training on Step Functions or SageMaker Pipelines`,
        restsOn: [["models", name, "training"]],
      });
    }
    const guarded = serve.sagemaker !== undefined && serve.sagemaker.kind !== "serverless";
    if (guarded && canary.percent <= objectives.errorRatePercent) {
      const enough = Math.floor(objectives.errorRatePercent) + 1;
      problems.push({
        path: ["models", name, "canary", "percent"],
        value: canary.percent,
        allowed: `more than objectives.errorRatePercent, ${objectives.errorRatePercent}: the alarm sees both versions together, so a smaller canary could fail every request unseen`,
        remedy: enough <= 50 ? `write percent: ${enough}` : "write a smaller objectives.errorRatePercent",
        restsOn: [["models", name, "objectives", "errorRatePercent"]],
      });
    }
    if (guarded && model.release === "pinned" && canary.bakeMinutes > mostPinnedBakeMinutes) {
      problems.push({
        path: ["models", name, "canary", "bakeMinutes"],
        value: canary.bakeMinutes,
        allowed: `at most ${mostPinnedBakeMinutes} for a pinned model on SageMaker: pulumi up waits 60 minutes for an endpoint, and instances have to start within them too`,
        remedy: `write bakeMinutes: ${mostPinnedBakeMinutes}, or follow an alias in from, which the release controller waits for`,
        restsOn: [["models", name, "release"]],
      });
    }
    return problems;
  });
  return [...each, ...tooMany(settings)];
}

function tooMany({ models, foundation }: Partial<Settings>): RuleProblem[] {
  const followed = Object.entries(models ?? {}).filter(
    ([, { serve, release }]) => serve.sagemaker !== undefined && release === "continuous",
  );
  const tags = Object.entries(foundation?.kind === "aws" ? foundation.tags : {});
  const tagBytes = tags.reduce((sum, [Key, Value]) => sum + JSON.stringify({ Key, Value }).length + 1, 0);
  const most = Math.floor(mostEntryBytes / (entryBytes + 2 * tagBytes));
  if (followed.length <= most) return [];
  const [name, { from }] = followed.at(-1)!;
  return [
    {
      path: ["models", name, "from"],
      value: from,
      allowed: `at most ${most} models on SageMaker that follow an alias (here are ${followed.length}): the release controller's ConfigMap, which holds 1 MiB, says how to make each`,
      remedy: "serve some from another stack, or name versions in from",
      restsOn: [["models"]],
    },
  ];
}
