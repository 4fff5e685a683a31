/** Budgets. https://docs.aws.amazon.com/cost-management/latest/userguide/management-limits.html */
import { between, describeTypes, like, oneOf } from "./describe";

describeTypes({
  type: "aws:budgets/budget:Budget",
  id: (x) => `${x.account.number}:${x.inputs.name}`,
  arn: "budgets::{account}:budget/{name}",
  name: { longest: 100, allowed: /^[^:\\]+$/, allowedMeans: "no : and no \\", uniqueIn: "account" },
  forces: ["accountId"],
  limits: [
    oneOf(
      "budgetType",
      "USAGE",
      "COST",
      "RI_UTILIZATION",
      "RI_COVERAGE",
      "SAVINGS_PLANS_UTILIZATION",
      "SAVINGS_PLANS_COVERAGE",
    ),
    oneOf("timeUnit", "DAILY", "MONTHLY", "QUARTERLY", "ANNUALLY", "CUSTOM"),
    like("limitAmount", /^\d+(\.\d+)?$/, "numbers"),
    between("notifications[].threshold", 0.1, 1000000000),
    oneOf("notifications[].notificationType", "ACTUAL", "FORECASTED"),
    oneOf("notifications[].thresholdType", "PERCENTAGE", "ABSOLUTE_VALUE"),
  ],
  computed: {
    accountId: (x) => x.account.number,
    timePeriodStart: () => "2000-01-01_00:00",
    costFilters: () => [],
    costTypes: () => ({}),
    limitAmount: () => "0",
    limitUnit: () => "USD",
  },
});
