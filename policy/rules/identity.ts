import { anyResourceActions } from "../anyResourceActions";
import { at, list, type Resource, text } from "../resource";
import { type Rule, textList, texts } from "../rule";
import { forAnybody, type Statement, statementsOf } from "../statements";

const words = (value: string | string[] | undefined): string[] => (value === undefined ? [] : [value].flat());
const sid = ({ Sid }: Statement) => (Sid === undefined ? "" : ` (${Sid})`);

/** Statements that permit something. A gateway permits nothing by itself: its policy narrows what roles and resources allow. */
function allowed({ type, props }: Resource): Statement[] {
  if (type === "aws:ec2/vpcEndpoint:VpcEndpoint") return [];
  return statementsOf(props).filter(({ Effect }) => Effect === "Allow");
}

/** All of a service, or of all services: nothing of it is named. */
const everything = /^(\*|arn:[^:]*:[^:]*:[^:]*:[^:]*:\*)$/;

/** Amazon's policies that allow everything, or everything of a service. */
const fullAccess = /^arn:[^:]+:iam::aws:policy\/.*(AdministratorAccess|PowerUserAccess|FullAccess)/;

/** Policies that a resource attaches to somebody, by ARN. */
const attached = ({ type, props }: Resource): string[] =>
  /^aws:iam\/(role|user|group)?[pP]olicyAttachment:/.test(type)
    ? [text(props.policyArn)]
    : type === "aws:iam/role:Role"
      ? list(props.managedPolicyArns).map(text)
      : [];

/** In a policy that a thing has itself, such as a key's, "*" is that thing. */
const ofThing = ({ Principal }: Statement) => Principal !== undefined;

export const identity: readonly Rule[] = [
  {
    name: "iam-actions",
    level: "mandatory",
    reason: "A wildcard allows what AWS adds tomorrow, and what nobody thought of today.",
    remedy: "Name each action that the code asks for.",
    check: {
      resource: (resource) =>
        allowed(resource).flatMap((each) => [
          ...words(each.Action)
            .filter((action) => /[*?]/.test(action))
            .map((action) => `It allows ${action}${sid(each)}`),
          ...(each.NotAction === undefined
            ? []
            : [`It allows all but ${words(each.NotAction).join(", ")}${sid(each)}`]),
        ]),
    },
  },
  {
    name: "iam-resources",
    level: "mandatory",
    reason: "Whoever has the role reaches everything of that kind in the account, of every other stack too.",
    remedy: "Name the resources. `anyResource` lists further actions for which AWS knows none.",
    options: { anyResource: textList("Actions that may be allowed on every resource, beside those that have none.") },
    check: {
      resource: (resource, config) =>
        allowed(resource)
          .filter(
            (each) =>
              !ofThing(each) &&
              (words(each.Resource).some((one) => everything.test(one)) || each.NotResource !== undefined),
          )
          .flatMap((each) =>
            words(each.Action)
              .filter((action) => !anyResourceActions.has(action) && !texts(config, "anyResource").includes(action))
              .map((action) => `It allows ${action} on every resource${sid(each)}`),
          ),
    },
  },
  {
    name: "iam-managed-policies",
    level: "mandatory",
    reason: "It allows everything of a service, in every stack of the account, and what AWS adds to it.",
    remedy: "Write a policy with the actions that the code asks for.",
    check: {
      resource: (resource) =>
        attached(resource)
          .filter((arn) => fullAccess.test(arn))
          .map((arn) => `It attaches ${arn.split(":policy/")[1]}`),
    },
  },
  {
    name: "iam-principals",
    level: "mandatory",
    reason: "A principal of * is everybody, and a condition is one mistake away from meaning so.",
    remedy: "Name accounts, roles or services.",
    check: {
      resource: (resource) =>
        allowed(resource)
          .filter((each) => forAnybody(each) && !onlyOfAccount(each))
          .map((each) => `It is for everybody${sid(each)}`),
    },
  },
  {
    name: "no-static-keys",
    level: "mandatory",
    reason: "A key that does not expire is found in a laptop, a log or a commit, years later.",
    remedy: "Use a role: Pod Identity, an instance profile, or tokens of a git host.",
    check: {
      resource: ({ type }) =>
        ["aws:iam/accessKey:AccessKey", "aws:iam/userLoginProfile:UserLoginProfile"].includes(type)
          ? ["It makes a key that does not expire"]
          : [],
    },
  },
  {
    name: "rbac-wildcards",
    level: "mandatory",
    reason: "Whoever has the role rules the cluster, Secrets of others among it.",
    remedy: "Name groups, resources and verbs.",
    check: {
      resource: ({ type, props }) => {
        if (!/^kubernetes:rbac\.authorization\.k8s\.io\/v1:(Cluster)?Role$/.test(type)) return [];
        const wide = list(props.rules).filter((rule) =>
          ["verbs", "resources", "apiGroups"].every((part) => list(at(rule, part)).includes("*")),
        );
        return wide.map(() => "It allows everything");
      },
    },
  },
];

/** A key's policy may speak of all callers of its own account, as AWS's examples do. */
function onlyOfAccount({ Condition }: Statement): boolean {
  const named = { ...Condition?.StringEquals, ...Condition?.ArnEquals };
  return ["kms:CallerAccount", "aws:PrincipalAccount", "aws:SourceAccount", "aws:PrincipalOrgID"].some(
    (key) => key in named,
  );
}
