/** What a report says, before it is a page, Markdown or anything else. */
export type Block =
  | { kind: "text"; text: string }
  | { kind: "list"; items: string[] }
  | { kind: "table"; head: string[]; rows: string[][]; numbers: number[]; caption: string }
  | { kind: "picture"; svg: string; text: string };

export interface Section {
  /** Anchor within the page. */
  id: string;
  title: string;
  blocks: Block[];
}

export interface ReportDocument {
  title: string;
  /** One line each: what has to be known before anything else. */
  summary: string[];
  sections: Section[];
}

export const paragraph = (text: string): Block => ({ kind: "text", text });
export const listOf = (items: string[], otherwise: string): Block =>
  items.length > 0 ? { kind: "list", items } : paragraph(otherwise);

/** @param numbers columns that hold numbers, by their place from 0 */
export const table = (caption: string, head: string[], numbers: number[], rows: string[][]): Block => ({
  ...{ kind: "table", caption, head, numbers, rows },
});

export const usd = (amount: number | undefined): string =>
  amount === undefined
    ? "price not known"
    : `$${amount.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
