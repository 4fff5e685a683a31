import type { Graph } from "./graph";

const quoted = (text: string) => `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;

/** The graph in Graphviz's language. Boxes of one piece stand in one frame. */
export function dotOf({ boxes, edges }: Graph): string {
  const ids = new Map(boxes.map(({ id }, at) => [id, `box${at}`]));
  const pieces = [...new Set(boxes.map(({ piece }) => piece))];
  const frames = pieces.map((piece, at) => {
    const inside = boxes
      .filter((each) => each.piece === piece)
      .map(({ id, lines }) => `${ids.get(id)} [label=${quoted(lines.join("\n"))}];`);
    return `subgraph cluster_${at} { label=${quoted(piece)}; ${inside.join(" ")} }`;
  });
  return [
    "digraph stack {",
    'rankdir=LR; bgcolor="transparent"; fontname="sans-serif"; nodesep=0.2; ranksep=0.8;',
    'node [shape=box, style=rounded, fontname="sans-serif", fontsize=12, margin="0.22,0.08"]; edge [arrowsize=0.6];',
    ...frames,
    ...edges.map(([from, to]) => `${ids.get(from)} -> ${ids.get(to)};`),
    "}",
  ].join("\n");
}

/** A drawing of Graphviz as part of a page: in the colour of its text, whichever scheme that is of. */
export function inPage(svg: string, description: string): string {
  return svg
    .slice(svg.indexOf("<svg"))
    .replace("<svg", `<svg role="img" aria-label=${quoted(description)}`)
    .replaceAll('"black"', '"currentColor"')
    .replaceAll("<text ", '<text fill="currentColor" ')
    .replace(/<!--[\s\S]*?-->\s*/g, "")
    .trimEnd();
}

/** Draws a stack, by Graphviz, without what follows from other arrows. */
export async function draw(graph: Graph): Promise<string> {
  const { Graphviz } = await import("@hpcc-js/wasm-graphviz");
  const graphviz = await Graphviz.load();
  const svg = graphviz.dot(graphviz.tred(dotOf(graph)).out);
  return inPage(svg, `${graph.boxes.length} parts of the stack; an arrow goes from a part to what it needs.`);
}
