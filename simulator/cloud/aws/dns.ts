/** Route 53 and ACM. */
import { describeTypes, like, oneOf, Refusal, type Situation } from "./describe";
import * as type from "./tokens";

const domain = /^(\*\.)?([a-z0-9_](-?[a-z0-9_])*\.)+[a-z0-9-]+\.?$/i;
const validationName = (x: Situation, name: string) =>
  `_sim${x.digits("validation", 12)}.${name.replace(/^\*\./, "")}.`;

describeTypes(
  {
    type: type.zone,
    id: (x) => `Z000SIM${x.digits("id", 12).toUpperCase()}`,
    arn: (x) => `arn:aws:route53:::hostedzone/Z000SIM${x.digits("id", 12).toUpperCase()}`,
    name: { longest: 255, allowed: domain, allowedMeans: "domain names", uniqueIn: "nowhere", automatic: false },
    forces: ["delegationSetId"],
    refs: { "vpcs[].vpcId": { to: [type.vpc], holds: false } },
    defaults: { comment: "Managed by Pulumi", forceDestroy: false },
    computed: {
      zoneId: (x) => `Z000SIM${x.digits("id", 12).toUpperCase()}`,
      nameServers: () => [1, 2, 3, 4].map((number) => `ns-${number}.simulated.invalid`),
      primaryNameServer: () => "ns-1.simulated.invalid",
    },
    code: "HostedZoneNotEmpty",
  },
  {
    // https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html
    type: "aws:route53/record:Record",
    id: (x) =>
      [x.referred("zoneId")?.outputs.zoneId ?? x.inputs.zoneId, x.inputs.name, x.inputs.type, x.inputs.setIdentifier]
        .filter(Boolean)
        .join("_"),
    forces: ["zoneId", "name", "setIdentifier"],
    // A zone that no program here made is somebody else's, who bought the domain.
    refs: { zoneId: { to: [type.zone], unless: (id) => !id.startsWith("Z000SIM") } },
    limits: [
      oneOf(
        "type",
        "A",
        "AAAA",
        "CAA",
        "CNAME",
        "DS",
        "HTTPS",
        "MX",
        "NAPTR",
        "NS",
        "PTR",
        "SOA",
        "SPF",
        "SRV",
        "SSHFP",
        "SVCB",
        "TLSA",
        "TXT",
      ),
    ],
    computed: { fqdn: (x) => String(x.inputs.name).replace(/\.$/, "") },
    claims: (x) =>
      x.inputs.allowOverwrite === true
        ? []
        : [`record ${x.inputs.zoneId} ${x.inputs.name} ${x.inputs.type} ${x.inputs.setIdentifier ?? ""}`],
    verify: (x) => {
      const zoneName = String(x.referred("zoneId")?.outputs.name ?? "").replace(/\.$/, "");
      const name = String(x.inputs.name).replace(/\.$/, "");
      if (zoneName !== "" && name.includes(".") && !name.endsWith(zoneName)) {
        throw new Refusal("InvalidChangeBatch", `record ${name} is not permitted in zone ${zoneName}`);
      }
    },
  },
  {
    // https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html
    type: type.certificate,
    id: (x) => `arn:aws:acm:${x.region}:${x.account.number}:certificate/51300000-0000-0000-0000-${x.digits("id", 12)}`,
    arn: (x) => `arn:aws:acm:${x.region}:${x.account.number}:certificate/51300000-0000-0000-0000-${x.digits("id", 12)}`,
    forces: ["domainName", "subjectAlternativeNames", "validationMethod", "keyAlgorithm", "certificateAuthorityArn"],
    limits: [
      like("domainName", domain, "domain names"),
      {
        path: "domainName",
        wrong: (value) => (String(value).length > 253 ? "is longer than 253 characters" : undefined),
      },
      like("subjectAlternativeNames[]", domain, "domain names"),
      oneOf("validationMethod", "DNS", "EMAIL", "NONE"),
    ],
    computed: {
      domainValidationOptions: (x) =>
        [x.inputs.domainName, ...(x.inputs.subjectAlternativeNames ?? [])]
          .filter((name: string, index: number, all: string[]) => all.indexOf(name) === index)
          .map((name: string) => ({
            domainName: name,
            resourceRecordName: validationName(x, name),
            resourceRecordType: "CNAME",
            resourceRecordValue: `_sim${x.digits("value", 12)}.acm-validations.simulated.invalid.`,
          })),
      subjectAlternativeNames: (x) => [x.inputs.domainName],
      status: () => "ISSUED",
      type: () => "AMAZON_ISSUED",
      keyAlgorithm: () => "RSA_2048",
      notBefore: () => "2000-01-01T00:00:00Z",
      notAfter: () => "2100-01-01T00:00:00Z",
      pendingRenewal: () => false,
      renewalEligibility: () => "INELIGIBLE",
      renewalSummaries: () => [],
      validationEmails: () => [],
      validationMethod: () => "NONE",
    },
    code: "ResourceInUseException",
  },
  {
    type: "aws:acm/certificateValidation:CertificateValidation",
    id: (x) => `51300000-0000-0000-0000-${x.digits("id", 12)}`,
    forces: ["certificateArn", "validationRecordFqdns"],
    refs: { certificateArn: { to: [type.certificate], holds: false } },
    verify: (x) => {
      const records = new Set(
        x.account.ofType("aws:route53/record:Record").map(({ outputs }) => String(outputs.fqdn).replace(/\.$/, "")),
      );
      const options = (x.referred("certificateArn")?.outputs.domainValidationOptions ?? []) as {
        resourceRecordName: string;
      }[];
      const missing = options
        .map(({ resourceRecordName }) => resourceRecordName.replace(/\.$/, ""))
        .filter((name) => !records.has(name));
      if (missing.length > 0) {
        throw new Refusal(
          "Timeout",
          `certificate ${x.inputs.certificateArn} is not validated: no record ${missing.join(", ")} exists`,
        );
      }
    },
  },
);
