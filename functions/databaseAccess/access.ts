import { type Client, escapeIdentifier, escapeLiteral } from "pg";

/** One database and the user that owns it. */
export interface Access {
  databaseName: string;
  userName: string;
  /**
   * Function that keeps them, written on the database. When the function itself is replaced, its successor creates
   * (and finds everything there) before the old one is told to delete: by then the database is no longer the old one's.
   */
  keeper: string;
}

export type DeleteOutcome = "dropped" | "shut out" | "left to its new keeper";

/** Any number, as long as nobody else on the instance locks on it. Locks hold within one database, `postgres` here. */
const lockNumber = 5_417_330_021;

/** Lets one invocation at a time change roles and databases: what they check would change under their hands. */
export async function withLock<T>(client: Client, work: () => Promise<T>): Promise<T> {
  await client.query("SELECT pg_advisory_lock($1)", [lockNumber]);
  try {
    return await work();
  } finally {
    await client.query("SELECT pg_advisory_unlock($1)", [lockNumber]).catch(() => undefined); // Ends with the session too.
  }
}

/**
 * Makes user and database, or brings them to this state. The master of an RDS instance may create roles and databases
 * but is no superuser, so it joins the user's role first: only members may give a database to it, and PostgreSQL 16
 * and later do not count the creator as one.
 *
 * @param verifier stands for the password; see `scramVerifier`.
 * @throws when the names are taken by somebody else.
 */
export async function giveAccess(client: Client, access: Access, verifier: string): Promise<void> {
  const database = escapeIdentifier(access.databaseName);
  const user = escapeIdentifier(access.userName);
  const role = await findRole(client, access.userName);
  const found = await findDatabase(client, access.databaseName);
  refuseForeign(access, role, found);

  await client.query(
    role === undefined
      ? `CREATE ROLE ${user} LOGIN PASSWORD ${escapeLiteral(verifier)}`
      : `ALTER ROLE ${user} LOGIN PASSWORD ${escapeLiteral(verifier)}`,
  );
  await client.query(`GRANT ${user} TO CURRENT_USER`);
  if (found === undefined) {
    // template0: nobody can be connected to it, and what somebody left in template1 stays out.
    await client.query(`CREATE DATABASE ${database} OWNER ${user} TEMPLATE template0 ENCODING 'UTF8'`);
  }
  await client.query(`REVOKE ALL ON DATABASE ${database} FROM PUBLIC`);
  await client.query(`COMMENT ON DATABASE ${database} IS ${escapeLiteral(access.keeper)}`);
}

/** Inside the database: only its owner makes tables. PostgreSQL 15 starts like this, a restored older database does not. */
export async function closeSchema(client: Client): Promise<void> {
  await client.query("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
}

/**
 * Takes the access away again. What is gone already is fine.
 *
 * @throws when the database belongs to somebody else.
 */
export async function endAccess(client: Client, access: Access, keepData: boolean): Promise<DeleteOutcome> {
  const database = escapeIdentifier(access.databaseName);
  const user = escapeIdentifier(access.userName);
  const role = await findRole(client, access.userName);
  const found = await findDatabase(client, access.databaseName);
  refuseForeign(access, role, found);
  if (found?.keeper && found.keeper !== access.keeper) return "left to its new keeper";

  if (role !== undefined) await client.query(`GRANT ${user} TO CURRENT_USER`);
  if (keepData) {
    if (role !== undefined) {
      await client.query(`ALTER ROLE ${user} NOLOGIN`);
      await client.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1", [
        access.userName,
      ]);
    }
    return "shut out";
  }
  await client.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
  await client.query(`DROP ROLE IF EXISTS ${user}`);
  return "dropped";
}

interface Role {
  administrator: boolean;
  databases: string[];
}

interface Database {
  owner: string;
  keeper: string | null;
}

async function findRole(client: Client, userName: string): Promise<Role | undefined> {
  const { rows } = await client.query<Role>(
    `SELECT rolsuper OR rolcreaterole OR rolcreatedb AS administrator,
            ARRAY(SELECT datname::text FROM pg_database WHERE datdba = r.oid ORDER BY 1) AS databases
       FROM pg_roles r WHERE rolname = $1`,
    [userName],
  );
  return rows[0];
}

async function findDatabase(client: Client, databaseName: string): Promise<Database | undefined> {
  const { rows } = await client.query<Database>(
    `SELECT pg_get_userbyid(datdba)::text AS owner, shobj_description(oid, 'pg_database') AS keeper
       FROM pg_database WHERE datname = $1`,
    [databaseName],
  );
  return rows[0];
}

function refuseForeign(access: Access, role: Role | undefined, database: Database | undefined): void {
  const { databaseName, userName } = access;
  if (database !== undefined && database.owner !== userName) {
    throw new Error(
      `databaseName: ${databaseName} belongs to ${database.owner}, not to ${userName}; choose another name`,
    );
  }
  if (role?.administrator) {
    throw new Error(`userName: ${userName} administers the instance and is left alone; choose another name`);
  }
  const other = role?.databases.find((name) => name !== databaseName);
  if (other !== undefined) {
    throw new Error(`userName: ${userName} owns ${other} already; each database has a user of its own, choose another`);
  }
}
