import * as aws from "@pulumi/aws";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { Bench, engineOrSkip } from "./engine";

const controllerName = "aws-load-balancer-controller";

interface Parts {
  nodes?: boolean;
  controller?: boolean;
  ingress?: boolean;
  /** Whether the Ingress says that it needs its controller. */
  depends?: boolean;
  claim?: boolean;
  driver?: boolean;
  issuer?: boolean;
  certManager?: boolean;
}

/** A cluster in a network of its own, with what the test asks for in it. */
function clusterWith(parts: Parts) {
  return async () => {
    const trust = (service: string) =>
      JSON.stringify({ Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: service } }] });
    const vpc = new aws.ec2.Vpc("net", { cidrBlock: "10.0.0.0/16" });
    const subnets = ["a", "b"].map(
      (zone, index) =>
        new aws.ec2.Subnet(zone, {
          vpcId: vpc.id,
          cidrBlock: `10.0.${index}.0/24`,
          availabilityZone: `eu-central-1${zone}`,
          tags: { "kubernetes.io/role/internal-elb": "1" },
        }),
    );
    const subnetIds = subnets.map(({ id }) => id);
    const role = new aws.iam.Role("cluster", { assumeRolePolicy: trust("eks.amazonaws.com") });
    const cluster = new aws.eks.Cluster("plat", { name: "plat", roleArn: role.arn, vpcConfig: { subnetIds } });
    const kubeconfig = pulumi.jsonStringify({
      clusters: [{ name: "c", cluster: { server: cluster.endpoint } }],
      contexts: [{ name: "c", context: { cluster: "c" } }],
      "current-context": "c",
    });
    const provider = new k8s.Provider("plat", { kubeconfig, clusterIdentifier: "plat", deleteUnreachable: true });
    const dependsOn: pulumi.Resource[] = [];
    if (parts.nodes) {
      const nodeRole = new aws.iam.Role("nodes", { assumeRolePolicy: trust("ec2.amazonaws.com") });
      const scalingConfig = { minSize: 1, desiredSize: 1, maxSize: 2 };
      dependsOn.push(
        new aws.eks.NodeGroup("nodes", {
          clusterName: cluster.name,
          nodeRoleArn: nodeRole.arn,
          subnetIds,
          scalingConfig,
        }),
      );
    }
    if (parts.controller) {
      const labels = { app: controllerName };
      const spec = {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "simulated.invalid/c:1" }] } },
      };
      dependsOn.push(
        new k8s.apps.v1.Deployment(
          "controller",
          { metadata: { name: controllerName, namespace: "kube-system" }, spec },
          { provider, dependsOn: [...dependsOn] },
        ),
      );
    }
    if (parts.ingress) {
      const spec = { ingressClassName: "alb", defaultBackend: { service: { name: "web", port: { number: 80 } } } };
      new k8s.networking.v1.Ingress(
        "web",
        { metadata: { name: "web", namespace: "default" }, spec },
        { provider, dependsOn: parts.depends === false ? [] : dependsOn },
      );
    }
    if (parts.driver)
      dependsOn.push(
        new aws.eks.Addon(
          "driver",
          { clusterName: cluster.name, addonName: "aws-ebs-csi-driver" },
          { dependsOn: [...dependsOn] },
        ),
      );
    if (parts.certManager)
      dependsOn.push(
        new aws.eks.Addon(
          "certificates",
          { clusterName: cluster.name, addonName: "cert-manager" },
          { dependsOn: [...dependsOn] },
        ),
      );
    if (parts.issuer)
      new k8s.apiextensions.CustomResource(
        "itself",
        { apiVersion: "cert-manager.io/v1", kind: "Issuer", metadata: { name: "itself", namespace: "default" } },
        { provider, dependsOn },
      );
    if (parts.claim) {
      const storage = new k8s.storage.v1.StorageClass(
        "gp3",
        { metadata: { name: "gp3" }, provisioner: "ebs.csi.aws.com" },
        { provider },
      );
      new k8s.core.v1.PersistentVolumeClaim(
        "disk",
        {
          metadata: { name: "disk", namespace: "default" },
          spec: {
            storageClassName: "gp3",
            accessModes: ["ReadWriteOnce"],
            resources: { requests: { storage: "1Gi" } },
          },
        },
        { provider, dependsOn: [storage, ...dependsOn] },
      );
    }
  };
}

describe("controllers in a simulated cluster", function () {
  this.timeout(120_000);
  let bench: Bench;
  beforeEach(async function () {
    bench = new Bench(await engineOrSkip(this));
  });
  afterEach(() => bench?.remove());

  it("let no pod become ready where there are no nodes", async () => {
    const ran = await bench.up(clusterWith({ controller: true }));
    expect(ran.text).to.contain("no nodes available to schedule pods in plat");
    expect((await bench.up(clusterWith({ nodes: true, controller: true }))).succeeded).to.equal(true);
  });

  it("make a load balancer for an Ingress, and take it away with it", async () => {
    const whole = clusterWith({ nodes: true, controller: true, ingress: true });
    const ran = await bench.up(whole);
    expect(ran.succeeded, ran.text).to.equal(true);
    const types = () => bench.cloud!.account.list().map(({ type }) => type);
    expect(types()).to.include("aws:lb/loadBalancer:LoadBalancer");
    expect((await bench.destroy()).succeeded).to.equal(true);
    expect(bench.cloud!.account.list(), "nothing is left, not even by the controller").to.deep.equal([]);
  });

  it("give an Ingress nothing before they run, nor let it go after they are gone", async () => {
    const early = await bench.up(clusterWith({ nodes: true, ingress: true }));
    expect(early.text).to.contain(`${controllerName} does not run in plat`);
    await bench.up(clusterWith({ nodes: true, controller: true, ingress: true }));
    const without = await bench.up(clusterWith({ nodes: true, controller: false, ingress: true, depends: false }));
    expect(without.succeeded, "only the controller goes").to.equal(true);
    const ran = await bench.destroy();
    expect(ran.text).to.contain("waits for its finalizer");
    expect(ran.text).to.contain("depend on the controller");
  });

  it("leave load balancers behind when the cluster goes first, and then the network cannot go", async () => {
    await bench.up(clusterWith({ nodes: true, controller: true, ingress: true }));
    const cluster = (await bench.resources()).find(({ type }) => type === "aws:eks/cluster:Cluster")!;
    await bench.losingCluster(cluster.urn);
    const ran = await bench.destroy();
    expect(ran.text).to.contain("still used by aws:lb/loadBalancer:LoadBalancer");
  });

  it("bind no volume before the driver of its class is installed", async () => {
    const ran = await bench.up(clusterWith({ nodes: true, claim: true }));
    expect(ran.text).to.contain("addon aws-ebs-csi-driver, which serves ebs.csi.aws.com, is not installed");
    expect((await bench.up(clusterWith({ nodes: true, claim: true, driver: true }))).succeeded).to.equal(true);
  });

  it("know the kinds of an add-on once the cluster has it", async () => {
    const early = await bench.up(clusterWith({ nodes: true, issuer: true }));
    expect(early.text).to.contain('no matches for kind "Issuer" in version "cert-manager.io/v1"');
    const ran = await bench.up(clusterWith({ nodes: true, issuer: true, certManager: true }));
    expect(ran.succeeded, ran.text).to.equal(true);
  });
});
