import { at, list, type Resource, text, unknown } from "../resource";
import { type Rule, textList, texts } from "../rule";

/** Types of machines that a resource starts, such as `ml.m5.large`. */
function machinesOf({ type, props }: Resource): unknown[] {
  switch (type) {
    case "aws:rds/instance:Instance":
    case "aws:rds/clusterInstance:ClusterInstance":
      return [props.instanceClass];
    case "aws:eks/nodeGroup:NodeGroup":
      return list(props.instanceTypes);
    case "aws:ec2/instance:Instance":
    case "aws:ec2/launchTemplate:LaunchTemplate":
    case "aws:sagemaker/notebookInstance:NotebookInstance":
      return [props.instanceType];
    case "aws:sagemaker/endpointConfiguration:EndpointConfiguration":
      return list(props.productionVariants).map((variant) => at(variant, "instanceType"));
    case "kubernetes:karpenter.sh/v1:NodePool":
      return list(at(props, "spec", "template", "spec", "requirements"))
        .filter((each) => at(each, "key") === "node.kubernetes.io/instance-type" && at(each, "operator") === "In")
        .flatMap((each) => list(at(each, "values")));
    default:
      return [];
  }
}

const familyOf = (machine: string) => machine.replace(/^(ml|db)\./, "").split(".")[0]!;

export const machines: readonly Rule[] = [
  {
    name: "instance-families",
    level: "mandatory",
    reason: "A machine of a large family costs more in a day than others in a month.",
    remedy: "Choose another family, or allow this one in the pack's configuration.",
    options: {
      allowed: textList("The only families that may be used, such as m7i. Empty: all that are not denied."),
      denied: textList("Families that may not be used, such as p5."),
    },
    check: {
      resource: (resource, config) => {
        const [allowed, denied] = [texts(config, "allowed"), texts(config, "denied")];
        return machinesOf(resource)
          .filter((machine) => machine !== undefined && machine !== unknown)
          .map(text)
          .filter((machine) => {
            const family = familyOf(machine);
            return denied.includes(family) || (allowed.length > 0 && !allowed.includes(family));
          })
          .map((machine) => `The family of ${machine} is not allowed`);
      },
    },
  },
];
