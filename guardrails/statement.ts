/** A statement of a guardrail: it has no name of who is meant, and may say what it is not about. */
export interface GuardrailStatement {
  Sid: string;
  Effect: "Allow" | "Deny";
  Action?: string[];
  NotAction?: string[];
  Resource: string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

/** A policy as AWS takes it. */
export interface Guardrail {
  Version: "2012-10-17";
  Statement: GuardrailStatement[];
}

export const guardrail = (Statement: GuardrailStatement[]): Guardrail => ({ Version: "2012-10-17", Statement });
