import { jupyterhubNamespace } from "../charts/values/jupyterhubNames";
import { mlflow } from "../charts/values/mlflow";
import { modelsNamespace } from "../charts/values/modelServer";
import { airflowNamespace } from "../components/contracts/airflowNames";
import { monitoringNamespace } from "../components/lib/monitoringNames";
import type { Check } from "./check";
import { Fault } from "./fault";
import { Prometheus } from "./prometheus";

interface Target {
  labels: Record<string, string>;
  scrapeUrl: string;
  health: "up" | "down" | "unknown";
  lastError: string;
}

interface RuleGroup {
  name: string;
  rules: { name: string; health: "ok" | "err" | "unknown"; lastError?: string }[];
}

/** Namespaces in each of which something must be scraped, as long as the stack has it. */
const scraped = [mlflow.name, airflowNamespace, jupyterhubNamespace, modelsNamespace, monitoringNamespace];

export const monitoringChecks: Check[] = [
  {
    piece: "monitoring",
    name: "see every target of Prometheus up",
    limitSeconds: 180,
    where: "docs/smoke.md#targets-that-are-down",
    async run(act) {
      const prometheus = await Prometheus.open(act);
      const up = await act.until("moment at which every target was up", async () => {
        const { activeTargets } = await prometheus.get<{ activeTargets: Target[] }>("targets?state=active");
        const bad = activeTargets.filter(({ health }) => health !== "up");
        act.say(`${activeTargets.length - bad.length} of ${activeTargets.length} targets are up`);
        const faults = bad.map(
          ({ labels, scrapeUrl, health, lastError }) =>
            `${labels.namespace ?? ""}/${labels.job} at ${scrapeUrl} is ${health}${lastError ? `: ${lastError}` : ""}`,
        );
        const missing = scraped.filter(
          (each) => act.has(each) && !activeTargets.some(({ labels }) => labels.namespace === each),
        );
        faults.push(...missing.map((each) => `nothing of the namespace ${each} is scraped`));
        if (faults.length > 0) throw new Fault(faults.join("; "));
        return activeTargets.length;
      });
      return { detail: `${up} targets are up` };
    },
  },
  {
    piece: "monitoring",
    name: "have every rule evaluated",
    limitSeconds: 120,
    where: "docs/on-call.md",
    async run(act) {
      const prometheus = await Prometheus.open(act);
      const rules = await act.until("moment at which every rule was evaluated", async () => {
        const { groups } = await prometheus.get<{ groups: RuleGroup[] }>("rules");
        const all = groups.flatMap((group) => group.rules.map((rule) => ({ group: group.name, ...rule })));
        if (all.length === 0) throw new Fault("Prometheus has no rules: its operator does not see the PrometheusRules");
        const bad = all.filter(({ health }) => health === "err");
        if (bad.length > 0)
          throw new Fault(bad.map((each) => `${each.group}, ${each.name}: ${each.lastError}`).join("; "));
        return all.length;
      });
      return { detail: `${rules} rules, none with an error` };
    },
  },
];
