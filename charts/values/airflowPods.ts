/** What all pods of Airflow have in common. */

/** Within the "restricted" Pod Security Standard; the user is the one of the official image. */
export const podSecurity = (user: number) => ({
  runAsUser: user,
  runAsGroup: 0,
  fsGroup: 0,
  runAsNonRoot: true,
  seccompProfile: { type: "RuntimeDefault" },
});
export const containerSecurity = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };

export function resources(cpu: string, requestMiB: number, limitMiB: number) {
  return { requests: { cpu, memory: `${requestMiB}Mi` }, limits: { memory: `${limitMiB}Mi` } };
}

/** The reference cut at its last colon: joined by one, as the chart joins them, it is whole again, digest or tag. */
export function imageParts(image: string): { repository: string; tag: string } {
  const cut = image.lastIndexOf(":");
  return { repository: image.slice(0, cut), tag: image.slice(cut + 1) };
}

/** Environment variables of one kind of pod, each from the key of its own name. */
export function fromSecret(name: string, variables: string[]) {
  return variables.map((variable) => ({ name: variable, valueFrom: { secretKeyRef: { name, key: variable } } }));
}

/** More than one pod: one at a time may be taken away. One alone must be free to move, or no node could be emptied. */
export function disruption(replicas: number) {
  return { enabled: replicas > 1, ...(replicas > 1 ? { config: { maxUnavailable: 1 } } : {}) };
}

/**
 * For a pod that does not get the ConfigMap with the folder of task logs: the options that it shares with all others ask for one, and
 * without it Airflow does not start.
 */
export const withoutTaskLogs = [{ name: "AIRFLOW__LOGGING__REMOTE_LOGGING", value: "False" }];

/** What asks a part whether it lives loads Airflow anew each time: seconds of a whole processor, and many more where others want it too. */
export const askedSlowly = { livenessProbe: { timeoutSeconds: 60 } };
/** As long as a part may take until it has begun; the chart ends it after one minute. */
export const begunWithinMinutes = { failureThreshold: 30, periodSeconds: 10 };

/** A Job that is an object like any other: no hook, and kept when done, so that it is not found missing and made again. */
export const plainJob = {
  useHelmHooks: false,
  applyCustomEnv: false,
  ttlSecondsAfterFinished: null,
  env: withoutTaskLogs,
};
export const withoutToken = { automountServiceAccountToken: false };

/** Starts standing pods anew when what they read only at their start has changed. Jobs have done their work: one that differs is replaced. */
export function restarting({ secretsRevision }: { secretsRevision: string }) {
  return { podAnnotations: { "mlplatform/secrets-revision": secretsRevision } };
}
