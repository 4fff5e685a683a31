import { type Block, listOf, paragraph, type Section, table } from "../document";
import type { Holder, RightsChange } from "./rights";

export function rightsSection(holders: Holder[], changes: RightsChange[] | undefined): Section {
  const blocks: Block[] = [
    paragraph(
      "From the statements that the update writes. A name in brackets is the action that AWS or Kubernetes knows.",
    ),
  ];
  if (changes !== undefined)
    blocks.push(
      paragraph("Against the version before:"),
      listOf(
        changes.flatMap(({ name, added, removed }) => [
          ...added.map((grant) => `${name}: + ${grant}`),
          ...removed.map((grant) => `${name}: − ${grant}`),
        ]),
        "No right comes or goes.",
      ),
    );
  blocks.push(
    table(
      "Who may do what",
      ["Who", "Acted as by", "May"],
      [],
      holders.flatMap(({ name, takenBy, may }) =>
        (may.length > 0 ? may : ["nothing"]).map((each, at) => [name, at === 0 ? takenBy : "", each]),
      ),
    ),
  );
  return { id: "rights", title: "Rights", blocks };
}
