/**
 * Makes user and database, or brings them to this state; run again it changes nothing. Needs in its environment `APP_NAME`,
 * `APP_VERIFIER` (see `scramVerifier`) and `APP_KEEPER`. Like `functions/databaseAccess/access.ts` it leaves alone what
 * another keeper made: psql ends with an error then.
 */
export const adoptedDatabaseSql = String.raw`\set QUIET on
\getenv name APP_NAME
\getenv verifier APP_VERIFIER
\getenv keeper APP_KEEPER
SELECT set_config('mlplatform.name', :'name', false), set_config('mlplatform.keeper', :'keeper', false) \g /dev/null
DO $refuse$
DECLARE
  wanted text := current_setting('mlplatform.name');
  keeper text := current_setting('mlplatform.keeper');
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = wanted
             AND coalesce(shobj_description(oid, 'pg_authid'), '') <> keeper) THEN
    RAISE EXCEPTION 'user % exists and is not kept by %: drop or rename it, or use another server', wanted, keeper;
  END IF;
  IF EXISTS (SELECT FROM pg_database WHERE datname = wanted AND pg_get_userbyid(datdba) <> wanted) THEN
    RAISE EXCEPTION 'database % belongs to somebody else: rename it, or use another server', wanted;
  END IF;
END
$refuse$;
SELECT format('CREATE ROLE %I LOGIN', :'name')
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'name') \gexec
COMMENT ON ROLE :"name" IS :'keeper';
ALTER ROLE :"name" LOGIN PASSWORD :'verifier';
GRANT :"name" TO CURRENT_USER;
SELECT format('CREATE DATABASE %I OWNER %I TEMPLATE template0 ENCODING ''UTF8''', :'name', :'name')
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \gexec
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
\connect :name
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
`;
