/** What the trust policies of roles say of services. */
import { Refusal, type Situation } from "./describe";

/** Whether a trust policy lets a service take the role in a given way. */
function trusts(policy: string, service: string, action: string): boolean {
  const statements: { Effect?: string; Principal?: { Service?: string | string[] }; Action?: string | string[] }[] = [
    JSON.parse(policy).Statement ?? [],
  ].flat();
  return statements.some(
    ({ Effect, Principal, Action }) =>
      Effect === "Allow" && [Principal?.Service].flat().includes(service) && [Action].flat().includes(action),
  );
}

/** Refuses what names a role, at a path, that the service cannot take on. Roles that nobody here made are taken as they are. */
export function mustTrust(
  x: Situation,
  path: string,
  service = "sagemaker.amazonaws.com",
  actions: readonly string[] = ["sts:AssumeRole"],
): void {
  const trust = x.referred(path)?.outputs.assumeRolePolicy;
  if (typeof trust !== "string") return;
  const missing = actions.filter((action) => !trusts(trust, service, action));
  if (missing.length > 0) {
    throw new Refusal(
      "ValidationException",
      `${path}: its trust policy does not let ${service} do ${missing.join(" and ")}`,
    );
  }
}
