import { type AdmissionRule, celSecretsAmong } from "../../lib/admission";
import { userName } from "../../lib/userName";

/** What a pod beside the loops' data may be, whoever asks for it. */
export function loopAdmission(args: {
  namespace: string;
  /** Who starts pods of loops. */
  launcher: { name: string; namespace: string };
  /** What service accounts of loops begin with. */
  accountPrefix: string;
  secretNames: readonly string[];
}): AdmissionRule {
  const launcher = userName(args.launcher.namespace, args.launcher.name);
  const account = "object.spec.serviceAccountName";
  const images = (of: string, list: string) => `(has(${of}.spec.${list}) ? ${of}.spec.${list}.map(c, c.image) : [])`;
  const same = ["containers", "initContainers"]
    .map((list) => `${images("object", list)} == ${images("oldObject", list)}`)
    .join(" && ");
  return {
    name: "airflow-training.mlplatform",
    namespaces: [args.namespace],
    resource: { group: "", version: "v1", plural: "pods" },
    operations: ["CREATE", "UPDATE"],
    demands: [
      {
        expression: `request.operation != "CREATE" || !${account}.startsWith(${JSON.stringify(args.accountPrefix)}) || request.userInfo.username == ${JSON.stringify(launcher)}`,
        message: `Only ${launcher} starts pods as a training loop.`,
      },
      {
        expression: `request.operation != "CREATE" || (${celSecretsAmong("object.spec", args.secretNames)})`,
        message: `Pods here may read these Secrets alone: ${args.secretNames.join(", ")}.`,
      },
      {
        expression: `request.operation != "UPDATE" || (${same})`,
        message: "The image of a pod that runs is not changed.",
      },
    ],
  };
}
