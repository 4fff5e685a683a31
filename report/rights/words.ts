import type { Statement } from "./statements";
import { withoutMarks } from "./statements";

/** How names of actions begin, and what that does. The first that fits counts. */
const verbs: [RegExp, string][] = [
  [/^(Get|List|Describe|Head|BatchGet|Query|Scan|Search|Lookup|View|Read|Select|Filter|Check)/, "read"],
  [/^(Delete|Remove|Terminate|Purge|Deregister|ScheduleKeyDeletion|Batch?Delete|AbortMultipart)/, "delete"],
  [/^(PassRole|AssumeRole|TagSession|SetSourceIdentity)/, "hand over or take roles"],
  [/^(Encrypt|Decrypt|ReEncrypt|GenerateDataKey|GenerateMac|VerifyMac)/, "encrypt and decrypt"],
  [/^(Invoke|Start|Run|Send|Publish|Execute)/, "start and call"],
];

const order = [
  "read",
  "start and call",
  "encrypt and decrypt",
  "hand over or take roles",
  "change",
  "delete",
  "do anything",
];

function verbOf(action: string): string {
  const [, name = action] = action.split(":");
  if (name === "*") return "do anything";
  return verbs.find(([pattern]) => pattern.test(name))?.[1] ?? "change";
}

const strings = (value: string | string[] | undefined): string[] => (value === undefined ? [] : [value].flat());

/** The end of an ARN, which people know things by. */
function short(resource: string): string {
  if (resource === "*") return "everything";
  const [, , service, , , ...rest] = resource.split(":");
  return withoutMarks(rest.length > 0 ? `${service} ${rest.join(":")}` : resource);
}

function conditions({ Condition = {} }: Statement): string[] {
  return Object.entries(Condition).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, value]) => `${key} ${operator} ${strings(value).map(withoutMarks).join(" or ")}`),
  );
}

/** `ReadArtifacts` as `Read artifacts`. */
const sentence = (name: string): string => {
  const words = name.replace(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
};

/** One statement in a sentence: why, what may be done, on what, and when. */
export function inWords(statement: Statement): string {
  const { Sid, Effect, Action, NotAction, Resource, NotResource } = statement;
  const byVerb = new Map<string, string[]>();
  for (const action of strings(Action)) byVerb.set(verbOf(action), [...(byVerb.get(verbOf(action)) ?? []), action]);
  const done = [...byVerb]
    .sort(([a], [b]) => order.indexOf(a) - order.indexOf(b))
    .map(([verb, actions]) => `${verb} (${actions.join(", ")})`);
  if (NotAction !== undefined) done.push(`do everything but ${strings(NotAction).join(", ")}`);
  const on = [
    ...strings(Resource).map(short),
    ...(NotResource === undefined ? [] : [`everything but ${strings(NotResource).map(short).join(", ")}`]),
  ];
  const when = conditions(statement);
  return [
    `${Sid === undefined || Sid === "" ? "" : `${sentence(Sid)}: `}${Effect === "Deny" ? "must not" : "may"} ${done.join(", ")}`,
    ...(on.length > 0 ? [`on ${on.join(", ")}`] : []),
    ...(when.length > 0 ? [`when ${when.join(" and ")}`] : []),
  ].join(" ");
}

/** Each thing that a statement gives or takes, so that one that comes or goes is seen alone. */
export function grantsOf(statement: Statement): string[] {
  const { Effect, Action, NotAction, Resource, NotResource, Principal } = statement;
  const actions = NotAction === undefined ? strings(Action) : [`all but ${strings(NotAction).join(", ")}`];
  const resources = NotResource === undefined ? strings(Resource) : [`all but ${strings(NotResource).join(", ")}`];
  const rest = [
    ...(Principal === undefined ? [] : [`by ${withoutMarks(JSON.stringify(Principal))}`]),
    ...conditions(statement).map((each) => `when ${each}`),
  ];
  return actions.flatMap((action) =>
    (resources.length > 0 ? resources : [""]).map((resource) =>
      [Effect, action, ...(resource === "" ? [] : ["on", short(resource)]), ...rest].join(" "),
    ),
  );
}

/** Who may take a role, by the statements of its trust. */
export function takers(trust: Statement[]): string {
  const of = ({ Principal, Condition = {} }: Statement): string => {
    const conditions = Object.assign({}, ...Object.values(Condition)) as Record<string, string | string[]>;
    const value = (key: string) => strings(conditions[key]).join(", ");
    const account = "aws:RequestTag/kubernetes-service-account";
    if (conditions[account] !== undefined)
      return `pods of ${value("aws:RequestTag/kubernetes-namespace")}/${value(account)}`;
    const subject = Object.keys(conditions).find((key) => key.endsWith(":sub"));
    if (subject !== undefined) return `jobs with a token of ${value(subject)}`;
    if (typeof Principal !== "object" || Principal === null) return "anybody";
    return Object.values(Principal as Record<string, string | string[]>)
      .flatMap(strings)
      .map(withoutMarks)
      .join(", ");
  };
  return [...new Set(trust.map(of))].join("; ");
}
