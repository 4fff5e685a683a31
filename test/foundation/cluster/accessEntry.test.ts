import { expect } from "chai";
import { AccessEntry } from "../../../components/foundation/cluster/accessEntry";
import { account, building, clusterName } from "../../support/foundation";
import { dependencies, inputs, outline } from "../../support/outline";

describe("an access entry", () => {
  const principalArn = "arn:aws:iam::000000000000:role/platform-admin";

  it("comes before the policy over the whole cluster that it is given", async () => {
    const registrations = await building(
      () => new AccessEntry("admin", { account, clusterName, principalArn, policy: "AmazonEKSViewPolicy" }),
    );
    expect(outline(registrations)).to.deep.equal([
      "AccessEntry admin",
      "  eks.AccessEntry admin",
      "  eks.AccessPolicyAssociation admin",
    ]);
    expect(inputs(registrations, "eks.AccessEntry admin")).to.deep.equal({ clusterName, principalArn });
    expect(inputs(registrations, "eks.AccessPolicyAssociation admin")).to.deep.equal({
      clusterName,
      principalArn,
      policyArn: "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
      accessScope: { type: "cluster" },
    });
    expect(dependencies(registrations, "eks.AccessPolicyAssociation admin")).to.deep.equal(["eks.AccessEntry admin"]);
  });
});
