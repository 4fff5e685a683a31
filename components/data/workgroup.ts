import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { ObjectStore } from "../contracts/foundation";

/** Where queries are asked, and where their answers go. */
export interface WorkgroupArgs {
  name: string;
  description: string;
  store: ObjectStore;
  /** Folder of the answers, with a slash at its end. */
  folder: string;
  /** Most that one query may read, in GiB. */
  scanLimitGiB: number;
}

const bytesPerGiB = 1024 ** 3;

/** A workgroup of Athena whose limit, encryption and folder no query gets around. */
export function workgroup(
  name: string,
  { store, scanLimitGiB, ...args }: WorkgroupArgs,
  opts: pulumi.CustomResourceOptions,
): aws.athena.Workgroup {
  return new aws.athena.Workgroup(
    name,
    {
      name: args.name,
      description: args.description,
      forceDestroy: true, // Only the history of queries goes with it; what they answered stays in the bucket.
      configuration: {
        enforceWorkgroupConfiguration: true,
        publishCloudwatchMetricsEnabled: true,
        bytesScannedCutoffPerQuery: scanLimitGiB * bytesPerGiB,
        resultConfiguration: {
          outputLocation: pulumi.interpolate`${store.uri}/${args.folder}`,
          encryptionConfiguration:
            store.keyArn === undefined
              ? { encryptionOption: "SSE_S3" }
              : { encryptionOption: "SSE_KMS", kmsKeyArn: store.keyArn },
        },
      },
    },
    opts,
  );
}
