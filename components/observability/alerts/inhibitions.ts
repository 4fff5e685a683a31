import { modelLabel, ownerLabel, toolLabel } from "./labels";

/** What the loss of a node brings with it, wherever it happens: pods that are not ready, replicas that are missing. */
const afterNodeLoss =
  "KubePodNotReady|KubeDeploymentReplicasMismatch|KubeStatefulSetReplicasMismatch|KubeDaemonSetRolloutStuck|TargetDown|PodsUnschedulable";

/** One cause, one page: while the source fires, nobody is told of the target. */
export const inhibitions = [
  // The same alert at two severities.
  {
    source_matchers: ['severity="critical"'],
    target_matchers: ['severity=~"warning|info"'],
    equal: ["alertname", "namespace", ownerLabel, modelLabel],
  },
  // A tool that is down also fails in other ways. The platform at large is no tool: its alerts have nothing in common.
  {
    source_matchers: ['severity="critical"', `${toolLabel}!~"|platform"`],
    target_matchers: ['severity="warning"', `${toolLabel}!~"|platform"`],
    equal: [toolLabel],
  },
  // A node that is down is not ready either, and cannot be reached. Crash loops have another cause and are still told.
  {
    source_matchers: ['alertname="NodeDown"'],
    target_matchers: ['alertname=~"KubeNodeNotReady|KubeNodeUnreachable|KubeletDown"'],
    equal: ["node"],
  },
  {
    source_matchers: ['alertname="KubeNodeUnreachable"'],
    target_matchers: ['alertname="KubeNodeNotReady"'],
    equal: ["node"],
  },
  { source_matchers: ['alertname="NodeDown"'], target_matchers: [`alertname=~"${afterNodeLoss}"`] },
  // A model that is down answers nothing: neither fast nor without errors, and nothing of it is sampled.
  {
    source_matchers: ['alertname="ModelDown"'],
    target_matchers: [
      'alertname=~"ModelErrorRateHigh|ModelLatencyHigh|ModelSamplingStale|ModelLoadFailing|ModelWorkersEnding"',
    ],
    equal: [modelLabel],
  },
  // A model that has no version yet cannot be released, checked or sampled.
  {
    source_matchers: ['alertname="ModelNoVersion"'],
    target_matchers: ['alertname=~"ModelReleaseStuck|ModelDriftCheckStale|ModelSamplingStale"'],
    equal: [modelLabel],
  },
  // Pods without a version are not ready, however long: the rules of the cluster know nothing of versions.
  {
    source_matchers: ['alertname="ModelWaiting"'],
    target_matchers: ['alertname=~"KubeDeploymentReplicasMismatch|KubeDeploymentRolloutStuck"'],
    equal: ["namespace", "deployment"],
  },
  // Versions are asked for at MLflow, by the release controller.
  {
    source_matchers: ['alertname=~"MlflowDown|ReleaseControllerDown"'],
    target_matchers: ['alertname=~"ReleaseControllerDown|ModelReleaseStuck|ModelReleaseFailed|ModelLoadFailing"'],
  },
];
