import { expect } from "chai";
import { runWith, stackFile, withFoundation } from "../../platform/program";
import type { Registration } from "../../support/record";

const dev = stackFile("dev");
const foundation = dev["mlplatform:foundation"]!;
const on = withFoundation(dev, { storage: { ...(foundation.storage as object), accessLogDays: 30 } });
const of = (all: Registration[], type: string) => all.filter((each) => each.type === type);

describe("access logs, in what is asked for", function () {
  this.timeout(120_000);

  it("of each bucket and load balancer go to a bucket of their own, and go at their age", async () => {
    const all = await runWith(on);
    const logging = of(all, "aws:s3/bucketLogging:BucketLogging").map(({ inputs }) => inputs.targetPrefix);
    expect(logging).to.have.members(["buckets/artifacts/", "buckets/data/", "buckets/logs/"]);
    const named = (type: string) => of(all, type).find(({ name }) => name === "mlplatform-access-logs")!.inputs;
    expect(named("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration").rules).to.deep.equal([
      { id: "expire", status: "Enabled", filter: {}, expiration: { days: 30 } },
    ]);
    const { Statement } = JSON.parse(named("aws:s3/bucketPolicy:BucketPolicy").policy as string);
    const receiving = Statement.filter(({ Effect }: { Effect: string }) => Effect === "Allow");
    expect(receiving.map(({ Principal, Action }: Record<string, object>) => [Principal, Action])).to.deep.equal([
      [{ Service: ["logging.s3.amazonaws.com"] }, ["s3:PutObject"]],
      [{ Service: ["logdelivery.elasticloadbalancing.amazonaws.com"] }, ["s3:PutObject"]],
    ]);
    for (const { Condition } of receiving)
      expect(Condition).to.deep.equal({ StringEquals: { "aws:SourceAccount": "000000000000" } });
    const attributes = of(all, "kubernetes:networking.k8s.io/v1:Ingress").map(
      ({ inputs }) =>
        (inputs.metadata as { annotations: Record<string, string> }).annotations[
          "alb.ingress.kubernetes.io/load-balancer-attributes"
        ],
    );
    expect(new Set(attributes).size).to.equal(1);
    expect(attributes[0]).to.match(
      /^idle_timeout\.timeout_seconds=\d+,access_logs\.s3\.enabled=true,access_logs\.s3\.bucket=[\w-]+,access_logs\.s3\.prefix=load-balancers$/,
    );
  });

  it("are not written where no setting asks for them", async () => {
    const all = await runWith(dev);
    expect(of(all, "aws:s3/bucketLogging:BucketLogging")).to.deep.equal([]);
    expect(all.filter(({ name }) => name.includes("access-logs"))).to.deep.equal([]);
    const ingresses = of(all, "kubernetes:networking.k8s.io/v1:Ingress");
    expect(ingresses).to.have.length.above(2);
    for (const each of ingresses) {
      expect(JSON.stringify(each.inputs), `${each.name}: off by name, or they would stay on`)
        .to.contain(",access_logs.s3.enabled=false")
        .and.not.to.match(/access_logs\.s3\.(enabled=true|bucket|prefix)/);
    }
  });
});
