import { expect } from "chai";
import { sparePromiseTraces } from "../../components/lib/promiseTraces";

describe("Promises of the SDK", () => {
  const sdk = () => require("@pulumi/pulumi/runtime/debuggable");

  it("have no stack traces, while all errors keep theirs", async () => {
    sparePromiseTraces();
    const promise = Promise.resolve(1) as Promise<number> & { _debugStackTrace?: string };
    expect(await sdk().debuggablePromise(promise)).to.equal(1);
    expect(promise._debugStackTrace).to.equal("Error");
    expect(new Error("seen").stack).to.contain("promiseTraces.test.ts");
  });

  it("are spared them once, however often that is asked", () => {
    sparePromiseTraces();
    const { debuggablePromise } = sdk();
    sparePromiseTraces();
    expect(sdk().debuggablePromise).to.equal(debuggablePromise);
  });
});
