import { expect } from "chai";
import { make } from "covertable";
import { TestStack } from "./runs";

/** Choices of the foundation and of the pieces on it; every pair of two of them meets in at least one of the stacks below. */
const choices = {
  network: ["created", "adopted"],
  nat: ["none", "single", "perZone"],
  zones: [2, 3],
  flowLogs: [true, false],
  endpoint: ["private", "public"],
  scaling: ["nodeGroups", "karpenter"],
  sharedStorage: [true, false],
  protection: [true, false],
  multiZone: [true, false],
  access: ["none", "acm", "adopted"],
  signIn: ["none", "github", "cognito"],
  airflow: ["none", "kubernetes", "celery", "mwaa"],
  mlflow: [true, false],
  jupyterhub: [true, false],
  monitoring: [true, false],
  budget: [true, false],
};
type Choice = { [K in keyof typeof choices]: (typeof choices)[K][number] };

/** With no way out, what the nodes and the function call must be reached inside the VPC. */
const privateEndpoints = [
  ...["s3", "autoscaling", "ec2", "ecr.api", "ecr.dkr", "eks", "eks-auth", "elasticfilesystem"],
  ...["elasticloadbalancing", "kms", "logs", "monitoring", "secretsmanager", "sns", "sqs", "ssm", "sts"],
  ...["airflow.api", "airflow.env", "airflow.ops"],
];

function network(choice: Choice): Record<string, unknown> {
  if (choice.network === "adopted") return existingNetwork();
  return {
    zones: choice.zones,
    nat: choice.nat,
    flowLogs: { enabled: choice.flowLogs },
    endpoints: choice.nat === "none" ? privateEndpoints : ["s3"],
  };
}

/** Where it does not, names are pointed by hand, and people sign in by a provider of the company's own. */
function reachesInternet({ network, nat }: Choice): boolean {
  return network === "adopted" || nat !== "none";
}

function config(choice: Choice): Record<string, unknown> {
  const certificate =
    choice.access === "adopted" || !reachesInternet(choice)
      ? {
          certificate: {
            kind: "adopt",
            arn: `arn:aws:acm:eu-west-1:000000000000:certificate/${"0".repeat(8)}-0000-0000-0000-${"0".repeat(12)}`,
          },
        }
      : { zoneId: "Z0123456789EXAMPLE" };
  return {
    foundation: {
      kind: "aws",
      region: "eu-west-1",
      dataProtection: choice.protection,
      network: network(choice),
      cluster: {
        endpoint:
          choice.endpoint === "public" ? { access: "public", allowedCidrs: ["203.0.113.0/24"] } : { access: "private" },
        scaling: { kind: choice.scaling },
        sharedStorage: choice.sharedStorage,
        nodeGroups: {
          system: { purpose: "system", instanceTypes: ["m7i.large"], minNodes: 2, maxNodes: 3 },
          training: { purpose: "training", instanceTypes: ["g6.xlarge"], gpu: true, spot: true, maxNodes: 2 },
        },
      },
      database: { multiZone: choice.multiZone },
    },
    ...(choice.access === "none" ? {} : { access: { domain: "ml.example.com", ...certificate, ...signIn(choice) } }),
    ...airflow(choice),
    ...(choice.mlflow ? { mlflow: {} } : {}),
    ...(choice.jupyterhub ? { jupyterhub: {} } : {}),
    ...(choice.monitoring
      ? { monitoring: { receivers: { team: { kind: "email", addresses: ["ml@example.com"] } } } }
      : {}),
    ...(choice.budget ? { governance: { budget: { monthlyUsd: 100, notifyEmails: ["ml@example.com"] } } } : {}),
  };
}

function signIn(choice: Choice): Record<string, unknown> {
  if (choice.signIn === "none") return {};
  const client = { clientId: "mlplatform", clientSecretName: "mlplatform/sign-in" };
  const provider = !reachesInternet(choice)
    ? { provider: "oidc", issuer: "https://id.example.com/realms/ml" }
    : choice.signIn === "github"
      ? { provider: "github", organization: "example-company" }
      : { provider: "cognito", userPoolId: "eu-west-1_aBcDeFgHi", domainPrefix: "example-company" };
  return { signIn: { ...provider, ...client }, groups: { "ml-platform": "admin", "data-science": "editor" } };
}

function airflow(choice: Choice): Record<string, unknown> {
  if (choice.airflow === "none") return {};
  const dags =
    choice.airflow === "mwaa" ? { kind: "bucket" } : { kind: "git", repository: "https://example.com/dags.git" };
  return { airflow: { executor: { kind: choice.airflow }, dags } };
}

function existingNetwork(): Record<string, unknown> {
  const ids = (start: number) => [0, 1, 2].map((step) => `subnet-0000000000000000${start + step}`);
  return { kind: "adopt", vpcId: "vpc-00000000000000001", privateSubnetIds: ids(1), publicSubnetIds: ids(4) };
}

describe("every pair of choices on AWS, on the simulated cloud", function () {
  this.timeout(240_000);
  const stacks = make(choices) as Choice[];
  for (const choice of stacks) {
    const title = Object.entries(choice)
      .map(([key, value]) => `${key} ${value}`)
      .join(", ");
    it(`up, no change after it, nothing left after destroy: ${title}`, async () => {
      const stack = new TestStack("pairwise", config(choice));
      try {
        await stack.succeed("up");
        expect((await stack.succeed("preview")).changes).to.include({ create: 0, update: 0, replace: 0, delete: 0 });
        if (choice.protection) {
          // That destroy is refused before this is shown elsewhere, on stacks of their own.
          stack.configure(config({ ...choice, protection: false }));
          await stack.succeed("up");
        }
        await stack.succeed("destroy");
        expect(stack.existing()).to.deep.equal([]);
      } finally {
        stack.remove();
      }
    });
  }
});
