import { createHash } from "node:crypto";
import { escapeHtml } from "../../lib/escapeHtml";

/** One tool of the stack, as the landing page shows it. */
export interface ListedTool {
  title: string;
  /** Where a browser finds it. */
  url: string;
  /** What one does there, in one sentence. */
  sentence: string;
}

/** Everything on the page. */
export interface LandingPageContent {
  /** Heading, such as the name of the stack. */
  title: string;
  tools: ListedTool[];
}

const style = `
:root { color-scheme: light dark; --line: #8884; --quiet: #666; }
@media (prefers-color-scheme: dark) { :root { --quiet: #aaa; } }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 44rem; padding: 3rem 1.25rem; }
h1 { font-size: 1.5rem; margin: 0 0 1.5rem; }
ul { list-style: none; margin: 0; padding: 0; display: grid; gap: .75rem; }
a { display: block; border: 1px solid var(--line); border-radius: .5rem; padding: 1rem 1.25rem; color: inherit; text-decoration: none; }
a:hover, a:focus-visible { border-color: currentColor; }
strong { display: block; }
span { color: var(--quiet); }
`;

/** The only style that a browser applies; a script it runs none. */
export const landingPagePolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

function item({ title, url, sentence }: ListedTool): string {
  return `<li><a href="${escapeHtml(url)}"><strong>${escapeHtml(title)}</strong><span>${escapeHtml(sentence)}</span></a></li>`;
}

/**
 * The page, whole: nothing is fetched from anywhere else.
 * @throws when an address is not one of the web: a link must not run anything.
 */
export function landingPageHtml(content: LandingPageContent): string {
  for (const { title, url } of content.tools) {
    if (!/^https?:\/\//.test(url))
      throw new Error(`The address of ${title} is ${url}; it must start with https:// or http://.`);
  }
  const list =
    content.tools.length === 0
      ? "<p>This stack has no tools yet.</p>"
      : `<ul>\n${content.tools.map(item).join("\n")}\n</ul>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(content.title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${escapeHtml(content.title)}</h1>
${list}
</main>
</body>
</html>
`;
}
