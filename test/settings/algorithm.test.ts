import { expect } from "chai";
import { minimalAws, problemsOf } from "./fixtures";

const needed = { num_round: "200", objective: "binary:logistic" };
const algorithm = (hyperparameters: object = {}, more: object = {}) => ({
  algorithm: { name: "xgboost", hyperparameters: { ...needed, ...hyperparameters }, ...more },
});
const eta = { type: "continuous", min: 0.01, max: 0.3 };
const tune = (more: object = {}) => ({ tune: { objective: "validation:auc", ranges: { eta }, ...more } });
const trained = (training: object, problemType?: string) => ({
  ...minimalAws(),
  mlflow: {},
  models: {
    churn: {
      from: "models:/churn@champion",
      serve: { flask: {} },
      ...(problemType === undefined ? {} : { problemType }),
      training: { image: "training", hyperparameters: { project: "churn" }, ...training },
    },
  },
});
const problems = (training: object, problemType?: string) => problemsOf(trained(training, problemType));
const at = "models.churn.training";
const own = { image: "registry.example.com/own:1" };
const integer = { type: "integer", min: 2, max: 8 };

describe("SageMaker's own XGBoost in a loop", () => {
  for (const [name, training] of [
    ["alone", algorithm()],
    [
      "with everything that is usual",
      algorithm({ eval_metric: "auc,error@0.3", early_stopping_rounds: "10", eta: "0.1" }),
    ],
    ["with a search, as in the issue", { ...algorithm(), ...tune({ maxJobs: 20, parallel: 4 }) }],
    [
      "with all that a search may vary",
      {
        algorithm: { name: "xgboost", hyperparameters: { objective: "binary:logistic" } },
        ...tune({
          ranges: { num_round: { ...integer, max: 400 }, max_depth: integer, max_delta_step: integer, alpha: eta },
        }),
      },
    ],
    ["by a loss", { ...algorithm(), ...tune({ objective: "validation:logloss", direction: "minimize" }) }],
    ["as a pipeline", { engine: "sagemakerPipelines", ...algorithm() }],
    [
      "with a search whose direction follows from its metric",
      { ...algorithm(), ...tune({ objective: "validation:logloss" }) },
    ],
  ] as const) {
    it(`is taken ${name}`, () => expect(problems(training)).to.deep.equal([]));
  }

  for (const [name, problemType, training] of [
    ["of several classes", "multiclassClassification", algorithm({ objective: "multi:softprob", num_class: "3" })],
    [
      "of several classes without probabilities in an image of one's own",
      "multiclassClassification",
      { ...own, ...algorithm({ objective: "multi:softmax", num_class: "3", eval_metric: "merror" }) },
    ],
    ["of numbers", "regression", algorithm({ objective: "reg:squarederror", eval_metric: "rmse,mae" })],
    ["of counts", "regression", algorithm({ objective: "count:poisson" })],
    [
      "of numbers with a search",
      "regression",
      { ...algorithm({ objective: "reg:absoluteerror" }), ...tune({ objective: "validation:mae" }) },
    ],
    ["of shares in an image of one's own", "regression", { ...own, ...algorithm({ objective: "reg:logistic" }) }],
  ] as const) {
    it(`is taken ${name}`, () => expect(problems(training, problemType)).to.deep.equal([]));
  }

  for (const [name, problemType, training, says] of [
    [
      "an objective of numbers for several classes",
      "multiclassClassification",
      algorithm({ objective: "reg:squarederror" }),
      /^multi:softprob with problemType: multiclassClassification.*write objective: multi:softprob, or problemType: regression$/,
    ],
    [
      "shares, which the platform's image does not convert",
      "regression",
      algorithm({ objective: "reg:logistic" }),
      /with problemType: regression and image: training; write objective: reg:squarederror, or name an image of your own/,
    ],
    [
      "yes and no for numbers in an image of one's own",
      "regression",
      { ...own, ...algorithm() },
      /write objective: reg:squarederror, or problemType: binaryClassification$/,
    ],
  ] as const) {
    it(`refuses ${name}`, () => {
      const found = problems(training, problemType);
      expect(found.map(({ path }) => path)).to.deep.equal([`${at}.algorithm.hyperparameters.objective`]);
      expect(`${found[0]!.allowed}; ${found[0]!.remedy}`).to.match(says);
    });
  }

  it("asks for the objective of the model's problem type where there is none", () => {
    const [found] = problems({ algorithm: { name: "xgboost", hyperparameters: { num_round: "9" } } }, "regression");
    expect(found!.remedy).to.equal("add objective: reg:squarederror");
  });

  for (const [name, training, key, says, problemType] of [
    [
      "a version whose trees nobody reads",
      algorithm({}, { version: "1.7-1" }),
      "algorithm.version",
      /3\.1 gave up.*write version: 3\.0-5/,
    ],
    ["no version", algorithm({}, { version: "latest" }), "algorithm.version", /such as 3\.0-5/],
    ["an algorithm that is none", algorithm({}, { name: "linear-learner" }), "algorithm.name", /xgboost/],
    [
      "what the image is told",
      algorithm({ project: "churn" }),
      "algorithm.hyperparameters.project",
      /under training\.hyperparameters/,
    ],
    ["a name it does not have", algorithm({ learning_rat: "0.1" }), "algorithm.hyperparameters.learning_rat", /takes/],
    [
      "folds, of which it leaves as many models",
      algorithm({ _kfold: "5" }),
      "algorithm.hyperparameters._kfold",
      /takes/,
    ],
    ["a number out of bounds", algorithm({ eta: "1.5" }), "algorithm.hyperparameters.eta", /at least 0 and at most 1/],
    [
      "a bound that it may not reach",
      algorithm({ subsample: "0" }),
      "algorithm.hyperparameters.subsample",
      /more than 0 and at most 1/,
    ],
    [
      "half a round",
      algorithm({ num_round: "20.5" }),
      "algorithm.hyperparameters.num_round",
      /a whole number, at least 1/,
    ],
    ["a text for a number", algorithm({ gamma: "much" }), "algorithm.hyperparameters.gamma", /a number, at least 0/],
    [
      "a word of no list",
      algorithm({ booster: "trees" }),
      "algorithm.hyperparameters.booster",
      /gbtree, gblinear, dart/,
    ],
    [
      "a metric that it does not print",
      algorithm({ eval_metric: "auc,roc_auc" }),
      "algorithm.hyperparameters.eval_metric",
      /logloss/,
    ],
    [
      "a metric of another question",
      algorithm({ eval_metric: "mlogloss" }),
      "algorithm.hyperparameters.eval_metric",
      /it has no mlogloss/,
    ],
    [
      "stopping early by nothing",
      algorithm({ early_stopping_rounds: "5" }),
      "algorithm.hyperparameters.early_stopping_rounds",
      /add eval_metric: auc/,
    ],
    [
      "another question with the platform's image",
      algorithm({ objective: "reg:squarederror" }),
      "algorithm.hyperparameters.objective",
      /binary:logistic with problemType: binaryClassification and image: training; .*or problemType: regression/,
    ],
    [
      "several classes without their number",
      { ...own, ...algorithm({ objective: "multi:softmax" }) },
      "algorithm.hyperparameters.num_class",
      /add num_class/,
      "multiclassClassification",
    ],
    [
      "a number of classes without them",
      algorithm({ num_class: "2" }),
      "algorithm.hyperparameters.num_class",
      /leave it out/,
    ],
    [
      "a beginning that is no probability",
      algorithm({ base_score: "1" }),
      "algorithm.hyperparameters.base_score",
      /less than 1; write base_score: "0\.5"/,
    ],
    [
      "an open bound that is reached",
      algorithm({ tweedie_variance_power: "2" }),
      "algorithm.hyperparameters.tweedie_variance_power",
      /more than 1 and less than 2/,
    ],
    [
      "no rounds",
      { algorithm: { name: "xgboost", hyperparameters: { objective: "binary:logistic" } } },
      "algorithm.hyperparameters.num_round",
      /add num_round: "200"/,
    ],
    [
      "no question",
      { algorithm: { name: "xgboost", hyperparameters: { num_round: "9" } } },
      "algorithm.hyperparameters.objective",
      /add objective: binary:logistic/,
    ],
    ["several instances", { ...algorithm(), instances: 2 }, "instances", /each train on whole/],
    [
      "a search by what nobody prints",
      { ...algorithm(), ...tune({ objective: "validation:roc_auc" }) },
      "tune.objective",
      /write objective: validation:auc/,
    ],
    [
      "a search by another question's metric",
      { ...algorithm(), ...tune({ objective: "validation:merror", direction: "minimize" }) },
      "tune.objective",
      /this objective/,
    ],
    [
      "a search for the worst",
      { ...algorithm(), ...tune({ direction: "minimize" }) },
      "tune.direction",
      /write direction: maximize/,
    ],
    [
      "a range of what is not searched",
      { ...algorithm(), ...tune({ ranges: { max_bin: integer } }) },
      "tune.ranges.max_bin",
      /a search may vary: num_round, eta/,
    ],
    [
      "a range of an alias",
      { ...algorithm(), ...tune({ ranges: { learning_rate: eta } }) },
      "tune.ranges.learning_rate",
      /write eta/,
    ],
    [
      "a range of another type",
      { ...algorithm(), ...tune({ ranges: { max_depth: eta } }) },
      "tune.ranges.max_depth.type",
      /write type: integer/,
    ],
    [
      "a range that leaves the bounds",
      { ...algorithm(), ...tune({ ranges: { subsample: { ...eta, min: 0 } } }) },
      "tune.ranges.subsample.min",
      /more than 0/,
    ],
    [
      "a range that ends out of bounds",
      { ...algorithm(), ...tune({ ranges: { eta: { ...eta, max: 2 } } }) },
      "tune.ranges.eta.max",
      /at most 1/,
    ],
    [
      "a range of what is fixed",
      { ...algorithm({ eta: "0.1" }), ...tune() },
      "tune.ranges.eta",
      /remove algorithm\.hyperparameters\.eta/,
    ],
  ] as [string, object, string, RegExp, string?][]) {
    it(`refuses ${name}`, () => {
      const found = problems(training, problemType);
      expect(found.map(({ path }) => path)).to.deep.equal([`${at}.${key}`]);
      expect(`${found[0]!.allowed}; ${found[0]!.remedy}`).to.match(says);
    });
  }
});
