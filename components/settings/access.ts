import { z } from "zod";
import { cidr, defaultKind, dnsName, httpsUrl, storedSecretName } from "./formats";

/** Pieces that people reach by host name. */
export const tools = ["airflow", "mlflow", "hub", "grafana", "home", "models"] as const;
export type Tool = (typeof tools)[number];

const host = () =>
  z
    .string()
    .max(253)
    .regex(
      /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$/,
      "a DNS label such as mlflow, or a full name inside the domain",
    );

const client = {
  clientId: z
    .string()
    .max(256, "at most 256 characters")
    .regex(/^\S+$/, "the id of a client, without spaces")
    .describe("Public id of the client registered with the provider.")
    .meta({ examples: ["mlplatform"] }),
  clientSecretName: storedSecretName()
    .describe(
      "Name of the secret that holds the client's secret: in Secrets Manager on aws, else a Kubernetes Secret in the namespace " +
        "`mlplatform`, with the key `clientSecret`.",
    )
    .meta({ examples: ["mlplatform-sign-in"] }),
};

const signIn = z.discriminatedUnion("provider", [
  z
    .strictObject({
      provider: z.literal("github").describe("Sign in with GitHub."),
      ...client,
      organization: z
        .string()
        .regex(/^[A-Za-z0-9](-?[A-Za-z0-9])*$/, "the name of a GitHub organization")
        .describe("Only members of this organization get in; groups are its teams.")
        .meta({ examples: ["example-company"] }),
    })
    .meta({ title: "GitHub" }),
  z
    .strictObject({
      provider: z.literal("google").describe("Sign in with Google."),
      ...client,
      hostedDomain: dnsName()
        .describe("Only accounts of this Google Workspace domain get in.")
        .meta({ examples: ["example.com"] }),
    })
    .meta({ title: "Google" }),
  z
    .strictObject({
      provider: z.literal("cognito").describe("Sign in with an Amazon Cognito user pool that exists."),
      ...client,
      userPoolId: z
        .string()
        .regex(/^[a-z]{2,3}(-[a-z]+)+-\d_[A-Za-z0-9]+$/, "a user pool id such as eu-west-1_aBcDeFgHi")
        .describe("Id of the user pool; groups are the pool's groups.")
        .meta({ examples: ["eu-west-1_aBcDeFgHi"] }),
      domainPrefix: z
        .string()
        .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, "the prefix of the pool's sign-in domain")
        .describe("Prefix of the pool's sign-in domain.")
        .meta({ examples: ["example-company"] }),
    })
    .meta({ title: "Cognito" }),
  z
    .strictObject({
      provider: z.literal("oidc").describe("Sign in with any OpenID Connect provider."),
      ...client,
      issuer: httpsUrl()
        .regex(
          /^(?!.*\/\.well-known(\/|$))/,
          "the issuer alone, without /.well-known/…: what reads it adds that itself",
        )
        .describe("Issuer address; its discovery document is read from below it.")
        .meta({ examples: ["https://id.example.com/realms/company"] }),
      groupsClaim: z
        .string()
        .regex(/^\S+$/, "the name of a claim, without spaces")
        .default("groups")
        .describe("Claim that lists a person's groups."),
    })
    .meta({ title: "OpenID Connect" }),
  z
    .strictObject({
      provider: z
        .literal("dummy")
        .describe(
          "Everyone is who they say. Only for one's own machine: needs an existing cluster and a local domain.",
        ),
    })
    .meta({ title: "no real sign-in" }),
]);

const certificate = z.discriminatedUnion("kind", [
  z
    .strictObject({
      kind: defaultKind("acm").describe("Ask ACM for a certificate, proven by records in the zone `zoneId`."),
    })
    .meta({ title: "ACM" }),
  z
    .strictObject({
      kind: z.literal("adopt").describe("Use an ACM certificate that exists."),
      arn: z
        .string()
        .regex(/^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/[0-9a-f-]{36}$/, "the ARN of an ACM certificate")
        .describe("ARN of a certificate that covers every host, in the stack's region.")
        .meta({ examples: ["arn:aws:acm:eu-west-1:000000000000:certificate/00000000-0000-0000-0000-000000000000"] }),
    })
    .meta({ title: "adopted certificate" }),
]);

/** `access`: host names, TLS, sign-in and groups. */
export const access = z
  .strictObject({
    domain: dnsName()
      .describe("Domain that every host name ends with.")
      .meta({ examples: ["ml.example.com"] }),
    zoneId: z
      .string()
      .regex(/^Z[A-Z0-9]{4,31}$/, "a Route 53 hosted zone id such as Z0123456789EXAMPLE")
      .optional()
      .describe(
        "Route 53 zone (aws) that records are made in. Without it names must be pointed at the load balancer by hand.",
      ),
    hosts: z
      .strictObject({
        airflow: host().default("airflow").describe("Host of Airflow."),
        mlflow: host().default("mlflow").describe("Host of MLflow."),
        hub: host().default("hub").describe("Host of JupyterHub."),
        grafana: host().default("grafana").describe("Host of Grafana."),
        home: host().default("home").describe("Host of the landing page."),
        models: host()
          .default("models")
          .describe("Host of the models' addresses: each is a path of it, with a token of its own."),
      })
      .prefault({})
      .describe(
        "Host of each tool: a label in front of the domain, or a full name inside it; one label deep where ACM " +
          "makes the certificate.",
      ),
    visibility: z
      .enum(["internal", "internetFacing"])
      .default("internal")
      .describe("Whether the load balancer has addresses in the VPC only or on the internet."),
    allowedCidrs: z
      .array(cidr())
      .default([])
      .describe("Blocks that may open connections. Empty lets in whoever reaches the load balancer, still signed in."),
    certificate: certificate
      .optional()
      .describe("TLS certificate on aws, ACM's own by default. On an existing cluster see `foundation.certificates`."),
    signIn: signIn
      .optional()
      .describe("Who people are. Without it the tools are not published at all, only reachable by port forwarding."),
    groups: z
      .record(z.string().min(1).max(128), z.enum(["admin", "editor", "viewer"]))
      .default({})
      .describe(
        "From the provider's group to a role in all tools: `admin` configures, `editor` runs and changes, `viewer` reads. " +
          "People in no group see nothing, so with `signIn` at least one is needed. Google's groups are e-mail addresses, or " +
          "the domain for everyone in it.",
      ),
  })
  .meta({ title: "access" });

export type AccessSettings = z.output<typeof access>;

/** Full host name of a tool. */
export function hostName(settings: Pick<AccessSettings, "domain" | "hosts">, tool: Tool): string {
  const name = settings.hosts[tool];
  return name.includes(".") ? name : `${name}.${settings.domain}`;
}
