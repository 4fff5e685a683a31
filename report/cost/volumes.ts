import { at, number, text } from "../planIndex";
import type { Charge, Rule } from "./rules";

const units: Readonly<Record<string, number>> = { Mi: 1 / 1024, Gi: 1, Ti: 1024 };

/** GiB of a Kubernetes quantity such as `20Gi`. */
export function gibibytes(quantity: unknown): number {
  const [, amount, unit = ""] = /^(\d+(?:\.\d+)?)([A-Z]i)$/.exec(text(quantity)) ?? [];
  return Number(amount ?? 0) * (units[unit] ?? 0);
}

/** The storage class that the platform makes for volumes of Amazon EBS; only on AWS it is there. */
const ofBlocks = "gp3";

const volume = (what: string, sizeGiB: number): Charge => ({ price: "ebs/gp3", what, idle: sizeGiB, most: sizeGiB });

/** A claim that the program makes itself. */
export const claimedVolume: Rule = ({ inputs }) =>
  at(inputs, "spec", "storageClassName") === ofBlocks
    ? [volume("volume", gibibytes(at(inputs, "spec", "resources", "requests", "storage")))]
    : [];

interface Found {
  path: string;
  sizeGiB: number;
}

/** Claims that are written in the values of a chart, in either of the two shapes that the charts have. */
function claims(value: unknown, path: string): Found[] {
  if (typeof value !== "object" || value === null) return [];
  if (at(value, "storageClassName") === ofBlocks) {
    const size = at(value, "resources", "requests", "storage") ?? at(value, "size");
    return [{ path, sizeGiB: gibibytes(size) }];
  }
  return Object.entries(value).flatMap(([key, inner]) => claims(inner, path === "" ? key : `${path}.${key}`));
}

/** Volumes of a chart: what its values claim, and a home of each person for whom a notebook server may run. */
export const chartVolumes: Rule = ({ inputs: { values } }) => {
  const charges = claims(values, "").map(({ path, sizeGiB }) => volume(`volume of ${path.split(".")[0]}`, sizeGiB));
  const home = at(values, "singleuser", "storage");
  if (at(home, "dynamic", "storageClass") !== ofBlocks) return charges;
  const sizeGiB = gibibytes(at(home, "capacity"));
  const people = number(at(values, "hub", "activeServerLimit"));
  const note = `${sizeGiB} GiB a person; ${people} servers at once are counted, and a home stays when its server ends`;
  return [...charges, { price: "ebs/gp3", what: "homes", idle: 0, most: sizeGiB * people, note }];
};
