import { minimalAws, onAws, onExisting } from "../fixtures";
import { access } from "./configs";
import { accept, refuse } from "./table";

describe("rules between settings: access", () => {
  refuse([
    [
      "host outside the domain",
      { ...minimalAws(), access: access({ hosts: { mlflow: "mlflow.example.org" } }) },
      "access.hosts.mlflow",
      /ends with \.ml\.example\.com/,
    ],
    [
      "the models' host for another tool",
      { ...minimalAws(), access: access({ hosts: { mlflow: "models" } }) },
      "access.hosts.models",
      /another host than access\.hosts\.mlflow.*choose another label/,
    ],
    [
      "one host for two tools",
      { ...minimalAws(), access: access({ hosts: { mlflow: "airflow" } }) },
      "access.hosts.mlflow",
      /another host than access\.hosts\.airflow/,
    ],
    [
      "sign-in without check on AWS",
      { ...minimalAws(), access: access({ signIn: { provider: "dummy" } }) },
      "access.signIn.provider",
      /a real provider/,
    ],
    [
      "public tools without sign-in",
      { ...minimalAws(), access: access({ signIn: undefined, visibility: "internetFacing" }) },
      "access.visibility",
      /internal, while there is no signIn/,
    ],
    [
      "ACM without a zone to prove the domain",
      { ...minimalAws(), access: access({ zoneId: undefined }) },
      "access.zoneId",
      /ACM proves the domain/,
    ],
    [
      "public load balancer without public subnets",
      onAws(
        { network: { kind: "adopt", vpcId: "vpc-01234567", privateSubnetIds: ["subnet-01234567", "subnet-89abcdef"] } },
        { access: access({ visibility: "internetFacing" }) },
      ),
      "access.visibility",
      /publicSubnetIds/,
    ],
    [
      "host deeper than ACM's certificate",
      { ...minimalAws(), access: access({ hosts: { mlflow: "mlflow.eu.ml.example.com" } }) },
      "access.hosts.mlflow",
      /covers \*\.ml\.example\.com and nothing deeper; write mlflow: mlflow/,
    ],
    [
      "sign-in without groups",
      { ...minimalAws(), access: access({ groups: {} }) },
      "access.groups",
      /nobody could sign in/,
    ],
  ]);

  accept([
    [
      "a full host name right below the domain",
      { ...minimalAws(), access: access({ hosts: { mlflow: "runs.ml.example.com" } }) },
    ],
    [
      "a deep host name under a certificate of one's own",
      {
        ...minimalAws(),
        access: access({
          hosts: { mlflow: "mlflow.eu.ml.example.com" },
          certificate: {
            kind: "adopt",
            arn: "arn:aws:acm:eu-west-1:000000000000:certificate/00000000-0000-0000-0000-000000000000",
          },
        }),
      },
    ],
    [
      "no real sign-in on one's own machine",
      onExisting({}, { access: { domain: "ml.localhost", signIn: { provider: "dummy" } } }),
    ],
    [
      "TLS from cert-manager",
      onExisting({ certificates: { kind: "certManager" } }, { access: access({ zoneId: undefined }) }),
    ],
    [
      "an adopted certificate without a zone",
      {
        ...minimalAws(),
        access: access({
          zoneId: undefined,
          certificate: {
            kind: "adopt",
            arn: "arn:aws:acm:eu-west-1:000000000000:certificate/00000000-0000-0000-0000-000000000000",
          },
        }),
      },
    ],
  ]);
});
