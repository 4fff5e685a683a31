import type { DagsAccess } from "../apps/dagsSecret";
import type { AppContext } from "./surroundings";

/** What opens the repository of a stack's DAGs; absent where it is public, or where DAGs are not in Git. */
export function dagsAccess({ settings, foundation }: AppContext): DagsAccess | undefined {
  const dags = settings.airflow?.dags;
  if (dags?.kind !== "git" || dags.secretName === undefined) return undefined;
  return { repository: dags.repository, credential: foundation.readSecret(dags.secretName, "gitCredential") };
}
