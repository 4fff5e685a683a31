import { expect } from "chai";
import { isUsage, type Product, priceQuery } from "../../report/cost/priceQueries";
import { type PriceList, readPrices } from "../../report/cost/prices";
import { refresh } from "../../report/cost/refresh";

const today = "2026-11-30";

/** A product with one price a tier, in the form of the Price List. */
const product = (attributes: Record<string, string>, ...tiers: [string, string][]): Product => ({
  product: { attributes },
  publicationDate: "2026-11-20T10:00:00Z",
  terms: {
    OnDemand: {
      term: {
        priceDimensions: Object.fromEntries(
          tiers.map(([beginRange, USD], at) => [String(at), { unit: "Hrs", beginRange, pricePerUnit: { USD } }]),
        ),
      },
    },
  },
});

const before: PriceList = {
  region: "eu-west-1",
  currency: "USD",
  prices: {
    "vpc/nat-gateway": { usd: 0.04, unit: "hour", source: "https://example.com", read: "2026-01-01" },
    "sns/notification": { usd: 1, unit: "million", source: "https://example.com", read: "2026-01-01" },
  },
};

/** Plays the Price List: what is asked, and what is answered by service. */
function played(answers: Record<string, Product[]>) {
  const asked: [string, Record<string, string>][] = [];
  const ask = async (service: string, filters: Record<string, string>) => {
    asked.push([service, filters]);
    return answers[service] ?? [];
  };
  return { asked, ask };
}

describe("Bringing prices up to date", () => {
  const gateway = product({ usagetype: "EU-NatGateway-Hours" }, ["0", "0.0480000000"]);
  const provisioned = product({ usagetype: "EU-NatGateway-Prvd-NatGateway-Hours" }, ["0", "9"]);

  it("asks for the region, reads the usage that is meant, and notes day and source", async () => {
    const { asked, ask } = played({ AmazonEC2: [provisioned, gateway] });
    const { list, changed } = await refresh(before, [], ask, today);
    expect(asked).to.deep.equal([["AmazonEC2", { operation: "NatGateway", regionCode: "eu-west-1" }]]);
    expect(changed).to.deep.equal([{ key: "vpc/nat-gateway", before: 0.04, after: 0.048 }]);
    expect(list.prices["vpc/nat-gateway"]).to.include({ usd: 0.048, unit: "hour", asOf: "2026-11-20", read: today });
  });

  it("adds a price that a report does not know, with what the machine has", async () => {
    const { ask } = played({ AmazonEC2: [product({ vcpu: "4", memory: "32 GiB" }, ["0", "0.3"])] });
    const { list } = await refresh({ ...before, prices: {} }, ["ec2/r7i.xlarge"], ask, today);
    expect(list.prices["ec2/r7i.xlarge"]).to.include({ usd: 0.3, vcpus: 4, memoryGiB: 32 });
  });

  it("passes the free tier over", async () => {
    const { ask } = played({ AmazonVPC: [product({ usagetype: "VpcEndpoint-Bytes" }, ["0", "0"], ["1", "0.01"])] });
    const { list } = await refresh({ ...before, prices: {} }, ["vpc/interface-endpoint-data"], ask, today);
    expect(list.prices["vpc/interface-endpoint-data"]?.usd).to.equal(0.01);
  });

  it("leaves what has no answer, several answers or no query, and says which", async () => {
    const { ask } = played({ AmazonEC2: [gateway, product({ usagetype: "EU-NatGateway-Hours" }, ["0", "0.05"])] });
    const { list, changed, left } = await refresh(before, ["kms/key"], ask, today);
    expect(changed).to.deep.equal([]);
    expect(list).to.deep.equal(before);
    expect(left.map(({ key }) => key)).to.deep.equal(["kms/key", "sns/notification", "vpc/nat-gateway"]);
    expect(left[2]?.why).to.contain("several: 0.048, 0.05");
  });

  it("tells usage types of a region from longer ones that end alike", () => {
    expect(isUsage("EU-LoadBalancerUsage", "LoadBalancerUsage")).to.equal(true);
    expect(isUsage("LoadBalancerUsage", "LoadBalancerUsage")).to.equal(true);
    expect(isUsage("EU-Outposts-LoadBalancerUsage", "LoadBalancerUsage")).to.equal(false);
  });

  it("knows how to ask for most of what is kept", () => {
    const kept = Object.keys(readPrices("eu-west-1").prices);
    expect(kept.filter((key) => priceQuery(key) === undefined)).to.deep.equal([
      "sagemaker/notebook/ml.t3.medium",
      "sagemaker/transform/ml.m5.xlarge",
    ]);
    expect(priceQuery("rds/db.m7g.large/postgres/multi-zone")?.filters).to.include({ deploymentOption: "Multi-AZ" });
    expect(priceQuery("sagemaker/hosting/ml.m5.large")?.filters).to.deep.equal({ instanceType: "ml.m5.large-Hosting" });
  });
});
