import { answering } from "./answers";

export interface PlayedTarget {
  namespace: string;
  job: string;
  health?: "up" | "down" | "unknown";
  lastError?: string;
}

/** What Prometheus says of its targets and rules. */
export class PlayedPrometheus {
  targets: PlayedTarget[] = [];
  /** Names of series that have samples. */
  series = ["model_server_requests_total", "up"];
  alertmanagers = 1;
  /** Notifications that failed, by receiver. */
  failedNotifications: Record<string, number> = {};
  /** Alerts that have got to Alertmanager. */
  alerts = ["Watchdog"];
  rules: { name: string; health: string; lastError?: string }[] = [];

  readonly answer = answering(({ path }) => {
    switch (path) {
      case "/api/v1/targets":
        return {
          body: {
            data: {
              activeTargets: this.targets.map(({ namespace, job, health = "up", lastError = "" }) => ({
                labels: { namespace, job },
                scrapeUrl: `http://10.0.0.1/${job}`,
                health,
                lastError,
              })),
            },
          },
        };
      case "/api/v1/rules":
        return { body: { data: { groups: [{ name: "platform", rules: this.rules }] } } };
      case "/api/v1/alertmanagers":
        return { body: { data: { activeAlertmanagers: Array(this.alertmanagers).fill({ url: "http://played" }) } } };
      case "/api/v1/label/__name__/values":
        return { body: { data: this.series } };
      case "/api/v1/query": {
        const result = Object.entries(this.failedNotifications).map(([integration, count]) => ({
          metric: { integration },
          value: [0, String(count)],
        }));
        return { body: { data: { result } } };
      }
      default:
        return { status: 404 };
    }
  });

  /** Alertmanager's own API. */
  readonly alertmanager = answering(({ query }) => {
    const [, name] = /^alertname="(.*)"$/.exec(query.get("filter")!)!;
    const found = this.alerts.filter((each) => each === name);
    return { body: found.map((alertname) => ({ labels: { alertname }, status: { state: "active" } })) };
  });
}
