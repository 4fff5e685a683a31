import type { Path, RuleProblem } from "../problems";

/**
 * Repositories of the algorithms that SageMaker brings along, in accounts of AWS's own.
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-algo-docker-registry-paths.html
 */
const algorithms = [
  ...["blazingtext", "factorization-machines", "forecasting-deepar", "image-classification", "ipinsights", "kmeans"],
  ...["knn", "lda", "linear-learner", "ntm", "object-detection", "object2vec", "pca", "randomcutforest"],
  ...["sagemaker-xgboost", "semantic-segmentation", "seq2seq", "xgboost"],
];

/**
 * A built-in algorithm cannot check data, evaluate a candidate beside what is live, or leave an MLflow model: its run would train, and
 * fail before or after that.
 */
export function builtInProblems(image: string, path: Path): RuleProblem[] {
  const [, repository] = /^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.[a-z.]+\/([^:@]+)/.exec(image) ?? [];
  if (repository === undefined || !algorithms.includes(repository)) return [];
  return [
    {
      path,
      value: image,
      allowed:
        `an image with the commands train, validate and evaluate that writes an MLflow model; SageMaker's built-in ${repository} has none ` +
        "of them, and its model could be neither judged nor released",
      remedy:
        "write image: training, or an image of your own that is made from it and trains with that library; see workloads/training-template",
    },
  ];
}
