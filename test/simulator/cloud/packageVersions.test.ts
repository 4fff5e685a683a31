import path from "node:path";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { packageVersions } from "../../../components/training/packageVersions";
import { Account } from "../../../simulator/cloud/account";
import { modelPackage, versionsOf } from "../../../simulator/cloud/aws/packageVersions";
import { Bench, engineOrSkip } from "./engine";

const groupName = "dev-churn";
const machineArn = "arn:aws:states:eu-central-1:000000000000:stateMachine:dev-churn-training";
const trust = (service: string) =>
  JSON.stringify({ Statement: [{ Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" }] });

/** A group with who deletes its versions, and the machine that makes them. @param at name of the function and of the invocation */
const program =
  (at: string, trained = true) =>
  async () => {
    const [own, other] = ["lambda", "states"].map(
      (service) => new aws.iam.Role(service, { assumeRolePolicy: trust(`${service}.amazonaws.com`) }),
    );
    const asked = new aws.lambda.Function(`training-packages-${at}`, {
      runtime: "nodejs22.x",
      handler: "index.handler",
      code: new pulumi.asset.AssetArchive({ "index.js": new pulumi.asset.StringAsset("exports.handler = () => {};") }),
      role: own!.arn,
    });
    if (!trained) return;
    const group = new aws.sagemaker.ModelPackageGroup("churn", { modelPackageGroupName: groupName });
    const cleared = packageVersions(
      `churn-versions-${at}`,
      { functionName: asked.name, groupName, machineArn, keep: false },
      { dependsOn: group },
    );
    const definition = JSON.stringify({ StartAt: "A", States: { A: { Type: "Succeed" } } });
    const named = { name: "dev-churn-training", definition, roleArn: other!.arn };
    new aws.sfn.StateMachine("churn", named, { dependsOn: cleared });
  };

describe("versions in a package group, on the simulated cloud", function () {
  this.timeout(120_000);
  let bench: Bench;
  before(async function () {
    bench = new Bench(await engineOrSkip(this));
  });
  after(() => bench?.remove());

  const file = () => path.join(bench.folder, "account.json");
  const versions = () => versionsOf(new Account(file()), groupName);

  it("stay when the function that would delete them, and its invocation, are replaced by others", async () => {
    expect((await bench.up(program("a"))).text).to.not.contain("error");
    const account = new Account(file());
    const id = `arn:aws:sagemaker:eu-west-1:000000000000:model-package/${groupName}/1`;
    const nothing = { claims: [], uses: [], outputs: {}, generation: 0, madeBy: "training", scope: "eu-west-1" };
    const inputs = { modelPackageGroupName: groupName };
    account.put({ type: modelPackage, name: id, urn: `training:${id}`, id, handles: [id], inputs, ...nothing });
    account.close();
    const { succeeded, changes } = await bench.up(program("b"));
    expect(succeeded).to.equal(true);
    expect(changes).to.include({ create: 2, delete: 2 });
    expect(versions()).to.have.length(1);
  });

  it("go with the model", async () => {
    const { succeeded, text } = await bench.up(program("b", false));
    expect(succeeded, text).to.equal(true);
    expect(versions()).to.deep.equal([]);
    expect((await bench.destroy()).succeeded).to.equal(true);
  });
});
