import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Placement } from "../contracts/app";
import type { ObjectStore, WorkloadIdentity } from "../contracts/foundation";
import { promotionsFolder } from "../identity/policies/promotion";
import { after, type Dependency } from "../lib/dependencies";
import type { PolicyStatement } from "../lib/statements";
import { lonePod } from "./lonePod";
import type { ModelsSpace } from "./modelsSpace";
import { releasePod } from "./releasePod";
import { releaseEgress } from "./releasePods";

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
export interface PromoterArgs {
  /** In the tags that versions get in the registry. */
  stack: string;
  region: string;
  image: string;
  offered: OfferedModel[];
  taken: TakenModel[];
  /** Holds what is offered. */
  store: Pick<ObjectStore, "uri">;
  space: Pick<ModelsSpace, "namespace" | "secrets" | "ready">;
  mlflow: { namespace: string; portNumber: number };
  placement: Placement;
  identity: WorkloadIdentity;
  statements: pulumi.Input<PolicyStatement[]>;
  /** Depend on these before making a ServiceMonitor; absent where nothing monitors. */
  monitors?: Dependency[];
  monitoringNamespace?: string;
}

/** One pod that offers what is approved here and takes what is approved elsewhere: nobody else may read another account's bucket. */
export class Promoter extends pulumi.ComponentResource {
  /** Depend on these to come after it, and to be destroyed before it. */
  readonly ready: Dependency[];

  constructor(name: string, args: PromoterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:serving:Promoter", name, {}, opts);
    const child = { parent: this };
    const { namespace, ready } = args.space;
    const metadata = { name: promoterName, namespace, labels: { "app.kubernetes.io/name": promoterName } };
    const account = new k8s.core.v1.ServiceAccount(
      name,
      { metadata, automountServiceAccountToken: false },
      { ...child, dependsOn: after(...ready) },
    );
    const granted = args.identity.grant(
      name,
      { namespace, serviceAccount: promoterName, statements: args.statements },
      child,
    );
    this.ready = lonePod(
      name,
      {
        metadata,
        config: { file: "promoter.json", content: configuration(args) },
        egress: releaseEgress({ mlflow: args.mlflow, podIdentity: true }),
        pod: releasePod({
          name: promoterName,
          configMountPath: "/etc/promoter",
          image: args.image,
          command: ["promote"],
          region: args.region,
          secrets: [args.space.secrets.releases],
          placement: args.placement,
          kubernetes: false,
          ready: false,
          memoryLimit: "2Gi",
          probePeriodSeconds: 20,
          startupFailures: 15,
        }),
        // Two would each register what both have found.
        strategy: { type: "Recreate" },
        ready,
        after: [account, granted],
        monitors: args.monitors,
        monitoringNamespace: args.monitoringNamespace,
      },
      child,
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
