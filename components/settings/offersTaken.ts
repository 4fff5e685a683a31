import type { ProducerSettings } from "./promotion";
import type { Settings } from "./settings";

/** A model that another stack approves, and where that stack offers it. */
export interface OfferTaken {
  model: string;
  /** As the stack has it: `models:/<name>@<alias>`. */
  from: string;
  stack: string;
  /** Its name there. */
  modelThere: string;
  producer: ProducerSettings;
}

/** Models that come from other stacks. */
export function offersTaken({ models = {}, promotion }: Pick<Settings, "models" | "promotion">): OfferTaken[] {
  return Object.entries(models).flatMap(([model, { from, promoted }]): OfferTaken[] => {
    const producer = promoted && promotion?.producers[promoted.stack];
    return producer ? [{ model, from, stack: promoted.stack, modelThere: promoted.model, producer }] : [];
  });
}

/** Stacks that models are taken from: where their offers are, and which of their models are taken. */
export function producersOf(
  taken: readonly OfferTaken[],
): (Pick<ProducerSettings, "region" | "bucket" | "keyArn"> & { models: string[] })[] {
  const stacks = [...new Set(taken.map(({ stack }) => stack))];
  return stacks.map((stack) => {
    const own = taken.filter((each) => each.stack === stack);
    const { region, bucket, keyArn } = own[0]!.producer;
    return { region, bucket, keyArn, models: [...new Set(own.map(({ modelThere }) => modelThere))] };
  });
}
