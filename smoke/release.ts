import type { V1Pod } from "@kubernetes/client-node";
import { modelObjects, modelServer, modelsNamespace } from "../charts/values/modelServer";
import type { Act, Check } from "./check";
import { podKind } from "./cluster";
import { Fault, LastingFault, NotChecked } from "./fault";
import { json, type Place } from "./http";
import { MlflowApi, type Run } from "./mlflowApi";
import { answerOf, modelFiles, question } from "./modelFiles";
import { followed, type ReleasedModel, releaseConfig } from "./releaseConfig";
import { Traffic } from "./traffic";

interface Chosen {
  name: string;
  registered: string;
  alias: string;
  bakeSeconds: number;
  /** Tag of a version that tells what became of it. */
  tag: string;
  /** Versions of this check. */
  made: Set<string>;
}

/** A model in the cluster alone whose alias anybody may move, and that nobody has given a version yet: an endpoint would be made for one of this check. */
async function choose(act: Act, mlflow: MlflowApi): Promise<Chosen> {
  const { stack, models } = await releaseConfig(act);
  const movable = models.filter(
    (each) => each.kubernetes && !each.sagemaker && each.release === "continuous" && !each.approval,
  );
  const following = movable.flatMap((each: ReleasedModel) => {
    const place = followed(each);
    return place ? [{ ...place, name: each.name, bakeSeconds: each.canary.bakeMinutes * 60 }] : [];
  });
  if (following.length === 0)
    throw new NotChecked("no model in the cluster alone follows an alias that anybody may move");
  for (const { model, ...rest } of following) {
    if (!(await mlflow.isRegistered(model))) {
      return { ...rest, registered: model, tag: `mlplatform.${stack}.kubernetes`, made: new Set() };
    }
  }
  const names = following.map(({ name }) => name).join(", ");
  throw new NotChecked(`${names}: registered already, and versions of people are not touched`);
}

/** A version that adds a number, logged with a run. @returns its number */
async function registerVersion(
  mlflow: MlflowApi,
  { registered, made }: Chosen,
  at: Run,
  addend: number,
): Promise<string> {
  const folder = `adds-${addend}`;
  for (const [name, content] of Object.entries(modelFiles(addend))) {
    await mlflow.upload(at, `${folder}/${name}`, content);
  }
  const version = await mlflow.register(registered, `runs:/${at.run}/${folder}`, at.run);
  made.add(version);
  return version;
}

/** @throws LastingFault where the release of a version was given up */
async function stateOf(mlflow: MlflowApi, { registered, tag }: Chosen, version: string): Promise<string> {
  const { tags } = await mlflow.version(registered, version);
  const state = tags[tag] ?? "not begun";
  if (state.startsWith("rolled-back"))
    throw new LastingFault(`version ${version} was taken back: ${tags[`${tag}.reason`] ?? state}`);
  return state;
}

function wrong(addends: Record<string, number>): (version: string, answer: string) => string | undefined {
  return (version, text) => {
    const expected = addends[version];
    if (expected === undefined) return `version ${version} answered, and is none of this check`;
    const said = (JSON.parse(text) as { predictions: { y: number }[] }).predictions[0]?.y;
    return said === answerOf(expected)
      ? undefined
      : `version ${version} answers ${said}, and should ${answerOf(expected)}`;
  };
}

async function firstAnswer(act: Act, mlflow: MlflowApi, chosen: Chosen, version: string): Promise<Place> {
  return act.until(
    `answer of ${chosen.name}`,
    async () => {
      act.say(`version ${version} of ${chosen.name}: ${await stateOf(mlflow, chosen, version)}`);
      const place = await act.reach(modelsNamespace, chosen.name, modelServer.portNumber);
      const answer = await act.ask(place, { path: "/invocations", body: question });
      json(place, "a question", answer);
      const problem = wrong({ [version]: 1 })(String(answer.headers["x-model-version"]), answer.text);
      if (problem) throw new Fault(problem);
      return place;
    },
    420,
  );
}

/**
 * Takes the model back to where it was: registered nowhere, its pods waiting for a first version. Where somebody has registered a version
 * meanwhile, all of it stays: it may be live already.
 */
function undoRelease(act: Act, mlflow: MlflowApi, { name, registered, alias, made }: Chosen): void {
  act.undo(`model ${registered} of MLflow, and what the pods of ${name} serve`, async () => {
    const foreign = (await mlflow.versions(registered)).filter((each) => !made.has(each));
    if (foreign.length > 0) {
      throw new Fault(
        `somebody has registered version ${foreign.join(", ")} meanwhile; delete ${[...made].join(", ")} once ${alias} names another`,
      );
    }
    await mlflow.dropAlias(registered, alias).catch(() => undefined);
    await mlflow.removeModel(registered);
    const configMap = { apiVersion: "v1", kind: "ConfigMap" };
    await act.cluster.remove(configMap, modelsNamespace, modelObjects(name).releaseConfigMap);
    // A server keeps what it has: its next pod finds nothing, as before.
    const labels = { "app.kubernetes.io/name": "model-server", "app.kubernetes.io/instance": name };
    for (const { metadata } of await act.cluster.list<V1Pod>(podKind, { namespace: modelsNamespace, labels })) {
      await act.cluster.remove(podKind, modelsNamespace, metadata!.name!);
    }
  });
}

export const releaseCheck: Check = {
  piece: "models",
  name: "release a version, and a second one through its canary",
  limitSeconds: 4500,
  where: "docs/releases.md",
  async run(act) {
    act.needs(modelsNamespace, "models");
    const mlflow = await MlflowApi.open(act);
    const chosen = await choose(act, mlflow);
    const { name, registered, alias, bakeSeconds } = chosen;
    // Before the model, so that it goes after it: files of a registered version are not deleted.
    const run = await mlflow.run();
    await mlflow.call("POST", "registered-models/create", { name: registered });
    undoRelease(act, mlflow, chosen); // Once it is known that nobody else has made it.
    const first = await registerVersion(mlflow, chosen, run, 1);
    const moved = performance.now();
    await mlflow.moveAlias(registered, alias, first);
    const place = await firstAnswer(act, mlflow, chosen, first);
    const aliasToAnswerSeconds = Math.round((performance.now() - moved) / 100) / 10;
    await act.until(
      `live version ${first}`,
      async () => (await stateOf(mlflow, chosen, first)) === "live" || undefined,
      120,
    );

    const second = await registerVersion(mlflow, chosen, run, 2);
    const traffic = new Traffic(act, place, question, wrong({ [first]: 1, [second]: 2 }));
    try {
      await mlflow.moveAlias(registered, alias, second);
      await act.until(
        `live version ${second}`,
        async () => {
          const state = await stateOf(mlflow, chosen, second);
          act.say(
            `version ${second} of ${name}: ${state}, ${traffic.versions[second] ?? 0} of ${traffic.answered} answers`,
          );
          const [failure] = traffic.failures;
          if (failure !== undefined) throw new LastingFault(`a request failed during the release: ${failure}`);
          return state === "live" || undefined;
        },
        bakeSeconds + 600,
      );
    } finally {
      await traffic.end();
    }
    const { answered, versions } = traffic;
    const counted = `${answered} requests, ${versions[second] ?? 0} answered by version ${second}, none failed`;
    return {
      detail: `${name}: ${aliasToAnswerSeconds} s from the alias to the first answer; ${counted}`,
      measured: { aliasToAnswerSeconds, requests: answered, answeredBySecond: versions[second] ?? 0, failed: 0 },
    };
  },
};
