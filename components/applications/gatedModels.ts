import type { GatedModel } from "../../charts/values/mlflow";
import type { Settings } from "../settings/settings";

/** Models whose versions go live by the release path alone: those whose loop has a gate or an approver. */
export function gatedModels({ models = {}, access }: Pick<Settings, "models" | "access">): GatedModel[] {
  const administrators = Object.entries(access?.groups ?? {}).flatMap(([group, role]) =>
    role === "admin" ? [group] : [],
  );
  return Object.values(models).flatMap(({ from, training }): GatedModel[] => {
    const [, name, alias] = /^models:\/([^@/]+)@(.+)$/.exec(from) ?? [];
    if (name === undefined || alias === undefined || training === undefined) return [];
    if (training.gate === undefined && training.approve === "automatic") return [];
    return [{ name, alias, approvers: training.approvers ?? administrators }];
  });
}
