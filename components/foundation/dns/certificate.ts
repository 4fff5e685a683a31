import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

/** A certificate for every host name of the platform. */
export interface CertificateArgs {
  /** Covers `domain` and `*.domain`. */
  domain: string;
  /** Route 53 zone in which ownership of the domain is proved. */
  zoneId: string;
}

/**
 * An ACM certificate, proved by DNS and renewed by itself.
 * @see https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
 */
export class Certificate extends pulumi.ComponentResource {
  /** Known once the certificate is issued, not merely asked for. */
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: CertificateArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:Certificate", name, {}, opts);
    const child = { parent: this };
    const certificate = new aws.acm.Certificate(
      name,
      { domainName: args.domain, subjectAlternativeNames: [`*.${args.domain}`], validationMethod: "DNS" },
      child,
    );
    // A domain and its wildcard are proved by one and the same record.
    const proof = certificate.domainValidationOptions[0]!;
    const record = new aws.route53.Record(
      name,
      {
        zoneId: args.zoneId,
        name: proof.resourceRecordName,
        type: proof.resourceRecordType,
        records: [proof.resourceRecordValue],
        ttl: 300,
        allowOverwrite: true, // Another stack on the same domain proves it by the same record.
      },
      child,
    );
    this.arn = new aws.acm.CertificateValidation(
      name,
      { certificateArn: certificate.arn, validationRecordFqdns: [record.fqdn] },
      child,
    ).certificateArn;
    this.registerOutputs({ arn: this.arn });
  }
}
