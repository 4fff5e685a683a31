import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../contracts/account";
import { publishFromAccount, publishOverTls } from "../identity/policies/monitoring";
import { policyDocument } from "../lib/statements";

/** An SNS topic that writes mails. */
export interface AlertTopicArgs {
  /** Whose alarms and budgets may publish. */
  account: AwsAccount;
  /** Whose alerts come through it; shown as the sender. */
  owner: string;
  /** Each gets a mail to confirm once, and nothing before; a subscription never confirmed is left to AWS, which drops it. */
  addresses: string[];
}

/**
 * Alerts of one owner as mail. Not encrypted with a key of the stack: messages stay on disks that AWS encrypts anyway, and with a
 * key every publisher, CloudWatch alarms and budgets among them, would need a grant on it.
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-email-notifications.html
 */
export class AlertTopic extends pulumi.ComponentResource {
  /** Known once the topic has its policy. */
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: AlertTopicArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:AlertTopic", name, {}, opts);
    const child = { parent: this };
    const topic = new aws.sns.Topic(name, { displayName: `ML platform: ${args.owner}` }, child);
    const policy = new aws.sns.TopicPolicy(
      name,
      {
        arn: topic.arn,
        policy: topic.arn.apply((topicArn) =>
          policyDocument([...publishOverTls(topicArn), ...publishFromAccount(args.account, topicArn)]),
        ),
      },
      child,
    );
    for (const address of args.addresses) {
      new aws.sns.TopicSubscription(
        `${name}-${address}`,
        { topic: topic.arn, protocol: "email", endpoint: address },
        child,
      );
    }
    this.arn = policy.arn;
    this.registerOutputs({ arn: this.arn });
  }
}
