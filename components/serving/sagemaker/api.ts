/** Words that the API writes otherwise than in capitals by the first letter. */
const words: Record<string, string> = { kmsKeyArn: "KmsKeyId", memorySizeInMb: "MemorySizeInMB" };
/** Below these, keys are somebody's own words. */
const maps = new Set(["environment"]);

/**
 * What Pulumi takes, as the API takes it: the release controller calls the API with what Pulumi would have made.
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html
 */
export function asRequest(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asRequest);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, nested]) => nested !== undefined)
      .map(([key, nested]) => [
        words[key] ?? key[0]!.toUpperCase() + key.slice(1),
        maps.has(key) ? nested : asRequest(nested),
      ]),
  );
}

/** Tags as the API lists them, in the order of their keys. */
export function asTagList(tags: Record<string, string>): { Key: string; Value: string }[] {
  return Object.entries(tags)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([Key, Value]) => ({ Key, Value }));
}
