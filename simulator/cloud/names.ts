/** Names that providers make up for resources that are given none. */
import { createHash } from "node:crypto";

/** `count` characters that follow from the engine's seed; with no seed, from the name itself. */
export function suffixFrom(seed: Uint8Array, of: string, count: number, letters = "0123456789abcdef"): string {
  const digest = createHash("sha512").update(seed).update(of).digest();
  return Array.from({ length: count }, (_, index) => letters[digest[index % digest.length]! % letters.length]).join("");
}
