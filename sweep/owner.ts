/** A stack by Pulumi's names. */
export interface StackName {
  project: string;
  stack: string;
}

/** The value of the tag `mlplatform/stack`, and the beginning of every name that a stack gives. */
export const fullName = ({ project, stack }: StackName): string => `${project}-${stack}`;

/** Whether a name is a stack's, or begins with it. */
const begins = (name: string, full: string) => name === full || name.startsWith(`${full}-`);

/**
 * Whether a name that carries no tag is of this stack: `mlplatform-prod-churn` may be `churn` of `prod`, and `mlplatform-prod-eu-churn` is of
 * `prod-eu` where there is one. Where two stacks could have given it, it is of the longer one.
 * @param others tags of all other stacks that are known
 */
export function isOwn(name: string, full: string, others: readonly string[]): boolean {
  const nearer = others.some((other) => other.length > full.length && begins(name, other));
  return begins(name, full) && !nearer;
}
