import { expect } from "chai";
import { type Answer, type Asked, machinePassword, proxyKey } from "../../test/support/mlflowServer";
import { claims, personToken } from "../../test/support/personToken";

/** Who tries: machines with a password each, people's programs with tokens, people in a browser, and nobody. */
const machines = ["airflow", "model-server", "releases"] as const;
const notebooks = {
  notebook: () => personToken(claims({ sub: "nora@example.com", groups: ["ml"] })),
  "another notebook": () => personToken(claims({ sub: "otto@example.com", groups: ["ml"] })),
  "a notebook whose owner left": () => personToken(claims({ sub: "nora@example.com", groups: ["sales"] })),
} as const;
const people = {
  viewer: ["vic@example.com", "ml-readers"],
  editor: ["ed@example.com", "ml"],
  approver: ["lea@example.com", "ml-leads"],
  admin: ["ada@example.com", "ml-admins"],
} as const;
/** What looks like a token of an administrator, or was one. */
const forged = {
  "a forged token": () => personToken(claims({ groups: ["ml-admins"] }), { seed: "another seed" }),
  "a token that has run out": () => personToken(claims({ groups: ["ml-admins"], iat: now() - 901, exp: now() - 1 })),
  "a token for another server": () => personToken(claims({ groups: ["ml-admins"], aud: "airflow" })),
} as const;
const now = () => Math.floor(Date.now() / 1000);
const bearers: Record<string, () => string> = { ...notebooks, ...forged };
const nobody = ["anonymous", ...Object.keys(forged)] as ("anonymous" | keyof typeof forged)[];
export type Sender = (typeof machines)[number] | keyof typeof notebooks | keyof typeof people | (typeof nobody)[number];
const senders = [...Object.keys(notebooks), ...machines, ...Object.keys(people), ...nobody] as Sender[];
const isNobody = (sender: Sender) => (nobody as Sender[]).includes(sender);
/** Who may look: whoever has a name and is in a group that counts. */
export const named = senders.filter((each) => !isNobody(each) && each !== "a notebook whose owner left");

export const api = "/api/2.0/mlflow";
export const files = "/api/2.0/mlflow-artifacts";

/** A request as one of the senders. */
export function as(sender: Sender, { method = "POST", path, body }: Asked): Asked {
  if (sender === "anonymous") return { method, path, body };
  const token = bearers[sender];
  if (token) return { method, path, body, headers: { authorization: `Bearer ${token()}` } };
  const person = sender in people ? people[sender as keyof typeof people] : undefined;
  const user = person?.[0] ?? sender;
  const password = person ? proxyKey : machinePassword(sender);
  return {
    method,
    path,
    body,
    as: { user, password },
    headers: person ? { "x-forwarded-groups": person[1] } : {},
  };
}

/** One act, who may do it, and whether those who may not are told by the rules and not by accident. */
export interface Act {
  what: string;
  asked: () => Asked;
  /** All others get 403, and who has no name that holds 401. */
  may: Sender[];
  /** What it answers those who may; 200 by default. */
  answers?: number;
}

/** Everybody tries it, one after the other, and gets what the act says. */
export async function tried({ asked, may, answers = 200 }: Act, to: (asked: Asked) => Promise<Answer>): Promise<void> {
  const wanted = Object.fromEntries(
    senders.map((each) => [each, isNobody(each) ? 401 : may.includes(each) ? answers : 403]),
  );
  const got: Record<string, number> = {};
  let said = "";
  for (const sender of senders) {
    const answer = await to(as(sender, asked()));
    got[sender] = answer.status;
    if (answer.status !== wanted[sender]) said += `${sender}: ${answer.text}\n`;
  }
  expect(got, said).to.deep.equal(wanted);
}

/** Who may do an act, for the name of its test. */
export function whoMay({ may }: Act): string {
  return may.length === 0 ? "nobody" : may.length > 8 ? "everybody with a name" : may.join(", ");
}

/** Those who train and register. */
export const writers: Sender[] = ["notebook", "another notebook", "airflow", "releases", "editor", "approver", "admin"];
