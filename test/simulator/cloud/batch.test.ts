import * as path from "node:path";
import * as aws from "@pulumi/aws";
import { expect } from "chai";
import type { AwsAccount } from "../../../components/contracts/account";
import { Catalog } from "../../../components/data/catalog";
import { Bucket } from "../../../components/foundation/data/bucket";
import { dataProtection } from "../../../components/foundation/data/protection";
import {
  type BatchModel,
  SagemakerBatch,
  type SagemakerBatchArgs,
} from "../../../components/serving/batch/sagemakerBatch";
import { ScoringRuns } from "../../../components/serving/batch/scoringRuns";
import { Account } from "../../../simulator/cloud/account";
import { Bench, engineOrSkip } from "./engine";

const account: AwsAccount = { accountId: "000000000000", region: "eu-west-1", partition: "aws" };

/** A bucket, and one model that scores what lies in it. */
const scoring = (live: BatchModel, when: Pick<SagemakerBatchArgs, "whole" | "newObjects">) => async () => {
  const key = new aws.kms.Key("key", {});
  const store = new Bucket("data", {
    keyArn: key.arn,
    noncurrentVersionDays: 30,
    abortUploadDays: 7,
    protection: dataProtection(false),
  });
  const topic = new aws.sns.Topic("owner", {});
  const told = new aws.s3.BucketNotification("told", { bucket: store.bucketName, eventbridge: true });
  const runs = new ScoringRuns("runs", { account, stack: "dev", keyArn: store.keyArn, logRetentionDays: 30 });
  new SagemakerBatch("churn", {
    stopping: runs.stopping,
    account,
    model: "churn",
    live,
    jobPrefix: "dev-churn-",
    machineName: "dev-churn-batch",
    store,
    instanceType: "ml.m5.large",
    instances: 1,
    timeoutMinutes: 60,
    topicArn: topic.arn,
    tags: { team: "ml" },
    after: [told],
    ...when,
  });
  new Catalog("catalog", {
    databaseName: "platform_dev",
    workgroupName: "platform-dev",
    store,
    scanLimitGiB: 100,
    predictions: { churn: "jsonLines", "fraud-eu": "parquet" },
  });
};

const whole = { schedule: "cron(0 3 L * ? *)", folder: "incoming/churn/" };
const newObjects = { folder: "landing/churn/" };
const endpoint = { endpointName: "dev-churn", placeholderModelName: "dev-churn-first" };
const cases: [title: string, BatchModel, Pick<SagemakerBatchArgs, "whole" | "newObjects">][] = [
  ["a schedule, pinned", { modelName: "churn-3" }, { whole }],
  ["new objects, at an endpoint", endpoint, { newObjects }],
  ["both, pinned", { modelName: "churn-3" }, { whole, newObjects }],
];

describe("batch transform on the simulated cloud", function () {
  this.timeout(120000);
  for (const [title, live, when] of cases) {
    it(`${title}: comes up, a second preview shows no change, destroy leaves nothing`, async function () {
      const bench = new Bench(await engineOrSkip(this));
      try {
        const program = scoring(live, when);
        const up = await bench.up(program);
        expect(up.succeeded, up.text).to.equal(true);
        const types = (await bench.resources()).map(({ type }) => type);
        expect(types.includes("aws:scheduler/schedule:Schedule")).to.equal(when.whole !== undefined);
        for (const type of ["aws:pipes/pipe:Pipe", "aws:sqs/queue:Queue", "aws:dynamodb/table:Table"]) {
          expect(types.includes(type), type).to.equal(when.newObjects !== undefined);
        }
        const preview = await bench.preview(program);
        expect(Object.keys(preview.changes), preview.text).to.deep.equal(["same"]);
        const down = await bench.destroy();
        expect(down.succeeded, down.text).to.equal(true);
        const left = [...new Account(path.join(bench.folder, "account.json")).all()].map(({ urn }) => urn);
        // Keys wait for their deletion.
        expect(left.filter((urn) => urn.includes("SagemakerBatch") || urn.includes("Catalog"))).to.deep.equal([]);
      } finally {
        bench.remove();
      }
    });
  }

  const refusals: [title: string, () => Promise<void>, RegExp][] = [
    [
      "a pipe that would wait for a standard state machine",
      async () => {
        const role = (name: string, service: string) =>
          new aws.iam.Role(name, {
            assumeRolePolicy: JSON.stringify({
              Statement: [{ Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" }],
            }),
          });
        const machine = new aws.sfn.StateMachine("m", {
          roleArn: role("states", "states.amazonaws.com").arn,
          definition: '{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}',
        });
        new aws.pipes.Pipe("p", {
          roleArn: role("pipes", "pipes.amazonaws.com").arn,
          source: new aws.sqs.Queue("q").arn,
          target: machine.arn,
          targetParameters: { stepFunctionStateMachineParameters: { invocationType: "REQUEST_RESPONSE" } },
        });
      },
      /only invoked with FIRE_AND_FORGET/,
    ],
    [
      "a state machine whose role trusts somebody else",
      async () => {
        const assumeRolePolicy = JSON.stringify({
          Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
        });
        new aws.sfn.StateMachine("m", {
          roleArn: new aws.iam.Role("r", { assumeRolePolicy }).arn,
          definition: '{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}',
        });
      },
      /does not name states\.amazonaws\.com/,
    ],
    [
      "a partition without its projection",
      async () => {
        new aws.glue.CatalogTable("t", {
          databaseName: new aws.glue.CatalogDatabase("d", { name: "d" }).name,
          name: "t",
          parameters: { "projection.enabled": "true" },
          partitionKeys: [{ name: "date", type: "string" }],
        });
      },
      /partition key date has no projection\.date\.type/,
    ],
  ];
  for (const [title, program, says] of refusals) {
    it(`refuses ${title}, as AWS would`, async function () {
      const bench = new Bench(await engineOrSkip(this));
      try {
        const up = await bench.up(program);
        expect(up.succeeded).to.equal(false);
        expect(up.text).to.match(says);
      } finally {
        bench.remove();
      }
    });
  }
});
