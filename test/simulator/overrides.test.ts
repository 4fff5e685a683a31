import { expect } from "chai";
import { applyOverride, parseOverride } from "../../simulator/overrides";
import { UsageError } from "../../simulator/usageError";

const set = (config: Record<string, unknown>, text: string) => applyOverride(config, parseOverride(text, "mlplatform"));

describe("--set", () => {
  const config = {
    "mlplatform:foundation": { kind: "aws", network: { nat: "none", zones: ["a", "b"] }, list: [{ name: "x" }] },
    "aws:region": "eu-central-1",
  };

  const values: [string, unknown][] = [
    ["foundation.a=3", 3],
    ["foundation.a=true", true],
    ["foundation.a=off", "off"],
    ["foundation.a=1.34", 1.34],
    ['foundation.a="1.34"', "1.34"],
    ["foundation.a=[x, 2]", ["x", 2]],
    ["foundation.a={b: {c: 1}}", { b: { c: 1 } }],
    ["foundation.a=x=y", "x=y"],
  ];
  for (const [text, value] of values) {
    it(`reads ${text} as YAML`, () => {
      expect(set({}, text)).to.deep.equal({ "mlplatform:foundation": { a: value } });
    });
  }

  it("changes what it names and nothing else", () => {
    const before = structuredClone(config);
    expect(set(config, "foundation.network.nat=perZone")).to.deep.equal({
      ...config,
      "mlplatform:foundation": { ...config["mlplatform:foundation"], network: { nat: "perZone", zones: ["a", "b"] } },
    });
    expect(config).to.deep.equal(before);
  });

  it("reaches other namespaces by name", () => {
    expect(set(config, "aws:region=us-east-1")["aws:region"]).to.equal("us-east-1");
  });

  for (const path of ["foundation.list[0].name", "foundation.list.0.name", 'foundation["list"][0]["name"]']) {
    it(`reaches into lists and quoted names as ${path}`, () => {
      expect(set(config, `${path}=y`)["mlplatform:foundation"]).to.have.deep.property("list", [{ name: "y" }]);
    });
  }

  it("appends at the position after the last, and refuses a gap", () => {
    expect(set(config, "foundation.network.zones[2]=c")["mlplatform:foundation"]).to.have.nested.property(
      "network.zones[2]",
      "c",
    );
    expect(() => set(config, "foundation.network.zones[3]=c")).to.throw(UsageError, "has 2 entries");
    expect(() => set(config, "foundation.network.zones.first=c")).to.throw(UsageError, "has 2 entries");
  });

  it("removes a key, a list entry or a section with null", () => {
    expect(set(config, "foundation.network=null")["mlplatform:foundation"]).to.not.have.property("network");
    expect(set(config, "foundation.network.zones[0]=null")["mlplatform:foundation"]).to.have.deep.nested.property(
      "network.zones",
      ["b"],
    );
    expect(set(config, "foundation=")).to.deep.equal({ "aws:region": "eu-central-1" });
  });

  const refused: [string, string][] = [
    ["foundation.network.nat", '"=" and a value are needed'],
    ["=3", '"=" and a value are needed'],
    ["foundation.a=[1", "not YAML"],
    ["foundation..a=1", "cannot read the path"],
    ["foundation.a[=1", "cannot read the path"],
    ["[0]=1", "starts with a section name"],
  ];
  for (const [text, reason] of refused) {
    it(`refuses ${text}`, () => {
      expect(() => set(config, text)).to.throw(UsageError, reason);
    });
  }

  it("refuses to set something below a plain value, and says what stands there", () => {
    expect(() => set(config, "foundation.kind.name=x")).to.throw(UsageError, 'foundation.kind is "aws"');
  });
});
