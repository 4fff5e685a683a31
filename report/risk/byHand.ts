import { hostName, type Tool } from "../../components/settings/access";
import { isBlock } from "../../components/settings/schemaTree";
import type { Settings } from "../../components/settings/settings";
import { type PlanIndex, text } from "../planIndex";

/** Names of secrets that the settings name and somebody has to store, with the path of the key. */
function namedSecrets(value: unknown, path = ""): [string, string][] {
  if (Array.isArray(value)) return value.flatMap((item, at) => namedSecrets(item, `${path}[${at}]`));
  if (!isBlock(value)) return [];
  return Object.entries(value).flatMap(([key, item]): [string, string][] => {
    const inner = path === "" ? key : `${path}.${key}`;
    return typeof item === "string" && /secretName$/i.test(key) ? [[item, inner]] : namedSecrets(item, inner);
  });
}

/** Where the identity provider sends people back to: the table of docs/platform-engineer.md. */
function callbacks({ access, airflow, mlflow, jupyterhub, monitoring }: Partial<Settings>): string[] {
  const provider = access?.signIn?.provider;
  if (access === undefined || provider === undefined || provider === "dummy") return [];
  const of = (tool: Tool, path: string) => `https://${hostName(access, tool)}${path}`;
  return [
    ...(airflow === undefined || airflow.executor.kind === "mwaa"
      ? []
      : [of("airflow", `/auth/oauth-authorized/${provider}`)]),
    ...(mlflow === undefined ? [] : [of("mlflow", "/oauth2/callback")]),
    of("home", "/oauth2/callback"),
    ...(jupyterhub === undefined ? [] : [of("hub", "/hub/oauth_callback")]),
    ...(monitoring === undefined ? [] : [of("grafana", `/login/${provider === "oidc" ? "generic_oauth" : provider}`)]),
  ];
}

function restores(foundation: Settings["foundation"] | undefined): boolean {
  if (foundation === undefined) return false;
  if (foundation.kind === "existing" && foundation.database.kind === "adopt") return false;
  return "restoreFrom" in foundation.database && foundation.database.restoreFrom !== undefined;
}

/** What no update does: it is for a person, in this order. @param warnings what the run warned of */
export function byHand(index: PlanIndex, settings: Partial<Settings>, warnings: readonly string[]): string[] {
  const { foundation, access, delivery, governance } = settings;
  const onAws = foundation?.kind === "aws";
  const store = onAws ? "Secrets Manager" : "a Secret of Kubernetes";
  const repositories = index.all("aws:ecr/repository:Repository").map(({ inputs }) => text(inputs.name));
  const connections = index.all("aws:codeconnections/connection:Connection");
  return [
    ...(restores(foundation)
      ? [
          "Take `foundation.database.restoreFrom` out once the server is back: what was written after that moment is not in it, and the objects are as they are.",
        ]
      : []),
    ...namedSecrets(settings).map(([name, path]) => `Store the secret \`${name}\` in ${store}: \`${path}\` names it.`),
    ...callbacks(settings).map((address) => `Register the callback ${address} with the identity provider.`),
    ...(onAws && access !== undefined && access.zoneId === undefined
      ? [`Point the names below \`${access.domain}\` at the load balancer: there is no \`access.zoneId\`.`]
      : []),
    ...(onAws && access?.zoneId !== undefined
      ? [
          `Have the hosted zone \`${access.zoneId}\` answer for \`${access.domain}\`, or the certificate is never issued.`,
        ]
      : []),
    ...(repositories.length > 0
      ? [
          `Push the platform's images after the first \`up\`: \`make images PUSH=…\`. Repositories: ${repositories.join(", ")}.`,
        ]
      : []),
    ...index
      .all("aws:sns/topicSubscription:TopicSubscription")
      .filter(({ inputs }) => inputs.protocol === "email")
      .map(({ inputs }) => `Confirm the mail that AWS sends to ${text(inputs.endpoint)}: no alarm reaches it before.`),
    ...(governance?.budget === undefined
      ? []
      : ["Activate the stack's tag for cost allocation in the account that pays: the budget counts nothing before."]),
    ...connections.map(({ name }) => `Confirm the connection ${name} in the console: it is pending until then.`),
    ...(delivery === undefined
      ? []
      : [
          "Write the workflows of the git host, and give it the account's number: `npm run delivery`, docs/delivery.md.",
        ]),
    ...warnings.filter((warning) => !warning.startsWith("What this stack may run is more")),
  ];
}
