import type * as pulumi from "@pulumi/pulumi";
import type { CertificateArgs } from "../contracts/foundation";
import type { Tool } from "../settings/access";
import { type AppContext, toolAddress } from "./surroundings";

/** The certificate of one tool, where the cluster ends TLS and the tool has a host; it comes after the namespace, mostly with the whole tool. */
export function certificate(
  name: string,
  context: AppContext,
  tool: Tool,
  args: Pick<CertificateArgs, "namespace" | "after">,
  opts: pulumi.ComponentResourceOptions,
): pulumi.Resource[] {
  const issue = context.ingress.issueCertificate;
  const address = toolAddress(context, tool);
  if (issue === undefined || address === undefined) return [];
  const { parent } = opts;
  return [
    issue(name, { ...args, host: address.host }, { ...(parent ? { parent } : {}), provider: context.cluster.provider }),
  ];
}
