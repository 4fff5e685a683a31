import { expect } from "chai";
import { boundedBy } from "../../components/governance/boundary";
import type { PolicyStatement } from "../../components/lib/statements";
import { boundaryOf } from "../../guardrails/boundary";
import { serviceControl } from "../../guardrails/serviceControl";
import { allowed, type Guardrails, type Request } from "../support/policyEvaluator";

const boundaryArn = "arn:aws:iam::000000000000:policy/mlplatform-boundary";
const everything: PolicyStatement[] = [{ Sid: "All", Effect: "Allow", Action: ["*"], Resource: ["*"] }];
const rails = serviceControl({
  ...{ regions: ["eu-west-1"], deniedFamilies: ["p4d", "p5"], project: "mlplatform", boundaryArn },
});
const region = (name: string) => ({ "aws:RequestedRegion": name });
const may = (
  action: string,
  resource = "*",
  context: Request["context"] = {},
  guardrails: Guardrails = { serviceControl: rails },
) => allowed(everything, { action, resource, context: { ...region("eu-west-1"), ...context } }, guardrails);

const arn = (rest: string) => `arn:aws:${rest.replace(":", ":eu-west-1:000000000000:")}`;
const role = (name: string) => `arn:aws:iam::000000000000:role/${name}`;

describe("The service control policy, for an administrator", () => {
  it("is short enough for an organisation", () => {
    // https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
    expect(JSON.stringify(rails)).to.have.length.below(5121);
  });

  it("allows the account's own region, and no other but for what is worldwide", () => {
    expect(may("s3:CreateBucket", "arn:aws:s3:::x")).to.equal(true);
    expect(may("s3:CreateBucket", "arn:aws:s3:::x", region("us-east-1"))).to.equal(false);
    expect(may("iam:GetRole", role("x"), region("us-east-1"))).to.equal(true);
    expect(may("pricing:GetProducts", "*", region("us-east-1"))).to.equal(true);
  });

  it("denies static keys, leaving the organisation, and what turns off who watches", () => {
    for (const action of ["iam:CreateUser", "iam:CreateAccessKey"])
      expect(may(action, "arn:aws:iam::000000000000:user/x"), action).to.equal(false);
    for (const action of ["organizations:LeaveOrganization", "s3:PutAccountPublicAccessBlock"])
      expect(may(action), action).to.equal(false);
    expect(may("cloudtrail:StopLogging", arn("cloudtrail:trail/x"))).to.equal(false);
    expect(may("guardduty:DeleteDetector", arn("guardduty:detector/x"))).to.equal(false);
  });

  it("denies disks, databases and files that are not encrypted", () => {
    const cases: [string, string, string][] = [
      ["ec2:CreateVolume", arn("ec2:volume/vol-1"), "ec2:Encrypted"],
      ["rds:CreateDBInstance", "arn:aws:rds:eu-west-1:000000000000:db:x", "rds:StorageEncrypted"],
      ["elasticfilesystem:CreateFileSystem", "*", "elasticfilesystem:Encrypted"],
    ];
    for (const [action, resource, key] of cases) {
      expect(may(action, resource, { [key]: "false" }), action).to.equal(false);
      expect(may(action, resource, { [key]: "true" }), action).to.equal(true);
    }
  });

  it("denies machines without IMDSv2, and those of families that the settings deny", () => {
    const start = (type: string, tokens: string) =>
      may("ec2:RunInstances", arn("ec2:instance/i-1"), { "ec2:InstanceType": type, "ec2:MetadataHttpTokens": tokens });
    expect(start("m7i.large", "required")).to.equal(true);
    expect(start("m7i.large", "optional")).to.equal(false);
    expect(start("p5.48xlarge", "required")).to.equal(false);
    const train = (type: string) =>
      may("sagemaker:CreateTrainingJob", arn("sagemaker:training-job/x"), { "sagemaker:InstanceTypes": [type] });
    expect([train("ml.m5.large"), train("ml.p4d.24xlarge")]).to.deep.equal([true, false]);
  });

  it("lets nobody make a role of the platform without the boundary, take it off, or change it", () => {
    const make = (name: string, context = {}) => may("iam:CreateRole", role(name), context);
    expect(make("mlplatform-x", { "iam:PermissionsBoundary": boundaryArn })).to.equal(true);
    expect(make("mlplatform-x")).to.equal(false);
    expect(make("mlplatform-x", { "iam:PermissionsBoundary": `${boundaryArn}-other` })).to.equal(false);
    expect(make("somebody-else")).to.equal(true);
    expect(may("iam:DeleteRolePermissionsBoundary", role("mlplatform-x"))).to.equal(false);
    expect(may("iam:CreatePolicyVersion", boundaryArn)).to.equal(false);
    expect(may("iam:CreatePolicyVersion", `${boundaryArn}-other`)).to.equal(true);
  });

  it("says nothing of boundaries and machines where the settings say nothing", () => {
    const plain = serviceControl({ regions: ["eu-west-1"], deniedFamilies: [], project: "mlplatform" });
    expect(plain.Statement.map(({ Sid }) => Sid).join()).to.not.match(/Boundary|Machines/);
  });
});

describe("The permissions boundary, for a role that may do everything", () => {
  const boundary = boundaryOf([
    { Effect: "Allow", Action: ["s3:GetObject", "kms:Decrypt"] },
    { Effect: "Allow", Action: "sagemaker:CreateTrainingJob" },
    { Effect: "Deny", Action: ["dynamodb:DeleteItem"] },
  ]);
  const inside = (action: string, resource: string) => may(action, resource, {}, { boundary });

  it("allows the services that roles use, and of those that lead to others' rights the very actions", () => {
    expect(inside("s3:PutObject", "arn:aws:s3:::x/y")).to.equal(true);
    expect(inside("kms:Decrypt", arn("kms:key/x"))).to.equal(true);
    expect(inside("kms:ScheduleKeyDeletion", arn("kms:key/x"))).to.equal(false);
    expect(inside("iam:CreateUser", "arn:aws:iam::000000000000:user/x")).to.equal(false);
    expect(inside("dynamodb:DeleteItem", arn("dynamodb:table/x"))).to.equal(false);
    expect(inside("bedrock:InvokeModel", arn("bedrock:foundation-model/x"))).to.equal(false);
  });

  it("is on roles alone, and overrules what a component says", async () => {
    const transform = boundedBy(boundaryArn);
    const args = { custom: true, name: "x", props: { path: "/x/", permissionsBoundary: "other" }, opts: {} };
    expect(await transform({ ...args, type: "aws:iam/role:Role" } as never)).to.deep.equal({
      props: { path: "/x/", permissionsBoundary: boundaryArn },
      opts: {},
    });
    expect(await transform({ ...args, type: "aws:iam/rolePolicy:RolePolicy" } as never)).to.equal(undefined);
  });
});
