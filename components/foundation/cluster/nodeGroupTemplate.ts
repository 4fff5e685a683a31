import type * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { stableJson } from "../../lib/json";
import { mark } from "../../lib/mark";
import { bottlerocketSettings, type NodePlan } from "./nodeGroupPlan";

/** Tag of a node group: mark of what its launch template said beside tags when its nodes were last to follow it. */
export const templateTag = "mlplatform/template";

type Template = Pick<aws.ec2.LaunchTemplateArgs, "metadataOptions" | "blockDeviceMappings" | "userData">;

/** What a node is started with, beside its tags; without a key its volumes are under the one that EBS has in the account. */
export function templateOf(plan: NodePlan, keyArn?: pulumi.Input<string>): Template {
  const volume = {
    ...{ volumeType: "gp3", encrypted: "true", deleteOnTermination: "true" },
    ...(keyArn === undefined ? {} : { kmsKeyId: keyArn }),
  };
  return {
    // Pods get credentials from Pod Identity; with one hop they cannot reach the node's own.
    metadataOptions: { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1 },
    blockDeviceMappings: [
      // Bottlerocket keeps its system on the first volume, of a size of its own, and images and scratch space on the second.
      { deviceName: "/dev/xvda", ebs: volume },
      { deviceName: "/dev/xvdb", ebs: { ...volume, volumeSize: plan.diskGiB } },
    ],
    userData: Buffer.from(bottlerocketSettings).toString("base64"),
  };
}

/** Differs when nodes have to be started anew; another tag or key is for the nodes that come next. */
export const templateMark = (plan: NodePlan) => mark(stableJson(templateOf(plan)));
