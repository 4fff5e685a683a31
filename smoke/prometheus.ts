import { prometheusName, prometheusPort } from "../charts/values/monitoring";
import { monitoringNamespace } from "../components/lib/monitoringNames";
import type { Act } from "./check";
import { json, type Place } from "./http";

/** Prometheus' API. https://prometheus.io/docs/prometheus/latest/querying/api/ */
export class Prometheus {
  private constructor(
    private readonly act: Act,
    private readonly place: Place,
  ) {}

  static async open(act: Act): Promise<Prometheus> {
    act.needs(monitoringNamespace, "monitoring");
    return new Prometheus(act, await act.reach(monitoringNamespace, prometheusName, prometheusPort));
  }

  async get<T>(path: string): Promise<T> {
    const answer = await this.act.ask(this.place, { path: `/api/v1/${path}` });
    return json<{ data: T }>(this.place, path.split("?")[0]!, answer).data;
  }

  /** Samples of an instant query, as numbers. */
  async query(expression: string): Promise<{ labels: Record<string, string>; value: number }[]> {
    const path = `query?query=${encodeURIComponent(expression)}`;
    const { result } = await this.get<{ result: { metric: Record<string, string>; value: [number, string] }[] }>(path);
    return result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
  }
}
