import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { askForQuota, quotaNotice, shortOf } from "../../components/governance/quotaNotice";
import { vcpusOf } from "../../components/lib/instanceTypes";
import { machineNeeds } from "../../components/settings/machineNeeds";
import { nodeQuota, sagemakerQuota } from "../../components/settings/machineQuotas";
import { parseSettings } from "../../components/settings/parse";
import { SettingsProblems } from "../../components/settings/problems";
import type { Settings } from "../../components/settings/settings";
import { type Config, runWith, stackFile } from "../platform/program";
import { awsCalls } from "../support/awsAnswers";

const from = "models:/churn@champion";
const group = (purpose: string, types: string[], more: object = {}) => ({ purpose, instanceTypes: types, ...more });

/** A stack with one of each machine that an account may lack. */
const sections = {
  foundation: {
    kind: "aws",
    region: "eu-west-1",
    network: { zones: 3, nat: "perZone" },
    cluster: {
      nodeGroups: {
        system: group("system", ["t3.large"], { minNodes: 2, maxNodes: 3 }),
        apps: group("apps", ["m7i.large", "m7i.4xlarge"], { minNodes: 1, maxNodes: 2 }),
        gpu: group("training", ["g5.2xlarge"], { gpu: true, spot: true, maxNodes: 4 }),
      },
    },
  },
  mlflow: {},
  training: { maxParallelRuns: 2, studio: { enabled: false, users: {}, notebooks: {} } },
  models: {
    live: { from, serve: { sagemaker: { instanceType: "ml.m5.large", minInstances: 2, maxInstances: 4 } } },
    one: { from, serve: { flask: {} }, training: { image: "training", instances: 3 } },
    two: {
      from: "models:/two@champion",
      serve: { flask: {} },
      training: { image: "training", prepare: { with: "container", cpu: "8", memoryMiB: 16384 } },
    },
    three: { from: "models:/three@champion", serve: { flask: {} }, training: { image: "training", spot: false } },
    scored: { from: "models:/churn/3", batch: { with: "sagemaker", schedule: "rate(1 day)", instances: 5 } },
  },
};
const settingsOf = (config: Record<string, unknown>): Settings =>
  parseSettings(config, { stackName: "dev", found: [] });
const withQuotas = (machines: Record<string, unknown>) => ({
  ...sections,
  foundation: { ...sections.foundation, quotas: { machines } },
});

describe("quotas of an account", function () {
  this.timeout(60_000);

  it("are compared with what the machines of the stack need, at first and at most", () => {
    const needs = Object.fromEntries(
      machineNeeds(settingsOf(sections)).map(({ quota, first, most }) => [quota.name, [first, most]]),
    );
    expect(needs).to.deep.equal({
      "EC2-VPC Elastic IPs": [3, 3],
      "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances": [2 * 2 + 16, 3 * 2 + 2 * 16],
      "All G and VT Spot Instance Requests": [0, 32],
      "ml.m5.large for endpoint usage": [2, 8],
      "ml.m5.large for transform job usage": [0, 5],
      "ml.m5.xlarge for spot training job usage": [0, 4],
      "ml.m5.xlarge for training job usage": [0, 1],
      "ml.m5.xlarge for processing job usage": [0, 2],
      "Fargate On-Demand vCPU resource count": [0, 8],
    });
  });

  it("are told in one text with what is short and the command that asks for it", () => {
    const notice = quotaNotice(settingsOf(sections), true)!;
    expect(notice.split("\n").slice(0, 4)).to.deep.equal([
      "What this stack may run is more than this account may be allowed:",
      "  Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances",
      "    needed 20 to begin with, 38 vCPUs at most; the account has 5 while it is new, so that `up` cannot end well",
      "    aws service-quotas request-service-quota-increase --region eu-west-1 --service-code ec2 --quota-code L-1216C47A --desired-value 38",
    ]);
    expect(notice).to.contain("aws iam create-service-linked-role --aws-service-name spot.amazonaws.com");
    expect(notice).not.to.contain("Elastic IPs");
    expect(notice).to.match(/Write what AWS gave as foundation\.quotas\.machines/);
  });

  it("of SageMaker are found by their names, since their codes are many", () => {
    expect(askForQuota(sagemakerQuota("ml.m5.large", "endpoint"), 8, "eu-west-1")).to.equal(
      "aws service-quotas request-service-quota-increase --region eu-west-1 --service-code sagemaker " +
        '--quota-code "$(aws service-quotas list-aws-default-service-quotas --region eu-west-1 --service-code sagemaker ' +
        `--query "Quotas[?QuotaName=='ml.m5.large for endpoint usage'].QuotaCode" --output text)" --desired-value 8`,
    );
  });

  it("that AWS raised are told no more", () => {
    const enough = Object.fromEntries(shortOf(settingsOf(sections)).map(({ quota, most }) => [quota.name, most]));
    expect(Object.keys(enough)).to.have.lengthOf(8);
    expect(quotaNotice(settingsOf(withQuotas(enough)), false)).to.equal(undefined);
    const less = { ...enough, "ml.m5.large for endpoint usage": 7 };
    expect(quotaNotice(settingsOf(withQuotas(less)), false)).to.contain("8 instances at most; the account has 7");
  });

  it("are written by names that exist", () => {
    const misspelt = () => settingsOf(withQuotas({ "ml.m5.large for endpoints usage": 3 }));
    expect(misspelt).to.throw(SettingsProblems, /foundation\.quotas\.machines\["ml\.m5\.large for endpoints usage"\]/);
  });

  it("hold a vCPU for each that a type has", () => {
    const types = ["t3.medium", "m7g.medium", "m7i.large", "c5.9xlarge", "m5.metal", "c6a.metal", "m7i.metal-24xl"];
    expect(types.map(vcpusOf)).to.deep.equal([2, 1, 2, 36, 96, 192, 96]);
    expect(["p5.48xlarge", "g4dn.metal", "nothing.large"].map(vcpusOf)).to.deep.equal([192, 96, undefined]);
    expect(nodeQuota("p5.48xlarge", true)!.name).to.equal("All P5 Spot Instance Requests");
    expect(nodeQuota("gr6.4xlarge", false)!.code).to.equal("L-DB2E81BA");
  });
});

describe("the preview of a stack on AWS", function () {
  this.timeout(60_000);
  const warned = async (config: Config, preview: boolean, calls = awsCalls) => {
    const said: string[] = [];
    const { warn } = pulumi.log;
    (pulumi.log as { warn: typeof warn }).warn = async (text) => void said.push(text);
    try {
      await runWith(config, { preview, calls });
    } finally {
      (pulumi.log as { warn: typeof warn }).warn = warn;
    }
    return said.filter((text) => text.startsWith("What this stack may run"));
  };

  it("tells quotas once, and the update does not tell them again", async () => {
    const dev = stackFile("dev");
    expect(await warned(dev, true)).to.have.lengthOf(1);
    expect(await warned(dev, false)).to.deep.equal([]);
  });

  it("names the role of spot instances only where the account lacks it", async () => {
    const prod = stackFile("prod");
    const config = { "mlplatform:foundation": prod["mlplatform:foundation"]! };
    const without = { ...awsCalls, "aws:iam/getRoles:getRoles": () => ({ id: "x", names: [], arns: [] }) };
    expect((await warned(config, true)).join()).not.to.contain("spot.amazonaws.com");
    expect((await warned(config, true, without)).join()).to.contain("spot.amazonaws.com");
  });
});
