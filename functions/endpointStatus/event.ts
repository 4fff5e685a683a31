import { asRecord, Problems } from "../event";

/** What the state machine passes. */
export interface StatusRequest {
  endpointName: string;
}

const name = /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/;

/** @throws with what is wrong. */
export function parseEvent(event: unknown): StatusRequest {
  const { endpointName } = asRecord(event);
  const problems = new Problems();
  if (typeof endpointName !== "string" || !name.test(endpointName)) {
    problems.add("endpointName", endpointName, name.source);
  }
  problems.refuse("endpointStatus");
  return { endpointName } as StatusRequest;
}
