import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

/** What a stack may cost before somebody is told. */
export interface BudgetArgs {
  monthlyUsd: number;
  /** Shares of it, in percent, at which mail is sent. */
  alertAtPercent: number[];
  notifyEmails: string[];
  /** Topic that is told too, at most one: it must let AWS Budgets publish. */
  topicArns: pulumi.Input<string>[];
  /** The tag that this stack's resources carry and no others do. */
  tag: { key: string; value: string };
}

/**
 * An AWS budget over everything with the stack's tag. AWS counts by a tag only once the tag is activated for cost allocation,
 * in the account that pays; until then the budget shows nothing.
 * @see https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/activating-tags.html
 */
export class Budget extends pulumi.ComponentResource {
  readonly name: pulumi.Output<string>;

  constructor(name: string, args: BudgetArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:governance:Budget", name, {}, opts);
    const made = new aws.budgets.Budget(
      name,
      {
        budgetType: "COST",
        timeUnit: "MONTHLY",
        limitAmount: String(args.monthlyUsd),
        limitUnit: "USD",
        costFilters: [{ name: "TagKeyValue", values: [`user:${args.tag.key}$${args.tag.value}`] }],
        notifications: args.alertAtPercent.map((threshold) => ({
          notificationType: "ACTUAL",
          comparisonOperator: "GREATER_THAN",
          threshold,
          thresholdType: "PERCENTAGE",
          subscriberEmailAddresses: args.notifyEmails,
          ...(args.topicArns.length > 0 ? { subscriberSnsTopicArns: args.topicArns } : {}),
        })),
      },
      { parent: this },
    );
    this.name = made.name;
    this.registerOutputs();
  }
}
