import type * as aws from "@pulumi/aws";
import { stableJson } from "../../lib/json";
import { mark } from "../../lib/mark";
import { bottlerocketSettings, type NodePlan } from "./nodeGroupPlan";

/** Tag of a node group: mark of what its launch template said beside tags when its nodes were last to follow it. */
export const templateTag = "mlplatform/template";

type Template = Pick<aws.ec2.LaunchTemplateArgs, "metadataOptions" | "blockDeviceMappings" | "userData">;

/** What a node is started with, beside its tags. */
export function templateOf(plan: NodePlan): Template {
  return {
    // Pods get credentials from Pod Identity; with one hop they cannot reach the node's own.
    metadataOptions: { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1 },
    blockDeviceMappings: [
      // Bottlerocket keeps its system on the first volume, of a size of its own, and images and scratch space on the second.
      { deviceName: "/dev/xvda", ebs: { volumeType: "gp3", encrypted: "true", deleteOnTermination: "true" } },
      {
        deviceName: "/dev/xvdb",
        ebs: { volumeSize: plan.diskGiB, volumeType: "gp3", encrypted: "true", deleteOnTermination: "true" },
      },
    ],
    userData: Buffer.from(bottlerocketSettings).toString("base64"),
  };
}

/** Differs when nodes have to be started anew, and not when tags change. */
export const templateMark = (plan: NodePlan) => mark(stableJson(templateOf(plan)));
