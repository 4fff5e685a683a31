/** Annotations of a pod whose work is lost when a node is emptied to save it: the cluster autoscaler and Karpenter let it end. */
export const undisturbed = {
  "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
  "karpenter.sh/do-not-disrupt": "true",
} as const;

/** Rule of a Job: a pod that a node took with it has not failed, and costs none of the Job's tries. */
export const ignoreDisruption = {
  action: "Ignore",
  onPodConditions: [{ type: "DisruptionTarget", status: "True" }],
};
