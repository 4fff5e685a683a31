/** What workflows have to know of the stacks that a repository delivers, read from the stack files. */
import { deliveryRoleName, environmentsOf } from "../components/delivery/roles";
import type { DeliverySettings } from "../components/settings/delivery";
import { parseSettings } from "../components/settings/parse";
import type { Settings } from "../components/settings/settings";
import { readProject, readStackConfig, sectionsOf } from "../simulator/stackConfig";
import { UsageError } from "../simulator/usageError";

/** One stack, as jobs know it. */
export interface DeliveredStack {
  /** Such as `dev`. */
  stack: string;
  branch: string;
  approvers: string[];
  region: string;
  /** Absent where the stack file does not say it: then a variable of the git host does. */
  accountId?: string;
  roles: { preview: string; deploy: string; drift: string; images: string };
}

/** A repository and the stacks that it delivers, in their order. */
export interface DeliveredProject {
  source: DeliverySettings["source"];
  stacks: DeliveredStack[];
}

function settingsOf(dir: string, project: string, stack: string): Settings {
  return parseSettings(sectionsOf(readStackConfig(readProject(dir), stack, undefined, []), project), {
    stackName: stack,
  });
}

/**
 * Reads the stack file that is asked for, and those of the stacks that it names.
 * @param dir folder of Pulumi.yaml
 * @throws UsageError where a stack cannot be delivered by workflows, or two stack files say different things
 */
export function deliveredProject(dir: string, stack: string): DeliveredProject {
  const { name } = readProject(dir);
  const { delivery } = settingsOf(dir, name, stack);
  if (delivery === undefined)
    throw new UsageError(`Pulumi.${stack}.yaml has no delivery section: add one, docs/delivery.md says how`);
  const order = JSON.stringify(environmentsOf(delivery, stack));
  const stacks = environmentsOf(delivery, stack).map((environment): DeliveredStack => {
    const settings = settingsOf(dir, name, environment.name);
    const { foundation } = settings;
    if (foundation.kind !== "aws") {
      throw new UsageError(
        `Stack ${environment.name} is on a cluster that is not AWS, for which no roles are made: run delivery/steps in jobs of your own, with a kubeconfig of the host's`,
      );
    }
    if (
      settings.delivery === undefined ||
      JSON.stringify(settings.delivery.source) !== JSON.stringify(delivery.source) ||
      JSON.stringify(environmentsOf(settings.delivery, environment.name)) !== order
    ) {
      throw new UsageError(
        `Pulumi.${environment.name}.yaml and Pulumi.${stack}.yaml say different things of delivery.source and delivery.environments: write the same in both`,
      );
    }
    const role = (what: Parameters<typeof deliveryRoleName>[1]) =>
      deliveryRoleName(`${name}-${environment.name}`, what);
    return {
      stack: environment.name,
      branch: environment.branch,
      approvers: environment.approvers,
      region: foundation.region,
      ...(foundation.accountId === undefined ? {} : { accountId: foundation.accountId }),
      roles: { preview: role("preview"), deploy: role("deploy"), drift: role("drift"), images: role("images") },
    };
  });
  return { source: delivery.source, stacks };
}

/** Ends where a package that the program runs on is publicly known to be vulnerable. */
export const auditCommand = "npm audit --omit=dev --audit-level=high";

/** Variable of the git host with the number of a stack's account. */
export const accountVariable = (stack: string) => `${stack.toUpperCase().replace(/-/g, "_")}_AWS_ACCOUNT_ID`;
