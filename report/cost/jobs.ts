import type { PlannedResource } from "../../simulator/plan";
import { text } from "../planIndex";

/** Kinds of jobs, by what starts them: an integration of Step Functions, or a step of SageMaker Pipelines. */
const kinds: Readonly<Record<string, string>> = {
  createTrainingJob: "training",
  createHyperParameterTuningJob: "training",
  createProcessingJob: "processing",
  createTransformJob: "transform",
  Training: "training",
  Tuning: "training",
  Processing: "processing",
  Transform: "transform",
};

/** Prices of the machines of jobs in a definition, such as `sagemaker/training/ml.m5.xlarge`, each once. */
export function jobPrices(definition: unknown): string[] {
  const found = new Set<string>();
  walk(parsed(definition), undefined, found);
  return [...found];
}

/** The machine of a job that is defined by itself. */
export const definedJob = ({ inputs }: PlannedResource): string[] => {
  const found = new Set<string>();
  walk(inputs, "processing", found);
  return [...found];
};

function parsed(definition: unknown): unknown {
  try {
    return JSON.parse(text(definition));
  } catch {
    return undefined; // Not known before the first update.
  }
}

function walk(value: unknown, kind: string | undefined, found: Set<string>): void {
  if (typeof value !== "object" || value === null) return;
  const { Resource, Type, InstanceType, instanceType } = value as Record<string, unknown>;
  const own = kinds[/[^:.]+(?=(\.sync)?$)/.exec(text(Resource))?.[0] ?? ""] ?? kinds[text(Type)] ?? kind;
  const type = text(InstanceType ?? instanceType);
  if (own !== undefined && type.startsWith("ml.")) found.add(`sagemaker/${own}/${type}`);
  for (const inner of Object.values(value)) walk(inner, own, found);
}
