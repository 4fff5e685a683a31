import type { FailureRule } from "./cloud";
import { UsageError } from "./usageError";

/** Packages whose type tokens repeat the type's name in the module, as in `aws:ec2/vpc:Vpc`. */
const bridgedPackages = new Set(["aws", "random", "tls"]);

/** `aws:ec2:Vpc` as the full `aws:ec2/vpc:Vpc`; full tokens, and those of other packages, as they are. */
export function fullType(type: string): string {
  const [pack = "", module = "", name = ""] = type.split(":");
  if (!bridgedPackages.has(pack) || module.includes("/") || name === "") return type;
  return `${pack}:${module}/${name[0]!.toLowerCase()}${name.slice(1)}:${name}`;
}

/** `TYPE` or `TYPE:NAME`, as it is written on the command line. */
export function typeAndName(type: string, name: string | undefined): string {
  return name === undefined ? type : `${type}:${name}`;
}

/** Reads one `--take-back`, whose updates the cloud says it has done and takes back by itself. */
export function parseTakenBack(text: string): FailureRule {
  return { ...parseFailure(text, Number.POSITIVE_INFINITY), takenBack: true };
}

/**
 * Reads one `--fail` or `--fail-once`: `package:module:Type`, and a resource's name after one more colon.
 * @throws UsageError when it is no type.
 */
export function parseFailure(text: string, times: number): FailureRule {
  const [pack, module, name, ...resource] = text.split(":");
  if (!pack || !module || !name || (resource.length > 0 && resource.join(":") === "")) {
    throw new UsageError(
      `--fail ${text}: a type is needed, such as aws:ec2:Vpc or kubernetes:core/v1:Namespace, and ":NAME" after it for one resource only`,
    );
  }
  const type = fullType([pack, module, name].join(":"));
  return { type, times, ...(resource.length > 0 ? { name: resource.join(":") } : {}) };
}
