/** Storage drivers: a claim is bound only where the driver of its class is installed. */
import { type Existing, Refusal } from "../account";
import type { Surroundings } from "./surroundings";

const addonOf: Record<string, string> = {
  "ebs.csi.aws.com": "aws-ebs-csi-driver",
  "efs.csi.aws.com": "aws-efs-csi-driver",
};

/** @throws a refusal, as the provider's timeout would be, when nothing serves the claim. */
export function mustBind(object: Existing, { account, eks, scope }: Surroundings): void {
  if (object.type !== "kubernetes:/PersistentVolumeClaim") return;
  const classes = account
    .ofType("kubernetes:storage.k8s.io/StorageClass")
    .filter(({ scope: where }) => where === scope);
  const name = object.inputs.spec?.storageClassName;
  const isDefault = ({ inputs }: Existing) =>
    inputs.metadata?.annotations?.["storageclass.kubernetes.io/is-default-class"] === "true";
  const found = classes.find((each) => (name === undefined ? isDefault(each) : each.id === name));
  if (found === undefined) {
    throw new Refusal(
      "Timeout",
      `PersistentVolumeClaim ${object.id} stays pending: ${eks.id} has ${name === undefined ? "no default StorageClass" : `no StorageClass "${name}"`}`,
    );
  }
  const addon = addonOf[found.inputs.provisioner];
  const installed = account
    .ofType("aws:eks/addon:Addon")
    .some(({ inputs }) => inputs.clusterName === eks.id && inputs.addonName === addon);
  if (addon !== undefined && !installed) {
    throw new Refusal(
      "Timeout",
      `PersistentVolumeClaim ${object.id} stays pending: addon ${addon}, which serves ${found.inputs.provisioner}, is not installed in ${eks.id}`,
    );
  }
}
