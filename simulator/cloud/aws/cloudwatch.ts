/** CloudWatch and EventBridge. */
import { limits, wildcardRules } from "../../../components/settings/limits";
import {
  between,
  describeTypes,
  howMany,
  like,
  longest,
  oneOf,
  policyDocument,
  Refusal,
  type Situation,
} from "./describe";
import { othersTopic } from "./messaging";
import * as type from "./tokens";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const retentionDays = [
  0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];
const targetTypes = [type.lambda, type.queue, type.topic, type.logGroup, type.stateMachine];

describeTypes(
  {
    type: type.logGroup,
    id: (x) => x.inputs.name,
    arn: "logs:{region}:{account}:log-group:{name}",
    // https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
    name: { longest: 512, allowed: /^[.\-_/#A-Za-z0-9]+$/, allowedMeans: "letters, digits and .-_/#" },
    forces: ["logGroupClass"],
    refs: { kmsKeyId: type.keyReference },
    limits: [
      oneOf("retentionInDays", ...retentionDays),
      oneOf("logGroupClass", "STANDARD", "INFREQUENT_ACCESS", "DELIVERY"),
    ],
    defaults: { retentionInDays: 0, skipDestroy: false },
    computed: { logGroupClass: () => "STANDARD", deletionProtectionEnabled: () => false },
  },
  {
    // https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutResourcePolicy.html
    type: "aws:cloudwatch/logResourcePolicy:LogResourcePolicy",
    id: (x) => x.inputs.resourceArn ?? x.inputs.policyName,
    forces: ["resourceArn", "policyName"],
    refs: { resourceArn: { to: [type.logGroup], holds: false } },
    limits: [policyDocument("policyDocument", 51200)],
    computed: {
      policyScope: (x) => (x.inputs.resourceArn === undefined ? "ACCOUNT" : "RESOURCE"),
      revisionId: (x) => x.digits("revision", 8),
    },
    verify: (x) => {
      if ((x.inputs.resourceArn === undefined) === (x.inputs.policyName === undefined)) {
        throw new Refusal("InvalidParameterException", "a policy has either a resourceArn or a policyName");
      }
    },
    claims: (x) => [`policy of ${x.inputs.resourceArn ?? x.inputs.policyName}`],
  },
  {
    type: type.eventRule,
    most: limits.eventRules.most,
    id: (x) => x.inputs.name,
    arn: "events:{region}:{account}:rule/{name}",
    // https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
    name: { longest: 64, allowed: /^[.\-_A-Za-z0-9]+$/, allowedMeans: "letters, digits and .-_" },
    forces: ["eventBusName"],
    refs: { roleArn: type.roleReference },
    limits: [
      longest("description", 512),
      longest("eventPattern", 2048),
      like(
        "scheduleExpression",
        /^(rate\(\d+ (minute|minutes|hour|hours|day|days)\)|cron\(\S+ \S+ \S+ \S+ \S+ \S+\))$/,
        "rate(…) or cron(…) with six fields",
      ),
      oneOf("state", "ENABLED", "DISABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"),
    ],
    defaults: { eventBusName: "default", state: "ENABLED" },
    verify: (x) => {
      if (x.inputs.eventPattern === undefined && x.inputs.scheduleExpression === undefined) {
        throw new Refusal("ValidationException", "a rule needs an eventPattern or a scheduleExpression");
      }
      fewWildcards(x);
    },
  },
  {
    type: "aws:cloudwatch/eventTarget:EventTarget",
    id: (x) => `${x.inputs.rule}-${x.inputs.targetId ?? `simulated-${x.digits("target", 8)}`}`,
    forces: ["rule", "targetId", "eventBusName"],
    refs: {
      rule: type.eventRule,
      arn: {
        to: targetTypes,
        holds: false,
        unless: (value) => !/^arn:aws:(lambda|sqs|sns):/.test(value) || othersTopic(value),
      },
      roleArn: type.roleReference,
      "deadLetterConfig.arn": { to: [type.queue], holds: false },
    },
    defaults: { eventBusName: "default" },
    computed: { targetId: (x) => `simulated-${x.digits("target", 8)}` },
  },
  {
    type: type.metricAlarm,
    id: (x) => x.inputs.name,
    arn: "cloudwatch:{region}:{account}:alarm:{name}",
    name: { longest: 255 },
    refs: { "alarmActions[]": actions(), "okActions[]": actions(), "insufficientDataActions[]": actions() },
    limits: [
      oneOf(
        "comparisonOperator",
        "GreaterThanOrEqualToThreshold",
        "GreaterThanThreshold",
        "LessThanThreshold",
        "LessThanOrEqualToThreshold",
        "LessThanLowerOrGreaterThanUpperThreshold",
        "LessThanLowerThreshold",
        "GreaterThanUpperThreshold",
      ),
      oneOf("statistic", "SampleCount", "Average", "Sum", "Minimum", "Maximum"),
      oneOf("treatMissingData", "missing", "ignore", "breaching", "notBreaching"),
      howMany("alarmActions", 0, 5),
      longest("alarmDescription", 1024),
      {
        path: "period",
        wrong: (value) =>
          [10, 20, 30].includes(value) || value % 60 === 0
            ? undefined
            : `is ${value}; 10, 20, 30 or a multiple of 60 seconds is allowed`,
      },
      between("evaluationPeriods", 1, 1440),
    ],
    defaults: { actionsEnabled: true, treatMissingData: "missing" },
    computed: { evaluateLowSampleCountPercentiles: () => "" },
  },
);

function actions() {
  return {
    to: [type.topic, type.lambda],
    holds: false,
    unless: (value: string) => !/^arn:aws:(sns|lambda):/.test(value) || othersTopic(value),
  };
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html */
function fewWildcards(x: Situation): void {
  const has = (pattern: unknown) => String(pattern).includes('"wildcard"');
  const others = x.account
    .ofType(type.eventRule)
    .filter(({ inputs, urn }) => urn !== x.urn && has(inputs.eventPattern));
  if (has(x.inputs.eventPattern) && others.length >= wildcardRules) {
    throw new Refusal("LimitExceededException", `${others.length} rules have wildcards; at most ${wildcardRules} may`);
  }
}
