/** What the component asks of the function: one database with one user of its own. All of it is plain, none of it secret. */
export interface DatabaseAccessInput {
  /** Database to make, `^[a-z][a-z0-9_]{0,62}$`. Cannot change later: another name is another resource. */
  databaseName: string;
  /** User that owns it and nothing else, `^[a-z][a-z0-9_]{0,62}$`. Cannot change later. */
  userName: string;
  /** Secret in Secrets Manager that holds an {@link AppSecret}. */
  passwordSecretArn: string;
  /** On delete: `true` keeps the data and only shuts the user out, `false` drops database and user for good. */
  keepData: boolean;
  /** Any text that changes with the password. The function ignores its value: a changed input is what makes it run. */
  passwordVersion: string;
}

/** Content of the secret behind `passwordSecretArn`, as JSON: the same shape that RDS gives its own. */
export interface AppSecret {
  username: string;
  /** Printable ASCII. */
  password: string;
}

export type Action = "create" | "update" | "delete";

/** One checked request. */
export interface Request extends DatabaseAccessInput {
  action: Action;
}

const actions: readonly string[] = ["create", "update", "delete"] satisfies Action[];
const identifier = /^[a-z][a-z0-9_]{0,62}$/;
/** Databases that PostgreSQL and RDS keep for themselves. */
const reservedDatabases = ["postgres", "template0", "template1", "rdsadmin"];

/**
 * Reads the payload of `aws.lambda.Invocation` with `lifecycleScope: "CRUD"`: our input, plus `tf` with the action and
 * the input of the invocation before.
 * See https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/lambda_invocation.
 *
 * @throws with every problem of the payload in one message; also when an update would rename the database or the user,
 * because PostgreSQL would be left with both.
 */
export function parseEvent(event: unknown): Request {
  const input = asRecord(event);
  const lifecycle = asRecord(input.tf);
  const problems: string[] = [];
  const problem = (path: string, value: unknown, allowed: string) =>
    problems.push(`${path}: ${value === undefined ? "missing" : JSON.stringify(value)}; allowed: ${allowed}`);

  const { databaseName, userName, passwordSecretArn, keepData, passwordVersion } = input;
  const { action } = lifecycle;
  if (typeof action !== "string" || !actions.includes(action)) problem("tf.action", action, actions.join(", "));
  if (typeof databaseName !== "string" || !identifier.test(databaseName) || reservedDatabases.includes(databaseName)) {
    problem("databaseName", databaseName, `${identifier.source}, but not ${reservedDatabases.join(", ")}`);
  }
  if (typeof userName !== "string" || !identifier.test(userName) || /^(pg_|rds)/.test(userName)) {
    problem("userName", userName, `${identifier.source}, not beginning with pg_ or rds`);
  }
  if (typeof passwordSecretArn !== "string" || !passwordSecretArn.startsWith("arn:")) {
    problem("passwordSecretArn", passwordSecretArn, "the ARN of a secret in Secrets Manager");
  }
  if (typeof keepData !== "boolean") problem("keepData", keepData, "true, false");
  if (typeof passwordVersion !== "string") problem("passwordVersion", passwordVersion, "a text");

  if (action === "update") {
    const before = asRecord(lifecycle.prev_input);
    for (const [path, value] of Object.entries({ databaseName, userName })) {
      if (before[path] !== undefined && before[path] !== value) {
        problem(path, value, `${JSON.stringify(before[path])}, since an update cannot rename; replace the resource`);
      }
    }
  }
  if (problems.length > 0) throw new Error(`Bad request to databaseAccess:\n- ${problems.join("\n- ")}`);
  return { action, databaseName, userName, passwordSecretArn, keepData, passwordVersion } as Request;
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
