import { notebookIdleSeconds } from "../../charts/values/jupyterhubNames";
import { requestSeconds, usualRequestSeconds } from "../../charts/values/modelServer";
import type { StoredSecret } from "../contracts/foundation";
import { asFolder } from "../lib/asFolder";
import type { BackupPlan } from "../lib/backupTimes";
import type { AirflowSettings } from "./airflow";
import type { BackupSettings } from "./backup";
import type { Stoppable } from "./budgetStop";
import { trainedOnAws } from "./engines";
import { expiringFolders } from "./expiry";
import type { ModelSettings } from "./models";
import type { Settings } from "./settings";

/** Images the platform builds itself, whatever the stack holds. */
export const ownImages = ["model-server", "release", "drift", "notebook", "training"];

/** What the sections of a stack's config ask of the foundation. */
export interface Needs {
  images: string[];
  /** Folders of the data bucket that people's notebooks bring data to, each with a slash at its end. */
  uploads: string[];
  /** Whether what pods write is kept. */
  podLogs: boolean;
  /** Days that objects stay, by folder of the data bucket; all others stay until somebody deletes them. */
  expireDataDays: Record<string, number>;
  /** How long anything that is published may leave a connection silent. */
  longestRequestSeconds: number;
  /** What somebody must have stored beside the stack before. */
  storedSecrets: StoredSecret[];
  /** Account with the vault that gets copies of backups. */
  copiesTo?: string;
  /** When PostgreSQL in the cluster is backed up, and where to. */
  databaseBackup?: DatabaseBackup;
  /** Whether artifacts and data are copied out of the store in the cluster. */
  objectCopies: boolean;
}

/** Backups of PostgreSQL in the cluster. */
export interface DatabaseBackup extends BackupPlan {
  retentionDays: number;
  store: NonNullable<BackupSettings["store"]>;
}

/** Derives from the whole config what a foundation must provide, so that no app has to know a foundation. */
export function needs(settings: Settings): Needs {
  const { jupyterhub } = settings;
  const copiesTo = settings.backup?.copyVaultArn?.split(":")[4];
  return {
    images: ownImages,
    ...(copiesTo === undefined ? {} : { copiesTo }),
    ...(settings.backup?.store === undefined
      ? {}
      : { databaseBackup: { ...settings.backup, store: settings.backup.store } }),
    objectCopies: settings.backup?.store !== undefined && settings.backup.objects,
    uploads: notebookUploads(settings),
    podLogs: settings.monitoring?.logs !== undefined,
    expireDataDays: expiringFolders(settings),
    storedSecrets: storedSecrets(settings).map(([path, name]) => ({ path: path.join("."), name })),
    longestRequestSeconds: Math.max(
      jupyterhub ? notebookIdleSeconds : usualRequestSeconds,
      ...modelsInCluster(settings).map(([, { serve }]) => requestSeconds(serve.flask!.timeoutMillis)),
    ),
  };
}

/** Where settings name what somebody must have stored beside the stack, and the name. */
export function storedSecrets({
  access,
  airflow,
  monitoring,
  backup,
  training,
}: Partial<Pick<Settings, "access" | "airflow" | "monitoring" | "backup" | "training">>): [
  path: string[],
  name: string,
][] {
  const signIn = access?.signIn;
  const dags = airflow?.dags;
  const named: [string[], string | undefined][] = [
    [
      ["access", "signIn", "clientSecretName"],
      signIn && "clientSecretName" in signIn ? signIn.clientSecretName : undefined,
    ],
    [["airflow", "dags", "secretName"], dags?.kind === "git" ? dags.secretName : undefined],
    [["backup", "store", "secretName"], backup?.store?.secretName],
    [["training", "featureDatabase", "writerSecretName"], training?.featureDatabase?.writerSecretName],
    [["training", "featureDatabase", "readerSecretName"], training?.featureDatabase?.readerSecretName],
    ...Object.entries(monitoring?.receivers ?? {}).map(([owner, receiver]): [string[], string | undefined] => [
      ["monitoring", "receivers", owner, "secretName"],
      "secretName" in receiver ? receiver.secretName : undefined,
    ]),
  ];
  return named.flatMap(([path, name]): [string[], string][] => (name === undefined ? [] : [[path, name]]));
}

