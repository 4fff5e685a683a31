/** IAM. Limits: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
import { limits } from "../../../components/settings/limits";
import { between, describeTypes, like, longest, policyDocument, type Situation } from "./describe";
import * as type from "./tokens";

const nameOf = (characters: number) => ({
  longest: characters,
  allowed: /^[\w+=,.@-]+$/,
  allowedMeans: "letters, digits and _+=,.@-",
  uniqueIn: "account" as const,
});
const uniqueId = (prefix: string) => (x: Situation) => `${prefix}SIM${x.digits("unique", 14).toUpperCase()}`;
/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html */
const path = like("path", /^\/([\x21-\x7e]+\/)*$/, "a path that begins and ends with /");
const description = like("description", /^[\t\n\r\x20-\x7E\u00A1-\u00FF]*$/, "Latin characters");
/** Policies of AWS exist in each account. */
export const managedByAws = (value: string) => /^arn:aws[\w-]*:iam::aws:policy\//.test(value);
const trustPolicyCharacters = 4096;

describeTypes(
  {
    type: type.role,
    most: limits.roles.most,
    id: (x) => x.inputs.name,
    arn: (x) => `arn:aws:iam::${x.account.number}:role${x.inputs.path ?? "/"}${x.inputs.name}`,
    name: nameOf(64),
    forces: ["path"],
    refs: {
      "managedPolicyArns[]": { to: [type.policy], unless: managedByAws },
      permissionsBoundary: { to: [type.policy], unless: managedByAws },
    },
    limits: [
      path,
      description,
      longest("description", 1000),
      between("maxSessionDuration", 3600, 43200, "seconds"),
      policyDocument("assumeRolePolicy", trustPolicyCharacters),
      policyDocument("inlinePolicies[].policy", 10240),
    ],
    defaults: { path: "/", maxSessionDuration: 3600, forceDetachPolicies: false },
    computed: {
      uniqueId: uniqueId("AROA"),
      createDate: () => "2000-01-01T00:00:00Z",
      managedPolicyArns: () => [],
      inlinePolicies: () => [],
      name: (x) => x.inputs.name,
    },
    code: "DeleteConflict",
  },
  {
    type: "aws:iam/rolePolicy:RolePolicy",
    id: (x) => `${roleName(x)}:${x.inputs.name}`,
    name: { ...nameOf(128), uniqueIn: "nowhere" },
    forces: ["role"],
    refs: { role: type.role },
    limits: [policyDocument("policy", 10240)],
    claims: (x) => [`policy ${roleName(x)} ${x.inputs.name}`],
  },
  {
    type: "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    id: (x) => `${roleName(x)}/${x.inputs.policyArn}`,
    forces: ["role", "policyArn"],
    refs: { role: type.role, policyArn: { to: [type.policy], unless: managedByAws } },
    claims: (x) => [`attachment ${roleName(x)} ${x.inputs.policyArn}`],
  },
  {
    type: type.policy,
    id: (x) => x.arn || `arn:aws:iam::${x.account.number}:policy${x.inputs.path ?? "/"}${x.inputs.name}`,
    arn: (x) => `arn:aws:iam::${x.account.number}:policy${x.inputs.path ?? "/"}${x.inputs.name}`,
    name: nameOf(128),
    forces: ["path", "description"],
    limits: [path, longest("description", 1000), policyDocument("policy", 6144)],
    defaults: { path: "/" },
    computed: { policyId: uniqueId("ANPA"), attachmentCount: () => 0, name: (x) => x.inputs.name },
    code: "DeleteConflict",
  },
  {
    type: type.instanceProfile,
    id: (x) => x.inputs.name,
    arn: (x) => `arn:aws:iam::${x.account.number}:instance-profile${x.inputs.path ?? "/"}${x.inputs.name}`,
    name: nameOf(128),
    forces: ["path"],
    refs: { role: type.role },
    limits: [path],
    defaults: { path: "/" },
    computed: { uniqueId: uniqueId("AIPA"), createDate: () => "2000-01-01T00:00:00Z", name: (x) => x.inputs.name },
  },
  {
    type: "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
    id: (x) => `arn:aws:iam::${x.account.number}:oidc-provider/${String(x.inputs.url).replace(/^https:\/\//, "")}`,
    arn: (x) => `arn:aws:iam::${x.account.number}:oidc-provider/${String(x.inputs.url).replace(/^https:\/\//, "")}`,
    forces: ["url"],
    limits: [like("url", /^(https:\/\/)?[a-z0-9.-]+(\/.*)?$/i, "an https URL"), longest("url", 255)],
    computed: { thumbprintLists: () => ["0".repeat(40)] },
  },
);

function roleName(x: Situation): string {
  const target = x.referred("role");
  return target === undefined ? String(x.inputs.role) : (target.outputs.name as string);
}
