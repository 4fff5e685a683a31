import type { AwsEngine } from "../settings/engines";
import type { TrainingEngine } from "./engine";
import { sagemakerPipelines } from "./pipelines/engine";
import { stepFunctions } from "./stepFunctions/engine";

/** What trains models on AWS, by the name that their blocks say. */
export const engines: Record<AwsEngine, TrainingEngine> = { stepFunctions, sagemakerPipelines };
