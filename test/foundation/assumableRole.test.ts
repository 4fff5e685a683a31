import * as aws from "@pulumi/aws";
import { expect } from "chai";
import { onceAssumable } from "../../components/foundation/assumableRole";
import { Bench, engineOrSkip } from "../simulator/cloud/engine";

const topic = async () => {
  new aws.sns.Topic("topic", { name: "topic" }, { hooks: onceAssumable("topic-role", 1) });
};
const race = "ValidationException: Unable to assume role arn:aws:iam::000000000000:role/new";

describe("what takes on a role that IAM has not told of yet", function () {
  this.timeout(60_000);
  let bench: Bench;
  beforeEach(async function () {
    bench = new Bench(await engineOrSkip(this));
  });
  afterEach(() => bench?.remove());
  const failing = (message: string, times: number, operation: "create" | "delete" = "create") => ({
    failures: [{ type: "sns/topic:Topic", times, operation, message }],
  });

  it("is tried again until the service knows the role", async () => {
    const { succeeded, text } = await bench.up(topic, failing(race, 3));
    expect(succeeded, text).to.equal(true);
  });

  it("fails at once for another reason, and at last for this one", async () => {
    expect((await bench.up(topic, failing("LimitExceeded: no more topics", 1))).succeeded).to.equal(false);
    expect((await bench.up(topic, failing(race, Number.POSITIVE_INFINITY))).succeeded).to.equal(false);
  });

  it("leaves a destroy as it was: it fails where it is refused, and goes on in the next run", async () => {
    expect((await bench.up(topic)).succeeded).to.equal(true);
    const { succeeded, text } = await bench.destroy(failing(race, 1, "delete"));
    expect(succeeded).to.equal(false);
    expect(text).to.contain(race);
    expect((await bench.destroy()).succeeded).to.equal(true);
  });
});
