import { expect } from "chai";
import { durationOf, type Times, times } from "../../report/duration/duration";
import { PlanIndex } from "../../report/planIndex";
import type { PlannedResource } from "../../simulator/plan";
import { planned, planOf } from "./plans";

const time = (seconds: number) => ({ seconds, measured: `${seconds} s`, sources: ["https://example.com"] });
const known: Times = { cluster: time(500), nodes: time(100), gateway: time(90), database: time(550) };
const provider = "urn:provider";

/** A resource that a provider makes, after others. */
function made(type: string, name: string, ...after: PlannedResource[]): PlannedResource {
  return { ...planned(type, name), provider, dependencies: after.map(({ urn }) => urn) };
}

const duration = (...resources: PlannedResource[]) => durationOf(new PlanIndex(planOf(...resources)), known);

describe("The predicted duration of an update", () => {
  it("is the longest chain, not the sum: what waits for nothing is made at once", () => {
    const cluster = made("cluster", "eks");
    const nodes = ["system", "apps"].map((name) => made("nodes", name, cluster));
    const found = duration(cluster, ...nodes, made("database", "database"), made("gateway", "nat"));
    expect(found.seconds).to.equal(600);
    expect(found.criticalPath).to.deep.equal([
      { type: "cluster", name: "eks", seconds: 500 },
      { type: "nodes", name: "system", seconds: 100 },
    ]);
  });

  it("waits for the children of a component that is depended on", () => {
    const component = planned("mlplatform:foundation:EksCluster", "cluster");
    const child = { ...made("cluster", "eks"), parent: component.urn };
    expect(duration(component, child, made("nodes", "system", component)).seconds).to.equal(600);
  });

  it("waits for what makes a provider known", () => {
    const cluster = made("cluster", "eks");
    const kubernetes = { ...planned("pulumi:providers:kubernetes", "cluster"), dependencies: [cluster.urn] };
    const object = { ...planned("nodes", "object"), provider: kubernetes.urn };
    expect(duration(cluster, kubernetes, object).seconds).to.equal(600);
  });

  it("ends where a component is named by its own child", () => {
    const component = planned("mlplatform:foundation:Nodes", "nodes");
    const child = { ...made("nodes", "system", component), parent: component.urn };
    expect(duration(component, child).seconds).to.equal(100);
  });

  it("says which types nobody has measured", () => {
    expect(duration(made("other", "one"), made("cluster", "eks")).unmeasured).to.deep.equal(["other"]);
  });

  it("has a source for every time", () => {
    for (const [type, { seconds, sources }] of Object.entries(times)) {
      expect(seconds, type).to.be.greaterThan(0);
      expect(sources, type).to.not.have.length(0);
      for (const source of sources) expect(source, type).to.match(/^https:\/\//);
    }
  });

  it("is linear: a chain of 5,000 resources is walked at once", () => {
    const chain: PlannedResource[] = [];
    for (let at = 0; at < 5_000; at += 1) chain.push(made("other", String(at), ...chain.slice(-1)));
    expect(duration(...chain, made("cluster", "eks", chain.at(-1)!)).seconds).to.equal(500);
  });
});
