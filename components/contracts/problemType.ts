/** Kinds of questions, by the names that SageMaker gives them. */
export const problemTypes = ["binaryClassification", "multiclassClassification", "regression"] as const;

export type ProblemType = (typeof problemTypes)[number];
