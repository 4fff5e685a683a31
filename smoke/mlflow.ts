import { randomBytes } from "node:crypto";
import type { Check } from "./check";
import { LastingFault } from "./fault";
import { MlflowApi } from "./mlflowApi";

const anything = "/api/2.0/mlflow/experiments/search?max_results=1";

export const mlflowChecks: Check[] = [
  {
    piece: "mlflow",
    name: "sign in, and be refused without",
    limitSeconds: 60,
    where: "docs/security.md",
    async run(act) {
      const mlflow = await MlflowApi.open(act);
      const { user } = mlflow.account;
      const wrong = { user, password: `${randomBytes(20).toString("hex")}` };
      const refused = { "nobody who signs in": undefined, [`${user} with a wrong password`]: wrong };
      for (const [who, as] of Object.entries(refused)) {
        const { status } = await act.ask(mlflow.place, { path: anything, ...(as ? { as } : {}) });
        if (status !== 401) throw new LastingFault(`MLflow answers ${status} to ${who}, and should 401`);
      }
      await mlflow.call("GET", "experiments/search?max_results=1");
      return { detail: `${user} is let in; nobody, and a wrong password, are not` };
    },
  },
  {
    piece: "mlflow",
    name: "log a run and an artifact",
    limitSeconds: 90,
    where: "docs/runbooks/MlflowErrors.md",
    async run(act) {
      const mlflow = await MlflowApi.open(act);
      const at = await mlflow.run();
      const logged = { key: "loss", value: 0.25, timestamp: Date.now(), step: 1 };
      await mlflow.call("POST", "runs/log-metric", { run_id: at.run, ...logged });
      const content = randomBytes(256 * 1024);
      await mlflow.upload(at, "smoke.bin", content);
      const { run } = await mlflow.call<{ run: { data: { metrics?: { key: string; value: number }[] } } }>(
        "GET",
        `runs/get?run_id=${at.run}`,
      );
      const kept = run.data.metrics?.find(({ key }) => key === logged.key)?.value;
      if (kept !== logged.value) throw new LastingFault(`MLflow kept ${kept} of a metric that was ${logged.value}`);
      if (!content.equals(await mlflow.download(at, "smoke.bin"))) {
        throw new LastingFault("MLflow gives another artifact back than it was sent");
      }
      return { detail: "a metric and 256 KiB came back as they were sent" };
    },
  },
  {
    piece: "mlflow",
    name: "register a model and name a version",
    limitSeconds: 90,
    where: "docs/runbooks/MlflowErrors.md",
    async run(act) {
      const mlflow = await MlflowApi.open(act);
      const at = await mlflow.run();
      await mlflow.upload(at, "model/MLmodel", "flavors: {}\n");
      await mlflow.registeredModel(act.id);
      const version = await mlflow.register(act.id, `runs:/${at.run}/model`, at.run);
      await mlflow.moveAlias(act.id, "smoke", version);
      const named = await mlflow.alias(act.id, "smoke");
      if (named !== version) throw new LastingFault(`the alias names version ${named}, it was set to ${version}`);
      const changed = await mlflow.send({
        method: "PUT",
        path: `/api/2.0/mlflow-artifacts/artifacts/${at.experiment}/${at.run}/artifacts/model/MLmodel`,
        body: "flavors: {}\nchanged: true\n",
      });
      if (changed.status !== 403) {
        throw new LastingFault(
          `MLflow answers ${changed.status} to a change of a registered version's file, and should 403`,
        );
      }
      return { detail: "the alias names it, and its files can no longer be changed" };
    },
  },
];
