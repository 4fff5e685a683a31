import { asFolder } from "../../lib/asFolder";
import type { RuleProblem } from "../problems";
import type { Settings } from "../settings";

/** Folders that a model of the stack reads, whoever brings what is in them. */
function readByModels(models: NonNullable<Settings["models"]>): string[] {
  return Object.entries(models).flatMap(([model, { training, batch, monitor }]) => [
    ...(training ? [training.onNewData ?? `data/${model}/`] : []),
    ...(batch
      ? [batch.input ?? `incoming/${model}/`, ...(batch.onNewData === undefined ? [] : [batch.onNewData])]
      : []),
    ...(monitor ? [monitor.labels ?? `labels/${model}/`] : []),
  ]);
}

/** Folders of the data bucket that the platform or what customers asked is in; a model may look there for data, and people do not write there. */
const closed = ["baselines", "capture", "metadata", "models", "quality", "samples", "source"];

/** Where people's notebooks bring data, and read it: only to where a model looks for it. */
export function uploadRules({ jupyterhub, models = {} }: Partial<Settings>): RuleProblem[] {
  const read = [...new Set(readByModels(models).map(asFolder))].filter((each) => !closed.includes(each.split("/")[0]!));
  return (jupyterhub?.uploads ?? []).flatMap((value, at) =>
    read.some((each) => asFolder(value).startsWith(each))
      ? []
      : [
          {
            path: ["jupyterhub", "uploads", at],
            value,
            allowed:
              read.length === 0
                ? "none, since no model of the stack is trained, scores files or compares with labels"
                : `${read.join(", ")}: what models of the stack read, or folders below`,
            remedy: read.length === 0 ? "remove it" : `write ${read[0]}`,
            restsOn: [["models"]],
          },
        ],
  );
}
