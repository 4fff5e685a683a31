import { escapeHtml } from "../components/lib/escapeHtml";
import type { Block, ReportDocument } from "./document";
import { style } from "./style";

/** Text with addresses as links and what stands between backquotes as code. */
function inline(text: string): string {
  return escapeHtml(text)
    .replace(/`([^`]+)`/g, "<code>$1</code>")
    .replace(/https:\/\/[^\s,;)<]+/g, (address) => `<a href="${address}">${address}</a>`);
}

function blockHtml(block: Block): string {
  if (block.kind === "text") return `<p>${inline(block.text)}</p>`;
  if (block.kind === "list") return `<ul>${block.items.map((item) => `<li>${inline(item)}</li>`).join("")}</ul>`;
  if (block.kind === "picture")
    return `<figure tabindex="0" aria-label="${escapeHtml(block.text)}">${block.svg}<figcaption>${inline(block.text)}</figcaption></figure>`;
  const { caption, head, rows, numbers } = block;
  const attribute = (column: number) => (numbers.includes(column) ? ' class="number"' : "");
  const cells = (row: string[]) =>
    row
      .map((text, column) =>
        column === 0 ? `<th scope="row">${inline(text)}</th>` : `<td${attribute(column)}>${inline(text)}</td>`,
      )
      .join("");
  // A wide table is scrolled by itself, with the keyboard too.
  return `<div class="table" tabindex="0" role="region" aria-label="${escapeHtml(caption)}"><table><caption>${escapeHtml(caption)}</caption><thead><tr>${head
    .map((text, column) => `<th scope="col"${attribute(column)}>${escapeHtml(text)}</th>`)
    .join("")}</tr></thead><tbody>${rows.map((row) => `<tr>${cells(row)}</tr>`).join("")}</tbody></table></div>`;
}

/** A report as one page that needs nothing else: no network, no script, both colour schemes. */
export function html({ title, summary, sections }: ReportDocument): string {
  const links = sections.map(({ id, title: text }) => `<li><a href="#${id}">${escapeHtml(text)}</a></li>`).join("");
  const body = sections
    .map(
      ({ id, title: text, blocks }) =>
        `<section aria-labelledby="${id}"><h2 id="${id}">${escapeHtml(text)}</h2>${blocks.map(blockHtml).join("\n")}</section>`,
    )
    .join("\n");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<a class="skip" href="#report">To the report</a>
<header><h1>${escapeHtml(title)}</h1><ul class="summary">${summary.map((text) => `<li>${inline(text)}</li>`).join("")}</ul></header>
<nav aria-label="Sections"><ul>${links}</ul></nav>
<main id="report" tabindex="-1">
${body}
</main>
</body>
</html>
`;
}
