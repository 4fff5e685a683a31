import { expect } from "chai";
import { trustPods, trustTokens } from "../../components/lib/statements";
import { PlanIndex } from "../../report/planIndex";
import { rightsChanges, rightsOf } from "../../report/rights/rights";
import type { Statement } from "../../report/rights/statements";
import { grantsOf, inWords, takers } from "../../report/rights/words";
import { planned, planOf } from "./plans";

const statement: Statement = {
  Sid: "ReadArtifacts",
  Effect: "Allow",
  Action: ["s3:GetObject", "s3:DeleteObject", "s3:PutObject"],
  Resource: ["arn:aws:s3:::artifacts-1234abc/mlflow/*"],
};

const policy = (...Statement: Statement[]) => JSON.stringify({ Version: "2012-10-17", Statement });

/** A role with one policy, as the program makes them. */
function role(name: string, text: string, trust = trustPods("arn:aws:eks:cluster", "mlflow", "mlflow")) {
  const made = planned("aws:iam/role:Role", name, { assumeRolePolicy: trust });
  const permitted = planned("aws:iam/rolePolicy:RolePolicy", name, { policy: text });
  permitted.dependencies = [made.urn];
  return [made, permitted];
}

describe("Rights in words", () => {
  it("say why, what and on what, the least first, with the names that AWS knows", () => {
    expect(inWords(statement)).to.equal(
      "Read artifacts: may read (s3:GetObject), change (s3:PutObject), delete (s3:DeleteObject) on s3 artifacts/mlflow/*",
    );
  });

  it("say when, and what must not be", () => {
    const Condition = { StringEquals: { "aws:RequestedRegion": ["eu-west-1", "us-east-1"] } };
    expect(inWords({ Effect: "Deny", Action: "kms:*", Resource: "*", Condition })).to.equal(
      "must not do anything (kms:*) on everything when aws:RequestedRegion StringEquals eu-west-1 or us-east-1",
    );
    expect(inWords({ Effect: "Allow", NotAction: ["iam:*"], NotResource: "arn:aws:s3:::logs" })).to.equal(
      "may do everything but iam:* on everything but s3 logs",
    );
  });

  it("say who acts as a role", () => {
    const of = (trust: string) => takers((JSON.parse(trust) as { Statement: Statement[] }).Statement);
    expect(of(trustPods("arn:aws:eks:cluster", "mlflow", "server"))).to.equal("pods of mlflow/server");
    const issuer = { arn: "arn:aws:iam::1:oidc-provider/host", issuer: "host", audience: "sts.amazonaws.com" };
    expect(of(trustTokens(issuer, { subjects: ["repo:a/b:ref:main"], patterns: false }))).to.equal(
      "jobs with a token of repo:a/b:ref:main",
    );
    expect(takers([{ Effect: "Allow", Principal: "*" }])).to.equal("anybody");
  });

  it("are taken apart by action and resource, so that one that comes is seen alone", () => {
    const grants = grantsOf({ ...statement, Resource: ["arn:aws:s3:::a", "arn:aws:s3:::b"] });
    expect(grants).to.have.length(6);
    expect(grants).to.include("Allow s3:PutObject on s3 b");
  });
});

describe("Rights of a plan", () => {
  const rights = (...resources: ReturnType<typeof planned>[]) => rightsOf(new PlanIndex(planOf(...resources)));

  it("bring trust and policies of a role together", () => {
    expect(rights(...role("mlflow", policy(statement)))).to.deep.include.members([
      {
        name: "mlflow",
        takenBy: "pods of mlflow/mlflow",
        may: [inWords(statement)],
        grants: rights(...role("mlflow", policy(statement)))[0]!.grants,
      },
    ]);
  });

  it("say what is not known yet, and do not call it nothing", () => {
    expect(rights(...role("mlflow", "[unknown]"))[0]?.may).to.deep.equal([
      "what it may do is known when the update comes to it",
    ]);
  });

  it("show accounts of Kubernetes by what they are bound to, and leave those of charts out", () => {
    const metadata = { name: "reader", namespace: "models" };
    const rules = [{ apiGroups: ["", "batch"], resources: ["jobs"], verbs: ["get", "list"] }];
    const bound = {
      roleRef: { kind: "Role", name: "reader" },
      subjects: [{ kind: "ServiceAccount", name: "server", namespace: "models" }],
    };
    const rbac = "kubernetes:rbac.authorization.k8s.io/v1";
    const binding = planned(`${rbac}:RoleBinding`, "b", { metadata, ...bound });
    const found = rights(planned(`${rbac}:Role`, "r", { metadata, rules }), binding);
    expect(found.map(({ takenBy, may }) => [takenBy, may])).to.deep.equal([
      ["pods of models/server", ["may get, list jobs of batch in models"]],
    ]);
  });

  it("change by what comes and goes; another mark of a generated name is no change", () => {
    const before = rights(...role("mlflow", policy(statement)));
    const renamed = policy({ ...statement, Resource: ["arn:aws:s3:::artifacts-fffffff/mlflow/*"] });
    expect(rightsChanges(before, rights(...role("mlflow", renamed)))).to.deep.equal([]);
    const narrower = policy({ ...statement, Action: ["s3:GetObject", "s3:ListBucket"] });
    expect(rightsChanges(before, rights(...role("mlflow", narrower)))).to.deep.equal([
      {
        name: "mlflow",
        added: ["Allow s3:ListBucket on s3 artifacts/mlflow/*"],
        removed: ["Allow s3:DeleteObject on s3 artifacts/mlflow/*", "Allow s3:PutObject on s3 artifacts/mlflow/*"],
      },
    ]);
  });
});
