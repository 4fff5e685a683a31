import type { Path, RuleProblem } from "./problems";
import { isBlock } from "./schemaTree";

/** Characters that nobody sees in an editor: controls, formats such as a zero-width space, and spaces that are none. */
const unseen = /[\p{Cc}\p{Cf}\u00a0\u2028\u2029\u3000]/u;
const everyUnseen = new RegExp(unseen.source, "gu");
/** What charts take may have lines, what people read emoji of several parts; a hyperparameter is refused by what its trainer takes. */
const anything = ["values", "title", "hyperparameters"];

const codePoint = (text: string) => `U+${text.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`;

/** Texts and keys, copied from a page or a chat, of which a character cannot be seen: they name nothing that there is. */
export function invisibleProblems(raw: unknown, path: Path = []): RuleProblem[] {
  if (typeof raw === "string") return unseenIn(raw, path);
  if (Array.isArray(raw)) return raw.flatMap((item, at) => invisibleProblems(item, [...path, at]));
  if (!isBlock(raw)) return [];
  return Object.entries(raw).flatMap(([key, value]) => {
    if (anything.includes(key)) return [];
    const ofKey = unseenIn(key, [...path, key]);
    return ofKey.length > 0 ? ofKey : invisibleProblems(value, [...path, key]);
  });
}

function unseenIn(text: string, path: Path): RuleProblem[] {
  const [found] = unseen.exec(text) ?? [];
  if (found === undefined) return [];
  return [
    {
      path,
      value: text,
      allowed: `characters that can be seen; here stands ${codePoint(found)}, which came with a copy`,
      remedy: `type it anew: ${text.replace(everyUnseen, "")}`,
    },
  ];
}
