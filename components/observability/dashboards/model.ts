import type { WatchedModel } from "../watchedModel";
import { type Dashboard, dashboard, type Mark, modelsFolder, type ToolLinks } from "./dashboard";
import { canary, now, promises } from "./modelAnswers";
import { drifting, predictions } from "./modelData";
import { pods } from "./modelPods";
import { judged } from "./modelQuality";
import { figure, word } from "./panels";
import { sagemakerRows } from "./sagemaker";

export function modelDashboardName(model: string): string {
  return `model-${model}`;
}

/** When versions went live or were rolled back, as marks on every panel. */
export function releaseMarks(selector: string): Mark[] {
  return [
    {
      name: "Versions loaded",
      color: "blue",
      expr: `max by (model, version, track) (model_server_model_loaded_timestamp_seconds{${selector}}) * 1000`,
      title: "{{model}} {{version}} loaded ({{track}})",
      valueIsTime: true,
    },
    {
      name: "Releases",
      color: "orange",
      expr: `sum by (model, target, outcome) (increase(model_releases_total{${selector}}[2m])) > 0`,
      title: "{{model}} on {{target}}: {{outcome}}",
    },
  ];
}

/** How one model does: is it up, does it keep what it promises, what changed, and what does it see. */
export function modelDashboard(model: WatchedModel, links: ToolLinks): Dashboard {
  const { name, kubernetes, sagemaker, objectives, drift, quality } = model;
  return dashboard({
    name: modelDashboardName(name),
    uid: name,
    folder: modelsFolder,
    title: `Model ${name}`,
    description: `${objectives.errorRatePercent} % of its answers may fail, 1 % may take longer than ${objectives.p99Millis} ms.`,
    links,
    marks: releaseMarks(`model="${name}"`),
    rows: [
      { title: "Now", panels: [...(kubernetes ? now(model, kubernetes) : []), ...released(name)] },
      ...(kubernetes ? [{ title: "Kubernetes: what it promises", panels: promises(model) }] : []),
      ...(sagemaker ? sagemakerRows(sagemaker, objectives) : []),
      ...(kubernetes
        ? [
            { title: "Canary beside stable", panels: canary(model) },
            { title: "Predictions", panels: predictions(name) },
          ]
        : []),
      ...(drift ? [{ title: "Drift", panels: drifting(model, drift) }] : []),
      ...(quality ? [{ title: "Quality by labels", panels: judged(name, quality) }] : []),
      ...(kubernetes ? [{ title: "Pods", panels: pods(name, kubernetes) }] : []),
    ],
  });
}

function released(name: string) {
  const state = `max by (target, version, state) (model_release_state{model="${name}"}) == 1`;
  return [
    word(
      "Releases",
      { expr: state, legend: "{{target}} {{version}}: {{state}}" },
      { width: 8, description: "Which version is where. A canary that stays for hours is stuck." },
    ),
    figure("Releases in a day", "none", [
      {
        expr: `sum by (outcome) (increase(model_releases_total{model="${name}"}[24h]))`,
        legend: "{{outcome}}",
      },
    ]),
  ];
}
