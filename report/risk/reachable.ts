import { at, list, type PlanIndex, text } from "../planIndex";
import { type Statement, statementsIn } from "../rights/statements";

const everywhere = new Set(["0.0.0.0/0", "::/0"]);
const annotation = (name: string) => `alb.ingress.kubernetes.io/${name}`;

/** Whether a resource's own policy lets anybody, of any account, do something. */
function forAnybody({ Effect, Principal, Condition }: Statement): boolean {
  const anybody = Principal === "*" || [at(Principal, "AWS")].flat().includes("*");
  return Effect === "Allow" && anybody && Condition === undefined;
}

/** What can be reached from the internet, and by whom. */
export function reachable(index: PlanIndex): string[] {
  const found: string[] = [];
  for (const { inputs } of index.all("aws:eks/cluster:Cluster")) {
    // AWS makes it public where nothing is said.
    if (at(inputs, "vpcConfig", "endpointPublicAccess") === false) continue;
    const from = list(at(inputs, "vpcConfig", "publicAccessCidrs")).map(text);
    found.push(`The API of the cluster, from ${from.length > 0 ? from.join(", ") : "everywhere"}; it asks who it is`);
  }
  const ingresses = index.all("kubernetes:networking.k8s.io/v1:Ingress").filter((each) => !index.ofChart(each));
  for (const { inputs } of ingresses) {
    const annotations = at(inputs, "metadata", "annotations");
    if (at(annotations, annotation("scheme")) !== "internet-facing") continue;
    const from = text(at(annotations, annotation("inbound-cidrs"))) || "everywhere";
    const hosts = list(at(inputs, "spec", "rules")).map((rule) => text(at(rule, "host")));
    found.push(`${hosts.join(", ")}, from ${from}`);
  }
  for (const { name, inputs } of index.all("aws:rds/instance:Instance"))
    if (inputs.publiclyAccessible === true) found.push(`The database ${name} has a public address`);
  for (const { name, inputs } of index.all("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")) {
    const parts = ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"];
    const open = parts.filter((part) => inputs[part] !== true);
    if (open.length > 0) found.push(`The bucket ${name} may be made public: ${open.join(", ")} is off`);
  }
  for (const { name, inputs } of index.all("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")) {
    const from = text(inputs.cidrIpv4) || text(inputs.cidrIpv6);
    if (everywhere.has(from)) found.push(`Security group rule ${name}: from everywhere`);
  }
  for (const { name, inputs } of index.all("aws:sagemaker/notebookInstance:NotebookInstance"))
    if (inputs.directInternetAccess === "Enabled")
      found.push(`Notebook instance ${name} goes to the internet by itself`);
  for (const resource of index.resources) {
    if (resource.type === "aws:ec2/vpcEndpoint:VpcEndpoint") continue;
    if (resource.inputs.assumeRolePolicy === undefined && (statementsIn(resource.inputs) ?? []).some(forAnybody))
      found.push(`The policy of ${resource.name} lets anybody in`);
  }
  return found;
}
