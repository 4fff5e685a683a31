import { addedColumns, describedFeatures, type FeatureSettings, systemColumns, takenColumns } from "../features";
import type { ModelSettings } from "../models";
import { hasCatalog } from "../needs";
import type { Path, RuleProblem } from "../problems";
import type { Settings } from "../settings";
import { anyStack, toldProblems } from "./featureDescriptions";

/** SageMaker's limit, less the columns of entity and time. https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateFeatureGroup.html */
const mostColumns = 2500 - 2;

/** Of a variable of a container on SageMaker. https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ContainerDefinition.html */
const longestVariable = 1024;
/** Letters of a name in PostgreSQL; those of a table follow from the limit of models' names. */
const longestColumn = 63;
/** PostgreSQL takes 1,600, less what the table has beside the features. https://www.postgresql.org/docs/17/limits.html */
const mostPostgresColumns = 1600 - 5;

/** Features without a store for them, a store without features, and groups that SageMaker would refuse. */
export function featureRules(settings: Partial<Settings>): RuleProblem[] {
  const { foundation, models, training } = settings;
  const declaring = Object.entries(models ?? {}).flatMap(([name, model]) =>
    model.training?.features === undefined ? [] : [{ name, model, features: model.training.features }],
  );
  const onAws = foundation?.kind === "aws";
  const database = training?.featureDatabase;
  const stored = training !== undefined && training.featureStore !== "none";
  const problems: RuleProblem[] = [];
  if (stored && declaring.length === 0 && foundation?.kind === "aws") {
    problems.push({
      path: ["training", "featureStore"],
      value: training.featureStore,
      allowed: "none, while no model declares training.features",
      remedy: "add models.<name>.training.features, or write featureStore: none",
      restsOn: [["models"]],
    });
  }
  if (database !== undefined && (onAws || declaring.length === 0)) {
    problems.push({
      path: ["training", "featureDatabase"],
      value: undefined,
      allowed: onAws ? "only on foundation.kind: existing" : "none, while no model declares training.features",
      remedy: onAws ? "write featureStore: onlineAndOffline in its place" : "remove featureDatabase",
      restsOn: [onAws ? ["foundation", "kind"] : ["models"]],
    });
  }
  for (const { name, model, features } of declaring) {
    const path: Path = ["models", name, "training", "features"];
    if (foundation?.kind === "existing") {
      if (database === undefined) {
        problems.push({
          path,
          value: undefined,
          allowed: "features where training.featureDatabase keeps them",
          remedy: "write training: { featureDatabase: { writerSecretName: …, readerSecretName: … } }",
          restsOn: [["training"]],
        });
      } else problems.push(...postgresProblems(name, model, features, path));
      problems.push(...groupProblems(features, path), ...toldProblems(name, model, features, onAws, path));
      continue;
    }
    if (!stored) {
      problems.push({
        path,
        value: undefined,
        allowed: "features where training.featureStore keeps them",
        remedy: "write training: { featureStore: offline }",
        restsOn: [["training"]],
      });
    }
    problems.push(
      ...groupProblems(features, path),
      ...useProblems(settings, name, model, features, path),
      ...toldProblems(name, model, features, onAws, path),
    );
  }
  return problems;
}

function groupProblems({ entity, eventTime, columns, loop, lookup }: FeatureSettings, path: Path): RuleProblem[] {
  const problems: RuleProblem[] = [];
  const named = Object.keys(columns);
  if (named.length === 0 || named.length > mostColumns) {
    problems.push({
      path: [...path, "columns"],
      value: named.length,
      allowed: `1 to ${mostColumns} columns`,
      remedy: named.length === 0 ? "add a column, or leave features out" : "leave columns out",
    });
  }
  if (entity === eventTime) {
    problems.push({
      path: [...path, "eventTime"],
      value: eventTime,
      allowed: "another column than entity",
      remedy: "write eventTime: event_time",
      restsOn: [[...path, "entity"]],
    });
  }
  for (const name of named) {
    if (name !== entity && name !== eventTime) continue;
    problems.push({
      path: [...path, "columns", name],
      value: columns[name],
      allowed: "columns other than entity and eventTime, which are there as String",
      remedy: `remove columns.${name}`,
    });
  }
  const taken: readonly string[] =
    loop === "none" && !lookup ? takenColumns : [...takenColumns, ...addedColumns, ...systemColumns];
  const places: [Path, string][] = [
    [[...path, "entity"], entity],
    [[...path, "eventTime"], eventTime],
    ...named.map((name): [Path, string] => [[...path, "columns", name], name]),
  ];
  for (const [place, name] of places) {
    if (!taken.includes(name)) continue;
    problems.push({
      path: place,
      value: name,
      allowed: `names other than ${taken.join(", ")}, which each table of features has`,
      remedy: `rename it: ${name}_of_event`,
    });
  }
  return problems;
}

