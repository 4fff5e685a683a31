import { expect } from "chai";
import { endEndpoints } from "../../../components/identity/policies/endpointEnds";
import { endsDefinition, tellAt } from "../../../components/serving/sagemaker/endsDefinition";
import { allowed } from "../../support/policyEvaluator";
import { languageFaults } from "../../support/statesLanguage";

const functionArn = "arn:aws:lambda:eu-west-1:000000000000:function:age";
const { States } = JSON.parse(endsDefinition(functionArn)) as { States: Record<string, State> };

interface State {
  Parameters?: Record<string, string>;
  Choices: { Variable: string; StringEquals?: string; Next: string; [comparison: string]: string | undefined }[];
  Default: string;
}

/** What comes after a look, by the rules of the choice. */
function nextOf(look: { status: string; ageHours?: number }, ttlHours: number): string {
  const input: Record<string, unknown> = { ttlHours, ...tellAt(ttlHours) };
  const number = (path: string | undefined) => input[path!.slice(2)] as number;
  const { ageHours = Number.NaN } = look;
  const found = States.HowOld!.Choices.find((rule) => {
    if (rule.Variable === "$.look.status") return rule.StringEquals === look.status;
    if (rule.NumericEqualsPath !== undefined) return ageHours === number(rule.NumericEqualsPath);
    return ageHours >= number(rule.NumericGreaterThanEqualsPath);
  });
  return found?.Next ?? States.HowOld!.Default;
}

describe("what ends endpoints", () => {
  it("is a state machine in Amazon's language", () => {
    expect(languageFaults(endsDefinition(functionArn))).to.deep.equal([]);
  });

  const cases: [hours: number, ttlHours: number, state: string][] = [
    [0, 72, "Nothing"],
    [47, 72, "Nothing"],
    [48, 72, "Tell"],
    [49, 72, "Nothing"],
    [71, 72, "Tell"],
    [72, 72, "End"],
    [500, 72, "End"],
    // Where a day before would be before it was made.
    [3, 8, "Nothing"],
    [4, 8, "Tell"],
    [7, 8, "Tell"],
    [8, 8, "End"],
    [1, 2, "Tell"],
    [2, 2, "End"],
  ];
  for (const [ageHours, ttlHours, state] of cases) {
    it(`after ${ageHours} of ${ttlHours} hours comes to ${state}`, () => {
      expect(nextOf({ status: "inService", ageHours }, ttlHours)).to.equal(state);
    });
  }

  it("leaves alone what is gone, and what SageMaker is at work on", () => {
    expect(nextOf({ status: "absent" }, 72)).to.equal("Nothing");
    expect(nextOf({ status: "updating", ageHours: 80 }, 72)).to.equal("Nothing");
    expect(nextOf({ status: "failed", ageHours: 80 }, 72)).to.equal("End");
  });

  it("deletes by name, and tells before and after how to keep it or have it back", () => {
    expect(States.End!.Parameters).to.deep.equal({ "EndpointName.$": "$.endpointName" });
    expect(States.Tell!.Parameters).to.include({ "TopicArn.$": "$.topicArn" });
    expect(States.Tell!.Parameters!["Message.$"]).to.contain("write a larger models.{}.serve.sagemaker.ttlHours");
    expect(States.TellEnded!.Parameters!["Message.$"]).to.contain("pulumi up --refresh");
  });

  it("may delete these endpoints and no other", () => {
    const account = { accountId: "000000000000", region: "eu-west-1", partition: "aws" };
    const may = endEndpoints(
      account,
      functionArn,
      ["mlplatform-dev-trial"],
      ["arn:aws:sns:eu-west-1:000000000000:team"],
    );
    const deletes = (endpoint: string) =>
      allowed(may, {
        action: "sagemaker:DeleteEndpoint",
        resource: `arn:aws:sagemaker:eu-west-1:000000000000:endpoint/${endpoint}`,
      });
    expect(deletes("mlplatform-dev-trial")).to.equal(true);
    expect(deletes("mlplatform-dev-churn")).to.equal(false);
    expect(deletes("mlplatform-dev-trial-2")).to.equal(false);
  });
});
