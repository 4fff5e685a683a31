import { paragraph, type Section, table, usd } from "../document";
import type { Cost, CostLine } from "./cost";
import { priceQuery } from "./priceQueries";
import type { Price } from "./prices";
import type { Served, ServedTwoWays } from "./servedTwoWays";

const dated = ({ asOf, read }: Price) => asOf ?? `not dated, read ${read}`;

const counted = (count: number, price: string) => (price.includes("gp3") ? `${count} GiB` : String(count));

const titleOf = ({ name, what }: CostLine) => [name, ...(what === undefined ? [] : [what])].join(": ");

function lineRow(line: CostLine): string[] {
  const { piece, model, price, idle, most, idleUsd, mostUsd, note } = line;
  const title = titleOf(line);
  const range = idle === most ? counted(idle, price) : `${idle} to ${counted(most, price)}`;
  return [
    model === undefined ? piece : `${piece}: ${model}`,
    note === undefined ? title : `${title} (${note})`,
    ...[price, range, usd(idleUsd), usd(mostUsd)],
  ];
}

const served = ({ inUse, what, idleUsd, mostUsd, unknownPrice }: Served) => [
  inUse ? what : `${what} (not in use)`,
  unknownPrice === undefined
    ? idleUsd === undefined
      ? "no cost of this stack"
      : mostUsd === undefined
        ? `from ${usd(idleUsd)}`
        : `${usd(idleUsd)} to ${usd(mostUsd)}`
    : `price not known: ${unknownPrice}`,
];

const difference = (before: number, after: number) =>
  before === after ? "as before" : `${after > before ? "+" : "−"}${usd(Math.abs(after - before))}`;

/** What must be read with the sums. @param before sums of the plan that it is compared with */
export function costSummary(
  { region, idleUsd, mostUsd, lines }: Cost,
  before?: { idleUsd: number; mostUsd: number },
): string {
  if (lines.length === 0) return "Cost: this stack makes nothing that a cloud bills; its cluster costs what it costs.";
  const missing = lines.filter((line) => line.mostUsd === undefined).length;
  const [least, without] =
    missing === 0 ? ["", ""] : ["at least ", `, without ${missing} lines whose price is not known`];
  const compared = (old: number | undefined, now: number) => (old === undefined ? "" : ` (${difference(old, now)})`);
  const idle = `${least}${usd(idleUsd)}${compared(before?.idleUsd, idleUsd)} idle`;
  const most = `${least}${usd(mostUsd)}${compared(before?.mostUsd, mostUsd)} at the limits of its settings`;
  return `Cost a month in ${region}: ${idle}, ${most}${without}; what is billed by use comes on top.`;
}

/** The command that asks AWS for what is missing, as far as that can be asked for. */
function howToAsk({ region, unknownPrices }: Cost): Section["blocks"] {
  const asked = unknownPrices.filter((key) => priceQuery(key) !== undefined);
  if (asked.length === 0) return [];
  return [
    paragraph(
      `With your credentials this asks the AWS Price List API: \`npm run prices -- --region ${region} ${asked.join(" ")}\`.` +
        (asked.length < unknownPrices.length ? " The others are on AWS's pages of prices." : ""),
    ),
  ];
}

const some = (names: readonly string[]) =>
  names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");

/** What may cost anything stands above what costs most, and one of a kind above alarms of all: a comment shows the first lines alone. */
function unknownFirst(lines: readonly CostLine[]): CostLine[] {
  const unknown = lines.filter(({ mostUsd }) => mostUsd === undefined);
  const alike = new Map<string, number>();
  for (const { price } of unknown) alike.set(price, (alike.get(price) ?? 0) + 1);
  unknown.sort((a, b) => alike.get(a.price)! - alike.get(b.price)!);
  return [...unknown, ...lines.filter(({ mostUsd }) => mostUsd !== undefined)];
}

/** Each price that nobody has noted, with what there is of it. */
function withoutPrice({ unknownPrices, lines, byUse }: Cost): string[][] {
  return unknownPrices.map((key) => {
    const counted = lines.filter(({ price }) => price === key).map(titleOf);
    const used = byUse.filter(({ price }) => price === key).flatMap(({ names }) => names);
    return [key, `${some([...counted, ...used])}${counted.length === 0 ? " (billed by use)" : ""}`];
  });
}

export function costSection(cost: Cost, models: ServedTwoWays[]): Section {
  const summed = "List prices in USD, without tax, discounts and free tiers; a month has 730 hours.";
  return {
    id: "cost",
    title: "Cost a month",
    blocks: [
      paragraph(costSummary(cost)),
      ...(cost.lines.length === 0
        ? []
        : [
            paragraph(
              `${summed} Idle: what stands when nobody uses the platform. At the limits: everything that the settings allow, all month.`,
            ),
            table(
              "By piece",
              ["Piece", "Idle", "At the limits", "Lines without a price"],
              [1, 2, 3],
              cost.pieces.map(({ piece, idleUsd, mostUsd, unknown }) => [
                piece,
                ...[idleUsd, mostUsd].map((sum) => (unknown > 0 ? `at least ${usd(sum)}` : usd(sum))),
                String(unknown),
              ]),
            ),
          ]),
      ...(models.length === 0 || cost.lines.length === 0
        ? []
        : [
            table(
              "Each model, served by Flask on the cluster and by SageMaker",
              ["Model", "Flask", "Flask a month", "SageMaker", "SageMaker a month"],
              [2, 4],
              models.map(({ model, flask, sagemaker }) => [model, ...served(flask), ...served(sagemaker)]),
            ),
            paragraph(
              "Flask is counted as a share of a node, which stands for others too. A way that is not in use is counted with its defaults.",
            ),
          ]),
      ...(cost.lines.length === 0
        ? []
        : [
            table(
              "Every line",
              ["Piece", "What", "Price", "How many", "Idle", "At the limits"],
              [3, 4, 5],
              unknownFirst(cost.lines).map(lineRow),
            ),
          ]),
      ...(cost.byUse.length === 0
        ? []
        : [
            table(
              "Billed by use, in no sum",
              ["Price", "For", "Each"],
              [2],
              cost.byUse.map(({ price, names, usd: each, unit }) => [
                price,
                some(names),
                each === undefined ? "price not known" : `$${each} per ${unit}`,
              ]),
            ),
          ]),
      ...(cost.unknownPrices.length === 0
        ? []
        : [
            paragraph(
              "Price not known: nobody has noted these with a source yet, so that what they are for is in no sum.",
            ),
            table("Prices not known", ["Price", "For"], [], withoutPrice(cost)),
            ...howToAsk(cost),
          ]),
      ...(Object.keys(cost.sources).length === 0
        ? []
        : [
            table(
              "Where prices are from",
              ["Price", "Each", "Date", "Source"],
              [1],
              Object.entries(cost.sources).map(([key, price]) => [
                ...[key, `$${price.usd} per ${price.unit}`, dated(price)],
                price.via === undefined ? price.source : `${price.source}, by ${price.via}`,
              ]),
            ),
          ]),
    ],
  };
}
