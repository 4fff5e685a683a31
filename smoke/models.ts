import { modelServer, modelsNamespace } from "../charts/values/modelServer";
import type { Act, Check } from "./check";
import { Fault, LastingFault, NotChecked } from "./fault";
import { json, shortened } from "./http";
import { MlflowApi } from "./mlflowApi";
import { followed, type ReleasedModel, releaseConfig } from "./releaseConfig";

/** What MLflow says of the version that a model should serve. */
interface Wanted {
  /** Nothing where no alias names one yet. */
  version: string | undefined;
  /** What became of its release, where that is known. */
  state: string | undefined;
}

async function wantedOf(act: Act, stack: string, model: ReleasedModel): Promise<Wanted> {
  const place = followed(model);
  if (place === undefined) return { version: /^models:\/[^/]+\/(\d+)$/.exec(model.from)?.[1], state: undefined };
  const mlflow = await MlflowApi.open(act);
  const version = await mlflow.alias(place.model, place.alias);
  if (version === undefined) return { version, state: undefined };
  const { tags } = await mlflow.version(place.model, version);
  return { version, state: tags[`mlplatform.${stack}.kubernetes`] };
}

/** Names of models that answer in the cluster. */
function served(act: Act): string[] {
  act.needs(modelsNamespace, "models");
  const names = Object.entries(act.outputs.models ?? {}).filter(([, { inClusterUrl }]) => inClusterUrl !== undefined);
  if (names.length === 0) throw new NotChecked("no model of the stack is served in the cluster");
  return names.map(([name]) => name);
}

interface Description {
  paths: { "/invocations": { post: { requestBody: { content: Record<string, { example?: object }> } } } };
}

/** Asks a model as its own page shows it. @returns what was seen */
async function asked(act: Act, model: string, { version, state }: Wanted): Promise<string> {
  const place = await act.reach(modelsNamespace, model, modelServer.portNumber);
  const health = await act.ask(place, { path: "/health/ready" });
  if (health.status !== 200) throw new Fault(`${model} is not ready (${health.status}): ${shortened(health.text)}`);
  const described = json<Description>(place, "/openapi.json", await act.ask(place, { path: "/openapi.json" }));
  const body = described.paths["/invocations"].post.requestBody.content["application/json"]?.example;
  const answer = await act.ask(place, body === undefined ? { path: "/version" } : { path: "/invocations", body });
  if (answer.status !== 200) {
    throw new LastingFault(`${model} answers ${answer.status} to its own example: ${shortened(answer.text)}`);
  }
  const live = String(answer.headers["x-model-version"] ?? "");
  // A canary answers its share of the requests.
  if (version !== undefined && live !== version && state !== "canary") {
    const said = state === undefined ? "no release of it has begun" : `its release: ${state}`;
    throw new Fault(`${model} answers with version ${live}, its alias names ${version} (${said})`);
  }
  return `${model} answers with version ${live}${body === undefined ? " (it has no example to ask it with)" : ""}`;
}

export const modelChecks: Check[] = [
  {
    piece: "models",
    name: "ask every model",
    limitSeconds: 120,
    where: "docs/runbooks/ModelDown.md",
    async run(act) {
      const { stack, models } = await releaseConfig(act);
      const seen: string[] = [];
      const waiting: string[] = [];
      for (const name of served(act)) {
        const entry = models.find((each) => each.name === name);
        if (entry === undefined) throw new LastingFault(`the release controller is told nothing of ${name}`);
        const wanted = await wantedOf(act, stack, entry);
        if (followed(entry) && wanted.version === undefined) waiting.push(`${name} waits for its first version`);
        else seen.push(await act.until(`right answer of ${name}`, () => asked(act, name, wanted)));
      }
      if (seen.length === 0) throw new NotChecked(waiting.join(", "));
      return { detail: [...seen, ...waiting].join(", ") };
    },
  },
  {
    piece: "models",
    name: "be refused without a model's token",
    limitSeconds: 60,
    where: "docs/serving.md",
    async run(act) {
      const published = served(act).filter((name) => act.outputs.models?.[name]?.tokenSecret !== undefined);
      if (published.length === 0) throw new NotChecked("no model is published");
      const seen: string[] = [];
      for (const name of published) {
        const secret = act.outputs.models![name]!.tokenSecret!;
        const token = await act.secret(modelsNamespace, secret, "token");
        const place = await act.reach(modelsNamespace, name, modelServer.publicPortNumber).catch(() => undefined);
        if (place === undefined) continue; // Whether it should answer is the check before this one.
        const path = `/${name}/openapi.json`;
        const without = await act.ask(place, { path });
        if (without.status !== 401)
          throw new LastingFault(`${name} answers ${without.status} without its token, and should 401`);
        const { status } = await act.ask(place, { path, token });
        if (status === 401) {
          throw new LastingFault(`${name} refuses the token of its Secret ${modelsNamespace}/${secret}`);
        }
        seen.push(name);
      }
      if (seen.length === 0) throw new NotChecked("no published model has a pod that is ready");
      return { detail: `${seen.join(", ")}: 401 without, an answer with` };
    },
  },
];
