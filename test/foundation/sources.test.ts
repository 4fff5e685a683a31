import { expect } from "chai";
import { lookAtSources } from "../../components/foundation/sources";
import { type Problem, SettingsProblems } from "../../components/settings/problems";
import { building } from "../support/foundation";

const answers = {
  "aws:s3/getBucket:getBucket": ({ bucket }: Record<string, unknown>) => {
    if (bucket === "closed-lake") throw new Error("StatusCode: 403, Forbidden");
    return { bucket, bucketRegion: bucket === "far-lake" ? "us-east-1" : "eu-west-1" };
  },
};

async function problemsOf(sources: Record<string, { bucket: string }>): Promise<readonly Problem[]> {
  let problems: readonly Problem[] = [];
  await building(
    async () => {
      try {
        await lookAtSources(sources, "eu-west-1", {});
      } catch (error) {
        if (!(error instanceof SettingsProblems)) throw error;
        problems = error.problems;
      }
    },
    { calls: answers },
  );
  return problems;
}

describe("buckets that somebody else keeps", () => {
  it("are taken as they are", async () => {
    expect(await problemsOf({ lake: { bucket: "company-lake" } })).to.deep.equal([]);
  });

  it("are refused all at once where they cannot be seen, or lie in another region", async () => {
    const allowed = "a bucket of eu-west-1 that whoever runs this may list";
    const problems = await problemsOf({ closed: { bucket: "closed-lake" }, far: { bucket: "far-lake" } });
    expect(problems).to.have.length(2);
    expect(problems.find(({ value }) => value === "far-lake")).to.deep.equal({
      path: "data.sources.far.bucket",
      value: "far-lake",
      allowed,
      remedy: "It lies in us-east-1: name a copy in eu-west-1, which S3 keeps by a replication rule.",
    });
    const closed = problems.find(({ value }) => value === "closed-lake");
    expect(closed).to.include({ path: "data.sources.closed.bucket", allowed });
    expect(closed!.remedy).to.match(/^Correct it, or the credentials in use. AWS says: /);
  });
});
