import { isSecret } from "@pulumi/pulumi";
import { expect } from "chai";
import { EksCluster, type EksClusterArgs } from "../../../components/foundation/cluster/eksCluster";
import { awsCalls, awsOutputs } from "../../support/awsAnswers";
import { account, building, clusterArn, clusterName, keyArn, networkFacts, value } from "../../support/foundation";
import { dependencies, inputs, outline, secretInputs } from "../../support/outline";
import { one, record } from "../../support/record";

const args = (): EksClusterArgs => ({
  account,
  clusterName,
  version: "1.35",
  network: networkFacts(),
  publicAccessCidrs: [],
  privateAccessCidrs: [],
  admins: [],
  viewers: [],
  controlPlaneLogs: ["api", "audit"],
  logRetentionDays: 7,
  keyArn,
  deletionProtection: true,
  deleteUnreachable: false,
});
const make = (over: Partial<EksClusterArgs>) => new EksCluster("eks", { ...args(), ...over });
const made = (over: Partial<EksClusterArgs> = {}) => building(() => make(over));
const cluster = "eks:index:Cluster eks";

/** With the provider, which `building` leaves out. */
const provider = async (over: Partial<EksClusterArgs> = {}) =>
  one(await record(() => make(over), { outputs: awsOutputs, calls: awsCalls }), "pulumi:providers:kubernetes");

/** Filled in by the SDK of eks. */
const overwrite = { resolveConflictsOnCreate: "OVERWRITE", resolveConflictsOnUpdate: "OVERWRITE" };
const common = {
  kubernetesServiceIpAddressRange: "172.20.0.0/16",
  name: clusterName,
  version: "1.35",
  vpcId: "vpc-made-up",
  subnetIds: ["subnet-private-1", "subnet-private-2"],
  endpointPrivateAccess: true,
  authenticationMode: "API",
  encryptionConfigKeyArn: keyArn,
  enabledClusterLogTypes: ["api", "audit"],
  bootstrapSelfManagedAddons: false,
  useDefaultVpcCni: true,
  kubeProxyAddonOptions: { enabled: false, ...overwrite },
  corednsAddonOptions: { enabled: false, ...overwrite },
  skipDefaultNodeGroup: true,
  skipDefaultSecurityGroups: true,
  createInstanceRole: false,
  createOidcProvider: false,
  deletionProtection: true,
};

