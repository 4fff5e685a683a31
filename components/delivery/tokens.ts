/** What tokens of git hosts say of the job that asks: the words in which a role's trust is written. */
import type { DeliverySource, ModelRepository } from "../settings/delivery";

/** Who signs the tokens of a host's jobs. */
export interface TokenIssuer {
  /** As condition keys begin, such as `token.actions.githubusercontent.com`. */
  issuer: string;
  /** Whom a token has to be for. */
  audience: string;
}

/**
 * The issuer of a host.
 * @see https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws
 * @see https://docs.gitlab.com/ci/cloud_services/aws/
 */
export function tokenIssuer({ provider, host }: Pick<DeliverySource, "provider" | "host">): TokenIssuer {
  if (provider === "gitlab") return { issuer: host, audience: `https://${host}` };
  const issuer = host === "github.com" ? "token.actions.githubusercontent.com" : `${host}/_services/token`;
  return { issuer, audience: "sts.amazonaws.com" };
}

/** A repository as its host knows it. */
export type Repository = Pick<ModelRepository, "repository" | "ids">;

/** Subjects that a token may have; exact ones, unless they are patterns. */
export interface Subjects {
  subjects: string[];
  /** Whether `*` in them stands for any text. */
  patterns: boolean;
}

/**
 * How the subject of every token of a repository begins.
 * @see https://docs.github.com/en/actions/reference/security/oidc for the numbers
 */
function beginning(provider: DeliverySource["provider"], { repository, ids }: Repository): string {
  if (provider === "gitlab") return `project_path:${repository}`;
  const [owner, name] = repository.split("/");
  return ids === undefined ? `repo:${repository}` : `repo:${owner}@${ids.owner}/${name}@${ids.repository}`;
}

/** Jobs for commits of one branch. On GitHub those that name no environment. */
export function ofBranch(provider: DeliverySource["provider"], repository: Repository, branch: string): Subjects {
  const ref = provider === "gitlab" ? `ref_type:branch:ref:${branch}` : `ref:refs/heads/${branch}`;
  return { subjects: [`${beginning(provider, repository)}:${ref}`], patterns: false };
}

/**
 * Jobs of one environment, whose reviewers and branches the host asks for. GitLab's tokens do not name it: there those of its branch.
 * @see https://docs.gitlab.com/ci/secrets/id_token_authentication/
 */
export function ofEnvironment(
  provider: DeliverySource["provider"],
  repository: Repository,
  environment: { name: string; branch: string },
): Subjects {
  if (provider === "gitlab") return ofBranch(provider, repository, environment.branch);
  return { subjects: [`${beginning(provider, repository)}:environment:${environment.name}`], patterns: false };
}

/**
 * Jobs for pull requests of the repository's own branches. A fork's jobs get no token on GitHub, and on GitLab one of the fork. GitLab's
 * tokens do not tell merge requests from branches: there those of any branch.
 */
export function ofPullRequests(provider: DeliverySource["provider"], repository: Repository): Subjects {
  const start = beginning(provider, repository);
  return provider === "gitlab"
    ? { subjects: [`${start}:ref_type:branch:ref:*`], patterns: true }
    : { subjects: [`${start}:pull_request`], patterns: false };
}
