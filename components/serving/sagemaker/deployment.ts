import type { EndpointTarget } from "./target";

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
      type: "CANARY";
      canarySize: { type: "CAPACITY_PERCENT"; value: number };
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
 * Two fleets side by side: a part of the new one first, then all of it, back to the old one when an alarm fires. Nothing for serverless
 * endpoints, whose traffic AWS moves all at once.
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails.html
 */
export function planDeployment(
  kind: EndpointTarget["kind"],
  { percent, bakeMinutes }: CanaryPlan,
  alarmNames: string[],
): DeploymentPlan | undefined {
  if (kind === "serverless") return undefined;
  const waitSeconds = bakeMinutes * 60;
  const execution = waitSeconds + terminationWaitSeconds + startSeconds;
  return {
    blueGreenUpdatePolicy: {
      trafficRoutingConfiguration: {
        type: "CANARY",
        canarySize: { type: "CAPACITY_PERCENT", value: percent },
        waitIntervalInSeconds: waitSeconds,
      },
      terminationWaitInSeconds: terminationWaitSeconds,
      maximumExecutionTimeoutInSeconds: Math.min(executionSeconds.most, Math.max(executionSeconds.least, execution)),
    },
    autoRollbackConfiguration: { alarms: alarmNames.map((alarmName) => ({ alarmName })) },
  };
}