describe("an EKS cluster", () => {
  it("lets the VPC and the networks joined to it reach the API, on one port", async () => {
    const registrations = await made({ privateAccessCidrs: ["10.99.0.0/16"] });
    for (const range of ["10.0.0.0/16", "10.99.0.0/16"]) {
      expect(inputs(registrations, `vpc.SecurityGroupIngressRule eks-from-${range}`)).to.deep.equal({
        securityGroupId: "sg-cluster",
        description: "Kubernetes API",
        ipProtocol: "tcp",
        fromPort: 443,
        toPort: 443,
        cidrIpv4: range,
      });
    }
  });

  it("with a private endpoint is not on the internet", async () => {
    const registrations = await made();
    expect(outline(registrations)).to.deep.equal([
      "EksCluster eks",
      "  cloudwatch.LogGroup eks",
      `  ${cluster}`,
      "  vpc.SecurityGroupIngressRule eks-from-10.0.0.0/16",
    ]);
    expect(inputs(registrations, cluster)).to.deep.equal({ ...common, endpointPublicAccess: false });
  });

  it("with a public endpoint names every range that may reach it", async () => {
    const registrations = await made({ publicAccessCidrs: ["203.0.113.0/24"] });
    expect(inputs(registrations, cluster)).to.deep.equal({
      ...common,
      publicAccessCidrs: ["203.0.113.0/24"],
    });
  });

  it("signs in as the assumed role where there is one", async () => {
    const assumeRoleArn = "arn:aws:iam::000000000000:role/deploy";
    expect(inputs(await made({ assumeRoleArn }), cluster).providerCredentialOpts).to.deep.equal({
      roleArn: assumeRoleArn,
    });
  });

  it("is made after the network's routes and its own log group, which EKS would make for ever", async () => {
    const registrations = await made();
    expect(dependencies(registrations, cluster)).to.deep.equal(["cloudwatch.LogGroup eks", "test:index:Marker routes"]);
    expect(inputs(registrations, "cloudwatch.LogGroup eks")).to.deep.equal({
      name: "/aws/eks/mlplatform-test/cluster",
      retentionInDays: 7,
      kmsKeyId: keyArn,
    });
  });

  it("keeps apart people whose names differ in account, kind or path only, and those it knew by the path alone", async () => {
    const people = (account: number, tail: string) => `arn:aws:iam::${String(account).padStart(12, "0")}:${tail}`;
    const registrations = await made({
      admins: [people(0, "role/admin"), people(1, "role/admin"), people(0, "user/admin"), people(0, "role/team/admin")],
      viewers: [people(0, "role/team-admin")],
    });
    const entries = registrations.filter(({ type }) => type === "mlplatform:foundation:AccessEntry");
    expect(entries.map(({ name }) => name)).to.have.members([
      "eks-000000000000-role/admin",
      "eks-000000000001-role/admin",
      "eks-000000000000-user/admin",
      "eks-000000000000-role/team/admin",
      "eks-000000000000-role/team-admin",
    ]);
    const formerly = entries.flatMap(({ name, aliases }) => (aliases.length === 0 ? [] : [[name, ...aliases]]));
    expect(formerly).to.have.deep.members([
      ["eks-000000000000-role/admin", "eks-admin"],
      ["eks-000000000000-role/team/admin", "eks-team-admin"],
    ]);
  });

  it("lets admins and viewers in by access entries named after whom they let in", async () => {
    const registrations = await made({
      admins: ["arn:aws:iam::000000000000:role/team/platform-admin"],
      viewers: ["arn:aws:iam::000000000000:user/auditor"],
    });
    expect(outline(registrations).filter((line) => line.includes("Access"))).to.deep.equal([
      "  AccessEntry eks-000000000000-role/team/platform-admin",
      "    eks.AccessEntry eks-000000000000-role/team/platform-admin",
      "    eks.AccessPolicyAssociation eks-000000000000-role/team/platform-admin",
      "  AccessEntry eks-000000000000-user/auditor",
      "    eks.AccessEntry eks-000000000000-user/auditor",
      "    eks.AccessPolicyAssociation eks-000000000000-user/auditor",
    ]);
    const policy = (name: string) => inputs(registrations, `eks.AccessPolicyAssociation ${name}`).policyArn;
    expect(policy("eks-000000000000-role/team/platform-admin")).to.match(/\/AmazonEKSClusterAdminPolicy$/);
    expect(policy("eks-000000000000-user/auditor")).to.match(/\/AmazonEKSViewPolicy$/);
  });

  it("is reached through one provider, bound to this cluster, once people may enter", async () => {
    const admins = ["arn:aws:iam::000000000000:role/platform-admin"];
    const found = await provider({ admins, deleteUnreachable: true });
    expect(found.inputs).to.deep.equal({
      kubeconfig: '{"kind":"Config"}',
      clusterIdentifier: clusterArn,
      enableServerSideApply: "true",
      enableConfigMapMutable: "true",
      enableSecretMutable: "true",
      deleteUnreachable: "true",
    });
    expect(found.dependencies.join()).to.contain("AccessPolicyAssociation::eks-000000000000-role/platform-admin");
    expect((await provider()).inputs.deleteUnreachable).to.equal("false");
  });

  it("keeps its kubeconfig secret, and nothing else", async () => {
    expect((await provider()).secretInputs).to.deep.equal(["kubeconfig"]);
    expect(secretInputs(await made())).to.deep.equal([]);
    let eks!: EksCluster;
    await building(() => (eks = make({})));
    expect(await isSecret(eks.kubeconfig)).to.equal(true);
    expect(await isSecret(eks.clusterName)).to.equal(false);
    expect(await value(eks.clusterArn)).to.equal(clusterArn);
    expect(await value(eks.securityGroupId)).to.equal("sg-cluster");
    expect(await value(eks.endpoint)).to.equal("https://cluster.fake.invalid");
  });
});
