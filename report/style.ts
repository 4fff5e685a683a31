/** Colours are pairs of one name, so that both schemes have the same contrast: 7 to 1 for text, 3 to 1 for lines. */
export const colours = {
  light: { text: "#1b1f24", page: "#ffffff", soft: "#eef1f5", line: "#747c86", link: "#0b4a8f" },
  dark: { text: "#e8ecf1", page: "#14181d", soft: "#222932", line: "#8b95a1", link: "#9cc7ff" },
} as const;

const variables = (scheme: Readonly<Record<string, string>>) =>
  Object.entries(scheme)
    .map(([name, value]) => `--${name}:${value}`)
    .join(";");

export const style = `
:root{color-scheme:light dark;${variables(colours.light)}}
@media (prefers-color-scheme:dark){:root{${variables(colours.dark)}}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:76rem;padding:1.5rem;font:1rem/1.5 system-ui,sans-serif;color:var(--text);background:var(--page)}
h1{font-size:1.6rem}h2{font-size:1.3rem;margin-top:2.5rem}
a{color:var(--link)}
a:focus-visible,[tabindex]:focus-visible{outline:3px solid var(--link);outline-offset:2px}
.skip{position:absolute;left:-100rem}.skip:focus{left:1rem}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;padding:0;list-style:none}
code{background:var(--soft);padding:.1em .3em;overflow-wrap:anywhere}
.table{overflow-x:auto;margin:1rem 0}
table{border-collapse:collapse;width:100%}
caption{text-align:left;font-weight:600;padding:.4rem 0}
th,td{border-bottom:1px solid var(--line);padding:.35rem .6rem;text-align:left;vertical-align:top}
thead th{background:var(--soft)}
tbody th{font-weight:400}
.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
figure{margin:1rem 0;overflow:auto}
figure svg{max-width:none;height:auto;color:var(--text)}
@media print{nav,.skip{display:none}}
`;
