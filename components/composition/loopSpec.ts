import type { ImageRegistry } from "../contracts/foundation";
import type { LoopGate, LoopImage, LoopPreparation, LoopSpec } from "../contracts/trainingLoop";
import { endpointName } from "../lib/endpointName";
import { dataFolder } from "../settings/dataFolder";
import { type AwsTrainingSettings, trainedOnAws } from "../settings/engines";
import { checkText, type GateCheck } from "../settings/gateChecks";
import { gateDirection, searchDirection } from "../settings/metrics";
import type { ModelSettings } from "../settings/models";
import type { ModelTrainingSettings } from "../settings/modelTraining";
import { ownImages } from "../settings/needs";
import type { Settings } from "../settings/settings";
import { splitImage } from "../settings/trainingImage";
import { loopFeatures } from "./features";
import { sourcesOf } from "./sources";
import type { AppContext } from "./surroundings";

/** A model that is trained on AWS, by Step Functions or by a pipeline that they start. */
export type LoopModel = [model: string, block: ModelSettings, training: AwsTrainingSettings];

/** Models whose loops have a state machine. */
export function loopsOf({ models }: Pick<Settings, "models">): LoopModel[] {
  return Object.entries(models ?? {}).flatMap(([model, block]): LoopModel[] =>
    trainedOnAws(block.training) ? [[model, block, block.training]] : [],
  );
}

/** Whether anything follows from what people decide on packages of a loop. */
export const heedsDecisions = ({ approve, gate }: Pick<LoopSpec, "approve" | "gate">) =>
  approve === "manual" || gate !== undefined;

/** The one specification of a model's loop, for a stack's settings. */
export function loopSpec(
  { settings, foundation }: Pick<AppContext, "settings" | "foundation">,
  stack: string,
  [model, block, training]: LoopModel,
): LoopSpec {
  const { images } = foundation;
  const { tag } = settings.foundation.images;
  const { prepare, tune, gate, algorithm, dataDrift } = training;
  const { sagemaker } = block.serve;
  const { hyperparameters, instanceType, instances, volumeGiB, spot, timeoutMinutes, approve } = training;
  return {
    model,
    problemType: block.problemType,
    image: loopImage(images, tag, training.image),
    ...{ hyperparameters, instanceType, instances, volumeGiB, spot, timeoutMinutes, approve },
    ...(prepare ? { prepare: preparation(images, tag, training.image, prepare) } : {}),
    ...(algorithm ? { algorithm } : {}),
    ...(tune ? { tune: { ...tune, direction: searchDirection(tune) } } : {}),
    ...(gate ? { gate: given(gate) } : {}),
    ...compared(dataDrift),
    ...ignored(block, training),
    ...checked(gate),
    rawFolder: dataFolder(model, training),
    sources: sourcesOf(settings, block.reads),
    ...declared(settings, stack, model, training),
    ...(sagemaker ? { endpointName: endpointName(stack, model, sagemaker.kind) } : {}),
    bakeMinutes: block.canary.bakeMinutes,
    ...(comparedWithLive(block) ? { liveBaseline: true } : {}),
  };
}

/** Whether Model Monitor compares requests with what the loop has kept of the live version, and not with files of somebody's. */
export const comparedWithLive = ({ drift, training }: Pick<ModelSettings, "drift" | "training">) =>
  training !== undefined && drift?.dataQuality !== undefined && drift.dataQuality.baseline === undefined;

/** What the loop does with the model's features, where it does something. */
export function declared(...of: Parameters<typeof loopFeatures>): Pick<LoopSpec, "features"> {
  const features = loopFeatures(...of);
  return features === undefined ? {} : { features };
}

/** The platform's own images go by its tag; of others the newest is taken, unless the config names one. */
export function loopImage(images: ImageRegistry, ownTag: string, asked: string): LoopImage {
  const { name, tag } = splitImage(asked) ?? {};
  if (name === undefined) return { uri: asked };
  const repositoryUrl = images.repositoryUrl(name);
  const repositoryName = repositoryUrl.slice(repositoryUrl.indexOf("/") + 1);
  const named = tag ?? (ownImages.includes(name) ? ownTag : undefined);
  return { repositoryUrl, repositoryName, ...(named === undefined ? {} : { tag: named }) };
}

export function preparation(
  images: ImageRegistry,
  ownTag: string,
  trainingImage: string,
  prepare: NonNullable<AwsTrainingSettings["prepare"]>,
): LoopPreparation {
  if (prepare.with === "glue") return prepare;
  return { ...prepare, image: wholeImage(images, ownTag, prepare.image ?? trainingImage) };
}

/** With registry and tag, for what does not look for the newest. */
export function wholeImage(images: ImageRegistry, ownTag: string, asked: string): string {
  const { name, tag } = splitImage(asked) ?? {};
  return name === undefined ? asked : `${images.repositoryUrl(name)}:${tag ?? ownTag}`;
}

/** With its direction, and without what was not said: what judges refuses what it does not know. */
export const given = (gate: NonNullable<AwsTrainingSettings["gate"]>): LoopGate => {
  const { checks: _, ...deciding } = gate;
  const said = Object.entries({ ...deciding, direction: gateDirection(gate) }).filter(
    ([, value]) => value !== undefined,
  );
  return Object.fromEntries(said) as unknown as LoopGate;
};

/** What the gate looks at beside its metric. */
export const checked = (gate: { checks: GateCheck[] } | undefined): Pick<LoopSpec, "checks"> =>
  gate === undefined || gate.checks.length === 0 ? {} : { checks: gate.checks.map(checkText) };

/** How new training data are compared with those of the live version, without what was not said. */
export const compared = (asked: ModelTrainingSettings["dataDrift"]): Pick<LoopSpec, "dataDrift"> => {
  if (asked === undefined) return {};
  const { effect, maxPsi, minPsi } = asked;
  const limits = { ...(maxPsi === undefined ? {} : { maxPsi }), ...(minPsi === undefined ? {} : { minPsi }) };
  return { dataDrift: { effect, ...limits } };
};

/** The columns that the model's drift check passes over, where the loop asks for drift. */
export function ignored(
  { drift }: Pick<ModelSettings, "drift">,
  { gate, dataDrift }: Pick<ModelTrainingSettings, "gate" | "dataDrift">,
): Pick<LoopSpec, "ignoredColumns"> {
  const ignoredColumns = Object.keys(drift?.columns ?? {}).sort();
  const asks = gate?.maxDriftPsi !== undefined || dataDrift !== undefined;
  return !asks || ignoredColumns.length === 0 ? {} : { ignoredColumns };
}

/** Where releases of a model say what became of a version. */
export const releaseTargets = ({ serve }: Pick<ModelSettings, "serve">): ("kubernetes" | "sagemaker")[] => [
  ...(serve.flask ? (["kubernetes"] as const) : []),
  ...(serve.sagemaker ? (["sagemaker"] as const) : []),
];
