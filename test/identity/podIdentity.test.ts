import { output } from "@pulumi/pulumi";
import { expect } from "chai";
import { PodIdentity, PodRole } from "../../components/identity/podIdentity";
import { allow } from "../../components/identity/policies/terms";
import { building, clusterArn, clusterName, Marker, value } from "../support/foundation";
import { dependencies, inputs, outline, statements } from "../support/outline";

const wanted = [allow("ReadRuns", ["s3:GetObject"], ["arn:aws:s3:::made-up/mlflow/*"])];
const grant = (over: Partial<Parameters<PodIdentity["grant"]>[1]> = {}) => {
  const cluster = { name: output(clusterName), arn: output(clusterArn) };
  return new PodIdentity(cluster, [new Marker("agent")]).grant(
    "mlflow",
    { namespace: "mlflow", serviceAccount: "server", statements: wanted, ...over },
    {},
  );
};

describe("the role of a service account", () => {
  it("is a role, its permissions and an association, all by the name of the grant", async () => {
    expect(outline(await building(grant))).to.deep.equal([
      "PodRole mlflow",
      "  eks.PodIdentityAssociation mlflow",
      "  iam.Role mlflow",
      "  iam.RolePolicy mlflow",
    ]);
  });

  it("can be taken by pods of that service account in that cluster, and by nobody else", async () => {
    const made = await building(grant);
    expect(Object.keys(inputs(made, "iam.Role mlflow"))).to.deep.equal(["assumeRolePolicy"]);
    expect(statements(made, "iam.Role mlflow", "assumeRolePolicy")).to.deep.equal([
      {
        Effect: "Allow",
        Principal: { Service: ["pods.eks.amazonaws.com"] },
        Action: ["sts:AssumeRole", "sts:TagSession"],
        Condition: {
          StringEquals: {
            "aws:RequestTag/eks-cluster-arn": clusterArn,
            "aws:RequestTag/kubernetes-namespace": "mlflow",
            "aws:RequestTag/kubernetes-service-account": "server",
          },
        },
      },
    ]);
    expect(inputs(made, "eks.PodIdentityAssociation mlflow")).to.deep.equal({
      clusterName,
      namespace: "mlflow",
      serviceAccount: "server",
      roleArn: "arn:aws:fake:eu-west-1:000000000000:aws:iam/role:Role/mlflow",
    });
  });

  it("may do what was asked for and nothing more, known now or later", async () => {
    for (const statementsGiven of [wanted, output(wanted)]) {
      const made = await building(() => grant({ statements: statementsGiven }));
      expect(statements(made, "iam.RolePolicy mlflow")).to.deep.equal(wanted);
      expect(inputs(made, "iam.RolePolicy mlflow").role).to.equal("mlflow-id");
    }
  });

  it("is handed out once it has its permissions and the agent runs", async () => {
    expect(dependencies(await building(grant), "eks.PodIdentityAssociation mlflow")).to.include.members([
      "iam.RolePolicy mlflow",
      "test:index:Marker agent",
    ]);
  });

  it("takes every part of it along when something waits for it", async () => {
    let role!: PodRole;
    const made = await building(() => {
      role = grant();
      const waiting = { namespace: "a", serviceAccount: "b", statements: [], clusterName, clusterArn, agent: [role] };
      new PodRole("later", waiting);
    });
    expect(dependencies(made, "eks.PodIdentityAssociation later")).to.include.members([
      "eks.PodIdentityAssociation mlflow",
      "iam.RolePolicy mlflow",
    ]);
    expect(await value(role.roleArn)).to.match(/Role\/mlflow$/);
  });
});
