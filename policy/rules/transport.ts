import { at, given, holds, list, text, unknown } from "../resource";
import type { Rule } from "../rule";
import { forAnybody, type Statement, statementsOf } from "../statements";
import { isBucket, partsOf } from "./buckets";

/** Whether a statement refuses whoever comes without TLS. */
function refusesPlain(statement: Statement): boolean {
  const { Effect, Condition } = statement;
  return Effect === "Deny" && forAnybody(statement) && String(at(Condition, "Bool", "aws:SecureTransport")) === "false";
}

const annotation = (name: string) => `alb.ingress.kubernetes.io/${name}`;

/** A listener that takes what is not encrypted and does more than to send it to one that is. */
function plainListener(type: string, props: Record<string, unknown>): string[] {
  if (/^aws:(lb|alb)\/listener:Listener$/.test(type)) {
    const redirects = list(props.defaultActions).every((each) => at(each, "type") === "redirect");
    return text(props.protocol) === "HTTP" && !redirects ? ["The listener answers over plain HTTP"] : [];
  }
  if (!type.endsWith(":Ingress") || !type.startsWith("kubernetes:networking.k8s.io/")) return [];
  const annotations = at(props, "metadata", "annotations");
  const [ports, certificate] = [
    at(annotations, annotation("listen-ports")),
    at(annotations, annotation("certificate-arn")),
  ];
  if (ports !== undefined || given(certificate)) {
    const hasHttp = ports === undefined ? !given(certificate) : /"HTTP"/.test(text(ports));
    return hasHttp && !given(at(annotations, annotation("ssl-redirect")))
      ? ["The load balancer answers over plain HTTP"]
      : [];
  }
  return props.spec === unknown || list(at(props, "spec", "tls")).length > 0 ? [] : ["The Ingress has no certificate"];
}

export const transport: readonly Rule[] = [
  {
    name: "bucket-tls",
    level: "mandatory",
    reason: "S3 answers over plain HTTP too, which anybody on the way reads.",
    remedy: "Add a bucket policy that denies everything where aws:SecureTransport is false.",
    check: {
      stack: (all) =>
        all
          .filter(isBucket)
          .filter((bucket) => {
            const policies = partsOf(bucket, all, /:BucketPolicy$/);
            return !(
              statementsOf(bucket.props).some(refusesPlain) ||
              policies.some(({ props }) => props.policy === unknown || statementsOf(props).some(refusesPlain))
            );
          })
          .map(({ urn }) => ({ urn, what: "The bucket answers over plain HTTP" })),
    },
  },
  {
    name: "listener-tls",
    level: "mandatory",
    reason: "Passwords, tokens and questions go through it in the clear.",
    remedy: "Give it a certificate, and send HTTP on to HTTPS.",
    check: { resource: ({ type, props }) => plainListener(type, props) },
  },
  {
    name: "database-tls",
    level: "mandatory",
    reason: "A client that asks for no encryption gets none, and its password goes in the clear.",
    remedy: "Set rds.force_ssl to 1 in the parameter group.",
    check: {
      resource: ({ type, props }) => {
        if (type !== "aws:rds/parameterGroup:ParameterGroup" || !/^postgres/.test(text(props.family))) return [];
        const forced = list(props.parameters).find((each) => at(each, "name") === "rds.force_ssl");
        // From PostgreSQL 15 on RDS forces it where nothing is said.
        const major = Number(text(props.family).replace("postgres", ""));
        const refused = forced === undefined ? major < 15 : !["1", unknown].includes(String(at(forced, "value")));
        return refused ? ["The database takes connections without TLS"] : [];
      },
    },
  },
  {
    name: "instance-metadata",
    level: "mandatory",
    reason: "Without a token, a request that an app is talked into fetches the machine's keys.",
    remedy: 'Set metadataOptions.httpTokens to "required".',
    check: {
      resource: ({ type, props }) => {
        if (!["aws:ec2/launchTemplate:LaunchTemplate", "aws:ec2/instance:Instance"].includes(type)) return [];
        const tokens = at(props, "metadataOptions", "httpTokens");
        const off = at(props, "metadataOptions", "httpEndpoint") === "disabled";
        return off || tokens === "required" || tokens === unknown || holds(props.metadataOptions)
          ? []
          : ["The machine's metadata are given without a token"];
      },
    },
  },
];
