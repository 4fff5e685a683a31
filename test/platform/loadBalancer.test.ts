import { expect } from "chai";
import { runWith, stackFile, without } from "./program";

const attribute = "alb.ingress.kubernetes.io/load-balancer-attributes";

/** What the Ingresses of a program say of the load balancer that they share. */
async function told(...args: Parameters<typeof runWith>): Promise<string[]> {
  const ingresses = (await runWith(...args)).filter(({ type }) => type.endsWith(":Ingress"));
  expect(ingresses).to.have.length.above(2);
  return ingresses.map(({ inputs }) => {
    const { metadata } = inputs as { metadata: { annotations: Record<string, string> } };
    return metadata.annotations[attribute]!;
  });
}

describe("the load balancer that all host names share", function () {
  this.timeout(60_000);
  const dev = stackFile("dev");
  // What is left out stays as it was, so logs are turned off by name.
  const unlogged = (seconds: number) => `idle_timeout.timeout_seconds=${seconds},access_logs.s3.enabled=false`;
  const answering = (timeoutMillis: number) => ({
    "mlplatform:models": { slow: { from: "models:/slow@champion", serve: { flask: { timeoutMillis } } } },
  });

  it("waits as long as the slowest of what is behind it, which every Ingress says with the same words", async () => {
    const notebooks = await told({ ...dev, ...answering(90_000) });
    expect(new Set(notebooks)).to.deep.equal(new Set([unlogged(3600)]));
    const models = await told({ ...without(dev, "jupyterhub"), ...answering(90_000) });
    expect(new Set(models)).to.deep.equal(new Set([unlogged(91)]));
    const quick = await told({ ...without(dev, "jupyterhub"), ...answering(10_000) });
    expect(new Set(quick)).to.deep.equal(new Set([unlogged(60)]));
  });

  it("is another for models that name one, at a host of their own", async () => {
    const model = (flask: object) => ({ from: "models:/churn@champion", serve: { flask } });
    const all = await runWith({
      ...dev,
      "mlplatform:models": { churn: model({}), fraud: model({ loadBalancer: "team-a" }) },
    });
    const of = (name: string) => {
      const { metadata, spec } = all.find(({ type, name: each }) => type.endsWith(":Ingress") && each.includes(name))!
        .inputs as { metadata: { annotations: Record<string, string> }; spec: { rules: { host: string }[] } };
      return [metadata.annotations["alb.ingress.kubernetes.io/group.name"], spec.rules[0]!.host];
    };
    const [group, host] = of("churn");
    expect(of("fraud")).to.deep.equal([`${group}-team-a`, host!.replace(/^models/, "models-team-a")]);
  });
});
