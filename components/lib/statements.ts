/** What a policy says. Every action that it allows is named, except in the policies of gateways, which permit nothing by themselves. */
export interface PolicyStatement {
  /** Why the statement exists; shown in the console as its Sid. Letters and digits only. */
  Sid: string;
  Effect: "Allow" | "Deny";
  Action: string[];
  Resource: string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

/** What is denied, whatever else allows it: it may say what it is not about. */
export interface DenyStatement {
  Sid: string;
  Effect: "Deny";
  Action?: string[];
  NotAction?: string[];
  Resource?: string[];
  NotResource?: string[];
  Condition?: PolicyStatement["Condition"];
}

/** A statement of a resource's own policy (bucket, key, queue), which also names who is meant. */
export interface ResourcePolicyStatement extends PolicyStatement {
  Principal: "*" | { AWS: string[] } | { Service: string[] };
}

/** A statement of the policy of a repository of images, which takes no resource. */
export type RepositoryPolicyStatement = Omit<ResourcePolicyStatement, "Resource">;

/** Policy language version; the only one that knows policy variables. */
const version = "2012-10-17";

/**
 * A policy document as IAM takes it.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
 */
export function policyDocument(
  statements: (PolicyStatement | DenyStatement | ResourcePolicyStatement)[] | RepositoryPolicyStatement[],
): string {
  return JSON.stringify({ Version: version, Statement: ofRole(statements) ? withoutRepeats(statements) : statements });
}

const ofRole = (statements: readonly object[]): statements is (PolicyStatement | DenyStatement)[] =>
  !statements.some((each) => "Principal" in each);

/**
 * Without what another statement allows already: one key may be that of several stores, and each grant asks for it. A policy has no more than 10,240
 * characters, and what is said twice is no longer denied when one of the two is taken away.
 */
function withoutRepeats(statements: readonly (PolicyStatement | DenyStatement)[]): (PolicyStatement | DenyStatement)[] {
  const covers = (by: PolicyStatement | DenyStatement, action: string, { Resource }: PolicyStatement) =>
    by.Effect === "Allow" &&
    by.Condition === undefined &&
    by.Action.includes(action) &&
    Resource.every((each) => by.Resource.includes(each));
  return statements.flatMap((statement, at) => {
    if (statement.Effect !== "Allow") return [statement];
    const Action = statement.Action.filter(
      (action) =>
        !statements.some(
          (other, before) =>
            before !== at && (before < at || statement.Condition !== undefined) && covers(other, action, statement),
        ),
    );
    return Action.length === 0 ? [] : [{ ...statement, Action }];
  });
}

/** Lets one AWS service take a role, and only on behalf of this account. */
export function trustService(service: string, accountId: string): string {
  return trustOf(service, accountId, ["sts:AssumeRole"]);
}

function trustOf(service: string, accountId: string, Action: string[]): string {
  return JSON.stringify({
    Version: version,
    Statement: [
      {
        Effect: "Allow",
        Principal: { Service: [service] },
        Action,
        Condition: { StringEquals: { "aws:SourceAccount": accountId } },
      },
    ],
  });
}

/**
 * Lets SageMaker take a role and say whose session it is: a domain that puts the profile's name into CloudTrail sets it as the source identity,
 * and no app starts where the trust leaves that out.
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/monitor-user-access-how-to.html
 */
export function trustStudio(accountId: string): string {
  return trustOf("sagemaker.amazonaws.com", accountId, ["sts:AssumeRole", "sts:SetSourceIdentity"]);
}

/**
 * Lets EC2 instances take a role. EC2 sends no source account, so none can be asked for.
 * @see https://docs.aws.amazon.com/eks/latest/userguide/create-node-role.html
 */
export function trustInstances(): string {
  return JSON.stringify({
    Version: version,
    Statement: [{ Effect: "Allow", Principal: { Service: ["ec2.amazonaws.com"] }, Action: ["sts:AssumeRole"] }],
  });
}

/**
 * Lets the EKS Pod Identity agent of one cluster hand the role to one service account, and to no other.
 * @see https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html
 */
export function trustPods(clusterArn: string, namespace: string, serviceAccount: string): string {
  return JSON.stringify({
    Version: version,
    Statement: [
      {
        Effect: "Allow",
        Principal: { Service: ["pods.eks.amazonaws.com"] },
        Action: ["sts:AssumeRole", "sts:TagSession"],
        Condition: {
          StringEquals: {
            "aws:RequestTag/eks-cluster-arn": clusterArn,
            "aws:RequestTag/kubernetes-namespace": namespace,
            "aws:RequestTag/kubernetes-service-account": serviceAccount,
          },
        },
      },
    ],
  });
}

/**
 * Lets jobs of a git host take a role by the tokens that it signs: for AWS, and of these subjects alone.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
 */
export function trustTokens(
  { arn, issuer, audience }: { arn: string; issuer: string; audience: string },
  { subjects, patterns }: { subjects: string[]; patterns: boolean },
): string {
  const subject = { [`${issuer}:sub`]: subjects };
  const forAws = { [`${issuer}:aud`]: audience };
  return JSON.stringify({
    Version: version,
    Statement: [
      {
        Effect: "Allow",
        Principal: { Federated: [arn] },
        Action: ["sts:AssumeRoleWithWebIdentity"],
        Condition: patterns
          ? { StringEquals: forAws, StringLike: subject }
          : { StringEquals: { ...forAws, ...subject } },
      },
    ],
  });
}
