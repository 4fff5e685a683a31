import { S3Client } from "@aws-sdk/client-s3";
import { asRecord } from "../event";
import { failure } from "../failure";
import { log } from "../log";
import { parseEvent } from "./event";
import { judge, type Verdict } from "./judge";
import { readReport } from "./report";

/** The verdict, with what it was reached on. */
export interface TrainingGateResult extends Verdict {
  /** What the candidate reached, by metric: only what is a number. */
  metrics: Record<string, number>;
  /** The verdict as one text, for a pipeline, whose steps keep no lists. */
  said: string;
}

/** Of a value that a step of a pipeline keeps. https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_OutputParameter.html */
const longestValue = 1024;

/**
 * Judges a candidate by the report of its evaluation. Reads, and changes nothing.
 *
 * @returns that it did not pass, also where there is no report or none that can be read.
 * @throws when the request is wrong or S3 does not answer: the state machine must not go on then either.
 */
export async function handler(event: unknown): Promise<TrainingGateResult> {
  const client = new S3Client({ requestHandler: { connectionTimeout: 5_000, requestTimeout: 20_000 } });
  let subject = {};
  try {
    const { gate, checks = [], report: where } = parseEvent(event);
    subject = { report: `s3://${where.bucket}/${where.key}`, gate };
    const found = await readReport(client, where);
    const verdict =
      "problem" in found ? { passed: false, reasons: [found.problem] } : judge(gate, found.report, checks);
    const result = {
      ...verdict,
      metrics: "report" in found ? numbersOf(asRecord(found.report).candidate) : {},
      said: verdict.passed ? "passed" : verdict.reasons.join("; ").slice(0, longestValue),
    };
    log(result.passed ? "info" : "warn", result.passed ? "passed" : "did not pass", { ...subject, ...result });
    return result;
  } catch (error) {
    throw failure(error, subject);
  } finally {
    client.destroy();
  }
}

function numbersOf(metrics: unknown): Record<string, number> {
  const numbers = Object.entries(asRecord(metrics)).filter(
    (entry): entry is [string, number] => typeof entry[1] === "number",
  );
  return Object.fromEntries(numbers);
}
