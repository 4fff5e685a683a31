import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { certManagerNamespace, certManagerValues } from "../../../charts/values/certManager";
import type { Placement } from "../../contracts/app";
import type { CertificateArgs, Ingress } from "../../contracts/foundation";
import { after, type Dependency } from "../../lib/dependencies";
import { givenSecret } from "./givenSecret";
import { Operator } from "./operator";

/** Where TLS certificates come from. */
export type CertificatesArgs = (
  | { kind: "certManager"; install: boolean; issuer: string }
  | { kind: "adopt"; secretName: string }
) & {
  placement: Placement;
  /** API groups whose custom resources the cluster knows already. */
  definedGroups: readonly string[];
  /** The namespace `mlplatform`. */
  ready: Dependency[];
};

const group = "cert-manager.io/v1";
/** Issuer that is made here; any other must exist. */
const selfSigned = "selfsigned";

/** Gives each host its TLS Secret: from cert-manager, or copied from one that exists. */
export class Certificates extends pulumi.ComponentResource {
  readonly secretName = "tls";
  readonly ready: Dependency[] = [];
  readonly issue: NonNullable<Ingress["issueCertificate"]>;

  constructor(name: string, args: CertificatesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:Certificates", name, {}, opts);
    if (args.kind === "adopt") {
      const keys = ["tls.crt", "tls.key"] as const;
      const given = givenSecret(name, args.secretName, keys, args.ready, { parent: this });
      this.issue = (each, wanted, options) =>
        new k8s.core.v1.Secret(
          each,
          {
            metadata: { name: this.secretName, namespace: wanted.namespace },
            type: "kubernetes.io/tls",
            stringData: given,
          },
          { ...options, dependsOn: after(...wanted.after) },
        );
    } else {
      this.install(name, args);
      this.issue = (each, wanted, options) => this.certificate(each, wanted, args.issuer, options);
    }
    this.registerOutputs();
  }

  private install(name: string, args: Extract<CertificatesArgs, { kind: "certManager" }>): void {
    const child = { parent: this };
    if (args.install) {
      const operator = new Operator(
        name,
        {
          chart: "cert-manager",
          namespace: certManagerNamespace,
          webhookPortNumber: 10250,
          values: certManagerValues({ ...args.placement, defined: args.definedGroups.includes("cert-manager.io") }),
        },
        child,
      );
      this.ready.push(...operator.ready);
    }
    if (args.issuer !== selfSigned) return;
    const issuer = new k8s.apiextensions.CustomResource(
      `${name}-issuer`,
      {
        apiVersion: group,
        kind: "ClusterIssuer",
        metadata: { name: selfSigned, annotations: { "pulumi.com/waitFor": "condition=Ready" } },
        spec: { selfSigned: {} },
      },
      // Where somebody else keeps cert-manager, others may have it sign too by the time that the stack goes.
      { ...child, dependsOn: after(...this.ready), retainOnDelete: !args.install },
    );
    this.ready.push(issuer);
  }

  private certificate(
    name: string,
    { namespace, host, after: first }: CertificateArgs,
    issuer: string,
    opts: pulumi.CustomResourceOptions,
  ): pulumi.Resource {
    const asked =
      issuer === selfSigned ? [] : [solverTraffic(name, namespace, { ...opts, dependsOn: after(...first) })];
    return new k8s.apiextensions.CustomResource(
      name,
      {
        apiVersion: group,
        kind: "Certificate",
        metadata: { name: this.secretName, namespace, annotations: { "pulumi.com/waitFor": "condition=Ready" } },
        spec: {
          secretName: this.secretName,
          dnsNames: [host],
          privateKey: { algorithm: "ECDSA", size: 256, rotationPolicy: "Always" },
          issuerRef: { group: "cert-manager.io", kind: "ClusterIssuer", name: issuer },
        },
      },
      // The operator must outlive what it has to take down.
      { ...opts, dependsOn: after(...first, ...asked, ...this.ready) },
    );
  }
}

/**
 * An issuer that speaks ACME may prove a host by a pod beside the tool, which the authority asks through the ingress controller.
 * @see https://cert-manager.io/docs/configuration/acme/http01/
 */
function solverTraffic(name: string, namespace: string, opts: pulumi.CustomResourceOptions): pulumi.Resource {
  return new k8s.networking.v1.NetworkPolicy(
    `${name}-proof`,
    {
      metadata: { name: "certificate-proof", namespace },
      spec: {
        podSelector: { matchLabels: { "acme.cert-manager.io/http01-solver": "true" } },
        policyTypes: ["Ingress"],
        ingress: [{ ports: [{ port: 8089, protocol: "TCP" }] }],
      },
    },
    opts,
  );
}
