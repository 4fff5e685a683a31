import type { GatedModel } from "../../charts/values/mlflow";
import type { ModelSettings } from "../settings/models";
import type { Settings } from "../settings/settings";

type Training = NonNullable<ModelSettings["training"]>;

/** Whether versions of a model go live by the release path alone. */
export function isGated(training: Training | undefined): training is Training {
  return training !== undefined && (training.gate !== undefined || training.approve === "manual");
}

/** Models whose versions go live by the release path alone: those whose loop has a gate or an approver. */
export function gatedModels({ models = {}, access }: Pick<Settings, "models" | "access">): GatedModel[] {
  const administrators = Object.entries(access?.groups ?? {}).flatMap(([group, role]) =>
    role === "admin" ? [group] : [],
  );
  return Object.values(models).flatMap(({ from, training }): GatedModel[] => {
    const [, name, alias] = /^models:\/([^@/]+)@(.+)$/.exec(from) ?? [];
    if (name === undefined || alias === undefined || !isGated(training)) return [];
    return [{ name, alias, approvers: training.approvers ?? administrators }];
  });
}
