import { dagScripts } from "./jupyterhubNames";

/** The repository that each home gets a clone of. */
export interface SharedDags {
  repository: string;
  branch: string;
  /** Secret in the hub's namespace, laid out as for git-sync; absent: the repository is public. */
  secretName?: string;
}

export const homeDirectory = "/home/jovyan";
export const homeVolume = "home";

const scripts = { name: "dag-scripts", mountPath: "/opt/dags/scripts" };
const fetched = { name: "dags-fetched", mountPath: "/opt/dags/fetched" };
const credentials = { name: "dag-credentials", mountPath: "/opt/dags/credentials" };

/** Volumes of each server beside its home. */
export function dagVolumes(dags: SharedDags) {
  return [
    { name: scripts.name, configMap: { name: dagScripts, defaultMode: 0o555 } },
    { name: fetched.name, emptyDir: {} },
    ...(dags.secretName === undefined ? [] : [{ name: credentials.name, secret: { secretName: dags.secretName } }]),
  ];
}

/**
 * Two steps before the server starts: one has the credentials and no home, the other a home and no credentials, because a
 * person's clone can hold commands that git runs. Both use the server's own image, which is pulled anyway.
 */
export function dagContainers(dags: SharedDags, image: string) {
  const env = Object.entries({
    DAGS_REPOSITORY: dags.repository,
    DAGS_BRANCH: dags.branch,
    DAGS_FETCHED: `${fetched.mountPath}/dags`,
    DAGS_HOME: `${homeDirectory}/dags`,
    DAGS_SCRIPTS: scripts.mountPath,
    DAGS_CREDENTIALS: credentials.mountPath,
  }).map(([name, value]) => ({ name, value }));
  const step = (name: string, volumeMounts: object[]) => ({
    name,
    image,
    command: ["sh", `${scripts.mountPath}/${name.replace("-", "_")}.sh`],
    env,
    volumeMounts: [scripts, fetched, ...volumeMounts],
    resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "1Gi" } },
    securityContext: {
      runAsUser: 1000,
      runAsGroup: 100,
      runAsNonRoot: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
    },
  });
  return [
    step("fetch-dags", dags.secretName === undefined ? [] : [{ ...credentials, readOnly: true }]),
    step("place-dags", [{ name: homeVolume, mountPath: homeDirectory }]),
  ];
}
