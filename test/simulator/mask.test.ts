import * as pulumi from "@pulumi/pulumi";
import { unknownValue } from "@pulumi/pulumi/runtime";
import { expect } from "chai";
import { readable } from "../../simulator/mask";

/** A value as the SDK sends it to the engine. */
async function sent(value: unknown): Promise<unknown> {
  const { serializeProperties } = await import("@pulumi/pulumi/runtime/rpc.js");
  return (await serializeProperties("test", { value })).value;
}

describe("what a plan shows of a value", () => {
  before(() => pulumi.runtime.setMocks({ call: () => ({}), newResource: () => ({ id: "", state: {} }) }));

  it("is the value itself, with sorted keys", () => {
    expect(JSON.stringify(readable({ b: [1, null, { d: true, c: "x" }], a: "" }))).to.equal(
      '{"a":"","b":[1,null,{"c":"x","d":true}]}',
    );
  });

  it("masks secrets at any depth", async () => {
    const value = await sent({ list: [{ password: pulumi.secret("hidden") }], whole: pulumi.secret({ a: "hidden" }) });
    expect(JSON.stringify(readable(value))).to.not.contain("hidden");
    expect(readable({ deep: { plain: 1 } })).to.deep.equal({ deep: { plain: 1 } });
    expect(JSON.stringify(readable(value))).to.contain("[secret]");
  });

  it("names what is not known yet", () => {
    expect(readable({ arn: unknownValue })).to.deep.equal({ arn: "[unknown]" });
  });

  it("opens output values, and masks the secret ones", () => {
    const mark = { "4dabf18193072939515e22adb298388d": "d0e6a833031e9bbcd3f4e8bde6ca49a4" };
    expect(readable({ ...mark, value: "seen" })).to.equal("seen");
    expect(readable({ ...mark, value: "hidden", secret: true })).to.equal("[secret]");
    expect(readable(mark)).to.equal("[unknown]");
  });

  it("shows assets by their path and hides kinds it does not know", async () => {
    expect(readable(await sent(new pulumi.asset.FileAsset("a.zip")))).to.include({ path: "a.zip" });
    expect(readable({ "4dabf18193072939515e22adb298388d": "0000", value: "hidden" })).to.equal("[secret]");
  });
});
