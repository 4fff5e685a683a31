import { type AdmissionRule, celList } from "../lib/admission";
import { userName } from "../lib/userName";
import { releaseControllerName } from "./releasedModels";

const pod = "object.spec.template.spec";
const template = "params.spec.jobTemplate.spec.template.spec";

/** That a field is the template's, or is missing in both. The two are of two kinds, so what they hold is compared as it is. */
function same(of: string, at: string, field: string): string {
  return `has(${of}.${field}) == has(${at}.${field}) && (!has(${of}.${field}) || dyn(${of}.${field}) == dyn(${at}.${field}))`;
}

const ofPod = ["serviceAccountName", "volumes", "securityContext", "automountServiceAccountToken", "nodeSelector"];
const ofContainer = [
  "image",
  "command",
  "env",
  "envFrom",
  "volumeMounts",
  "securityContext",
  "workingDir",
  "lifecycle",
];
const elsewhere = ["hostNetwork", "hostPID", "hostIPC", "initContainers"];

/**
 * Jobs of the release controller are those that stand in the preview. To create cannot be limited to a name, so its role alone would let
 * whoever has its token run anything as any service account of the namespace.
 */
export function buildAdmission(args: {
  namespace: string;
  /** Of the CronJob whose template Jobs are made of. */
  cronJob: string;
  /** How many arguments the template's container has; which version is meant comes after them. */
  templateArguments: number;
}): AdmissionRule {
  const [container, given] = [`${pod}.containers[0]`, `${template}.containers[0]`];
  const count = args.templateArguments;
  const first = Array.from({ length: count }, (_, at) => `${container}.args[${at}] == ${given}.args[${at}]`);
  const own = [
    `${pod}.containers.size() == 1`,
    ...elsewhere.map((field) => `!has(${pod}.${field})`),
    ...ofPod.map((field) => `(${same(pod, template, field)})`),
    ...ofContainer.map((field) => `(${same(container, given, field)})`),
  ];
  const asked = [
    `has(${container}.args)`,
    `${container}.args.size() == ${count + 4}`,
    ...first,
    `[${container}.args[${count}], ${container}.args[${count + 2}]] == ${celList(["--model", "--from"])}`,
  ];
  return {
    name: "models-builds.mlplatform",
    namespaces: [args.namespace],
    resource: { group: "batch", version: "v1", plural: "jobs" },
    operations: ["CREATE"],
    when: {
      "by-the-controller": `request.userInfo.username == ${JSON.stringify(userName(args.namespace, releaseControllerName))}`,
    },
    compared: { apiVersion: "batch/v1", kind: "CronJob", name: args.cronJob, namespace: args.namespace },
    demands: [
      { expression: own.join(" && "), message: `A Job of the release controller is the template of ${args.cronJob}.` },
      {
        expression: asked.join(" && "),
        message: `A Job of the release controller says which version it is about, and nothing else.`,
      },
    ],
  };
}
