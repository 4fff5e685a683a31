import { asRecord, Problems } from "../event";

/** `models.<name>.training.gate`: what a candidate has to reach. */
export interface Gate {
  /** Name of the metric in the report. */
  metric: string;
  /** Whether more or less of it is better. Absent: more, unless `atMost` stands alone. */
  direction?: "maximize" | "minimize";
  atLeast?: number;
  atMost?: number;
  /** Whether it has to be better than what is live, measured on the same rows. Equal is not better. */
  beatChampion: boolean;
  /** Most that any feature's population stability index may be. */
  maxDriftPsi?: number;
}

/** What the state machine passes. */
export interface GateRequest {
  gate: Gate;
  /** What is checked beside the metric, as `evaluate` was asked for it. */
  checks?: string[];
  /** Where the evaluation wrote `evaluation.json`. */
  report: { bucket: string; key: string };
}

/** @throws with every problem of the payload in one message: a gate that was not understood lets nothing through. */
export function parseEvent(event: unknown): GateRequest {
  const given = asRecord(event);
  const gate = asRecord(typeof given.gate === "string" ? parsed(given.gate) : given.gate);
  const report = asRecord(given.report);
  const problems = new Problems();
  const { checks } = given;
  if (checks !== undefined && !(Array.isArray(checks) && checks.every((each) => typeof each === "string"))) {
    problems.add("checks", checks, "a list of texts, or nothing");
  }
  const { metric, direction, atLeast, atMost, beatChampion, maxDriftPsi } = gate;
  if (typeof metric !== "string" || metric === "") problems.add("gate.metric", metric, "the name of a metric");
  if (direction !== undefined && direction !== "maximize" && direction !== "minimize") {
    problems.add("gate.direction", direction, "maximize, minimize, or nothing");
  }
  for (const [name, value] of Object.entries({ atLeast, atMost, maxDriftPsi })) {
    if (value !== undefined && !Number.isFinite(value)) problems.add(`gate.${name}`, value, "a number, or nothing");
  }
  if (typeof beatChampion !== "boolean") problems.add("gate.beatChampion", beatChampion, "true, false");
  const known = ["metric", "direction", "atLeast", "atMost", "beatChampion", "maxDriftPsi"];
  for (const name of Object.keys(gate)) {
    if (!known.includes(name)) problems.add(`gate.${name}`, gate[name], `nothing; rules are ${known.join(", ")}`);
  }
  if (atLeast === undefined && atMost === undefined && maxDriftPsi === undefined && beatChampion === false) {
    problems.add("gate", gate, "atLeast, atMost, beatChampion: true or maxDriftPsi: this one asks nothing");
  }
  for (const name of ["bucket", "key"]) {
    const value = report[name];
    if (typeof value !== "string" || value === "") problems.add(`report.${name}`, value, "a text");
  }
  problems.refuse("trainingGate");
  return {
    gate: gate as unknown as Gate,
    ...(checks === undefined ? {} : { checks: checks as string[] }),
    report: report as unknown as GateRequest["report"],
  };
}

/** A pipeline's parameters are texts, and so is the gate that it passes on. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
