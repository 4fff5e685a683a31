import { GetObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import type { GateRequest } from "./event";

/** The report, or why there is none that could be judged. */
export type Found = { report: unknown } | { problem: string };

/** Metrics by name, and drift by feature: a few thousand numbers at most. */
const mostBytes = 8 * 1024 * 1024;
/** Text in quotes stays as it is; outside, Python writes these for numbers that JSON does not have. */
const notJson = /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g;

/** @throws when S3 does not say what is there: then nothing is known of the model, and asking again may help. */
export async function readReport(client: S3Client, { bucket, key }: GateRequest["report"]): Promise<Found> {
  const address = `s3://${bucket}/${key}`;
  let text: string;
  try {
    const { Body, ContentLength } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    if ((ContentLength ?? 0) > mostBytes) return { problem: `the report ${address} has ${ContentLength} bytes` };
    text = (await Body?.transformToString()) ?? "";
  } catch (error) {
    if ((error as Error).name === "NoSuchKey") return { problem: `there is no report at ${address}` };
    throw error;
  }
  try {
    return { report: JSON.parse(text.replace(notJson, (found) => (found.startsWith('"') ? found : "null"))) };
  } catch {
    return { problem: `the report ${address} is no JSON` };
  }
}
