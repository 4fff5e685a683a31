/** Who calls, by what a provider was configured with. */
import type { Properties } from "../values";

/**
 * As STS tells it, and as IAM names the role or user behind it: a session of the last role that the provider is to take on, else a user.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
 */
export function callerOf(config: Properties, account: string): { arn: string; principalArn: string } {
  const taken: unknown = config.assumeRoles?.at?.(-1)?.roleArn;
  const [, number, name] =
    (typeof taken === "string" && /^arn:aws[\w-]*:iam::(\d{12}):role\/(?:.*\/)?(.+)$/.exec(taken)) || [];
  if (number === undefined) {
    const arn = `arn:aws:iam::${account}:user/simulated`;
    return { arn, principalArn: arn };
  }
  return { arn: `arn:aws:sts::${number}:assumed-role/${name}/simulated`, principalArn: taken as string };
}
