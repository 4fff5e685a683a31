import { alertmanagerName, alertmanagerPort } from "../charts/values/monitoring";
import { monitoringNamespace } from "../components/lib/monitoringNames";
import type { Check } from "./check";
import { Fault, LastingFault } from "./fault";
import { json } from "./http";
import { Prometheus } from "./prometheus";

/** Fires for ever, so that its absence tells. */
const signOfLife = "Watchdog";

interface Alert {
  labels: Record<string, string>;
  status: { state: string };
}

export const alertChecks: Check[] = [
  {
    piece: "monitoring",
    name: "have an alert delivered, and receivers told",
    limitSeconds: 180,
    where: "docs/on-call.md#who-is-told",
    async run(act) {
      const prometheus = await Prometheus.open(act);
      const { activeAlertmanagers } = await prometheus.get<{ activeAlertmanagers: object[] }>("alertmanagers");
      if (activeAlertmanagers.length === 0) throw new LastingFault("Prometheus knows no Alertmanager to tell");
      const place = await act.reach(monitoringNamespace, alertmanagerName, alertmanagerPort);
      const path = `/api/v2/alerts?filter=${encodeURIComponent(`alertname="${signOfLife}"`)}`;
      await act.until(`alert ${signOfLife} at Alertmanager`, async () => {
        const alerts = json<Alert[]>(place, "alerts", await act.ask(place, { path }));
        if (alerts.length === 0) throw new Fault(`Prometheus has sent none, and ${signOfLife} fires always`);
        return alerts;
      });
      const failed = await prometheus.query(
        "sum by (integration) (increase(alertmanager_notifications_failed_total[15m])) > 0",
      );
      if (failed.length > 0) {
        const each = failed.map(({ labels, value }) => `${labels.integration}: ${Math.ceil(value)} times`);
        throw new LastingFault(
          `Alertmanager could not tell its receivers within the last 15 minutes: ${each.join(", ")}`,
        );
      }
      return { detail: `${signOfLife} got there, and nobody who is to be told could not be` };
    },
  },
];
