import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { LoopAlgorithm } from "../contracts/trainingLoop";

/** Where AWS keeps the images of its algorithms. */
const repositories: Record<LoopAlgorithm["name"], string> = { xgboost: "sagemaker-xgboost" };

/**
 * The image of an algorithm that SageMaker brings along, in an account of AWS's own that each region has.
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-algo-docker-registry-paths.html
 */
export const builtInImage = (
  { name, version }: Pick<LoopAlgorithm, "name" | "version">,
  opts: pulumi.InvokeOutputOptions,
): pulumi.Output<string> =>
  aws.sagemaker.getPrebuiltEcrImageOutput({ repositoryName: repositories[name], imageTag: version }, opts).registryPath;
