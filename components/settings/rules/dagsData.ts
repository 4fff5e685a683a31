import { layout } from "../../contracts/trainingLoop";
import { dataFolder, trainedByDags } from "../dataFolder";
import type { RuleProblem } from "../problems";
import type { Settings } from "../settings";

/** So that the policy of tasks stays within the 10,240 characters of a role. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const mostModels = 20;
/** Of their folders together, each of which is in the policy twice. */
const mostLetters = 2000;

/** Folders of the bucket that the platform itself fills, each with what is of all models. */
const platformFolders = [
  ...["athena/", "decisions/", "features/", "metadata/", "models/", "predictions/", "promotions/", "quality/"],
  "samples/",
];

/** Owners whose models people's DAGs train: those that own some, and not too many together. */
export function dagsDataRules({ airflow, models = {} }: Partial<Settings>): RuleProblem[] {
  const owners = airflow?.trainsFor ?? [];
  const known = [...new Set(Object.values(models).flatMap(({ owner }) => owner ?? []))].sort();
  const problems: RuleProblem[] = owners.flatMap((value, at) =>
    known.includes(value)
      ? []
      : [
          {
            path: ["airflow", "trainsFor", at],
            value,
            allowed: known.length === 0 ? "none, while no model has an owner" : `${known.join(", ")}: owners of models`,
            remedy: `write models.<name>.owner: ${value}, or remove it`,
            restsOn: [["models"]],
          },
        ],
  );
  const named = trainedByDags({ airflow, models });
  const trained = named.length;
  const notNamed = Object.entries(models).filter(([model]) => !named.some(([each]) => each === model));
  for (const [model, block] of named) {
    const folder = dataFolder(model, block.training);
    const [other] = notNamed.find(([each, { training }]) => dataFolder(each, training).startsWith(folder)) ?? [];
    if (other === undefined && !platformFolders.some((each) => folder.startsWith(each))) continue;
    problems.push({
      path: ["models", model, "training", "onNewData"],
      value: folder,
      allowed:
        other === undefined
          ? `a folder outside ${platformFolders.join(", ")}, while airflow.trainsFor names its owner: people's DAGs read it`
          : `a folder that holds no data of ${other}, whose owner airflow.trainsFor does not name: people's DAGs read it`,
      remedy: `write onNewData: ${layout.raw(model)}, or take ${block.owner} out of airflow.trainsFor`,
      restsOn: [["airflow", "trainsFor"]],
    });
  }
  if (named.reduce((sum, [model, { training }]) => sum + dataFolder(model, training).length, 0) > mostLetters) {
    problems.push({
      path: ["airflow", "trainsFor"],
      value: owners,
      allowed: `owners of models whose folders have at most ${mostLetters} letters together, since the role of tasks names each`,
      remedy: "write shorter onNewData, or name fewer owners",
      restsOn: [["models"]],
    });
  }
  if (trained > mostModels) {
    problems.push({
      path: ["airflow", "trainsFor"],
      value: owners,
      allowed: `owners of at most ${mostModels} models together, each of which the role of tasks names; these have ${trained}`,
      remedy: "name fewer owners, or put their models into a stack of their own",
      restsOn: [["models"]],
    });
  }
  return problems;
}
