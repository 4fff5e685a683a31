import type { Role, SignInProvider } from "../../components/contracts/app";
import { groupName, proxyArguments } from "./signInProxy";

/** Who people are, without the client's secret. */
export interface MlflowPeople {
  /** Where people reach MLflow, such as `https://mlflow.ml.example.com`. */
  url: string;
  provider: SignInProvider;
  clientId: string;
  groups: Record<string, Role>;
}

function groupRoles({ provider, groups }: MlflowPeople): Record<string, Role> {
  return Object.fromEntries(Object.entries(groups).map(([group, role]) => [groupName(provider, group), role] as const));
}

/** What the sign-in proxy is told, and what the server makes of whom it names. */
export function peopleValues(people: MlflowPeople) {
  const { url, provider, clientId } = people;
  return {
    args: [
      ...proxyArguments({ url, provider, clientId, cookieName: "_mlflow_sign_in" }),
      "--upstream-timeout=10m", // A large artifact takes its time.
    ],
    auth: {
      groups: groupRoles(people),
      byEmail: provider.provider === "google",
      anyCase: provider.provider !== "oidc",
    },
  };
}
