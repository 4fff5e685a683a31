import { isGated, type ModelSettings } from "../models";
import { nearest } from "../nearest";
import type { Path, RuleProblem } from "../problems";
import type { Settings } from "../settings";

/** Models that go from stack to stack: what is offered is approved here, what is taken is approved there. */
export function promotionRules(settings: Partial<Settings>): RuleProblem[] {
  return [
    ...foundationProblems(settings),
    ...consumerProblems(settings),
    ...Object.entries(settings.models ?? {}).flatMap(([model, block]) => takenProblems(settings, model, block)),
    ...gatewayProblems(settings),
  ];
}

/** Buckets, keys and roles of two accounts trust each other; nothing of the kind stands between other clusters. */
function foundationProblems({ foundation, promotion, models = {} }: Partial<Settings>): RuleProblem[] {
  if (foundation?.kind !== "existing") return [];
  const allowed =
    "only on foundation.kind: aws: the policies of a bucket and of a key let the other account in, and a cluster has neither";
  const restsOn: Path[] = [["foundation", "kind"]];
  return [
    ...(promotion === undefined
      ? []
      : [
          {
            path: ["promotion"],
            value: Object.keys(promotion).join(", "),
            allowed,
            remedy: "leave promotion out",
            restsOn,
          },
        ]),
    ...Object.entries(models).flatMap(([model, { from, promoted }]): RuleProblem[] =>
      promoted === undefined
        ? []
        : [
            {
              path: ["models", model, "from"],
              value: promoted.stack,
              allowed,
              remedy: `register the version in this stack's MLflow, and write from: ${from}`,
              restsOn,
            },
          ],
    ),
  ];
}

function consumerProblems({ promotion, models = {} }: Partial<Settings>): RuleProblem[] {
  const known = Object.keys(models);
  return Object.entries(promotion?.consumers ?? {}).flatMap(([stack, { models: offered }]) =>
    offered.flatMap((model, at): RuleProblem[] => {
      const path: Path = ["promotion", "consumers", stack, "models", at];
      const block = models[model];
      if (block === undefined) {
        return [
          {
            path,
            value: model,
            allowed: `a model of this stack: ${known.join(", ") || "there is none"}`,
            remedy: known.length === 0 ? "leave it out" : `write ${nearest(model, known)}, or leave it out`,
            restsOn: [["models"]],
          },
        ];
      }
      if (isGated(block.training) && block.release === "continuous") return [];
      const promoted = block.promoted !== undefined;
      return [
        {
          path,
          value: model,
          allowed: promoted
            ? `a model that is approved here: ${model} comes from ${block.promoted?.stack}, which offers it itself`
            : "a model that follows an alias and whose training block has a gate or approve: manual: nothing else says that a version is approved",
          remedy: promoted
            ? `name this stack's consumer in promotion.consumers of ${block.promoted?.stack}`
            : `write approve: manual in models.${model}.training, and from: models:/${model}@champion`,
          restsOn: [["models", model]],
        },
      ];
    }),
  );
}

function takenProblems({ promotion }: Partial<Settings>, model: string, block: ModelSettings): RuleProblem[] {
  const { promoted, training } = block;
  if (promoted === undefined) return [];
  const path: Path = ["models", model];
  const problems: RuleProblem[] = [];
  const known = Object.keys(promotion?.producers ?? {});
  if (!known.includes(promoted.stack)) {
    problems.push({
      path: [...path, "from", "stack"],
      value: promoted.stack,
      allowed: known.length === 0 ? "a name from promotion.producers, which has none" : `one of ${known.join(", ")}`,
      remedy:
        known.length === 0
          ? `add promotion.producers.${promoted.stack}: what pulumi stack output promotionProducer of that stack prints`
          : `write stack: ${nearest(promoted.stack, known)}, or add promotion.producers.${promoted.stack}`,
      restsOn: [["promotion"]],
    });
  }
  if (training !== undefined) {
    problems.push({
      path: [...path, "training"],
      value: training.engine,
      allowed: `nothing beside from: { stack: ${promoted.stack} }: its versions are trained and approved there`,
      remedy: `leave training out, or write from: ${block.from}`,
      restsOn: [[...path, "from"]],
    });
  }
  return problems;
}

/** The gateway to S3 leads to buckets of the own region, and of the accounts that the network names. */
function gatewayProblems({ foundation, promotion, models = {} }: Partial<Settings>): RuleProblem[] {
  if (foundation?.kind !== "aws" || foundation.network.kind !== "create") return [];
  const { nat, endpoints, endpointAccounts } = foundation.network;
  const used = new Set(Object.values(models).flatMap(({ promoted }) => promoted?.stack ?? []));
  const producers = Object.entries(promotion?.producers ?? {}).filter(([stack]) => used.has(stack));
  return producers.flatMap(([stack, { accountId, region }]): RuleProblem[] => {
    if (region !== foundation.region) {
      if (nat !== "none") return [];
      return [
        {
          path: ["promotion", "producers", stack, "region"],
          value: region,
          allowed: `${foundation.region}, with nat: none: the gateway to S3 leads to buckets of the own region alone`,
          remedy: `write foundation.network.nat: single, or take models of a stack in ${foundation.region}`,
          restsOn: [
            ["foundation", "network", "nat"],
            ["foundation", "region"],
          ],
        },
      ];
    }
    if (endpointAccounts === undefined || !endpoints.includes("s3") || endpointAccounts.includes(accountId)) return [];
    return [
      {
        path: ["foundation", "network", "endpointAccounts"],
        value: endpointAccounts.join(", "),
        allowed: `a list with ${accountId}, the account of ${stack}, from whose bucket approved versions are read`,
        remedy: `add "${accountId}" to it`,
        restsOn: [["promotion", "producers", stack]],
      },
    ];
  });
}
