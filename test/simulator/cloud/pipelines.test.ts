import * as aws from "@pulumi/aws";
import { expect } from "chai";
import { pipelineDefinition } from "../../../components/training/pipelines/definition";
import { machineFacts } from "../../support/trainingFacts";
import { Bench, engineOrSkip } from "./engine";

const trust = (service: string) =>
  JSON.stringify({ Statement: [{ Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" }] });

/** A pipeline with its role. */
const piped =
  (over: Partial<aws.sagemaker.PipelineArgs> = {}, service = "sagemaker.amazonaws.com") =>
  async () => {
    const role = new aws.iam.Role("role", { assumeRolePolicy: trust(service) });
    new aws.sagemaker.Pipeline("churn", {
      pipelineName: "dev-churn",
      pipelineDisplayName: "dev-churn",
      roleArn: role.arn,
      pipelineDefinition: pipelineDefinition(machineFacts()),
      ...over,
    });
  };
const made = (over: object) =>
  JSON.stringify({ ...JSON.parse(pipelineDefinition(machineFacts())), ...over }, undefined, 0);

describe("SageMaker Pipelines on the simulated cloud", function () {
  this.timeout(60_000);
  let bench: Bench;
  beforeEach(async function () {
    bench = new Bench(await engineOrSkip(this));
  });
  afterEach(() => bench?.remove());

  it("takes the pipeline of a loop, changes its definition in place, and lets it go", async () => {
    expect((await bench.up(piped())).succeeded).to.equal(true);
    expect((await bench.preview(piped())).changes).to.deep.equal({ same: 3 });
    const other = piped({ pipelineDefinition: pipelineDefinition(machineFacts({ timeoutMinutes: 60 })) });
    expect((await bench.up(other)).changes).to.deep.include({ update: 1 });
    expect((await bench.destroy()).succeeded).to.equal(true);
  });

  const refused: [string, Parameters<typeof piped>, string][] = [
    ["a name with an underscore", [{ pipelineName: "dev_churn" }], "no dash first or last"],
    ["no JSON", [{ pipelineDefinition: "{" }], "is not JSON"],
    ["another version", [{ pipelineDefinition: made({ Version: "2012-10-17" }) }], "2020-12-01 is allowed"],
    ["a parameter that is not there", [{ pipelineDefinition: made({ Parameters: [] }) }], ", which is not there"],
    ["a role of somebody else", [{}, "lambda.amazonaws.com"], "does not name sagemaker.amazonaws.com"],
  ];
  for (const [what, args, told] of refused) {
    it(`refuses ${what}`, async () => {
      const ran = await bench.up(piped(...args));
      expect(ran.succeeded).to.equal(false);
      expect(ran.text).to.contain(told);
    });
  }
});
