import * as pulumi from "@pulumi/pulumi";
import type { ObjectStore } from "../contracts/foundation";
import { layout } from "../contracts/trainingLoop";
import type { Dependency } from "../lib/dependencies";
import { type ReleaseWorkerPlace, releaseWorker } from "../serving/releaseWorker";

/** Of the Deployment and of everything that belongs to it; no model may be named so. */
export const registrarName = "registrar";

/** A model whose versions runs register. */
export interface TrainedModel {
  name: string;
  /** As the stack has it: `models:/<name>@<alias>`. */
  from: string;
  /** Where releases of it say what became of them. */
  targets: ("kubernetes" | "sagemaker")[];
  bakeMinutes: number;
}

/** Who does in MLflow what training on AWS asks for. */
export interface RegistrarArgs extends ReleaseWorkerPlace {
  /** In the tags that versions get in the registry. */
  stack: string;
  models: TrainedModel[];
  activityArn: pulumi.Input<string>;
  /** Holds what was trained, and the packages of what is live. */
  store: ObjectStore;
  /** What it asks of the cloud. */
  after: Dependency[];
}

/** One pod that asks AWS for work, so that nothing of AWS needs a way into the cluster. */
export class Registrar extends pulumi.ComponentResource {
  /** Depend on these to come after it, and to be destroyed before it. */
  readonly ready: Dependency[];

  constructor(name: string, args: RegistrarArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:training:Registrar", name, {}, opts);
    // Runs wait for it, and say so when they waited too long.
    this.ready = releaseWorker(
      name,
      {
        workerName: registrarName,
        // A release occupies whoever waits for it. Each model has one at once; and no slot, so that slots do not limit them.
        command: ["register", "--workers", String(args.models.length + 1)],
        configuration: configuration(args),
        after: args.after,
      },
      args,
      { parent: this },
    );
    this.registerOutputs();
  }
}

function configuration({ stack, region, activityArn, store, models }: RegistrarArgs) {
  return {
    stack,
    region,
    activityArn,
    packages: pulumi.interpolate`${store.uri}/${layout.models("").replace(/\/+$/, "")}`,
    models: [...models].sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}
