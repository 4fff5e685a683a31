import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as aws from "@pulumi/aws";
import * as k8s from "@pulumi/kubernetes";
import { expect } from "chai";
import { ownPack } from "../../simulator/project";
import { madeUpKubeconfig } from "./kubeconfig";
import { TestStack } from "./runs";

/** A program of somebody else's, with a mistake for each kind of rule: of one resource, of a policy's text, and of resources together. */
async function careless(): Promise<void> {
  const provider = new aws.Provider("aws", { region: "eu-west-1" });
  new aws.s3.Bucket("open", {}, { provider });
  new aws.cloudwatch.LogGroup("endless", {}, { provider });
  const role = new aws.iam.Role(
    "everything",
    { assumeRolePolicy: aws.iam.assumeRolePolicyForPrincipal({ Service: "lambda.amazonaws.com" }) },
    { provider },
  );
  const Statement = [{ Effect: "Allow" as const, Action: "s3:*", Resource: "*" }];
  new aws.iam.RolePolicy("everything", { role: role.name, policy: { Version: "2012-10-17", Statement } }, { provider });
  // Its key is known after the update alone.
  new aws.secretsmanager.Secret("right", { kmsKeyId: role.arn }, { provider });
  const cluster = new k8s.Provider("cluster", { kubeconfig: madeUpKubeconfig("shop") });
  new k8s.core.v1.Namespace("shop", { metadata: { name: "shop" } }, { provider: cluster });
}

const config = {
  "log-retention": "disabled",
  "bucket-versioning": "advisory",
  "required-tags": { enforcementLevel: "advisory", tags: ["team"] },
  "iam-resources": { except: [{ resource: "aws:iam/*::everything", because: "It is tried here." }] },
};

describe("The policy pack under the engine", function () {
  this.timeout(120_000);
  const stack = new TestStack("shop", {});
  const configFile = join(tmpdir(), `policy-${process.pid}.json`);
  after(() => {
    stack.remove();
    rmSync(configFile, { force: true });
  });

  it("ends the preview of a careless program with its mistakes alone, each as its configuration says", async () => {
    writeFileSync(configFile, JSON.stringify(config));
    const { result, error, findings } = await stack.run("preview", {
      program: careless,
      policyPack: { path: ownPack, configFile },
    });
    expect(result).to.equal("failed");
    expect(findings!.map(({ rule, level, urn }) => `${level} ${rule} ${urn.split("::").at(-1)}`)).to.have.members([
      "mandatory encryption-at-rest endless",
      "mandatory iam-actions everything",
      "mandatory bucket-encryption open",
      "mandatory bucket-public-access open",
      "mandatory bucket-tls open",
      "mandatory namespace-network-policy shop",
      "advisory bucket-versioning open",
      ...["endless", "everything", "open", "right"].map((name) => `advisory required-tags ${name}`),
    ]);
    expect(error)
      .to.contain('RolePolicy "everything"')
      .and.to.contain("It allows s3:*. Name each action that the code asks for. (iam-actions)");
    expect(error).to.not.contain("bucket-versioning");
  });
});
