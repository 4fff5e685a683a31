import { hostName, type Tool, tools } from "../access";
import type { RuleProblem } from "../problems";
import { hostOfLoadBalancer } from "../serving";
import type { Settings } from "../settings";

/** Target groups of one Application Load Balancer; AWS does not raise it. https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html */
export const targetGroupsPerLoadBalancer = 100;

/** Each address is a target group of its load balancer, and beyond the limit none of them is kept up to date, the tools' neither. */
export function loadBalancerRules({ access, foundation, models, ...sections }: Partial<Settings>): RuleProblem[] {
  const named = Object.entries(models ?? {}).flatMap(([model, { serve }]) =>
    serve.flask === undefined ? [] : [{ model, loadBalancer: serve.flask.loadBalancer }],
  );
  if (foundation?.kind === "existing") {
    return named.flatMap(({ model, loadBalancer }) =>
      loadBalancer === undefined
        ? []
        : {
            path: ["models", model, "serve", "flask", "loadBalancer"],
            value: loadBalancer,
            allowed: "only on foundation.kind: aws; an ingress controller of a cluster takes any number of models",
            remedy: "leave it out",
            restsOn: [["foundation", "kind"]],
          },
    );
  }
  if (access?.signIn === undefined) return []; // Nothing is published.
  const published = tools.filter((tool) => tool !== "models" && isThere(tool, sections)).length;
  const problems: RuleProblem[] = [];
  for (const loadBalancer of new Set(named.map((each) => each.loadBalancer))) {
    const behind = named.filter((each) => each.loadBalancer === loadBalancer);
    const room = targetGroupsPerLoadBalancer - (loadBalancer === undefined ? published : 0);
    if (behind.length > room) {
      const { model } = behind[room]!;
      problems.push({
        path: ["models", model, "serve", "flask", "loadBalancer"],
        value: loadBalancer,
        allowed: `${room} models behind ${loadBalancer === undefined ? `the load balancer of the ${published} tools` : loadBalancer}; these are ${behind.length}, and AWS takes ${targetGroupsPerLoadBalancer} target groups`,
        remedy: `write loadBalancer: ${loadBalancer === undefined ? "models-2" : `${loadBalancer}-2`} for at least ${behind.length - room} of them: their host is then another`,
        restsOn: [["access", "signIn"]],
      });
    }
    const host = hostName(access, "models");
    const taken = tools.find(
      (tool) => loadBalancer !== undefined && hostName(access, tool) === hostOfLoadBalancer(host, loadBalancer),
    );
    if (taken !== undefined) {
      problems.push({
        path: ["models", behind[0]!.model, "serve", "flask", "loadBalancer"],
        value: loadBalancer,
        allowed: `a name that makes another host than that of access.hosts.${taken}`,
        remedy: "choose another",
        restsOn: [["access", "hosts"]],
      });
    }
  }
  return problems;
}

function isThere(tool: Tool, { airflow, mlflow, jupyterhub, monitoring }: Partial<Settings>): boolean {
  const sections = {
    airflow: airflow?.executor.kind === "mwaa" ? undefined : airflow,
    mlflow,
    hub: jupyterhub,
    grafana: monitoring,
  };
  return tool === "home" ? true : tool !== "models" && sections[tool] !== undefined;
}
