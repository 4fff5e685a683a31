import { expect } from "chai";
import { AlertTopic } from "../../components/foundation/alertTopic";
import { account, building, value } from "../support/foundation";
import { inputs, outline, statements } from "../support/outline";

describe("a topic for alerts", () => {
  const addresses = ["a@example.com", "b@example.com"];
  const make = () => new AlertTopic("alerts-platform", { account, owner: "platform", addresses });

  it("writes a mail to each address and takes nothing over plain HTTP", async () => {
    const made = await building(make);
    expect(outline(made)).to.deep.equal([
      "AlertTopic alerts-platform",
      "  sns.Topic alerts-platform",
      "  sns.TopicPolicy alerts-platform",
      "  sns.TopicSubscription alerts-platform-a@example.com",
      "  sns.TopicSubscription alerts-platform-b@example.com",
    ]);
    expect(inputs(made, "sns.Topic alerts-platform")).to.deep.equal({ displayName: "ML platform: platform" });
    const topicArn = inputs(made, "sns.TopicPolicy alerts-platform").arn;
    expect(inputs(made, "sns.TopicSubscription alerts-platform-a@example.com")).to.deep.equal({
      topic: topicArn,
      protocol: "email",
      endpoint: "a@example.com",
    });
    const policy = statements(made, "sns.TopicPolicy alerts-platform");
    expect(policy.map(({ Sid, Resource }) => ({ Sid, Resource }))).to.deep.equal(
      ["DenyPlainHttp", "Alarms", "Budgets"].map((Sid) => ({ Sid, Resource: [topicArn] })),
    );
  });

  it("is known by its ARN once it has its policy", async () => {
    let arn: string | undefined;
    const made = await building(async () => {
      arn = await value(make().arn);
    });
    expect(arn).to.equal(inputs(made, "sns.TopicPolicy alerts-platform").arn);
  });
});
