import type { RuleProblem } from "../problems";
import type { Settings } from "../settings";

/** So that the policy of tasks stays within the 10,240 characters of a role. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const mostModels = 20;

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
  const trained = Object.values(models).filter(({ owner }) => owner !== undefined && owners.includes(owner)).length;
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
