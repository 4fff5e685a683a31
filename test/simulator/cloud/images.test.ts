import * as aws from "@pulumi/aws";
import { expect } from "chai";
import { Images } from "../../../components/foundation/data/images";
import { dataProtection } from "../../../components/foundation/data/protection";
import * as dependencies from "../../../components/lib/dependencies";
import { Bench, engineOrSkip } from "./engine";

const account = { accountId: "000000000000", partition: "aws", region: "eu-central-1" };
const protection = dataProtection(false);

/** A repository, and something that is in vain without an image of it. */
const program = async () => {
  const { arn: keyArn } = new aws.kms.Key("key", {});
  const keeping = { untaggedDays: 14, keepImages: 10, protection };
  const images = new Images("images", { names: ["model-server"], account, keyArn, ...keeping });
  const uses = { dependsOn: dependencies.after(...images.pushed("model-server", "1.0.0")) };
  new aws.sns.Topic("uses-the-image", {}, uses);
};
const name = "simulated/test/model-server:1.0.0";

describe("images of the platform's own registry", function () {
  this.timeout(60_000);
  let bench: Bench;
  before(async function () {
    bench = new Bench(await engineOrSkip(this));
  });
  after(async () => {
    await bench?.destroy();
    bench?.remove();
  });

  it("are warned of in a preview that comes before their repositories", async () => {
    const ran = await bench.preview(program);
    expect(ran.succeeded, ran.text).to.equal(true);
    expect(ran.text).to.contain(`${name} is not there yet`);
    expect(ran.changes).to.include({ create: 6 });
  });

  it("stop an update where they are not pushed: the repository is there, and what needs the image is not begun", async () => {
    const ran = await bench.up(program, { missingImages: [name] });
    expect(ran.succeeded).to.equal(false);
    expect(ran.text).to.contain(`${name} is not there`).and.contain("make images PUSH=");
    expect(ran.text, "no stack of calls").to.not.contain("images.ts:");
    const types = bench.cloud!.account.list().map(({ type }) => type);
    expect(types).to.include("aws:ecr/repository:Repository").and.to.not.include("aws:sns/topic:Topic");
  });

  it("let the next update go on, which another finds unchanged", async () => {
    const ran = await bench.up(program);
    expect(ran.succeeded, ran.text).to.equal(true);
    const again = await bench.preview(program);
    expect(again.text).to.not.contain("not there");
    expect(Object.keys(again.changes)).to.deep.equal(["same"]);
  });
});
