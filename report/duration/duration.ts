import type { PlannedResource } from "../../simulator/plan";
import type { PlanIndex } from "../planIndex";
import measured from "./times.json";

/** How long AWS takes for one resource of a type. */
export interface Time {
  seconds: number;
  /** What was measured, in words. */
  measured: string;
  sources: string[];
}

export type Times = Readonly<Record<string, Time>>;

export const times: Times = measured;

export interface Step {
  type: string;
  name: string;
  seconds: number;
}

export interface Duration {
  /** From the first resource to the last, as long as nothing else is slow. */
  seconds: number;
  /** What has to happen one after another, and takes time. */
  criticalPath: Step[];
  /** Types on the way whose time nobody has measured: they count as nothing. */
  unmeasured: string[];
}

/** A component is there when its children are: who depends on it waits for them. */
function waitsFor(index: PlanIndex): (resource: PlannedResource) => PlannedResource[] {
  const byUrn = new Map(index.resources.map((each) => [each.urn, each]));
  const children = new Map<string, PlannedResource[]>();
  for (const each of index.resources) children.set(each.parent, [...(children.get(each.parent) ?? []), each]);
  return (resource) => {
    const named = [...resource.dependencies, resource.provider].flatMap((urn) => byUrn.get(urn) ?? []);
    return resource.provider === "" ? [...named, ...(children.get(resource.urn) ?? [])] : named;
  };
}

/**
 * How long an update from nothing takes at least, along the graph of what waits for what. The engine makes everything at once that waits for nothing.
 * @param known seconds by type
 */
export function durationOf(index: PlanIndex, known: Times = times): Duration {
  const waits = waitsFor(index);
  const done = new Map<string, { seconds: number; before?: PlannedResource }>();
  const open = new Set<string>();
  const end = (resource: PlannedResource): number => {
    const found = done.get(resource.urn);
    if (found) return found.seconds;
    // A component that one of its own children names waits for the others only.
    if (open.has(resource.urn)) return 0;
    open.add(resource.urn);
    let [start, before]: [number, PlannedResource | undefined] = [0, undefined];
    for (const each of waits(resource)) {
      const seconds = end(each);
      if (seconds > start) [start, before] = [seconds, each];
    }
    open.delete(resource.urn);
    const seconds = start + (known[resource.type]?.seconds ?? 0);
    done.set(resource.urn, { seconds, ...(before === undefined ? {} : { before }) });
    return seconds;
  };
  let last: PlannedResource | undefined;
  for (const resource of index.resources) if (end(resource) > (last === undefined ? 0 : end(last))) last = resource;
  const criticalPath: Step[] = [];
  const seconds = last === undefined ? 0 : end(last);
  for (let at = last; at !== undefined; at = done.get(at.urn)?.before) {
    const own = known[at.type]?.seconds ?? 0;
    if (own > 0) criticalPath.unshift({ type: at.type, name: at.name, seconds: own });
  }
  const custom = index.resources.filter(({ provider }) => provider !== "").map(({ type }) => type);
  return { seconds, criticalPath, unmeasured: [...new Set(custom)].filter((type) => !(type in known)).sort() };
}
