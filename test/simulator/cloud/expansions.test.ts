import * as fs from "node:fs";
import * as path from "node:path";
import * as aws from "@pulumi/aws";
import * as awsx from "@pulumi/awsx";
import * as eks from "@pulumi/eks";
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { installedHelm } from "../../../simulator/helm";
import { skip } from "../../support/skip";
import { Bench, engineOrSkip } from "./engine";

const zones = ["eu-central-1a", "eu-central-1b", "eu-central-1c"];

/** A VPC with endpoints and a private cluster in it, as the platform asks for them. */
async function platform() {
  const provider = new aws.Provider("aws", { region: "eu-central-1" });
  const providers = { aws: provider };
  const network = new awsx.ec2.Vpc(
    "net",
    {
      cidrBlock: "10.0.0.0/16",
      availabilityZoneNames: zones,
      enableDnsHostnames: true,
      subnetStrategy: "Auto",
      natGateways: { strategy: "Single" },
      tags: { team: "ml" },
      vpcEndpointStrategy: "Auto",
      vpcEndpointSpecs: [
        { serviceName: "com.amazonaws.eu-central-1.s3" },
        { serviceName: "com.amazonaws.eu-central-1.ecr.api", vpcEndpointType: "Interface" },
      ],
      subnetSpecs: [
        { type: "Public", cidrBlocks: ["10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24"], tags: { edge: "yes" } },
        { type: "Private", cidrBlocks: ["10.0.64.0/18", "10.0.128.0/18", "10.0.192.0/18"] },
        { type: "Isolated", name: "database", cidrBlocks: ["10.0.4.0/24", "10.0.5.0/24", "10.0.6.0/24"] },
      ],
    },
    { providers, retainOnDelete: true },
  );
  const cluster = new eks.Cluster(
    "plat",
    {
      name: "simulated-cluster",
      version: "1.34",
      vpcId: network.vpcId,
      subnetIds: network.privateSubnetIds,
      endpointPrivateAccess: true,
      endpointPublicAccess: false,
      authenticationMode: "API",
      bootstrapSelfManagedAddons: false,
      useDefaultVpcCni: true,
      kubeProxyAddonOptions: { enabled: false },
      corednsAddonOptions: { enabled: false },
      skipDefaultNodeGroup: true,
      skipDefaultSecurityGroups: true,
      createInstanceRole: false,
      accessEntries: {
        admin: {
          principalArn: "arn:aws:iam::000000000000:role/people",
          accessPolicies: {
            all: {
              policyArn: "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
              accessScope: { type: "cluster" },
            },
          },
        },
      },
    },
    { providers, protect: true },
  );
  return {
    name: cluster.eksCluster.name,
    group: cluster.clusterSecurityGroupId,
    endpoint: cluster.core.endpoint,
    nat: network.natGateways.apply(([gateway]) => gateway!.publicIp),
    databases: network.isolatedSubnetIds,
    kubeconfig: cluster.kubeconfigJson,
  };
}

