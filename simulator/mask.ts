import { Struct } from "google-protobuf/google/protobuf/struct_pb";

export const secretText = "[secret]";
export const unknownText = "[unknown]";

/** Marks by which the engine's protocol tells special values from plain ones. */
const signatureKey = "4dabf18193072939515e22adb298388d";
const signatures = {
  secret: "1b47061264138c4ac30d75fd1eb44270",
  asset: "c44067f5952c0a294b673a41bacd8c17",
  archive: "0def7320c3a5731c473e5ecbe6d01bc7",
  resource: "5cf8f73096256a8f31e491e813e4eb8e",
  output: "d0e6a833031e9bbcd3f4e8bde6ca49a4",
};
const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** A property of the engine's protocol as plain JSON: secrets masked, unknowns named, keys sorted. */
export function readable(value: unknown): unknown {
  if (value === unknownValue) return unknownText;
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== "object" || value === null) return value;
  const map = value as Record<string, unknown>;
  switch (map[signatureKey]) {
    case undefined:
      break;
    case signatures.secret:
      return secretText;
    case signatures.output:
      if (map.secret === true) return secretText;
      return "value" in map ? readable(map.value) : unknownText;
    case signatures.resource:
      return map.urn;
    case signatures.asset:
    case signatures.archive: {
      const { [signatureKey]: _mark, ...rest } = map;
      return readable(rest);
    }
    default:
      return secretText; // A kind of value that is not known here is not shown either.
  }
  return Object.fromEntries(
    Object.keys(map)
      .sort()
      .map((key) => [key, readable(map[key])]),
  );
}

/** `readable` for a message of the protocol. */
export function readableStruct(struct: Struct | undefined): Record<string, unknown> {
  return readable((struct ?? new Struct()).toJavaScript()) as Record<string, unknown>;
}
