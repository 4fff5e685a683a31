import { modelOf, pieceOf } from "../pieces";
import { at, list, type PlanIndex, text } from "../planIndex";
import { whyFree } from "./free";
import { monthlyUsd, type Price, type PriceList } from "./prices";
import { type Charge, rules } from "./rules";

/** One line of the bill: so many of what has one price. Sums are absent where the price is not known. */
export interface CostLine {
  piece: string;
  model?: string;
  type: string;
  name: string;
  what?: string;
  price: string;
  idle: number;
  most: number;
  idleUsd?: number;
  mostUsd?: number;
  note?: string;
}

/** What is billed by use, which no plan tells: by one price, for these resources. */
export interface UsedPrice {
  price: string;
  what: string;
  names: string[];
  usd?: number;
  unit?: string;
}

export interface Cost {
  region: string;
  lines: CostLine[];
  byUse: UsedPrice[];
  /** Prices that no source was found for. What has one of them is not in the sums. */
  unknownPrices: string[];
  /** Of each price that is used: what, whose and when. */
  sources: Record<string, Price>;
  idleUsd: number;
  mostUsd: number;
  pieces: { piece: string; idleUsd: number; mostUsd: number; unknown: number }[];
}

const cents = (usd: number) => Math.round(usd * 100) / 100;
const sum = (lines: readonly CostLine[], key: "idleUsd" | "mostUsd") =>
  cents(lines.reduce((total, line) => total + (line[key] ?? 0), 0));

/** Types that are neither billed by a rule nor known to be free. */
export function unpricedTypes(types: Iterable<string>): string[] {
  return [...new Set(types)].filter((type) => rules[type] === undefined && whyFree(type) === undefined).sort();
}

function lineOf(charge: Charge, prices: PriceList): Pick<CostLine, "idle" | "most" | "idleUsd" | "mostUsd"> {
  const { idle = 0, most = 0 } = charge;
  const price = prices.prices[charge.price];
  if (price === undefined) return { idle, most };
  const each = monthlyUsd(price);
  return { idle, most, idleUsd: cents(idle * each), mostUsd: cents(most * each) };
}

/**
 * What a stack costs a month at list prices: idle, with nothing but what always stands, and at most, with everything that its settings
 * allow standing all month. What is billed by use is listed with its price and is in neither sum.
 * @param models names of the stack's models
 */
export function costOf(index: PlanIndex, prices: PriceList, models: readonly string[]): Cost {
  const lines: CostLine[] = [];
  const byUse = new Map<string, UsedPrice>();
  for (const resource of index.resources) {
    if (index.ofChart(resource)) continue;
    for (const charge of rules[resource.type]?.(resource, index, prices) ?? []) {
      const model = modelOf(resource, models);
      const price = prices.prices[charge.price];
      if (charge.most === undefined) {
        const used = byUse.get(charge.price) ?? {
          price: charge.price,
          what: charge.what ?? resource.type.split(":").at(-1)!,
          names: [],
          ...(price === undefined ? {} : { usd: price.usd, unit: price.unit }),
        };
        if (!used.names.includes(resource.name)) used.names.push(resource.name);
        byUse.set(charge.price, used);
      } else if (charge.most > 0) {
        lines.push({
          piece: pieceOf(resource),
          ...(model === undefined ? {} : { model }),
          type: resource.type,
          name: resource.name,
          ...(charge.what === undefined ? {} : { what: charge.what }),
          price: charge.price,
          ...lineOf(charge, prices),
          ...(charge.note === undefined ? {} : { note: charge.note }),
        });
      }
    }
  }
  lines.sort(
    (a, b) => (b.mostUsd ?? 0) - (a.mostUsd ?? 0) || (`${a.name} ${a.price}` < `${b.name} ${b.price}` ? -1 : 1),
  );
  const asked = [...new Set([...lines.map(({ price }) => price), ...byUse.keys()])].sort();
  const pieces = [...new Set(lines.map(({ piece }) => piece))].sort().map((piece) => {
    const own = lines.filter((line) => line.piece === piece);
    const unknown = own.filter(({ mostUsd }) => mostUsd === undefined).length;
    return { piece, idleUsd: sum(own, "idleUsd"), mostUsd: sum(own, "mostUsd"), unknown };
  });
  return {
    region: prices.region,
    lines,
    byUse: [...byUse.values()].sort((a, b) => (a.price < b.price ? -1 : 1)),
    unknownPrices: asked.filter((price) => prices.prices[price] === undefined),
    sources: Object.fromEntries(
      asked.flatMap((price) => (prices.prices[price] ? [[price, prices.prices[price]]] : [])),
    ),
    idleUsd: sum(lines, "idleUsd"),
    mostUsd: sum(lines, "mostUsd"),
    pieces: pieces.sort((a, b) => b.mostUsd - a.mostUsd),
  };
}

/** Region that a plan is for: that of its zones, else what its provider is told. */
export function regionOf(index: PlanIndex): string | undefined {
  const [provider] = index.all("pulumi:providers:aws");
  const region = text(provider?.inputs.region);
  if (region !== "") return region;
  const zone = list(at(index.all("awsx:ec2:Vpc")[0]?.inputs, "availabilityZoneNames"))[0];
  return text(zone).slice(0, -1) || undefined;
}
