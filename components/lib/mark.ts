import { createHash } from "node:crypto";

/** Marks that two names which begin alike do not share. */
export const mark = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 8);

const cut = (text: string, longest: number, whole = text) =>
  `${text.slice(0, longest - 9).replace(/-+$/, "")}-${mark(whole)}`;

/** A name that has room; one that had to be cut ends in a mark, so that no two are the same. */
export const shortened = (text: string, longest: number) => (text.length <= longest ? text : cut(text, longest));

/** Beginning of the names of what a model has in a stack, with a dash at its end. One that had to be cut has a mark, so that no two models share it. */
export function beginning(stack: string, model: string, longest: number): string {
  const whole = `${stack}-${model}-`;
  return whole.length <= longest ? whole : `${cut(whole, longest - 1, whole)}-`;
}
