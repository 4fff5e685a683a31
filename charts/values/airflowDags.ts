import { hostOfRepository } from "../../components/lib/gitAddress";

/** Where DAGs come from. */
export type AirflowDags =
  /** Only those inside the image. */
  | { kind: "none" }
  | {
      kind: "git";
      /** `https://host/path`, `ssh://user@host/path` or `user@host:path`. */
      repository: string;
      branch: string;
      /** Folder inside the repository. */
      path: string;
      /** Seconds between looks at the branch. */
      syncSeconds: number;
      /** Secret with `gitSshKey` (a deploy key), or with `GITSYNC_USERNAME` and `GITSYNC_PASSWORD`; absent: public. */
      secretName?: string;
      /** Lines of a known_hosts file. Absent: the published keys of well-known hosts, and for others none are checked. */
      knownHosts?: string;
    }
  /** A volume that many pods read. */
  | { kind: "volume"; storageGiB: number; storageClass: string };

/** Secret, in each namespace that fetches a private repository, laid out as git-sync wants it. */
export const dagsSecretName = "dags-git";

/**
 * What that Secret holds for a repository: the key of an ssh address, or the token of an https address, with its user in front
 * where that matters. A key pasted without its last line break is none to ssh. The hosts are for notebooks; git-sync is told them by a value.
 */
export function dagsCredentials(repository: string, credential: string): Record<string, string> {
  const given = credential.trim();
  if (!repository.startsWith("https://")) {
    const hosts = knownHosts(repository);
    return { gitSshKey: `${given}\n`, ...(hosts === undefined ? {} : { known_hosts: `${hosts}\n` }) };
  }
  const colon = given.indexOf(":");
  // Git gives a password only to the user whom the address names, as those of Azure DevOps do.
  const [, named = "git"] = /^https:\/\/([^/@]+)@/.exec(repository) ?? [];
  return {
    GITSYNC_USERNAME: colon > 0 ? given.slice(0, colon) : decodeURIComponent(named),
    GITSYNC_PASSWORD: given.slice(colon + 1),
  };
}

/**
 * Host keys as their owners publish them.
 * @see https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/githubs-ssh-key-fingerprints
 * @see https://docs.gitlab.com/user/gitlab_com/#ssh-known_hosts-entries
 */
const publishedHostKeys: Record<string, string> = {
  "github.com": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl",
  "gitlab.com": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAfuCHKVTjquxvt6CM6tdG4SLp1Btn/nOeHHE5UOzRdf",
};

function knownHosts(repository: string, given?: string): string | undefined {
  if (given !== undefined) return given;
  const host = hostOfRepository(repository);
  const key = publishedHostKeys[host];
  return key === undefined ? undefined : `${host} ${key}`;
}

function credentials(secretName: string, repository: string, given?: string): Record<string, unknown> {
  if (repository.startsWith("https://")) {
    // Not `credentialsSecret`: that demands the key names of git-sync 3 beside those of git-sync 4.
    return { envFrom: `- secretRef:\n    name: ${JSON.stringify(secretName)}\n` };
  }
  const hosts = knownHosts(repository, given);
  return { sshKeySecret: secretName, ...(hosts === undefined ? {} : { knownHosts: hosts }) };
}

/** Section `dags` of the chart. Git and a volume exclude each other: with both, nobody syncs. */
export function airflowDagsValues(dags: AirflowDags): Record<string, unknown> {
  switch (dags.kind) {
    case "none":
      return { gitSync: { enabled: false }, persistence: { enabled: false } };
    case "volume":
      return {
        gitSync: { enabled: false },
        persistence: {
          enabled: true,
          size: `${dags.storageGiB}Gi`,
          storageClassName: dags.storageClass,
          accessMode: "ReadWriteMany",
        },
      };
    case "git":
      return {
        persistence: { enabled: false },
        gitSync: {
          enabled: true,
          repo: dags.repository,
          branch: dags.branch,
          ref: dags.branch,
          rev: "HEAD",
          depth: 1,
          subPath: dags.path,
          period: `${dags.syncSeconds}s`,
          recommendedProbeSetting: true,
          livenessProbe: { enabled: true },
          ...(dags.secretName === undefined ? {} : credentials(dags.secretName, dags.repository, dags.knownHosts)),
          securityContexts: {
            container: {
              runAsUser: 65533,
              runAsGroup: 0,
              runAsNonRoot: true,
              allowPrivilegeEscalation: false,
              capabilities: { drop: ["ALL"] },
            },
          },
          resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "256Mi" } },
        },
      };
  }
}
