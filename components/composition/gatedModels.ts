import type { GatedModel } from "../../charts/values/mlflow";
import { isGated } from "../settings/models";
import type { Settings } from "../settings/settings";

/** Models whose versions go live by the release path alone: those whose loop has a gate or an approver, and those that another stack approves. */
export function gatedModels({ models = {}, access }: Pick<Settings, "models" | "access">): GatedModel[] {
  const administrators = Object.entries(access?.groups ?? {}).flatMap(([group, role]) =>
    role === "admin" ? [group] : [],
  );
  return Object.values(models).flatMap(({ from, training, promoted }): GatedModel[] => {
    const [, name, alias] = /^models:\/([^@/]+)@(.+)$/.exec(from) ?? [];
    if (name === undefined || alias === undefined || !(isGated(training) || promoted)) return [];
    return [{ name, alias, approvers: training?.approvers ?? administrators }];
  });
}
