import { expect } from "chai";
import { onAws, problemsOf, theProblemOf } from "./fixtures";

const endpoints = [
  ...["s3", "ecr.api", "ecr.dkr", "ec2", "eks", "eks-auth", "sts", "logs", "secretsmanager", "elasticloadbalancing"],
  ...["kms", "autoscaling", "monitoring", "sns", "git-codecommit"],
];
const certificate = {
  kind: "adopt",
  arn: `arn:aws:acm:eu-west-1:000000000000:certificate/${"0".repeat(8)}-0000-0000-0000-${"0".repeat(12)}`,
};
const closed = (sections: object, nat = "none") => onAws({ network: { nat, endpoints } }, sections);
const client = { clientId: "ml", clientSecretName: "sign-in" };
const access = (more: object) => ({
  access: { domain: "ml.example.com", certificate, groups: { "ml-platform": "admin" }, ...more },
});
const signIn = (provider: object) => access({ signIn: { ...client, ...provider } });
const oidc = (issuer: string) => signIn({ provider: "oidc", issuer });
const git = (repository: string) => ({ airflow: { dags: { kind: "git", repository, secretName: "ml/dags" } } });
const receiver = (each: object) => ({ monitoring: { receivers: { team: each } } });

const refused: [what: string, sections: object, path: string, remedy: RegExp][] = [
  [
    "sign-in with GitHub",
    signIn({ provider: "github", organization: "example" }),
    "access.signIn.provider",
    /provider: oidc/,
  ],
  [
    "sign-in with Google",
    signIn({ provider: "google", hostedDomain: "example.com" }),
    "access.signIn.provider",
    /provider: oidc/,
  ],
  [
    "sign-in with Cognito, whose pages are on the internet",
    signIn({ provider: "cognito", userPoolId: "eu-west-1_aBcDeFgHi", domainPrefix: "example" }),
    "access.signIn.provider",
    /provider: oidc/,
  ],
  ...[
    "https://login.microsoftonline.com/tenant/v2.0",
    "https://example.okta.com",
    "https://example.eu.auth0.com/",
    "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a",
  ].map((issuer): (typeof refused)[number] => [
    `the issuer ${issuer}`,
    oidc(issuer),
    "access.signIn.issuer",
    /issuer of a provider/,
  ]),
  ["a zone that external-dns writes to", access({ zoneId: "Z0123456789EXAMPLE" }), "access.zoneId", /leave zoneId out/],
  ...[
    "https://github.com/team/dags.git",
    "git@gitlab.com:team/dags",
    "ssh://git@ssh.dev.azure.com/v3/team/dags",
    "git@GitHub.com:team/dags",
    "https://git-codecommit.us-east-1.amazonaws.com/v1/repos/dags",
  ].map((repository): (typeof refused)[number] => [
    `DAGs from ${repository}`,
    git(repository),
    "airflow.dags.repository",
    /host inside the network/,
  ]),
  [
    "DAGs from CodeCommit by ssh, which its endpoint does not let in",
    git("ssh://APKAEXAMPLE@git-codecommit.eu-west-1.amazonaws.com/v1/repos/dags"),
    "airflow.dags.repository",
    /write repository: https:\/\/git-codecommit\.eu-west-1\.amazonaws\.com\/v1\/repos\//,
  ],
  [
    "alerts to Slack",
    receiver({ kind: "slack", channel: "#ml", secretName: "slack" }),
    "monitoring.receivers.team.kind",
    /kind: email/,
  ],
];

describe("a stack without a way out, and what is on the internet alone", () => {
  for (const [what, sections, path, remedy] of refused) {
    it(`refuses ${what}, and takes it where there is a way`, () => {
      const problem = theProblemOf(closed(sections));
      expect(problem.path).to.equal(path);
      expect(problem.remedy).to.match(remedy).and.contain("or foundation.network.nat: single");
      expect(problemsOf(closed(sections, "single"))).to.deep.equal([]);
    });
  }

  for (const [what, sections] of [
    ["sign-in with a provider of the company's own", oidc("https://id.example.com/realms/ml")],
    ["one behind a load balancer of the account", oidc("https://internal-id-1.eu-west-1.elb.amazonaws.com")],
    ["one whose name only looks like another's", oidc("https://notokta.com")],
    ["DAGs from a host of the company's own", git("https://git.example.com/team/dags.git")],
    ["DAGs from CodeCommit", git("https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/dags")],
    ["alerts by mail", receiver({ kind: "email", addresses: ["ml@example.com"] })],
    ["a webhook, which may be anywhere", receiver({ kind: "webhook", secretName: "pager" })],
  ] as const) {
    it(`takes ${what}`, () => {
      expect(problemsOf(closed(sections))).to.deep.equal([]);
    });
  }
});
