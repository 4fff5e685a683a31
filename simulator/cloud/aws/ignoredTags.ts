import type { Properties } from "../values";

/**
 * What the provider's `ignoreTags` says, applied to what was read: tags that others put there are no difference.
 * @see https://registry.terraform.io/providers/hashicorp/aws/latest/docs#ignore_tags-configuration-block
 */
export class IgnoredTags {
  private readonly keys: readonly string[];
  private readonly prefixes: readonly string[];

  constructor(config: Properties) {
    this.keys = config.ignoreTags?.keys ?? [];
    this.prefixes = config.ignoreTags?.keyPrefixes ?? [];
  }

  without(properties: Properties): Properties {
    const kept = { ...properties };
    for (const property of ["tags", "tagsAll"]) {
      const tags = kept[property];
      if (typeof tags !== "object" || tags === null) continue;
      const own = Object.entries(tags).filter(([key]) => !this.ignores(key));
      if (own.length === Object.keys(tags).length) continue;
      if (own.length > 0) kept[property] = Object.fromEntries(own);
      else delete kept[property];
    }
    return kept;
  }

  private ignores(key: string): boolean {
    return this.keys.includes(key) || this.prefixes.some((prefix) => key.startsWith(prefix));
  }
}
