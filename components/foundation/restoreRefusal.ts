import { SettingsProblems } from "../settings/problems";

/**
 * Why nothing is restored beside a server that lives.
 * @param asked origin that the settings name
 * @param origin what the server that lives was made of; absent: it was not restored
 * @param orElse what can be done beside bringing single databases back
 */
export const otherServerLives = (name: string, asked: string, origin: string | undefined, orElse: string) =>
  new SettingsProblems([
    {
      path: "foundation.database.restoreFrom",
      value: asked,
      allowed: `a server ${name} that is not there yet; ${origin === undefined ? "the one that lives was not restored" : `the one that lives was made of ${origin}`}`,
      remedy: `take it out and bring single databases back as docs/backup.md says; or ${orElse}`,
    },
  ]);
