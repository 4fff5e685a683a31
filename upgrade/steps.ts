import { hasCluster } from "../components/settings/needs";
import type { Settings } from "../components/settings/settings";
import type { Release } from "./releases";

/** What a stack has and is to have. */
export interface Upgrade {
  stack: string;
  settings: Settings;
  /** The release that runs. */
  from: Pick<Release, "version" | "pins">;
  to: Pick<Release, "version" | "pins">;
  /** Versions that the state names; absent where it was not read, or there is none of ours. */
  running: { kubernetes?: string; postgres?: string };
}

/** One thing to do, before the next. */
export interface Step {
  title: string;
  /** What moves in it, in this order, or what to know. */
  details: string[];
  commands: string[];
}

/** Which stacks a chart or tool is in; one that is not named is in all. */
const partOf: Readonly<Record<string, (settings: Settings) => boolean>> = {
  Airflow: ({ airflow }) => airflow !== undefined && airflow.executor.kind !== "mwaa",
  MLflow: ({ mlflow }) => mlflow !== undefined,
  JupyterHub: ({ jupyterhub }) => jupyterhub !== undefined,
  "chart aws-load-balancer-controller": onEks,
  "chart cert-manager": ({ foundation }) =>
    foundation.kind === "existing" && foundation.certificates.kind === "certManager",
  "chart cloudnative-pg": ({ foundation }) =>
    foundation.kind === "existing" && foundation.database.kind === "cloudnativepg",
  "chart cluster-autoscaler": (settings) => onEks(settings) && !byKarpenter(settings),
  "chart external-dns": onEks,
  "chart fluent-bit": ({ monitoring }) => monitoring?.logs !== undefined,
  "chart karpenter": byKarpenter,
  "chart kube-prometheus-stack": ({ monitoring }) => monitoring !== undefined,
  "chart loki": ({ foundation, monitoring }) => foundation.kind === "existing" && monitoring?.logs !== undefined,
  "chart seaweedfs": ({ foundation }) => foundation.kind === "existing" && foundation.objectStore.kind === "seaweedfs",
};
/** Charts that go where another goes; definitions of custom resources come before what uses them. */
const withChart: Readonly<Record<string, string>> = {
  "chart airflow": "Airflow",
  "chart jupyterhub": "JupyterHub",
  "chart karpenter-crd": "chart karpenter",
  "chart prometheus-operator-crds": "chart kube-prometheus-stack",
};

function onEks({ foundation }: Pick<Settings, "foundation">): boolean {
  return foundation.kind === "aws" && hasCluster({ foundation });
}

function byKarpenter({ foundation }: Pick<Settings, "foundation">): boolean {
  return (
    foundation.kind === "aws" && foundation.cluster.kind === "create" && foundation.cluster.scaling.kind === "karpenter"
  );
}

const major = (version: string) => Number(version.split(".")[0]);
const minor = (version: string) => Number(version.split(".")[1]);
const knownKubernetes = (pins: Release["pins"]) =>
  Object.entries(pins).flatMap(([what, version]) => (what.startsWith("Kubernetes ") ? [version] : []));

/** What another release pins otherwise, of what this stack has: definitions of custom resources first. */
export function moved({ from, to, settings }: Upgrade): string[] {
  const changed = Object.keys(to.pins).filter((what) => from.pins[what] !== to.pins[what]);
  const here = changed.filter((what) => (partOf[withChart[what] ?? what] ?? (() => true))(settings));
  const definitions = (what: string) => (/-crds?$/.test(what) ? 0 : 1);
  return here
    .filter((what) => /^(chart |image |EKS add-ons|Lambda runtime)/.test(what))
    .filter((what) => !what.startsWith("EKS add-ons") || onEks(settings))
    .sort((a, b) => definitions(a) - definitions(b))
    .map((what) => `${what}: ${from.pins[what] ?? "new"} → ${to.pins[what]}`);
}

const up = (stack: string) => `npx pulumi up -s ${stack}`;

const set = (stack: string, path: string, version: string) =>
  `npx pulumi config set -s ${stack} --path mlplatform:foundation.${path} ${version} --type string`;
const setKubernetes = (stack: string, version: string) => set(stack, "cluster.version", version);
const setPostgres = (stack: string, version: string) => set(stack, "database.engineVersion", version);

function kubernetesStep(stack: string, version: string): Step {
  return {
    title: `Kubernetes ${version}`,
    details: ["control plane, then add-ons, then managed nodes, in one update", "it cannot be undone"],
    commands: [setKubernetes(stack, version), up(stack)],
  };
}

/** Minor versions from one that runs, without it, to another. */
const between = (from: string, to: string): string[] =>
  Array.from({ length: Math.max(0, minor(to) - minor(from)) }, (_, index) => `1.${minor(from) + 1 + index}`);

