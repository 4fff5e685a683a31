import * as pulumi from "@pulumi/pulumi";
import { modelServer } from "../../charts/values/modelServer";
import type { Placement } from "../contracts/app";
import type { WorkloadIdentity } from "../contracts/foundation";
import { admissionPolicy } from "../lib/admission";
import { after, type Dependency } from "../lib/dependencies";
import type { PolicyStatement } from "../lib/statements";
import { lonePod } from "./lonePod";
import type { ModelsSpace } from "./modelsSpace";
import { releaseAdmission } from "./releaseAdmission";
import {
  builderRules,
  controllerRules,
  modelsConfig,
  type ReleasedModel,
  releaseControllerName,
} from "./releasedModels";
import { releasePod } from "./releasePod";
import { type ReleaseReach, releaseAccount, releaseEgress } from "./releasePods";

/** What decides which version of a model is live. */
export interface ReleaseControllerArgs {
  /** In the tags that versions get in the registry. */
  stack: string;
  /** Of the cloud; absent where there is none. */
  region?: string;
  image: string;
  /** Where the record of what was decided is kept; absent where nothing is decided. */
  records?: pulumi.Input<string>;
  models: ReleasedModel[];
  /** Template and image by which packages of versions are built; absent: none are. */
  environments?: { cronJob: string; image: string };
  space: Pick<ModelsSpace, "namespace" | "secrets" | "ready">;
  placement: Placement;
  reach: Pick<ReleaseReach, "apiServerPorts" | "mlflow" | "storePort">;
  identity: WorkloadIdentity;
  /** What it may do in the cloud; absent: nothing. */
  statements?: pulumi.Input<PolicyStatement[]>;
  /** Depend on these before making a ServiceMonitor; absent where nothing monitors. */
  monitors?: Dependency[];
  monitoringNamespace?: string;
  /** What it changes in the cloud: it comes after them, and is gone before them. */
  after: Dependency[];
}

/** The one who moves models to their next version, and back: one pod, which never has a second beside it. */
export class ReleaseController extends pulumi.ComponentResource {
  /** Depend on these to come after the controller, and to be destroyed before it. */
  readonly ready: Dependency[];

  constructor(name: string, args: ReleaseControllerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:serving:ReleaseController", name, {}, opts);
    const child = { parent: this };
    const { space } = args;
    const { namespace } = space;
    // Before its role, which lets it change pods.
    const admitted = args.models.some(({ kubernetes }) => kubernetes)
      ? admissionPolicy(`${name}-pods`, releaseAdmission(namespace), child)
      : [];
    const inside = { ...child, dependsOn: after(...space.ready, ...admitted) };
    const labels = modelServer.controllerLabels;
    const metadata = { name: releaseControllerName, namespace, labels };

    const rights = releaseAccount(
      name,
      {
        account: releaseControllerName,
        namespace,
        rules: [...controllerRules(args.models), ...(args.environments ? builderRules(args.environments.cronJob) : [])],
      },
      inside,
    );
    const granted =
      args.statements === undefined
        ? []
        : [
            args.identity.grant(
              name,
              { namespace, serviceAccount: releaseControllerName, statements: args.statements },
              child,
            ),
          ];
    this.ready = lonePod(
      name,
      {
        metadata,
        // Endpoints and roles are known to the cloud only, so this is no value of a chart.
        config: { file: "models.json", content: modelsConfig({ ...args, namespace }) },
        egress: releaseEgress({ ...args.reach, modelServers: true, podIdentity: args.statements !== undefined }),
        // Alerts tell of a controller that does not run.
        pod: releasePod({
          name: releaseControllerName,
          configMountPath: "/etc/release",
          image: args.image,
          command: ["follow"],
          region: args.region,
          secrets: [space.secrets.releases, space.secrets.store],
          placement: args.placement,
          kubernetes: true,
          ready: true,
          memoryLimit: "1Gi",
          probePeriodSeconds: 10,
          startupFailures: 30,
        }),
        strategy: { type: "Recreate" },
        ready: space.ready,
        after: [...rights, ...granted, ...args.after],
        monitors: args.monitors,
        monitoringNamespace: args.monitoringNamespace,
      },
      child,
    );
    this.registerOutputs();
  }
}
