/** Host of a git repository in small letters, of `https://host/…`, `ssh://user@host/…` and `user@host:…`; of IPv6 with its brackets. */
export function hostOfRepository(repository: string): string {
  const [, host = ""] = /^(?:\w+:\/\/)?(?:[^@/]+@)?(\[[^\]/]*\]|[^/:]+)/.exec(repository) ?? [];
  return host.toLowerCase();
}

/** Region of a repository in CodeCommit; nothing where it lies elsewhere. https://docs.aws.amazon.com/codecommit/latest/userguide/regions.html */
export function codeCommitRegion(repository: string): string | undefined {
  return /^git-codecommit(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/.exec(hostOfRepository(repository))?.[1];
}
