import { checkInstance } from "../../contracts/trainingLoop";
import { trainedOnAws } from "../engines";
import type { ModelSettings } from "../models";
import { hasCluster } from "../needs";
import type { Path } from "../problems";
import type { Settings } from "../settings";

/** An instance type that the stack may start, and the service whose name it bears. */
export interface UsedType {
  path: Path;
  type: string;
  service: "ec2" | "rds" | "sagemaker";
  /** Whether the platform chose it, so that no setting says another. */
  fixed?: boolean;
}

/** Every instance type that the stack may start: whatever is said of types anywhere is said of all of these. */
export function usedTypes({ foundation, models, training }: Partial<Settings>): UsedType[] {
  const used: UsedType[] = [];
  if (foundation?.kind === "aws") {
    const path = ["foundation", "database", "instanceClass"];
    if (hasCluster({ foundation })) used.push({ path, type: foundation.database.instanceClass, service: "rds" });
    if (foundation.cluster.kind === "create") {
      for (const [name, { instanceTypes }] of Object.entries(foundation.cluster.nodeGroups)) {
        const group = ["foundation", "cluster", "nodeGroups", name, "instanceTypes"];
        for (const [at, type] of instanceTypes.entries()) used.push({ path: [...group, at], type, service: "ec2" });
      }
    }
  }
  for (const [name, model] of Object.entries(models ?? {})) used.push(...ofModel(model, ["models", name]));
  for (const [name, { instanceType }] of Object.entries(training?.studio.notebooks ?? {})) {
    const path = ["training", "studio", "notebooks", name, "instanceType"];
    used.push({ path, type: instanceType, service: "sagemaker" });
  }
  return used;
}

function ofModel({ serve, training, batch, drift, monitor }: ModelSettings, path: Path): UsedType[] {
  const used: UsedType[] = [];
  const add = (steps: string[], block: { instanceType: string } | undefined) => {
    if (block === undefined) return;
    used.push({ path: [...path, ...steps, "instanceType"], type: block.instanceType, service: "sagemaker" });
  };
  if (serve.sagemaker?.kind !== "serverless") add(["serve", "sagemaker"], serve.sagemaker);
  if (trainedOnAws(training)) add(["training"], training);
  if (batch?.with === "sagemaker") add(["batch"], batch);
  add(["drift", "dataQuality"], drift?.dataQuality);
  add(["monitor"], monitor);
  if (trainedOnAws(training))
    used.push({ path: [...path, "training"], type: checkInstance, service: "sagemaker", fixed: true });
  return used;
}
