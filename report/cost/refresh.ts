import { firstUsd, isUsage, type PriceQuery, type Product, priceQuery } from "./priceQueries";
import type { Price, PriceList } from "./prices";

/** Asks the Price List API for the products of a service. */
export type AskPrices = (service: string, filters: Record<string, string>) => Promise<Product[]>;

export interface Refreshed {
  list: PriceList;
  changed: { key: string; before?: number; after: number }[];
  /** Prices that stay as they were, and why. */
  left: { key: string; why: string }[];
}

const source = "https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-price-list-query-api.html";

function priceFrom(products: Product[], query: PriceQuery, today: string): Price | string {
  const fitting = products.filter(
    ({ product: { attributes } }) => query.usage === undefined || isUsage(attributes.usagetype ?? "", query.usage),
  );
  const priced = fitting.map((product) => ({ product, usd: firstUsd(product) })).filter(({ usd }) => usd !== undefined);
  const amounts = new Set(priced.map(({ usd }) => usd));
  if (amounts.size === 0) return "the Price List has none for this region";
  if (amounts.size > 1) return `the Price List has several: ${[...amounts].sort().join(", ")}`;
  const [{ product, usd }] = priced as [{ product: Product; usd: number }];
  const { vcpu, memory } = product.product.attributes;
  return {
    ...{ usd, unit: query.unit },
    ...(query.machine ? { vcpus: Number(vcpu), memoryGiB: Number.parseFloat(memory ?? "") } : {}),
    source: `${source} (${query.service})`,
    ...(product.publicationDate === undefined ? {} : { asOf: product.publicationDate.slice(0, 10) }),
    read: today,
  };
}

/**
 * Prices of a region as AWS has them now. What AWS has no single answer to stays as it is and is told.
 * @param keys prices to ask for beside those that are in the list
 * @param today day that is noted, as `2026-11-30`
 */
export async function refresh(
  before: PriceList,
  keys: readonly string[],
  ask: AskPrices,
  today: string,
): Promise<Refreshed> {
  const prices = { ...before.prices };
  const changed: Refreshed["changed"] = [];
  const left: Refreshed["left"] = [];
  for (const key of [...new Set([...Object.keys(prices), ...keys])].sort()) {
    const query = priceQuery(key);
    if (query === undefined) {
      left.push({ key, why: "nobody has written how the Price List is asked for it: report/cost/priceQueries.ts" });
      continue;
    }
    const found = priceFrom(await ask(query.service, { ...query.filters, regionCode: before.region }), query, today);
    if (typeof found === "string") {
      left.push({ key, why: found });
      continue;
    }
    const old = prices[key]?.usd;
    if (old !== found.usd) changed.push({ key, ...(old === undefined ? {} : { before: old }), after: found.usd });
    prices[key] = found;
  }
  const sorted = Object.fromEntries(Object.entries(prices).sort(([a], [b]) => (a < b ? -1 : 1)));
  return { list: { ...before, prices: sorted }, changed, left };
}
