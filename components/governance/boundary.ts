import type * as pulumi from "@pulumi/pulumi";

const roleType = "aws:iam/role:Role";

/**
 * Gives every role below a component a permissions boundary: of what its policies allow it may do no more than the boundary allows too. Roles that
 * remote components make are among them.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
 */
export function boundedBy(permissionsBoundary: string): pulumi.ResourceTransform {
  return async ({ type, props, opts }) => {
    if (type !== roleType) return undefined;
    // The SDK hands over an absent deleteBeforeReplace as false, which would overrule the provider.
    const { deleteBeforeReplace, ...given } = opts as pulumi.CustomResourceOptions;
    return {
      props: { ...props, permissionsBoundary },
      opts: { ...given, ...(deleteBeforeReplace ? { deleteBeforeReplace } : {}) },
    };
  };
}
