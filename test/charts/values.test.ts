import { Output } from "@pulumi/pulumi";
import { expect } from "chai";
import { clusterAutoscalerValues } from "../../charts/values/clusterAutoscaler";
import { externalDnsValues } from "../../charts/values/externalDns";
import { karpenterValues } from "../../charts/values/karpenter";
import { loadBalancerControllerValues } from "../../charts/values/loadBalancerController";
import { kubernetesVersions } from "../../components/settings/cluster";

const common = { serviceAccount: "made-up", nodeSelector: { "mlplatform/purpose": "system" } };
const cluster = { clusterName: "mlplatform-test", region: "eu-west-1" };
const balancers = { ...cluster, ...common, vpc: { id: "vpc-made-up" }, tags: { team: "ml" } };
const autoscaler = { ...cluster, ...common, kubernetesVersion: "1.35" };
const all: Record<string, object> = {
  "aws-load-balancer-controller": loadBalancerControllerValues(balancers),
  "cluster-autoscaler": clusterAutoscalerValues(autoscaler),
  "external-dns": externalDnsValues({
    ...common,
    domain: "ml.example.com",
    zoneId: "Z0123456789EXAMPLE",
    ownerId: "mlplatform-test",
    zoneType: "public",
    region: "eu-west-1",
  }),
  karpenter: karpenterValues({ ...common, clusterName: "mlplatform-test", queueName: "mlplatform-queue" }),
};

/** Every value in a tree, with its path. */
function leaves(value: unknown, path = ""): [string, unknown][] {
  if (typeof value !== "object" || value === null || Output.isInstance(value)) return [[path, value]];
  return Object.entries(value).flatMap(([key, nested]) => leaves(nested, `${path}.${key}`));
}

describe("values of charts", () => {
  for (const [name, values] of Object.entries(all)) {
    it(`${name}: are literal, so that a preview shows every object`, () => {
      for (const [path, value] of leaves(values)) {
        expect(["string", "number", "boolean"], `${path} is ${value}`).to.include(typeof value);
      }
    });

    it(`${name}: say how much memory its pods may take, and where they run`, () => {
      const text = JSON.stringify(values);
      expect(text).to.contain('"limits":{"memory":').and.to.contain('"nodeSelector":{"mlplatform/purpose":"system"}');
      expect(text).to.not.match(/latest|:0\.0\.0/);
    });
  }

  const restricted = { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } };

  it("aws-load-balancer-controller: exactly these", () => {
    expect(all["aws-load-balancer-controller"]).to.deep.equal({
      clusterName: "mlplatform-test",
      region: "eu-west-1",
      vpcId: "vpc-made-up",
      replicaCount: 2,
      serviceAccount: { create: true, name: "made-up" },
      enableCertManager: true,
      enableShield: false,
      enableWaf: false,
      enableWafv2: false,
      enableServiceMutatorWebhook: false,
      podDisruptionBudget: { maxUnavailable: 1 },
      defaultTags: { team: "ml" },
      nodeSelector: common.nodeSelector,
      securityContext: { ...restricted, runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
      resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "256Mi" } },
    });
  });

  it("aws-load-balancer-controller: finds the VPC by tags where its id is not known in advance", () => {
    const values = loadBalancerControllerValues({ ...balancers, vpc: { tags: { "mlplatform/stack": "x" } } });
    expect(values).to.have.property("vpcTags").deep.equal({ "mlplatform/stack": "x" });
    expect(values).to.not.have.property("vpcId");
  });

  it("cluster-autoscaler: exactly these", () => {
    expect(all["cluster-autoscaler"]).to.deep.equal({
      fullnameOverride: "cluster-autoscaler",
      cloudProvider: "aws",
      autoDiscovery: { clusterName: "mlplatform-test" },
      awsRegion: "eu-west-1",
      image: { tag: "v1.35.0" },
      extraArgs: {
        "balance-similar-node-groups": true,
        "skip-nodes-with-local-storage": false,
        expander: "least-waste",
      },
      rbac: { create: true, serviceAccount: { create: true, name: "made-up" } },
      nodeSelector: common.nodeSelector,
      securityContext: { runAsNonRoot: true, runAsUser: 65534, seccompProfile: { type: "RuntimeDefault" } },
      containerSecurityContext: restricted,
      resources: { requests: { cpu: "50m", memory: "256Mi" }, limits: { memory: "512Mi" } },
    });
  });

  for (const kubernetesVersion of kubernetesVersions) {
    it(`cluster-autoscaler: on Kubernetes ${kubernetesVersion} is at most one minor version older, and never newer`, () => {
      const minor = (version: string) => Number(/^v?1\.(\d+)/.exec(version)![1]);
      const { tag } = clusterAutoscalerValues({ ...autoscaler, kubernetesVersion }).image;
      expect(tag).to.match(/^v1\.\d+\.\d+$/);
      expect(minor(kubernetesVersion) - minor(tag)).to.be.within(0, 1);
    });
  }

  it("external-dns: exactly these, so that it touches one domain and only its own records", () => {
    expect(all["external-dns"]).to.deep.equal({
      provider: { name: "aws" },
      sources: ["ingress", "service"],
      policy: "sync",
      registry: "txt",
      txtOwnerId: "mlplatform-test",
      domainFilters: ["ml.example.com"],
      extraArgs: ["--aws-zone-type=public", "--aws-zone-match-parent", "--zone-id-filter=Z0123456789EXAMPLE"],
      env: [{ name: "AWS_DEFAULT_REGION", value: "eu-west-1" }],
      serviceAccount: { create: true, name: "made-up" },
      nodeSelector: common.nodeSelector,
      resources: { requests: { cpu: "20m", memory: "64Mi" }, limits: { memory: "128Mi" } },
    });
  });

  it("karpenter: exactly these", () => {
    expect(all.karpenter).to.deep.equal({
      settings: { clusterName: "mlplatform-test", interruptionQueue: "mlplatform-queue" },
      serviceAccount: { create: true, name: "made-up" },
      replicas: 2,
      nodeSelector: common.nodeSelector,
      controller: { resources: { requests: { cpu: "250m", memory: "512Mi" }, limits: { memory: "1Gi" } } },
    });
  });
});
