import { fargateSize } from "../../lib/fargateSize";
import { trainedOnAws } from "../engines";
import type { ModelSettings } from "../models";
import { nearest } from "../nearest";
import { ownImages } from "../needs";
import type { Path, RuleProblem } from "../problems";
import type { Settings } from "../settings";
import { splitImage } from "../trainingImage";
import { algorithmProblems } from "./algorithm";
import { builtInProblems } from "./builtInAlgorithms";
import { trainedNameProblems } from "./trainedNames";

/** Loops on AWS that lean on what is not there, or ask for what AWS does not have. */
export function trainingMachineRules(settings: Partial<Settings>): RuleProblem[] {
  const { foundation, models } = settings;
  if (foundation?.kind !== "aws") return [];
  return Object.entries(models ?? {}).flatMap(([name, { training, problemType }]) => {
    if (!trainedOnAws(training)) return [];
    const path = ["models", name, "training"];
    const known = [...new Set([...ownImages, ...foundation.images.repositories])];
    const problems = imageProblems(training.image, [...path, "image"], known);
    problems.push(...trainedNameProblems(name, path), ...algorithmProblems(training, problemType, path));
    if (training.prepare?.with === "container") problems.push(...containerProblems(training, path, known));
    return problems;
  });
}

/** An image that the platform's registry does not have. */
export function imageProblems(image: string, path: Path, known: string[]): RuleProblem[] {
  const found = splitImage(image);
  if (found === undefined) return builtInProblems(image, path);
  if (known.includes(found.name)) return [];
  return [
    {
      path,
      value: image,
      allowed: `an image of the platform's registry, which has ${known.join(", ")}, or a full name with its host`,
      remedy: `add ${found.name} to foundation.images.repositories, or write ${nearest(found.name, known)}`,
      restsOn: [["foundation", "images", "repositories"]],
    },
  ];
}

function containerProblems(
  { image, prepare }: NonNullable<ModelSettings["training"]>,
  path: Path,
  known: string[],
): RuleProblem[] {
  if (prepare?.with !== "container") return [];
  const problems: RuleProblem[] = [];
  const asked = prepare.image ?? image;
  const where = [...path, "prepare"];
  if (prepare.image !== undefined) problems.push(...imageProblems(prepare.image, [...where, "image"], known));
  const found = splitImage(asked);
  if (found !== undefined && found.tag === undefined && !ownImages.includes(found.name)) {
    problems.push({
      path: [...where, "image"],
      value: prepare.image,
      allowed: "an image with its tag: a task on Fargate does not look for the newest",
      remedy: `write image: ${found.name}:1`,
      restsOn: [[...path, "image"]],
    });
  }
  if (fargateSize(prepare.cpu, prepare.memoryMiB) === undefined) {
    problems.push({
      path: [...where, "memoryMiB"],
      value: prepare.memoryMiB,
      allowed: "at most 122880 MiB and 16 CPU: Fargate has no larger task",
      remedy: "write with: glue, or a smaller size",
      restsOn: [[...where, "cpu"]],
    });
  }
  return problems;
}
