import { undisturbed } from "../../components/lib/undisturbed";
import { bundleValues } from "./airflowBundles";
import { type AirflowFacts, logConnectionVariable } from "./airflowFacts";
import { containerSecurity, fromSecret, podSecurity, resources, restarting, withoutToken } from "./airflowPods";
import { workerPodTemplate } from "./airflowWorkerPod";

/** Where tasks run: one pod for each, or standing workers behind a queue. */
export function executorValues({ executor, ...facts }: AirflowFacts): Record<string, unknown> {
  const worker = {
    serviceAccount: { create: true, name: facts.serviceAccounts.worker },
    resources: {
      requests: { cpu: facts.workerCpu, memory: `${facts.workerMemoryMiB}Mi` },
      limits: { memory: `${facts.workerMemoryMiB}Mi` },
    },
    env: [
      ...fromSecret(facts.secretNames.taskLogs, facts.logKeys ? [logConnectionVariable] : []),
      ...fromSecret(facts.secretNames.tasks, facts.taskVariables),
    ],
    safeToEvict: false, // A task that is moved starts over.
    ...bundleValues(facts.platformDags).mounted,
    ...facts.workerPlacement,
  };
  if (executor.kind === "kubernetes") {
    // Where tasks have a namespace of their own, so has their service account.
    const create = facts.workers.namespace === facts.namespace;
    return {
      executor: "KubernetesExecutor",
      redis: { enabled: false },
      podTemplate: workerPodTemplate(facts),
      airflowLocalSettings: facts.workers.localSettings,
      workers: {
        // Pods of tasks have this one where the chart makes none for them.
        serviceAccount: { create: false, name: facts.serviceAccounts.worker },
        kubernetes: {
          ...worker,
          serviceAccount: { create, name: facts.serviceAccounts.worker },
          podAnnotations: undisturbed,
        },
      },
    };
  }
  const storageClass = facts.storageClass === undefined ? {} : { storageClassName: facts.storageClass };
  return {
    executor: "CeleryExecutor",
    redis: {
      enabled: true,
      passwordSecretName: facts.secretNames.redisPassword,
      persistence: { enabled: true, size: "1Gi", ...storageClass },
      serviceAccount: withoutToken,
      securityContexts: { pod: podSecurity(999), container: containerSecurity },
      resources: resources("50m", 128, 512),
    },
    workers: {
      // The chart lets this one start pods, and makes that one.
      serviceAccount: { create: false, name: facts.serviceAccounts.worker },
      celery: {
        ...worker,
        ...restarting(facts),
        replicas: executor.minWorkers,
        persistence: { enabled: false },
        hpa: {
          enabled: executor.maxWorkers > executor.minWorkers,
          minReplicaCount: executor.minWorkers,
          maxReplicaCount: executor.maxWorkers,
        },
      },
    },
  };
}
