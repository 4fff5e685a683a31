import { expect } from "chai";
import { awsProvider, stackName, stackTags } from "../../components/foundation/awsProvider";
import type { AwsFoundationSettings } from "../../components/settings/foundation";
import { parseSettings } from "../../components/settings/parse";
import { onAws } from "../settings/fixtures";
import { awsCalls } from "../support/awsAnswers";
import { one, record } from "../support/record";

const settings = (over: object = {}) => parseSettings(onAws(over)).foundation as AwsFoundationSettings;
const provider = async (over: object = {}) =>
  one(await record(() => awsProvider(settings(over)), { calls: awsCalls }), "pulumi:providers:aws").inputs;
const parsed = (inputs: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(inputs).map(([key, text]) => [key, asJson(text as string)]));

/** Providers take their structured inputs as JSON. */
function asJson(text: string): unknown {
  return /^[[{]/.test(text) ? JSON.parse(text) : text;
}

describe("the AWS provider", () => {
  it("tags everything with the stack's tags and the stack's name, in the region it was given", async () => {
    expect(parsed(await provider({ tags: { team: "ml" } }))).to.deep.include({
      region: "eu-west-1",
      defaultTags: { tags: { team: "ml", "mlplatform/stack": "mlplatform-test" } },
    });
  });

  it("leaves tags alone that the release writes on endpoints, and no others", async () => {
    expect(parsed(await provider()).ignoreTags).to.deep.equal({ keyPrefixes: ["mlplatform/live-"] });
  });

  it("refuses other accounts and takes on another role only where the config says so", async () => {
    expect(await provider()).to.not.have.any.keys("allowedAccountIds", "assumeRoles");
    const assumeRoleArn = "arn:aws:iam::000000000000:role/deploy";
    expect(parsed(await provider({ accountId: "000000000000", assumeRoleArn }))).to.deep.include({
      allowedAccountIds: ["000000000000"],
      assumeRoles: [{ roleArn: assumeRoleArn, sessionName: "mlplatform-test" }],
    });
  });

  it("names the stack by project and stack, which no tag of the config can replace", async () => {
    let name = "";
    let tags = {};
    await record(() => {
      name = stackName();
      tags = stackTags({ ...settings(), tags: { team: "ml", "mlplatform/stack": "another" } });
    });
    expect(name).to.equal("mlplatform-test");
    expect(tags).to.deep.equal({ team: "ml", "mlplatform/stack": "mlplatform-test" });
  });
});
