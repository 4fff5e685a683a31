import type { Demo } from "../demo";
import { basic, machine } from "../services/mlflow";

interface Pair {
  key: string;
  value: string;
}

export interface ModelVersion {
  version: string;
  run_id: string;
  tags: Record<string, string>;
}

/** MLflow's API, as the machine that notebooks use. */
export class MlflowApi {
  constructor(private readonly demo: Demo) {}

  async version(model: string, version: string): Promise<ModelVersion> {
    const { model_version: found } = await this.get(`model-versions/get?name=${model}&version=${version}`);
    return { ...found, version: String(found.version), tags: dictionary(found.tags) };
  }

  async alias(model: string, alias: string): Promise<string> {
    const { model_version: found } = await this.get(`registered-models/alias?name=${model}&alias=${alias}`);
    return String(found.version);
  }

  async run(
    id: string,
  ): Promise<{ params: Record<string, string>; metrics: Record<string, number>; tags: Record<string, string> }> {
    const { data } = (await this.get(`runs/get?run_id=${id}`)).run;
    const metrics = Object.fromEntries((data.metrics ?? []).map(({ key, value }: Pair) => [key, Number(value)]));
    return { params: dictionary(data.params), metrics, tags: dictionary(data.tags) };
  }

  // biome-ignore lint/suspicious/noExplicitAny: answers are as MLflow's API has them.
  private async get(path: string): Promise<any> {
    const url = `http://127.0.0.1:${this.demo.ports.mlflow}/api/2.0/mlflow/${path}`;
    const answer = await fetch(url, { headers: basic(machine(this.demo, "jupyterhub")) });
    if (!answer.ok)
      throw new Error(`MLflow answers ${answer.status} to ${path}: ${(await answer.text()).slice(0, 300)}`);
    return answer.json();
  }
}

function dictionary(pairs: Pair[] | undefined): Record<string, string> {
  return Object.fromEntries((pairs ?? []).map(({ key, value }) => [key, value]));
}
