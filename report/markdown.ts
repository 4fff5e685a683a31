import type { Block, ReportDocument } from "./document";

/** Rows beyond these are not in a comment that people read; the page has all. */
const most = 40;

/** A comment on GitHub has at most 65,536 characters. */
const longest = 240;

function cell(text: string): string {
  const line = text.replaceAll("|", "\\|").replaceAll("\n", " ");
  return line.length > longest ? `${line.slice(0, longest)}…` : line;
}

function blockText(block: Block): string[] {
  if (block.kind === "text") return [block.text, ""];
  if (block.kind === "list") {
    const rest = block.items.length - most;
    return [...block.items.slice(0, most).map((item) => `- ${item}`), ...(rest > 0 ? [`- and ${rest} more`] : []), ""];
  }
  if (block.kind === "picture") return [];
  const { head, rows, numbers, caption } = block;
  const line = (cells: string[]) => `| ${cells.map(cell).join(" | ")} |`;
  const rest = rows.length - most;
  return [
    `<details><summary>${caption} (${rows.length})</summary>`,
    "",
    line(head),
    line(head.map((_, column) => (numbers.includes(column) ? "---:" : "---"))),
    ...rows.slice(0, most).map(line),
    ...(rest > 0 ? ["", `and ${rest} more`] : []),
    "",
    "</details>",
    "",
  ];
}

/** A report as a comment on a pull request: what matters first, the rest folded away. */
export function markdown({ title, summary, sections }: ReportDocument): string {
  const lines = [
    `### ${title}`,
    "",
    ...summary.map((each) => `- ${each}`),
    "",
    ...sections.flatMap((section) => {
      const body = section.blocks.flatMap(blockText);
      return body.length === 0 ? [] : [`#### ${section.title}`, "", ...body];
    }),
  ];
  return `${lines.join("\n").trimEnd()}\n`;
}