/** Versions of Kubernetes to go through, by the program that runs and by the one that comes. */
function kubernetesWay({ settings: { foundation }, to, running }: Upgrade): { before: string[]; after: string[] } {
  if (foundation.kind !== "aws" || foundation.cluster.kind !== "create" || running.kubernetes === undefined)
    return { before: [], after: [] };
  const known = knownKubernetes(to.pins);
  const oldest = known.reduce((one, other) => (minor(one) < minor(other) ? one : other));
  const before = between(running.kubernetes, oldest);
  return { before, after: between(before.at(-1) ?? running.kubernetes, foundation.cluster.version) };
}

function backupStep({ stack, settings: { foundation, backup }, from }: Upgrade): Step {
  const title = "A backup that is young";
  const page = "how each piece comes back: docs/backup.md";
  if (!hasCluster({ foundation }))
    return { title, details: ["there is no database: what is to be kept are objects", page], commands: [] };
  if (foundation.kind === "aws")
    return {
      title,
      details: [
        backup === undefined ? "the stack has no section `backup`: this is the only copy" : "beside those of `backup`",
        page,
      ],
      commands: [
        `aws rds create-db-snapshot --region ${foundation.region} --db-instance-identifier mlplatform-${stack} --db-snapshot-identifier mlplatform-${stack}-before-${from.version.replaceAll(".", "-")}`,
      ],
    };
  return { title, details: ["pg_dump of each database, then the objects: *Take a copy*", page], commands: [] };
}

function registry({ stack, settings: { foundation } }: Upgrade): string {
  return foundation.kind === "aws"
    ? `${foundation.accountId ?? "ACCOUNT"}.dkr.ecr.${foundation.region}.amazonaws.com/mlplatform/${stack}`
    : (foundation.images.registry ?? "REGISTRY");
}

function migrations({ from, to, settings }: Upgrade): string[] {
  return ["Airflow", "MLflow", "JupyterHub"]
    .filter((tool) => from.pins[tool] !== to.pins[tool] && partOf[tool]!(settings))
    .map(
      (tool) => `the database of ${tool}, by a Job before its new pods: ${from.pins[tool] ?? "new"} → ${to.pins[tool]}`,
    );
}

/** What to do, in order: nothing of it is done here. */
export function upgradeSteps(upgrade: Upgrade): Step[] {
  const { stack, settings, from, to, running } = upgrade;
  const { foundation } = settings;
  const way = kubernetesWay(upgrade);
  const { tag } = foundation.images;
  const postgres = onEks(settings) && foundation.kind === "aws" ? foundation.database.engineVersion : undefined;
  const differs = postgres !== undefined && running.postgres !== undefined && running.postgres !== postgres;
  const movesPostgres = differs && major(postgres) > major(running.postgres!);
  // What the new program would move at once moves after it, step by step.
  const heldBack = [
    ...(way.after.length > 0 ? [setKubernetes(stack, way.before.at(-1) ?? running.kubernetes!)] : []),
    ...(differs ? [setPostgres(stack, running.postgres!)] : []),
  ];
  const neverBack =
    differs && !movesPostgres
      ? [`PostgreSQL ${running.postgres} runs and the settings say ${postgres}: a server never goes back, so it stays`]
      : [];
  const otherTag =
    tag === to.version ? [] : [`foundation.images.tag is ${tag}: set it to ${to.version}, or take the line out`];
  return [
    backupStep(upgrade),
    ...way.before.map((version) => {
      const step = kubernetesStep(stack, version);
      return {
        ...step,
        title: `${step.title}, by the program of ${from.version}, since that of ${to.version} knows no older one`,
      };
    }),
    {
      title: `Images of ${to.version}, before the program that starts them`,
      details: otherTag,
      commands: [`make images PUSH=${registry(upgrade)} TAG=${to.version}`],
    },
    ...(settings.delivery === undefined
      ? []
      : [
          {
            title: "Rights of pipelines, where the release has new types of resources",
            details: [],
            commands: [`npm run bootstrap -- --stack ${stack}`],
          },
        ]),
    {
      title: `What the program of ${to.version} would do`,
      details: ["nothing that holds data is replaced or deleted", ...neverBack],
      commands: [...heldBack, `npx pulumi preview -s ${stack} --diff`],
    },
    {
      title: `The program of ${to.version}`,
      details: [...moved(upgrade), ...migrations(upgrade)],
      commands: [up(stack)],
    },
    ...way.after.map((version) => kubernetesStep(stack, version)),
    ...(movesPostgres
      ? [
          {
            title: `PostgreSQL ${running.postgres} → ${postgres}, by itself`,
            details: ["the server starts anew, in its maintenance window; it never goes back"],
            commands: [setPostgres(stack, postgres), up(stack)],
          },
        ]
      : []),
    { title: "Whether all of it works", details: [], commands: [`make smoke STACK=${stack}`] },
  ];
}
