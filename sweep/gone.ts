/** Codes with which AWS says that what it was asked about is not there. */
const codes = new Set([
  ...["InvalidVolume.NotFound", "InvalidSnapshot.NotFound", "InvalidNetworkInterfaceID.NotFound"],
  ...["InvalidGroup.NotFound", "LoadBalancerNotFound", "TargetGroupNotFound", "FileSystemNotFound"],
  ...["MountTargetNotFound", "RepositoryNotFoundException", "NotFoundException", "ResourceNotFoundException"],
]);

/** Whether a call failed since the thing is not there. The AWS CLI and botocore print the code in these words. */
export function isGone(error: unknown): boolean {
  const code = /An error occurred \(([\w.]+)\)/.exec(error instanceof Error ? error.message : String(error))?.[1];
  return code !== undefined && codes.has(code);
}

/** The answer; undefined where the thing is not there. */
export const unlessGone = <T>(answer: Promise<T>): Promise<T | undefined> =>
  answer.catch((error) => {
    if (isGone(error)) return undefined;
    throw error;
  });
