import { stableJson } from "../../lib/json";
import { trainedOnAws } from "../engines";
import type { ModelSettings } from "../models";
import { storedSecrets } from "../needs";
import type { Path, RuleProblem } from "../problems";
import type { Settings } from "../settings";
import { type TrainingSettings, training } from "../training";

/** What only AWS can do, asked of an existing cluster; and limits of AWS itself. */
export function existingRules(settings: Partial<Settings>): RuleProblem[] {
  if (settings.foundation?.kind === "aws") return awsLimits(settings.foundation);
  if (settings.foundation?.kind !== "existing") return [];
  const problems: RuleProblem[] = [];
  const refuse = (path: Path, value: unknown, remedy: string) =>
    problems.push({ path, value, allowed: "only on foundation.kind: aws", remedy, restsOn: [["foundation", "kind"]] });

  for (const [name, model] of Object.entries(settings.models ?? {})) {
    const path = ["models", name];
    if (model.serve.sagemaker !== undefined)
      refuse([...path, "serve", "sagemaker"], model.serve.sagemaker.kind, "serve with flask: {} instead");
    if (trainedOnAws(model.training)) {
      refuse([...path, "training", "engine"], model.training.engine, "write engine: airflow");
    }
    if (model.training?.prepare?.with === "glue")
      refuse([...path, "training", "prepare", "with"], "glue", "write with: container");
    if (model.batch?.with === "sagemaker") refuse([...path, "batch", "with"], "sagemaker", "write with: kubernetes");
  }
  const { registry } = settings.foundation.images;
  const runs = ({ serve, batch, drift, training }: ModelSettings) =>
    serve.flask !== undefined || batch?.with === "kubernetes" || drift !== undefined || training?.engine === "airflow";
  const needing = Object.entries(settings.models ?? {}).filter(([, model]) => runs(model));
  if (registry === undefined && needing.length > 0) {
    problems.push({
      path: ["foundation", "images", "registry"],
      value: undefined,
      allowed: `a registry that holds the images model-server and release, which the model ${needing[0]![0]} needs`,
      remedy: "push the images, and write for example registry: registry.example.com/ml",
      restsOn: [["models"]],
    });
  }
  problems.push(...storedSecretProblems(settings));
  const { objectStore } = settings.foundation;
  if (objectStore.kind === "adopt" && objectStore.notebooksSecretName === objectStore.secretName) {
    problems.push({
      path: ["foundation", "objectStore", "notebooksSecretName"],
      value: objectStore.secretName,
      allowed: "another Secret than secretName, whose key may change every model and every log",
      remedy:
        "make another user of the store, with rights of what people may, and name the Secret with its keys; or leave it out",
      restsOn: [["foundation", "objectStore", "secretName"]],
    });
  }
  if (settings.airflow?.executor.kind === "mwaa")
    refuse(["airflow", "executor", "kind"], "mwaa", "write kind: kubernetes");
  if (settings.airflow?.dags.kind === "volume" && settings.foundation.sharedStorageClass === undefined) {
    problems.push({
      path: ["airflow", "dags", "kind"],
      value: "volume",
      allowed: "git, bucket or none, while foundation.sharedStorageClass is not given",
      remedy: "write kind: git, or give foundation.sharedStorageClass",
    });
  }
  for (const [name, receiver] of Object.entries(settings.monitoring?.receivers ?? {})) {
    if (receiver.kind === "sns" || receiver.kind === "email") {
      refuse(["monitoring", "receivers", name, "kind"], receiver.kind, "write kind: slack or kind: webhook");
    }
  }
  if (settings.training !== undefined && !fits(settings.training))
    refuse(
      ["training"],
      undefined,
      "leave out all of training but logRetentionDays and featureDatabase; loops run in Airflow here",
    );
  if ((settings.airflow?.trainsFor.length ?? 0) > 0)
    refuse(["airflow", "trainsFor"], settings.airflow?.trainsFor.join(", "), "leave trainsFor out");
  if (settings.delivery?.codePipeline.enabled)
    refuse(["delivery", "codePipeline", "enabled"], true, "write enabled: false");
  if (settings.governance?.budget !== undefined)
    refuse(["governance", "budget"], settings.governance.budget.monthlyUsd, "leave budget out");
  if (settings.access?.certificate !== undefined) {
    refuse(["access", "certificate"], settings.access.certificate.kind, "leave it out and use foundation.certificates");
  }
  if (settings.access?.zoneId !== undefined) refuse(["access", "zoneId"], settings.access.zoneId, "leave zoneId out");
  return problems;
}

function awsLimits(foundation: Extract<Settings["foundation"], { kind: "aws" }>): RuleProblem[] {
  const problems: RuleProblem[] = [];
  const { region, tags } = foundation;
  if (/^cn-|-iso/.test(region)) {
    problems.push({
      path: ["foundation", "region"],
      value: region,
      allowed: "regions outside China and the isolated partitions, whose endpoints and services are not supported yet",
      remedy: "choose another region such as eu-west-1, or run on a cluster that exists there with kind: existing",
    });
  }
  if (Object.keys(tags).length > 40) {
    problems.push({
      path: ["foundation", "tags"],
      value: `${Object.keys(tags).length} tags`,
      allowed: "at most 40; AWS allows 50 on a resource, and the platform and its controllers add their own",
      remedy: "remove tags",
    });
  }
  return problems;
}

/** Secrets that are looked for in Secrets Manager on AWS are Kubernetes Secrets elsewhere. */
function storedSecretProblems(settings: Partial<Settings>): RuleProblem[] {
  return storedSecrets(settings).flatMap(([path, name]) =>
    name.length <= 253 && /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(name)
      ? []
      : [
          {
            path,
            value: name,
            allowed:
              "the name of a Kubernetes Secret in the namespace mlplatform: small letters, digits, dashes and dots",
            remedy: `store it there, for example as ${name
              .toLowerCase()
              .replace(/[^a-z0-9.]+/g, "-")
              .replace(/^-|-$/g, "")}`,
            restsOn: [["foundation", "kind"]],
          },
        ],
  );
}

/** Whether the section says no more than how long is kept what runs leave on their way, and where features are kept. */
const fits = (section: TrainingSettings) => {
  const { logRetentionDays, featureDatabase } = section;
  return stableJson(section) === stableJson(training.parse({ logRetentionDays, featureDatabase }));
};
