import * as pulumi from "@pulumi/pulumi";

/** What services answer about a role that IAM has not told them of yet. */
const notYet = /\brole\b|assume|trust policy|not authorized/i;
/** IAM says "within seconds"; two minutes are what the AWS provider itself waits where it does. */
const attempts = 12;
const pauseMillis = 10_000;

/**
 * Tries again to make what takes on a role that was made a moment ago. IAM tells its regions of a role after it has answered, and the AWS provider
 * waits for that with most services, but not with EventBridge Pipes and SageMaker Pipelines.
 * @param name of the hook, which no other of the program has
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
 */
export function onceAssumable(name: string, waitMillis = pauseMillis): pulumi.ResourceHookBinding {
  const retry = async ({ failedOperation, errors }: Pick<pulumi.ErrorHookArgs, "failedOperation" | "errors">) => {
    const [latest = ""] = errors;
    if (failedOperation === "delete" || errors.length >= attempts || !notYet.test(latest)) return false;
    await new Promise((resolve) => setTimeout(resolve, waitMillis));
    return true;
  };
  return { onError: [new pulumi.ErrorHook(name, retry)] };
}
