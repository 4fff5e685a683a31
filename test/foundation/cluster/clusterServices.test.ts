import { expect } from "chai";
import { chartSource } from "../../../charts/source";
import { ClusterServices, type ClusterServicesArgs } from "../../../components/foundation/cluster/clusterServices";
import { NodeRole } from "../../../components/foundation/cluster/nodeRole";
import {
  account,
  addonVersions,
  building,
  clusterFacts,
  clusterName,
  Follower,
  Marker,
  nodePlan,
  RecordedIdentity,
  tags,
} from "../../support/foundation";
import { dependencies, inputs, outline, secretInputs, waitedFor } from "../../support/outline";

const chart = (name: string) => `kubernetes:helm.sh/v4:Chart ${name}`;

describe("the services of a cluster", () => {
  const make = (identity: RecordedIdentity, over: Partial<ClusterServicesArgs> = {}) =>
    new ClusterServices("services", {
      account,
      cluster: clusterFacts(),
      clusterName,
      versions: addonVersions,
      nodeImageVersion: "1.61.0",
      keyArn: "arn:key",
      vpc: { tags: { "mlplatform/stack": "mlplatform-test" } },
      nodeRole: new NodeRole("role", { account }),
      subnetIds: ["subnet-a", "subnet-b"],
      scaling: { kind: "nodeGroups" },
      tags,
      identity,
      nodes: [new Marker("nodes")],
      ...over,
    });
  const made = (over: Partial<ClusterServicesArgs> = {}) => building(() => make(new RecordedIdentity(), over));
  const dns = {
    domain: "ml.example.com",
    zoneId: "Z0123456789EXAMPLE",
    ownerId: "mlplatform-test",
    zoneType: "public",
  };
  const karpenter = { kind: "karpenter", pools: { apps: nodePlan("apps") }, consolidateAfterMinutes: 5 } as const;
  const services = async (over: Partial<ClusterServicesArgs>) =>
    outline(await made(over)).filter((line) => /^ {2}\S/.test(line) && !line.includes("role"));
  const always = [
    "  Addon services-cert-manager",
    "  Addon services-metrics-server",
    "  Controller services-load-balancers",
  ];

  for (const [what, over, more] of [
    ["scale node groups", {}, ["  Controller services-autoscaler"]],
    [
      "start nodes with Karpenter instead of scaling groups",
      { scaling: karpenter },
      ["  Karpenter services-karpenter"],
    ],
    [
      "keep DNS records where there is a zone",
      { dns },
      ["  Controller services-autoscaler", "  Controller services-dns"],
    ],
  ] as const) {
    it(what, async () => {
      const expected = [...always, ...more].sort();
      expect((await services(over as Partial<ClusterServicesArgs>)).sort()).to.deep.equal(expected);
    });
  }

  it("come after the nodes, and the load balancers' after the maker of its certificate", async () => {
    const made = await building(() => make(new RecordedIdentity(), { dns } as Partial<ClusterServicesArgs>));
    for (const name of ["eks.Addon services-cert-manager", "eks.Addon services-metrics-server"]) {
      expect(dependencies(made, name)).to.deep.equal(["test:index:Marker nodes"]);
    }
    expect(dependencies(made, chart("services-load-balancers"))).to.include("eks.Addon services-cert-manager");
    for (const name of ["services-dns", "services-autoscaler"]) {
      expect(dependencies(made, chart(name)), name).to.include.members([
        "test:index:Marker nodes",
        `test:index:Marker granted-${name}`,
      ]);
    }
  });

  it("run as the service account they are granted permissions for, on system nodes, with pinned charts", async () => {
    const identity = new RecordedIdentity();
    const registrations = await building(() => make(identity, { dns } as Partial<ClusterServicesArgs>));
    for (const [name, chartName, account] of [
      ["services-load-balancers", "aws-load-balancer-controller", (v: Values) => v.serviceAccount?.name],
      ["services-dns", "external-dns", (v: Values) => v.serviceAccount?.name],
      ["services-autoscaler", "cluster-autoscaler", (v: Values) => v.rbac?.serviceAccount.name],
    ] as const) {
      const { values, ...rest } = inputs(registrations, chart(name));
      expect(rest).to.deep.equal({ ...chartSource(chartName), name: chartName, namespace: "kube-system" });
      expect(account(values as Values), name).to.equal(identity.grants[name]!.serviceAccount);
      expect((values as Values).nodeSelector).to.deep.equal({ "mlplatform/purpose": "system" });
    }
    expect(secretInputs(registrations)).to.deep.equal([]);
  });

  it("say what an Ingress and what a pod must wait for", async () => {
    const waited = async (what: "ingress" | "scaling", over: object = {}) =>
      waitedFor(await building(() => new Follower(make(new RecordedIdentity(), over)[what])));
    const pods = (name: string) => `kubernetes:apps/v1:Deployment ${name}-pods`;
    const balancers = "services-load-balancers";
    expect(await waited("ingress")).to.deep.equal([pods(balancers), chart(balancers)]);
    expect(await waited("ingress", { dns })).to.include.members([pods("services-dns"), pods(balancers)]);
    expect(await waited("scaling")).to.deep.equal([pods("services-autoscaler"), chart("services-autoscaler")]);
    expect(await waited("scaling", { scaling: karpenter })).to.include.members([
      pods("services-karpenter-controller"),
      "kubernetes:karpenter.sh/v1:NodePool services-karpenter-apps",
    ]);
  });
});

interface Values {
  serviceAccount?: { name: string };
  rbac?: { serviceAccount: { name: string } };
  nodeSelector: Record<string, string>;
}
