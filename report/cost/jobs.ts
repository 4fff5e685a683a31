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
export const jobPrices = (definition: unknown): string[] => [...new Set(pricesIn(parsed(definition)))];

/** The machine of a job that is defined by itself. */
export const definedJob = ({ inputs }: PlannedResource): string[] => [...new Set(pricesIn(inputs, "processing"))];

function parsed(definition: unknown): unknown {
  try {
    return JSON.parse(text(definition));
  } catch {
    return undefined; // Not known before the first update.
  }
}

function* pricesIn(value: unknown, kind?: string): Generator<string> {
  if (typeof value !== "object" || value === null) return;
  const { Resource, Type, InstanceType, instanceType } = value as Record<string, unknown>;
  const own = kinds[/[^:.]+(?=(\.sync)?$)/.exec(text(Resource))?.[0] ?? ""] ?? kinds[text(Type)] ?? kind;
  const type = text(InstanceType ?? instanceType);
  if (own !== undefined && type.startsWith("ml.")) yield `sagemaker/${own}/${type}`;
  for (const inner of Object.values(value)) yield* pricesIn(inner, own);
}
