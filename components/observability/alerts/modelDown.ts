import type { WatchedModel } from "../watchedModel";
import { deploymentsSeen } from "./modelRates";
import type { Written } from "./rule";

type Served = NonNullable<WatchedModel["kubernetes"]>;

/** How long pods may take to load their first version before what else is seen of them is told too. */
const firstLoadMinutes = 15;

/** Nothing can be up before there is a version. */
function noVersionYet({ name }: WatchedModel): string {
  const live = `model_release_state{model="${name}",target="kubernetes",state="live"} == 1`;
  return `(max(model_release_alias_missing{model="${name}"}) == 1 unless on () ${live})`;
}

export function down(model: WatchedModel, { namespace, deployment }: Served): Written {
  const own = `kube_deployment_status_replicas_available{namespace="${namespace}",deployment="${deployment}"}`;
  return {
    alert: "ModelDown",
    severity: "critical",
    held: "5m",
    // That there is no version is another alert, and no reason to wake anybody.
    expr:
      `(max(${own}) == 0 or (absent(${own}) and on () ${deploymentsSeen} > 0)) ` +
      `unless on () ${noVersionYet(model)}`,
    summary: `${model.name} is down`,
    description: "No pod of it has been ready for five minutes: every request fails.",
  };
}

/** Tells nobody, and holds back what the cluster's own rules say of a Deployment whose pods wait as they should. */
export function waiting(model: WatchedModel, { namespace, deployment }: Served): Written {
  return {
    alert: "ModelWaiting",
    severity: "info",
    expr: `max_over_time(${noVersionYet(model)}[${firstLoadMinutes}m:1m])`,
    summary: `${model.name} waits for its first version`,
    description: "Its pods run and are not ready: they answer as soon as the registry has a version for them.",
    labels: { namespace, deployment },
  };
}
