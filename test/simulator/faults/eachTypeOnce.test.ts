import { expect } from "chai";
import { EachTypeOnce } from "../../../simulator/cloud";

const subject = (type: string, name: string) => ({ urn: `urn:${name}`, type, name });
const outcome = (made: Promise<void>) =>
  made.then(
    () => "goes on",
    (error: Error) => error.message,
  );

describe("the first operation on each type", () => {
  it("fails, once, and only of the kinds that are to", async () => {
    const faults = new EachTypeOnce(["create"]);
    expect(await outcome(faults.refuse("create", subject("Topic", "a")))).to.contain(
      'the first create of Topic fails, here "a"',
    );
    expect(await outcome(faults.refuse("create", subject("Topic", "b")))).to.equal("goes on");
    expect(await outcome(faults.refuse("delete", subject("Topic", "a")))).to.equal("goes on");
    expect(faults.all).to.deep.equal(["create Topic"]);
  });

  it("is answered together with those of other types, once nothing else happens", async () => {
    const faults = new EachTypeOnce(["create"]);
    const answered: string[] = [];
    const first = outcome(faults.refuse("create", subject("Topic", "a"))).then(() => answered.push("topic"));
    await new Promise((resolve) => setTimeout(resolve, 250));
    const second = outcome(faults.refuse("create", subject("Queue", "b"))).then(() => answered.push("queue"));
    await new Promise((resolve) => setTimeout(resolve, 250));
    faults.goesOn();
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(answered).to.deep.equal([]);
    await Promise.all([first, second]);
    expect(answered).to.deep.equal(["topic", "queue"]);
  });

  it("does not wait for ever where the cloud closes", async () => {
    const faults = new EachTypeOnce(["create"]);
    const answer = outcome(faults.refuse("create", subject("Topic", "a")));
    faults.close();
    expect(await answer).to.contain("fails");
  });
});
