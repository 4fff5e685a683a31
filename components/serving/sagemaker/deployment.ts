import { type EndpointTarget, firstInstances } from "./target";

/** How a new version is tried. */
export interface CanaryPlan {
  /** Share of the new fleet that gets traffic first, at most 50. */
  percent: number;
  /** Minutes without an alarm before it gets all. */
  bakeMinutes: number;
}

/** As Pulumi takes it; the keys of AWS's API are the same but for their first letter. */
export interface DeploymentPlan {
  blueGreenUpdatePolicy: {
    trafficRoutingConfiguration: {
      type: "CANARY" | "ALL_AT_ONCE";
      canarySize?: { type: "CAPACITY_PERCENT"; value: number };
      waitIntervalInSeconds: number;
    };
    terminationWaitInSeconds: number;
    maximumExecutionTimeoutInSeconds: number;
  };
  autoRollbackConfiguration: { alarms: { alarmName: string }[] };
}

/** The old fleet stays this long after the new one has all traffic, and alarms still bring it back. */
const terminationWaitSeconds = 300;
/** For instances to start and models to load, on top of the waits. */
const startSeconds = 3600;
/** Least and most that AWS takes. */
const executionSeconds = { least: 600, most: 28_800 };

/**
 * Fewest instances that have a canary, which is whole instances and at most half of them.
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-blue-green-canary.html
 */
export const fewestForCanary = 2;

/**
 * Two fleets side by side: a part of the new one first, then all of it, back to the old one when an alarm fires. A new fleet of one instance has
 * no part, so it gets all traffic at once and is watched as long. Nothing for serverless endpoints, whose traffic AWS moves by itself.
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails.html
 */
export function planDeployment(
  target: EndpointTarget,
  { percent, bakeMinutes }: CanaryPlan,
  alarmNames: string[],
): DeploymentPlan | undefined {
  if (target.kind === "serverless") return undefined;
  const waitIntervalInSeconds = bakeMinutes * 60;
  const execution = waitIntervalInSeconds + terminationWaitSeconds + startSeconds;
  return {
    blueGreenUpdatePolicy: {
      trafficRoutingConfiguration:
        firstInstances(target) < fewestForCanary
          ? { type: "ALL_AT_ONCE", waitIntervalInSeconds }
          : { type: "CANARY", canarySize: { type: "CAPACITY_PERCENT", value: percent }, waitIntervalInSeconds },
      terminationWaitInSeconds: terminationWaitSeconds,
      maximumExecutionTimeoutInSeconds: Math.min(executionSeconds.most, Math.max(executionSeconds.least, execution)),
    },
    autoRollbackConfiguration: { alarms: alarmNames.map((alarmName) => ({ alarmName })) },
  };
}
