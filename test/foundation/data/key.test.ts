import { expect } from "chai";
import { Key } from "../../../components/foundation/data/key";
import { account, building, dropped, kept } from "../../support/foundation";
import { inputs, outline, statements } from "../../support/outline";

const args = { description: "Buckets", account, forLogs: true };

describe("a key", () => {
  it("is one rotating key, kept with what it encrypts, and an alias that may go", async () => {
    const made = await building(() => new Key("data", { ...args, protection: kept }));
    expect(outline(made)).to.deep.equal(["Key data", "  kms.Alias data", "  kms.Key data (protected, retained)"]);
    const { policy, ...rest } = inputs(made, "kms.Key data");
    expect(rest).to.deep.equal({ description: "Buckets", enableKeyRotation: true, deletionWindowInDays: 30 });
    expect(policy).to.be.a("string");
    expect(inputs(made, "kms.Alias data")).to.deep.equal({ name: "alias/data-test", targetKeyId: "data-id" });
  });

  it("goes after a week where nothing is worth keeping", async () => {
    const made = await building(() => new Key("data", { ...args, protection: dropped }));
    expect(outline(made)).to.deep.equal(["Key data", "  kms.Alias data", "  kms.Key data"]);
    expect(inputs(made, "kms.Key data").deletionWindowInDays).to.equal(7);
  });

  for (const [forLogs, who] of [
    [true, ["Account", "Logs"]],
    [false, ["Account"]],
  ] as const) {
    it(`lets ${forLogs ? "the account and CloudWatch Logs of its region" : "the account alone"} in`, async () => {
      const made = await building(() => new Key("data", { ...args, forLogs, protection: kept }));
      const allowed = statements(made, "kms.Key data");
      expect(allowed.map(({ Sid }) => Sid)).to.deep.equal(who);
      expect(allowed[0]!.Principal).to.deep.equal({ AWS: ["arn:aws:iam::000000000000:root"] });
      if (!forLogs) return;
      expect(allowed[1]).to.deep.include({
        Principal: { Service: ["logs.eu-west-1.amazonaws.com"] },
        Condition: { ArnLike: { "kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:eu-west-1:000000000000:*" } },
      });
    });
  }

  it("names the partition it lives in", async () => {
    const china = { accountId: "000000000000", region: "cn-north-1", partition: "aws-cn" };
    const made = await building(() => new Key("data", { ...args, account: china, protection: kept }));
    expect(inputs(made, "kms.Key data").policy).to.contain("arn:aws-cn:iam").and.not.to.contain("arn:aws:");
  });
});
