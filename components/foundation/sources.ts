import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { SettingsProblems } from "../settings/problems";
import { Lookups } from "./lookups";

/**
 * Looks at the buckets that somebody else keeps and the stack reads.
 * @throws SettingsProblems that name each one which cannot be seen, or lies in another region: jobs reach S3 by the endpoint of their own
 */
export async function lookAtSources(
  sources: Record<string, { bucket: string }>,
  region: string,
  opts: pulumi.InvokeOptions,
): Promise<void> {
  const lookups = new Lookups();
  const problems = lookups.problems;
  await Promise.all(
    Object.entries(sources).map(async ([name, { bucket }]) => {
      const path = `data.sources.${name}.bucket`;
      const allowed = `a bucket of ${region} that whoever runs this may list`;
      const found = await lookups.find(path, bucket, allowed, aws.s3.getBucket({ bucket }, opts));
      if (found === undefined || found.bucketRegion === region) return;
      problems.push({
        path,
        value: bucket,
        allowed,
        remedy: `It lies in ${found.bucketRegion}: name a copy in ${region}, which S3 keeps by a replication rule.`,
      });
    }),
  );
  if (problems.length > 0) throw new SettingsProblems(problems);
}
