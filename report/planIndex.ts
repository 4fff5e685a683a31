import type { Plan, PlannedResource } from "../simulator/plan";

/** Looks in a plan by what resources are. */
export class PlanIndex {
  private readonly byType = new Map<string, PlannedResource[]>();
  private readonly byUrn: Map<string, PlannedResource>;

  constructor(readonly plan: Plan) {
    this.byUrn = new Map(plan.resources.map((each) => [each.urn, each]));
    for (const each of plan.resources) this.byType.set(each.type, [...(this.byType.get(each.type) ?? []), each]);
  }

  get resources(): readonly PlannedResource[] {
    return this.plan.resources;
  }

  all(type: string): readonly PlannedResource[] {
    return this.byType.get(type) ?? [];
  }

  /** The resource of a type with the same logical name, as parts of one component have it. */
  named(type: string, name: string): PlannedResource | undefined {
    return this.all(type).find((each) => each.name === name);
  }

  /** Availability zones that the network of the stack spans: one public subnet is in each. */
  get zones(): number {
    const zones = this.all("aws:ec2/subnet:Subnet").map(({ inputs }) => text(inputs.availabilityZone));
    return Math.max(1, new Set(zones.filter((zone) => zone !== "")).size);
  }

  parent({ parent }: PlannedResource): PlannedResource | undefined {
    return this.byUrn.get(parent);
  }

  /** Whether a chart has rendered it: what it costs is read from the values of the chart, which are there without its files too. */
  ofChart(resource: PlannedResource): boolean {
    const parent = this.parent(resource);
    return parent !== undefined && (parent.type === chartType || this.ofChart(parent));
  }
}

export const chartType = "kubernetes:helm.sh/v4:Chart";

/** A value below a path; undefined where it is not there or not known before the update. */
export function at(value: unknown, ...path: (string | number)[]): unknown {
  const found = path.reduce<unknown>(
    (within, step) =>
      typeof within === "object" && within !== null ? (within as Record<string | number, unknown>)[step] : undefined,
    value,
  );
  return found === "[unknown]" ? undefined : found;
}

export const text = (value: unknown): string => (typeof value === "string" ? value : "");
export const number = (value: unknown, otherwise = 0): number => (typeof value === "number" ? value : otherwise);
export const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
