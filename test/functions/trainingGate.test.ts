import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { expect } from "chai";
import type { TrainingGateResult } from "../../functions/trainingGate";
import { type Gate, parseEvent } from "../../functions/trainingGate/event";
import { judge } from "../../functions/trainingGate/judge";
import { FunctionOnMoto } from "./functionOnMoto";

interface Case {
  name: string;
  gate: Gate;
  checks?: string[];
  report: unknown;
  passed: boolean;
  reasons: string[];
}

/** workloads/mlplatform/tests/test_training_gate.py holds the Python side to the same. */
const table = join(__dirname, "../../workloads/mlplatform/tests/training_gate_cases.json");
const cases: Case[] = JSON.parse(readFileSync(table, "utf8"));

describe("the verdict of trainingGate, from the table shared with the Python gate", () => {
  for (const { name, gate, checks, report, passed, reasons } of cases) {
    it(name, () => expect(judge(gate, report, checks)).to.deep.equal({ passed, reasons }));
  }
});

describe("trainingGate, as packaged, on moto's S3", function () {
  this.timeout(300_000);
  const gate = { metric: "auc", atLeast: 0.8, beatChampion: true };
  const where = { bucket: "data", key: "outputs/churn/run-1/evaluation.json" };
  const packaged = new FunctionOnMoto<TrainingGateResult>("trainingGate");
  let s3: S3Client;

  beforeEach(async () => {
    s3 = new S3Client({});
    await s3.send(
      new CreateBucketCommand({ Bucket: where.bucket, CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } }),
    );
  });
  afterEach(() => s3?.destroy());
  const put = (text: string) => s3.send(new PutObjectCommand({ Bucket: where.bucket, Key: where.key, Body: text }));
  const report = (change: object) =>
    put(JSON.stringify({ rows: 500, candidate: { auc: 0.9 }, champion: null, ...change }));

  it("passes what is good enough, and tells what it reached", async () => {
    await report({ candidate: { auc: 0.9, brier: null } });
    expect(await packaged.invoke({ gate, report: where })).to.deep.equal({
      passed: true,
      reasons: [],
      metrics: { auc: 0.9 },
      said: "passed",
    });
    expect(packaged.printed[0]).to.include({ level: "info", report: "s3://data/outputs/churn/run-1/evaluation.json" });
  });

  it("says why what is not good enough does not pass, and logs it as a warning", async () => {
    await report({ champion: { auc: 0.95 } });
    const { passed, reasons, said } = await packaged.invoke({ gate, report: where });
    expect(passed).to.equal(false);
    expect(said, "for a pipeline, which takes no list").to.equal(reasons.join("; "));
    expect(reasons).to.deep.equal(["auc is 0.9000, more than 0.9500 is asked: the live version has that"]);
    expect(packaged.printed[0]).to.deep.include({ level: "warn", reasons });
  });

  it("lets nothing pass without a report, or with one that is no JSON", async () => {
    const { passed, reasons } = await packaged.invoke({ gate, report: where });
    expect({ passed, reasons }).to.deep.equal({
      passed: false,
      reasons: [`there is no report at s3://data/${where.key}`],
    });
    await put('{"rows": 500, "cand');
    expect((await packaged.invoke({ gate, report: where })).reasons).to.deep.equal([
      `the report s3://data/${where.key} is no JSON`,
    ]);
  });

  it("takes NaN, which Python writes, as not measured, and leaves it alone inside a text", async () => {
    await put('{"rows": 500, "candidate": {"auc": NaN, "is\\" NaN": -Infinity}, "champion": null}');
    const { passed, reasons, metrics } = await packaged.invoke({ gate, report: where });
    expect({ passed, reasons, metrics }).to.deep.equal({
      passed: false,
      reasons: ["auc was not measured"],
      metrics: {},
    });
  });

  it("fails, and does not judge, where S3 cannot say what is there", async () => {
    expect(await packaged.reasonOf({ gate, report: { ...where, bucket: "other" } })).to.contain("NoSuchBucket");
    process.env.AWS_ENDPOINT_URL = "http://127.0.0.1:9";
    expect(await packaged.reasonOf({ gate, report: where })).to.match(/ECONNREFUSED|connect/);
    expect(packaged.printed.map(({ level }) => level)).to.deep.equal(["error", "error"]);
  });

  it("says the same when it is asked again", async () => {
    await report({ candidate: { auc: 0.5 } });
    const first = await packaged.invoke({ gate, report: where });
    expect(await packaged.invoke({ gate, report: where })).to.deep.equal(first);
  });
});

describe("the payload of trainingGate", () => {
  const good = { gate: { metric: "auc", beatChampion: true }, report: { bucket: "data", key: "evaluation.json" } };
  it("is read", () => expect(parseEvent(good)).to.deep.equal(good));

  it("is read where a pipeline passes the gate on as a text", () => {
    expect(parseEvent({ ...good, gate: JSON.stringify(good.gate) })).to.deep.equal(good);
    expect(() => parseEvent({ ...good, gate: "{" })).to.throw("gate.metric");
  });

  it("has the checks that evaluate was asked for", () => {
    const asked = { ...good, checks: ["kind=size,maxMiB=5"] };
    expect(parseEvent(asked)).to.deep.equal(asked);
  });

  const bad: [unknown, string][] = [
    [{ ...good, checks: "kind=size" }, 'checks: "kind=size"; allowed: a list of texts'],
    [{ ...good, checks: [{ kind: "size" }] }, "checks: "],
    [undefined, "gate.metric: missing; allowed: the name of a metric"],
    [{ ...good, report: [] }, "report.bucket: missing"],
    [{ ...good, gate: { ...good.gate, atLeast: "0.8" } }, 'gate.atLeast: "0.8"; allowed: a number'],
    [{ ...good, gate: { ...good.gate, beatChampion: "true" } }, 'gate.beatChampion: "true"'],
    [{ ...good, gate: { ...good.gate, atleast: 0.8 } }, "gate.atleast: 0.8; allowed: nothing"],
    [{ ...good, gate: { metric: "auc", beatChampion: false } }, "this one asks nothing"],
  ];
  for (const [event, text] of bad) {
    it(`is refused: ${text}`, () => expect(() => parseEvent(event)).to.throw(text));
  }
});
