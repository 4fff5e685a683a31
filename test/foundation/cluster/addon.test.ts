import { expect } from "chai";
import { Addon, type AddonArgs } from "../../../components/foundation/cluster/addon";
import { account, addonVersions, building, clusterArn, clusterName, Marker } from "../../support/foundation";
import { dependencies, inputs, outline, statements } from "../../support/outline";

const made = (over: Partial<AddonArgs> = {}) =>
  building(
    () =>
      new Addon("cni", {
        account,
        clusterName,
        clusterArn,
        addonName: "vpc-cni",
        versions: addonVersions,
        after: [new Marker("earlier")],
        ...over,
      }),
  );
const plain = {
  clusterName,
  addonName: "vpc-cni",
  addonVersion: "v1.0.0-vpc-cni",
  tags: { "mlplatform/kubernetes": "1.35" },
  resolveConflictsOnCreate: "OVERWRITE",
  resolveConflictsOnUpdate: "OVERWRITE",
};
const identity = { serviceAccount: "aws-node", managedPolicy: "AmazonEKS_CNI_Policy" };

describe("an EKS add-on", () => {
  it("has the version of the cluster's, needs no role, and comes after what it is told to wait for", async () => {
    const registrations = await made();
    expect(outline(registrations)).to.deep.equal(["Addon cni", "  eks.Addon cni"]);
    expect(inputs(registrations, "eks.Addon cni")).to.deep.equal(plain);
    expect(dependencies(registrations, "eks.Addon cni")).to.deep.equal(["test:index:Marker earlier"]);
  });

  it("gets its configuration as JSON with sorted keys", async () => {
    const registrations = await made({ configuration: { env: { b: "2", a: "1" }, "a-first": true } });
    expect(inputs(registrations, "eks.Addon cni")).to.deep.equal({
      ...plain,
      configurationValues: '{"a-first":true,"env":{"a":"1","b":"2"}}',
    });
  });

  it("gets a role that only its own service account may take, and starts once the role has its policies", async () => {
    const registrations = await made({ identity: { ...identity, policy: "{}" } });
    expect(outline(registrations)).to.deep.equal([
      "Addon cni",
      "  eks.Addon cni",
      "  iam.Role cni",
      "  iam.RolePolicy cni",
      "  iam.RolePolicyAttachment cni",
    ]);
    expect(inputs(registrations, "eks.Addon cni")).to.deep.equal({
      ...plain,
      podIdentityAssociations: [
        { roleArn: "arn:aws:fake:eu-west-1:000000000000:aws:iam/role:Role/cni", serviceAccount: "aws-node" },
      ],
    });
    expect(inputs(registrations, "iam.RolePolicyAttachment cni")).to.deep.equal({
      role: "cni",
      policyArn: "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy",
    });
    expect(inputs(registrations, "iam.RolePolicy cni")).to.deep.equal({ role: "cni-id", policy: "{}" });
    expect(dependencies(registrations, "eks.Addon cni")).to.include.members([
      "iam.RolePolicy cni",
      "iam.RolePolicyAttachment cni",
    ]);
    expect(statements(registrations, "iam.Role cni", "assumeRolePolicy")[0]!.Condition).to.deep.equal({
      StringEquals: {
        "aws:RequestTag/eks-cluster-arn": clusterArn,
        "aws:RequestTag/kubernetes-namespace": "kube-system",
        "aws:RequestTag/kubernetes-service-account": "aws-node",
      },
    });
  });

  it("gets no policy of its own beside a managed one that suffices", async () => {
    expect(outline(await made({ identity }))).to.not.include("  iam.RolePolicy cni");
  });
});
