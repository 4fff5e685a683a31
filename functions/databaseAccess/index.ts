import { log } from "../log";
import { type Access, closeSchema, type DeleteOutcome, endAccess, giveAccess, withLock } from "./access";
import { type Action, parseEvent, type Request } from "./event";
import { scramVerifier } from "./scramVerifier";
import { type Credentials, Secrets } from "./secrets";
import { required, type Server, serverFrom, withConnection } from "./server";

/** What AWS Lambda tells of the invocation, as far as it is used. */
export interface InvocationContext {
  functionName: string;
  getRemainingTimeInMillis(): number;
}

/** Result of the `aws.lambda.Invocation`. It stays in the stack's state, so it holds no secret and no time. */
export interface DatabaseAccessResult {
  action: Action;
  databaseName: string;
  userName: string;
  outcome: "ready" | DeleteOutcome;
}

/** Time kept for reporting a failure before AWS Lambda ends the function without a word. */
const reserveMilliseconds = 3_000;
/** Exists on every instance, is nobody's data. */
const maintenanceDatabase = "postgres";

/**
 * Makes, changes or removes one database and its user inside one RDS PostgreSQL instance (15 or later). Every action
 * may be repeated. Environment: `MASTER_SECRET_ARN` (the secret that RDS manages), `DATABASE_HOST`, `DATABASE_PORT`,
 * `DATABASE_CA_FILE`.
 *
 * @throws with the reason and the remedy, which AWS Lambda hands to the deployment as it is; no secret is in it.
 */
export async function handler(event: unknown, context: InvocationContext): Promise<DatabaseAccessResult> {
  const secrets = new Secrets();
  const deadline = Date.now() + context.getRemainingTimeInMillis() - reserveMilliseconds;
  let subject = {};
  try {
    const request = parseEvent(event);
    const { action, databaseName, userName } = request;
    subject = { action, databaseName, userName };
    const master = await secrets.credentials(required(process.env, "MASTER_SECRET_ARN"));
    const server = serverFrom(process.env);
    const access: Access = { databaseName, userName, keeper: context.functionName };
    const outcome =
      action === "delete"
        ? await withMaster(server, master, deadline, (client) => endAccess(client, access, request.keepData))
        : await give(server, master, deadline, access, await verifierOf(request, secrets));
    log("info", "done", { ...subject, outcome });
    return { action, databaseName, userName, outcome };
  } catch (error) {
    const message = secrets.redact((error as Error).message);
    log("error", message, subject);
    throw new Error(message); // Not the error itself: its stack and its detail may quote a statement.
  }
}

async function give(
  server: Server,
  master: Credentials,
  deadline: number,
  access: Access,
  verifier: string,
): Promise<"ready"> {
  await withMaster(server, master, deadline, (client) => giveAccess(client, access, verifier));
  await withConnection(server, master, access.databaseName, deadline, closeSchema);
  return "ready";
}

function withMaster<T>(
  server: Server,
  master: Credentials,
  deadline: number,
  work: (client: Parameters<typeof closeSchema>[0]) => Promise<T>,
): Promise<T> {
  return withConnection(server, master, maintenanceDatabase, deadline, (client) =>
    withLock(client, () => work(client)),
  );
}

async function verifierOf(request: Request, secrets: Secrets): Promise<string> {
  const { username, password } = await secrets.credentials(request.passwordSecretArn);
  if (username !== request.userName) {
    throw new Error(
      `Secret ${request.passwordSecretArn}: its username is not ${request.userName}; apps would use the wrong one`,
    );
  }
  const verifier = scramVerifier(password);
  secrets.hide(verifier);
  return verifier;
}