/** A group in PostgreSQL is there for a loop or a server of the stack, and has names that PostgreSQL takes. */
function postgresProblems(
  name: string,
  { serve, training: loop }: ModelSettings,
  features: FeatureSettings,
  path: Path,
): RuleProblem[] {
  const problems: RuleProblem[] = [];
  if (features.loop === "none" && !features.lookup) {
    problems.push({
      path: [...path, "loop"],
      value: "none",
      allowed: "publish or read, or lookup: true: the platform does nothing else with a group here",
      remedy: "write loop: publish",
    });
  }
  if (features.loop !== "none" && loop?.prepare === undefined) {
    problems.push({
      path: [...path, "loop"],
      value: features.loop,
      allowed: "none, where nothing prepares",
      remedy: "write prepare: { with: container }",
      restsOn: [["models", name, "training", "prepare"]],
    });
  }
  if (features.lookup && !serve.flask) {
    problems.push({
      path: [...path, "lookup"],
      value: true,
      allowed: "false, where the model answers no requests",
      remedy: "write serve: { flask: {} }",
      restsOn: [["models", name, "serve"]],
    });
  }
  const count = Object.keys(features.columns).length;
  if (count > mostPostgresColumns) {
    problems.push({
      path: [...path, "columns"],
      value: count,
      allowed: `at most ${mostPostgresColumns} columns in PostgreSQL`,
      remedy: "leave columns out",
    });
  }
  for (const column of [features.entity, features.eventTime, ...Object.keys(features.columns)]) {
    if (column.length <= longestColumn) continue;
    problems.push({
      path: [...path, "columns"],
      value: column,
      allowed: `names of at most ${longestColumn} letters in PostgreSQL`,
      remedy: "shorten the name",
    });
  }
  return problems;
}

/** What loops and servers do with the group has to be there for them. */
function useProblems(
  { training, data, models }: Partial<Settings>,
  name: string,
  { serve, training: loop }: ModelSettings,
  features: FeatureSettings,
  path: Path,
): RuleProblem[] {
  const problems: RuleProblem[] = [];
  const online = training?.featureStore === "onlineAndOffline";
  const refuse = (key: "loop" | "lookup", allowed: string, remedy: string, restsOn: Path[]) =>
    problems.push({ path: [...path, key], value: features[key], allowed, remedy, restsOn });
  const ofStore: Path[] = [["training", "featureStore"]];
  if (features.loop !== "none" && loop?.prepare?.with !== "container") {
    const own: Path = ["models", name, "training", "prepare"];
    refuse("loop", "none, where no container of the platform prepares", "write prepare: { with: container }", [own]);
  }
  if (features.loop === "publish" && !online) {
    const remedy = "write training: { featureStore: onlineAndOffline }";
    refuse("loop", "none or read, where nothing says what is known already", remedy, ofStore);
  }
  if (features.loop === "read" && !hasCatalog({ training, models, data })) {
    const remedy = "write training: { catalog: { enabled: true } }";
    refuse("loop", "none or publish, without tables over the bucket", remedy, [["training", "catalog", "enabled"]]);
  }
  if (!features.lookup) return problems;
  if (!online) {
    const remedy = "write training: { featureStore: onlineAndOffline }";
    refuse("lookup", "false, where only the history is kept", remedy, ofStore);
  }
  if (!serve.flask && !serve.sagemaker) {
    refuse("lookup", "false, where the model answers no requests", "write serve: { flask: {} }", [
      ["models", name, "serve"],
    ]);
  }
  if (serve.sagemaker && describedFeatures(anyStack, name, features, true).length > longestVariable) {
    const allowed = `false, where the columns take more than the ${longestVariable} characters of a variable on SageMaker`;
    refuse("lookup", allowed, "declare fewer columns, or shorter names, or serve by flask", [[...path, "columns"]]);
  }
  return problems;
}
