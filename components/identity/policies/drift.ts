/** Permissions of the drift check. */
import type { AwsAccount } from "../../contracts/account";
import type { PolicyStatement } from "../../lib/statements";
import { liveReports } from "./liveQuality";
import { samplesFolder } from "./serving";
import type { StoreArns } from "./stores";
import { allow, arn, onAnyResource } from "./terms";

/** Folder of the data bucket in which reports are kept, by model. */
export const driftFolder = "drift";

/** Source of the events that tell of drift; whoever puts them may speak for nobody else. */
export const driftSource = "mlplatform.drift";
/** Every account has it. */
export const driftBus = "default";

/** Tell of drift on the account's own bus. */
export const tellDrift = (account: AwsAccount): PolicyStatement =>
  allow("TellDrift", ["events:PutEvents"], [arn(account, "events", `event-bus/${driftBus}`)], {
    StringEquals: { "events:source": driftSource },
  });

/** Namespace of CloudWatch with the quality of models. */
export const qualityNamespace = "mlplatform/quality";

/** Keep what labelled answers were worth in CloudWatch, where metrics have no resource, in a namespace of its own. */
export const keepQuality: PolicyStatement = onAnyResource("KeepQuality", ["cloudwatch:PutMetricData"], {
  StringEquals: { "cloudwatch:namespace": qualityNamespace },
});

/** Read what looks at live answers have found. */
export function readLooks({ bucketArn }: StoreArns, models: string[]): PolicyStatement[] {
  if (models.length === 0) return [];
  return [
    allow("ListLooks", ["s3:ListBucket"], [bucketArn], {
      StringLike: { "s3:prefix": models.map((model) => `${liveReports(model)}*`) },
    }),
    allow(
      "ReadLooks",
      ["s3:GetObject"],
      models.map((model) => `${bucketArn}/${liveReports(model)}*/monitor.json`),
    ),
  ];
}

/** Read what models were asked, and keep reports. Nothing is deleted, and no sample is changed. */
export function checkDrift(store: StoreArns): PolicyStatement[] {
  const { bucketArn, keyArn } = store;
  return [
    // Without it, what is not there yet is answered like what is forbidden.
    allow("ListSamplesAndReports", ["s3:ListBucket"], [bucketArn], {
      StringLike: { "s3:prefix": [`${samplesFolder}/*`, `${driftFolder}/*`] },
    }),
    allow("ReadSamples", ["s3:GetObject"], [`${bucketArn}/${samplesFolder}/*`]),
    allow("KeepReports", ["s3:GetObject", "s3:PutObject"], [`${bucketArn}/${driftFolder}/*`]),
    ...(keyArn === undefined ? [] : [allow("OpenAndEncrypt", ["kms:Decrypt", "kms:GenerateDataKey"], [keyArn])]),
  ];
}
