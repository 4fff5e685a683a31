/** Permissions on packages of models, which one account builds and all servers read. */
import type { PolicyStatement } from "../../lib/statements";
import { readFolders, type StoreArns } from "./stores";
import { allow } from "./terms";

/** Folder of the artifacts' bucket with packages that models ask for and the server's image has not. */
export const environmentsFolder = "environments/";

/** Read packages: what runs a model. */
export function readEnvironments(artifacts: StoreArns): PolicyStatement[] {
  return readFolders(artifacts, [environmentsFolder], "Environments");
}

/** Build packages: add them, and never take away what others run with. */
export function buildEnvironments(artifacts: StoreArns): PolicyStatement[] {
  return [
    ...readEnvironments(artifacts),
    allow(
      "EnvironmentsWrite",
      ["s3:PutObject", "s3:AbortMultipartUpload"],
      [`${artifacts.bucketArn}/${environmentsFolder}*`],
    ),
    ...(artifacts.keyArn === undefined
      ? []
      : [allow("EnvironmentsEncrypt", ["kms:GenerateDataKey"], [artifacts.keyArn])]),
  ];
}
