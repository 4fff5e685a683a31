import type { LogPlace } from "./dashboards/cloudWatch";

/** What alerts and dashboards know of a model. */
export interface WatchedModel {
  name: string;
  /** Whom its alerts go to; absent: whoever gets what nobody owns. */
  owner?: string;
  objectives: {
    /** 99 of 100 requests are answered within this time. */
    p99Millis: number;
    /** Requests that may fail. */
    errorRatePercent: number;
  };
  /** How long a new version is tried. */
  bakeMinutes: number;
  /** Stack that its versions are approved in; absent where they are made here. */
  takenFrom?: string;
  /** Stacks that may take its versions; absent where none may. */
  offeredTo?: string[];
  /** Absent where it is not served on Kubernetes. */
  kubernetes?: { namespace: string; deployment: string; canaryDeployment: string };
  /** Absent where it is not served on SageMaker. */
  sagemaker?: { endpointName: string; region: string; logs: LogPlace };
  /** Absent where live input is not compared with the training data. */
  drift?: { maxPsi: number; everyHours: number; samplePercent: number };
  /** Absent where nobody looks at live answers. */
  quality?: {
    everyHours: number;
    /** Whether labelled answers are judged. */
    labelled: boolean;
    /** Bad windows in a row that start a training; absent where none is started. */
    windows?: number;
    /** Whether alarms of CloudWatch tell its owner. */
    alarmed: boolean;
  };
}

/** What selects the answers that callers of any model got, as `answered` does of one. */
export const answeredByAny = 'track="stable",route=~"/invocations|/v2"';

/**
 * What selects the answers that callers got. The canary answers no caller, the stable server hands its answers on; probes,
 * descriptions and metrics are no answers.
 */
export function answered(model: string): string {
  return `model="${model}",${answeredByAny}`;
}
