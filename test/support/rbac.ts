/** Who may do what by roles and bindings, as the API server's RBAC authorizer decides it. https://kubernetes.io/docs/reference/access-authn-authz/rbac/ */

interface Rule {
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  verbs: string[];
}

interface Subject {
  kind: string;
  name: string;
  namespace?: string;
}

/** A Role, ClusterRole, RoleBinding or ClusterRoleBinding. */
export interface RbacObject {
  kind: string;
  metadata: { name: string; namespace?: string };
  rules?: Rule[];
  roleRef?: { kind: string; name: string };
  subjects?: Subject[];
}

/** What somebody asks for, such as `create` of `pods` in `models`; without a namespace, in the whole cluster. */
export interface RbacRequest {
  verb: string;
  /** With its group, where it has one: `batch/jobs`; with its part, where one is meant: `pods/exec`. */
  resource: string;
  namespace?: string;
  name?: string;
}

const groups = new Set(["apps", "batch", "rbac.authorization.k8s.io", "networking.k8s.io", "autoscaling"]);

function split(resource: string): { group: string; resource: string } {
  const [first, ...rest] = resource.split("/");
  return groups.has(first!) ? { group: first!, resource: rest.join("/") } : { group: "", resource };
}

function allows(rule: Rule, { verb, resource: asked, name }: RbacRequest): boolean {
  const { group, resource } = split(asked);
  const among = (list: string[] | undefined, item: string) => list?.includes(item) || list?.includes("*");
  const names = rule.resourceNames ?? [];
  return Boolean(
    among(rule.verbs, verb) &&
      among(rule.apiGroups, group) &&
      among(rule.resources, resource) &&
      (names.length === 0 || (name !== undefined && names.includes(name))),
  );
}

/** @param account service account as `namespace/name` */
export function mayDo(objects: RbacObject[], account: string, request: RbacRequest): boolean {
  const [namespace, name] = account.split("/");
  const all = ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"];
  return objects
    .filter(({ kind, metadata }) =>
      kind === "ClusterRoleBinding" ? true : kind === "RoleBinding" && metadata.namespace === request.namespace,
    )
    .filter(({ subjects = [] }) =>
      subjects.some((subject) =>
        subject.kind === "ServiceAccount"
          ? subject.name === name && subject.namespace === namespace
          : subject.kind === "Group" && all.includes(subject.name),
      ),
    )
    .some((binding) => {
      const role = objects.find(
        ({ kind, metadata }) =>
          kind === binding.roleRef!.kind &&
          metadata.name === binding.roleRef!.name &&
          (kind === "ClusterRole" || metadata.namespace === binding.metadata.namespace),
      );
      return (role?.rules ?? []).some((rule) => allows(rule, request));
    });
}
