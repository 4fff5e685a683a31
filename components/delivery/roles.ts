/** Who of a git host may take which role, and what the roles are called. */
import { shortened } from "../lib/mark";
import type { DeliverySettings } from "../settings/delivery";
import { ofBranch, ofEnvironment, ofPullRequests, type Subjects } from "./tokens";

/** What the platform's own repository does with a stack. */
export type DeliveryRole = "preview" | "deploy" | "drift" | "images";

/** Longest name of a role. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const longestRoleName = 64;

/** Name of a role of the platform's repository: known before it is made, since workflows name it. @param stack such as `mlplatform-dev` */
export const deliveryRoleName = (stack: string, role: DeliveryRole) => shortened(`${stack}-${role}`, longestRoleName);

/** Name of the role of a model's repository. */
export const modelRoleName = (stack: string, model: string) => shortened(`${stack}-${model}-code`, longestRoleName);

/** How a stack is delivered: by which branch, and who is asked. */
export interface Environment {
  /** Name of the stack, such as `dev`. */
  name: string;
  branch: string;
  approvers: string[];
}

/** Stacks that a repository delivers, in their order. @param stack the one whose settings these are */
export function environmentsOf({ source, environments }: DeliverySettings, stack: string): Environment[] {
  const named = Object.keys(environments).length === 0 ? { [stack]: { approvers: [] } } : environments;
  return Object.entries(named).map(([name, given]) => ({
    name,
    branch: ("branch" in given ? given.branch : undefined) ?? source.branch,
    approvers: given.approvers,
  }));
}

/** How one stack is delivered; as its source says where `environments` does not name it. */
export function environmentOf(delivery: DeliverySettings, stack: string): Environment {
  const found = environmentsOf(delivery, stack).find(({ name }) => name === stack);
  return found ?? { name: stack, branch: delivery.source.branch, approvers: [] };
}

/** Whose tokens a role of the platform's repository is for. @param stack such as `dev` */
export function trusted(delivery: DeliverySettings, stack: string, role: DeliveryRole): Subjects {
  const { source } = delivery;
  const repository = { repository: source.repository, ids: source.provider === "github" ? source.ids : undefined };
  const environment = environmentOf(delivery, stack);
  switch (role) {
    case "preview":
      return ofPullRequests(source.provider, repository);
    case "deploy":
      // A branch says more than an environment, which any job may name; with approvers the host asks them for the environment.
      return environment.approvers.length === 0
        ? ofBranch(source.provider, repository, environment.branch)
        : ofEnvironment(source.provider, repository, environment);
    case "drift":
      return ofBranch(source.provider, repository, source.branch); // Schedules run on the main branch.
    case "images":
      return ofBranch(source.provider, repository, environment.branch);
  }
}

/** Whose tokens the role of a model's repository is for. */
export function trustedOfModel({ source, models }: DeliverySettings, model: string): Subjects {
  const { branch, ...repository } = models[model]!;
  return ofBranch(source.provider, repository, branch);
}
