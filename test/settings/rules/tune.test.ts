import { numbered, range, search, training } from "./configs";
import { accept, refuse } from "./table";

describe("rules between settings: tune", () => {
  refuse([
    [
      "more ranges than a search takes",
      training({ tune: search(numbered(31, () => range)) }),
      "models.churn.training.tune.ranges",
      /at most 30, of all types together/,
    ],
    [
      "search that needs what no setting says",
      training({ tune: { ...search({ depth: range }), strategy: "Hyperband" } }),
      "models.churn.training.tune.strategy",
      /Bayesian.*Random/,
    ],
    [
      "range upside down",
      training({ tune: { objective: "auc", ranges: { eta: { type: "continuous", min: 1, max: 0.1 } } } }),
      "models.churn.training.tune.ranges.eta.max",
      /more than min/,
    ],
    [
      "logarithm of zero",
      training({
        tune: { objective: "auc", ranges: { eta: { type: "continuous", min: 0, max: 1, scale: "logarithmic" } } },
      }),
      "models.churn.training.tune.ranges.eta.min",
      /more than 0/,
    ],
    [
      "more parallel jobs than jobs",
      training({
        tune: { objective: "auc", maxJobs: 2, parallel: 4, ranges: { n: { type: "integer", min: 1, max: 4 } } },
      }),
      "models.churn.training.tune.parallel",
      /at most maxJobs/,
    ],
    [
      "a search of a pipeline that should learn from those before it",
      training({ engine: "sagemakerPipelines", tune: { ...search({ depth: range }), warmStart: true } }),
      "models.churn.training.tune.warmStart",
      /names its searches itself.*write engine: stepFunctions/s,
    ],
    [
      "a random search that should learn",
      training({ tune: { ...search({ depth: range }), strategy: "Random", warmStart: true } }),
      "models.churn.training.tune.warmStart",
      /looks at no results.*strategy: Bayesian/s,
    ],
    [
      "a search that is too large to learn from any",
      training({ tune: { ...search({ depth: range }), maxJobs: 500, warmStart: true } }),
      "models.churn.training.tune.warmStart",
      /may have 500.*write maxJobs: 100/s,
    ],
    [
      "a search that is too large to learn from one of its size",
      training({ tune: { ...search({ depth: range }), maxJobs: 251, warmStart: true } }),
      "models.churn.training.tune.warmStart",
      /may have 500.*write maxJobs: 100/s,
    ],
    [
      "a search for the worst",
      training({ tune: { ...search({ depth: range }), objective: "validation:log_loss", direction: "maximize" } }),
      "models.churn.training.tune.direction",
      /minimize with validation:log_loss/,
    ],
    [
      "a search by a metric of numbers for a model of yes and no",
      training({ tune: { ...search({ depth: range }), objective: "validation:rmse" } }),
      "models.churn.training.tune.objective",
      /write problemType: regression, or objective: /,
    ],
  ]);

  accept([
    [
      "the largest search that may learn from one of its size",
      training({ tune: { ...search({ depth: range }), maxJobs: 250, warmStart: true } }),
    ],
  ]);
});
