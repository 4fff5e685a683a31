import { createHash } from "node:crypto";
import * as type from "../aws/tokens";
import { type From, from, type Registered, type Registrar, resource } from "../registrar";

export interface ServiceRoleArgs {
  name: string;
  service: string;
  description: string;
  /** Names of AWS managed policies. */
  policies: string[];
  actions: string[];
  partition: string;
  tags: From;
}

/** A role that a service assumes, with managed policies attached, as `eks:index:ServiceRole` makes it. */
export async function serviceRole(
  registrar: Registrar,
  parent: string,
  args: ServiceRoleArgs,
): Promise<{ role: Registered; attachments: Registered[] }> {
  const component = await registrar.resource("eks:index:ServiceRole", args.name, {}, { parent, component: true });
  const child = { parent: component.urn };
  const statement = { Action: args.actions, Effect: "Allow", Principal: { Service: [args.service] } };
  const assumeRolePolicy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  const role = await registrar.resource(
    type.role,
    `${args.name}-role`,
    { description: args.description, assumeRolePolicy, tags: args.tags },
    child,
  );
  const attachments = await Promise.all(
    args.policies.map((policy) => {
      // The real component names attachments after the ARN in the partition `aws`, whichever is used.
      const suffix = createHash("sha1").update(`arn:aws:iam::aws:policy/${policy}`).digest("hex").slice(0, 8);
      const inputs = { policyArn: `arn:${args.partition}:iam::aws:policy/${policy}`, role: from(role, "id") };
      return registrar.resource(
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        `${args.name}-${suffix}`,
        inputs,
        child,
      );
    }),
  );
  await registrar.outputs(component, { directRole: resource(role), resolvedRole: resource(role) });
  return { role, attachments };
}
