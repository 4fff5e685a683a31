import { distance } from "fastest-levenshtein";
import { withoutUnit } from "./units";

/** The known word most like the one given; case and unit count little. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const far = farness(word, candidate);
    if (far < least) [best, least] = [candidate, far];
  }
  return best;
}

/** Whether two words are so alike that one was surely meant for the other. */
export function alike(word: string, candidate: string): boolean {
  return farness(word, candidate) <= Math.max(1, Math.min(word.length, candidate.length) / 4);
}

function farness(word: string, candidate: string): number {
  const [a, b] = [word.slice(0, 80).toLowerCase(), candidate.toLowerCase()];
  const whole = distance(a, b) + (word === candidate ? 0 : 0.1);
  const bare =
    withoutUnit(word) === ""
      ? whole
      : distance(withoutUnit(word).toLowerCase(), withoutUnit(candidate).toLowerCase()) + 0.5;
  return Math.min(whole, bare) - 0.01 * sharedStart(a, b);
}

/** Letters that two words begin with alike: people mistype the ends of words. */
function sharedStart(a: string, b: string): number {
  let length = 0;
  while (length < Math.min(a.length, b.length, 9) && a[length] === b[length]) length++;
  return length;
}
