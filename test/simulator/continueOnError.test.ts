import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as aws from "@pulumi/aws";
import { expect } from "chai";
import type { FailureRule } from "../../simulator/cloud";
import { Account } from "../../simulator/cloud/account";
import { runStack } from "../../simulator/run";
import { engineOrSkip } from "./cloud/engine";

/** Each needs all before it: there are more paths through them than anybody can follow. */
const many = 30;
const topics = (tag: string) => async () => {
  const made: aws.sns.Topic[] = [];
  for (let at = 0; at < many; at += 1) {
    const tags = Object.fromEntries(made.map(({ arn }, index) => [`of${index}`, arn]));
    made.push(new aws.sns.Topic(`topic-${at}`, { name: `topic-${at}`, tags: { ...tags, tag } }));
  }
  new aws.sns.Topic("apart", { name: "apart", tags: { tag } });
};

describe("a run that goes on after an error, on the simulated cloud", function () {
  this.timeout(120_000);
  const outDir = mkdtempSync(join(tmpdir(), "continue-"));
  const up = async (context: Mocha.Context, tag: string, failures: FailureRule[] = []) =>
    runStack({
      ...{ command: "up", stack: "dev", outDir, failures, continueOnError: true, program: topics(tag) },
      ...{ engine: await engineOrSkip(context), project: join(__dirname, "fixture") },
    });
  after(() => rmSync(outDir, { recursive: true, force: true }));

  it("makes what does not need what failed, deletes nothing that does, ends, and heals", async function () {
    expect((await up(this, "first")).result).to.equal("succeeded");
    const failed = await up(this, "second", [{ type: "sns/topic:Topic", name: `topic-${many - 2}`, times: 1 }]);
    expect(failed.result).to.equal("failed");
    expect(failed.operations.filter(({ kind }) => kind === "delete")).to.deep.equal([]);
    expect(failed.operations.map(({ name }) => name)).to.include("apart");
    const account = new Account(join(outDir, "dev", "cloud.json"));
    expect(account.list().filter(({ type }) => type === "aws:sns/topic:Topic")).to.have.length(many + 1);
    account.close();
    expect((await up(this, "second")).changes).to.deep.include({ create: 0, update: 2, delete: 0 });
  });
});
