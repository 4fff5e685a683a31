import { expect } from "chai";
import { runByLanguageHost } from "../support/languageHost";

describe("The program under the SDK's own runner", function () {
  this.timeout(120_000);

  it("refuses a wrong key with its problem, in the memory of a normal run", async () => {
    const ended = await runByLanguageHost(
      { "mlplatform:foundation": JSON.stringify({ kind: "aws", region: "eu-west-1", regoin: "eu-west-1" }) },
      { memoryMiB: 384, timeoutSeconds: 100 },
    );
    expect(ended.signal, ended.stderr).to.equal(null);
    expect(ended.code, ended.stderr).to.equal(32);
    expect(ended.errors).to.have.length(1);
    expect(ended.errors[0]).to.contain("foundation.regoin").and.to.contain("1 problem in Pulumi.dev.yaml");
  });
});
