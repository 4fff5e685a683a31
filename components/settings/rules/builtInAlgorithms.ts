import type { Path, RuleProblem } from "../problems";

/**
 * Repositories of the algorithms that SageMaker brings along, in accounts of AWS's own.
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-algo-docker-registry-paths.html
 */
const algorithms = [
  ...["blazingtext", "factorization-machines", "forecasting-deepar", "image-classification", "ipinsights", "kmeans"],
  ...["knn", "lda", "linear-learner", "ntm", "object-detection", "object2vec", "pca", "randomcutforest"],
  ...["semantic-segmentation", "seq2seq"],
];
const trained = ["sagemaker-xgboost", "xgboost"];

/**
 * An image that trains and does nothing else: its run would fail before that. XGBoost's can train beside an image with the other commands; of
 * what the others leave nothing here makes an MLflow model.
 */
export function builtInProblems(image: string, path: Path): RuleProblem[] {
  const [, repository] = /^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.[a-z.]+\/([^:@]+)/.exec(image) ?? [];
  if (repository === undefined) return [];
  if (trained.includes(repository)) {
    return [
      {
        path,
        value: image,
        allowed:
          "an image with the commands validate, convert and evaluate; SageMaker's own XGBoost trains and does nothing else",
        remedy:
          'write image: training and algorithm: { name: xgboost, hyperparameters: { num_round: "200", objective: binary:logistic } }',
      },
    ];
  }
  if (!algorithms.includes(repository)) return [];
  return [
    {
      path,
      value: image,
      allowed:
        `an image with the commands train, validate and evaluate that writes an MLflow model; SageMaker's built-in ${repository} has none ` +
        "of them, and no MLflow model is made here of what it leaves, as one is of its XGBoost",
      remedy:
        "write image: training, with algorithm: { name: xgboost, … } where trees will do, or an image of your own that trains with such a library",
    },
  ];
}