/** Whether the stack runs anything on Kubernetes. */
export function hasCluster({ foundation }: Partial<Pick<Settings, "foundation">>): boolean {
  return foundation?.kind !== "aws" || foundation.cluster.kind !== "none";
}

/** Folders of the data bucket that people's notebooks bring data to, each with a slash at its end. */
export function notebookUploads({ jupyterhub }: Pick<Settings, "jupyterhub">): string[] {
  return (jupyterhub?.uploads ?? []).map(asFolder);
}

/** Whether anything is there for models: their namespace, and clients of MLflow that load and release them. */
export function hasModels({ models }: Pick<Settings, "models">): boolean {
  return Object.keys(models ?? {}).length > 0;
}

/** Models that run in the cluster, by name. */
export function modelsInCluster({ models }: Pick<Settings, "models">): [string, ModelSettings][] {
  return Object.entries(models ?? {}).filter(([, { serve }]) => serve.flask !== undefined);
}

/** Models that answer requests somewhere, by name. */
export function servedModels({ models = {} }: Pick<Settings, "models">): [string, ModelSettings][] {
  return Object.entries(models).filter(([, { serve }]) => serve.flask || serve.sagemaker);
}

/** Models whose endpoint ends by itself, with the hours until then. */
export function endingModels({ models = {} }: Pick<Settings, "models">): [string, ModelSettings, ttlHours: number][] {
  return Object.entries(models).flatMap(([name, model]): [string, ModelSettings, number][] => {
    const { sagemaker } = model.serve;
    return sagemaker?.kind === "realtime" && sagemaker.ttlHours !== undefined
      ? [[name, model, sagemaker.ttlHours]]
      : [];
  });
}

/** What the budget stops once it is used up. */
export function stopsOf({ governance }: Pick<Partial<Settings>, "governance">): readonly Stoppable[] {
  return governance?.budget?.stop?.what ?? [];
}

/** Node groups that only people's notebooks run on, by name; those that the stack scales itself. */
export function notebookGroups({ foundation }: Partial<Pick<Settings, "foundation">>): string[] {
  if (foundation?.kind !== "aws" || foundation.cluster.kind !== "create") return [];
  const { nodeGroups, scaling } = foundation.cluster;
  if (scaling.kind === "karpenter") return [];
  return Object.keys(nodeGroups).filter((key) => nodeGroups[key]!.purpose === "notebooks");
}

/** Whether a stack on AWS is production: it keeps its data, or its tag `environment` says so. */
export function isProduction({ foundation }: Partial<Pick<Settings, "foundation">>): boolean {
  if (foundation?.kind !== "aws") return false;
  return foundation.dataProtection || /^prod(uction)?$/i.test(foundation.tags.environment ?? "");
}

/** Whether there are tables over the data, unless they are switched off: where models train or score in batches, or where a source has some. */
export function hasCatalog({ training, models = {}, data }: Pick<Settings, "training" | "models" | "data">): boolean {
  if (training !== undefined) return training.catalog.enabled;
  const sources = Object.values(data?.sources ?? {});
  return Object.values(models).some(({ batch }) => batch) || sources.some(({ database }) => database !== undefined);
}

/** Whether anything of the stack runs as a state machine of Step Functions. */
export function hasStateMachines({ models = {} }: Pick<Settings, "models">): boolean {
  return (
    endingModels({ models }).length > 0 ||
    Object.values(models).some(({ batch, training }) => batch?.with === "sagemaker" || trainedOnAws(training))
  );
}

/** The section of Airflow, unless it is for MWAA: that keeps its metadata itself, and is no client of what the cluster holds. */
export function airflowInCluster({ airflow }: Pick<Settings, "airflow">): AirflowSettings | undefined {
  return airflow?.executor.kind === "mwaa" ? undefined : airflow;
}
