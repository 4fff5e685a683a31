import type { Rule } from "../rule";

export const logs: readonly Rule[] = [
  {
    name: "log-retention",
    level: "mandatory",
    reason: "CloudWatch keeps logs for ever, and bills them for ever.",
    remedy: "Set retentionInDays.",
    check: {
      resource: ({ type, props: { retentionInDays: days } }) =>
        type === "aws:cloudwatch/logGroup:LogGroup" && (days === undefined || days === 0)
          ? ["The log group keeps everything"]
          : [],
    },
  },
];
