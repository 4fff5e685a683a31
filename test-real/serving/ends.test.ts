import { expect } from "chai";
import { type EndInput, endsDefinition, tellAt } from "../../components/serving/sagemaker/endsDefinition";
import { askProgram } from "../../test/support/python";
import { pythonOrSkip } from "../../test/support/pythonOrSkip";
import type { TrainingAnswer } from "../../test/support/trainingMachine";

const endpointArn = "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/dev-trial";
const ending = (ttlHours: number): EndInput => ({
  ...{ endpointName: "dev-trial", endpointArn, model: "trial", ttlHours, ...tellAt(ttlHours) },
  topicArn: "arn:aws:sns:eu-west-1:123456789012:owner",
});
const old = (ageHours: number) => ({ status: "inService", ageHours });
const hours = (ttlHours: number, ...ages: number[]) => ({
  inputs: ages.map(() => ending(ttlHours)),
  endpoint: ages.map(old),
});
const runs = {
  gone: { inputs: [ending(72)], endpoint: ["absent"] },
  everyHour: hours(72, 47, 48, 49, 70, 71, 71, 72),
  missed: hours(72, 47, 60, 90, 91),
  shortened: hours(8, 100, 101),
  lengthened: { inputs: [ending(72), ending(168), ending(168)], endpoint: [old(71), old(72), old(144)] },
  atWork: { inputs: [ending(72), ending(72)], endpoint: [{ status: "updating", ageHours: 71 }, old(72)] },
  unheard: { ...hours(72, 71, 72), faults: { TellLast: ["Made.UpException*"] } },
  unnoted: { ...hours(72, 71, 72), faults: { NoteLast: ["Made.UpException*"] } },
};

describe("what ends endpoints, in moto's interpreter", function () {
  this.timeout(600_000);
  let answers: Record<keyof typeof runs, TrainingAnswer>;

  before(async function () {
    const python = await pythonOrSkip(this, "moto", 180);
    const definition = endsDefinition("arn:aws:lambda:eu-west-1:123456789012:function:age");
    const asked = Object.values(runs).map((each) => ({ ...each, definition }));
    const told = await askProgram<TrainingAnswer[]>(python.python, "trainingMachine.py", { runs: asked });
    answers = Object.fromEntries(Object.keys(runs).map((name, at) => [name, told[at]!])) as typeof answers;
  });

  /** Last state of each look. */
  const came = (name: keyof typeof runs) => answers[name].executions.map(({ path }) => path.at(-1)!.state);
  const mails = (name: keyof typeof runs) =>
    answers[name].calls
      .filter(({ action }) => action === "sns.publish")
      .map(({ parameters }) => `${String(parameters.Subject)}: ${String(parameters.Message)}`);

  it("AWS takes what it asks, and a look fails only where a call does", () => {
    for (const [name, { refused, executions }] of Object.entries(answers)) {
      expect(refused, name).to.deep.equal([]);
      if ("faults" in runs[name as keyof typeof runs]) continue;
      for (const { status, cause } of executions) expect(status, `${name}: ${cause}`).to.equal("SUCCEEDED");
    }
  });

  it("finds an endpoint that is gone, and does nothing", () => {
    expect(came("gone")).to.deep.equal(["Nothing"]);
    expect(answers.gone.calls.map(({ action }) => action)).to.deep.equal(["lambda.invoke"]);
  });

  it("tells twice, each once however often it looks, and then deletes", () => {
    expect(came("everyHour")).to.deep.equal([
      ...["Nothing", "NoteFirst", "Nothing", "Nothing", "NoteLast", "Nothing", "TellEnded"],
    ]);
    const [first, last, ended] = mails("everyHour");
    expect(mails("everyHour")).to.have.length(3);
    expect(first).to.match(
      /^trial: its endpoint ends soon: The endpoint dev-trial is 48 hours old and is deleted at 72\./,
    );
    expect(last).to.match(
      /ends within the hour: The endpoint dev-trial is 71 hours old, has 72, .* models\.trial\.serve/,
    );
    expect(ended).to.match(/has ended: The endpoint dev-trial was 72 hours old and is deleted\./);
    expect(
      answers.everyHour.calls.filter(({ action }) => action === "sagemaker.add_tags")[0]!.parameters,
    ).to.deep.equal({
      ...{ ResourceArn: endpointArn, Tags: [{ Key: "mlplatform/live-notice", Value: "48 of 72 hours" }] },
    });
    expect(
      answers.everyHour.calls.find(({ action }) => action === "sagemaker.delete_endpoint")!.parameters,
    ).to.deep.equal({
      EndpointName: "dev-trial",
    });
  });

  it("tells late where looks were missed or the end was moved, and deletes nothing a look before that", () => {
    expect(came("missed")).to.deep.equal(["Nothing", "NoteFirst", "NoteLast", "TellEnded"]);
    expect(came("shortened")).to.deep.equal(["NoteLast", "TellEnded"]);
    expect(came("lengthened")).to.deep.equal(["NoteLast", "Nothing", "NoteFirst"]);
    expect(came("atWork")).to.deep.equal(["Nothing", "NoteLast"]);
  });

  it("deletes nothing of which nobody could be told, or could be noted that somebody was", () => {
    for (const name of ["unheard", "unnoted"] as const) {
      expect(answers[name].executions.map(({ status }) => status)).to.deep.equal(["FAILED", "FAILED"]);
      expect(answers[name].calls.map(({ action }) => action)).to.not.include("sagemaker.delete_endpoint");
    }
  });
});
