import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** One list price, as its source has it. */
export interface Price {
  usd: number;
  /** What is counted, such as `hour`, `month`, `GB-month` or `GB`. */
  unit: string;
  /** Page or file that says so. */
  source: string;
  /** Day that the source names; absent where it names none. */
  asOf?: string;
  /** Day on which it was read there. */
  read: string;
  /** Who quotes the source, where it was not read itself. */
  via?: string;
  /** Of EC2 types: what a machine has, for the share that a pod takes of it. */
  vcpus?: number;
  memoryGiB?: number;
}

/** List prices of one region, by key: `ec2/t3.large`, `ebs/gp3`. */
export interface PriceList {
  region: string;
  currency: "USD";
  prices: Record<string, Price>;
}

const folder = join(__dirname, "../prices");

export const priceFile = (region: string) => join(folder, `${region}.json`);

/** Prices that are kept for a region; none for one that nobody has asked about yet. */
export function readPrices(region: string): PriceList {
  const file = priceFile(region);
  if (!existsSync(file)) return { region, currency: "USD", prices: {} };
  return JSON.parse(readFileSync(file, "utf8")) as PriceList;
}

/** Hours that AWS's own calculator counts for a month. https://docs.aws.amazon.com/pricing-calculator/latest/userguide/assumptions.html */
export const hoursPerMonth = 730;

/** What one of it costs a month; nothing for what is billed by use. */
export function monthlyUsd({ usd, unit }: Price): number {
  if (unit === "hour") return usd * hoursPerMonth;
  if (unit === "month" || unit === "GB-month") return usd;
  throw new Error(`A price by ${unit} has no sum for a month.`);
}