describe("a component on the simulated cloud", function () {
  this.timeout(90_000);
  let bench: Bench;
  const has = (resources: { type: string; urn: string }[], type: string) =>
    resources
      .filter((each) => each.type === type)
      .map(({ urn }) => urn.split("::").at(-1))
      .sort();
  beforeEach(async function () {
    bench = new Bench(await engineOrSkip(this));
  });
  afterEach(() => bench?.remove());

  it("expands into what awsx and eks really make, and shows no change afterwards", async () => {
    const planned = await bench.preview(platform);
    const ran = await bench.up(platform);
    expect(ran.succeeded, ran.text).to.equal(true);
    expect(planned.changes, "the preview shows all of it").to.deep.equal(ran.changes);
    const resources = await bench.resources();
    const nine = [
      "net-database-1",
      "net-database-2",
      "net-database-3",
      "net-private-1",
      "net-private-2",
      "net-private-3",
      "net-public-1",
      "net-public-2",
      "net-public-3",
    ];
    for (const type of [
      "ec2/subnet:Subnet",
      "ec2/routeTable:RouteTable",
      "ec2/routeTableAssociation:RouteTableAssociation",
    ]) {
      expect(has(resources, `aws:${type}`), type).to.deep.equal(nine);
    }
    expect(has(resources, "aws:ec2/route:Route")).to.deep.equal(nine.slice(3));
    expect(has(resources, "aws:ec2/natGateway:NatGateway")).to.deep.equal(["net-1"]);
    expect(has(resources, "aws:ec2/eip:Eip")).to.deep.equal(["net-1"]);
    expect(has(resources, "aws:ec2/vpcEndpoint:VpcEndpoint")).to.have.length(2);
    expect(has(resources, "aws:iam/rolePolicyAttachment:RolePolicyAttachment")).to.deep.equal([
      "plat-eksRole-4b490823",
    ]);
    expect(has(resources, "aws:eks/accessPolicyAssociation:AccessPolicyAssociation")).to.deep.equal(["plat-admin-all"]);
    expect(has(resources, "pulumi:providers:kubernetes")).to.deep.equal(["plat-eks-k8s"]);
    const subnet = resources.find(({ urn }) => urn.endsWith("aws:ec2/subnet:Subnet::net-public-1"))!;
    expect(subnet.inputs).to.deep.include({
      mapPublicIpOnLaunch: true,
      tags: { Name: "net-public-1", SubnetType: "Public", edge: "yes", team: "ml" },
    });
    expect(ran.outputs.databases!.value).to.have.length(3);
    expect(ran.outputs.group!.value).to.match(/^sg-sim/);
    expect((await bench.preview(platform)).changes).to.deep.equal({ same: Object.values(ran.changes)[0] });
  });

  it("passes protect and retainOnDelete on to its children, and its provider", async () => {
    await bench.up(platform);
    const resources = (await bench.resources()).filter(({ type }) => type.startsWith("aws:"));
    const ofCluster = resources.filter(({ urn }) => urn.includes("eks:index:Cluster$"));
    const ofNetwork = resources.filter(({ urn }) => urn.includes("awsx:ec2:Vpc$"));
    expect(ofCluster).to.have.length.above(4);
    expect(ofCluster.filter(({ protect }) => protect !== true)).to.deep.equal([]);
    expect(ofNetwork.filter(({ retainOnDelete }) => retainOnDelete !== true)).to.deep.equal([]);
    expect(resources.filter(({ provider }) => !provider?.includes("pulumi:providers:aws::aws::"))).to.deep.equal([]);
  });

  it("refuses what it does not expand instead of leaving it out", async () => {
    const ran = await bench.preview(async () => {
      new eks.Cluster("other", { fargate: true, skipDefaultNodeGroup: true });
    });
    expect(ran.text).to.contain("does not expand fargate");
  });

  it("of a chart expands into its objects, without hooks, namespaces and definitions first", async function () {
    const helm = await installedHelm();
    if (helm === undefined) return skip(this, "needs helm 3 on PATH, or built once by `make up`");
    const chart = path.join(bench.folder, "tiny");
    writeChart(chart);
    const provider = () => new k8s.Provider("cluster", { context: "somewhere" });
    const program =
      (replicas: number, ...unset: pulumi.Input<string>[]) =>
      async () => {
        new k8s.helm.v4.Chart(
          "app",
          { chart, namespace: "default", values: { replicas, unset } },
          { provider: provider() },
        );
      };
    const options = { helm: { binary: helm.path, chartCacheDir: bench.folder } };
    const ran = await bench.up(program(2), options);
    expect(ran.succeeded, ran.text).to.equal(true);
    const objects = (await bench.resources()).filter(({ type }) => /^kubernetes:(?!helm)/.test(type));
    expect(objects.map(({ type, urn }) => `${type} ${urn.split("::").at(-1)}`).sort()).to.deep.equal([
      "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition app:tinies.simulated.invalid",
      "kubernetes:apps/v1:Deployment app:default/app-web",
      "kubernetes:core/v1:Namespace app:made-by-chart",
      "kubernetes:core/v1:Secret app:made-by-chart/login",
      "kubernetes:simulated.invalid/v1:Tiny app:default/thing",
    ]);
    const secret = objects.find(({ type }) => type.endsWith(":Secret"))!;
    expect(secret.dependencies!.map((urn) => urn.split("::").at(-1))).to.deep.equal(["app:made-by-chart"]);
    expect(bench.stateText(), "the Secret's content").to.not.contain(Buffer.from("made up").toString("base64"));
    expect((await bench.up(program(3), options)).changes).to.deep.include({ update: 1 });
    const notices: string[] = [];
    await bench.up(program(3), { onNotice: (text) => notices.push(text) });
    expect(notices.join()).to.contain("registers no objects: helm is not at hand");
  });
});

function writeChart(folder: string): void {
  const write = (file: string, text: string) => {
    fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    fs.writeFileSync(path.join(folder, file), text);
  };
  const object = (apiVersion: string, kind: string, name: string, rest: string, metadata = "") =>
    `---\napiVersion: ${apiVersion}\nkind: ${kind}\nmetadata:\n  name: ${name}\n${metadata}${rest}`;
  write("Chart.yaml", "apiVersion: v2\nname: tiny\nversion: 0.1.0\n");
  write("values.yaml", "replicas: 1\n");
  write(
    "crds/tiny.yaml",
    object(
      "apiextensions.k8s.io/v1",
      "CustomResourceDefinition",
      "tinies.simulated.invalid",
      "spec:\n  group: simulated.invalid\n  scope: Namespaced\n  names: {kind: Tiny, plural: tinies}\n  versions: [{name: v1, served: true, storage: true}]\n",
    ),
  );
  write(
    "templates/all.yaml",
    [
      object("simulated.invalid/v1", "Tiny", "thing", "spec: {}\n"),
      object(
        "v1",
        "Secret",
        "login",
        `data:\n  password: ${Buffer.from("made up").toString("base64")}\n`,
        "  namespace: made-by-chart\n",
      ),
      object("v1", "Namespace", "made-by-chart", ""),
      object("batch/v1", "Job", "hook", "spec: {}\n", "  annotations: {helm.sh/hook: pre-install}\n"),
      object(
        "apps/v1",
        "Deployment",
        "{{ .Release.Name }}-web",
        "spec:\n  replicas: {{ .Values.replicas }}\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec: {containers: [{name: web, image: simulated.invalid/web:1}]}\n",
      ),
    ].join(""),
  );
}
