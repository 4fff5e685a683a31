import type { Placement } from "../../contracts/app";
import type { DataSource } from "../../contracts/dataSource";
import type { LoopFeatures } from "../../contracts/features";
import type { ProblemType } from "../../contracts/problemType";
import type { LoopDataDrift, LoopGate, LoopPreparation } from "../../contracts/trainingLoop";
import type { LiveQualityFacts } from "../../serving/liveQualityJob";

/** Looks at live answers, where pods of the cluster make them. */
export interface AirflowLook {
  checks: LiveQualityFacts["checks"];
  /** Folder with labels, with a slash at its end. */
  labels: string;
}

/** A model's loop as pods of the cluster run it. */
export interface AirflowLoop {
  /** Name in the stack's config. */
  model: string;
  problemType: ProblemType;
  /** Five cron fields in UTC; absent: only people and triggers start runs. */
  schedule?: string;
  /** Training image, with its tag or digest. */
  image: string;
  hyperparameters: Record<string, string>;
  cpu: string;
  memoryMiB: number;
  gpus: number;
  /** Minutes of the training itself. */
  timeoutMinutes: number;
  /** A container: nothing else runs in the cluster. */
  prepare?: Extract<LoopPreparation, { with: "container" }>;
  /** Absent: what trains passes, and nothing is evaluated. */
  gate?: LoopGate;
  /** Absent: new training data are not compared with those of the live version. */
  dataDrift?: LoopDataDrift;
  /** Columns of which no drift is measured, as of the drift check. */
  ignoredColumns?: string[];
  /** What the gate looks at beside its metric. */
  checks?: string[];
  approve: "automatic" | "manual";
  /** Folder of the data store with the data as it comes, with a slash at the end. */
  rawFolder: string;
  /** What `prepare` reads beside that folder. */
  sources: DataSource[];
  /** What `prepare` does with the model's group of features; absent: nothing. */
  features?: LoopFeatures;
  /** Such as `models:/churn@champion`: the alias that a release follows. */
  from: string;
  /** Where releases of the model say what became of a version. */
  targets: ("kubernetes" | "sagemaker")[];
  /** Minutes that a release watches a canary. */
  bakeMinutes: number;
  /** Absent where nobody looks at live answers, or SageMaker does. */
  look?: AirflowLook;
  /** Whether labelled answers that have become too bad start a run. */
  startsOnDecay?: boolean;
}

/** What pods of a loop are told besides; everything known when the DAG is made. */
export interface AirflowGround {
  stack: string;
  /** Of buckets. */
  region: string;
  /** `s3://bucket` or `s3://bucket/folder`, with no slash at the end. */
  dataUri: string;
  /** The image of the release controller, whose steps fetch, store, ask MLflow and judge. */
  toolImage: string;
  /** Service account of the model's pods. */
  serviceAccount: string;
  /** Namespace of the model's pods. */
  namespace: string;
  /** Service account of the tasks that start them; absent where all tasks have one. */
  launcher?: string;
  /** Nodes of the training itself, and of the steps around it. */
  placement: Placement;
  gpuPlacement: Placement;
  /** ConfigMap whose keys are variables of every container. */
  environmentConfigMap: string;
  /** Secret with the key of a store that is not Amazon's. */
  storeSecret?: string;
  /** Secret with MLflow's user and password, which training code does not get. */
  mlflowSecret: string;
  /** Secret with the address of the store of features, for those who prepare; absent where SageMaker keeps them, or nobody does. */
  featuresSecret?: string;
}
