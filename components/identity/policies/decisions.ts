/** Permissions on the record of what was decided of versions. */
import type { PolicyStatement } from "../../lib/statements";
import { folder, type StoreArns } from "./stores";
import { allow } from "./terms";

/** Folder of the data bucket with the record of who asked for a version, who approved or rejected it, and by which evidence. */
export const decisionsFolder = "decisions/";

/**
 * Add to the record, and nothing else: what is there is neither written again, read nor deleted. S3 refuses a write over an object
 * where the request asks for that, and no other request is allowed.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
 */
export function addDecisions(store: StoreArns): PolicyStatement[] {
  return [
    allow("AddDecisions", ["s3:PutObject"], [`${store.bucketArn}/${folder(decisionsFolder)}*`], {
      Null: { "s3:if-none-match": "false" },
    }),
    ...(store.keyArn === undefined ? [] : [allow("EncryptDecisions", ["kms:GenerateDataKey"], [store.keyArn])]),
  ];
}
