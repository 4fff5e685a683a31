import { asRecord, Problems } from "../event";

/** What somebody decided of a model package. */
export interface Decision {
  modelPackageArn: string;
  status: "Approved" | "Rejected";
  /** What they wrote beside it. */
  description?: string;
}

const detailType = "SageMaker Model Package State Change";
const statuses: readonly unknown[] = ["Approved", "Rejected"] satisfies Decision["status"][];

/**
 * Reads an event of SageMaker. Every change of a package makes events, some of them several.
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html
 *
 * @returns undefined where the event holds no decision.
 * @throws with every problem in one message.
 */
export function parseEvent(event: unknown): Decision | undefined {
  const { source, "detail-type": type, detail } = asRecord(event);
  const { ModelPackageArn, ModelApprovalStatus, ApprovalDescription } = asRecord(detail);
  const problems = new Problems();
  if (source !== "aws.sagemaker") problems.add("source", source, "aws.sagemaker");
  if (type !== detailType) problems.add("detail-type", type, detailType);
  if (typeof ModelPackageArn !== "string" || !/^arn:[\w-]+:sagemaker:.+:model-package\/.+/.test(ModelPackageArn)) {
    problems.add("detail.ModelPackageArn", ModelPackageArn, "the ARN of a model package");
  }
  problems.refuse("trainingApproval");
  if (!statuses.includes(ModelApprovalStatus)) return undefined;
  const description = typeof ApprovalDescription === "string" ? { description: ApprovalDescription } : {};
  return { modelPackageArn: ModelPackageArn, status: ModelApprovalStatus, ...description } as Decision;
}
