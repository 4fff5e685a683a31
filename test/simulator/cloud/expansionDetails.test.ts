import * as fs from "node:fs";
import * as path from "node:path";
import * as aws from "@pulumi/aws";
import * as awsx from "@pulumi/awsx";
import * as eks from "@pulumi/eks";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { installedHelm } from "../../../simulator/helm";
import { skip } from "../../support/skip";
import { Bench, engineOrSkip } from "./engine";

const zones = ["eu-central-1a", "eu-central-1b"];

/** A cluster with its own security groups, for a role and a key of the program, and log groups that use its outputs. */
async function program() {
  const network = new awsx.ec2.Vpc("net", {
    availabilityZoneNames: zones,
    natGateways: { strategy: "None" },
    subnetStrategy: "Auto",
    subnetSpecs: [{ type: "Private", cidrBlocks: ["10.0.0.0/24", "10.0.1.0/24"] }],
    vpcEndpointStrategy: "Auto",
    vpcEndpointSpecs: [{ serviceName: "com.amazonaws.eu-central-1.sts", vpcEndpointType: "Interface" }],
  });
  const trust = {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "ec2.amazonaws.com" } }],
  };
  const role = new aws.iam.Role("people", { assumeRolePolicy: JSON.stringify(trust) });
  const key = new aws.kms.Key("key");
  const cluster = new eks.Cluster("plat", {
    vpcId: network.vpcId,
    subnetIds: network.privateSubnetIds,
    authenticationMode: "API",
    encryptionConfigKeyArn: key.arn,
    skipDefaultNodeGroup: true,
    createInstanceRole: false,
    accessEntries: {
      admin: {
        principalArn: role.arn,
        accessPolicies: {
          all: {
            policyArn: "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
            accessScope: { type: "cluster" },
          },
        },
      },
    },
  });
  new aws.cloudwatch.LogGroup("uses-empty-list", {
    tags: { gateways: network.natGateways.apply((list) => String(list.length)) },
  });
  new aws.cloudwatch.LogGroup("uses-core", {
    tags: { resources: cluster.core.apply((core) => core.encryptionConfig?.resources?.join() ?? "none") },
  });
}

describe("a component on the simulated cloud, in detail", function () {
  this.timeout(90_000);
  let bench: Bench;
  let resources: Awaited<ReturnType<Bench["resources"]>>;
  before(async function () {
    bench = new Bench(await engineOrSkip(this));
    const ran = await bench.up(program);
    expect(ran.succeeded, ran.text).to.equal(true);
    resources = await bench.resources();
  });
  after(() => bench?.remove());

  const nameOf = (urn: string) => urn.split("::").at(-1)!;
  const named = (type: string, name: string) =>
    resources.find((each) => each.type === type && nameOf(each.urn) === name)!;
  const dependenciesOf = (type: string, name: string) => named(type, name).dependencies!.map(nameOf);

  it("describes its security groups as the SDK does where nobody describes them", () => {
    const groups = resources.filter(({ type }) => type === "aws:ec2/securityGroup:SecurityGroup");
    expect(groups.map(({ urn }) => nameOf(urn)).sort()).to.deep.equal([
      "com.amazonaws.eu-central-1.sts-sg",
      "plat-eksClusterSecurityGroup",
      "plat-nodeSecurityGroup",
    ]);
    for (const { inputs } of groups) expect(inputs).to.include({ description: "Managed by Pulumi" });
  });

  it("makes who uses an empty list wait for what all outputs wait for", () => {
    expect(dependenciesOf("aws:cloudwatch/logGroup:LogGroup", "uses-empty-list")).to.include.members([
      "net",
      "net-private-1",
      "net-private-2",
    ]);
  });

  it("makes access entries and their policies depend on the role they are for", () => {
    expect(dependenciesOf("aws:eks/accessEntry:AccessEntry", "plat-admin")).to.include("people");
    const association = named("aws:eks/accessPolicyAssociation:AccessPolicyAssociation", "plat-admin-all");
    expect(association.dependencies!.map(nameOf)).to.include.members(["people", "plat-admin"]);
    expect(association.propertyDependencies!.principalArn!.map(nameOf)).to.deep.equal(["people"]);
  });

  it("tells of its encryption in `core`, which comes from all that the component made", () => {
    const user = named("aws:cloudwatch/logGroup:LogGroup", "uses-core");
    expect(user.inputs).to.deep.include({ tags: { resources: "secrets" } });
    expect(user.dependencies!.map(nameOf)).to.include.members([
      "key",
      "people",
      "plat-eksClusterIngressRule",
      "plat-nodeSecurityGroup",
      "plat-vpc-cni",
    ]);
  });

  it("shows no change afterwards", async () => {
    expect(Object.keys((await bench.preview(program)).changes)).to.deep.equal(["same"]);
  });
});

describe("a chart on the simulated cloud, in detail", function () {
  this.timeout(60_000);
  let bench: Bench;
  before(async function () {
    bench = new Bench(await engineOrSkip(this));
  });
  after(() => bench?.remove());

  it("drops members without a value, and writes secret values out in plain text, saying so", async function () {
    const helm = await installedHelm();
    if (helm === undefined) return skip(this, "needs helm 3 on PATH, or built once by `make up`");
    const chart = path.join(bench.folder, "plain");
    fs.mkdirSync(path.join(chart, "templates"), { recursive: true });
    fs.writeFileSync(path.join(chart, "Chart.yaml"), "apiVersion: v2\nname: plain\nversion: 0.1.0\n");
    fs.writeFileSync(
      path.join(chart, "templates", "all.yaml"),
      "apiVersion: v1\nkind: Service\nmetadata: {name: web, labels: null}\n" +
        'spec: {selector: {app: "{{ .Values.app }}"}, ports: [{port: 80, name: null}]}\n',
    );
    const notices: string[] = [];
    const ran = await bench.up(
      async () => {
        const provider = new k8s.Provider("cluster", { context: "somewhere" });
        const values = { app: pulumi.secret("simulated") };
        new k8s.helm.v4.Chart("app", { chart, namespace: "default", values }, { provider });
      },
      {
        helm: { binary: helm.path, chartCacheDir: bench.folder },
        onNotice: (text) => notices.push(text),
      },
    );
    expect(ran.succeeded, ran.text).to.equal(true);
    const service = (await bench.resources()).find(({ type }) => type === "kubernetes:core/v1:Service")!;
    expect(service.inputs!.metadata).to.not.have.property("labels");
    expect(service.inputs!.spec).to.deep.equal({ selector: { app: "simulated" }, ports: [{ port: 80 }] });
    expect(notices.join()).to.match(/values hold a secret/);
  });
});
