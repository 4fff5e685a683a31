import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { loki } from "../charts/values/loki";
import { mlflow } from "../charts/values/mlflow";
import { monitoringNamespace } from "../components/lib/monitoringNames";
import type { Act, Check } from "./check";
import { podKind } from "./cluster";
import { Fault, NotChecked } from "./fault";
import { json } from "./http";
import { runLentPod } from "./lentPod";
import type { Outputs } from "./outputs";

type KeptLogs = NonNullable<Outputs["podLogs"]>;

/** Lines of a pod with a word, from where the stack keeps them. */
type Search = (pod: string, word: string) => Promise<string[]>;

async function inLoki(act: Act): Promise<Search> {
  const place = await act.reach(loki.namespace, loki.name, loki.portNumber);
  return async (pod, word) => {
    const query = `{namespace="${mlflow.name}",pod="${pod}"} |= "${word}"`;
    const asked = new URLSearchParams({ query, since: "1h" });
    const answer = await act.ask(place, { path: `/loki/api/v1/query_range?${asked}` });
    const { data } = json<{ data: { result: { values: [string, string][] }[] } }>(place, "a search", answer);
    return data.result.flatMap(({ values }) => values.map(([, line]) => line));
  };
}

/** By the `aws` command, which the way into such a cluster needs anyway. */
function inCloudWatch({ region, groupPrefix }: Extract<KeptLogs, { region: string }>): Search {
  return async (pod, word) => {
    const where = ["--region", region, "--log-group-name", `${groupPrefix}${mlflow.name}`, "--output", "json"];
    const what = ["--log-stream-name-prefix", pod, "--filter-pattern", `"${word}"`];
    const asking = promisify(execFile)("aws", ["logs", "filter-log-events", ...where, ...what], { timeout: 20_000 });
    const { stdout } = await asking.catch((error: NodeJS.ErrnoException & { stderr?: string }) => {
      if (error.code === "ENOENT") throw new NotChecked("CloudWatch is asked by the aws command, which is not here");
      throw new Fault(`CloudWatch cannot be searched: ${(error.stderr || error.message).trim()}`);
    });
    const { events } = JSON.parse(stdout) as { events: { message: string }[] };
    return events.map(({ message }) => message);
  };
}

export const keptLogChecks: Check[] = [
  {
    piece: "monitoring",
    name: "find what a pod wrote, once it is gone",
    limitSeconds: 180,
    where: "docs/runbooks/LogsNotDelivered.md",
    async run(act) {
      act.needs(monitoringNamespace, "monitoring");
      const { podLogs } = act.outputs;
      if (podLogs === undefined) throw new NotChecked("the stack keeps no logs of pods: monitoring.logs");
      act.needs(mlflow.name, "MLflow, whose image is lent");
      const search = "region" in podLogs ? inCloudWatch(podLogs) : await inLoki(act);
      const word = `${act.id}-was-here`;
      const remove = () => act.cluster.remove(podKind, mlflow.name, act.id);
      act.undo(`pod ${act.id}`, remove);
      // The second line has the shape of a secret.
      const program = `print("${word}"); print("${word} password=" + "x" * 12)`;
      await runLentPod(act, { does: "writes", namespace: mlflow.name, program });
      await remove();
      const begun = performance.now();
      const lines = await act.until("line of it among those that are kept", async () => {
        const found = await search(act.id, word);
        return found.length < 2 ? undefined : found;
      });
      if (lines.some((each) => each.includes("password=x"))) throw new Fault("a password was kept as it was written");
      const seconds = Math.round((performance.now() - begun) / 1000);
      return { detail: `found ${seconds} s after its pod was gone, its password masked`, measured: { seconds } };
    },
  },
];
