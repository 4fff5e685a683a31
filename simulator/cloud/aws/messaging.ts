/** SQS and SNS. */
import { between, describeTypes, longest, oneOf, policyDocument } from "./describe";
import * as type from "./tokens";

/** A topic that no program here made, which would have ended its name in made-up digits, is somebody else's. */
export const othersTopic = (value: string) =>
  /^arn:aws:sns:[a-z0-9-]+:\d{12}:/.test(value) && !/-[0-9a-f]{7}$/.test(value);

describeTypes(
  {
    // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
    type: type.queue,
    id: (x) => `https://sqs.${x.region}.simulated.invalid/${x.account.number}/${x.inputs.name}`,
    arn: "sqs:{region}:{account}:{name}",
    name: { longest: 80, allowed: /^[a-zA-Z0-9_-]+(\.fifo)?$/, allowedMeans: "letters, digits, - and _" },
    forces: ["fifoQueue"],
    refs: { kmsMasterKeyId: type.keyReference },
    limits: [
      between("delaySeconds", 0, 900, "seconds"),
      between("visibilityTimeoutSeconds", 0, 43200, "seconds"),
      between("messageRetentionSeconds", 60, 1209600, "seconds"),
      between("maxMessageSize", 1024, 1048576, "bytes"),
      between("receiveWaitTimeSeconds", 0, 20, "seconds"),
      policyDocument("policy", 65536),
    ],
    defaults: {
      delaySeconds: 0,
      visibilityTimeoutSeconds: 30,
      messageRetentionSeconds: 345600,
      receiveWaitTimeSeconds: 0,
      fifoQueue: false,
      contentBasedDeduplication: false,
    },
    computed: {
      url: (x) => `https://sqs.${x.region}.simulated.invalid/${x.account.number}/${x.inputs.name}`,
      policy: () => "",
      redrivePolicy: () => "",
      redriveAllowPolicy: () => "",
      sqsManagedSseEnabled: (x) => x.inputs.kmsMasterKeyId === undefined,
      maxMessageSize: () => 262144,
    },
  },
  {
    type: "aws:sqs/queuePolicy:QueuePolicy",
    id: (x) => x.inputs.queueUrl,
    forces: ["queueUrl"],
    refs: { queueUrl: { to: [type.queue], holds: false } },
    limits: [policyDocument("policy", 65536)],
    claims: (x) => [`policy of ${x.inputs.queueUrl}`],
  },
  {
    // https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html
    type: type.topic,
    id: (x) => `arn:aws:sns:${x.region}:${x.account.number}:${x.inputs.name}`,
    arn: "sns:{region}:{account}:{name}",
    name: { longest: 256, allowed: /^[a-zA-Z0-9_-]+(\.fifo)?$/, allowedMeans: "letters, digits, - and _" },
    forces: ["fifoTopic"],
    refs: { kmsMasterKeyId: type.keyReference },
    limits: [longest("displayName", 100), policyDocument("policy", 30720)],
    defaults: { fifoTopic: false },
    computed: {
      owner: (x) => x.account.number,
      policy: () => "",
      beginningArchiveTime: () => "",
      signatureVersion: () => 1,
      tracingConfig: () => "PassThrough",
    },
  },
  {
    type: "aws:sns/topicPolicy:TopicPolicy",
    id: (x) => x.inputs.arn,
    forces: ["arn"],
    refs: { arn: { to: [type.topic], holds: false } },
    limits: [policyDocument("policy", 30720)],
    computed: { owner: (x) => x.account.number },
    claims: (x) => [`policy of ${x.inputs.arn}`],
  },
  {
    type: "aws:sns/topicSubscription:TopicSubscription",
    id: (x) => `${x.inputs.topic}:51300000-0000-0000-0000-${x.digits("id", 12)}`,
    arn: (x) => `${x.inputs.topic}:51300000-0000-0000-0000-${x.digits("id", 12)}`,
    forces: ["topic", "protocol", "endpoint", "endpointAutoConfirms", "confirmationTimeoutInMinutes"],
    refs: {
      topic: { to: [type.topic], holds: false },
      endpoint: { to: [type.queue, type.lambda], holds: false, unless: (value) => !value.startsWith("arn:aws:") },
    },
    limits: [
      oneOf("protocol", "sqs", "sms", "lambda", "firehose", "application", "email", "email-json", "http", "https"),
    ],
    computed: {
      ownerId: (x) => x.account.number,
      pendingConfirmation: (x) => /^(email|http)/.test(x.inputs.protocol),
      confirmationWasAuthenticated: () => false,
      filterPolicyScope: () => "",
    },
  },
);
