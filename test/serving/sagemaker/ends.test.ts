import { expect } from "chai";
import { endEndpoints } from "../../../components/identity/policies/endpointEnds";
import { endsDefinition, tellAt } from "../../../components/serving/sagemaker/endsDefinition";
import { allowed } from "../../support/policyEvaluator";
import { languageFaults } from "../../support/statesLanguage";

const functionArn = "arn:aws:lambda:eu-west-1:000000000000:function:age";
const { States } = JSON.parse(endsDefinition(functionArn)) as { States: Record<string, State> };

interface State {
  Parameters?: Record<string, string>;
  Choices: (Rule & { Next: string })[];
  Default: string;
}

interface Rule {
  And?: Rule[];
  Variable: string;
  StringEquals?: string;
  StringEqualsPath?: string;
  NumericGreaterThanEqualsPath?: string;
}

/** What comes after a look, by the rules of both choices. @param noted what the tag of the endpoint says */
function nextOf(found: { status: string; ageHours?: number }, ttlHours: number, noted = ""): string {
  const input = {
    ttlHours,
    ...tellAt(ttlHours),
    look: { found },
    told: { notice: noted },
  };
  const valueAt = (path: string) => {
    const keys = path.match(/\w+/g)!;
    return keys.reduce((part: unknown, key) => (part as Record<string, unknown> | undefined)?.[key], input);
  };
  const holds = ({ And, Variable, ...compared }: Rule): boolean => {
    if (And !== undefined) return And.every(holds);
    const value = valueAt(Variable);
    // As Step Functions does: what is not there is compared with nothing.
    if (value === undefined) throw new Error(`${Variable} is not there`);
    if (compared.StringEquals !== undefined) return value === compared.StringEquals;
    if (compared.StringEqualsPath !== undefined) return value === valueAt(compared.StringEqualsPath);
    return (value as number) >= (valueAt(compared.NumericGreaterThanEqualsPath!) as number);
  };
  const after = ({ Choices, Default }: State) => Choices.find(holds)?.Next ?? Default;
  const old = after(States.HowOld!);
  return old === "FindNotice" ? after(States.WhatIsDue!) : old;
}

describe("what ends endpoints", () => {
  it("is a state machine in Amazon's language", () => {
    expect(languageFaults(endsDefinition(functionArn))).to.deep.equal([]);
  });

  const cases: [hours: number, ttlHours: number, noted: string | undefined, state: string][] = [
    [0, 72, undefined, "Nothing"],
    [47, 72, undefined, "Nothing"],
    [48, 72, undefined, "TellFirst"],
    [49, 72, "48 of 72 hours", "Nothing"],
    [71, 72, "48 of 72 hours", "TellLast"],
    [71, 72, "71 of 72 hours", "Nothing"],
    [72, 72, "71 of 72 hours", "End"],
    [500, 72, "71 of 72 hours", "End"],
    // Looks that were missed, and an end that was moved.
    [60, 72, undefined, "TellFirst"],
    [72, 72, "48 of 72 hours", "TellLast"],
    [500, 72, undefined, "TellLast"],
    [80, 168, "71 of 72 hours", "Nothing"],
    [150, 168, "71 of 72 hours", "TellFirst"],
    // Where a day before would be before it was made.
    [3, 8, undefined, "Nothing"],
    [4, 8, undefined, "TellFirst"],
    [7, 8, "4 of 8 hours", "TellLast"],
    [8, 8, "7 of 8 hours", "End"],
    // Where the first notice is the last.
    [1, 2, undefined, "TellLast"],
    [2, 2, "1 of 2 hours", "End"],
  ];
  for (const [ageHours, ttlHours, noted, state] of cases) {
    it(`after ${ageHours} of ${ttlHours} hours, with ${noted ?? "no notice"} noted, comes to ${state}`, () => {
      expect(nextOf({ status: "inService", ageHours }, ttlHours, noted)).to.equal(state);
    });
  }

  it("leaves alone what is gone, and what SageMaker is at work on", () => {
    expect(nextOf({ status: "absent" }, 72)).to.equal("Nothing");
    expect(nextOf({ status: "updating", ageHours: 80 }, 72, "71 of 72 hours")).to.equal("Nothing");
    expect(nextOf({ status: "failed", ageHours: 80 }, 72, "71 of 72 hours")).to.equal("End");
  });

  it("deletes by name, and tells before and after how to keep it or have it back", () => {
    expect(States.End!.Parameters).to.deep.equal({ "EndpointName.$": "$.endpointName" });
    for (const { Parameters } of [States.TellFirst!, States.TellLast!]) {
      expect(Parameters).to.include({ "TopicArn.$": "$.topicArn" });
      expect(Parameters!["Message.$"]).to.contain("write a larger models.{}.serve.sagemaker.ttlHours");
    }
    expect(States.TellEnded!.Parameters!["Message.$"]).to.contain("pulumi up --refresh");
  });

  it("may delete these endpoints and note notices at them, and no other", () => {
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
    const tags = (endpoint: string, ...keys: string[]) =>
      allowed(may, {
        action: "sagemaker:AddTags",
        resource: `arn:aws:sagemaker:eu-west-1:000000000000:endpoint/${endpoint}`,
        context: { "aws:TagKeys": keys },
      });
    expect(tags("mlplatform-dev-trial", "mlplatform/live-notice")).to.equal(true);
    expect(tags("mlplatform-dev-trial", "mlplatform/live-notice", "team")).to.equal(false);
    expect(tags("mlplatform-dev-churn", "mlplatform/live-notice")).to.equal(false);
  });
});
