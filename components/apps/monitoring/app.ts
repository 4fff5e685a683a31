import type { App } from "../app";

export const monitoring: App = {
  tool: "grafana",
  title: "Grafana",
  sentence: "How everything here is doing.",
  database: false,
  asked: (settings) => settings.monitoring !== undefined,
};
