import { imagesOfModel } from "./modelImages";
import type { Settings } from "./settings";

/** Other accounts that take models of this stack. */
export interface ConsumerAccounts {
  /** Each with the models that it may have. */
  models: { accountId: string; models: string[] }[];
  /** Those that pull an image of such a model, by the image's name. */
  images: Record<string, string[]>;
}

/** Who takes models of this stack, and the images of their own that answer with them. */
export function consumerAccounts(settings: Pick<Settings, "promotion" | "models" | "foundation">): ConsumerAccounts {
  const consumers = Object.values(settings.promotion?.consumers ?? {});
  const images: Record<string, string[]> = {};
  for (const { accountId, models } of consumers) {
    for (const model of models) {
      const { serving } = imagesOfModel(settings, model);
      if (serving !== undefined) images[serving] = [...new Set([...(images[serving] ?? []), accountId])];
    }
  }
  return { models: consumers.map(({ accountId, models }) => ({ accountId, models })), images };
}
