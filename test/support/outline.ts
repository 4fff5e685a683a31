import type { Registration } from "./record";

/**
 * What was registered, in a form that fits into a test: a resource goes by `kms.Key data` (AWS), `Key data` (a component of
 * the platform) or its whole type and name.
 */

function shortType(type: string): string {
  const [pkg, module, className] = type.split(":");
  if (pkg === "aws") return `${module!.split("/")[0]}.${className}`;
  return pkg === "mlplatform" ? className! : type;
}

/** Short form of a URN. Mocks keep only the nearest parent's type in it. */
export function reference(urn: string): string {
  const [, , types, name] = urn.split("::");
  if (types === undefined || name === undefined) throw new Error(`not a URN: ${urn}`);
  return `${shortType(types.split("$").pop()!)} ${name}`;
}

export function shortName({ type, name }: Registration): string {
  return `${shortType(type)} ${name}`;
}

/**
 * The tree of what was registered, children below their parent and sorted, each with what becomes of it on destroy where
 * that is not the default.
 */
export function outline(registrations: Registration[]): string[] {
  const below = (parent: string | undefined, depth: number): string[] =>
    registrations
      .filter((each) => (each.parent === undefined ? undefined : reference(each.parent)) === parent)
      .sort((a, b) => (shortName(a) < shortName(b) ? -1 : 1))
      .flatMap((each) => {
        const fate = [each.protect ? "protected" : "", each.retainOnDelete ? "retained" : ""].filter(Boolean);
        const line = `${"  ".repeat(depth)}${shortName(each)}${fate.length > 0 ? ` (${fate.join(", ")})` : ""}`;
        return [line, ...below(shortName(each), depth + 1)];
      });
  return below(undefined, 0);
}

/** The one registration that goes by a short name. */
export function the(registrations: Registration[], short: string): Registration {
  const found = registrations.filter((each) => shortName(each) === short);
  if (found.length !== 1) {
    throw new Error(`${found.length} of "${short}" among:\n${outline(registrations).join("\n")}`);
  }
  return found[0]!;
}

export function inputs(registrations: Registration[], short: string): Record<string, unknown> {
  return the(registrations, short).inputs;
}

/** Statements of a policy document among the inputs. */
export function statements(registrations: Registration[], short: string, key = "policy"): Record<string, unknown>[] {
  return JSON.parse(the(registrations, short).inputs[key] as string).Statement;
}

/** What must exist before a resource is made, whether it asked to wait or takes a value from it. Sorted. */
export function dependencies(registrations: Registration[], short: string): string[] {
  return the(registrations, short).dependencies.map(reference).sort();
}

/** What comes first where something waits for what a component calls ready; see `Follower`. */
export function waitedFor(registrations: Registration[]): string[] {
  return dependencies(registrations, "test:index:Follower follower");
}

/** Every input that travels as a secret, as `resource: input`. */
export function secretInputs(registrations: Registration[]): string[] {
  return registrations.flatMap((each) => each.secretInputs.map((key) => `${shortName(each)}: ${key}`)).sort();
}
