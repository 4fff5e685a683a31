import type * as pulumi from "@pulumi/pulumi";
import { awsFoundation } from "./foundation/aws";
import type { Foundation } from "./foundation/contracts";
import { needs } from "./needs";
import { SettingsProblems } from "./settings/problems";
import type { Settings } from "./settings/settings";

/** Builds what the stack's config describes and returns what the stack exports. */
export async function platform(settings: Settings): Promise<Record<string, pulumi.Input<unknown>>> {
  const foundation = await buildFoundation(settings);
  return foundation.outputs;
}

async function buildFoundation(settings: Settings): Promise<Foundation> {
  const { foundation, access } = settings;
  if (foundation.kind === "existing") {
    throw new SettingsProblems([
      {
        path: "foundation.kind",
        value: "existing",
        allowed: "aws",
        remedy: "This version describes and checks an existing cluster, but builds on AWS only: use `kind: aws`.",
      },
    ]);
  }
  return awsFoundation({ settings: foundation, ...needs(settings), ...(access ? { access } : {}) });
}
