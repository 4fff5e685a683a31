import * as pulumi from "@pulumi/pulumi";
import type { ObjectStore } from "../contracts/foundation";
import { promotionsFolder } from "../identity/policies/promotion";
import type { Dependency } from "../lib/dependencies";
import { type ReleaseWorkerPlace, releaseWorker } from "./releaseWorker";

/** Of the Deployment and of everything that belongs to it; no model may be named so. */
export const promoterName = "promoter";

/** A model whose approved versions other stacks may take. */
export interface OfferedModel {
  name: string;
  /** As the stack has it: `models:/<name>@<alias>`. */
  from: string;
  /** Where releases of it say what became of them. */
  targets: ("kubernetes" | "sagemaker")[];
}

/** A model whose versions another stack approves. */
export interface TakenModel {
  name: string;
  from: string;
  /** Its name there. */
  model: string;
  producer: {
    /** Name of the stack, such as `mlplatform-dev`. */
    stack: string;
    accountId: string;
    region: string;
    bucket: string;
    publicKey: string;
  };
}

/** What goes between stacks. */
export interface PromoterArgs extends ReleaseWorkerPlace {
  /** In the tags that versions get in the registry. */
  stack: string;
  offered: OfferedModel[];
  taken: TakenModel[];
  /** Holds what is offered. */
  store: Pick<ObjectStore, "uri">;
}

/** One pod that offers what is approved here and takes what is approved elsewhere: nobody else may read another account's bucket. */
export class Promoter extends pulumi.ComponentResource {
  /** Depend on these to come after it, and to be destroyed before it. */
  readonly ready: Dependency[];

  constructor(name: string, args: PromoterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:serving:Promoter", name, {}, opts);
    this.ready = releaseWorker(
      name,
      {
        workerName: promoterName,
        command: ["promote"],
        configuration: configuration(args),
        // Two would each register what both have found.
        strategy: { type: "Recreate" },
        after: [],
      },
      args,
      { parent: this },
    );
    this.registerOutputs();
  }
}

function configuration({ stack, region, store, offered, taken }: PromoterArgs) {
  const sorted = <T extends { name: string }>(models: T[]) => [...models].sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    ...{ stack, region },
    offers: pulumi.interpolate`${store.uri}/${promotionsFolder}`,
    ...{ offered: sorted(offered), taken: sorted(taken) },
  };
}
