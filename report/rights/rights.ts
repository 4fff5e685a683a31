import { at, list, type PlanIndex, text } from "../planIndex";
import { type Statement, statementsIn } from "./statements";
import { grantsOf, inWords, takers } from "./words";

/** One that may do something: a role of AWS, a thing with a policy of its own, or an account of Kubernetes. */
export interface Holder {
  name: string;
  /** Who may act as it. */
  takenBy: string;
  /** What it may do, a sentence for each statement. */
  may: string[];
  /** The same in pieces, for comparing. */
  grants: string[];
}

const notKnown = "what it may do is known when the update comes to it";

function holder(name: string, takenBy: string, statements: Statement[] | undefined): Holder {
  return {
    ...{ name, takenBy },
    may: statements === undefined ? [notKnown] : statements.map(inWords),
    grants: statements === undefined ? [notKnown] : [...new Set(statements.flatMap(grantsOf))].sort(),
  };
}

function roles(index: PlanIndex): Holder[] {
  const type = "aws:iam/role:Role";
  const inRole = (of: string, urn: string) => index.all(of).filter(({ dependencies }) => dependencies.includes(urn));
  return index.all(type).map(({ urn, name, inputs }) => {
    const policies = inRole("aws:iam/rolePolicy:RolePolicy", urn).map((each) => statementsIn(each.inputs));
    const known = policies.flatMap((each) => each ?? []);
    const managed = inRole("aws:iam/rolePolicyAttachment:RolePolicyAttachment", urn).map(
      (each) => `AWS's policy ${text(each.inputs.policyArn).split("/").at(-1)}`,
    );
    const trust = statementsIn(inputs);
    const found = holder(name, trust === undefined ? notKnown : takers(trust), known);
    const unknown = policies.includes(undefined) ? [notKnown] : [];
    const taken = trust === undefined ? [] : trust.flatMap(grantsOf);
    return {
      ...found,
      may: [...found.may, ...managed, ...unknown],
      grants: [...found.grants, ...managed, ...unknown, ...taken].sort(),
    };
  });
}

/** A gateway's policy narrows what others allow, and permits nothing by itself. */
const narrows = "aws:ec2/vpcEndpoint:VpcEndpoint";

/** Things whose own policies say who may use them. */
function guarded(index: PlanIndex): Holder[] {
  return index.resources
    .filter(({ type }) => type.startsWith("aws:") && !type.startsWith("aws:iam/") && type !== narrows)
    .map(({ type, name, inputs }) => ({ type, name, statements: statementsIn(inputs) }))
    .filter(({ statements }) => statements === undefined || statements.length > 0)
    .map(({ type, name, statements }) =>
      holder(`${type.split(":").at(-1)} ${name}`, "whom its policy names", statements),
    );
}

interface RbacRule {
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  verbs?: string[];
}

function ruleInWords({ apiGroups = [], resources = [], resourceNames = [], verbs = [] }: RbacRule): string {
  const groups = apiGroups.filter((group) => group !== "");
  const named = resourceNames.length > 0 ? ` ${resourceNames.join(", ")}` : "";
  return `may ${verbs.join(", ")} ${resources.join(", ")}${named}${groups.length > 0 ? ` of ${groups.join(", ")}` : ""}`;
}

/** Accounts of Kubernetes, by what the program binds them to. Roles that charts bring are the charts' own. */
function accounts(index: PlanIndex): Holder[] {
  const rbac = "kubernetes:rbac.authorization.k8s.io/v1";
  return ["Role", "ClusterRole"].flatMap((kind) =>
    index
      .all(`${rbac}:${kind}Binding`)
      .filter((each) => !index.ofChart(each))
      .map(({ inputs }) => {
        const namespace = text(at(inputs, "metadata", "namespace"));
        const wanted = text(at(inputs, "roleRef", "name"));
        const role = index
          .all(`${rbac}:${text(at(inputs, "roleRef", "kind"))}`)
          .find(
            (each) =>
              at(each.inputs, "metadata", "name") === wanted &&
              text(at(each.inputs, "metadata", "namespace")) === (kind === "Role" ? namespace : ""),
          );
        const where = namespace === "" ? "in the whole cluster" : `in ${namespace}`;
        const may = role
          ? (list(role.inputs.rules) as RbacRule[]).map((rule) => `${ruleInWords(rule)} ${where}`)
          : [`may what the role ${wanted} of the cluster allows ${where}`];
        const subjects = list(at(inputs, "subjects")).map((subject) =>
          [text(at(subject, "namespace")), text(at(subject, "name"))].filter((part) => part !== "").join("/"),
        );
        return {
          name: `${text(at(inputs, "metadata", "name"))} ${where}`,
          takenBy: `pods of ${subjects.join(", ")}`,
          ...{ may, grants: [...may].sort() },
        };
      }),
  );
}

/** People and roles outside the stack that the cluster lets in. */
function entries(index: PlanIndex): Holder[] {
  return index.all("aws:eks/accessPolicyAssociation:AccessPolicyAssociation").map(({ name, inputs }) => {
    const policy = text(inputs.policyArn).split("/").at(-1);
    const may = [`may what ${policy} allows in the ${text(at(inputs, "accessScope", "type"))}`];
    return { name: `Kubernetes ${name}`, takenBy: text(inputs.principalArn), may, grants: may };
  });
}

/** Who may do what, by the statements of a plan. */
export function rightsOf(index: PlanIndex): Holder[] {
  const all = [...roles(index), ...guarded(index), ...accounts(index), ...entries(index)];
  return all.sort((a, b) => (a.name < b.name ? -1 : 1));
}

export interface RightsChange {
  name: string;
  added: string[];
  removed: string[];
}

/** What comes and goes between two plans, for each that holds rights. */
export function rightsChanges(before: readonly Holder[], after: readonly Holder[]): RightsChange[] {
  const grants = (holders: readonly Holder[], name: string) =>
    new Set(holders.filter((each) => each.name === name).flatMap((each) => each.grants));
  const names = [...new Set([...before, ...after].map(({ name }) => name))].sort();
  return names
    .map((name) => {
      const [old, now] = [grants(before, name), grants(after, name)];
      return {
        name,
        added: [...now].filter((each) => !old.has(each)),
        removed: [...old].filter((each) => !now.has(each)),
      };
    })
    .filter(({ added, removed }) => added.length + removed.length > 0);
}
